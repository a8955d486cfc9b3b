"""`backup FILE`: a checked copy of the database, taken while the service runs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from bot import settings
from bot.clock import now
from bot.errors import ConfigError
from bot.settings.environment import read_environment
from bot.store import backup
from bot.store.sqlite import database_path

NAME = "backup"
HELP = "Copy the database into one file, also while the service runs; the copy is checked before it gets its name."
EXAMPLE = "python -m bot backup access-watch-monday.db"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="where to write it")
    parser.add_argument("--force", action="store_true", help="replace FILE when it is there already")


def run(args: argparse.Namespace) -> int:
    database = database_of(os.environ)
    made = backup.take(database, args.file, now(), replace=args.force)
    print(f"{args.file}: {described(made)}")
    print("It holds the ids of the chats that subscribe: keep it as secret as the bot token, and not for long.")
    return 0


def database_of(environ: Mapping[str, str], dotenv: Path = settings.DOTENV) -> Path:
    """The file that DATABASE_URL names. Other mistakes of the configuration don't stop whoever saves the data; those
    that could hide the right database do (ConfigError)."""
    found, problems = read_environment(environ, dotenv)
    hiding = [p for p in problems if "DATABASE_URL" in p or p.startswith((".env:", ".env, line"))]
    if hiding:
        raise ConfigError(hiding)
    return database_path(found.database_url)


def described(copy: backup.Copy) -> str:
    """Date, size, schema and rows, for people."""
    date = f"{copy.made:%Y-%m-%d %H:%M:%S} UTC" if copy.made else "a day that it does not tell"
    rows = ", ".join(f"{name} {count}" for name, count in copy.rows.items())
    return f"as of {date}, {copy.size / 1e6:.1f} MB, schema {copy.revision}, checked\nrows: {rows}"
