"""A summary from the store to its words: for whoever asks, and for chats that are sent one every day or week."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from bot.model import ChatKind, Source
from bot.store import Store
from bot.words.buttons import Rows
from bot.words.summary import Heard, Scope, summary
from bot.words.turning import Seen, View, buttons


async def seen_now(store: Store, now: datetime) -> Seen:
    """All that is known now."""
    return Seen.of(now, await store.newest_change())


async def summed(
    store: Store,
    view: View,
    sources: Sequence[Source],
    country_name: Callable[[str], str],
    *,
    zone: tzinfo = UTC,
    to: ChatKind = ChatKind.PRIVATE,
    exercise: bool | None = None,
) -> tuple[str, Rows]:
    """The page of `view` (the last where there are fewer) and its buttons, none where nobody is answered."""
    area, mine, upto = view.area, view.chat_id, view.seen.upto
    incidents = await store.summary(view.since, area, exercise=exercise, chat_id=mine, upto=upto)
    figures = await store.figures(
        view.since, area, before=view.since - view.period, exercise=exercise, chat_id=mine, upto=upto
    )
    heard = Heard(sources, await store.health(), await store.was_read(view.since, view.seen.at))
    scope = Scope(view.title, view.since, view.seen.at, figures, zone, to)
    pages = summary(incidents, scope, heard, country_name, view.form)
    number = min(max(view.page, 1), len(pages))
    shown = replace(view, page=number)
    return pages[number - 1], buttons(shown, len(pages), incidents, country_name) if to.answers else ()
