"""What our Bot API remembers: chats and their messages, updates not yet fetched, the ledger of what was sent."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]

# Telegram leaves these out unless a bot names them in allowed_updates.
_ONLY_IF_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class Refusal(Exception):  # noqa: N818  (an answer, as Telegram gives it, not a failure of ours)
    """A call that is refused: the HTTP status, Telegram's sentence, and its `parameters` object when it sends one."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def bad_request(reason: str, **parameters: int) -> Refusal:
    return Refusal(400, f"Bad Request: {reason}", **parameters)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One thing a bot did to a chat that its people see. `text` is what they read, `entities` its formatting;
    `parse_mode` is as the bot gave it; `at` is UTC. For answerCallbackQuery `text` is the notice shown."""

    chat_id: int
    message_id: int
    method: str
    text: str
    at: datetime
    parse_mode: str | None = None
    entities: tuple[Json, ...] = ()
    reply_to_message_id: int | None = None
    disable_notification: bool = False
    reply_markup: Json | None = None

    def as_json(self) -> Json:
        return asdict(self) | {"at": self.at.isoformat(), "entities": list(self.entities)}


@dataclass(slots=True)
class Chat:
    """A chat and its messages by id, as Bot API Message objects; ids count up from 1 for both sides."""

    id: int
    blocked: bool = False
    migrated_to: int | None = None
    messages: dict[int, Json] = field(default_factory=dict)
    members: dict[int, str] = field(default_factory=dict)
    last_id: int = 0

    @property
    def kind(self) -> str:
        if self.id > 0:
            return "private"
        return "supergroup" if self.id <= -(10**12) else "group"

    def as_json(self) -> Json:
        name = {"first_name": f"User {self.id}"} if self.kind == "private" else {"title": f"Group {-self.id}"}
        return {"id": self.id, "type": self.kind, **name}

    def add(self, message: Json) -> Json:
        """Gives the message its id and place in this chat, and keeps it."""
        self.last_id += 1
        kept = {"message_id": self.last_id, "chat": self.as_json(), **message}
        self.messages[self.last_id] = kept
        return kept


class Updates:
    """The queue behind getUpdates: kept until acknowledged by a higher offset, one reader at a time."""

    def __init__(self) -> None:
        self._pending: deque[Json] = deque()
        self._last_id = 0
        self._allowed: frozenset[str] | None = None
        self._turn = 0
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._pending)

    def put(self, kind: str, content: Json) -> Json:
        """Queues an update unless the bot did not ask for its kind; returns it in any case."""
        self._last_id += 1
        update = {"update_id": self._last_id, kind: content}
        wanted = kind not in _ONLY_IF_ASKED if self._allowed is None else kind in self._allowed
        if wanted:
            self._pending.append(update)
            self._ring()
        return update

    def allow(self, kinds: list[str]) -> None:
        """From now on only these kinds are queued; an empty list restores Telegram's default."""
        self._allowed = frozenset(kinds) if kinds else None

    def drop(self) -> None:
        self._pending.clear()

    async def take(self, offset: int, limit: int, timeout: float) -> list[Json]:  # noqa: ASYNC109  (Telegram's name)
        """At most `limit` updates from `offset` on, waiting up to `timeout` seconds for the first.

        A newer call ends an older one that still waits, with 409, as Telegram does."""
        self._turn += 1
        turn = self._turn
        self._ring()
        self._acknowledge(offset)
        deadline = asyncio.get_running_loop().time() + timeout
        while not self._pending and (left := deadline - asyncio.get_running_loop().time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)
            if turn != self._turn:
                raise Refusal(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
        return list(self._pending)[:limit]

    def _acknowledge(self, offset: int) -> None:
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        while self._pending and self._pending[0]["update_id"] < offset:
            self._pending.popleft()

    def _ring(self) -> None:
        """Wakes whoever waits. An Event per wait, not a Condition: the user's side then needs no await."""
        self._news.set()
        self._news = asyncio.Event()


@dataclass(slots=True)
class Profile:
    """What a bot told Telegram about itself: commands by (scope, language), descriptions by language, webhook."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    webhook_url: str = ""


class World:
    """All of it: one bot, its chats, what waits for the bot and what it did. `now` gives UTC."""

    def __init__(self, bot: Json, now: Callable[[], datetime]) -> None:
        self.bot = bot
        self.now = now
        self.chats: dict[int, Chat] = {}
        self.sent: list[SentMessage] = []
        self.updates = Updates()
        self.profile = Profile()
        self.presses: dict[str, tuple[int, int]] = {}

    def seconds(self) -> int:
        return int(self.now().timestamp())

    def chat(self, chat_id: int) -> Chat:
        """The chat, made when it is not there yet."""
        return self.chats.setdefault(chat_id, Chat(chat_id))

    def reachable(self, chat_id: int | None) -> Chat:
        """The chat a bot wants to act in; Refusal when there is none."""
        chat = self.chats.get(chat_id) if chat_id is not None else None
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        return chat
