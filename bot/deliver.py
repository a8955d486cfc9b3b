"""The deliver loop: claim, render, send, record. It sequences; it decides nothing.

Claiming is one committed transaction, so after a crash every row that may have been sent is known as such and is
repeated with a mark; recording comes after sending, so none is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.judge.routing import MARKED, zone_of
from bot.model import Alert, Chat, Deferred, Digest, Note, NoteKind, Outcome, Outgoing, Sent, Source, Stop
from bot.store import Store
from bot.store.outbox import BUNDLED
from bot.summing import seen_now, summed
from bot.words import notes, render
from bot.words.buttons import Rows
from bot.words.phrases import count
from bot.words.turning import View

log = logging.getLogger(__name__)

BUNDLED_WITHIN = timedelta(minutes=2)  # in which more alerts to one chat than bot.toml allows become one message
WINDOW = 3  # sends in flight; also the most copies that one crash can repeat


class Sends(Protocol):
    """What the loop needs of bot.chat.Sender."""

    async def send(
        self,
        chat_id: int,
        html: str,
        *,
        reply_to: int | None = None,
        thread_id: int = 0,
        silent: bool = False,
        buttons: Rows = (),
    ) -> Outcome: ...

    async def take_back(self, chat_id: int, message_id: int) -> None: ...


class Deliver:
    """Build one per process. `real`: in a shadow run, the store of the service it runs beside; `bundle_above`: more
    alerts than this to one chat within BUNDLED_WITHIN become one message, 0 for never."""

    def __init__(
        self,
        store: Store,
        sender: Sends,
        country_name: Callable[[str], str],
        sources: Sequence[Source],
        clock: Callable[[], datetime],
        *,
        real: Store | None = None,
        dry: bool = False,
        bundle_above: int = 0,
    ) -> None:
        self.store, self.sender, self.clock = store, sender, clock
        self.country_name, self.sources = country_name, sources
        self.real, self.dry, self.bundle_above = real, dry, bundle_above
        self.stopped: str | None = None
        self._ending = False
        self._unwritten: list[tuple[Outgoing, Outcome, datetime]] = []

    async def drain(self) -> int:
        """Send what is ready, most urgent first, WINDOW at a time, until nothing is; the number sent or settled."""
        done = 0
        await self._write_again()
        if self.bundle_above and self.stopped is None:
            await self.store.bundle(self.clock(), self.bundle_above, BUNDLED_WITHIN)
        while self.stopped is None and not self._ending:
            claimed = await self.store.claim(self.clock(), WINDOW)
            if not claimed:
                break
            outcomes = await asyncio.gather(*(self._deliver(out) for out in claimed))
            done += sum(not isinstance(o, Deferred) for o in outcomes)
        return done

    def end(self) -> None:
        """Claim nothing more; what is being sent is still recorded."""
        self._ending = True

    async def _deliver(self, out: Outgoing) -> Outcome:
        """One of three places that catch broadly: whatever one message does, the others go on."""
        try:
            text, buttons = await self._written(out)
            outcome = await self.sender.send(
                out.chat_id, text, reply_to=out.reply_to if isinstance(out, Alert) else None,
                thread_id=out.thread_id, silent=out.silent, buttons=buttons,
            )  # fmt: skip
        except Exception:
            log.exception("delivery %d failed on our side", out.delivery_id)
            outcome = Deferred("an error of ours while sending", timedelta(minutes=5), ambiguous=True)
        await self._record(out, outcome, self.clock())
        if isinstance(outcome, Stop):
            self.stopped = outcome.reason
            log.critical("sending stopped: %s", outcome.reason)
        else:
            what = type(outcome).__name__  # its fields may hold a chat id, which no log is to know
            about = f"incident {out.change.incident.id}" if isinstance(out, Alert) else out.kind
            log.info("delivery %d of %s: %s", out.delivery_id, about, what)
        return outcome

    async def _record(self, out: Outgoing, outcome: Outcome, at: datetime) -> None:
        """What can't be written now, such as to a full disk, is kept until it can: the row would stay claimed, and hold
        up all later news of its incident."""
        try:
            known = await self.store.record(out, outcome, at)
            if not known and isinstance(outcome, Sent):  # its chat said /forget while this was on its way
                await self.sender.take_back(out.chat_id, outcome.message_id)
        except Exception:
            log.exception("what became of delivery %d could not be written; tried again", out.delivery_id)
            self._unwritten.append((out, outcome, at))

    async def _write_again(self) -> None:
        """Each is tried once more; while nothing at all can be written, nothing new is claimed either."""
        unwritten, self._unwritten = self._unwritten, []
        for out, outcome, at in unwritten:
            await self._record(out, outcome, at)

    async def _written(self, out: Outgoing) -> tuple[str, Rows]:
        """Text and buttons of a claimed row."""
        to = out.chat or Chat(out.chat_id)
        if isinstance(out, Note):
            return await self._note(out, to)
        if to.discreet and to.kind.answers:
            return render.discreet(out.change), render.buttons(out.change.incident, to.kind, hidden=True)
        country, now = out.change.incident.country, self.clock()
        waited = out.committed is not None and now - out.committed > MARKED  # for us, or for Telegram
        change = replace(out.change, late=out.change.late or waited)
        if self.dry:  # the service gives its own numbers: /why of this one would tell of another incident, or of none
            change = replace(change, incident=replace(change.incident, number=0))
        text = render.alert(
            change, now=now, to=to.kind, zone=zone_of(to.tz), committed=out.committed, maybe_repeat=out.maybe_sent,
            country_name=self.country_name(country) if country else "", sources=self.sources,
            dry=await self._shadow(out) if self.dry else "",
        )  # fmt: skip
        return text, () if self.dry else render.buttons(out.change.incident, to.kind)

    async def _note(self, out: Note, to: Chat) -> tuple[str, Rows]:
        now, zone = self.clock(), zone_of(to.tz)
        match out.kind:
            case NoteKind.NOTICE:
                return out.body, ()
            case NoteKind.CATCH_UP:
                missed = await self.store.missed(out.delivery_id)
                at_once = all(reason == BUNDLED for _, _, reason in missed)
                return notes.catch_up(missed, now, to=to.kind, zone=zone, discreet=to.discreet, at_once=at_once), ()
            case NoteKind.DAILY:
                return await self._digest(to, now)

    async def _digest(self, to: Chat, now: datetime) -> tuple[str, Rows]:
        """What a chat is sent every day or week; a period without any change is one line, whatever its form."""
        zone, period = zone_of(to.tz), to.digest.period
        mine = await self.store.subscriptions(to.chat_id)
        near = await self.store.changed_since(to.chat_id, now - period)
        changed = [i for i in near if any(s.covers(i) for s in mine)]
        if changed and mine and to.digest is not Digest.LINE and not to.discreet:
            view = View(notes.places_of(mine), await seen_now(self.store, now), chat_id=to.chat_id, period=period)
            return await summed(
                self.store, view, self.sources, self.country_name, zone=zone, to=to.kind, exercise=False
            )
        health = await self.store.health()
        line = notes.daily(
            changed, mine, self.sources, health, zone, now, to=to.kind, discreet=to.discreet, period=period
        )
        return line, ()

    async def _shadow(self, out: Alert) -> str:
        """Whom this alert would have gone to, and of which incident it is in the shadow run's own counting."""
        whom = "nobody else was told"
        if self.real is not None:
            whom = f"it would have gone to {count(await self.real.wanted_by(out.change), 'chat', 'chats')}"
        return f"{whom}. Number {out.change.incident.number} of this shadow run; the service counts for itself"
