"""/privacy and /forget: what is kept about a chat, and deleting it."""

from __future__ import annotations

from datetime import timedelta

from bot.model import ChatKind
from handlers.asking import Ask, Command, Desk, Who

BACK = timedelta(hours=48)  # how long Telegram lets a bot delete its messages


async def privacy(ask: Ask, desk: Desk) -> str:
    """Says what the store really holds; change it together with bot/store."""
    lines = [
        "<b>What I keep about this chat</b>, from the first subscription, setting or invitation on: its number, that "
        "day, what it subscribed to and its settings, which alerts it was sent, and the numbers of my messages, so "
        "that updates can be replies to them (answers for 48 hours only, so that /forget can take them back).",
        "<b>What I do not keep</b>: names, user names, telephone numbers, what anybody writes to me.",
        "/forget deletes all of it at once; a backup that the operators took before may keep it for some days. "
        "Telegram itself, and anybody who can see your phone, can still see this chat: delete "
        "it there too. If being seen with these alerts is dangerous for you, do not subscribe; read a "
        "public channel that carries them instead.",
    ]
    if ask.kind is not ChatKind.PRIVATE:
        lines.insert(1, "Of a group or channel also the number of whoever set it up, to tell them when I can't post.")
    return "\n".join(lines)


async def forget(ask: Ask, desk: Desk) -> str:
    """Deletes every row of the chat and everything that waits for it, then takes back our messages of the last 48 h:
    Telegram can be slow or out of reach, and what is kept here must not wait for it."""
    messages = await desk.store.recent_messages(ask.chat_id, ask.now - BACK)
    counts = await desk.store.forget(ask.chat_id)
    back = await desk.rooms.take_back(ask.chat_id, messages)
    if not any(counts.values()):
        return "I kept nothing about this chat. What you see here stays on the phone until you delete it in Telegram."
    taken = f" I took back {back} of my messages of the last 48 hours." if back else ""
    return (
        f"Done: everything about this chat is deleted, and nothing more will be sent.{taken} Older ones, and what was "
        "written to me, stay on every phone that has this chat: delete the chat in Telegram too, for both sides."
    )


COMMAND = Command("privacy", "what I keep about you", "/privacy", privacy, to_all=True)
FORGET = Command("forget", "delete all that I keep about this chat", "/forget", forget, who=Who.ADMIN, to_all=True)
