"""Many alerts at once become one message: what waits of them is set aside, and told as after a mute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select

from bot.model import ChangeKind
from bot.store.base import Base
from bot.store.outbox import BUNDLED, Outbox
from bot.store.schema import READY, change, chat, delivery, held


class Bundling(Base):
    """What the deliver loop asks before it claims."""

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
