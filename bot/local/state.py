"""What our Bot API remembers of each chat: its messages, members and topics; and what it answers with."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from bot.local.members import Member

Json = dict[str, Any]

# From this id down a chat is a supergroup or a channel: https://core.telegram.org/api/bots/ids
FIRST_SUPERGROUP = -(10**12)


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
    `parse_mode` is as the bot gave it; `at` is UTC. For answerCallbackQuery `text` is the notice shown, and
    `show_alert` whether it must be closed by hand. A deletion has no text, and one entry for each message. Of a photo
    `text` is the caption, and `photo` the file as the bot sent it."""

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
    message_thread_id: int | None = None
    show_alert: bool = False
    photo: bytes | None = None

    def as_json(self) -> Json:
        photo = b64encode(self.photo).decode() if self.photo is not None else None
        return asdict(self) | {"at": self.at.isoformat(), "entities": list(self.entities), "photo": photo}


@dataclass(slots=True)
class Topic:
    """A topic of a forum. Its id is the id of the service message that opened it."""

    name: str
    is_closed: bool = False


@dataclass(slots=True)
class Chat:
    """A chat and its messages by id, as Bot API Message objects; ids count up from 1 for both sides.

    A private chat is started when its person writes. `own` holds the ids of the bot's messages; `members` are people
    by user id, `bot` is the bot itself."""

    id: int
    is_started: bool = True
    blocked: bool = False
    migrated_to: int | None = None
    messages: dict[int, Json] = field(default_factory=dict)
    own: set[int] = field(default_factory=set)
    members: dict[int, Member] = field(default_factory=dict)
    bot: Member = field(default_factory=lambda: Member("member"))
    topics: dict[int, Topic] = field(default_factory=dict)
    is_channel: bool = False
    is_forum: bool = False
    title: str | None = None
    username: str | None = None
    last_id: int = 0

    @property
    def kind(self) -> str:
        if self.id > 0:
            return "private"
        if self.is_channel:
            return "channel"
        return "supergroup" if self.id <= FIRST_SUPERGROUP else "group"

    def as_json(self) -> Json:
        shown: Json = {"id": self.id, "type": self.kind}
        if self.kind == "private":
            shown["first_name"] = f"User {self.id}"
        else:
            shown["title"] = self.title or f"{self.kind.capitalize()} {-self.id}"
        if self.username:
            shown["username"] = self.username
        if self.is_forum:
            shown["is_forum"] = True
        return shown

    def add(self, message: Json) -> Json:
        """Gives the message its id and place in this chat, and keeps it."""
        self.last_id += 1
        kept = {"message_id": self.last_id, "chat": self.as_json(), **message}
        self.messages[self.last_id] = kept
        return kept

    def quote(self, message_id: int) -> Json:
        """A message as it stands inside another that replies to it: one level deep."""
        return {key: value for key, value in self.messages[message_id].items() if key != "reply_to_message"}
