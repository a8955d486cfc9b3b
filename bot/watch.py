"""The watch loop: from a source to committed alerts. It sequences; it decides nothing.

    Source -fetch-> Body -parse-> Item -judge-> Assessment | Dismissal -fold-> Change -decide-> pushed | withheld

`tick` starts a poll of every source that is due. `poll` reads one source; then ONE transaction writes the items
seen, the incidents changed, their alerts as outbox rows and the source's cursor. The deliver loop meets us only in
the store, so a crash anywhere loses no alert.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from bot.errors import FetchError, SourceError
from bot.judge import Judge
from bot.judge.incidents import also_tells_of, fold
from bot.judge.ledger import statements
from bot.judge.routing import Listening, decide, missed_from
from bot.model import (
    EPOCH,
    Body,
    Change,
    ChangeKind,
    Cursor,
    Dismissal,
    Item,
    Judgement,
    NotModified,
    Period,
    Request,
    Source,
)
from bot.sources.reading import Heard, hear
from bot.sources.schedule import after_failure, after_success
from bot.store import Store, Tx
from bot.web import body_hash

log = logging.getLogger(__name__)

BATCH = 200
GATHERED_FOR = timedelta(minutes=2)  # after an outage, so that what all sources missed becomes one message
AT_ONCE = 8  # polls under way; each is cut off by the web's own deadline


class Fetches(Protocol):
    """What the loop needs of bot.web.Web."""

    async def fetch(self, request: Request, cursor: Cursor = ...) -> Body | NotModified: ...


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll did, for logs, `chat` and tests."""

    source: Source
    items: int = 0
    new: int = 0
    changes: tuple[Change, ...] = ()
    error: str | None = None


class Watch:
    """Build one per process; `sources` by id; `tell_only`: the chats of a shadow run, told instead of subscribers."""

    def __init__(
        self,
        store: Store,
        web: Fetches,
        judge: Judge,
        sources: Mapping[str, Source],
        clock: Callable[[], datetime],
        *,
        tell_only: tuple[int, ...] = (),
    ) -> None:
        self.store, self.web, self.judge, self.sources, self.clock = store, web, judge, sources, clock
        self.tell_only = tell_only
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def tick(self) -> None:
        """Start a poll of each due source, up to AT_ONCE; a slow source never holds up the others."""
        due = await self.store.due(self.clock(), list(self.sources))
        for source_id in [s for s in due if s not in self._under_way][: AT_ONCE - len(self._under_way)]:
            task = asyncio.create_task(self._watched(self.sources[source_id]), name=f"poll {source_id}")
            self._under_way[source_id] = task
            task.add_done_callback(partial(self._done, source_id))

    def _done(self, source_id: str, _: asyncio.Task[None]) -> None:
        self._under_way.pop(source_id, None)

    async def aclose(self) -> None:
        """Let go of polls under way; what they had not committed will be read again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watched(self, source: Source) -> None:
        """One of three places that catch broadly: whatever one source does, the others go on."""
        try:
            await self.poll(source)
        except Exception:
            log.exception("poll of %s failed on our side; tried again later", source.id)
            await self._failed(source, "an error of ours while reading it; see the log", None)

    async def poll(self, source: Source) -> Polled:
        """Fetch, parse, judge, fold and commit one source."""
        now = self.clock()
        cursor, last_heard = await self.store.cursor(source.id)
        try:
            heard = await hear(source, self.web.fetch, cursor, now)
        except SourceError as e:
            await self._failed(source, e.reason, e.retry_after if isinstance(e, FetchError) else None)
            return Polled(source, error=e.reason)
        for refused in heard.page.refused:
            log.warning("%s: %s left out: %s", source.id, refused.where, refused.reason)
        how = Listening(
            first_poll=last_heard is None,
            exercise_mode=source.exercise,
            missed_from=missed_from(last_heard, source.every, now),
            tell_only=self.tell_only,
        )
        return await self._commit(source, heard, _cursor(cursor, heard.body), how, now)

    async def rehearse(self) -> tuple[Polled, ...]:
        """Read all sources once and live their items in the order of publication, each at its own time: exercises,
        where several invented outlets tell one story together."""
        items: list[tuple[Source, Item]] = []
        polled = []
        for source in self.sources.values():
            now = self.clock()
            try:
                found = (await hear(source, self.web.fetch, Cursor(), now)).page.items
            except SourceError as e:
                polled.append(Polled(source, error=e.reason))
                continue
            items += [(source, item) for item in found]
            polled.append(Polled(source, len(found), len(found)))
            async with self.store.writing() as tx:
                await tx.polled(source.id, Cursor(), after_success(source.every, now, 0.5), now, None)
        items.sort(key=lambda pair: pair[1].published.start if pair[1].published else EPOCH)
        told = [(s, i, i.published.start if i.published else self.clock()) for s, i in items]
        await live_through(self.store, self.judge, told, Listening(exercise_mode=True))
        return tuple(polled)

    async def _commit(self, source: Source, heard: Heard, cursor: Cursor, how: Listening, now: datetime) -> Polled:
        items = heard.page.items
        next_poll = after_success(source.every, now, random.random())  # noqa: S311 - spreading load, no secret
        async with self.store.writing() as tx:
            new = await tx.unseen(source.id, items)
            await tx.still_listed(source.id, items, now)
            judged = [(item, self.judge.judge(item)) for item in new]
            changes = [c for item, j in judged if (c := await absorb(tx, source, item, j, how, now))]
            newest = max((i.published.start for i in items if i.published), default=None)
            refused = None if isinstance(heard.body, NotModified) else len(heard.page.refused)
            await tx.polled(source.id, cursor, next_poll, now, newest, way=heard.way, refused=refused)
        by = f" ({heard.way})" if heard.way else ""
        log.info("%s: %d items, %d new, %d changes%s", source.id, len(items), len(new), len(changes), by)
        return Polled(source, len(items), len(new), tuple(changes))

    async def _failed(self, source: Source, reason: str, retry_after: float | None) -> None:
        now = self.clock()
        fails = await self.store.fails(source.id) + 1
        next_poll = after_failure(source.every, fails, now, random.random(), retry_after)  # noqa: S311
        async with self.store.writing() as tx:
            await tx.failed(source.id, reason, next_poll, now)
        log.warning(
            "%s: %s; failure %d in a row, next try %s", source.id, reason, fails, next_poll.isoformat("T", "seconds")
        )


async def absorb(  # noqa: PLR0917 - what the stages gave, in their order
    tx: Tx, source: Source, item: Item, judged: Judgement, how: Listening, now: datetime
) -> Change | None:
    """Write one judged item and what it changes; the caller holds the transaction."""
    if isinstance(judged, Dismissal):
        await tx.seen(item, f"dismissed: {judged.reason}", None, now)
        return None
    report = judged.report
    places = tuple(dict.fromkeys((*([report.place.key] if report.place else ()), *report.mentions)))
    known = await tx.candidates(report.country, now, places=places, exercise=source.exercise)
    change = fold(judged, source, known, now, exercise=source.exercise)
    if change is None:
        await tx.seen(item, f"dismissed: {judged.report.status}, no event of its own", None, now)
        return None
    edited = any(t.item_id == item.id and t.source_id == source.id for i in known for t in i.told)
    dated = replace(item, published=Period.at(now)) if edited else item  # an old page that says something new is news
    saved = await tx.save(decide(change, dated, how, now), now)
    await tx.state(statements(judged, saved.change.incident, now))
    if saved.change.sounds:
        await tx.enqueue(saved.change_id, saved.change, now, only=how.tell_only)
    elif saved.change.catch_up and not how.tell_only:
        await tx.hold_for_all(saved.change_id, saved.change, now + GATHERED_FOR)
    await tx.seen(item, f"incident {saved.change.incident.number}: {change.kind}", saved.change.incident.number, now)
    joined = change.kind is not ChangeKind.OPENED
    twin = also_tells_of(judged, saved.change.incident, known, now) if joined else None
    if twin is not None:
        older, younger = sorted((twin.number, saved.change.incident.number))
        await tx.merge(younger, older, now)
    return saved.change


async def live_through(
    store: Store, judge: Judge, told: Sequence[tuple[Source, Item, datetime]], how: Listening
) -> None:
    """Items with the moment at which each is taken to be heard, in that order, in transactions of BATCH items."""
    for start in range(0, len(told), BATCH):
        batch = [(source, item, at, judge.judge(item)) for source, item, at in told[start : start + BATCH]]
        async with store.writing() as tx:
            for source, item, at, judged in batch:
                if await tx.unseen(source.id, [item]):
                    await absorb(tx, source, item, judged, how, at)


def _cursor(old: Cursor, body: Body | NotModified) -> Cursor:
    if isinstance(body, NotModified):
        return old
    return replace(old, etag=body.etag, last_modified=body.last_modified, body_hash=body_hash(body.content))
