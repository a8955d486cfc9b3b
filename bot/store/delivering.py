"""The deliver loop's side: the outbox. A claim is the durable intent to send, so after a crash only claimed rows can
have been sent without our knowing, and they are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import (
    SILENT,
    Alert,
    Change,
    ChatKind,
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
    Severity,
    State,
    Stop,
    Unsendable,
)
from bot.store.base import Base
from bot.store.chats import chat_of, here_for_nothing, move
from bot.store.outbox import BUNDLED, LATER, Outbox, note
from bot.store.schema import (
    NO_MESSAGE,
    NO_THREAD,
    READY,
    change,
    chat,
    delivery,
    held,
    incident,
    mute,
    subscription,
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
                    await _close(connection, row.chat_id, reason, now)
                    if NEVER_WROTE in reason.lower():
                        await _drop_stranger(connection, row.chat_id)
                case Moved(new_chat_id) if new_chat_id != row.chat_id:
                    await move(connection, row.chat_id, new_chat_id)
                case NoTopic(reason) if row.thread_id == out.thread_id:  # else another answer moved it already
                    await _leave_topic(connection, row.chat_id, row.thread_id, reason, now)
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


async def _close(connection: AsyncConnection, chat_id: int, reason: str, now: datetime) -> None:
    """Nothing reaches this chat any more; who set it up is told, by the first message that finds it so."""
    closed = await connection.execute(
        update(chat).where(chat.c.chat_id == chat_id, chat.c.active).values(active=False, paused_reason=reason)
    )
    await Outbox(connection).set_aside(chat.c.chat_id == chat_id, now)
    await connection.execute(
        update(delivery)
        .where(delivery.c.chat_id == chat_id, delivery.c.state == READY, delivery.c.change_id.is_(None))
        .values(state="dead", last_error=reason)
    )
    # what a catch-up was to tell is told when the chat is back
    await connection.execute(update(held).where(held.c.chat_id == chat_id).values(delivery_id=None))
    if closed.rowcount:
        await tell_steward(
            connection, chat_id, f"I can no longer write in the group or channel {chat_id}, so alerts there are "
            "paused. Give me back the right to send messages; then they go on by themselves.", now,
        )  # fmt: skip


async def _drop_stranger(connection: AsyncConnection, chat_id: int) -> None:
    """Of a person who never wrote to us, and is here only because we had a word for them, nothing is kept."""
    told_news = exists().where(delivery.c.chat_id == chat_id, delivery.c.kind != NoteKind.NOTICE.value)
    mine = select(chat.c.chat_id).where(chat.c.chat_id == chat_id, here_for_nothing(), ~told_news)
    if (await connection.execute(mine)).one_or_none() is not None:
        await connection.execute(delete(delivery).where(delivery.c.chat_id == chat_id))
        await connection.execute(delete(chat).where(chat.c.chat_id == chat_id))


async def _leave_topic(connection: AsyncConnection, chat_id: int, thread_id: int, reason: str, now: datetime) -> None:
    """What was posted in a topic that is closed or gone goes to the group itself from now on, and says so there."""
    if thread_id == NO_THREAD:  # the general topic itself is closed: nothing can be said in this group
        await _close(connection, chat_id, reason, now)
        return
    # who replies to a message writes in its topic, whatever topic is named: the story goes on without replies
    in_topic = (told.c.chat_id == chat_id, told.c.thread_id == thread_id)
    await connection.execute(update(told).where(*in_topic).values(message_id=NO_MESSAGE))
    for table, others, superfluous in (
        (subscription, ("area",), true()),
        (told, ("number",), true()),
        (delivery, ("change_id", "part"), delivery.c.state.in_(["ready", "sending"])),
        (held, ("change_id",), held.c.delivery_id.is_(None)),
    ):
        there = table.alias("there")
        same = exists().where(
            there.c.chat_id == chat_id, there.c.thread_id == NO_THREAD, *(there.c[o] == table.c[o] for o in others)
        )
        mine = (table.c.chat_id == chat_id, table.c.thread_id == thread_id)
        await connection.execute(update(table).where(*mine, ~same).values(thread_id=NO_THREAD))
        # what the group itself has already goes, but for what was sent here and what a catch-up tells
        await connection.execute(delete(table).where(*mine, superfluous))
    await connection.execute(
        update(chat).where(chat.c.chat_id == chat_id, chat.c.daily_thread == thread_id).values(daily_thread=NO_THREAD)
    )
    words = (
        "The topic in which I posted is closed or was deleted, so I post here from now on. An admin can open a topic "
        "and write /subscribe in it to have alerts there."
    )
    await Outbox(connection).notice([chat_id], words, now)
    await tell_steward(connection, chat_id, f"In the group {chat_id}: {words[0].lower()}{words[1:]}", now)


async def tell_steward(connection: AsyncConnection, chat_id: int, words: str, now: datetime) -> None:
    """A word to the private chat that set a group or channel up, if it is still known."""
    row = (await connection.execute(select(chat.c.steward, chat.c.kind).where(chat.c.chat_id == chat_id))).one_or_none()
    if row is not None and row.steward is not None and row.kind != ChatKind.PRIVATE:
        await Outbox(connection).notice([row.steward], words, now)
