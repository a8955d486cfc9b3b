"""One message for many changes: what a mute or an outage held back, and alerts of which too many came at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import SILENT, Change, ChangeKind, NoteKind, Severity, State
from bot.store.base import Base
from bot.store.outbox import BUNDLED, LATER, Outbox, note
from bot.store.schema import READY, change, chat, delivery, held, incident, mute


class Bundling(Base):
    """What the deliver loop asks before it claims, and the oversee loop when a mute ends."""

    async def bundle(self, now: datetime, most: int, window: timedelta) -> int:
        """Of each chat and topic to which more than `most` alerts would go within `window`, set aside those that wait;
        `gather` makes one message of them. Extreme news and withdrawals go by themselves, and count for nothing.
        Returns the chats and topics.

        Where all came at once they are due now; where the first ones went out already, at the end of the window that
        began with them; and with those that are set aside already.
        """
        async with self._read() as connection:
            rows = (await connection.execute(_crowded(now, most, now - window))).all()
        if rows:
            async with self._write() as connection:
                for row in rows:
                    mine = and_(
                        *_waiting(now), delivery.c.chat_id == row.chat_id, delivery.c.thread_id == row.thread_id
                    )
                    await Outbox(connection).set_aside(mine, _due(row, most, now, window), reason=BUNDLED)
        return len(rows)

    async def missed(self, delivery_id: int) -> list[tuple[Change, datetime, str]]:
        """The changes that a catch-up tells, in order, each with when it was committed and why it was held back; not
        those of incidents that were withdrawn while it was on its way.

        What was held may have been overtaken by what came otherwise (extreme news, or while the chat was away): the
        last of each incident is its newest change, with the incident as it stands now.
        """
        newest, newer = change.alias("newest"), change.alias("newer")
        last = select(func.max(newer.c.id)).where(newer.c.number == change.c.number, newer.c.kind.not_in(SILENT))
        query = (
            select(
                change.c.number, change.c.facts, change.c.at, held.c.reason, incident.c.facts.label("now"),
                newest.c.facts.label("newest"), newest.c.at.label("newest_at"),
            )
            .join(change, change.c.id == held.c.change_id)
            .join(incident, incident.c.number == change.c.number)
            .join(newest, newest.c.id == last.scalar_subquery())
            .where(held.c.delivery_id == delivery_id, incident.c.state != State.WITHDRAWN.value)
            .order_by(change.c.id)
        )  # fmt: skip
        async with self._read() as connection:
            rows = (await connection.execute(query)).all()
        told = [(row.facts, row.at, row.reason) for row in rows]
        for n in {row.number: n for n, row in enumerate(rows)}.values():
            told[n] = (replace(rows[n].newest, incident=rows[n].now), rows[n].newest_at, rows[n].reason)
        return told

    async def gather(self, now: datetime) -> int:
        """Make one catch-up message for each chat and topic with held changes that are due; returns how many.

        What is due while its chat is quiet still (it made another mute, or an outage of ours ended in one) waits for
        the end of that; extreme news does not, and comes without sound.
        """
        due = (held.c.due_at <= now, held.c.delivery_id.is_(None))
        # what was bundled goes where the worst of it would have gone
        worst = func.max(case((held.c.reason == BUNDLED, incident.c.severity))).label("worst")
        query = (
            select(held.c.chat_id, held.c.thread_id, worst)
            .join(chat, chat.c.chat_id == held.c.chat_id)
            .join(change, change.c.id == held.c.change_id)
            .join(incident, incident.c.number == change.c.number)
            .group_by(held.c.chat_id, held.c.thread_id)
        )
        async with self._write() as connection:
            await Outbox(connection).set_aside(~chat.c.active, now)
            hush = await _rest_on(connection, due, now)
            rows = (await connection.execute(query.where(*due, chat.c.active))).all()
            for row in rows:
                prio = LATER if row.worst is None else Severity.EXTREME - row.worst
                values = note(NoteKind.CATCH_UP, row.chat_id, row.thread_id, prio, now)
                values |= {"silent": (row.chat_id, row.thread_id) in hush}
                made = await connection.execute(insert(delivery).values(values))
                key = made.inserted_primary_key
                assert key is not None
                mine = (held.c.chat_id == row.chat_id, held.c.thread_id == row.thread_id)
                await connection.execute(update(held).where(*due, *mine).values(delivery_id=key[0]))
        return len(rows)


def _waiting(now: datetime) -> list[ColumnElement[bool]]:
    """Clauses on alerts: it waits, was surely not sent yet, and may wait a little longer."""
    d = delivery.c
    return [d.state == READY, d.not_before <= now, ~d.maybe_sent, d.change_id.is_not(None), d.prio > 0]


def _crowded(now: datetime, most: int, since: datetime) -> Any:
    """(chat_id, thread_id, waiting, oldest, due): how many alerts wait, since when others went out, for when others are
    set aside already (None: no others)."""
    d, gone = delivery.c, delivery.alias("gone").c
    sent_at = func.coalesce(gone.sent_at, gone.claimed_at)
    lately = (
        gone.chat_id == d.chat_id, gone.thread_id == d.thread_id, gone.change_id.is_not(None), gone.prio > 0,
        gone.state.in_(["sending", "sent"]), sent_at > since,
    )  # fmt: skip
    aside = (
        held.c.chat_id == d.chat_id, held.c.thread_id == d.thread_id, held.c.reason == BUNDLED,
        held.c.delivery_id.is_(None),
    )  # fmt: skip

    def of(what: Any, where: Any) -> Any:
        return select(what).where(*where).correlate(delivery).scalar_subquery()

    number = func.count()
    return (
        select(
            d.chat_id, d.thread_id, number.label("waiting"), of(func.min(sent_at), lately).label("oldest"),
            of(func.min(held.c.due_at), aside).label("due"),
        )
        .join(chat, chat.c.chat_id == d.chat_id)
        .join(change, change.c.id == d.change_id)
        .where(*_waiting(now), chat.c.active, change.c.kind != ChangeKind.WITHDRAWN.value)
        .group_by(d.chat_id, d.thread_id)
        .having(number + of(func.count(), lately) + of(func.count(), aside) > most)
    )  # fmt: skip


def _due(row: Row[Any], most: int, now: datetime, window: timedelta) -> datetime:
    due: datetime | None = row.due
    if due is None and row.waiting <= most and row.oldest is not None:
        due = row.oldest + window
    return now if due is None else max(due, now)


async def _rest_on(connection: AsyncConnection, due: Sequence[Any], now: datetime) -> set[tuple[int, int]]:
    """Put off what is due to chats that are quiet now; returns (chat_id, thread_id) of those that hear nothing now but
    extreme news which they have muted."""
    is_muted = exists().where(mute.c.chat_id == held.c.chat_id)
    query = select(held.c.chat_id, held.c.thread_id, held.c.change_id, change.c.facts)
    query = query.join(change, change.c.id == held.c.change_id).where(*due, is_muted)
    loud, hush = set(), set()
    for chat_id, thread_id, change_id, facts in (await connection.execute(query)).all():
        until = await Outbox(connection).rests_until(facts.incident, chat_id, now)
        if until is None:
            loud.add((chat_id, thread_id))
        elif facts.incident.severity is Severity.EXTREME:
            hush.add((chat_id, thread_id))
        else:
            key = (held.c.chat_id == chat_id, held.c.thread_id == thread_id, held.c.change_id == change_id)
            await connection.execute(update(held).where(*key).values(due_at=until))
    return hush - loud
