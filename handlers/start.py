"""/start: what this is and what to type next; with an invitation's code behind it, the way in."""

from __future__ import annotations

import hashlib

from bot.model import ChatKind
from bot.words.buttons import Button, Press
from bot.words.markup import escape
from handlers.access import by_invitation, is_let_in, may_set
from handlers.asking import Ask, Command, Desk, Reply

INVITED = "inv-"  # what the payload of an invitation's link begins with


async def start(ask: Ask, desk: Desk) -> str | Reply:
    """A chat that is already subscribed is told so instead of being asked again."""
    welcome = await _let_in(ask, desk)
    if not await is_let_in(ask, desk):
        return " ".join(filter(None, [welcome, escape(by_invitation(desk))]))
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
    rows = (
        (Button("What is subscribed here" if subscribed else "Choose a country or place", Press("subscribe")),),
        (Button("Newest changes", Press("latest")), Button("How it stands", Press("summary"))),
    )
    return Reply("\n".join(lines), rows)


async def _let_in(ask: Ask, desk: Desk) -> str:
    """Use the invitation behind /start, and say what became of it; "" when there is none. Only who opens the right door
    uses it up: not who is in already, nor a group's member, who can't answer for the group."""
    if not ask.words or not ask.words[0].startswith(INVITED):
        return ""
    chat = await desk.store.chat(ask.chat_id)
    if chat is not None and chat.admitted:
        return "You are in already." if ask.kind is ChatKind.PRIVATE else "This group is in already."
    if not await may_set(ask, desk):
        return "Only an admin of this group can let it in. The invitation is still good: let an admin open the link."
    taken = await desk.store.admit(code_hash(ask.words[0].removeprefix(INVITED)), ask.chat_id, ask.kind, ask.now)
    return "Your invitation was used: welcome." if taken else "This invitation was used before, or is too old."


def code_hash(code: str) -> str:
    """What is kept of an invitation's code."""
    return hashlib.sha256(code.encode()).hexdigest()


def _just_write(kind: ChatKind) -> str:
    if kind is ChatKind.PRIVATE:
        return "Or just write the name of a place, such as <code>Rafah</code>."
    return "/summary_Rafah - a place. Only admins change what I post here."


COMMAND = Command("start", "what this is and how to begin", "/start", start, to_all=True)
