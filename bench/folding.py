"""How long a report takes from its judgement to its commit, and whether that stays flat as incidents pile up.

    python bench/folding.py [--reports 100000] [--incidents 2000]

Reports of a year are made up: each incident has a town of its own in one of twenty countries, and as many reports as
the rest, over ten days, in the words of eight outlets. They go through what the service does with a judged report
(candidates from the store, folding, ledger, outbox, one transaction for 200), on a real SQLite file. Judging is
bench/judging.py's.
Told per tenth of the year: milliseconds a report in all, those of folding alone, incidents alive, memory.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bot import watch
from bot.judge.routing import Listening
from bot.model import (
    Affiliation,
    Assessment,
    Category,
    Certainty,
    Direction,
    Evidence,
    Item,
    Period,
    Place,
    Report,
    Severity,
    Source,
    Status,
)
from bot.store import Store

COUNTRIES, OUTLETS, YEAR, LASTS = 20, 8, timedelta(days=365), timedelta(days=10)
START = datetime(2026, 1, 1, tzinfo=UTC)
WAYS = ("road", "bridge", "crossing", "airport")
HEADLINES = (
    "{way} to {town} closed",
    "Fighting cuts {way} at {town}",
    "No traffic at {town}: {way} shut",
    "{town} {way} blocked",
)


def made(reports: int, incidents: int, seed: int = 7) -> Iterator[tuple[Source, Assessment, datetime]]:
    """In the order in which they are heard."""
    rng = random.Random(seed)
    outlets = [
        Source(f"s{n}", f"Outlet {n}", "feed", "", ("en",), grade="C", owner=f"o{n}", affiliation=Affiliation.LOCAL)
        for n in range(OUTLETS)
    ]
    heard = []
    for number in range(incidents):
        begins = START + YEAR * rng.random()
        heard += [(begins + LASTS * rng.random(), number) for _ in range(reports // incidents)]
    for n, (at, number) in enumerate(sorted(heard)):
        country, way = f"X{chr(65 + number % COUNTRIES)}", WAYS[number % len(WAYS)]
        town = Place(
            f"{country}:t{number}", f"Town{number}", "city", country, -40 + number % 80, number % 170, None,
            (f"{country}:a{number % 7}", country),
        )  # fmt: skip
        title = rng.choice(HEADLINES).format(way=way, town=town.name)
        item = Item(str(n), title, "", f"https://x.example/{n}", "en", "s", Period.at(at), at)
        evidence = (Evidence(0, 4, way, f"asset.{way}"), Evidence(5, 9, "closed", "close"))
        report = Report(
            (Category.ROUTE_CLOSURE,), Direction.WORSENING, Status.OCCURRED, evidence, town, town.name, country,
            asset=way, mentions=(town.key,),
        )  # fmt: skip
        yield rng.choice(outlets), Assessment(item, report, Severity.MODERATE, Certainty.OBSERVED, ()), at


async def run(reports: int, incidents: int) -> None:
    spent = [0.0]
    fold = watch.fold

    def timed(*args, **kwargs):  # type: ignore[no-untyped-def]
        begun = time.perf_counter()
        try:
            return fold(*args, **kwargs)
        finally:
            spent[0] += time.perf_counter() - begun

    watch.fold = timed
    print("reports  ms a report  of it folding  incidents  MB at most")
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}")
        batch: list[tuple[Source, Assessment, datetime]] = []
        begun, tenth = time.perf_counter(), max(1, reports // 10)

        async def commit() -> None:
            async with store.writing() as tx:
                for source, judged, at in batch:
                    await watch.absorb(tx, source, judged.item, judged, Listening(replay=True), at)
            batch.clear()

        for done, row in enumerate(made(reports, incidents), 1):
            batch.append(row)
            if len(batch) == watch.BATCH or done % tenth == 0:
                await commit()
            if done % tenth == 0:
                took = time.perf_counter() - begun
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                known = len(await store.incidents())
                print(f"{done:7} {1000 * took / tenth:12.2f} {1000 * spent[0] / tenth:14.3f} {known:10} {memory:11.0f}")
                begun, spent[0] = time.perf_counter(), 0.0
        await store.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--incidents", type=int, default=2_000)
    given = parser.parse_args()
    asyncio.run(run(given.reports, given.incidents))
