"""All that our Bot API knows: one bot, its chats, what waits for the bot and what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.local.members import Member
from bot.local.state import Chat, Json, SentMessage, bad_request
from bot.local.updates import Updates

# The account behind administrators who stay anonymous: https://core.telegram.org/bots/api#message (sender_chat)
ANONYMOUS: Json = {
    "id": 1_087_968_824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


@dataclass(slots=True)
class Profile:
    """What a bot told Telegram about itself: commands by (scope, language), words by (field, language), the menu
    button by chat (None: the default), and its webhook."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int | None, Json] = field(default_factory=dict)
    webhook_url: str = ""


class World:
    """`sent` is the append-only ledger, `presses` the buttons pressed, by query id. `now` gives UTC."""

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
        """The chat, made when it is not there yet, with the bot in it."""
        return self.chats.setdefault(chat_id, Chat(chat_id))

    def knows(self, user_id: int) -> bool:
        """Whether the bot has met a person: in private, or in a group."""
        return any(user_id in chat.members for chat in self.chats.values())

    def find(self, wanted: int | str | None) -> Chat:
        """The chat a bot names, by id or @username; Refusal when there is none, or when it has moved. Someone met in
        a group only has a chat that nothing can be sent to."""
        chat = self._named(wanted) if isinstance(wanted, str) else self.chats.get(wanted or 0)
        if chat is None and isinstance(wanted, int) and wanted > 0 and self.knows(wanted):
            return Chat(wanted, is_started=False)
        if chat is None:
            raise bad_request("chat not found")
        if chat.migrated_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        return chat

    def tell_membership(self, chat: Chat, old: Member, new: Member, by: Json) -> Json:
        """Queues my_chat_member: what the bot was in a chat, what it is now, and whose doing that is."""
        states = {"old_chat_member": old, "new_chat_member": new}
        shown = {key: state.as_json(self.bot, chat.kind) for key, state in states.items()}
        content = {"chat": chat.as_json(), "from": by, "date": self.seconds(), **shown}
        return self.updates.put("my_chat_member", content)

    def _named(self, name: str) -> Chat | None:
        """Only public groups and channels can be found by name."""
        wanted = name.removeprefix("@").lower()
        public = (chat for chat in self.chats.values() if chat.id < 0 and chat.username and name.startswith("@"))
        return next((chat for chat in public if (chat.username or "").lower() == wanted), None)


def user_json(user_id: int) -> Json:
    """The User object of a person, who here has no name."""
    if user_id == ANONYMOUS["id"]:
        return dict(ANONYMOUS)
    return {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"}
