"""JSON Feed 1 and 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from bot.errors import ParseError
from bot.model import Refused
from bot.sources.feed.entry import MAX_ENTRIES, Entry, surplus


def entries(text: str, base: str) -> Iterator[Entry | Refused]:
    """The entries in the order of the document; raises ParseError when it is no JSON, or JSON that is no feed."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError("it starts like JSON, but is broken or nested too deeply") from error
    found = document.get("items") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise ParseError(f"it is JSON, but not a JSON Feed: {_looks(document)}")
    return _entries(found, _string(document.get("language")), base)


def _entries(found: list[Any], language: str, base: str) -> Iterator[Entry | Refused]:
    for number, raw in enumerate(found[:MAX_ENTRIES], start=1):
        where = f"entry {number}"
        yield _entry(raw, where, language, base) if isinstance(raw, dict) else Refused(where, "is not a JSON object")
    yield from surplus(len(found))


def _entry(raw: dict[str, Any], where: str, language: str, base: str) -> Entry:
    said = {key: _string(value) for key, value in raw.items()}
    return Entry(
        where=where,
        id=said.get("id", ""),
        title=escape(said.get("title", ""), quote=False),
        texts=(
            escape(said.get("summary", ""), quote=False),
            escape(said.get("content_text", ""), quote=False),
            said.get("content_html", ""),
        ),
        urls=(said.get("url", ""), said.get("external_url", "")),
        base=base,
        dates=(said.get("date_published", ""), said.get("date_modified", "")),
        language=said.get("language", "") or language,
    )


def _string(value: object) -> str:
    """Strings as they are, numbers (some ids are) as strings, everything else as nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)[:100]
    return value if isinstance(value, str) else ""


def _looks(document: object) -> str:
    if not isinstance(document, dict):
        return f"a {type(document).__name__}"
    return "an object with " + (", ".join(repr(key[:30]) for key in list(document)[:5]) or "nothing in it")
