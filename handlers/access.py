"""Who may ask what: operators, admins of a group, who was invited. One decision, for commands and for buttons."""

from __future__ import annotations

from bot.model import ChatKind
from handlers.asking import Ask, Command, Desk, Who


async def refusal(command: Command, ask: Ask, desk: Desk) -> str | None:
    """Why this may not be asked here by this person, as a sentence for them; None when it may."""
    if not ask.kind.answers:
        return "I answer nothing inside a channel: write to me in private."
    if ask.kind is ChatKind.GROUP and not command.groups:
        return f"/{command.name} works in a private chat with me only."
    if command.who is Who.OPERATOR and not await is_operator(ask, desk):
        return "Only the operators of this bot can do that. /whoami prints your number, for them to add."
    if not command.to_all and not await is_let_in(ask, desk):
        return by_invitation(desk)
    if command.who is Who.ADMIN and not await may_set(ask, desk):
        return "Only an admin of this group can change what I do here. /latest and /summary are for everybody."
    return None


async def is_operator(ask: Ask, desk: Desk) -> bool:
    """By the person's number, in any chat; or by the chat's, where the admins of an operators' group count."""
    if ask.user_id in desk.operators and not ask.anonymous:
        return True
    if ask.chat_id not in desk.operators:
        return False
    return ask.kind is ChatKind.PRIVATE or await is_admin(ask, desk)


async def is_admin(ask: Ask, desk: Desk) -> bool:
    """May this person change settings here? Who writes as the group itself is an admin: nobody else can."""
    if ask.kind is ChatKind.PRIVATE or ask.anonymous:
        return True
    return bool(ask.user_id) and await desk.rooms.is_admin(ask.chat_id, ask.user_id)


async def may_set(ask: Ask, desk: Desk) -> bool:
    """May this person change what the bot does here? Operators may, wherever they are."""
    return await is_operator(ask, desk) or await is_admin(ask, desk)


async def is_let_in(ask: Ask, desk: Desk) -> bool:
    """Is this chat or person answered? Everybody is, unless the bot is by invitation."""
    return not desk.invite_only or await is_operator(ask, desk) or await _is_invited(ask, desk)


async def _is_invited(ask: Ask, desk: Desk) -> bool:
    """The chat was taken in, or the person who asks in a group was; an operators' group needs no invitation. Who has
    subscribed was in before invitations were asked for, and stays in."""
    if ask.chat_id in desk.operators:
        return True
    for chat_id in {ask.chat_id, ask.user_id}:
        chat = await desk.store.chat(chat_id)
        if chat is not None and (chat.admitted or await desk.store.subscriptions(chat_id)):
            return True
    return False


def by_invitation(desk: Desk) -> str:
    """How to get in, as plain text, for whoever is not."""
    contact = f" ({desk.contact})" if desk.contact else ""
    return f"This bot is by invitation: ask whoever runs it for a link{contact}."
