"""The JSON lines of `judge` and `replay`: rows become Items, judgements become rows."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import InputError
from bot.model import Assessment, Dismissal, Item, Judgement, Period

_DAY_END = timedelta(days=1) - timedelta(microseconds=1)


def item_of(row: Any) -> Item:
    """A row as an Item; unknown keys are ignored, null means absent. InputError says what is missing."""
    if not isinstance(row, dict):
        raise InputError("not a JSON object; write one object per line")
    known = {
        k: row[k]
        for k in ("id", "title", "text", "lang", "source", "url", "published", "fetched")
        if row.get(k) is not None
    }
    ident = known.get("id")
    if ident is None or isinstance(ident, (dict, list, bool)):
        raise InputError('no "id"; give each item a string or number as "id"')
    for key in ("title", "text", "lang", "source", "url"):
        if not isinstance(known.get(key, ""), str):
            raise InputError(f'"{key}" is not a string')
    if not known.get("title") and not known.get("text"):
        raise InputError('neither "text" nor "title"; give at least one of them')
    return Item(
        id=str(ident), title=known.get("title", ""), text=known.get("text", ""), url=known.get("url", ""),
        lang=known.get("lang", "")[:2].lower(), source=known.get("source", ""),
        published=period(known.get("published")), fetched=moment(known.get("fetched")),
    )  # fmt: skip


def period(value: Any) -> Period | None:
    """A date-time, date, month, year or range of years as text -> Period; anything else, numbers too, is None."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    at = moment(text) if re.match(r"\d{4}-\d\d-\d\d[T ]\d", text) else None
    if at is not None:
        return Period.at(at)
    if m := re.fullmatch(r"(\d{4})/(\d{4})", text):
        first, last = _span(int(m[1])), _span(int(m[2]))
        return Period(first.start, last.end) if first and last else None
    if m := re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", text):
        return _span(int(m[1]), int(m[2]) if m[2] else None, int(m[3]) if m[3] else None)
    return None


def _span(year: int, month: int | None = None, day: int | None = None) -> Period | None:
    try:
        start = datetime(year, month or 1, day or 1, tzinfo=UTC)
        last = day or calendar.monthrange(year, month or 12)[1]
        return Period(start, datetime(year, month or 12, last, tzinfo=UTC) + _DAY_END)
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        return None


def moment(value: Any) -> datetime | None:
    """An ISO date-time as aware UTC; without an offset it is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_EMPTY: dict[str, Any] = {
    "relevant": False, "categories": [], "direction": None, "severity": None, "certainty": None, "status": None,
    "country": None, "place": None, "lat": None, "lon": None, "people": None, "constraints": [], "urgency": None,
    "asset": None, "applies_to": None, "cause": None, "when": None, "pcode": None, "evidence": [], "reasons": [],
    "dismissed": None,
}  # fmt: skip


def row_of(judged: Judgement) -> dict[str, Any]:
    """A judgement as the row that `judge` prints; every key always there."""
    if isinstance(judged, Dismissal):
        return {"id": judged.item.id, **_EMPTY, "dismissed": judged.reason}
    return {"id": judged.item.id, **_EMPTY, **_told(judged)}


def _told(judged: Assessment) -> dict[str, Any]:
    r = judged.report
    return {
        "relevant": True,
        "categories": [str(c) for c in r.categories],
        "direction": str(r.direction),
        "severity": judged.severity.word,
        "certainty": str(judged.certainty),
        "status": str(r.status),
        "country": r.country,
        "place": r.place_text,
        "lat": r.place.lat if r.place else None,
        "lon": r.place.lon if r.place else None,
        "pcode": r.place.pcode if r.place else None,
        "people": r.people,
        "constraints": list(r.constraints),
        "urgency": r.urgency,
        "asset": r.asset,
        "applies_to": r.applies_to,
        "cause": r.cause,
        "when": r.when,
        "evidence": [{"start": e.start, "end": e.end, "text": e.text, "concept": e.concept} for e in r.evidence],
        "reasons": [f"{x.rule}: {x.because}" for x in judged.reasons],
    }
