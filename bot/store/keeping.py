"""Housekeeping: what is old goes, and what operators were told is wrong is remembered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import ChangeKind, Incident, NoteKind, State
from bot.store.base import Base
from bot.store.chats import UNSUBSCRIBED, forget, here_for_nothing
from bot.store.codec import MICROSECOND
from bot.store.merging import TOLD_ALREADY
from bot.store.outbox import SET_ASIDE, TAKEN_BACK, Outbox
from bot.store.schema import (
    READY,
    change,
    chat,
    delivery,
    held,
    incident,
    invitation,
    item,
    mute,
    run,
    said,
    source_state,
    told,
    trouble,
)
from bot.store.sqlite import upsert
from bot.store.watching import LISTED_EVERY

MEANT = (UNSUBSCRIBED, TAKEN_BACK, SET_ASIDE, TOLD_ALREADY)  # why a row may die without anybody missing it
START_COUNTED = timedelta(hours=1)
START_TOLD = timedelta(hours=6)
RUNS_KEPT = timedelta(days=1)
SAID_FOR = timedelta(hours=48)  # how long Telegram lets a bot take its messages back


@dataclass(frozen=True, slots=True)
class Starts:
    """What a start comes after. `orderly`: the run before ended in order, or there was none; `lately`: starts within
    START_COUNTED, this one too; `told`: the most starts of which operators were told within START_TOLD, 0 for none."""

    orderly: bool
    lately: int
    told: int


class Keeping(Base):
    """What the oversee loop asks and writes."""

    async def begin_run(self, now: datetime) -> Starts:
        """The program starts; says what it comes after."""
        t = run.c
        async with self._write() as connection:
            last = (await connection.execute(select(t.ended).order_by(t.started.desc()).limit(1))).one_or_none()
            await connection.execute(delete(run).where(t.started < now - RUNS_KEPT))
            await connection.execute(upsert(run).values(started=now).on_conflict_do_nothing())
            lately = select(func.count()).where(t.started > now - START_COUNTED)
            told = select(func.max(t.told)).where(t.started > now - START_TOLD)
            return Starts(
                last is None or last.ended is not None,
                (await connection.execute(lately)).scalar_one(),
                (await connection.execute(told)).scalar() or 0,
            )

    async def note_run(self, *, told: int | None = None, ended: datetime | None = None) -> None:
        """Write to the row of this run: of how many starts operators were told, that it ended in order."""
        values = {name: value for name, value in (("told", told), ("ended", ended)) if value is not None}
        this = select(func.max(run.c.started)).scalar_subquery()
        async with self._write() as connection:
            await connection.execute(update(run).where(run.c.started == this).values(values))

    async def purge(
        self,
        now: datetime,
        *,
        items: timedelta,
        deliveries: timedelta,
        threads: timedelta,
        away: timedelta = timedelta(days=180),
    ) -> dict[str, int]:
        """Delete what is older than that (bot.toml, [retention]); returns rows per table. Incidents and what changed
        them are kept, without the changes that told nothing new; a chat of which nothing else is left goes too, and one
        that is `away` for so long, with all that is kept of it."""
        settled = or_(delivery.c.state.in_(["sent", "dead"]), _stranded())
        since = func.coalesce(delivery.c.sent_at, delivery.c.claimed_at, delivery.c.not_before)
        over = exists().where(
            incident.c.number == told.c.number,
            incident.c.state.in_([State.RESOLVED.value, State.WITHDRAWN.value]),
            incident.c.updated < now - threads,
        )
        used = or_(exists().where(delivery.c.change_id == change.c.id), exists().where(held.c.change_id == change.c.id))
        idle = ~exists().where(held.c.delivery_id == delivery.c.id)
        rules = {
            "held": delete(held).where(held.c.due_at < now - deliveries, _ended()),
            "delivery": delete(delivery).where(settled, since < now - deliveries, idle),
            "told": delete(told).where(over),
            "item": delete(item).where(item.c.first_seen < now - items, ~_still_listed(now - items)),
            "change": delete(change).where(
                change.c.kind == ChangeKind.REPEATED.value, change.c.at < now - items, ~used
            ),
            "said": delete(said).where(said.c.at < now - SAID_FOR),
            "mute": delete(mute).where(mute.c.until <= now),
            "invitation": delete(invitation).where(invitation.c.expires <= now),
        }
        counts: dict[str, int] = {}
        async with self._write() as connection:
            for name, rule in rules.items():
                counts[name] = (await connection.execute(rule)).rowcount
            counts["chat"] = (await connection.execute(_empty_chats())).rowcount
            counts["chat"] += await _forget_who_is_away(connection, now, now - away)
        return counts

    async def doze(self, now: datetime, stale: Callable[[Incident], timedelta]) -> list[int]:
        """Open incidents of which nothing was heard for longer than `stale` become dormant; returns their numbers. The
        next report wakes them (bot.judge.incidents). Nothing is told: no report changed what is believed."""
        t = incident.c
        dormant: list[int] = []
        async with self._write() as connection:
            query = select(t.facts).where(t.state == State.OPEN.value).order_by(t.number)
            for one in (await connection.execute(query)).scalars().all():
                if now - one.updated > stale(one):
                    values = {"state": State.DORMANT.value, "facts": replace(one, state=State.DORMANT)}
                    await connection.execute(update(incident).where(t.number == one.number).values(values))
                    dormant.append(one.number)
        return dormant

    async def unsendable(self, since: datetime) -> tuple[int, str]:
        """How many messages died since then in chats that can be reached, and the last reason: lost, each of them."""
        d = delivery.c
        query = (
            select(func.count().over(), d.last_error)
            .join(chat, chat.c.chat_id == d.chat_id)
            .where(d.state == "dead", d.claimed_at >= since, chat.c.active, d.last_error.not_in(MEANT))
            .order_by(d.claimed_at.desc(), d.id.desc())
        )
        async with self._read() as connection:
            row = (await connection.execute(query.limit(1))).one_or_none()
        return (0, "") if row is None else (row[0], row[1])

    async def troubles(self) -> dict[str, tuple[datetime, str]]:
        """What operators were told is wrong: key to since when and the sentence."""
        async with self._read() as connection:
            rows = (await connection.execute(select(trouble))).all()
        return {row.key: (row.since, row.sentence) for row in rows}

    async def tell_operators(
        self,
        operators: Collection[int],
        body: str,
        now: datetime,
        *,
        begun: Mapping[str, str] | None = None,
        over: Collection[str] = (),
    ) -> None:
        """One notice to every operator, and what it says is wrong (`begun`: key to sentence) or right again (`over`),
        as one."""
        async with self._write() as connection:
            await connection.execute(delete(trouble).where(trouble.c.key.in_(over)))
            for key, sentence in (begun or {}).items():
                await connection.execute(insert(trouble).values(key=key, since=now, sentence=sentence))
            await Outbox(connection).notice(operators, body, now)


async def _forget_who_is_away(connection: AsyncConnection, now: datetime, since: datetime) -> int:
    """Note who is away, and delete all that is kept of chats that were away already on the day of `since`."""
    c = chat.c
    await connection.execute(update(chat).where(c.active, c.away_since.is_not(None)).values(away_since=None))
    await connection.execute(update(chat).where(~c.active, c.away_since.is_(None)).values(away_since=now.date()))
    gone = list((await connection.execute(select(c.chat_id).where(c.away_since < since.date()))).scalars())
    for chat_id in gone:
        await forget(connection, chat_id)
    return len(gone)


def _stranded() -> ColumnElement[bool]:
    """Is it a notice to a chat that is away? Trouble of long ago helps nobody, and an operator who blocked us would
    get more of it for ever; what tells of incidents waits."""
    away = exists().where(chat.c.chat_id == delivery.c.chat_id, ~chat.c.active)
    return and_(delivery.c.state == READY, delivery.c.kind == NoteKind.NOTICE.value, away)


def _ended() -> ColumnElement[bool]:
    """Is the catch-up that was to tell a held change settled? What is not told yet is kept, for a chat that is away
    too."""
    return exists().where(delivery.c.id == held.c.delivery_id, delivery.c.state.in_(["sent", "dead"]))


def _still_listed(since: datetime) -> ColumnElement[bool]:
    """Does its source list an item still, as far as we know? Then it must be known, or it would be news again: listed
    since then, or when a source that we still poll last showed its list (it may have had nothing new for long)."""
    newer = item.alias("newer")
    gap = LISTED_EVERY // MICROSECOND
    shown_since = exists().where(
        newer.c.source_id == item.c.source_id,
        type_coerce(newer.c.listed, BigInteger) > type_coerce(item.c.listed, BigInteger) + gap,
    )
    polled = exists().where(source_state.c.source_id == item.c.source_id, source_state.c.next_poll_at >= since)
    known = item.c.listed.is_not(None)
    return and_(known, or_(item.c.listed >= since, and_(polled, ~shown_since)))


def _empty_chats() -> Delete:
    """Chats that are here for nothing, with nothing sent or waiting."""
    sent = exists().where(delivery.c.chat_id == chat.c.chat_id).correlate(chat)
    return delete(chat).where(here_for_nothing(), ~sent, chat.c.active)
