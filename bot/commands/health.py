"""`health`: exit 0 when the service is alive and on time."""

from __future__ import annotations

import argparse
import asyncio
import html
import os
import sys
from datetime import datetime, timedelta

from bot import settings
from bot.app import BEAT
from bot.chat import CONFLICT, UNREACHED
from bot.clock import now
from bot.store import Store

NAME = "health"
HELP = "Exit 0 when the service is alive and on time, 1 with one sentence when not (Docker's health check)."
EXAMPLE = "python -m bot health"
LATE = timedelta(minutes=5)  # an alert that waits longer than this means that sending is stuck


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(args: argparse.Namespace) -> int:
    config = settings.load(args.config, os.environ)
    trouble = asyncio.run(_examine(config.database_url, now()))
    print(trouble or "alive and on time", file=sys.stderr if trouble else sys.stdout)
    return 1 if trouble else 0


async def _examine(database_url: str, at: datetime) -> str | None:
    store = await Store.open(database_url, exclusive=False)
    try:
        beat = (await store.heartbeats()).get("service")
        waiting, oldest = await store.waiting(at)
        troubles = await store.troubles()
    finally:
        await store.aclose()
    if beat is None:
        return "the service has never run on this database"
    if at - beat > 3 * BEAT:
        return f"no sign of life since {beat:%Y-%m-%d %H:%M:%S} UTC"
    for key in (UNREACHED, CONFLICT):
        if key in troubles:
            since, sentence = troubles[key]
            return f"since {since:%Y-%m-%d %H:%M:%S} UTC: {html.unescape(sentence)}"
    if oldest is not None and at - oldest > LATE:
        return f"{waiting} alerts wait, the oldest since {oldest:%Y-%m-%d %H:%M:%S} UTC"
    return None
