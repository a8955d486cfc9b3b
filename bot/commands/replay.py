"""`replay`: recorded items through the whole pipeline in the order they were fetched; sends nothing."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import settings
from bot.app import judge_of
from bot.errors import InputError
from bot.judge import Judge
from bot.judge.routing import Listening
from bot.judge.wire import item_of
from bot.model import Change, Incident, Item, Source
from bot.store import Store
from bot.watch import live_through
from bot.words.markup import visible
from bot.words.render import alert as render

NAME = "replay"
HELP = """Run recorded items (JSON lines as for judge, with "fetched") through the whole pipeline, sending nothing;
print incidents and the alerts of one chat that subscribes to everything, as JSON lines."""
EXAMPLE = "python -m bot replay recorded.jsonl"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="JSON lines")


def run(args: argparse.Namespace) -> int:
    config = settings.load(args.config, os.environ)
    items = sorted(_items(args.file), key=lambda pair: pair[1])
    by_name = {key: s for s in config.sources for key in (s.id, s.owner, s.name)}
    with tempfile.TemporaryDirectory(prefix="access-watch-replay-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'replay.db'}"
        for row in asyncio.run(_replayed(url, judge_of(config), items, by_name)):
            print(json.dumps(row, ensure_ascii=False))
    return 0


def _items(path: Path) -> Iterator[tuple[Item, datetime]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as e:
        raise InputError(f"{path}: {e.strerror}; give a file of JSON lines") from e
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = item_of(json.loads(line))
        except (json.JSONDecodeError, InputError) as e:
            raise InputError(f"{path}, line {number}: {e}") from e
        if item.fetched is None:
            raise InputError(f'{path}, line {number}: no "fetched"; give the date-time at which the item was heard')
        yield item, item.fetched


def registered_domain(name: str) -> str:
    """The owner of an unknown source: the last two labels of its host, three where the second is a common suffix."""
    labels = name.lower().removeprefix("www.").split(".")
    keep = 3 if len(labels) > 2 and labels[-2] in ("co", "com", "org", "net", "gov", "ac", "edu") else 2
    return ".".join(labels[-keep:])


def source_of(item: Item, known: Mapping[str, Source]) -> Source:
    """The configured source of that id, owner or name; else one of grade F owned by its registered domain."""
    name = item.source or "unknown"
    if name in known:
        return known[name]
    return Source(name, name, "feed", item.url, (item.lang or "en",), owner=registered_domain(name))


async def _replayed(
    url: str, judge: Judge, items: list[tuple[Item, datetime]], known: Mapping[str, Source]
) -> list[dict[str, Any]]:
    store = await Store.open(url)
    try:
        told = [(source_of(item, known), item, at) for item, at in items]
        await live_through(store, judge, told, Listening(replay=True))
        sources = tuple({s.id: s for s, _, _ in told}.values())
        rows = []
        for incident in await store.incidents():
            history = await store.history(incident.number)
            rows.append(_incident_row(incident))
            rows += [_alert_row(c, at, judge, sources) for c, at in history if c.sounds]
        return rows
    finally:
        await store.aclose()


def _incident_row(i: Incident) -> dict[str, Any]:
    return {
        "type": "incident", "id": i.id, "categories": [str(c) for c in i.categories], "country": i.country,
        "place": i.place.name if i.place else i.place_text, "severity": i.severity.word, "direction": str(i.direction),
        "state": str(i.state), "opened": i.opened.isoformat(), "updated": i.updated.isoformat(),
        "sources": sorted({t.source_name for t in i.told}), "items": [t.item_id for t in i.told],
    }  # fmt: skip


def _alert_row(change: Change, at: datetime, judge: Judge, sources: tuple[Source, ...]) -> dict[str, Any]:
    i = change.incident
    name = judge.gazetteer.country_name(i.country) if i.country else ""
    text = visible(render(change, now=at, committed=at, country_name=name, sources=sources))
    return {
        "type": "alert", "incident": i.id, "change": str(change.kind), "sound": change.sounds, "at": at.isoformat(),
        "severity": i.severity.word, "items": [t.item_id for t in i.told], "text": text,
    }  # fmt: skip
