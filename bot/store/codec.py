"""How values of bot.model become column values: times, words and whole incidents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

from bot.model import EPOCH, Category, Change, Incident

MICROSECOND = timedelta(microseconds=1)
T = TypeVar("T")

INCIDENT: TypeAdapter[Incident] = TypeAdapter(Incident)
CHANGE: TypeAdapter[Change] = TypeAdapter(Change)


def dumps(adapter: TypeAdapter[T], value: T) -> str:
    """JSON that any UTF-8 database takes: a lone surrogate, which a JSON feed can carry, becomes '?'."""
    written = json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False, separators=(",", ":"))
    return written.encode("utf-8", "replace").decode("utf-8")


def clean(text: str) -> str:
    """Text that every database keeps alike: without NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def mask(categories: Iterable[Category]) -> int:
    """A set of categories as one number: bit 0 is the first of model.Category."""
    return sum(1 << n for n, category in enumerate(Category) if category in set(categories))


def categories(number: int) -> tuple[Category, ...]:
    """The set that `mask` made a number of."""
    return tuple(category for n, category in enumerate(Category) if number >> n & 1)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970 in UTC: exact, ordered, the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone can't be stored: {value}")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


class Words(TypeDecorator[str]):
    """Text from outside, made clean."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)


class IncidentJson(TypeDecorator[Incident]):
    """A whole model.Incident as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Incident | None, dialect: Dialect) -> str | None:
        return None if value is None else dumps(INCIDENT, value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Incident | None:
        return None if value is None else INCIDENT.validate_json(value)


class ChangeJson(TypeDecorator[Change]):
    """A whole model.Change as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Change | None, dialect: Dialect) -> str | None:
        return None if value is None else dumps(CHANGE, value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Change | None:
        return None if value is None else CHANGE.validate_json(value)
