"""The side of people and scripts: questions about incidents, sources and the program itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select

from bot.judge.routing import BEFORE
from bot.model import (
    SILENT,
    Access,
    Change,
    ChangeKind,
    Figures,
    How,
    Incident,
    Past,
    Reading,
    Severity,
    SourceHealth,
    State,
    Statement,
)
from bot.store.base import Base
from bot.store.merging import follow
from bot.store.schema import (
    change,
    chat,
    heartbeat,
    incident,
    incident_place,
    incident_words,
    item,
    source_state,
    statement,
    subscription,
)
from bot.store.searching import holds
from bot.store.sqlite import upsert
from bot.store.wanting import covers, pushed, wanting

BATCH = 200  # incidents read at a time
GONE = (State.WITHDRAWN.value, State.MERGED.value)  # what no summary tells of
LASTING = (State.OPEN, State.DORMANT)  # not over


class Asking(Base):
    """Questions about incidents, sources and the program itself. `exercise`: only those, only real ones, None both."""

    async def latest(self, limit: int, *, exercise: bool | None = None) -> list[tuple[Change, datetime]]:
        """The newest changes that told something new, newest first, each with when it was committed; of an incident
        that was withdrawn only that."""
        stands = or_(change.c.kind == ChangeKind.WITHDRAWN.value, incident.c.state != State.WITHDRAWN.value)
        query = select(change.c.facts, change.c.at).join(incident, incident.c.number == change.c.number)
        query = query.where(change.c.kind.not_in(SILENT), stands)
        if exercise is not None:
            query = query.where(incident.c.exercise == exercise)
        async with self._read() as connection:
            rows = await connection.execute(query.order_by(change.c.id.desc()).limit(limit))
            return [(row.facts, row.at) for row in rows]

    async def history(self, number: int) -> list[tuple[Change, datetime]]:
        """Every change of an incident in order, repetitions too; of one that is part of another, that one's."""
        async with self._read() as connection:
            number = await follow(connection, number)
            query = select(change.c.facts, change.c.at).where(change.c.number == number).order_by(change.c.id)
            return [(row.facts, row.at) for row in await connection.execute(query)]

    async def incident(self, number: int) -> Incident | None:
        """As it stands, or the one that it is part of by now, which has another number."""
        async with self._read() as connection:
            number = await follow(connection, number)
            return (await connection.execute(select(incident.c.facts).where(incident.c.number == number))).scalar()

    async def incidents(self) -> list[Incident]:
        """All, by number; not those that are part of another."""
        whole = incident.c.state != State.MERGED.value
        return await self._incidents(select(incident.c.facts).where(whole).order_by(incident.c.number))

    async def export(
        self, since: datetime | None = None, country: str | None = None, *, withdrawn: bool = False, exercise: bool
    ) -> AsyncIterator[Incident]:
        """Those with news since then, by number, some at a time: each batch is a snapshot of its own, so that whoever
        reads slowly holds up nobody. `withdrawn`: also those taken back."""
        t, after = incident.c, 0
        gone = (State.MERGED.value,) if withdrawn else GONE
        query = select(t.number, t.facts).where(t.state.not_in(gone), t.exercise == exercise)
        query = query if since is None else query.where(t.updated >= since)
        query = query if country is None else query.where(t.country == country)
        while True:
            async with self._read() as connection:
                rows = (await connection.execute(query.where(t.number > after).order_by(t.number).limit(BATCH))).all()
            if not rows:
                return
            for row in rows:
                yield row.facts
            after = rows[-1].number

    async def past(
        self, place_key: str, since: datetime, *, before: int | None = None, limit: int, exercise: bool
    ) -> Past:
        """Incidents at a place or within it with news since then, the last opened first, with their changes; only
        those with a number under `before`, and at most `limit`."""
        t = incident.c
        query = select(t.number, t.facts).where(t.state.not_in(GONE), t.exercise == exercise, t.updated >= since)
        query = query.where(*_there(place_key))
        page = query if before is None else query.where(t.number < before)
        async with self._read() as connection:
            rows = (await connection.execute(page.order_by(t.number.desc()).limit(limit))).all()
            numbers = list((await connection.execute(query.with_only_columns(t.number))).scalars())
            told = select(change.c.number, change.c.facts, change.c.at).order_by(change.c.id)
            told = told.where(change.c.number.in_([r.number for r in rows]), change.c.kind.not_in(SILENT))
            changes = (await connection.execute(told)).all()
        found = tuple((r.facts, tuple((c.facts, c.at) for c in changes if c.number == r.number)) for r in rows)
        return Past(found, len(numbers), 0 if before is None else sum(n >= before for n in numbers))

    async def search(
        self, text: str, *, places: Sequence[str] = (), number: int | None = None, limit: int, exercise: bool
    ) -> tuple[list[Incident], int]:
        """Incidents with all these words, or at or within one of `places`, or of this number or what that is part of;
        the latest news first, at most `limit`, and how many there are. Those taken back are among them."""
        t, words = incident.c, holds(text)
        async with self._read() as connection:
            which = [where for key in places for where in _there(key)] + ([] if words is None else [words])
            which += [] if number is None else [t.number == await follow(connection, number)]
            query = select(t.number).join(incident_words, incident_words.c.number == t.number)
            query = query.where(or_(false(), *which), t.exercise == exercise)
            query = query.order_by(t.updated.desc(), t.number.desc())
            numbers = list((await connection.execute(query)).scalars())
            facts = select(t.number, t.facts).where(t.number.in_(numbers[:limit]))
            found = {row.number: row.facts for row in await connection.execute(facts)}
        return [found[n] for n in numbers[:limit]], len(numbers)

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
        """Incidents updated since then, and those not over that are severe or extreme however old; the worst first.

        `place_key`: only those there or at a place within it. A country's code serves as its key, and then those
        count whose place is not known closer. `chat_id`: only those that this chat's subscriptions cover. `upto`: as
        they stood after that change; but what was withdrawn meanwhile says so, in its old place, and what became part
        of another is told with that one.
        """
        t = incident.c
        lasting = and_(t.state.in_([s.value for s in LASTING]), t.severity >= Severity.SEVERE.value)
        wanted = and_(t.state.not_in(GONE), or_(t.updated >= since, lasting))
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
            .where(incident.c.updated >= before, c.at >= before, incident.c.state.not_in(GONE))
            .where(c.kind.in_([kind.value for kind in names]), ~_opened_before(), *_of(place_key, exercise, chat_id))
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

    async def was_read(self, since: datetime, until: datetime) -> Reading:
        """What was read in this period, of all sources."""
        t = item.c
        dismissed = func.count().filter(t.verdict.startswith("dismissed"))
        query = select(func.count(), dismissed).where(t.first_seen >= since, t.first_seen <= until)
        async with self._read() as connection:
            return Reading(*(await connection.execute(query)).one())

    async def opened(
        self, since: datetime, place_key: str | None = None, *, exercise: bool | None = None
    ) -> list[Incident]:
        """Incidents opened since then, as their first report told them, the oldest first; without what was withdrawn.
        `place_key` as in `summary`, by where they are now."""
        t = incident.c
        query = select(change.c.facts).join(incident, t.number == change.c.number)
        query = query.where(change.c.kind == ChangeKind.OPENED.value, ~_opened_before(), t.state.not_in(GONE))
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

    async def statements(self, countries: Collection[str], *, exercise: bool) -> list[Statement]:
        """All that the ledger holds of these countries (of all for none), as it was written, without what was
        withdrawn."""
        names = Statement.__slots__
        query = (
            select(*(statement.c[name] for name in names))
            .join(incident, incident.c.number == statement.c.number)
            .where(incident.c.state.not_in(GONE), incident.c.exercise == exercise)
            .order_by(statement.c.id)
        )
        query = query.where(statement.c.country.in_(countries)) if countries else query
        async with self._read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Statement(**(dict(row) | {"state": Access(row["state"]), "how": How(row["how"])})) for row in rows]

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
        worst first; not those taken back."""
        news = exists().where(change.c.number == incident.c.number, pushed(), change.c.at >= since)
        t = incident.c
        query = select(t.facts).where(~t.exercise, t.state.not_in(GONE), news, _wanted_by(chat_id))
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


def _of(place_key: str | None, exercise: bool | None, chat_id: int | None) -> list[ColumnElement[bool]]:
    """Clauses that narrow incidents; see Asking.summary."""
    mine = [] if chat_id is None else [_wanted_by(chat_id)]
    return [*_there(place_key), *_kind(exercise), *mine]


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
    lasting = i.state in LASTING and i.severity >= Severity.SEVERE
    return i.state.value not in GONE and (i.updated >= since or lasting)


def _opened_before() -> ColumnElement[bool]:
    """Is the row of `change` the second opening of its incident? Of two that became one, only what opened first
    counts."""
    first = change.alias("first")
    earlier = exists().where(first.c.number == change.c.number, first.c.kind == change.c.kind, first.c.id < change.c.id)
    return and_(change.c.kind == ChangeKind.OPENED.value, earlier)
