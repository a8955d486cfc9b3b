"""`sources show`: one source through the real fetcher and parser, its items as JSON lines ready for `judge`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

from bot import settings
from bot.app import web_of
from bot.clock import now
from bot.errors import ParseError, SourceError
from bot.model import Body, Item, NotModified, Source
from bot.settings import Settings
from bot.sources import KINDS

NAME = "sources"
HELP = "show URL or FILE: fetch (or read) one source and print its items as JSON lines; a failure is one line, exit 1."
EXAMPLE = "python -m bot sources show https://news.un.org/feed/subscribe/en/news/all/rss.xml"
LARGEST = 10_000_000  # bytes of a file; the same cap as on the web


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="print the items of one source")
    show.add_argument("what", help="a URL, a file, or the id of a configured source")
    show.add_argument("--kind", choices=sorted(KINDS), default="feed", help="how the source speaks (feed)")


def run(args: argparse.Namespace) -> int:
    config = settings.load(args.config, os.environ)
    source = next((s for s in config.sources if s.id == args.what), None) or Source(
        args.what, args.what, args.kind, args.what, ("en",)
    )
    try:
        body = asyncio.run(_body(config, source))
        page = KINDS[source.kind].parse(source, body, now())
    except SourceError as e:
        print(json.dumps({"error": type(e).__name__, "reason": e.reason}, ensure_ascii=False))
        return 1
    for item in page.items:
        print(json.dumps(_row(item), ensure_ascii=False))
    for refused in page.refused:
        print(json.dumps({"refused": refused.where, "reason": refused.reason}, ensure_ascii=False))
    return 0


async def _body(config: Settings, source: Source) -> Body:
    if not source.url.startswith(("http://", "https://")):
        return _file(Path(source.url))
    async with web_of(config) as web:
        body = await web.fetch(KINDS[source.kind].request(source))
    if isinstance(body, NotModified):
        raise ParseError("the server says that nothing changed, though we asked for the first time")
    return body


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
        "published": item.published.start.isoformat() if item.published else None,
        "fetched": item.fetched.isoformat() if item.fetched else None, "lang": item.lang, "source": item.source,
    }  # fmt: skip
