"""Topics of a forum: where in a chat a message stands, and the service messages that tell of topics."""

from __future__ import annotations

from bot.local.state import Chat, Json

_ICON_COLOR = 0x6FB9F0


def placed(chat: Chat, thread_id: int | None, reply_to: int | None) -> Json:
    """The fields of a message in a topic, or in reply to another, which puts it in that one's topic. In a topic, what
    replies to nothing counts as a reply to the message that opened it."""
    fields: Json = {}
    if reply_to is not None:
        fields["reply_to_message"] = chat.quote(reply_to)
        thread_id = thread_id or chat.messages[reply_to].get("message_thread_id")
    if thread_id in chat.topics and thread_id is not None:
        fields |= {"message_thread_id": thread_id, "is_topic_message": True}
        fields.setdefault("reply_to_message", chat.quote(thread_id))
    return fields


def opening(name: str) -> Json:
    """What says that a topic begins; the message itself is the topic's number."""
    return {"is_topic_message": True, "forum_topic_created": {"name": name, "icon_color": _ICON_COLOR}}


def closing(chat: Chat, thread_id: int, *, is_closed: bool) -> Json:
    return placed(chat, thread_id, None) | {"forum_topic_closed" if is_closed else "forum_topic_reopened": {}}


def forget(chat: Chat, thread_id: int) -> None:
    """Takes a topic away with everything in it."""
    del chat.topics[thread_id]
    gone = [number for number, message in chat.messages.items() if message.get("message_thread_id") == thread_id]
    for number in gone:
        del chat.messages[number]
