"""Every fault arrives as python-telegram-bot's exception for it, and was taken or not as it says."""

from __future__ import annotations

from dataclasses import replace
from json import JSONDecodeError

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.errors import InputError
from bot.local.faults import KINDS, Fault
from tests.local.conftest import ALICE

# fault, exception, its cause, whether the message was taken
TABLE = [
    (Fault("flood", retry_after=7), RetryAfter, None, False),
    (Fault("flood_bare"), NetworkError, None, False),
    (Fault("migrated"), ChatMigrated, None, False),
    (Fault("blocked"), Forbidden, None, False),
    (Fault("deactivated"), Forbidden, None, False),
    (Fault("kicked"), Forbidden, None, False),
    (Fault("chat_not_found"), BadRequest, None, False),
    (Fault("thread_not_found"), BadRequest, None, False),
    (Fault("topic_closed"), BadRequest, None, False),
    (Fault("unauthorized"), InvalidToken, None, False),
    (Fault("conflict"), Conflict, None, False),
    (Fault("bad_gateway"), NetworkError, None, False),
    (Fault("http_500"), NetworkError, TelegramError, False),
    (Fault("http_500", taken=True), NetworkError, TelegramError, True),
    (Fault("broken_json"), TelegramError, JSONDecodeError, False),
    (Fault("broken_json", taken=True), TelegramError, JSONDecodeError, True),
    (Fault("not_ok", taken=True), KeyError, None, True),  # the library takes 200 for success
    (Fault("accept_then_close"), NetworkError, httpx.RemoteProtocolError, True),
    (Fault("accept_then_delay", seconds=2), TimedOut, httpx.ReadTimeout, True),
    (Fault("refuse_before"), NetworkError, httpx.RemoteProtocolError, False),
]


@pytest.mark.parametrize(("fault", "raised", "cause", "taken"), TABLE, ids=lambda value: getattr(value, "kind", ""))
async def test_faults(bot, api, fault: Fault, raised: type, cause: type | None, taken: bool) -> None:
    """The exception is exactly that class, from that cause, once; the next message goes through."""
    api.faults.append(replace(fault, method="sendMessage"))
    with pytest.raises(raised) as caught:
        await bot.send_message(ALICE, "x")
    assert type(caught.value) is raised
    assert type(caught.value.__cause__) is (cause or type(None))
    assert len(api.sent) == taken
    await bot.send_message(ALICE, "y")
    assert api.sent[-1].text == "y"


def test_the_table_has_every_kind() -> None:
    """A new kind needs a row above."""
    assert {fault.kind for fault, *_ in TABLE} == set(KINDS)


async def test_numbers_arrive(bot, api) -> None:
    """How long to wait and where the chat went."""
    api.faults += [Fault("flood", method="sendMessage", retry_after=7), Fault("migrated", migrate_to=-99)]
    with pytest.raises(RetryAfter) as flooded:
        await bot.send_message(ALICE, "x")
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(ALICE, "x")
    assert int(flooded.value.retry_after) == 7
    assert moved.value.new_chat_id == -99


async def test_a_fault_strikes_where_and_as_often_as_it_says(bot, api) -> None:
    """By chat, after some calls, a number of times; for ever when no number is given."""
    api.user_says(2, "hello")
    api.faults += [Fault("blocked", chat_id=2, skip=1, times=2), Fault("conflict", method="getUpdates", times=None)]
    outcomes = []
    for _ in range(4):
        await bot.send_message(ALICE, "x")
        try:
            await bot.send_message(2, "x")
            outcomes.append("sent")
        except Forbidden:
            outcomes.append("blocked")
        with pytest.raises(Conflict):
            await bot.get_updates()
    assert outcomes == ["sent", "blocked", "blocked", "sent"]


async def test_an_answer_delayed_less_than_the_client_waits(bot, api) -> None:
    """It is slow and nothing else."""
    api.faults.append(Fault("accept_then_delay", method="sendMessage", seconds=0.05))
    assert (await bot.send_message(ALICE, "x")).text == "x"


def test_an_unknown_kind_is_refused() -> None:
    """And the known ones are listed."""
    with pytest.raises(InputError, match="accept_then_close"):
        Fault("nonsense")
