"""The side of people and scripts: questions about incidents, sources and the program itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from bot.model import Change, ChangeKind, Incident, Severity, SourceHealth, State
from bot.store.base import Base
from bot.store.schema import change, chat, heartbeat, incident, incident_place, item, source_state, subscription
from bot.store.sqlite import upsert
from bot.store.wanting import covers, pushed, wanting


class Asking(Base):
    """Questions about incidents, sources and the program itself. `exercise`: only those, only real ones, None both."""

    async def latest(self, limit: int, *, exercise: bool | None = None) -> list[tuple[Change, datetime]]:
        """The newest changes that told something new, newest first, each with when it was committed; of an incident
        that was withdrawn only that."""
        stands = or_(change.c.kind == ChangeKind.WITHDRAWN.value, incident.c.state != State.WITHDRAWN.value)
        query = select(change.c.facts, change.c.at).join(incident, incident.c.number == change.c.number)
        query = query.where(change.c.kind != ChangeKind.REPEATED.value, stands)
        if exercise is not None:
            query = query.where(incident.c.exercise == exercise)
        return await self._changes(query.order_by(change.c.id.desc()).limit(limit))

    async def history(self, number: int) -> list[tuple[Change, datetime]]:
        """Every change of an incident in order, repetitions too."""
        return await self._changes(
            select(change.c.facts, change.c.at).where(change.c.number == number).order_by(change.c.id)
        )

    async def _changes(self, query: Select[Any]) -> list[tuple[Change, datetime]]:
        async with self._read() as connection:
            return [(row.facts, row.at) for row in await connection.execute(query)]

    async def incident(self, number: int) -> Incident | None:
        """As it stands."""
        found = await self._incidents(select(incident.c.facts).where(incident.c.number == number))
        return found[0] if found else None

    async def incidents(self) -> list[Incident]:
        """All, by number."""
        return await self._incidents(select(incident.c.facts).order_by(incident.c.number))

    async def summary(
        self, since: datetime, place_key: str | None = None, *, exercise: bool | None = None
    ) -> list[Incident]:
        """Incidents updated since then, and open ones that are severe or extreme however old; the worst first.

        `place_key`: only those there or at a place within it. A country's code serves as its key, and then those
        count whose place is not known closer.
        """
        t = incident.c
        lasting = and_(t.state == State.OPEN.value, t.severity >= Severity.SEVERE.value)
        query = select(t.facts).where(t.state != State.WITHDRAWN.value, or_(t.updated >= since, lasting))
        query = query.where(*_there(place_key), *_kind(exercise))
        return await self._incidents(query.order_by(t.severity.desc(), t.updated.desc(), t.number))

    async def opened(
        self, since: datetime, place_key: str | None = None, *, exercise: bool | None = None
    ) -> list[Incident]:
        """Incidents opened since then, as their first report told them, the oldest first; without what was withdrawn.
        `place_key` as in `summary`, by where they are now."""
        t = incident.c
        query = select(change.c.facts).join(incident, t.number == change.c.number)
        query = query.where(change.c.kind == ChangeKind.OPENED.value, t.state != State.WITHDRAWN.value)
        query = query.where(t.opened >= since, *_there(place_key), *_kind(exercise)).order_by(t.opened, t.number)
        async with self._read() as connection:
            return [facts.incident for facts in (await connection.execute(query)).scalars()]

    async def heard(self, bounds: Sequence[datetime]) -> list[int | None]:
        """Of each stretch between two of these moments, how many sources published something that was then new to us;
        None where it ended before the oldest item that is kept."""
        if len(bounds) < 2:
            return []
        seen = item.c.first_seen
        within = [
            func.count(case((and_(seen >= a, seen < b), item.c.source_id)).distinct()) for a, b in pairwise(bounds)
        ]
        async with self._read() as connection:
            oldest, *counts = (await connection.execute(select(func.min(seen), *within))).one()
        return [None if oldest is None or end <= oldest else int(n) for n, end in zip(counts, bounds[1:], strict=True)]

    async def _incidents(self, query: Select[Any]) -> list[Incident]:
        async with self._read() as connection:
            return list((await connection.execute(query)).scalars())

    async def health(self) -> list[SourceHealth]:
        """Every source ever polled, by id; `extra`: first_ok, failed_at (datetime or None), moved_to (URL or None), way
        (how it is read, or None)."""
        async with self._read() as connection:
            rows = (await connection.execute(select(source_state).order_by(source_state.c.source_id))).all()
        return [
            SourceHealth(
                row.source_id, row.last_ok_at, row.last_item_at, row.fails, row.last_error, row.next_poll_at,
                {"first_ok": row.first_ok_at, "failed_at": row.failed_at, "moved_to": row.moved_to, "way": row.way},
            )
            for row in rows
        ]  # fmt: skip

    async def changed_since(self, chat_id: int, since: datetime) -> list[Incident]:
        """Incidents that a chat's subscriptions and its least severity cover, of which something was pushed since then,
        worst first."""
        news = exists().where(change.c.number == incident.c.number, pushed(), change.c.at >= since)
        mine = exists().where(
            subscription.c.chat_id == chat_id,
            subscription.c.at_least <= incident.c.severity,
            chat.c.chat_id == chat_id,
            chat.c.at_least <= incident.c.severity,
            covers(),
        )
        t = incident.c
        query = select(t.facts).where(~t.exercise, news, mine)
        return await self._incidents(query.order_by(t.severity.desc(), t.updated.desc(), t.number))

    async def wanted_by(self, of: Change) -> int:
        """How many chats this change would be pushed to."""
        severity = max(of.before or Severity.MINOR, of.incident.severity)
        rows = wanting(of.incident, severity).subquery()
        async with self._read() as connection:
            row = await connection.execute(select(func.count(rows.c.chat_id.distinct())))
            return int(row.scalar_one())

    async def beat(self, name: str, at: datetime) -> None:
        """This loop was alive then."""
        row = upsert(heartbeat).values(name=name, at=at)
        async with self._write() as connection:
            await connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": row.excluded.at}))

    async def heartbeats(self) -> dict[str, datetime]:
        """When each loop was last alive."""
        async with self._read() as connection:
            return {row.name: row.at for row in await connection.execute(select(heartbeat))}


def _there(place_key: str | None) -> list[ColumnElement[bool]]:
    """At that place or within it; a country's code serves as its key."""
    if place_key is None:
        return []
    there = exists().where(incident_place.c.number == incident.c.number, incident_place.c.place_key == place_key)
    return [or_(there, incident.c.country == place_key)]


def _kind(exercise: bool | None) -> list[ColumnElement[bool]]:
    return [] if exercise is None else [incident.c.exercise == exercise]
