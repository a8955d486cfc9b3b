"""What the state ledger takes: `python bench/ledger.py [--a-day N] [--days N] [--countries N]`.

Statements of a length like real ones are written to a real database, as the watch loop writes them, a third of them in
one country. Told are the rows and bytes, and the processor time to answer how that country stands: reading its
statements, and working out what they add up to.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.judge.ledger import standings
from bot.model import Access, How, Statement
from bot.settings import BotSettings
from bot.store import Store
from tests.make import a_change

START = datetime(2026, 1, 1, tzinfo=UTC)
SAID = [("closed", "worse"), ("closed", "still"), ("restricted", "better"), ("open", "better")]


def statement(dice: random.Random, number: int, at: datetime, countries: int) -> Statement:
    country = f"X{dice.randrange(3 * countries) % countries if dice.random() > 1 / 3 else 0}"
    state, how = dice.choice(SAID)
    source = dice.randrange(59)
    return Statement(
        number, f"gn:{country}{dice.randrange(60)}", "A town somewhere", country, dice.choice(["road", "crossing"]),
        Access(state), How(how), at, f"outlet-{source}", f"Outlet number {source}", f"outlet{source}.example", "B",
        True,
        f"https://outlet{source}.example/world/2026/01/some-words-of-its-title-{number}",
    )  # fmt: skip


async def measure(per_day: int, days: int, countries: int) -> None:
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "b.db"
        store = await Store.open(f"sqlite:///{path}")
        async with store.writing() as tx:
            saved = await tx.save(replace(a_change(), incident=replace(a_change().incident, number=0)), START)
        number = saved.change.incident.number
        for day in range(days):
            at = START + timedelta(days=day)
            async with store.writing() as tx:
                some = [at + timedelta(minutes=n) for n in range(per_day)]
                await tx.state([statement(dice, number, each, countries) for each in some])
        now = START + timedelta(days=days)
        begun = time.process_time()
        told = await store.statements(["X0"], exercise=False)
        read = time.process_time()
        found = standings(told, BotSettings().stale, now)
        done = time.process_time()
        await store.aclose()
        with closing(sqlite3.connect(path)) as c:
            (rows,) = c.execute("SELECT count(*) FROM statement").fetchone()
            (size,) = c.execute("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'statement%'").fetchone()
    print(f"{rows} rows, {size / 1e6:.1f} MB with their index, {size / rows:.0f} bytes a row")
    print(f"{len(told)} of one country: read in {1000 * (read - begun):.0f} ms, {len(found)} subjects worked out in "
          f"{1000 * (done - read):.0f} ms")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--a-day", type=int, default=50, metavar="N", help="statements a day (50)")
    parser.add_argument("--days", type=int, default=365, metavar="N", help="days (365)")
    parser.add_argument("--countries", type=int, default=12, metavar="N", help="countries (12)")
    args = parser.parse_args()
    asyncio.run(measure(args.a_day, args.days, args.countries))


if __name__ == "__main__":
    main()
