"""`restore FILE`: a backup becomes the database of this machine."""

from __future__ import annotations

import argparse
import asyncio
import os
from datetime import timedelta
from pathlib import Path

from bot.clock import now
from bot.commands.backup import database_of, described
from bot.store import backup

NAME = "restore"
HELP = "Make a backup the database of this machine; the service must not run. What the backup can't know is told."
EXAMPLE = "python -m bot restore access-watch-monday.db"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what `backup` wrote")
    parser.add_argument(
        "--force", action="store_true", help=f"also when there is a database: it is kept as ...{backup.KEPT}"
    )


def run(args: argparse.Namespace) -> int:
    database, at = database_of(os.environ), now()
    with backup.alone(database), backup.fetched(args.file, database, replace=args.force) as part:
        found = backup.look(part, str(args.file))
        age = at - found.made if found.made else None
        note = f"restored at {at:%Y-%m-%d %H:%M} UTC; it may have been sent before"
        renewed = asyncio.run(backup.renew(part, age, note, given_here=backup.last_number(database)))
        kept = backup.install(part, database)
    print(f"Restored {args.file} to {database}: {described(found)}")
    since = f"{found.made:%Y-%m-%d %H:%M} UTC ({_rough(age)} ago)" if found.made and age else "the backup"
    print("\n".join(_to_know(since, renewed, kept)))
    return 0


def _to_know(since: str, renewed: backup.Renewed, kept: Path | None) -> list[str]:
    """What an operator has to know before the service starts, a sentence a line."""
    lines = [
        f"- What waited ({renewed.waiting} messages) or was under way goes out at the start, marked as a possible "
        "repeat.",
        f"- News since {since} is read again as after an outage, so alerts sent since may come a second time.",
        f"- Who left or used /forget since {since} is in it again, and who came is not: say so in your channel.",
        "- Unused invitations are void; make new ones with /invite.",
        f"- New incidents are numbered from {renewed.next_number}, so that no number told since is given twice.",
    ]
    if kept is not None:
        lines.append(f"- What was there is kept as {kept}; it holds chat ids: delete it when you are sure.")
    return [*lines, "Next: python -m bot check, then start the service."]


def _rough(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    if hours < 2:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
