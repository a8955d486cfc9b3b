"""One entry of a feed, whatever its format, and the Item it becomes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urljoin, urlsplit

from bot.model import Item, Period, Refused, Source
from bot.sources import markup
from bot.sources.feed.dates import moment

MAX_ENTRIES = 500  # of a feed, the first ones: feeds put the newest first
MAX_TITLE = 500
MAX_TEXT = 8_000
MAX_ID = 500
MAX_URL = 2_000
AHEAD = timedelta(minutes=10)  # how far a publisher's clock may be ahead of ours

_LANGUAGE = re.compile(r"\s*([A-Za-z]{2})(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed says in one entry, before any of it is believed. `title` and `texts` may be HTML; `urls` are
    absolute or relative to `base`; the first usable of `texts`, `urls`, `dates` counts."""

    where: str
    id: str = ""
    title: str = ""
    texts: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    base: str = ""
    dates: tuple[str, ...] = ()
    language: str = ""


def item(entry: Entry | Refused, source: Source, now: datetime) -> Item | Refused:
    """The Item, or why there is none. Without an id of its own an entry is known by its link, else by its words."""
    if isinstance(entry, Refused):
        return entry
    title = markup.line(entry.title, MAX_TITLE)
    text = max((markup.plain(text, MAX_TEXT) for text in entry.texts), key=len, default="")
    if not title and not text:
        return Refused(entry.where, "has neither a title nor a text")
    url = next(filter(None, (web_address(url, entry.base) for url in entry.urls)), "")
    published = next(filter(None, map(moment, entry.dates)), None)
    if published is not None and published > now + AHEAD:
        published = None
    return Item(
        id=_short(markup.clean(entry.id[: 4 * MAX_ID]).strip()) or _short(url) or digest(title or text, url),
        title=title,
        text=text,
        url=url,
        lang=language(entry.language) or (source.languages[0] if source.languages else ""),
        source=source.id,
        published=Period.at(published) if published else None,
        fetched=now,
    )


def surplus(count: int) -> tuple[Refused, ...]:
    """What to say when a feed has `count` entries and only MAX_ENTRIES are read."""
    more = count - MAX_ENTRIES
    return (Refused(f"after entry {MAX_ENTRIES}", f"{more} more entries than {MAX_ENTRIES}"),) if more > 0 else ()


def digest(*parts: str) -> str:
    """16 hex digits that stand for `parts`."""
    return sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def language(tag: str) -> str:
    """'ar' of 'ar', 'ar-SY' or 'AR_sy'; '' of anything else."""
    found = _LANGUAGE.match(tag)
    return found[1].lower() if found else ""


def web_address(address: str, base: str) -> str:
    """An absolute http(s) address, or '' for any other scheme, for one with a password in it, and for nonsense."""
    cleaned = markup.clean(address[: 2 * MAX_URL]).strip()
    try:
        absolute = urljoin(base, re.sub(r"\s", "%20", cleaned))
        parts = urlsplit(absolute)
        usable = bool(cleaned and parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc)
    except ValueError:
        return ""
    return absolute if usable and len(absolute) <= MAX_URL else ""


def _short(name: str) -> str:
    """A name of at most MAX_ID characters; what is cut off is kept apart by its hash."""
    return name if len(name) <= MAX_ID else f"{name[: MAX_ID - 17]}#{digest(name)}"
