"""The oversee loop: the bot looks after itself. It gathers what chats missed, writes their line a day, puts to sleep
what nobody confirms, deletes what is old, and tells operators what is wrong, once, and once more when it is right
again. It sequences; `wrong` decides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat import UNREACHED
from bot.judge.routing import next_local, zone_of
from bot.model import Incident, Source, SourceHealth
from bot.settings import BotSettings
from bot.store import Store
from bot.words.markup import clean, escape
from bot.words.phrases import count, moment, span

log = logging.getLogger(__name__)

DEAD_FAILS = 5  # failures in a row, and
DEAD_FOR = timedelta(hours=6)  # as long without an answer: then a source is dead, not only slow
STUCK = timedelta(minutes=5)  # an alert that waits as long means that sending is stuck
PURGE_EVERY = timedelta(hours=1)
DOZE_EVERY = timedelta(hours=1)
ALL_DEAD = "sources"
SENDING = "sending"
UNSENDABLE = "unsendable"
LOOP = 5  # starts within an hour that are no accident
UNSENDABLE_FOR = timedelta(hours=1)
LISTED = 10  # lines of one notice: it is sent as it is, in one message, each at most some 350 characters long


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is to see at one moment. `waiting`: messages that are due, `oldest`: since when the first waits;
    `lost`: messages that Telegram refused for good in the last UNSENDABLE_FOR, `why`: the last reason; `line`: see
    bot.chat.Line.trouble."""

    health: Sequence[SourceHealth] = ()
    waiting: int = 0
    oldest: datetime | None = None
    lost: int = 0
    why: str = ""
    line: tuple[str, str] | None = None


def wrong(sight: Sight, sources: Mapping[str, Source], now: datetime, *, known: Collection[str] = ()) -> dict[str, str]:
    """What is wrong now: key to sentence (HTML). That no source at all can be read is one thing, not one each; and when
    that is `known` it stays so until half of them are heard, as they come back one by one."""
    found: dict[str, str] = {}
    if sight.oldest is not None and now - sight.oldest >= STUCK:
        found[SENDING] = (
            f"Sending is stuck: {count(sight.waiting, 'message waits', 'messages wait')}, the oldest since "
            f"{moment(sight.oldest)}."
        )
    if sight.lost:
        number = count(sight.lost, "message was", "messages were")
        found[UNSENDABLE] = f"{number} refused by Telegram for good and not delivered: {escape(clean(sight.why, 120))}."
    if sight.line is not None:
        found[sight.line[0]] = escape(sight.line[1])
    dead = [h for h in sight.health if h.source_id in sources and _dead(h, now)]
    if len(sources) > 1 and (len(dead) == len(sources) or (ALL_DEAD in known and 2 * len(dead) > len(sources))):
        found[ALL_DEAD] = "No source at all can be read: is this machine's network down, or its proxy?"
        return found
    for h in dead:
        since = f"since {moment(h.last_ok)}" if h.last_ok else "ever"
        name = escape(clean(sources[h.source_id].name, 60))
        why = escape(clean(h.last_error or "no reason known", 160))
        found[f"source:{h.source_id}"] = f"{name} ({h.source_id}) has not been heard {since}: {why}."
    return found


def _dead(h: SourceHealth, now: datetime) -> bool:
    return h.fails >= DEAD_FAILS and (h.last_ok is None or now - h.last_ok >= DEAD_FOR)


def _within(key: str, is_wrong: Collection[str]) -> bool:
    """Is this one source dead still, as all of them are?"""
    return ALL_DEAD in is_wrong and key.startswith("source:")


class Oversee:
    """Build one per process; `name` is what operators read of it."""

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, Source],
        settings: BotSettings,
        clock: Callable[[], datetime],
        *,
        name: str = "Access Watch",
        line: Callable[[], tuple[str, str] | None] = lambda: None,
    ) -> None:
        self.store, self.sources, self.settings, self.clock, self.name = store, sources, settings, clock, name
        self.line = line
        self._up = clock()  # what waited while we were down does not mean that sending is stuck
        self._purged: datetime | None = None
        self._dozed: datetime | None = None

    async def tick(self) -> None:
        """Everything that is due; what fails is logged and tried again at the next tick."""
        for step in (self.gather, self.daily, self.trouble, self.doze, self.purge):
            try:
                await step()
            except Exception:
                log.exception("overseeing failed: %s", step.__name__)

    async def started(self, last_seen: datetime | None) -> None:
        """Tell operators that the service runs again; `last_seen`: its last sign of life before, None for a first
        start. One that crashes and is started again and again is told twice in START_TOLD: at first, and with LOOP."""
        now = self.clock()
        starts = await self.store.begin_run(now)
        before = f"It was last alive {moment(last_seen)}, {span(now - last_seen)} ago." if last_seen else "First start."
        words = f"{self.name} has started, with {count(len(self.sources), 'source', 'sources')}. {before}"
        if not starts.orderly:
            words += " It had not been stopped in order."
            if starts.lately > 1:
                words += f" It started {starts.lately} times in the last hour: its log says why."
            if starts.told and (starts.told >= LOOP or starts.lately < LOOP):
                log.warning("operators were told of that already: %s", words)
                return
            await self.store.note_run(told=starts.lately)
        await self.store.tell_operators(self.settings.operators, words, now)

    async def ended(self) -> None:
        """The service was asked to stop, and does."""
        await self.store.note_run(ended=self.clock())

    async def gather(self) -> None:
        """One message for each chat that has something held back to hear now."""
        await self.store.gather(self.clock())

    async def daily(self) -> None:
        """The line or summary of each chat for which it is time."""
        now = self.clock()
        for chat_id, thread_id, minute, tz, digest in await self.store.daily_due(now):
            zone = zone_of(tz)
            next_ = next_local(minute, zone, now, digest.weekday)
            # once a day of the chat's own calendar: where clocks go forward, one day of UTC can hold two lines
            await self.store.daily(chat_id, thread_id, now.astimezone(zone), next_)

    async def trouble(self) -> None:
        """What became wrong and what became right since operators were last told, as one notice."""
        now = self.clock()
        waiting, oldest = await self.store.waiting(now)
        lost, why = await self.store.unsendable(now - UNSENDABLE_FOR)
        known = await self.store.troubles()
        since = max(oldest, self._up) if oldest else None
        sight = Sight(await self.store.health(), waiting, since, lost, why, self.line())
        is_wrong = wrong(sight, self.sources, now, known=known)
        begun = {key: sentence for key, sentence in is_wrong.items() if key not in known}
        over = [key for key in known if key not in is_wrong and not _within(key, is_wrong)]
        if not begun and not over:
            return
        # that Telegram is out of reach can only be told when it is over
        lines = [sentence for key, sentence in begun.items() if key != UNREACHED]
        lines += [
            f"Right again after {span(now - known[key][0])}: {known[key][1]}" for key in over if self._is_ours(key)
        ]
        for line in lines:
            log.warning("operators are told: %s", line)
        more = [f"and {len(lines) - LISTED} more: /sources"] if len(lines) > LISTED else []
        body = "\n".join([*lines[:LISTED], *more])
        told = self.settings.operators if lines else ()
        await self.store.tell_operators(told, body, now, begun=begun, over=over)

    def _is_ours(self, key: str) -> bool:
        """Is it about something that we still look after? A source that was taken out is not heard again."""
        kind, _, source_id = key.partition(":")
        return kind != "source" or source_id in self.sources

    async def doze(self) -> None:
        """Incidents that nobody confirmed for as long as bot.toml says become dormant, once an hour; nobody is told."""
        now = self.clock()
        if self._dozed is not None and now - self._dozed < DOZE_EVERY:
            return
        dormant = await self.store.doze(now, self._stale)
        self._dozed = now
        if dormant:
            log.info("not confirmed lately, so dormant: incidents %s", ", ".join(map(str, dormant)))

    def _stale(self, incident: Incident) -> timedelta:
        return self.settings.stale(incident.asset or incident.categories[0].value)

    async def purge(self) -> None:
        """Delete what is older than bot.toml keeps it, once an hour."""
        now = self.clock()
        if self._purged is not None and now - self._purged < PURGE_EVERY:
            return
        s = self.settings
        counts = await self.store.purge(
            now, items=s.keep_items, deliveries=s.keep_deliveries, threads=s.keep_threads, away=s.keep_away
        )
        self._purged = now  # not before: what failed is tried again at the next tick
        if any(counts.values()):
            log.info("deleted what was too old: %s", ", ".join(f"{n} {name}" for name, n in counts.items() if n))
