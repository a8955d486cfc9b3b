"""One source read once: request, fetch, the second way where there is one, parse.

It sequences and decides nothing. The fetch is handed in, so that whoever reads a source (the watch loop, `check
--online`, `sources show`) reads it the same way, and nothing in this folder knows the network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errors import FetchError
from bot.model import Body, Cursor, NotModified, Page, Request, Source
from bot.sources import KINDS, FallsBack

Fetch = Callable[[Request, Cursor], Awaitable[Body | NotModified]]

_NOTHING_NEW = Page(())


@dataclass(frozen=True, slots=True)
class Heard:
    """What a source said. `page` is empty when nothing changed since the cursor; `way`: how it was read, for people,
    None when its kind knows only one way; `asked`: the address that the answer belongs to, before redirects."""

    body: Body | NotModified
    page: Page
    way: str | None
    asked: str


async def hear(source: Source, fetch: Fetch, cursor: Cursor, now: datetime) -> Heard:
    """Reads `source` at `now`; raises SourceError when it can't be read by any way.

    Both ways are asked with the same cursor: it remembers the answer of the one that spoke last, and to the other
    its tags are just unknown.
    """
    kind = KINDS[source.kind]
    request = kind.request(source)
    try:
        body = await fetch(request, cursor)
    except FetchError as error:
        second = kind.fallback(source, error) if isinstance(kind, FallsBack) else None
        if second is None:
            raise
        request = second
        body = await _fetched_instead(request, fetch, cursor)
    page = kind.parse(source, body, now) if isinstance(body, Body) else _NOTHING_NEW
    return Heard(body, page, request.way, request.url)


async def _fetched_instead(request: Request, fetch: Fetch, cursor: Cursor) -> Body | NotModified:
    """As `fetch`; a failure also tells why this way was taken."""
    try:
        return await fetch(request, cursor)
    except FetchError as error:
        raise FetchError(
            f"{request.way}; {error.reason}",
            retry_after=error.retry_after,
            refused=error.refused,
            status=error.status,
        ) from error
