"""A World for conversations: Telegram lives in its time, and its own parser reads every HTML text that was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat import Pace
from bot.local.core import SentMessage
from tests.judge.loaded import JUDGE
from tests.words.telegram_parser import shown
from tests.world import World

# what makes a moderate, a severe and an extreme incident, and one of a whole country
CONVOY = ("Aid convoy blocked", "Troops blocked an aid convoy for displaced families in Idlib, Syria.")
CONVOY_AGAIN = ("Road closed", "The road to Homs in Syria was closed.")
CLOSED = ("Rafah crossing closed", "The Rafah crossing into Gaza was closed to aid convoys for displaced people.")
LIFELINE = (
    "Militants cut Deir ez-Zor in two and sever its air base",
    "Helicopters, the only source of aid for 120,000 besieged civilians after all other routes were blocked, can no "
    "longer land in Deir ez-Zor.",
)
NATIONWIDE = ("Sudan blocks aid", "Sudan's authorities blocked aid convoys for displaced families.")
COMING = (
    "Convoy for Homs",
    "A UN aid convoy will enter Homs in Syria on Thursday at 06:00 with food for displaced families, the UN said.",
)


class Spoken(World):
    """`html`: everything that was sent as HTML, in order."""

    def __init__(self, folder: Path, now: datetime, **bot: Any) -> None:
        super().__init__(folder, now, **bot)
        self.html: list[str] = []
        self.api.now = lambda: self.now
        call = self.api.call

        async def heard(token: str, method: str, params: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
            if params.get("parse_mode") == "HTML":
                self.html.append(str(params.get("text") or params["caption"]))
            return await call(token, method, params)

        self.api.call = heard  # type: ignore[method-assign]

    async def press(self, chat: int, label: str, **how: Any) -> str:
        """As in World; a press that says nothing over the chat adds nothing."""
        return (await super().press(chat, label, **how)).strip()

    async def happens(self, ident: str, news: tuple[str, str], **later: float) -> list[SentMessage]:
        """So much later a source tells this; what is sent by that."""
        self.now += timedelta(**later)
        self.publish(ident, *news)
        app = await self.open()
        before = len(self.api.sent)
        await self.polls()
        await app.deliver.drain()
        return self.api.sent[before:]

    async def later(self, **stretch: float) -> list[SentMessage]:
        """So much later the loops that look after chats run once; what is sent by that."""
        self.now += timedelta(**stretch)
        return await self.sends()


@asynccontextmanager
async def spoken(folder: Path, now: datetime, **bot: Any) -> AsyncIterator[Spoken]:
    """One outlet "un", heard once. Nothing waits for Telegram's pace (tests/test_chat.py holds it), and the shipped
    judge is the one that all tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pace, "CHAT", 0.0)
        patch.setattr("bot.app.judge_of", lambda _: JUDGE)
        async with Spoken(folder, now, **bot) as world:
            world.source("un", "UN News", grade="A")
            await world.polls()
            yield world
            for html in world.html:
                shown(html)  # fails with Telegram's words where it would refuse
