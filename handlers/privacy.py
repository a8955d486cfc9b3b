"""/privacy and /forget: what is kept about a chat, and deleting it."""

from __future__ import annotations

from handlers.adapter import Ask, Command, Desk


async def privacy(ask: Ask, desk: Desk) -> str:
    """Says what the store really holds; change it together with bot/store."""
    return (
        "<b>What I keep about this chat</b>: its number, the day you first subscribed, which countries and severities "
        "you chose, and the numbers of the alert messages I sent you, so that updates can be replies to them.\n"
        "<b>What I do not keep</b>: your name, your user name, your telephone number, what you write to me.\n"
        "/forget deletes all of it at once. Telegram itself, and anybody who can see your phone, can still see this "
        "chat: delete it there too. If being seen with these alerts is dangerous for you, do not subscribe; read a "
        "public channel that carries them instead."
    )


async def forget(ask: Ask, desk: Desk) -> str:
    """Deletes every row of the chat and everything waiting to be sent to it."""
    counts = await desk.store.forget(ask.chat_id)
    if not any(counts.values()):
        return "I kept nothing about this chat. Messages already on your phone stay there until you delete them."
    return (
        "Done: everything about this chat is deleted, and nothing more will be sent. Messages already on your phone "
        "stay there until you delete them. /subscribe_all_severe would begin anew."
    )


COMMAND = Command("privacy", "what I keep about you", "/privacy", privacy)
FORGET = Command("forget", "delete all that I keep about this chat", "/forget", forget)
