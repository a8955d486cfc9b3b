"""Builders of the nouns for tests: sensible defaults, any field by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.model import (
    Access,
    Affiliation,
    Category,
    Certainty,
    Change,
    ChangeKind,
    Direction,
    Evidence,
    How,
    Incident,
    Place,
    Reason,
    Run,
    Severity,
    Source,
    SourceHealth,
    Standing,
    State,
    Statement,
    Status,
    Told,
)

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def ago(**stretch: float) -> datetime:
    """A time before NOW: ago(hours=2)."""
    return NOW - timedelta(**stretch)


def evidence(*concepts: str) -> tuple[Evidence, ...]:
    """Matched words for each concept; the words are the concept's name."""
    return tuple(Evidence(10 * i, 10 * i + len(c), c.replace(".", " "), c) for i, c in enumerate(concepts))


def a_place(name: str = "Qasr Nahr", **fields: Any) -> Place:
    """A city in Syria that isn't there."""
    defaults = {"key": "sy/qasr-nahr", "kind": "city", "country": "SY", "lat": 35.3, "lon": 40.1, "within": ("sy",)}
    return Place(name=name, **{**defaults, **fields})


def a_source(**fields: Any) -> Source:
    """A feed polled every quarter of an hour."""
    defaults: dict[str, Any] = {
        "id": "river-news",
        "name": "River News",
        "kind": "feed",
        "url": "https://river.example/feed.xml",
        "languages": ("en",),
        "grade": "C",
        "owner": "river",
        "affiliation": Affiliation.LOCAL,
    }
    return Source(**{**defaults, **fields})


def a_health(**fields: Any) -> SourceHealth:
    """A source heard five minutes ago."""
    defaults: dict[str, Any] = {
        "source_id": "river-news",
        "last_ok": ago(minutes=5),
        "last_item": ago(hours=1),
        "fails": 0,
        "last_error": None,
    }
    return SourceHealth(**{**defaults, **fields})


def a_told(**fields: Any) -> Told:
    """One report, two hours old, by an independent source."""
    defaults: dict[str, Any] = {
        "item_id": "1",
        "source_id": "river-news",
        "source_name": "River News",
        "owner": "river",
        "grade": "C",
        "independent": True,
        "title": "Last road into Qasr Nahr cut, residents say",
        "url": "https://river.example/a?id=1&x=2",
        "published": ago(hours=2),
        "seen": ago(hours=1, minutes=50),
        "severity": Severity.EXTREME,
        "direction": Direction.WORSENING,
    }
    return Told(**{**defaults, **fields})


def an_incident(**fields: Any) -> Incident:
    """An open, extreme, uncorroborated cut of the last supply route, told once."""
    defaults: dict[str, Any] = {
        "number": 12,
        "categories": (Category.ROUTE_CLOSURE,),
        "country": "SY",
        "place": a_place(),
        "place_text": None,
        "severity": Severity.EXTREME,
        "certainty": Certainty.OBSERVED,
        "direction": Direction.WORSENING,
        "status": Status.OCCURRED,
        "state": State.OPEN,
        "people": 120_000,
        "asset": "road",
        "opened": ago(hours=1, minutes=50),
        "updated": ago(hours=1, minutes=50),
        "corroborated": False,
        "credibility": 3,
        "told": (a_told(),),
        "reasons": (
            Reason("lifeline", "The only way in is cut."),
            Reason("scale", "More than 100,000 people are affected."),
        ),
        "evidence": evidence("lifeline", "close"),
    }
    return Incident(**{**defaults, **fields})


def a_standing(state: Access, since: datetime, *, kind: str = "crossing", expires: datetime = NOW) -> Standing:
    """How a subject stands now by one statement of Relief Desk, of incident 7; unknown where that expired."""
    told = Statement(
        7, "sy/qasr-nahr", "Qasr Nahr", "SY", kind, state, How.WORSE, since, "desk", "Relief Desk", "desk", "A", True,
        "https://desk.example/7",
    )  # fmt: skip
    known = state if expires >= NOW else Access.UNKNOWN
    return Standing(told.place_key, kind, known, (Run(state, (told,), expires),))


def a_change(kind: ChangeKind = ChangeKind.OPENED, **fields: Any) -> Change:
    """A change; fields that aren't Change's own go to its incident."""
    own = {name: fields.pop(name) for name in ("because", "before", "withheld", "late") if name in fields}
    incident = fields.pop("incident", None) or an_incident(**fields)
    return Change(kind, incident, **{"because": "first report of this incident", **own})
