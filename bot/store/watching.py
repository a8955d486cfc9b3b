"""The watch loop's side: which sources are due, and the one transaction that a poll is written in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, case, delete, insert, literal, or_, select, update

from bot.errors import StoreError
from bot.judge.incidents import JOIN_WITHIN, TURNS_WITHIN
from bot.judge.merging import merged
from bot.model import Change, Cursor, Incident, Item, State, Statement
from bot.store import schema
from bot.store.base import Base
from bot.store.codec import clean
from bot.store.fingerprint import fingerprint
from bot.store.merging import follow, move_story
from bot.store.outbox import Outbox
from bot.store.schema import incident_place, incident_words, source_state
from bot.store.searching import searchable
from bot.store.sqlite import upsert

LISTED_EVERY = timedelta(days=1)
MOST = 300  # incidents that a report is held against
BATCH = 500  # names in one IN (...): databases bound the parameters of a statement


@dataclass(frozen=True, slots=True)
class Seen:
    """An item that was judged: 'dismissed: <reason>', or 'incident <number>' with its number."""

    item: Item
    verdict: str
    incident: int | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A change as it was stored, with its incident's number filled in."""

    change_id: int
    change: Change


def _words(title: str | None) -> list[str]:
    """But numbers: a page that counts its readers in its title is no news with each of them."""
    return re.findall(r"[^\W\d_]+", (title or "").casefold())


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]


class Tx(Outbox):
    """One write transaction of the watch loop: nobody writes between its first read and its commit."""

    async def unseen(self, source_id: str, items: Sequence[Item]) -> list[Item]:
        """Those never seen under their id, or under another headline, nor as the same story under another id; in the
        given order."""
        titles = await self._titles(source_id, [clean(i.id) for i in items])
        fresh: dict[str, tuple[str, Item]] = {}
        for item in items:
            key = clean(item.id)
            if key not in fresh and (key not in titles or titles[key] != _words(item.title)):
                fresh[key] = (fingerprint(item), item)
        stories = await self._known(source_id, "fingerprint", [print_ for print_, _ in fresh.values()])
        unseen: list[Item] = []
        for print_, item in fresh.values():
            if print_ not in stories:
                stories.add(print_)
                unseen.append(item)
        return unseen

    async def _titles(self, source_id: str, keys: Sequence[str]) -> dict[str, list[str]]:
        """Key to the words of the headline that it was seen under."""
        t, titles = schema.item.c, {}
        for batch in _batches(keys):
            query = select(t.item_key, t.title).where(t.source_id == source_id, t.item_key.in_(batch))
            titles.update({row.item_key: _words(row.title) for row in await self._connection.execute(query)})
        return titles

    async def _known(self, source_id: str, column: str, values: Sequence[str]) -> set[str]:
        wanted = schema.item.c[column]
        known: set[str] = set()
        for batch in _batches(values):
            query = select(wanted).where(schema.item.c.source_id == source_id, wanted.in_(batch))
            known.update((await self._connection.execute(query)).scalars())
        return known

    async def still_listed(self, source_id: str, items: Sequence[Item], at: datetime) -> None:
        """Note, once a day, that the source still lists these: what it lists is known until it no longer does."""
        t = schema.item.c
        old = or_(t.listed.is_(None), t.listed < at - LISTED_EVERY)
        # a story listed under another id than it was seen under is known by its fingerprint only
        for column, names in (
            (t.item_key, [clean(i.id) for i in items]),
            (t.fingerprint, [fingerprint(i) for i in items]),
        ):
            for batch in _batches(names):
                await self._connection.execute(
                    update(schema.item).where(t.source_id == source_id, column.in_(batch), old).values(listed=at)
                )

    async def candidates(
        self, country: str | None, now: datetime, *, places: Sequence[str] = (), exercise: bool = False
    ) -> list[Incident]:
        """Incidents that a report from this country, which names these places, may be about, latest first: those with
        news of these days, and those there or within that it may turn or end, however old. An unknown country, of the
        report or the incident, rules nothing out."""
        t = schema.incident.c
        here = [] if country is None else [or_(t.country == country, t.country.is_(None))]
        lasts = or_(
            t.state.in_([State.OPEN.value, State.DORMANT.value]),
            and_(t.state == State.RESOLVED.value, t.updated >= now - TURNS_WITHIN),
        )
        # two looks, each by its own index: one with "or" between them would read every incident there ever was
        lately = select(t.number).where(t.updated >= now - JOIN_WITHIN, t.state != State.MERGED.value, *here)
        there = (
            select(t.number)
            .join(incident_place, incident_place.c.number == t.number)
            .where(incident_place.c.place_key.in_(places), lasts, *here)
        )
        query = select(t.facts).where(t.number.in_(lately.union(there)), t.exercise == exercise)
        query = query.order_by(t.updated.desc(), t.number).limit(MOST)
        return list((await self._connection.execute(query)).scalars())

    async def incident(self, number: int) -> Incident | None:
        """As it stands, or the one that it is part of; nobody changes it before this transaction ends."""
        number = await follow(self._connection, number)
        query = select(schema.incident.c.facts).where(schema.incident.c.number == number)
        return (await self._connection.execute(query)).scalar()

    async def save(self, change: Change, at: datetime) -> Saved:
        """Write the incident (number 0: a new one), its places and the change; StoreError for a number unknown."""
        if change.incident.number == 0:
            row = await self._connection.execute(insert(schema.incident).values(_columns(change.incident)))
            key = row.inserted_primary_key
            assert key is not None
            change = replace(change, incident=replace(change.incident, number=key[0]))
        await self._update(change.incident)
        await self._places(change.incident)
        await self._words(change.incident)
        row = await self._connection.execute(
            insert(schema.change).values(
                number=change.incident.number, revision=change.incident.revision, kind=change.kind.value, at=at,
                withheld=change.withheld, facts=change,
            )
        )  # fmt: skip
        key = row.inserted_primary_key
        assert key is not None
        return Saved(key[0], change)

    async def merge(self, younger: int, older: int, at: datetime) -> Incident:
        """Two incidents that prove to be one: reports, changes, and the chats that were told become the older one's,
        without a sound. Returns it as it stands then. StoreError for a number unknown, ValueError for two that can't
        be one: see bot.judge.merging."""
        joins, stays = await self._own(younger), await self._own(older)
        together = merged(joins, stays)
        await move_story(self._connection, joins, stays)
        await self._update(replace(joins, state=State.MERGED, into=stays.number))
        return (await self.save(together, at)).change.incident

    async def _own(self, number: int) -> Incident:
        """The incident of exactly this number."""
        query = select(schema.incident.c.facts).where(schema.incident.c.number == number)
        found: Incident | None = (await self._connection.execute(query)).scalar()
        if found is None:
            raise StoreError(f"there is no incident {number} in this database; restore it from a backup")
        return found

    async def _update(self, incident: Incident) -> None:
        row = await self._connection.execute(
            update(schema.incident).where(schema.incident.c.number == incident.number).values(_columns(incident))
        )
        if row.rowcount != 1:
            raise StoreError(f"there is no incident {incident.number} in this database; restore it from a backup")

    async def _places(self, incident: Incident) -> None:
        """One row per place and ancestor, for narrowing."""
        number = incident.number
        await self._connection.execute(delete(incident_place).where(incident_place.c.number == number))
        keys = dict.fromkeys((incident.place.key, *incident.place.within)) if incident.place else {}
        if keys:
            await self._connection.execute(insert(incident_place), [{"number": number, "place_key": k} for k in keys])

    async def state(self, said: Sequence[Statement]) -> None:
        """Add to the ledger."""
        if said:
            await self._connection.execute(insert(schema.statement), [asdict(s) for s in said])

    async def _words(self, incident: Incident) -> None:
        """What it is searched by."""
        row = upsert(incident_words).values(number=incident.number, words=searchable(incident))
        await self._connection.execute(
            row.on_conflict_do_update(index_elements=["number"], set_={"words": row.excluded.words})
        )

    async def seen(self, item: Item, verdict: str, incident: int | None, at: datetime) -> None:
        """Remember one item and what was made of it."""
        await self.seen_all([Seen(item, verdict, incident)], at)

    async def seen_all(self, rows: Iterable[Seen], at: datetime) -> None:
        """Remember items under their `source`; of one that is known already, its newest headline, and what came of that
        if it joined an incident."""
        values = [
            {
                "source_id": row.item.source, "item_key": row.item.id, "url": row.item.url,
                "fingerprint": fingerprint(row.item), "title": row.item.title, "lang": row.item.lang,
                "published": row.item.published.start if row.item.published else None, "first_seen": at,
                "verdict": row.verdict, "incident": row.incident, "listed": at,
            }
            for row in rows
        ]  # fmt: skip
        if values:
            row = upsert(schema.item)
            edited: dict[str, Any] = {name: row.excluded[name] for name in ("url", "fingerprint", "title")}
            joins = row.excluded.incident.is_not(None)
            edited |= {n: case((joins, row.excluded[n]), else_=schema.item.c[n]) for n in ("verdict", "incident")}
            keys = ["source_id", "item_key"]
            await self._connection.execute(row.on_conflict_do_update(index_elements=keys, set_=edited), values)

    async def polled(
        self,
        source_id: str,
        cursor: Cursor,
        next_poll_at: datetime,
        at: datetime,
        newest: datetime | None,
        *,
        moved_to: str | None = None,
        way: str | None = None,
        refused: int | None = None,
    ) -> None:
        """The source answered; `newest` is the date of its newest item, None when it told nothing new; `way`: how it
        was read, where its kind knows several; `refused`: entries of its list that could not be read, None when it
        said that its list is the same as last time."""
        row = upsert(source_state).values(
            source_id=source_id, next_poll_at=next_poll_at, etag=cursor.etag, last_modified=cursor.last_modified,
            body_hash=cursor.body_hash, first_ok_at=at, last_ok_at=at, last_item_at=newest, fails=0, last_error=None,
            moved_to=moved_to, way=way, refused=refused or 0,
        )  # fmt: skip
        old, new = source_state.c, row.excluded
        keep_old = or_(new.last_item_at.is_(None), old.last_item_at > new.last_item_at)
        now: dict[str, Any] = {
            name: new[name] for name in ("next_poll_at", "etag", "last_modified", "body_hash", "last_ok_at")
        }
        now |= {name: new[name] for name in ("fails", "last_error", "moved_to", "way")}
        now |= {"refused": new.refused} if refused is not None else {}
        now |= {"first_ok_at": case((old.first_ok_at.is_(None), new.first_ok_at), else_=old.first_ok_at)}
        now |= {"last_item_at": case((keep_old, old.last_item_at), else_=new.last_item_at)}
        await self._connection.execute(row.on_conflict_do_update(index_elements=["source_id"], set_=now))

    async def failed(self, source_id: str, reason: str, next_poll_at: datetime, at: datetime) -> None:
        """The source could not be read; its cursor stays."""
        row = upsert(source_state).values(
            source_id=source_id, next_poll_at=next_poll_at, fails=1, failed_at=at, last_error=reason
        )
        again = {
            "next_poll_at": row.excluded.next_poll_at,
            "fails": source_state.c.fails + literal(1, Integer),
            "failed_at": row.excluded.failed_at,
            "last_error": row.excluded.last_error,
        }
        await self._connection.execute(row.on_conflict_do_update(index_elements=["source_id"], set_=again))


def _columns(incident: Incident) -> dict[str, object]:
    """The columns of a row, the number left to the database."""
    return {
        "country": incident.country, "place_key": incident.place.key if incident.place else None,
        "categories": ",".join(incident.categories), "severity": incident.severity.value,
        "state": incident.state.value, "exercise": incident.exercise, "opened": incident.opened,
        "updated": incident.updated, "facts": incident,
    }  # fmt: skip


class Watching(Base):
    """What the watch loop asks and writes."""

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Tx]:
        """Read, decide and write as one: commits at the end, and any error leaves nothing of it."""
        async with self._write() as connection:
            yield Tx(connection)

    async def due(self, now: datetime, source_ids: Iterable[str]) -> list[str]:
        """Of these sources those to poll now, the longest overdue first; never polled ones come before all."""
        t = source_state.c
        async with self._read() as connection:
            rows = {
                row.source_id: row.next_poll_at for row in await connection.execute(select(t.source_id, t.next_poll_at))
            }
        ids = list(dict.fromkeys(source_ids))
        new = [i for i in ids if i not in rows]
        return new + sorted((i for i in ids if i in rows and rows[i] <= now), key=rows.__getitem__)

    async def cursor(self, source_id: str) -> tuple[Cursor, datetime | None]:
        """Where reading stopped, and when the source was last heard: None when it never was."""
        t = source_state.c
        query = select(t.etag, t.last_modified, t.body_hash, t.last_ok_at).where(t.source_id == source_id)
        async with self._read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return Cursor(), None
        return Cursor(row.etag, row.last_modified, row.body_hash), row.last_ok_at

    async def fails(self, source_id: str) -> int:
        """How often in a row the source failed."""
        query = select(source_state.c.fails).where(source_state.c.source_id == source_id)
        async with self._read() as connection:
            return (await connection.execute(query)).scalar() or 0
