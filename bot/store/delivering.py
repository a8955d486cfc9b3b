"""The deliver loop's side: the outbox. A claim is the durable intent to send, so after a crash only claimed rows can
have been sent without our knowing, and they are marked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Alert, Deferred, Gone, Moved, Outcome, Sent, Stop, Unsendable
from bot.store.base import Base
from bot.store.schema import READY, change, chat, delivery, subscription, told
from bot.store.sqlite import upsert


def _blocked() -> ColumnElement[bool]:
    """An earlier message to this chat about this incident is still on its way: the order of a story holds."""
    earlier, its_change = delivery.alias("earlier"), change.alias("its_change")
    return exists().where(
        earlier.c.chat_id == delivery.c.chat_id,
        earlier.c.state.in_(["ready", "sending"]),
        its_change.c.id == earlier.c.change_id,
        its_change.c.number == change.c.number,
        tuple_(earlier.c.change_id, earlier.c.part) < tuple_(delivery.c.change_id, delivery.c.part),
    )


_CLAIMABLE = (
    select(
        delivery.c.id, delivery.c.chat_id, delivery.c.part, delivery.c.maybe_sent, delivery.c.attempts,
        change.c.facts, change.c.at, told.c.message_id,
    )
    .join(change, change.c.id == delivery.c.change_id)
    .join(chat, chat.c.chat_id == delivery.c.chat_id)
    .outerjoin(told, and_(told.c.chat_id == delivery.c.chat_id, told.c.number == change.c.number))
    .where(delivery.c.state == READY, delivery.c.not_before <= bindparam("now"), chat.c.active, ~_blocked())
    .order_by(delivery.c.prio, delivery.c.not_before, delivery.c.id)
)  # fmt: skip


class Delivering(Base):
    """What the deliver loop asks and writes."""

    async def claim(self, now: datetime, limit: int) -> list[Alert]:
        """Take at most `limit` rows for sending, the most urgent first; their `attempts` counts this one."""
        async with self._write() as connection:
            rows = (await connection.execute(_CLAIMABLE.limit(limit), {"now": now})).all()
            if rows:
                await connection.execute(
                    update(delivery)
                    .where(delivery.c.id.in_([row.id for row in rows]))
                    .values(state="sending", claimed_at=now, attempts=delivery.c.attempts + 1)
                )
        return [
            Alert(
                row.id, row.chat_id, row.part, row.facts, reply_to=row.message_id, maybe_sent=row.maybe_sent,
                attempts=row.attempts + 1, committed=row.at,
            )
            for row in rows
        ]  # fmt: skip

    async def record(self, alert: Alert, outcome: Outcome, now: datetime) -> bool:
        """Write what became of a claimed alert. False, and nothing written, when its row is no longer being sent:
        the chat was forgotten meanwhile, or the answer came twice."""
        async with self._write() as connection:
            result = await connection.execute(
                update(delivery)
                .where(delivery.c.id == alert.delivery_id, delivery.c.state == "sending")
                .values(_after(outcome, now))
                .returning(delivery.c.chat_id)
            )
            chat_id = result.scalar()  # the row's: the chat may have moved while the alert was on its way
            if chat_id is None:
                return False
            match outcome:
                case Sent(message_id):
                    await _remember(connection, chat_id, alert.change.incident.number, message_id)
                case Gone(reason):
                    await _close(connection, chat_id, reason)
                case Moved(new_chat_id) if new_chat_id != chat_id:
                    await _move(connection, chat_id, new_chat_id)
        return True

    async def recover(self, now: datetime) -> int:
        """At the start, before any claim: what a former run was sending may have been sent, and is sent again, marked.
        Returns the rows."""
        note = f"the program stopped while sending; found at {now:%Y-%m-%d %H:%M} UTC"
        async with self._write() as connection:
            result = await connection.execute(
                update(delivery)
                .where(delivery.c.state == "sending")
                .values(state="ready", maybe_sent=True, last_error=note)
            )
        return result.rowcount

    async def waiting(self, now: datetime) -> tuple[int, datetime | None]:
        """How many messages are due but not sent, and when the change that waits longest was committed."""
        query = (
            select(func.count(), func.min(change.c.at))
            .select_from(delivery)
            .join(change, change.c.id == delivery.c.change_id)
            .join(chat, chat.c.chat_id == delivery.c.chat_id)
            .where(delivery.c.state == READY, delivery.c.not_before <= now, chat.c.active)
        )
        async with self._read() as connection:
            count, oldest = (await connection.execute(query)).one()
        return count, oldest


def _after(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The columns of the row that was being sent."""
    given_back = delivery.c.attempts - 1
    match outcome:
        case Sent(message_id):
            return {"state": "sent", "message_id": message_id, "sent_at": now, "last_error": None}
        case Deferred(reason, after, ambiguous, counts):
            row: dict[str, Any] = {"state": "ready", "not_before": now + after, "last_error": reason}
            row |= {"maybe_sent": True} if ambiguous else {}
            return row | ({} if counts else {"attempts": given_back})
        case Gone(reason) | Unsendable(reason):
            return {"state": "dead", "last_error": reason}
        case Moved():
            return {"state": "ready", "last_error": "the chat has a new id"}
        case Stop(reason):
            return {"state": "ready", "last_error": reason, "attempts": given_back}


async def _remember(connection: AsyncConnection, chat_id: int, number: int, message_id: int) -> None:
    """The first message about an incident is the one that later ones reply to."""
    row = upsert(told).values(chat_id=chat_id, number=number, message_id=message_id)
    await connection.execute(row.on_conflict_do_nothing())


async def _close(connection: AsyncConnection, chat_id: int, reason: str) -> None:
    """Nothing reaches this chat any more."""
    await connection.execute(update(chat).where(chat.c.chat_id == chat_id).values(active=False, paused_reason=reason))
    await connection.execute(
        update(delivery)
        .where(delivery.c.chat_id == chat_id, delivery.c.state == READY)
        .values(state="dead", last_error=reason)
    )


async def _move(connection: AsyncConnection, old: int, new: int) -> None:
    """All rows of a chat under its new id; what the new id has already, because it wrote to us first, stays."""
    for table, key in ((chat, chat.c.chat_id), (subscription, subscription.c.chat_id), (told, told.c.chat_id)):
        columns = [literal(new).label("chat_id"), *(c for c in table.c if c is not key)]
        names = ["chat_id", *(c.name for c in table.c if c is not key)]
        rows = select(*columns).where(key == old)
        await connection.execute(upsert(table).from_select(names, rows).on_conflict_do_nothing())
    there = delivery.alias("there")
    same = exists().where(
        there.c.chat_id == new, there.c.change_id == delivery.c.change_id, there.c.part == delivery.c.part
    )
    await connection.execute(update(delivery).where(delivery.c.chat_id == old, ~same).values(chat_id=new))
    for key in (delivery.c.chat_id, told.c.chat_id, subscription.c.chat_id, chat.c.chat_id):
        await connection.execute(delete(key.table).where(key == old))
