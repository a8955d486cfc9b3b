"""The side of people and scripts: chats and what they want, and questions about incidents and sources."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Change, ChangeKind, Incident, Severity, SourceHealth, State, Subscription
from bot.store.base import Base
from bot.store.schema import (
    EVERYWHERE,
    READY,
    change,
    chat,
    delivery,
    heartbeat,
    incident,
    incident_place,
    source_state,
    subscription,
    told,
)
from bot.store.sqlite import scrub, upsert

ALL = "all"  # to unsubscribe from; no country is called so


class Chats(Base):
    """Chats and their subscriptions."""

    async def subscribe(self, chat_id: int, country: str | None, at_least: Severity, today: date) -> None:
        """Add a subscription (None: every country), or change its threshold; who subscribes is paused no longer."""
        row = upsert(chat).values(chat_id=chat_id, active=True, created_day=today)
        again = upsert(subscription).values(chat_id=chat_id, country=country or EVERYWHERE, at_least=at_least.value)
        async with self._write() as connection:
            await connection.execute(
                row.on_conflict_do_update(index_elements=["chat_id"], set_={"active": True, "paused_reason": None})
            )
            await connection.execute(
                again.on_conflict_do_update(
                    index_elements=["chat_id", "country"], set_={"at_least": again.excluded.at_least}
                )
            )

    async def unsubscribe(self, chat_id: int, country: str | None) -> int:
        """End one subscription (None: the one to every country) or ALL; returns how many ended.

        What no other subscription of the chat covers ends with it: follow-ups of incidents it was told of, and
        messages not sent yet.
        """
        mine = subscription.c.chat_id == chat_id
        which = mine if country == ALL else and_(mine, subscription.c.country == (country or EVERYWHERE))
        async with self._write() as connection:
            ended = (await connection.execute(delete(subscription).where(which))).rowcount
            if ended:
                await _silence(connection, chat_id)
        return ended

    async def subscriptions(self, chat_id: int) -> list[Subscription]:
        """By country, every country first."""
        t = subscription.c
        query = select(t.country, t.at_least).where(t.chat_id == chat_id).order_by(t.country)
        async with self._read() as connection:
            rows = (await connection.execute(query)).all()
        return [Subscription(chat_id, row.country or None, Severity(row.at_least)) for row in rows]

    async def subscriber_count(self) -> int:
        """Chats with at least one subscription."""
        async with self._read() as connection:
            row = await connection.execute(select(func.count(subscription.c.chat_id.distinct())))
            return int(row.scalar_one())

    async def chat_known(self, chat_id: int) -> bool:
        """Is anything kept of this chat?"""
        async with self._read() as connection:
            row = await connection.execute(select(chat.c.chat_id).where(chat.c.chat_id == chat_id))
            return row.first() is not None

    async def pause_chat(self, chat_id: int, reason: str) -> bool:
        """No more alerts to this chat until it is resumed or subscribes again; False when it is unknown."""
        return await self._set_chat(chat_id, active=False, paused_reason=reason)

    async def resume_chat(self, chat_id: int) -> bool:
        """Alerts again, those still waiting included; False when the chat is unknown."""
        return await self._set_chat(chat_id, active=True, paused_reason=None)

    async def _set_chat(self, chat_id: int, **values: Any) -> bool:
        async with self._write() as connection:
            result = await connection.execute(update(chat).where(chat.c.chat_id == chat_id).values(values))
        return result.rowcount == 1

    async def forget(self, chat_id: int) -> dict[str, int]:
        """Delete all that is kept of a chat, from the files too; returns rows deleted per table."""
        counts: dict[str, int] = {}
        async with self._write() as connection:
            for table in (delivery, told, subscription, chat):
                result = await connection.execute(delete(table).where(table.c.chat_id == chat_id))
                counts[table.name] = result.rowcount
        await scrub(self._writer)
        return counts


async def _silence(connection: AsyncConnection, chat_id: int) -> None:
    """Drop what no subscription of the chat covers any more."""

    def covered(number: Any) -> Any:
        return exists().where(
            incident.c.number == number,
            subscription.c.chat_id == chat_id,
            or_(subscription.c.country == EVERYWHERE, subscription.c.country == incident.c.country),
        )

    await connection.execute(delete(told).where(told.c.chat_id == chat_id, ~covered(told.c.number)))
    uncovered = exists().where(change.c.id == delivery.c.change_id, ~covered(change.c.number))
    await connection.execute(
        update(delivery)
        .where(delivery.c.chat_id == chat_id, delivery.c.state == READY, uncovered)
        .values(state="dead", last_error="unsubscribed")
    )


class Asking(Chats):
    """Questions about incidents, sources and the program itself. `exercise`: only those, only real ones, None both."""

    async def latest(self, limit: int, *, exercise: bool | None = None) -> list[tuple[Change, datetime]]:
        """The newest changes that told something new, newest first, each with when it was committed."""
        query = select(change.c.facts, change.c.at).where(change.c.kind != ChangeKind.REPEATED.value)
        if exercise is not None:
            query = query.join(incident, incident.c.number == change.c.number).where(incident.c.exercise == exercise)
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
        if place_key is not None:
            there = exists().where(incident_place.c.number == t.number, incident_place.c.place_key == place_key)
            query = query.where(or_(there, t.country == place_key))
        if exercise is not None:
            query = query.where(t.exercise == exercise)
        return await self._incidents(query.order_by(t.severity.desc(), t.updated.desc(), t.number))

    async def _incidents(self, query: Select[Any]) -> list[Incident]:
        async with self._read() as connection:
            return list((await connection.execute(query)).scalars())

    async def health(self) -> list[SourceHealth]:
        """Every source ever polled, by id; `extra`: first_ok, failed_at (datetime or None), moved_to (URL or None)."""
        async with self._read() as connection:
            rows = (await connection.execute(select(source_state).order_by(source_state.c.source_id))).all()
        return [
            SourceHealth(
                row.source_id, row.last_ok_at, row.last_item_at, row.fails, row.last_error, row.next_poll_at,
                {"first_ok": row.first_ok_at, "failed_at": row.failed_at, "moved_to": row.moved_to},
            )
            for row in rows
        ]  # fmt: skip

    async def beat(self, name: str, at: datetime) -> None:
        """This loop was alive then."""
        row = upsert(heartbeat).values(name=name, at=at)
        async with self._write() as connection:
            await connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"at": row.excluded.at}))

    async def heartbeats(self) -> dict[str, datetime]:
        """When each loop was last alive."""
        async with self._read() as connection:
            return {row.name: row.at for row in await connection.execute(select(heartbeat))}
