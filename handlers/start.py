"""/start: what this is and what to type next."""

from __future__ import annotations

from bot.words.markup import escape
from handlers.adapter import Ask, Command, Desk


async def start(ask: Ask, desk: Desk) -> str:
    """A chat that is already subscribed is told so instead of being asked again."""
    await desk.store.resume_chat(ask.chat_id)
    subscribed = await desk.store.subscriptions(ask.chat_id)
    mine = "You are subscribed; /subscribe shows to what." if subscribed else "You are not subscribed to anything yet."
    lines = [
        "<b>Access Watch</b> tells you when humanitarian access changes: sieges, aid deliveries, roads, crossings, "
        "ports and airports closed or opened.",
        "",
        mine,
        "/subscribe_SY - alerts about one country (here Syria)",
        "/subscribe_all_severe - everywhere, severe and extreme only",
        "/latest - the five newest changes",
        "/summary - what is going on now",
        "Or just write the name of a place, such as <code>Rafah</code>.",
        "",
        "What I tell is what sources report, always with who says so. It is never a promise that a road is safe.",
        "/privacy says what I keep about you; /help lists everything.",
    ]
    if desk.contact:
        lines.append(f"Contact: {escape(desk.contact)}")
    return "\n".join(lines)


COMMAND = Command("start", "what this is and how to begin", "/start", start)
