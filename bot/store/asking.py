"""The side of people and scripts: questions about incidents, sources and the program itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from bot.judge.routing import BEFORE
from bot.model import Change, ChangeKind, Figures, Incident, Reading, Severity, SourceHealth, State
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

    async def newest_change(self) -> int:
        """The last change there is, 0 for none: all that is asked `upto` it is the same however late it is asked."""
        async with self._read() as connection:
            return (await connection.execute(select(func.max(change.c.id)))).scalar() or 0

    async def summary(
        self,
        since: datetime,
        place_key: str | None = None,
        *,
        exercise: bool | None = None,
        chat_id: int | None = None,
        upto: int | None = None,
    ) -> list[Incident]:
        """Incidents updated since then, and open ones that are severe or extreme however old; the worst first.

        `place_key`: only those there or at a place within it. A country's code serves as its key, and then those
        count whose place is not known closer. `chat_id`: only those that this chat's subscriptions cover. `upto`: as
        they stood after that change; but what was withdrawn meanwhile says so, in its old place.
        """
        t = incident.c
        lasting = and_(t.state == State.OPEN.value, t.severity >= Severity.SEVERE.value)
        wanted = and_(t.state != State.WITHDRAWN.value, or_(t.updated >= since, lasting))
        narrow = _of(place_key, exercise, chat_id)
        if upto is None:
            query = select(t.facts).where(wanted, *narrow)
            return await self._incidents(query.order_by(t.severity.desc(), t.updated.desc(), t.number))
        later = select(change.c.number).where(change.c.id > upto)
        last = select(func.max(change.c.id)).where(change.c.id <= upto, change.c.number.in_(later))
        then = select(change.c.number, change.c.facts).where(change.c.id.in_(last.group_by(change.c.number)))
        async with self._read() as connection:
            moved = set((await connection.execute(later)).scalars())
            before = {row.number: row.facts.incident for row in await connection.execute(then)}
            query = select(t.number, t.facts).where(or_(wanted, t.number.in_(later)), *narrow)
            rows = (await connection.execute(query)).all()
        stood = [(before.get(r.number) if r.number in moved else r.facts, r.facts.state) for r in rows]
        found = [(i, state) for i, state in stood if i is not None and _stands(i, since)]
        found.sort(key=lambda pair: (-pair[0].severity, -pair[0].updated.timestamp(), pair[0].number))
        return [replace(i, state=state) if state is State.WITHDRAWN else i for i, state in found]

    async def figures(
        self,
        since: datetime,
        place_key: str | None = None,
        *,
        before: datetime,
        exercise: bool | None = None,
        chat_id: int | None = None,
        upto: int | None = None,
    ) -> tuple[Figures, Figures]:
        """What became of incidents since then, and from `before` until then; see `summary` for the rest."""
        c = change.c
        names = {
            ChangeKind.OPENED: "opened",
            ChangeKind.ESCALATED: "worsened",
            ChangeKind.EASED: "eased",
            ChangeKind.RESOLVED: "resolved",
        }
        older = func.coalesce(c.withheld.startswith(BEFORE), False).label("older")
        recent = (c.at >= since).label("recent")
        query = (
            select(c.kind, recent, older, func.count(c.number.distinct()).label("incidents"))
            .join(incident, incident.c.number == c.number)
            .where(incident.c.updated >= before, c.at >= before, incident.c.state != State.WITHDRAWN.value)
            .where(c.kind.in_([kind.value for kind in names]), *_of(place_key, exercise, chat_id))
            .group_by(c.kind, recent, older)
        )
        if upto is not None:
            query = query.where(c.id <= upto)
        counted: dict[bool, dict[str, int]] = {True: {}, False: {}}
        async with self._read() as connection:
            for row in await connection.execute(query):
                if row.older and row.kind != ChangeKind.OPENED.value:
                    continue
                name = "older" if row.older else names[ChangeKind(row.kind)]
                counted[bool(row.recent)][name] = row.incidents
        return Figures(**counted[True]), Figures(**counted[False])

    async def reading(self, since: datetime, until: datetime) -> Reading:
        """What was read in this period, of all sources."""
        t = item.c
        dismissed = func.count().filter(t.verdict.startswith("dismissed"))
        query = select(func.count(), dismissed).where(t.first_seen >= since, t.first_seen <= until)
        async with self._read() as connection:
            return Reading(*(await connection.execute(query)).one())

    async def _incidents(self, query: Select[Any]) -> list[Incident]:
        async with self._read() as connection:
            return list((await connection.execute(query)).scalars())

    async def health(self) -> list[SourceHealth]:
        """Every source ever polled, by id; `extra`: first_ok, failed_at (datetime or None), moved_to (URL or None), way
        (how it is read, or None), refused (entries that could not be read)."""
        async with self._read() as connection:
            rows = (await connection.execute(select(source_state).order_by(source_state.c.source_id))).all()
        return [
            SourceHealth(
                row.source_id, row.last_ok_at, row.last_item_at, row.fails, row.last_error, row.next_poll_at,
                {"first_ok": row.first_ok_at, "failed_at": row.failed_at, "moved_to": row.moved_to, "way": row.way,
                 "refused": row.refused},
            )
            for row in rows
        ]  # fmt: skip

    async def changed_since(self, chat_id: int, since: datetime) -> list[Incident]:
        """Incidents that a chat's subscriptions and its least severity cover, of which something was pushed since then,
        worst first."""
        news = exists().where(change.c.number == incident.c.number, pushed(), change.c.at >= since)
        t = incident.c
        query = select(t.facts).where(~t.exercise, news, _wanted_by(chat_id))
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


def _of(place_key: str | None, exercise: bool | None, chat_id: int | None) -> list[ColumnElement[bool]]:
    """Clauses that narrow incidents; see Asking.summary."""
    t = incident.c
    clauses: list[ColumnElement[bool]] = []
    if place_key is not None:
        there = exists().where(incident_place.c.number == t.number, incident_place.c.place_key == place_key)
        clauses.append(or_(there, t.country == place_key))
    if exercise is not None:
        clauses.append(t.exercise == exercise)
    if chat_id is not None:
        clauses.append(_wanted_by(chat_id))
    return clauses


def _wanted_by(chat_id: int) -> ColumnElement[bool]:
    """Do the subscriptions of a chat, and its least severity, cover the row of `incident`?"""
    return exists().where(
        subscription.c.chat_id == chat_id,
        subscription.c.at_least <= incident.c.severity,
        chat.c.chat_id == chat_id,
        chat.c.at_least <= incident.c.severity,
        covers(),
    )


def _stands(i: Incident, since: datetime) -> bool:
    """Is it part of a summary since then? The same rule as the clauses of Asking.summary."""
    lasting = i.state is State.OPEN and i.severity >= Severity.SEVERE
    return i.state is not State.WITHDRAWN and (i.updated >= since or lasting)
