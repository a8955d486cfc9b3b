"""The kind `feed`: RSS 0.9x to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, as well-formed as publishers make them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import ParseError
from bot.model import EPOCH, Body, Item, Page, Refused, Request, Source
from bot.sources.feed import jsonfeed, xmlfeed
from bot.sources.feed.decode import decode
from bot.sources.feed.entry import digest, item

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, */*;q=0.5"
)
_BINARY = ((b"\x1f\x8b", "gzip data"), (b"PK\x03\x04", "a ZIP archive"), (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"))


@dataclass(frozen=True, slots=True)
class Feed:
    """See bot.sources.Kind."""

    def request(self, source: Source) -> Request:
        return Request(source.url, headers=(("Accept", ACCEPT),))

    def parse(self, source: Source, body: Body, now: datetime) -> Page:
        for magic, name in _BINARY:
            if body.content.startswith(magic):
                raise ParseError(f"it is {name}, not a feed")
        text = decode(source, body)
        read = jsonfeed.entries if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["} else xmlfeed.entries
        return page(item(entry, source, now) for entry in read(text, body.url))


KIND = Feed()


def page(entries: Iterable[Item | Refused]) -> Page:
    """`entries`, newest first as publishers put them, as a page: newest last, every id once."""
    read = list(entries)
    items = _oldest_first([one for one in read if isinstance(one, Item)])
    return Page(tuple(_distinct(items)), tuple(one for one in read if isinstance(one, Refused)))


def _oldest_first(items: list[Item]) -> list[Item]:
    """By date; what has none stays behind the entry that it followed in the reversed document."""
    dated: list[tuple[datetime, Item]] = []
    last = EPOCH
    for one in reversed(items):
        last = one.published.start if one.published else last
        dated.append((last, one))
    return [one for _, one in sorted(dated, key=lambda pair: pair[0])]


def _distinct(items: Iterable[Item]) -> Iterator[Item]:
    """Entries said twice once; those that differ but share an id (a constant guid) get ids of their own. The oldest
    keeps the plain id, so that it is still the same when a newer one appears before it."""
    said: set[tuple[str, str, str, str]] = set()
    ids: set[str] = set()
    for one in items:
        words = (one.id, one.title, one.url, one.text)
        if words in said:
            continue
        said.add(words)
        result = replace(one, id=f"{one.id}#{digest(*words[1:])[:8]}") if one.id in ids else one
        ids.add(result.id)
        yield result
