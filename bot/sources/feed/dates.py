"""Dates as feeds write them: RFC 822 with every known sloppiness, ISO 8601, and mixtures."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

MAX_CHARS = 80
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: an unset date (1970-01-01, 0001-01-01), not news

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    # RFC 822 allows English only; publishers in Spanish, Portuguese, German and Russian often do not know
    "ene": 1, "fev": 2, "mrz": 3, "abr": 4, "mai": 5, "ago": 8, "set": 9, "out": 10, "okt": 10, "dic": 12, "dez": 12,
    "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "май": 5, "июн": 6,
    "июл": 7, "авг": 8, "сен": 9, "окт": 10, "ноя": 11, "дек": 12,
}  # fmt: skip
# hours from UTC; ambiguous names (IST, AST in Arabia) mean what RFC 822 or nobody says
_ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AST": -4, "ADT": -3,
    "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3,
    "WAT": 1, "CAT": 2, "SAST": 2, "EAT": 3, "PKT": 5, "JST": 9, "KST": 9,
}  # fmt: skip

_TIME = (
    r"(?:(?:T|,?\s+|\s*T\s*|\s+at\s+)(?P<hour>\d{1,2})[:.]?(?P<minute>\d{1,2})(?:[:.]?(?P<second>\d{1,2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<half>[ap]\.?m\b\.?)?)?"
)
_ZONE = r"\s*(?:(?P<zone>[a-z]{1,5})\b)?\s*(?P<offset>[+-]\s?\d{1,2}(?::?\d{2})?)?"
_MONTH_NAME = r"(?P<month>[^\W\d_]{3})[^\W\d_]{0,8}"
_WEEKDAY = r"(?:[^\W\d]{2,12}[.,]*\s+|[^\W\d]{2,12},)?"
_FORMS = tuple(
    re.compile(rf"\s*{form}\s*(?:\([^()]*\)\s*)?\Z", re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}})(?P<dash>[-/.]?)(?P<month>\d{{1,2}})(?P=dash)(?P<day>\d{{1,2}}){_TIME}{_ZONE}",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.,/-]*{_MONTH_NAME}[\s.,/-]*(?P<year>\d{{4}}|\d{{2}}){_TIME}{_ZONE}",
        rf"{_WEEKDAY}{_MONTH_NAME}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_TIME}{_ZONE}",
        rf"{_WEEKDAY}{_MONTH_NAME}\s+(?P<day>\d{{1,2}}){_TIME}{_ZONE}\s+(?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}){_TIME}{_ZONE}",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})",
    )
)


def moment(text: str) -> datetime | None:
    """The moment in UTC, or None when `text` is no date; without a zone, or with one nobody knows, it is UTC."""
    if len(text) > MAX_CHARS:
        return None
    for form in _FORMS:
        if (found := form.match(text)) is not None:
            return _moment(found.groupdict())
    return None


def _moment(parts: dict[str, str | None]) -> datetime | None:
    digits = parts["year"] or ""
    year = int(digits)
    if len(digits) == 2:
        year += 2000 if year < 69 else 1900  # as RFC 2822, section 4.3, and every mail program
    month = parts["month"] or ""
    try:
        day = datetime(year, _MONTHS.get(month.lower()) or int(month), int(parts.get("day") or 1), tzinfo=UTC)
        result = day + _time_of_day(parts) - _zone(parts)
    except (ValueError, OverflowError):
        return None
    return result if result >= _EARLIEST else None


def _time_of_day(parts: dict[str, str | None]) -> timedelta:
    """As a length from midnight, so that 24:00 and leap seconds need no case of their own."""
    hour, minute, second = (int(parts.get(part) or 0) for part in ("hour", "minute", "second"))
    half = (parts.get("half") or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(f"no time of day: {hour}:{minute}:{second}")
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _zone(parts: dict[str, str | None]) -> timedelta:
    offset = (parts.get("offset") or "").replace(" ", "").replace(":", "")
    if not offset:
        return timedelta(hours=_ZONES.get((parts.get("zone") or "").upper(), 0))
    digits = offset[1:]
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if hours > 14 or minutes > 59:
        raise ValueError(f"no time zone: {offset}")
    return timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
