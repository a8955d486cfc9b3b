"""The table of commands in docs/commands.md, made from the code: `python tools/commands_table.py [--check]`.

Without `--check` it writes the part between the two marks anew and leaves the rest, which is written by hand, alone.
With it, it exits 1 when that part is not what the code says.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import handlers
from handlers.asking import Command, Who

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"
BEGIN, END = "<!-- commands: made by tools/commands_table.py -->", "<!-- end of commands -->"
ALL: tuple[Command, ...] = (*handlers.COMMANDS, handlers.HELP)
WHO = {Who.ANYBODY: "everybody", Who.ADMIN: "in a group its admins", Who.OPERATOR: "operators"}


def table(commands: Sequence[Command]) -> str:
    """One row a command: what it does, an example, who may ask, where, what comes of pressing it."""
    rows = ["| command | does | try | who | where |", "|---|---|---|---|---|"]
    return "\n".join([*rows, *(_row(c) for c in commands)])


def _row(command: Command) -> str:
    who = WHO[command.who] + (", invited or not" if command.to_all else "")
    where = "private chats and groups" if command.groups else "private chats"
    if not command.shown:
        where = "a button only"
    return f"| `/{command.name}` | {command.help} | `{command.example}` | {who} | {where} |"


def renewed(page: str, commands: Sequence[Command]) -> str:
    """The page with its table made anew. ValueError when a mark is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"docs/commands.md needs the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table(commands)}\n{END}{after}"


def main(argv: Sequence[str]) -> int:
    page = PAGE.read_text(encoding="utf-8")
    new = renewed(page, ALL)
    if "--check" in argv:
        if new != page:
            print("docs/commands.md is not what the code says: python tools/commands_table.py writes it anew")
        return int(new != page)
    PAGE.write_text(new, encoding="utf-8")
    by_hand = new.replace(table(ALL), "")
    for command in ALL:
        if f"`/{command.name}`" not in by_hand:
            print(f"/{command.name} has no place yet under “Who is answered”: write it into one of the rows there")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
