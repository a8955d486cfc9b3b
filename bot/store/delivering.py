"""The deliver loop's side: the outbox. A claim is the durable intent to send, so after a crash only claimed rows can
have been sent without our knowing, and they are marked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import (
    Alert,
    Deferred,
    Digest,
    Gone,
    Moved,
    Note,
    NoteKind,
    NoTopic,
    Outcome,
    Outgoing,
    Sent,
    Stop,
    Unsendable,
)
from bot.store.base import Base
from bot.store.chats import chat_of, move
from bot.store.leaving import close, drop_stranger, leave_topic
from bot.store.outbox import BUNDLED, LATER, Outbox, note
from bot.store.schema import (
    NO_MESSAGE,
    READY,
    change,
    chat,
    delivery,
    held,
    told,
)
from bot.store.sqlite import upsert

NEVER_WROTE = "can't initiate conversation"  # what Telegram answers about who never wrote to us


def _blocked() -> ColumnElement[bool]:
    """An earlier message to this chat about this incident is still on its way: the order of a story holds. Extreme news
    does not wait for the message that many others became."""
    earlier, its_change = delivery.alias("earlier"), change.alias("its_change")
    bundle, told_there = delivery.alias("bundle"), change.alias("told_there")
    bundled = exists().where(
        delivery.c.prio > 0,
        held.c.chat_id == delivery.c.chat_id,
        held.c.thread_id == delivery.c.thread_id,
        held.c.reason == BUNDLED,
        told_there.c.id == held.c.change_id,
        told_there.c.number == change.c.number,
        bundle.c.id == held.c.delivery_id,
        bundle.c.state.in_(["ready", "sending"]),
    )
    alerted = exists().where(
        earlier.c.chat_id == delivery.c.chat_id,
        earlier.c.thread_id == delivery.c.thread_id,
        earlier.c.state.in_(["ready", "sending"]),
        its_change.c.id == earlier.c.change_id,
        its_change.c.number == change.c.number,
        tuple_(earlier.c.change_id, earlier.c.part) < tuple_(delivery.c.change_id, delivery.c.part),
    )
    return or_(alerted, bundled)


_CLAIMABLE = (
    select(
        delivery.c.id, delivery.c.kind.label("what"), delivery.c.body, delivery.c.thread_id, delivery.c.part,
        delivery.c.maybe_sent, delivery.c.attempts, delivery.c.silent, change.c.facts, change.c.at,
        told.c.message_id, chat,
    )
    .join(chat, chat.c.chat_id == delivery.c.chat_id)
    .outerjoin(change, change.c.id == delivery.c.change_id)
    .outerjoin(
        told,
        and_(
            told.c.chat_id == delivery.c.chat_id,
            told.c.thread_id == delivery.c.thread_id,
            told.c.number == change.c.number,
        ),
    )
    .where(delivery.c.state == READY, delivery.c.not_before <= bindparam("now"), chat.c.active, ~_blocked())
    .order_by(delivery.c.prio, delivery.c.not_before, delivery.c.id)
)  # fmt: skip


def _outgoing(row: Any) -> Outgoing:
    """A claimed row as what is to be sent."""
    to = chat_of(row)
    if row.what != "alert":
        return Note(
            row.id, row.chat_id, NoteKind(row.what), row.body or "", row.maybe_sent, row.attempts + 1, row.thread_id,
            row.silent, to,
        )  # fmt: skip
    return Alert(
        row.id, row.chat_id, row.part, row.facts, reply_to=row.message_id or None, maybe_sent=row.maybe_sent,
        attempts=row.attempts + 1, committed=row.at, thread_id=row.thread_id, silent=row.silent, chat=to,
    )  # fmt: skip


class Delivering(Base):
    """What the deliver loop asks and writes."""

    async def claim(self, now: datetime, limit: int) -> list[Outgoing]:
        """Take at most `limit` rows for sending, the most urgent first; their `attempts` counts this one."""
        async with self._write() as connection:
            rows = (await connection.execute(_CLAIMABLE.limit(limit), {"now": now})).all()
            if rows:
                await connection.execute(
                    update(delivery)
                    .where(delivery.c.id.in_([row.id for row in rows]))
                    .values(state="sending", claimed_at=now, attempts=delivery.c.attempts + 1)
                )
        return [_outgoing(row) for row in rows]

    async def daily_due(self, now: datetime) -> list[tuple[int, int, int, str, Digest]]:
        """(chat_id, thread_id, minute of the local day, time zone, what comes) of active chats whose line or summary
        is due."""
        t = chat.c
        query = select(t.chat_id, t.daily_thread, t.daily, t.tz, t.digest).where(t.daily_next <= now, t.active)
        async with self._read() as connection:
            rows = (await connection.execute(query.where(t.daily.is_not(None)))).all()
        return [(r.chat_id, r.daily_thread, r.daily, r.tz, Digest(r.digest)) for r in rows]

    async def daily(self, chat_id: int, thread_id: int, now: datetime, next_: datetime) -> None:
        """Put a chat's line or summary of the day into the outbox, and its next one in the calendar, as one."""
        row = upsert(delivery).values(
            **note(NoteKind.DAILY, chat_id, thread_id, LATER, now), once=f"daily:{chat_id}:{now:%Y-%m-%d}"
        )
        async with self._write() as connection:
            await connection.execute(row.on_conflict_do_nothing())
            await connection.execute(update(chat).where(chat.c.chat_id == chat_id).values(daily_next=next_))

    async def record(self, out: Outgoing, outcome: Outcome, now: datetime) -> bool:
        """Write what became of a claimed row. False, and nothing written, when its row is no longer being sent:
        the chat was forgotten meanwhile, or the answer came twice."""
        async with self._write() as connection:
            result = await connection.execute(
                update(delivery)
                .where(delivery.c.id == out.delivery_id, delivery.c.state == "sending")
                .values(_after(outcome, now))
                .returning(delivery.c.chat_id, delivery.c.thread_id)
            )
            row = result.one_or_none()  # its chat and topic: they may have moved while this was on its way
            if row is None:
                return False
            taken_back = () if isinstance(outcome, Sent) else await Outbox(connection).withdrawn_in(out.delivery_id)
            match outcome:
                case Sent(message_id):
                    await _remember(connection, out, row, message_id)
                case Gone(reason):
                    await close(connection, row.chat_id, reason, now)
                    if NEVER_WROTE in reason.lower():
                        await drop_stranger(connection, row.chat_id)
                case Moved(new_chat_id) if new_chat_id != row.chat_id:
                    await move(connection, row.chat_id, new_chat_id)
                case NoTopic(reason) if row.thread_id == out.thread_id:  # else another answer moved it already
                    await leave_topic(connection, row.chat_id, row.thread_id, reason, now)
            await Outbox(connection).unsaid(taken_back)
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
        """How many messages are due but not sent, and when the change that waits longest was committed. What was tried
        and put off waits too, and what is being tried: where every try fails, that is all there is to see."""
        tried = or_(delivery.c.last_error.is_not(None), delivery.c.not_before <= now)
        query = (
            select(func.count(), func.min(change.c.at))
            .select_from(delivery)
            .outerjoin(change, change.c.id == delivery.c.change_id)
            .join(chat, chat.c.chat_id == delivery.c.chat_id)
            .where(delivery.c.state.in_(["ready", "sending"]), tried, chat.c.active)
        )
        async with self._read() as connection:
            count, oldest = (await connection.execute(query)).one()
        return count, oldest


def _after(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """The columns of the row that was being sent."""
    given_back = delivery.c.attempts - 1
    match outcome:
        case Sent(message_id):
            return {"state": "sent", "message_id": message_id, "sent_at": now, "last_error": None, "body": None}
        case Deferred(reason, after, ambiguous, counts):
            row: dict[str, Any] = {"state": "ready", "not_before": now + after, "last_error": reason}
            row |= {"maybe_sent": True} if ambiguous else {}
            return row | ({} if counts else {"attempts": given_back})
        case Gone(reason):
            return {"state": "ready", "last_error": reason}
        case Unsendable(reason):
            return {"state": "dead", "last_error": reason}
        case Moved():
            return {"state": "ready", "last_error": "the chat has a new id"}
        case NoTopic(reason):
            return {"state": "ready", "last_error": reason, "attempts": given_back}
        case Stop(reason):
            return {"state": "ready", "last_error": reason, "attempts": given_back}


async def _remember(connection: AsyncConnection, out: Outgoing, row: Row[Any], message_id: int) -> None:
    """The first message about an incident is the one that later ones reply to; a catch-up can be it too."""
    query = select(change.c.number).distinct()  # asked anew: it may have become part of another meanwhile
    if isinstance(out, Alert):
        query = query.join(delivery, delivery.c.change_id == change.c.id).where(delivery.c.id == out.delivery_id)
    else:
        query = query.join(held, held.c.change_id == change.c.id).where(held.c.delivery_id == out.delivery_id)
    numbers = list((await connection.execute(query)).scalars())
    await connection.execute(delete(held).where(held.c.delivery_id == out.delivery_id))
    for number in numbers:
        key = {"chat_id": row.chat_id, "thread_id": row.thread_id, "number": number}
        first = upsert(told).values(**key, message_id=message_id)
        kept = first.on_conflict_do_update(
            index_elements=list(key), set_={"message_id": message_id}, where=told.c.message_id == NO_MESSAGE
        )
        await connection.execute(kept)
