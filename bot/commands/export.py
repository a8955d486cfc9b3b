"""`export`: incidents for analysts, from the database, also while the service runs."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import now
from bot.commands.backup import database_of
from bot.errors import InputError
from bot.store import Store
from bot.words.export import FORMATS
from bot.words.iso3 import ISO2, ISO3

NAME = "export"
HELP = """Print incidents for analysts: csv, hxl (csv with a row of HXL hashtags), geojson or json. It only reads, also
while the service runs, and holds nothing of any chat. docs/export.md explains each column."""
EXAMPLE = "python -m bot export --format hxl --since 30d --country SY > incidents.csv"
_STRETCH = re.compile(r"(\d{1,4})([hd])", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=sorted(FORMATS), required=True, help="how to write them")
    parser.add_argument(
        "--since", metavar="DATE or 7d", help="only those with news since then (UTC): 2026-05-04, or hours or days back"
    )
    parser.add_argument("--country", metavar="XX", help="only those in this country, by its ISO code")
    parser.add_argument("--all", action="store_true", help="also those that an operator took back")
    parser.add_argument("--exercise", action="store_true", help="those of exercises, instead of real ones")


def run(args: argparse.Namespace) -> int:
    since = _since(args.since, now()) if args.since else None
    country = _country(args.country) if args.country else None
    database = database_of(os.environ)
    asyncio.run(_print(database, args.format, since, country, withdrawn=args.all, exercise=args.exercise))
    return 0


async def _print(
    database: Path, how: str, since: datetime | None, country: str | None, *, withdrawn: bool, exercise: bool
) -> None:
    """UTF-8 whatever the terminal speaks, piece by piece."""
    store = await Store.reading(database)
    try:
        found = store.export(since, country, withdrawn=withdrawn, exercise=exercise)
        async for piece in FORMATS[how](found):
            sys.stdout.buffer.write(piece.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    finally:
        await store.aclose()


def _since(text: str, at: datetime) -> datetime:
    """ "7d", "12h", "2026-05-04" or "2026-05-04T06:00"; UTC where it names no zone."""
    stretch = _STRETCH.fullmatch(text)
    if stretch is not None:
        return at - timedelta(**{"hours" if stretch[2].lower() == "h" else "days": int(stretch[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--since {text}: write a day, such as 2026-05-04, or a stretch, such as 7d or 12h") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _country(text: str) -> str:
    """The ISO code of two letters; three letters are understood."""
    code = text.upper()
    code = ISO2.get(code, code)
    if code not in ISO3:
        raise InputError(f"--country {text}: write the ISO code of a country, such as SY or SYR")
    return code
