"""/start: what this is and what to type next; with an invitation's code behind it, the way in."""

from __future__ import annotations

import hashlib

from bot.model import ChatKind
from bot.words.buttons import Button, Press
from bot.words.markup import escape
from handlers.access import is_invited, is_operator
from handlers.asking import Ask, Command, Desk, Reply

INVITED = "inv-"  # what the payload of an invitation's link begins with


async def start(ask: Ask, desk: Desk) -> str | Reply:
    """A chat that is already subscribed is told so instead of being asked again."""
    welcome = ""
    if ask.words and ask.words[0].startswith(INVITED):
        taken = await desk.store.admit(code_hash(ask.words[0].removeprefix(INVITED)), ask.chat_id, ask.kind, ask.now)
        welcome = "Your invitation was used: welcome." if taken else "This invitation was used before, or is too old."
    if desk.invite_only and not await is_operator(ask, desk) and not await is_invited(ask, desk):
        contact = f" ({escape(desk.contact)})" if desk.contact else ""
        return " ".join(filter(None, [welcome, f"This bot is by invitation: ask whoever runs it for a link{contact}."]))
    await desk.store.resume_chat(ask.chat_id)
    subscribed = await desk.store.subscriptions(ask.chat_id)
    mine = "Subscribed; /subscribe shows to what." if subscribed else "There is no subscription here yet."
    lines = [
        *([welcome, ""] if welcome else []),
        "<b>Access Watch</b> tells you when humanitarian access changes: sieges, aid deliveries, roads, crossings, "
        "ports and airports closed or opened.",
        "",
        mine,
        "/subscribe_SY - alerts about one country (here Syria)",
        "/subscribe_Rafah_crossing - or one region, town or crossing",
        "/subscribe_all_severe - everywhere, severe and extreme only",
        "/latest - the five newest changes",
        "/summary - what is going on now",
        _just_write(ask.kind),
        "",
        "What I tell is what sources report, always with who says so. It is never a promise that a road is safe.",
        "/privacy says what I keep; /settings and /mute make me fit your day; /help lists everything.",
    ]
    if desk.contact:
        lines.append(f"Contact: {escape(desk.contact)}")
    rows = ((Button("Newest changes", Press("latest")), Button("How it stands", Press("summary"))),)
    return Reply("\n".join(lines), rows)


def code_hash(code: str) -> str:
    """What is kept of an invitation's code."""
    return hashlib.sha256(code.encode()).hexdigest()


def _just_write(kind: ChatKind) -> str:
    if kind is ChatKind.PRIVATE:
        return "Or just write the name of a place, such as <code>Rafah</code>."
    return "/summary_Rafah - a place. Only admins change what I post here."


COMMAND = Command("start", "what this is and how to begin", "/start", start, to_all=True)
