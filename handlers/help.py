"""/help, and the answers to a command nobody knows and to words that are none: the name of a place."""

from __future__ import annotations

from difflib import get_close_matches

from bot.model import ChatKind
from bot.words.markup import escape
from handlers.access import by_invitation, is_let_in, is_operator
from handlers.asking import Ask, Command, Desk, Reply, Who
from handlers.status import status
from handlers.summary import summary


def helping(commands: tuple[Command, ...]) -> tuple[Command, Command, Command]:
    """(/help, the answer to unknown commands, the answer to what is no command), made from the list of commands."""

    async def help_(ask: Ask, desk: Desk) -> str:
        operator, let_in = await is_operator(ask, desk), await is_let_in(ask, desk)
        mine = [c for c in (*commands, COMMAND) if c.shown and (operator or c.who is not Who.OPERATOR)]
        mine = [c for c in mine if (let_in or c.to_all) and (ask.kind is ChatKind.PRIVATE or c.groups)]
        lines = [f"/{c.name} - {escape(c.help)} (try {escape(c.example)})" for c in mine]
        return "\n".join(["<b>What you can ask</b>", *lines, *_more(ask, desk, let_in=let_in)])

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
        if first in [c.name for c in commands if c.shown] and not ask.text.endswith(("?", "؟")):  # "why is ... closed?"
            return f"Commands begin with a stroke: /{escape('_'.join(ask.words)[:60])}"
        # "Rafah", rightly spelt or nearly, asks what is new there; a sentence asks how it stands
        named = desk.places.lookup(ask.text) or desk.places.near(ask.text, 1)
        return await (summary if named else status)(ask, desk)

    COMMAND = Command("help", "this list", "/help", help_, to_all=True)  # noqa: N806 - the list holds itself
    return COMMAND, Command("", "", "", unknown, to_all=True), Command("", "", "", place)


def _more(ask: Ask, desk: Desk, *, let_in: bool) -> list[str]:
    """What stands under the list of commands."""
    if not let_in:
        return [f"The rest is for those who were let in. {escape(by_invitation(desk))}"]
    last = "Or write the name of a place, such as <code>Rafah</code>."
    if ask.kind is not ChatKind.PRIVATE:
        last = "Only admins of this group change what I do here; everybody may ask."
    return [last, *([f"Contact: {escape(desk.contact)}"] if desk.contact else [])]
