"""The Bot API itself: what a bot calls, and what the people in its chats do. No network here."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.errors import InputError
from bot.local import methods
from bot.local.markup import Entity, units
from bot.local.params import Params
from bot.local.state import Chat, Json, Refusal, SentMessage, World

if TYPE_CHECKING:
    from bot.local.faults import Fault

__all__ = ["DEFAULT_TOKEN", "BotApi", "SentMessage"]

DEFAULT_TOKEN = "1000001:local-token-that-opens-nothing"  # noqa: S105  (works on this machine only)

# No way back inside (possessive): "/go@" is no command, not "/go" with something after it.
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}+(?:@[A-Za-z0-9_]{3,32}+|(?!@))(?![\w/<>])")


def _utc() -> datetime:
    return datetime.now(UTC)


class BotApi(World):
    """One bot and its chats. `sent` is the append-only ledger, `faults` the rules that faults.answer applies.

    The bot's side is `call`; the user's side is the methods below it, all synchronous, each of which queues what
    Telegram would queue and returns that update. `now` gives UTC."""

    def __init__(
        self,
        token: str = DEFAULT_TOKEN,
        *,
        username: str = "access_watch_local_bot",
        now: Callable[[], datetime] = _utc,
    ) -> None:
        number = token.partition(":")[0]
        if not number.isdecimal():
            raise InputError("A bot token is digits, a colon and a secret: give one like 1000001:local")
        bot = {"id": int(number), "is_bot": True, "first_name": "Access Watch", "username": username}
        super().__init__(bot, now)
        self.token = token
        self.faults: list[Fault] = []
        self._press_ids = itertools.count(1)

    async def call(self, token: str, method: str, params: Mapping[str, Any]) -> tuple[int, Json]:
        """HTTP status and envelope of one call: {"ok": true, "result"} or {"ok": false, "error_code",
        "description", "parameters"?}. Parameters may be JSON values or strings that hold JSON."""
        try:
            self._authorize(token)
            return 200, {"ok": True, "result": await methods.run(self, method, Params(params))}
        except Refusal as refusal:
            envelope: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
            if refusal.parameters:
                envelope["parameters"] = refusal.parameters
            return refusal.status, envelope

    def user_says(self, chat_id: int, text: str, *, language_code: str = "en", user_id: int | None = None) -> Json:
        """A person writes; the chat is made when it is new, and unblocked when it was blocked. In a group
        (negative id) give `user_id`."""
        chat = self._open(chat_id)
        if chat.blocked:
            self.user_unblocks(chat_id, language_code=language_code)
        person = self._person(chat, user_id, language_code)
        message: Json = {"from": person, "date": self.seconds(), "text": text}
        if entities := command_entities(text):
            message["entities"] = entities
        return self.updates.put("message", chat.add(message))

    def user_presses(
        self, chat_id: int, message_id: int, data: str, *, language_code: str = "en", user_id: int | None = None
    ) -> Json:
        """A person presses the button that carries `data`; InputError when the message has no such button."""
        chat = self._open(chat_id)
        message = chat.messages.get(message_id, {})
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        if not any(button.get("callback_data") == data for row in rows for button in row):
            raise InputError(f"Message {message_id} of chat {chat_id} has no button with {data!r}: see /_sent")
        press_id = str(next(self._press_ids))
        self.presses[press_id] = (chat_id, message_id)
        press = {
            "id": press_id,
            "from": self._person(chat, user_id, language_code),
            "message": dict(message),
            "chat_instance": str(chat_id),
            "data": data,
        }
        return self.updates.put("callback_query", press)

    def user_blocks(self, chat_id: int, *, language_code: str = "en") -> Json:
        """A person blocks the bot: sends are refused from now on, and the bot is told."""
        self.block(chat_id)
        return self._membership(chat_id, "member", "kicked", language_code)

    def user_unblocks(self, chat_id: int, *, language_code: str = "en") -> Json:
        """The opposite; also happens when a person who blocked the bot writes to it."""
        self.chat(chat_id).blocked = False
        return self._membership(chat_id, "kicked", "member", language_code)

    def block(self, chat_id: int) -> None:
        """Refuses sends to a chat without telling the bot, as when the update was missed."""
        self.chat(chat_id).blocked = True

    def migrate(self, old: int, new: int) -> tuple[Json, Json]:
        """A group becomes a supergroup: the old id is dead, both chats get the service message."""
        before = self.chat(old)
        before.migrated_to = new
        after = self.chat(new)
        after.members.update(before.members)
        told = [
            chat.add({"from": self._person(chat, None, "en"), "date": self.seconds(), **service})
            for chat, service in ((before, {"migrate_to_chat_id": new}), (after, {"migrate_from_chat_id": old}))
        ]
        return self.updates.put("message", told[0]), self.updates.put("message", told[1])

    def set_member(self, chat_id: int, user_id: int, status: str) -> None:
        """What getChatMember says of a person: creator, administrator, member, left or kicked."""
        self.chat(chat_id).members[user_id] = status

    def _authorize(self, token: str) -> None:
        if token != self.token:
            raise Refusal(401, "Unauthorized")

    def _open(self, chat_id: int) -> Chat:
        chat = self.chat(chat_id)
        if chat.migrated_to is not None:
            raise InputError(f"Chat {chat_id} has moved: use {chat.migrated_to}")
        return chat

    def _person(self, chat: Chat, user_id: int | None, language_code: str) -> Json:
        """The User object of who acts; in a private chat its id is the chat's."""
        number = user_id or abs(chat.id)
        chat.members.setdefault(number, "member")
        return {"id": number, "is_bot": False, "first_name": f"User {number}", "language_code": language_code}

    def _membership(self, chat_id: int, old: str, new: str, language_code: str) -> Json:
        chat = self.chat(chat_id)
        states = {
            key: methods.member(self.bot["id"], status) | {"user": self.bot}
            for key, status in (("old_chat_member", old), ("new_chat_member", new))
        }
        content = {
            "chat": chat.as_json(),
            "from": self._person(chat, None, language_code),
            "date": self.seconds(),
            **states,
        }
        return self.updates.put("my_chat_member", content)


def command_entities(text: str) -> list[Entity]:
    """The bot_command entities Telegram finds in a text: /cmd and /cmd@bot, in UTF-16 units."""
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": len(found[0])}
        for found in _COMMAND.finditer(text)
    ]
