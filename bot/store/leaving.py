"""A chat that can't be reached any more, or a topic of it: what waits there, and who is told. Each is a part of the
transaction that writes what Telegram answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import ChatKind, NoteKind
from bot.store.chats import here_for_nothing
from bot.store.outbox import Outbox
from bot.store.schema import NO_MESSAGE, NO_THREAD, READY, chat, delivery, held, subscription, told


async def close(connection: AsyncConnection, chat_id: int, reason: str, now: datetime) -> None:
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
        await _tell_steward(
            connection, chat_id, f"I can no longer write in the group or channel {chat_id}, so alerts there are "
            "paused. Give me back the right to send messages; then they go on by themselves.", now,
        )  # fmt: skip


async def drop_stranger(connection: AsyncConnection, chat_id: int) -> None:
    """Of a person who never wrote to us, and is here only because we had a word for them, nothing is kept."""
    told_news = exists().where(delivery.c.chat_id == chat_id, delivery.c.kind != NoteKind.NOTICE.value)
    mine = select(chat.c.chat_id).where(chat.c.chat_id == chat_id, here_for_nothing(), ~told_news)
    if (await connection.execute(mine)).one_or_none() is not None:
        await connection.execute(delete(delivery).where(delivery.c.chat_id == chat_id))
        await connection.execute(delete(chat).where(chat.c.chat_id == chat_id))


async def leave_topic(connection: AsyncConnection, chat_id: int, thread_id: int, reason: str, now: datetime) -> None:
    """What was posted in a topic that is closed or gone goes to the group itself from now on, and says so there."""
    if thread_id == NO_THREAD:  # the general topic itself is closed: nothing can be said in this group
        await close(connection, chat_id, reason, now)
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
    await _tell_steward(connection, chat_id, f"In the group {chat_id}: {words[0].lower()}{words[1:]}", now)


async def _tell_steward(connection: AsyncConnection, chat_id: int, words: str, now: datetime) -> None:
    """A word to the private chat that set a group or channel up, if it is still known."""
    row = (await connection.execute(select(chat.c.steward, chat.c.kind).where(chat.c.chat_id == chat_id))).one_or_none()
    if row is not None and row.steward is not None and row.kind != ChatKind.PRIVATE:
        await Outbox(connection).notice([row.steward], words, now)
