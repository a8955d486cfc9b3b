"""How sources speak: one kind per way of publishing, and KINDS lists them.

A kind is two pure functions. `request` says what to ask for; the web adds conditional headers and manners, and
fetches. `parse` reads what came back. Neither touches network, clock or files, so a kind can run in a worker process
that is killed when a publisher sends something that takes too long. To add one: write a module here with a `KIND`,
and give it one line below.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.model import Body, Page, Request, Source
from bot.sources import feed


class Kind(Protocol):
    """What every kind of source answers to."""

    def request(self, source: Source) -> Request:
        """What to ask the publisher for."""

    def parse(self, source: Source, body: Body, now: datetime) -> Page:
        """The items of `body`, fetched at `now` (aware, UTC), oldest first; raises errors.ParseError when the body
        is not what this kind of source sends. A single bad entry is a model.Refused in the page."""


KINDS: dict[str, Kind] = {
    "feed": feed.KIND,
}
