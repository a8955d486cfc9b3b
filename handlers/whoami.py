"""/whoami: the numbers that bot.toml's `operators` wants, and what you may do here."""

from __future__ import annotations

from bot.model import ChatKind
from handlers.access import is_admin, is_operator
from handlers.asking import Ask, Command, Desk


async def whoami(ask: Ask, desk: Desk) -> str:
    """Of a group: its number; yours is shown in a private chat only, where nobody else reads it."""
    roles = ["an operator of this bot"] if await is_operator(ask, desk) else []
    if ask.kind is ChatKind.PRIVATE:
        lines = [f"Your number, and that of this chat: <code>{ask.chat_id}</code>"]
    else:
        lines = [f"The number of this group: <code>{ask.chat_id}</code>"]
        lines += [f"This topic: <code>{ask.thread_id}</code>"] if ask.thread_id else []
        roles += ["an admin of this group"] if await is_admin(ask, desk) else ["a member of this group"]
    lines += [f"You are {' and '.join(roles)}."] if roles else []
    return "\n".join([*lines, "Whoever runs the bot can write this number into <code>operators</code> of bot.toml."])


COMMAND = Command("whoami", "your number, and what you may do here", "/whoami", whoami, to_all=True)
