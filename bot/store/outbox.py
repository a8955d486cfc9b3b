"""What is written for sending, inside a transaction that somebody else began: alerts, what is held back, notices."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, literal, or_, select, true, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.judge.routing import quiet_until, zone_of
from bot.model import Change, ChangeKind, ChatKind, Incident, NoteKind, Severity, State
from bot.store import schema
from bot.store.chats import end_empty, mute_of
from bot.store.codec import UtcTime
from bot.store.schema import NO_THREAD, READY, chat, delivery, held, incident, mute, told
from bot.store.sqlite import upsert
from bot.store.wanting import areas_of, wanting

URGENT_NOTE = 1  # a notice goes with severe alerts
LATER = 4  # catch-ups and daily lines go after every alert
TAKEN_BACK = "withdrawn before it was sent"
MUTED = "you had muted this"
AWAY = "they waited while I could not write here (/summary has what came since)"
SET_ASIDE = "told in one message with others"
BUNDLED = "so many came at once"
DOWN = "I was not running or could not read this source"


class Outbox:
    """One write transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def enqueue(self, change_id: int, change: Change, at: datetime, *, only: Collection[int] = ()) -> int:
        """One outbox row per chat and topic that wants this change; again changes nothing. Returns the rows written.

        Wanted: see bot.store.wanting, with the severity before or after the change, whichever is worse. A chat that
        muted this gets it later in one message; extreme news it gets now, without sound. `only`: these chats and no
        others (a shadow run). For a withdrawal see `withdraw`.
        """
        severity = max(change.before or Severity.MINOR, change.incident.severity)
        prio = Severity.EXTREME - severity
        if change.before is not None and severity > change.before:
            await self._hurry(change.incident.number, prio)
        if only:
            wants: Any = select(chat.c.chat_id, literal(NO_THREAD).label("thread_id")).where(chat.c.chat_id.in_(only))
        else:
            wants = wanting(change.incident, severity)
        rows = wants.subquery()
        muting = _muting(change.incident, at, rows.c.chat_id)
        plain = select(*_alert(change_id, rows.c, prio, at).values()).where(~muting)
        count = await self._write_alerts(change_id, plain, rows.c, prio, at)
        muted = (await self._connection.execute(select(rows.c.chat_id, rows.c.thread_id).where(muting))).all()
        for row in muted:
            count += await self._to_muted(change_id, change, row, prio, at)
        return count

    async def _write_alerts(self, change_id: int, rows: Any, c: Any, prio: int, at: datetime) -> int:
        names = list(_alert(change_id, c, prio, at))
        result = await self._connection.execute(upsert(delivery).from_select(names, rows).on_conflict_do_nothing())
        return result.rowcount

    async def _to_muted(self, change_id: int, change: Change, row: Row[Any], prio: int, at: datetime) -> int:
        """The change for a chat with a mute on this area: now, now without sound, or held back until the mute ends."""
        until = await self.rests_until(change.incident, row.chat_id, at)
        urgent = change.incident.severity is Severity.EXTREME
        if until is not None and not urgent:
            await self._hold(change_id, [(row.chat_id, row.thread_id)], MUTED, until)
            return 0
        values = _alert(change_id, row, prio, at) | {"silent": until is not None}
        result = await self._connection.execute(upsert(delivery).values(values).on_conflict_do_nothing())
        return result.rowcount

    async def rests_until(self, of: Incident, chat_id: int, at: datetime) -> datetime | None:
        """Until when the mutes of a chat keep this incident from it; None when none of them rests now."""
        found = await self._connection.execute(
            select(mute, chat.c.tz)
            .join(chat, chat.c.chat_id == mute.c.chat_id)
            .where(mute.c.chat_id == chat_id, mute.c.area.in_(areas_of(of)))
        )
        rows = found.all()
        return quiet_until([mute_of(r) for r in rows], zone_of(rows[0].tz), at) if rows else None

    async def hold_for_all(self, change_id: int, change: Change, due_at: datetime) -> int:
        """Every chat that wants this change is told of it later, in one message with others; returns how many."""
        severity = max(change.before or Severity.MINOR, change.incident.severity)
        rows = (await self._connection.execute(wanting(change.incident, severity))).all()
        await self._hold(change_id, [(r.chat_id, r.thread_id) for r in rows], DOWN, due_at)
        return len(rows)

    async def _hold(self, change_id: int, to: Iterable[tuple[int, int]], reason: str, due_at: datetime) -> None:
        values = [
            {"chat_id": c, "thread_id": t, "change_id": change_id, "reason": reason, "due_at": due_at} for c, t in to
        ]
        if values:
            await self._connection.execute(upsert(held).on_conflict_do_nothing(), values)

    async def set_aside(self, which: ColumnElement[bool], at: datetime, *, reason: str = AWAY) -> None:
        """Alerts that wait: one message tells them, from `at` on when their chat is there. A withdrawal stays as it is,
        the reply to what it takes back. `which`: a clause on `chat` and `delivery`."""
        changes, chats = schema.change, chat
        query = (
            select(delivery.c.id, delivery.c.chat_id, delivery.c.thread_id, delivery.c.change_id)
            .join(chats, chats.c.chat_id == delivery.c.chat_id)
            .join(changes, changes.c.id == delivery.c.change_id)
            .where(which, delivery.c.state == READY, changes.c.kind != ChangeKind.WITHDRAWN.value)
        )
        rows = (await self._connection.execute(query)).all()
        for row in rows:
            await self._hold(row.change_id, [(row.chat_id, row.thread_id)], reason, at)
            await self._connection.execute(
                update(delivery).where(delivery.c.id == row.id).values(state="dead", last_error=SET_ASIDE)
            )

    async def _hurry(self, number: int, prio: int) -> None:
        """What waits of a story that got worse: a chat gets a story in order, so the old must not hold up the new."""
        await self._connection.execute(
            update(delivery)
            .where(delivery.c.state == READY, delivery.c.prio > prio, delivery.c.change_id.in_(_changes_of(number)))
            .values(prio=prio)
        )

    async def withdraw(self, change_id: int, change: Change, at: datetime) -> int:
        """Tell everybody who was, or may have been, told of an incident that it was taken back, and nobody else: what
        was surely not sent yet goes nowhere. Returns how many chats and topics are told."""
        # a topic may be gone and a chat paused meanwhile: those rows wait or die as all others do
        number = change.incident.number
        earlier = delivery.c.change_id.in_(_changes_of(number))
        maybe_sent = _maybe_sent()
        holding = held.c.change_id.in_(_changes_of(number))
        await self._drop_unsaid(number)
        rows = union(
            select(told.c.chat_id, told.c.thread_id).where(told.c.number == number),
            select(delivery.c.chat_id, delivery.c.thread_id).where(earlier, maybe_sent),
            select(held.c.chat_id, held.c.thread_id)
            .join(delivery, delivery.c.id == held.c.delivery_id)
            .where(holding, maybe_sent),
        ).subquery()
        prio = Severity.EXTREME - change.incident.severity
        # where(true()): without a WHERE, SQLite takes ON CONFLICT for the ON of a join
        alerts = select(*_alert(change_id, rows.c, prio, at).values()).where(true())
        count = await self._write_alerts(change_id, alerts, rows.c, prio, at)
        on_its_way = exists().where(delivery.c.id == held.c.delivery_id, delivery.c.state == "sending")
        await self._connection.execute(held.delete().where(holding, ~on_its_way))
        await end_empty(self._connection, TAKEN_BACK)
        return count

    async def withdrawn_in(self, delivery_id: int) -> list[int]:
        """Numbers of the incidents that a message on its way tells of and that were withdrawn meanwhile."""
        told_by = or_(
            exists().where(delivery.c.id == delivery_id, delivery.c.change_id == schema.change.c.id),
            exists().where(held.c.delivery_id == delivery_id, held.c.change_id == schema.change.c.id),
        )
        query = select(incident.c.number).join(schema.change, schema.change.c.number == incident.c.number)
        query = query.where(incident.c.state == State.WITHDRAWN.value, told_by).distinct()
        return list((await self._connection.execute(query)).scalars())

    async def unsaid(self, numbers: Collection[int]) -> None:
        """A message that told of these withdrawn incidents was not sent after all: it goes nowhere, and nor does the
        withdrawal to who was told nothing else of them."""
        for number in numbers:
            on_its_way = exists().where(delivery.c.id == held.c.delivery_id, _maybe_sent())
            await self._connection.execute(held.delete().where(held.c.change_id.in_(_changes_of(number)), ~on_its_way))
            await self._drop_unsaid(number)
        if numbers:
            await end_empty(self._connection, TAKEN_BACK)

    async def _drop_unsaid(self, number: int) -> None:
        """What waits of a withdrawn incident and was surely not sent, its withdrawal too where nothing was."""
        of_it, changes = delivery.c.change_id.in_(_changes_of(number)), schema.change
        taking_back = exists().where(changes.c.id == delivery.c.change_id, changes.c.kind == ChangeKind.WITHDRAWN.value)
        other, tells = delivery.alias("other"), delivery.alias("tells")
        here = (other.c.chat_id == delivery.c.chat_id, other.c.thread_id == delivery.c.thread_id)
        heard = or_(
            exists().where(
                told.c.chat_id == delivery.c.chat_id, told.c.thread_id == delivery.c.thread_id, told.c.number == number
            ),
            exists().where(
                *here, other.c.id != delivery.c.id, other.c.change_id.in_(_changes_of(number)), _maybe_sent(other)
            ),
            exists().where(
                held.c.chat_id == delivery.c.chat_id, held.c.thread_id == delivery.c.thread_id,
                held.c.change_id.in_(_changes_of(number)), tells.c.id == held.c.delivery_id, _maybe_sent(tells),
            ),
        )  # fmt: skip
        waits = (of_it, delivery.c.state == READY, ~delivery.c.maybe_sent)
        for which in (~taking_back, and_(taking_back, ~heard)):
            await self._connection.execute(
                update(delivery).where(*waits, which).values(state="dead", last_error=TAKEN_BACK)
            )

    async def notice(self, chat_ids: Iterable[int], body: str, at: datetime, *, once: str | None = None) -> None:
        """A word to those who can act, such as operators: HTML, sent as it is. `once`: a name under which each chat
        gets it one time only."""
        for chat_id in dict.fromkeys(chat_ids):
            kind = ChatKind.PRIVATE if chat_id > 0 else ChatKind.GROUP
            known = upsert(chat).values(
                chat_id=chat_id, active=True, created_day=at.date(), kind=kind.value, admitted=False
            )
            await self._connection.execute(known.on_conflict_do_nothing())
            row = upsert(delivery).values(
                **note(NoteKind.NOTICE, chat_id, NO_THREAD, URGENT_NOTE, at), body=body,
                once=None if once is None else f"{once}:{chat_id}",
            )  # fmt: skip
            await self._connection.execute(row.on_conflict_do_nothing())


def note(kind: NoteKind, chat_id: int, thread_id: int, prio: int, at: datetime) -> dict[str, Any]:
    """The columns of an outbox row that is no alert."""
    return {
        "kind": kind.value, "chat_id": chat_id, "thread_id": thread_id, "part": 0, "prio": prio, "state": "ready",
        "not_before": at, "attempts": 0, "maybe_sent": False,
    }  # fmt: skip


def _alert(change_id: int, to: Any, prio: int, at: datetime) -> dict[str, Any]:
    """The columns of an alert; `to` has chat_id and thread_id, columns or values."""
    return {
        "change_id": literal(change_id), "chat_id": to.chat_id, "thread_id": to.thread_id, "part": literal(0),
        "prio": literal(prio), "state": READY, "not_before": literal(at, UtcTime), "attempts": literal(0),
        "maybe_sent": literal(False),
    }  # fmt: skip


def _muting(of: Incident, at: datetime, chat_id: Any) -> ColumnElement[bool]:
    """Does a chat have a mute on an area that this incident lies in? Whether it rests now is for quiet_until to say."""
    return exists().where(
        mute.c.chat_id == chat_id,
        mute.c.area.in_(areas_of(of)),
        or_(mute.c.nightly, mute.c.until > at),
    )


def _maybe_sent(table: Any = delivery) -> ColumnElement[bool]:
    """Was it sent, or may it have been?"""
    return or_(table.c.state.in_(["sending", "sent"]), table.c.maybe_sent)


def _changes_of(number: int) -> Any:
    return select(schema.change.c.id).where(schema.change.c.number == number)
