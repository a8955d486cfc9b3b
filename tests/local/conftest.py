"""One Bot API, reached in process and over HTTP by a real python-telegram-bot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.request import HTTPXRequest

from bot.local.core import BotApi
from bot.local.http import Server, serve
from bot.local.request import LocalRequest

ALICE = 501
TEAM, ROOM, NEWS = -77, -1_000_000_000_077, -1_000_000_000_088  # a group, a supergroup, a channel


@pytest.fixture
def api() -> BotApi:
    """A Bot API where Alice has written once."""
    made = BotApi()
    made.user_says(ALICE, "hello")
    return made


@pytest.fixture
async def server(api: BotApi) -> AsyncIterator[Server]:
    """The same over HTTP."""
    made = await serve(api)
    yield made
    await made.aclose()


@pytest.fixture(params=["in process", "over HTTP"])
async def bot(request: pytest.FixtureRequest, api: BotApi, server: Server) -> AsyncIterator[Bot]:
    """A real Bot, once per transport, that waits 0.3 s for an answer."""
    if request.param == "in process":
        made = Bot(api.token, request=LocalRequest(api, 0.3), get_updates_request=LocalRequest(api, 0.3))
    else:
        made = Bot(
            api.token,
            base_url=server.base_url,
            request=HTTPXRequest(read_timeout=0.3),
            get_updates_request=HTTPXRequest(read_timeout=0.3),
        )
    async with made:
        yield made


def button(data: str) -> InlineKeyboardMarkup:
    """A keyboard of one button."""
    return InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data=data)]])


async def fresh(bot: Bot) -> tuple[Update, ...]:
    """The updates that wait, acknowledged at once."""
    found = await bot.get_updates()
    if found:
        await bot.get_updates(offset=max(update.update_id for update in found) + 1, limit=1)
    return found
