"""`sources list` and `sources show`: what is read and how it has been doing; one source's items, ready for `judge`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot import settings
from bot.app import web_of
from bot.clock import now
from bot.commands.table import columns
from bot.errors import SourceError
from bot.model import Body, Cursor, Item, Page, Source, SourceHealth
from bot.settings import Settings
from bot.sources import KINDS
from bot.sources.reading import hear
from bot.store import Store
from bot.store.sqlite import database_path
from bot.words.phrases import span

NAME = "sources"
HELP = (
    "list: the configured sources and, once the bot has run, how each has been doing.\n"
    "show URL, FILE or ID: fetch (or read) one source and print its items as JSON lines; a failure is one line, exit 1."
)
EXAMPLE = "python -m bot sources show https://news.un.org/feed/subscribe/en/news/all/rss.xml"
LARGEST = 10_000_000  # bytes of a file; the same cap as on the web


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="print the configured sources")
    listing.add_argument("--json", action="store_true", help="as JSON lines instead of a table")
    show = actions.add_parser("show", help="print the items of one source")
    show.add_argument("what", help="a URL, a file, or the id of a configured source")
    show.add_argument("--kind", choices=sorted(KINDS), default="feed", help="how the source speaks (feed)")


def run(args: argparse.Namespace) -> int:
    config = settings.load(args.config, os.environ)
    return _list(config, as_json=args.json) if args.action == "list" else _show(config, args.what, args.kind)


# --- list ----------------------------------------------------------------------------------------


def _list(config: Settings, *, as_json: bool) -> int:
    health = asyncio.run(_health(config.database_url))
    if as_json:
        for source in config.sources:
            print(json.dumps(_listed(source, (health or {}).get(source.id)), ensure_ascii=False))
    else:
        print(_table(config, health, now()))
    return 0


async def _health(database_url: str) -> dict[str, SourceHealth] | None:
    """By id; None while there is no database, which only the service makes."""
    if not database_path(database_url).exists():
        return None
    store = await Store.open(database_url, exclusive=False)
    try:
        return {one.source_id: one for one in await store.health()}
    finally:
        await store.aclose()


def _table(config: Settings, health: Mapping[str, SourceHealth] | None, at: datetime) -> str:
    heading = ["id", "name", "kind", "languages", "every", "grade", "affiliation", "owner"]
    rows = [
        [s.id, s.name, s.kind, ",".join(s.languages), span(s.every), s.grade, _speaker(s), s.owner]
        for s in config.sources
    ]
    if health is None:
        return f"{columns(heading, rows)}\n\nThere is no database yet, so nothing is known of how they have been doing."
    doing = [_doing(health.get(s.id), at) for s in config.sources]
    return columns([*heading, "last heard"], [[*row, words] for row, words in zip(rows, doing, strict=True)])


def _speaker(source: Source) -> str:
    """ "un", "state (UA,RU)": with the countries in which it speaks for a party."""
    countries = ",".join(source.speaks_for_party_in)
    return f"{source.affiliation.value} ({countries})" if countries else source.affiliation.value


def _doing(health: SourceHealth | None, at: datetime) -> str:
    """ "12 min ago (API)", "2 days ago, failing (3 times: the server answered 404 Not Found)", "never"."""
    if health is None:
        return "never"
    heard = f"{span(at - health.last_ok)} ago" if health.last_ok else "never"
    if health.fails:
        times = "once" if health.fails == 1 else f"{health.fails} times"
        return f"{heard}, failing ({times}: {health.last_error})"
    way = health.extra.get("way")
    return f"{heard} ({way})" if way else heard


def _listed(source: Source, health: SourceHealth | None) -> dict[str, Any]:
    """`every` in seconds; what only the database knows is null without it."""
    known = health or SourceHealth(source.id, None, None, 0, None)
    return {
        "id": source.id, "name": source.name, "kind": source.kind, "url": source.url,
        "languages": list(source.languages), "every": int(source.every.total_seconds()), "grade": source.grade,
        "affiliation": source.affiliation.value, "owner": source.owner,
        "speaks_for_party_in": list(source.speaks_for_party_in), "exercise": source.exercise,
        "last_heard": _moment(known.last_ok), "last_item": _moment(known.last_item),
        "fails": known.fails if health else None, "last_error": known.last_error, "way": known.extra.get("way"),
    }  # fmt: skip


# --- show ----------------------------------------------------------------------------------------


def _show(config: Settings, what: str, kind: str) -> int:
    source = next((s for s in config.sources if s.id == what), None) or Source(
        what, what, kind, what, ("en",), appname=config.reliefweb_appname if kind == "reliefweb" else ""
    )
    try:
        page = asyncio.run(_page(config, source))
    except SourceError as e:
        print(json.dumps({"error": type(e).__name__, "reason": e.reason}, ensure_ascii=False))
        return 1
    for item in page.items:
        print(json.dumps(_row(item), ensure_ascii=False))
    for refused in page.refused:
        print(json.dumps({"refused": refused.where, "reason": refused.reason}, ensure_ascii=False))
    return 0


async def _page(config: Settings, source: Source) -> Page:
    """What the source says; which of several ways it was read by goes to standard error, apart from the items."""
    if not source.url.startswith(("http://", "https://")):
        return KINDS[source.kind].parse(source, _file(Path(source.url)), now())
    async with web_of(config) as web:
        heard = await hear(source, web.fetch, Cursor(), now())
    if heard.way:
        print(f"Read by {heard.way}", file=sys.stderr)
    return heard.page


def _file(path: Path) -> Body:
    try:
        with path.open("rb") as f:
            content = f.read(LARGEST + 1)
    except OSError as e:
        raise SourceError(f"{path}: {e.strerror}; give a URL, a file or the id of a configured source") from e
    if len(content) > LARGEST:
        raise SourceError(f"{path}: larger than {LARGEST} bytes")
    return Body(path.absolute().as_uri(), content)


def _row(item: Item) -> dict[str, Any]:
    return {
        "id": item.id, "title": item.title, "text": item.text, "url": item.url,
        "published": _moment(item.published.start if item.published else None),
        "fetched": _moment(item.fetched), "lang": item.lang, "source": item.source,
    }  # fmt: skip


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
