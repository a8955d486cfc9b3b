"""How much memory, processor time and disk the service takes: `python bench/sizes.py [--items FILE.jsonl]`.

The real `python -m bot run` as a process of its own, against our Bot API over HTTP and feeds on loopback. Day after day
of items is published across the feeds and read; then the service is started again with everyday intervals and watched
while little happens. Needs Linux (/proc). What is counted:

- resident memory of the service (VmRSS at the end of a phase, VmHWM as the most ever), of its child processes too;
- processor time, user and system, from /proc/PID/stat;
- the database's pages in use after each day, and which tables hold them (dbstat); WAL apart.

FILE has lines as `replay` reads them; without it items are invented, one in eleven of them about an access event.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path
from shutil import copytree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.local.core import DEFAULT_TOKEN, BotApi
from bot.local.http import serve
from tests.world import Outlets

ROOT = Path(__file__).resolve().parents[1]
WINDOW = 30  # entries that a feed shows, as most do
TICKS = os.sysconf("SC_CLK_TCK")
SOURCE = """[[source]]
id = "s{n}"
name = "Outlet {n}"
kind = "feed"
url = "{base}/s{n}"
languages = ["en"]
every = "{every}"
grade = "B"
owner = "outlet{n}.example"

"""


@dataclass(frozen=True, slots=True)
class Load:
    """What the service is given."""

    days: Sequence[Sequence[tuple[str, str]]]  # title and text of each item of each day
    sources: int
    chats: int
    idle: float  # seconds


@dataclass(frozen=True, slots=True)
class Use:
    """Of one process and its children: bytes resident now and at most, seconds of processor time."""

    now: int
    most: int
    cpu: float


def recorded(file: Path, per_day: int) -> list[list[tuple[str, str]]]:
    """The items of a file, in its order, cut into days."""
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    items = [(r.get("title") or "", r.get("text") or "") for r in rows]
    return [items[n : n + per_day] for n in range(0, len(items), per_day)]


def invented(days: int, per_day: int) -> list[list[tuple[str, str]]]:
    """Items with the lengths of real ones, a few of them about an event at a real place."""
    dice = random.Random(7)
    words = "ministers markets season report village school energy talks river harvest budget team final police".split()
    places = "Aleppo Idlib Goma Kassala Marib Hodeidah Bamako Kharkiv Kherson Rafah Nyala Beledweyne".split()

    def item(n: int) -> tuple[str, str]:
        filler = " ".join(dice.choices(words, k=28)).capitalize()
        if n % 11:
            return f"{filler[:60]} {n}", f"{filler}."
        place = dice.choice(places)
        return (
            f"Aid convoy blocked near {place}",
            f"Troops blocked an aid convoy for {n} families at {place}.",
        )

    return [[item(day * per_day + n) for n in range(per_day)] for day in range(days)]


class Bench:
    """The service, its feeds and its Telegram."""

    def __init__(self, folder: Path, load: Load) -> None:
        self.folder, self.load = folder, load
        self.database = folder / "data" / "bot.db"
        self.api, self.outlets = BotApi(DEFAULT_TOKEN), Outlets()
        self.shown: dict[int, list[str]] = defaultdict(list)
        self.published = 0

    @contextlib.asynccontextmanager
    async def surroundings(self) -> AsyncIterator[None]:
        self.server = await serve(self.api)
        self.base = await self.outlets.start()
        for n in range(self.load.sources):
            self._show(n)
        yield
        await self.outlets.stop()
        await self.server.aclose()

    @contextlib.asynccontextmanager
    async def service(self, every: str, tick: str) -> AsyncIterator[int]:
        """The process, asked to stop at the end."""
        config = self.folder / "config"
        if not config.exists():
            copytree(ROOT / "config", config)
        rows = (SOURCE.format(n=n, base=self.base, every=every) for n in range(self.load.sources))
        (config / "sources.toml").write_text("".join(rows), encoding="utf-8")
        (config / "bot.toml").write_text(f'allow_networks = ["127.0.0.0/8"]\ntick = "{tick}"\n', encoding="utf-8")
        environ = {
            **os.environ, "TELEGRAM_BOT_TOKEN": DEFAULT_TOKEN, "DATABASE_URL": f"sqlite:///{self.database}",
            "BOT_API_BASE_URL": self.server.base_url.removesuffix("/bot"),
        }  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "--config", str(config), "run", cwd=ROOT, env=environ, stderr=log
            )
        try:
            yield process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()

    def publish(self, items: Sequence[tuple[str, str]]) -> None:
        """Across all feeds, newest first."""
        at = format_datetime(datetime.now(UTC))
        for title, text in items:
            n = self.published
            self.published += 1
            self.shown[n % self.load.sources].insert(
                0,
                f"<item><title>{escape(title)}</title><description>{escape(text)}</description><guid>{n}</guid>"
                f"<link>https://outlet.example/{n}</link><pubDate>{at}</pubDate></item>",
            )
        for n in range(self.load.sources):
            self._show(n)

    def _show(self, n: int) -> None:
        del self.shown[n][WINDOW:]
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{n}</title>{"".join(self.shown[n])}'
        self.outlets.bodies[f"s{n}"] = f"{body}</channel></rss>".encode()

    async def subscribe(self) -> None:
        for chat in range(1, self.load.chats + 1):
            before = len(self.api.sent)
            self.api.user_says(chat, "/subscribe_all_minor")
            await until(lambda n=before: len(self.api.sent) > n, f"the answer to chat {chat}")

    def one(self, query: str) -> int:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as c:
            return int(c.execute(query).fetchone()[0] or 0)

    def tables(self) -> list[tuple[str, int, int]]:
        """Name, rows, bytes with its indexes; the largest first."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as c:
            names = dict(c.execute("SELECT name, tbl_name FROM sqlite_master").fetchall())
            sizes: dict[str, int] = defaultdict(int)
            for name, size in c.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name"):
                sizes[names.get(name, name)] += size
            rows = {t: c.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in sizes if t in names}
        return sorted(((t, rows.get(t, 0), size) for t, size in sizes.items()), key=lambda row: -row[2])

    def settled(self) -> bool:
        """All that was published was read, and all that it caused was sent."""
        waiting = self.one("SELECT count(*) FROM delivery WHERE state IN ('ready', 'sending')")
        return self.one("SELECT count(*) FROM item") >= self.published and not waiting

    def in_use(self) -> int:
        """Bytes of pages that hold something; the file is larger by what is free in it."""
        pages = self.one("PRAGMA page_count") - self.one("PRAGMA freelist_count")
        return pages * self.one("PRAGMA page_size")


async def until(true: Callable[[], object], what: str, seconds: float = 300.0) -> None:
    for _ in range(int(seconds / 0.1)):
        if true():
            return
        await asyncio.sleep(0.1)
    sys.exit(f"waited {seconds:.0f} s for: {what}")


def use(pid: int) -> Use:
    """Of a process and those it started, from /proc."""
    now = most = 0
    cpu = 0.0
    for each in (pid, *_children(pid)):
        status = Path(f"/proc/{each}/status").read_text("utf-8")
        found = dict(line.split(":", 1) for line in status.splitlines())
        now += int(found["VmRSS"].split()[0]) * 1024
        most += int(found["VmHWM"].split()[0]) * 1024
        fields = Path(f"/proc/{each}/stat").read_text("utf-8").rpartition(")")[2].split()
        cpu += (int(fields[11]) + int(fields[12])) / TICKS
    return Use(now, most, cpu)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return [c for child in map(int, found) for c in (child, *_children(child))]


async def busy(bench: Bench) -> None:
    """Publish day after day and tell what each cost."""
    async with bench.service("5 s", "1 s") as pid:
        await until(lambda: bench.database.exists() and bench.database.stat().st_size, "the database")
        await bench.subscribe()
        await until(lambda: len(set(bench.outlets.asked)) == bench.load.sources, "the first polls")
        await asyncio.sleep(3)
        empty = bench.in_use()
        begun, last = use(pid), empty
        print(f"start, {bench.load.sources} sources, {bench.load.chats} chats: {_mb(begun.now)} resident")
        for number, day in enumerate(bench.load.days, 1):
            bench.publish(day)
            await until(bench.settled, f"day {number} to be read and told")
            size = bench.in_use()
            print(f"day {number}: {len(day)} items, database {_mb(size)}, +{(size - last) / 1e3:.0f} kB")
            last = size
        end = use(pid)
    items = bench.published
    print(f"{items} items read and judged, {bench.one('SELECT count(*) FROM incident')} incidents, "
          f"{bench.one('SELECT count(*) FROM delivery')} alerts sent")  # fmt: skip
    print(f"resident {_mb(end.now)} at the end, {_mb(end.most)} at most")
    print(f"processor {1000 * (end.cpu - begun.cpu) / items:.0f} ms an item, polls and sending included")
    print(f"database {(last - empty) / items:.0f} bytes an item, all it causes included; by table:")
    for name, rows, size in bench.tables()[:7]:
        print(f"  {name:16} {rows:7} rows {size / 1e3:9.0f} kB {size / max(rows, 1):8.0f} bytes a row")


async def quiet(bench: Bench) -> None:
    """Everyday intervals, no news: what standing by costs."""
    async with bench.service("10 min", "5 s") as pid:
        polls = len(bench.outlets.asked)
        await until(lambda: len(bench.outlets.asked) >= polls + 1, "the first poll after the start")
        await asyncio.sleep(20)
        start, at = use(pid), time.monotonic()
        print(f"started again: ready after {start.cpu:.1f} s of processor time, {_mb(start.now)} resident")
        await asyncio.sleep(bench.load.idle)
        end, took = use(pid), time.monotonic() - at
    percent = 100 * (end.cpu - start.cpu) / took
    print(f"standing by for {took:.0f} s: {_mb(end.now)} resident, {percent:.2f} % of one core")


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


async def measure(load: Load) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), load)
        async with bench.surroundings():
            await busy(bench)
            await quiet(bench)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=Path, metavar="FILE", help="recorded items as JSON lines (default: invented)")
    parser.add_argument("--per-day", type=int, default=500, metavar="N", help="items a day (500)")
    parser.add_argument("--days", type=int, default=10, metavar="N", help="days (10)")
    parser.add_argument("--sources", type=int, default=59, metavar="N", help="feeds (59)")
    parser.add_argument("--chats", type=int, default=10, metavar="N", help="chats that want everything (10)")
    parser.add_argument("--idle", type=float, default=300.0, metavar="S", help="seconds of standing by (300)")
    args = parser.parse_args()
    days = recorded(args.items, args.per_day) if args.items else invented(args.days, args.per_day)
    asyncio.run(measure(Load(days[: args.days], args.sources, args.chats, args.idle)))


if __name__ == "__main__":
    main()
