"""/help, and the answers to a command nobody knows and to words that are none: the name of a place."""

from __future__ import annotations

from difflib import get_close_matches

from bot.model import ChatKind
from bot.words.markup import escape
from handlers.access import is_operator
from handlers.asking import Ask, Command, Desk, Reply, Who
from handlers.summary import summary


def helping(commands: tuple[Command, ...]) -> tuple[Command, Command, Command]:
    """(/help, the answer to unknown commands, the answer to what is no command), made from the list of commands."""

    async def help_(ask: Ask, desk: Desk) -> str:
        operator = await is_operator(ask, desk)
        mine = [c for c in (*commands, COMMAND) if c.shown and (operator or c.who is not Who.OPERATOR)]
        if ask.kind is not ChatKind.PRIVATE:
            mine = [c for c in mine if c.groups]
        lines = [f"/{c.name} - {escape(c.help)} (try {escape(c.example)})" for c in mine]
        last = "Or write the name of a place, such as <code>Rafah</code>."
        if ask.kind is not ChatKind.PRIVATE:
            last = "Only admins of this group change what I do here; everybody may ask."
        contact = [f"Contact: {escape(desk.contact)}"] if desk.contact else []
        return "\n".join(["<b>What you can ask</b>", *lines, last, *contact])

    async def unknown(ask: Ask, desk: Desk) -> str:
        typed = (ask.words[0] if ask.words else "").lstrip("/").split("@")[0].split("_")[0].lower()
        names = [c.name for c in commands if c.shown]
        if typed in names:  # but with signs that no tappable command holds
            return f"Write it with spaces, such as {escape(' '.join(ask.words).replace('_', ' ')[:60])}"
        near = get_close_matches(typed, names, n=1)
        hint = f"Did you mean /{near[0]}?" if near else "/help lists what I know."
        return f"I know no command “/{escape(typed[:40])}”. {hint}"

    async def place(ask: Ask, desk: Desk) -> str | Reply:
        first = ask.words[0].lower() if ask.words else ""
        if first in [c.name for c in commands if c.shown]:
            return f"Commands begin with a stroke: /{escape('_'.join(ask.words)[:60])}"
        return await summary(ask, desk)

    COMMAND = Command("help", "this list", "/help", help_, to_all=True)  # noqa: N806 - the list holds itself
    return COMMAND, Command("", "", "", unknown, to_all=True), Command("", "", "", place)
