"""/whoami: the numbers that bot.toml's `operators` wants, and what you may do here."""

from __future__ import annotations

from bot.model import ChatKind
from handlers.access import is_admin, is_operator
from handlers.asking import Ask, Command, Desk


async def whoami(ask: Ask, desk: Desk) -> str:
    """Of a group: its number; yours is shown in a private chat only, where nobody else reads it."""
    operator, private = await is_operator(ask, desk), ask.kind is ChatKind.PRIVATE
    roles = ["an operator of this bot"] if operator else []
    if private:
        lines = [f"Your number, and that of this chat: <code>{ask.chat_id}</code>"]
    else:
        lines = [f"The number of this group: <code>{ask.chat_id}</code>"]
        lines += [f"This topic: <code>{ask.thread_id}</code>"] if ask.thread_id else []
        roles += ["an admin of this group"] if await is_admin(ask, desk) else ["a member of this group"]
    lines += [f"You are {' and '.join(roles)}."] if roles else []
    if not operator:
        whom = "make you an operator" if private else "make its admins operators"
        lines.append(f"Whoever runs the bot can {whom}: this number goes into <code>operators</code> of bot.toml.")
    return "\n".join(lines)


COMMAND = Command("whoami", "your number, and what you may do here", "/whoami", whoami, to_all=True)
