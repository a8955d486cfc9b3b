"""What administrators do: bring the bot into groups and channels, change its rights, manage members and topics."""

from __future__ import annotations

from bot.errors import InputError
from bot.local import topics
from bot.local.members import Member, checked
from bot.local.people import USER_ID, People
from bot.local.state import FIRST_SUPERGROUP, Chat, Json, Topic

_MAX_TOPIC_NAME = 128


class Groups(People):
    """Each act is synchronous and returns the update it queues. A right is a keyword, `can_post_messages=False`; of
    those not named an administrator has every one but that to appoint others, someone restricted has none."""

    def add_bot(
        self,
        chat_id: int,
        *,
        kind: str | None = None,
        title: str | None = None,
        username: str | None = None,
        forum: bool = False,
        by: int = USER_ID,
        status: str = "member",
        **rights: bool,
    ) -> Json:
        """Someone brings the bot into a group or channel, which is made when it is new; then it is theirs.

        `kind` is group, supergroup or channel and must fit the id; `username` makes the chat public; only a
        supergroup is a `forum`. A channel takes bots as administrators: a plain member can't post there."""
        chat, is_new = self._made(chat_id, kind, forum=forum), chat_id not in self.chats
        member = checked(status, chat.kind, rights)
        self.chats[chat_id] = chat
        chat.title, chat.username = title or chat.title, (username or "").removeprefix("@") or chat.username
        if is_new:
            chat.bot = Member("left")
            chat.members[by] = Member("creator")
        return self._changed(chat, member, by)

    def set_bot(self, chat_id: int, status: str, *, by: int = USER_ID, **rights: bool) -> Json:
        """Someone promotes (administrator), demotes (member), restricts, removes (left) or bans (kicked) the bot."""
        chat = self._group(chat_id)
        return self._changed(chat, checked(status, chat.kind, rights), by)

    def set_member(self, chat_id: int, user_id: int, status: str, **rights: bool) -> None:
        """What getChatMember says of a person from now on; the bot is not told."""
        chat = self._open(chat_id)
        chat.members[user_id] = checked(status, chat.kind, rights)

    def migrate(self, old: int, new: int) -> tuple[Json, Json]:
        """A group becomes a supergroup: the old id is dead, both chats get the service message."""
        before = self.chat(old)
        before.migrated_to = new
        after = self.chat(new)
        after.members.update(before.members)
        after.title, after.bot = after.title or before.title, before.bot
        by = self._person(before, None)
        told = [
            chat.add({"from": by, "date": self.seconds(), **service})
            for chat, service in ((before, {"migrate_to_chat_id": new}), (after, {"migrate_from_chat_id": old}))
        ]
        return self.updates.put("message", told[0]), self.updates.put("message", told[1])

    def open_topic(self, chat_id: int, name: str, *, by: int = USER_ID) -> int:
        """Someone opens a topic in a forum; gives its number, the thread_id of what is written there."""
        chat = self._group(chat_id)
        if not chat.is_forum:
            raise InputError(f"Chat {chat_id} has no topics: add the bot with forum=True")
        if not 1 <= len(name) <= _MAX_TOPIC_NAME:
            raise InputError(f"The name of a topic has 1 to {_MAX_TOPIC_NAME} characters")
        message = chat.add({"from": self._person(chat, by), "date": self.seconds(), **topics.opening(name)})
        thread_id: int = message["message_id"]
        message["message_thread_id"] = thread_id
        chat.topics[thread_id] = Topic(name)
        self._told("message", chat, message)
        return thread_id

    def close_topic(self, chat_id: int, thread_id: int, *, by: int = USER_ID) -> Json:
        return self._turn_topic(chat_id, thread_id, by, is_closed=True)

    def reopen_topic(self, chat_id: int, thread_id: int, *, by: int = USER_ID) -> Json:
        return self._turn_topic(chat_id, thread_id, by, is_closed=False)

    def delete_topic(self, chat_id: int, thread_id: int) -> None:
        """The topic goes with all its messages. Telegram tells bots nothing of it."""
        topics.forget(self._with_topic(chat_id, thread_id), thread_id)

    def _turn_topic(self, chat_id: int, thread_id: int, by: int, *, is_closed: bool) -> Json:
        chat = self._with_topic(chat_id, thread_id)
        if chat.topics[thread_id].is_closed == is_closed:
            raise InputError(f"Topic {thread_id} of chat {chat_id} is {'closed' if is_closed else 'open'} already")
        chat.topics[thread_id].is_closed = is_closed
        service = topics.closing(chat, thread_id, is_closed=is_closed)
        message = {"from": self._person(chat, by), "date": self.seconds(), **service}
        return self._told("message", chat, chat.add(message))

    def _with_topic(self, chat_id: int, thread_id: int) -> Chat:
        chat = self._group(chat_id)
        if thread_id not in chat.topics:
            raise InputError(f"Chat {chat_id} has no topic {thread_id}: open one with open_topic")
        return chat

    def _made(self, chat_id: int, kind: str | None, *, forum: bool) -> Chat:
        """The chat as it is known, or a new one that is not kept yet."""
        if chat_id >= 0:
            raise InputError(f"Chat {chat_id} is private: a group or channel has a negative id")
        fits = {"group"} if chat_id > FIRST_SUPERGROUP else {"supergroup", "channel"}
        if kind is not None and kind not in fits:
            raise InputError(
                f"Chat {chat_id} can't be a {kind}, by its id it is a {' or '.join(sorted(fits))}: "
                f"those of supergroups and channels begin at {FIRST_SUPERGROUP}"
            )
        if forum and (kind == "channel" or "supergroup" not in fits):
            raise InputError(f"Chat {chat_id} can't be a forum: only a supergroup can, such as {FIRST_SUPERGROUP - 1}")
        chat = self._open(chat_id) if chat_id in self.chats else Chat(chat_id)
        if chat_id in self.chats and kind not in {None, chat.kind}:
            raise InputError(f"Chat {chat_id} is a {chat.kind} already")
        chat.is_channel, chat.is_forum = chat.is_channel or kind == "channel", chat.is_forum or forum
        return chat

    def _group(self, chat_id: int) -> Chat:
        if chat_id >= 0 or chat_id not in self.chats:
            raise InputError(f"The bot was never in a group or channel {chat_id}: bring it there with add_bot")
        return self._open(chat_id)

    def _changed(self, chat: Chat, new: Member, by: int) -> Json:
        """my_chat_member, and in a group the message that everybody sees when someone joins."""
        old, chat.bot = chat.bot, new
        person = self._person(chat, by)
        update = self.tell_membership(chat, old, new, person)
        if new.is_inside and not old.is_inside and chat.kind != "channel":
            joined = {"from": person, "date": self.seconds(), "new_chat_members": [dict(self.bot)]}
            self._told("message", chat, chat.add(joined))
        return update
