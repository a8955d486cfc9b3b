"""How sources speak: one kind per way of publishing, and KINDS lists them.

A kind is two pure functions. `request` says what to ask for; the web adds conditional headers and manners, and
fetches. `parse` reads what came back. Neither touches network, clock or files, so a kind can run in a worker process
that is killed when a publisher sends something that takes too long. A kind that knows a second way to read its
sources adds `fallback`. To add one: write a module here with a `KIND`, and give it one line below. `reading.py` puts
the functions together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.errors import FetchError
from bot.model import Body, Page, Request, Source
from bot.sources import feed, reliefweb


class Kind(Protocol):
    """What every kind of source answers to."""

    def request(self, source: Source) -> Request:
        """What to ask the publisher for."""

    def parse(self, source: Source, body: Body, now: datetime) -> Page:
        """The items of `body`, fetched at `now` (aware, UTC), oldest first; raises errors.ParseError when the body
        is not what this kind of source sends. A single bad entry is a model.Refused in the page."""


@runtime_checkable
class FallsBack(Protocol):
    """What a kind with a second way answers to beside that; its requests carry the `way`."""

    def fallback(self, source: Source, error: FetchError) -> Request | None:
        """What to ask for instead after `request` met `error`; None when nothing else would help. Never tried twice,
        so it needn't know whether it was asked for already."""


KINDS: dict[str, Kind] = {
    "feed": feed.KIND,
    "reliefweb": reliefweb.KIND,
}
