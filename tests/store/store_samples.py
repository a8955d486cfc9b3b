"""Items, incidents and changes to store, with only what a test cares about given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.model import (
    Access,
    Category,
    Certainty,
    Change,
    ChangeKind,
    Direction,
    Evidence,
    How,
    Incident,
    Item,
    Period,
    Place,
    Reason,
    Severity,
    State,
    Statement,
    Status,
    Told,
)
from bot.store import Store

NOW = datetime(2026, 5, 4, 12, 0, 0, 123_456, tzinfo=UTC)
TODAY = date(2026, 5, 4)
HOUR = timedelta(hours=1)
RIVER_BRIDGE = Place("XA-1-9", "River Bridge", "crossing", "XA", 10.5, 20.25, "XA0109", within=("XA-1", "XA"))


def item(key: str = "i1", **given: Any) -> Item:
    """An item of the source 'hill'."""
    base = Item(
        key, title=f"Title {key}", text="Trucks wait.", url=f"https://hill.example/{key}", lang="en", source="hill"
    )
    return replace(base, **{"published": Period.at(NOW), "fetched": NOW, **given})


def incident(**given: Any) -> Incident:
    """A severe, open route closure at River Bridge, told by one source, not stored yet."""
    told = Told(
        "i1", "hill", "Hill Radio", "hill", "B", True, "Bridge shut", "https://hill.example/1", NOW, NOW,
        Severity.SEVERE, Direction.WORSENING,
    )  # fmt: skip
    base = Incident(
        0, (Category.ROUTE_CLOSURE,), "XA", RIVER_BRIDGE, None, Severity.SEVERE, Certainty.LIKELY, Direction.WORSENING,
        Status.OCCURRED, State.OPEN, 4_000, "bridge", NOW, NOW, False, 3, (told,), (Reason("r1", "it is shut"),),
        (Evidence(0, 6, "Bridge", "route"),),
    )  # fmt: skip
    return replace(base, **given)


def opened(**given: Any) -> Change:
    """The change that opens `incident(**given)`."""
    return Change(ChangeKind.OPENED, incident(**given), "first report")


def stated(**given: Any) -> Statement:
    """The statement of `incident()` that River Bridge is closed, of incident 1."""
    base = Statement(
        1, RIVER_BRIDGE.key, RIVER_BRIDGE.name, "XA", "bridge", Access.CLOSED, How.WORSE, NOW, "hill", "Hill Radio", "hill",
        "B", True, "https://hill.example/1",
    )  # fmt: skip
    return replace(base, **given)


async def put(store: Store, change: Change, at: datetime = NOW) -> tuple[Change, int]:
    """Save and enqueue a change; returns it with its number, and the outbox rows made."""
    async with store.writing() as tx:
        saved = await tx.save(change, at)
        return saved.change, await tx.enqueue(saved.change_id, saved.change, at)


async def follow(store: Store, change: Change, kind: ChangeKind, **given: Any) -> Change:
    """A further change of the same incident, saved and enqueued."""
    new = replace(change.incident, revision=change.incident.revision + 1, **given)
    return (await put(store, Change(kind, new, "then", before=change.incident.severity)))[0]
