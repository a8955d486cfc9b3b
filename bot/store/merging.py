"""Two incidents become one: what is kept of the younger moves to the older, inside a transaction of somebody else's.

Nobody hears of it, and nobody is told one story in two chains: what waits of the younger one and tells nothing new
goes nowhere in a chat that knows, or will know, of the older one; all else that waits goes out as news of the older.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.judge.merging import tells_nothing_new
from bot.model import Incident
from bot.store.chats import end_empty
from bot.store.schema import (
    NO_MESSAGE,
    READY,
    change,
    delivery,
    held,
    incident,
    incident_place,
    incident_words,
    item,
    statement,
    told,
)
from bot.store.sqlite import upsert

TOLD_ALREADY = "the chat knows of it as part of another incident"


async def follow(connection: AsyncConnection, number: int) -> int:
    """The number of the incident that this one is part of by now, its own where it is part of none."""
    query = select(incident.c.facts)
    while True:
        facts = (await connection.execute(query.where(incident.c.number == number))).scalar()
        if facts is None or facts.into is None:
            return number
        number = facts.into


async def move_story(connection: AsyncConnection, younger: Incident, older: Incident) -> None:
    """All that hangs on the younger one, but for its own row; both as they stood before."""
    query = select(change.c.id, change.c.facts).where(change.c.number == younger.number)
    rows = (await connection.execute(query)).all()
    await _drop_known(connection, [row.id for row in rows if tells_nothing_new(row.facts, older)], older.number)
    for row in rows:
        as_told = replace(row.facts.incident, number=older.number, country=older.country or row.facts.incident.country)
        facts = replace(row.facts, incident=as_told)
        await connection.execute(update(change).where(change.c.id == row.id).values(number=older.number, facts=facts))
    await connection.execute(update(item).where(item.c.incident == younger.number).values(incident=older.number))
    said = update(statement).where(statement.c.number == younger.number)
    await connection.execute(said.values(number=older.number))
    for table in (incident_place, incident_words):
        await connection.execute(delete(table).where(table.c.number == younger.number))
    await _join_chains(connection, younger.number, older.number)


async def _drop_known(connection: AsyncConnection, change_ids: list[int], older: int) -> None:
    """What waits of these changes goes nowhere in chats that know of the older one; what is on its way does."""
    waits = (delivery.c.state == READY, delivery.c.change_id.in_(change_ids), _knows(delivery, older))
    await connection.execute(update(delivery).where(*waits).values(state="dead", last_error=TOLD_ALREADY))
    on_its_way = exists().where(delivery.c.id == held.c.delivery_id, delivery.c.state == "sending")
    await connection.execute(delete(held).where(held.c.change_id.in_(change_ids), _knows(held, older), ~on_its_way))
    await end_empty(connection, TOLD_ALREADY)


def _knows(row: Any, number: int) -> ColumnElement[bool]:
    """Was this chat and topic told of an incident, or will it be?"""
    sent, later, note = delivery.alias("of_older"), held.alias("held_of_older"), delivery.alias("tells_older")
    changes = select(change.c.id).where(change.c.number == number)

    def here(table: Any) -> tuple[ColumnElement[bool], ...]:
        return table.c.chat_id == row.c.chat_id, table.c.thread_id == row.c.thread_id

    lost = exists().where(note.c.id == later.c.delivery_id, note.c.state == "dead", ~note.c.maybe_sent)
    return or_(
        exists().where(*here(told), told.c.number == number),
        exists().where(*here(sent), sent.c.change_id.in_(changes), or_(sent.c.state != "dead", sent.c.maybe_sent)),
        exists().where(*here(later), later.c.change_id.in_(changes), ~lost),
    )


async def _join_chains(connection: AsyncConnection, younger: int, older: int) -> None:
    """Later news replies to the first message that the chat got of either; messages of a chat count upwards."""
    t = told.c
    rows = select(t.chat_id, t.thread_id, t.message_id).where(t.number == younger)
    for row in (await connection.execute(rows)).all():
        key = {"chat_id": row.chat_id, "thread_id": row.thread_id, "number": older}
        first = upsert(told).values(**key, message_id=row.message_id)
        new = first.excluded.message_id
        is_first = and_(new != NO_MESSAGE, or_(t.message_id == NO_MESSAGE, new < t.message_id))
        kept = first.on_conflict_do_update(index_elements=list(key), set_={"message_id": new}, where=is_first)
        await connection.execute(kept)
    await connection.execute(delete(told).where(t.number == younger))
