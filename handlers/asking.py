"""A question, what it is answered from, and the answer: what every command file is written with.

A command file holds a pure-looking function `async (ask, desk) -> str | Reply` and `COMMAND = Command(name, help,
example, function)`. Answers are HTML; an InputError is shown to the person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from bot.chat import Rooms
from bot.judge.places import Gazetteer
from bot.judge.routing import zone_of
from bot.model import ChatKind, Source
from bot.pictures import Pictures
from bot.settings import BotSettings
from bot.store import Store
from bot.words.buttons import Rows, Seal


class Who(IntEnum):
    """Who may ask. In a private chat everybody is its admin."""

    ANYBODY = 0
    ADMIN = 1
    OPERATOR = 2


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: the command's name, the words behind it, where, who and when. `chat_id` is the chat that is asked
    about, `thread_id` its forum topic or 0; `user_id` is kept nowhere; `anonymous`: an admin who writes as the
    group."""

    command: str
    words: tuple[str, ...]
    chat_id: int
    now: datetime
    thread_id: int = 0
    kind: ChatKind = ChatKind.PRIVATE
    user_id: int = 0
    anonymous: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def steward(self) -> int | None:
        """The private chat of who sets a group or channel up."""
        return self.user_id if self.kind is not ChatKind.PRIVATE and self.user_id and not self.anonymous else None


@dataclass(frozen=True, slots=True)
class Desk:
    """All that an answer may look at. `stale`: see BotSettings.stale."""

    store: Store
    places: Gazetteer
    sources: Mapping[str, Source]
    clock: Callable[[], datetime]
    rooms: Rooms
    seal: Seal
    contact: str = ""
    max_subscribers: int = 0
    exercise: bool = False
    operators: tuple[int, ...] = ()
    invite_only: bool = False
    stale: Callable[[str], timedelta] = field(default_factory=lambda: BotSettings().stale)
    pictures: Pictures = field(default_factory=Pictures)


@dataclass(frozen=True, slots=True)
class Picture:
    """PNG, and what stands under it: HTML of at most 1,024 visible characters that says the same without it."""

    png: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with buttons under its last part. A picture comes first; with one, `html` may be empty."""

    html: str
    buttons: Rows = ()
    picture: Picture | None = None


async def zone_here(ask: Ask, desk: Desk) -> ZoneInfo:
    """The time zone that was set in the chat that is asked about; UTC without one."""
    chat = await desk.store.chat(ask.chat_id)
    return zone_of(chat.tz if chat else "UTC")


Answer = Callable[[Ask, Desk], Awaitable[str | Reply]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command as /help, Telegram's menu and the docs show it. `example` works when tapped. `to_all`: answered
    also to who was not invited; `in_place`: what its button says replaces the message with the button; `shown`: in
    /help and menus; `groups`: not only in private chats."""

    name: str
    help: str
    example: str
    answer: Answer
    who: Who = Who.ANYBODY
    to_all: bool = False
    in_place: bool = False
    shown: bool = True
    groups: bool = True
