"""/help, and the answer to a command nobody knows."""

from __future__ import annotations

from difflib import get_close_matches

from bot.words.markup import escape
from handlers.adapter import Ask, Command, Desk


def helping(commands: tuple[Command, ...]) -> tuple[Command, Command]:
    """(/help, the answer to unknown commands), both made from the list of commands."""

    async def help_(ask: Ask, desk: Desk) -> str:
        lines = [f"/{c.name} - {escape(c.help)} (try {c.example})" for c in (*commands, COMMAND)]
        return "\n".join(
            ["<b>What you can ask</b>", *lines, "Or write the name of a place, such as <code>Rafah</code>."]
        )

    async def unknown(ask: Ask, desk: Desk) -> str:
        typed = (ask.words[0] if ask.words else "").lstrip("/").split("@")[0].split("_")[0].lower()
        near = get_close_matches(typed, [c.name for c in commands], n=1)
        hint = f"Did you mean /{near[0]}?" if near else "/help lists what I know."
        return f"I know no command “/{escape(typed[:40])}”. {hint}"

    COMMAND = Command("help", "this list", "/help", help_)  # noqa: N806 - the list holds itself
    return COMMAND, Command("", "", "", unknown)
