"""What the bot may do in a chat: each rule refuses with Telegram's sentence, or gives nothing back.

The sentences and their order are those of https://github.com/tdlib/telegram-bot-api (Client.cpp, check_chat_access).
"""

from __future__ import annotations

from bot.local.params import Params
from bot.local.state import Chat, Json, Refusal, bad_request
from bot.local.world import World

_DELETABLE_FOR = 2 * 86_400  # seconds; for bots this holds whatever their rights


def to_read(world: World, params: Params) -> Chat:
    """The chat that is asked about. A private group or channel shows itself to its members only."""
    chat = _named(world, params)
    if chat.kind in {"supergroup", "channel"}:
        check_inside(chat, is_enough_to_be_public=True)
    return chat


def to_write(world: World, params: Params) -> Chat:
    """The chat where something is sent, edited or deleted; the bot must be in it."""
    chat = _named(world, params)
    if chat.kind != "private":
        check_inside(chat)
    return chat


def check_inside(chat: Chat, *, is_enough_to_be_public: bool = False) -> None:
    if chat.bot.status == "kicked":
        raise Refusal(403, f"Forbidden: bot was kicked from the {chat.kind} chat")
    if not chat.bot.is_inside and not (is_enough_to_be_public and chat.username):
        raise Refusal(403, f"Forbidden: bot is not a member of the {chat.kind} chat")


def check_may_post(chat: Chat, what: str = "text messages", right: str = "can_send_messages") -> None:
    """Rights in the chat itself: the bot stands in it, but may it speak, or send pictures?"""
    if chat.kind == "channel":
        if not (chat.bot.is_admin and chat.bot.can("can_post_messages")):
            raise bad_request("need administrator rights in the channel chat")
    elif chat.kind != "private" and not chat.bot.is_admin and not chat.bot.can(right):
        raise bad_request(f"not enough rights to send {what} to the chat")


def check_reachable(chat: Chat) -> None:
    """What only Telegram's servers know: whether the person wants to hear from the bot."""
    if not chat.is_started:
        raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
    if chat.blocked:
        raise Refusal(403, "Forbidden: bot was blocked by the user")


def check_topic_open(chat: Chat, thread_id: int | None) -> None:
    """In a closed topic only administrators who manage topics can write."""
    topic = chat.topics.get(thread_id or 0)
    if topic is not None and topic.is_closed and not (chat.bot.is_admin and chat.bot.can("can_manage_topics")):
        raise bad_request("TOPIC_CLOSED")


def read_thread(params: Params, chat: Chat) -> int | None:
    """The topic a call names. The general topic has no number here, although people see it as 1."""
    thread_id = params.integer("message_thread_id")
    if thread_id and thread_id not in chat.topics:
        raise bad_request("message thread not found")
    return thread_id or None


def check_may_delete(world: World, chat: Chat, message: Json) -> None:
    if not _is_deletable(world, chat, message):
        whole = "" if chat.kind in {"supergroup", "channel"} else " for everyone"
        raise bad_request(f"message can't be deleted{whole}")


def _is_deletable(world: World, chat: Chat, message: Json) -> bool:
    """None older than 48 h, none that began a topic or the chat; other people's in private or as an administrator."""
    is_too_old = world.seconds() >= message["date"] + _DELETABLE_FOR
    if is_too_old or "forum_topic_created" in message or "migrate_from_chat_id" in message:
        return False
    if chat.kind == "private":
        return True
    if chat.bot.is_admin and (chat.kind == "group" or chat.bot.can("can_delete_messages")):
        return True
    is_own = message["message_id"] in chat.own
    return is_own and (chat.kind != "channel" or (chat.bot.is_admin and chat.bot.can("can_post_messages")))


def _named(world: World, params: Params) -> Chat:
    wanted = params.chat("chat_id")
    if wanted is None:
        raise bad_request("chat_id is empty")
    return world.find(wanted)
