"""The people's side: what they write, edit, press and post, and what of it the bot gets to see."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import datetime

from bot.errors import InputError
from bot.local import topics
from bot.local.markup import Entity, units
from bot.local.members import Member
from bot.local.state import Chat, Json
from bot.local.world import ANONYMOUS, World, user_json

USER_ID = 1  # who acts in a group when nobody is named

# No way back inside (possessive): "/go@" is no command, not "/go" with something after it.
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}+(?:@[A-Za-z0-9_]{3,32}+|(?!@))(?![\w/<>])")


class People(World):
    """Each act is synchronous and returns the update that Telegram would queue. What the bot does not get to see is
    kept in the chat all the same; its update then has no update_id."""

    def __init__(self, bot: Json, now: Callable[[], datetime]) -> None:
        super().__init__(bot, now)
        self._press_ids = itertools.count(1)

    def user_says(
        self,
        chat_id: int,
        text: str,
        *,
        language_code: str = "en",
        user_id: int | None = None,
        thread_id: int | None = None,
        anonymous: bool = False,
        reply_to: int | None = None,
    ) -> Json:
        """A person writes; the chat is made when it is new, with the bot in it, and unblocked when it was blocked.

        In a group (negative id) give `user_id`; `thread_id` is the topic, none being the general one. An `anonymous`
        administrator writes as the group. With privacy mode on, as it is, the bot sees of a group only commands that
        may be its own and replies to it, unless it is an administrator. InputError for what could not be written."""
        chat = self._open(chat_id)
        if chat.kind == "channel":
            raise InputError(f"Chat {chat_id} is a channel, where nobody speaks: use channel_posts")
        if chat.blocked:
            self.user_unblocks(chat_id, language_code=language_code)
        sender = self._sender(chat, user_id, language_code, anonymous=anonymous)
        is_admin = anonymous or chat.members[sender["from"]["id"]].is_admin
        _check_place(chat, thread_id, reply_to, is_admin=is_admin)
        placed = topics.placed(chat, thread_id, reply_to)
        message = {**sender, "date": self.seconds(), **placed, **_words(text)}
        return self._told("message", chat, chat.add(message))

    def user_edits(self, chat_id: int, message_id: int, text: str) -> Json:
        """A person changes their own message, or a post of their channel."""
        chat = self._open(chat_id)
        message = chat.messages.get(message_id)
        if message is None or message_id in chat.own or "text" not in message:
            raise InputError(f"Message {message_id} of chat {chat_id} is no person's text, so nobody can edit it")
        message.pop("entities", None)
        message.update(_words(text), edit_date=self.seconds())
        kind = "edited_channel_post" if chat.kind == "channel" else "edited_message"
        return self._told(kind, chat, message)

    def channel_posts(self, chat_id: int, text: str) -> Json:
        """Someone posts in a channel, which is made when it is new, with the bot as an administrator."""
        if chat_id not in self.chats:
            self.chats[chat_id] = Chat(chat_id, is_channel=True, bot=Member("administrator"))
        chat = self._open(chat_id)
        if chat.kind != "channel":
            raise InputError(f"Chat {chat_id} is a {chat.kind}, not a channel: use user_says")
        message = {"sender_chat": chat.as_json(), "date": self.seconds(), **_words(text)}
        return self._told("channel_post", chat, chat.add(message))

    def user_presses(
        self, chat_id: int, message_id: int, data: str, *, language_code: str = "en", user_id: int | None = None
    ) -> Json:
        """A person presses the button that carries `data`; InputError when the message has no such button.
        Whoever presses is named, even an administrator who writes anonymously."""
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
        chat = self.chat(chat_id)
        by = self._person(chat, None, language_code)
        return self.tell_membership(chat, Member("member"), Member("kicked"), by)

    def user_unblocks(self, chat_id: int, *, language_code: str = "en") -> Json:
        """The opposite; also happens when a person who blocked the bot writes to it."""
        chat = self.chat(chat_id)
        chat.blocked = False
        by = self._person(chat, None, language_code)
        return self.tell_membership(chat, Member("kicked"), Member("member"), by)

    def block(self, chat_id: int) -> None:
        """Refuses sends to a chat without telling the bot, as when the update was missed."""
        self.chat(chat_id).blocked = True

    def redeliver(self, update: Json) -> None:
        """The same update again, with the same update_id, as after a crash or a lost acknowledgement."""
        if "update_id" not in update:
            raise InputError("This update never reached the bot, so it can't reach it again")
        self.updates.put_again(update)

    def _open(self, chat_id: int) -> Chat:
        chat = self.chat(chat_id)
        if chat.migrated_to is not None:
            raise InputError(f"Chat {chat_id} has moved: use {chat.migrated_to}")
        return chat

    def _sender(self, chat: Chat, user_id: int | None, language_code: str, *, anonymous: bool) -> Json:
        if not anonymous:
            return {"from": self._person(chat, user_id, language_code)}
        if chat.kind != "supergroup":
            raise InputError(f"Chat {chat.id} is a {chat.kind}: only administrators of supergroups are anonymous")
        return {"from": dict(ANONYMOUS), "sender_chat": chat.as_json()}

    def _person(self, chat: Chat, user_id: int | None, language_code: str = "en") -> Json:
        """The User object of who acts; in a private chat its id is the chat's."""
        number = chat.id if chat.kind == "private" else user_id or USER_ID
        chat.members.setdefault(number, Member("member"))
        return user_json(number) | {"language_code": language_code}

    def _told(self, kind: str, chat: Chat, message: Json) -> Json:
        """Queues a message for the bot if it gets to see it."""
        if self._is_shown(chat, message):
            return self.updates.put(kind, dict(message))
        return {kind: dict(message)}

    def _is_shown(self, chat: Chat, message: Json) -> bool:
        """Privacy mode: https://core.telegram.org/bots/features#privacy-mode"""
        text = message.get("text")
        if chat.kind == "private":
            return True
        if not chat.bot.is_inside:
            return False
        if text is None or chat.bot.is_admin or chat.kind == "channel":
            return True
        replied = message.get("reply_to_message", {}).get("message_id")
        return replied in chat.own or _is_command_for(self.bot["username"], text)


def _check_place(chat: Chat, thread_id: int | None, reply_to: int | None, *, is_admin: bool) -> None:
    if reply_to is not None and reply_to not in chat.messages:
        raise InputError(f"There is no message {reply_to} in chat {chat.id} to reply to")
    if thread_id is None:
        return
    topic = chat.topics.get(thread_id)
    if topic is None:
        raise InputError(f"Chat {chat.id} has no topic {thread_id}: open one with open_topic")
    if topic.is_closed and not is_admin:
        raise InputError(f"Topic {thread_id} of chat {chat.id} is closed: only administrators write there")


def _words(text: str) -> Json:
    entities = command_entities(text)
    return {"text": text} | ({"entities": entities} if entities else {})


def _is_command_for(username: str, text: str) -> bool:
    """Whether a text begins as a command that names no other bot."""
    if not text.startswith("/"):
        return False
    _, at, addressed = text.split(maxsplit=1)[0].partition("@")
    return not at or addressed.lower() == username.lower()


def command_entities(text: str) -> list[Entity]:
    """The bot_command entities Telegram finds in a text: /cmd and /cmd@bot, in UTF-16 units."""
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": len(found[0])}
        for found in _COMMAND.finditer(text)
    ]
