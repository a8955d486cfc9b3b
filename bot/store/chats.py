"""Chats and what they want: subscriptions, mutes, settings, invitations; and forgetting all of it at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Chat, ChatKind, Digest, Mute, NoteKind, Severity, Subscription
from bot.store.base import Base
from bot.store.codec import UtcTime, categories, mask
from bot.store.schema import (
    EVERYWHERE,
    NO_MESSAGE,
    READY,
    change,
    chat,
    delivery,
    held,
    incident,
    invitation,
    mute,
    said,
    subscription,
    told,
)
from bot.store.sqlite import scrub, upsert
from bot.store.wanting import covers

ALL = "all"  # to unsubscribe from, or to unmute; no area is called so
OF_A_CHAT = (held, delivery, told, said, mute, subscription, chat)  # all that holds a chat's id, in order of deleting
UNSUBSCRIBED = "unsubscribed"


class Chats(Base):
    """What people set, and what is kept of them. An `area` of None is everywhere."""

    async def subscribe(
        self, wanted: Subscription, today: date, *, kind: ChatKind = ChatKind.PRIVATE, steward: int | None = None
    ) -> None:
        """Add a subscription, or change the one to the same area in the same topic; who subscribes is paused no
        longer."""
        values = {"at_least": wanted.at_least.value, "categories": mask(wanted.categories), "within": _list(wanted)}
        key = {"chat_id": wanted.chat_id, "thread_id": wanted.thread_id, "area": wanted.area or EVERYWHERE}
        row = upsert(subscription).values(**key, **values)
        async with self._write() as connection:
            known: dict[str, Any] = {"active": True, "paused_reason": None, "kind": kind.value}
            await _known(connection, wanted.chat_id, today, known | ({"steward": steward} if steward else {}))
            await connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=values))

    async def unsubscribe(self, chat_id: int, area: str | None, *, thread_id: int | None = None) -> int:
        """End one subscription (None: the one to everywhere) or ALL; returns how many ended. `thread_id`: only those
        of this topic.

        What no other subscription of the chat covers ends with it: follow-ups of incidents it was told of, and
        messages not sent yet.
        """
        which = subscription.c.chat_id == chat_id
        if thread_id is not None:
            which = and_(which, subscription.c.thread_id == thread_id)
        if area != ALL:
            which = and_(which, subscription.c.area == (area or EVERYWHERE))
        async with self._write() as connection:
            ended = (await connection.execute(delete(subscription).where(which))).rowcount
            if ended:
                await _silence(connection, chat_id)
        return ended

    async def subscriptions(self, chat_id: int) -> list[Subscription]:
        """By topic and area, everywhere first."""
        t = subscription.c
        query = select(subscription).where(t.chat_id == chat_id).order_by(t.thread_id, t.area)
        async with self._read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Subscription(
                chat_id, r.area or None, Severity(r.at_least), categories(r.categories), r.thread_id,
                tuple(r.within.strip("|").split("|")) if r.within else (),
            )
            for r in rows
        ]  # fmt: skip

    async def subscriber_count(self) -> int:
        """Chats with at least one subscription."""
        async with self._read() as connection:
            row = await connection.execute(select(func.count(subscription.c.chat_id.distinct())))
            return int(row.scalar_one())

    async def chat(self, chat_id: int) -> Chat | None:
        """What is kept of a chat; None when nothing is."""
        async with self._read() as connection:
            row = (await connection.execute(select(chat).where(chat.c.chat_id == chat_id))).one_or_none()
        return None if row is None else chat_of(row)

    async def chat_known(self, chat_id: int) -> bool:
        """Is anything kept of this chat?"""
        return await self.chat(chat_id) is not None

    async def set_chat(self, chat_id: int, today: date, **values: Any) -> None:
        """Change columns of a chat, which is made when it is new; see schema.chat for their names."""
        async with self._write() as connection:
            await _known(connection, chat_id, today, values)

    async def pause_chat(self, chat_id: int, reason: str) -> bool:
        """No more alerts to this chat until it is resumed or subscribes again; False when it is unknown."""
        return await self._set(chat_id, active=False, paused_reason=reason)

    async def resume_chat(self, chat_id: int) -> bool:
        """Alerts again, those still waiting included; False when the chat is unknown."""
        return await self._set(chat_id, active=True, paused_reason=None)

    async def _set(self, chat_id: int, **values: Any) -> bool:
        async with self._write() as connection:
            result = await connection.execute(update(chat).where(chat.c.chat_id == chat_id).values(values))
        return result.rowcount == 1

    # --- mutes -----------------------------------------------------------------------------------

    async def mute(self, wanted: Mute) -> None:
        """Mute an area of a known chat; a second mute of the same area and form replaces the first."""
        key = {"chat_id": wanted.chat_id, "area": wanted.area or EVERYWHERE, "nightly": wanted.nightly}
        values = {"until": wanted.until, "start": wanted.start, "end": wanted.end}
        row = upsert(mute).values(**key, **values)
        async with self._write() as connection:
            await connection.execute(row.on_conflict_do_update(index_elements=list(key), set_=values))

    async def mutes(self, chat_id: int, now: datetime) -> list[Mute]:
        """Those that are not over, by area, everything first."""
        query = select(mute).where(mute.c.chat_id == chat_id).order_by(mute.c.area, mute.c.nightly)
        async with self._read() as connection:
            rows = (await connection.execute(query)).all()
        found = [mute_of(row) for row in rows]
        return [m for m in found if m.until is None or m.until > now]

    async def unmute(self, chat_id: int, now: datetime, area: str | None = ALL, *, nightly: bool | None = None) -> int:
        """End ALL mutes of a chat, or those of one area (None: of everything); `nightly`: only those of this form. What
        was held back is due now, and what another mute covers is put off again. Returns how many ended."""
        which = mute.c.chat_id == chat_id
        if area != ALL:
            which = and_(which, mute.c.area == (area or EVERYWHERE))
        if nightly is not None:
            which = and_(which, mute.c.nightly == nightly)
        async with self._write() as connection:
            ended = (await connection.execute(delete(mute).where(which))).rowcount
            if ended:
                waits = (held.c.chat_id == chat_id, held.c.due_at > now)
                await connection.execute(update(held).where(*waits).values(due_at=now))
        return ended

    # --- invitations -----------------------------------------------------------------------------

    async def invite(self, code_hash: str, expires: datetime) -> None:
        """Remember an invitation by the hash of its code."""
        async with self._write() as connection:
            await connection.execute(insert(invitation).values(code_hash=code_hash, expires=expires))

    async def admit(self, code_hash: str, chat_id: int, kind: ChatKind, now: datetime) -> bool:
        """Use an invitation up and take the chat in, as one; False when there is none, or it is over."""
        used = delete(invitation).where(invitation.c.code_hash == code_hash, invitation.c.expires > now)
        async with self._write() as connection:
            if (await connection.execute(used)).rowcount != 1:
                return False
            await _known(connection, chat_id, now.date(), {"admitted": True, "active": True, "kind": kind.value})
        return True

    # --- what goes again -------------------------------------------------------------------------

    async def remember_said(self, chat_id: int, message_ids: Sequence[int], at: datetime) -> None:
        """Keep the ids of answers to a chat that is known; nothing of one that is not."""
        is_known = exists().where(chat.c.chat_id == chat_id)
        async with self._write() as connection:
            for number in message_ids:
                row = select(literal(chat_id), literal(number), literal(at, UtcTime)).where(is_known)
                await connection.execute(
                    upsert(said).from_select(["chat_id", "message_id", "at"], row).on_conflict_do_nothing()
                )

    async def recent_messages(self, chat_id: int, since: datetime) -> list[int]:
        """Ids of what we wrote to a chat since then, alerts and answers, the oldest first."""
        alerts = select(delivery.c.message_id).where(
            delivery.c.chat_id == chat_id, delivery.c.sent_at >= since, delivery.c.message_id.is_not(None)
        )
        answers = select(said.c.message_id).where(said.c.chat_id == chat_id, said.c.at >= since)
        async with self._read() as connection:
            return sorted((await connection.execute(alerts.union(answers))).scalars())

    async def forget(self, chat_id: int) -> dict[str, int]:
        """Delete all that is kept of a chat, from the files too; returns rows deleted per table. What it had set up
        stays without a steward, and what waits to tell its own steward about it is not told."""
        async with self._write() as connection:
            counts = await forget(connection, chat_id)
        await scrub(self._writer)
        return counts

    async def move_chat(self, old: int, new: int) -> None:
        """The chat has a new id: a group became a supergroup."""
        async with self._write() as connection:
            await move(connection, old, new)


def chat_of(row: Row[Any]) -> Chat:
    """A row of the table chat."""
    return Chat(
        row.chat_id, ChatKind(row.kind), row.active, row.paused_reason, row.admitted, Severity(row.at_least), row.tz,
        row.daily, row.discreet, row.steward, Digest(row.digest),
    )  # fmt: skip


def mute_of(row: Row[Any]) -> Mute:
    """A row of the table mute."""
    return Mute(row.chat_id, row.area or None, row.until, row.start, row.end)


def _list(wanted: Subscription) -> str:
    return f"|{'|'.join(wanted.within)}|" if wanted.within else ""


def here_for_nothing() -> ColumnElement[bool]:
    """Is a row of `chat` here for nothing: no subscription, setting or invitation used, nothing told or to be told?
    Its outbox is the caller's to look at."""
    c = chat.c
    kept = [exists().where(t.c.chat_id == c.chat_id).correlate(chat) for t in (subscription, told, held, said, mute)]
    return and_(~or_(*kept), ~c.admitted, c.daily.is_(None), c.at_least == 0, ~c.discreet, c.tz == "UTC")


async def _known(connection: AsyncConnection, chat_id: int, today: date, values: dict[str, Any]) -> None:
    row = upsert(chat).values(chat_id=chat_id, **{"active": True, "created_day": today, **values})
    await connection.execute(
        row.on_conflict_do_update(index_elements=["chat_id"], set_=values) if values else row.on_conflict_do_nothing()
    )


async def forget(connection: AsyncConnection, chat_id: int) -> dict[str, int]:
    """Delete all rows of a chat; see Chats.forget."""
    counts: dict[str, int] = {}
    for table in OF_A_CHAT:
        result = await connection.execute(delete(table).where(table.c.chat_id == chat_id))
        counts[table.name] = result.rowcount
    await connection.execute(update(chat).where(chat.c.steward == chat_id).values(steward=None))
    if chat_id < 0:  # only groups and channels are named in a notice, by their number
        await _drop_notices_about(connection, chat_id)
    return counts


async def _drop_notices_about(connection: AsyncConnection, chat_id: int) -> None:
    """Notices, waiting or dead, that name a group or channel; not those that name one whose number begins like it."""
    d = delivery.c
    query = select(d.id, d.body).where(d.kind == NoteKind.NOTICE.value, d.body.contains(str(chat_id)))
    about = [r.id for r in await connection.execute(query) if re.search(rf"{chat_id}(?!\d)", r.body)]
    await connection.execute(delete(delivery).where(d.id.in_(about)))


async def _silence(connection: AsyncConnection, chat_id: int) -> None:
    """Drop what no subscription of the chat covers any more, in each topic."""

    def covered(number: Any, thread_id: Any) -> Any:
        found = exists().where(
            incident.c.number == number,
            subscription.c.chat_id == chat_id,
            subscription.c.thread_id == thread_id,
            covers(),
        )
        return found.correlate(told, delivery, held, change)  # by itself it looks one level up only

    await connection.execute(delete(told).where(told.c.chat_id == chat_id, ~covered(told.c.number, told.c.thread_id)))
    uncovered = exists().where(change.c.id == delivery.c.change_id, ~covered(change.c.number, delivery.c.thread_id))
    await connection.execute(
        update(delivery)
        .where(delivery.c.chat_id == chat_id, delivery.c.state == READY, uncovered)
        .values(state="dead", last_error=UNSUBSCRIBED)
    )
    gone = exists().where(change.c.id == held.c.change_id, ~covered(change.c.number, held.c.thread_id))
    in_hand = exists().where(delivery.c.id == held.c.delivery_id, delivery.c.state != READY)
    await connection.execute(delete(held).where(held.c.chat_id == chat_id, ~in_hand, gone))
    await end_empty(connection, UNSUBSCRIBED)


async def end_empty(connection: AsyncConnection, reason: str) -> None:
    """Catch-ups that wait and have nothing left to tell go nowhere."""
    tells = exists().where(held.c.delivery_id == delivery.c.id)
    await connection.execute(
        update(delivery)
        .where(delivery.c.state == READY, delivery.c.kind == NoteKind.CATCH_UP.value, ~tells)
        .values(state="dead", last_error=reason)
    )


async def move(connection: AsyncConnection, old: int, new: int) -> None:
    """All rows of a chat under its new id; what the new id has already, because it wrote to us first, stays."""
    # numbers of messages begin anew in a supergroup: what has an old number there is somebody else's message
    await connection.execute(update(told).where(told.c.chat_id == old).values(message_id=NO_MESSAGE))
    for table in (chat, subscription, mute, told):
        key = table.c.chat_id
        columns = [literal(new).label("chat_id"), *(c for c in table.c if c is not key)]
        names = ["chat_id", *(c.name for c in table.c if c is not key)]
        rows = select(*columns).where(key == old)
        await connection.execute(upsert(table).from_select(names, rows).on_conflict_do_nothing())
    there = delivery.alias("there")
    same = exists().where(
        there.c.chat_id == new, there.c.change_id == delivery.c.change_id,
        there.c.thread_id == delivery.c.thread_id, there.c.part == delivery.c.part,
    )  # fmt: skip
    await connection.execute(
        update(delivery).where(delivery.c.chat_id == old, ~same).values(chat_id=new, message_id=None)
    )
    twice = held.alias("twice")
    known = exists().where(
        twice.c.chat_id == new, twice.c.change_id == held.c.change_id, twice.c.thread_id == held.c.thread_id
    )
    await connection.execute(update(held).where(held.c.chat_id == old, ~known).values(chat_id=new))
    await connection.execute(update(chat).where(chat.c.steward == old).values(steward=new))
    for table in OF_A_CHAT:
        await connection.execute(delete(table).where(table.c.chat_id == old))
    await end_empty(connection, "told under the chat's new id")
