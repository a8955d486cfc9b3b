"""The deliver loop: claim, render, send, record. It sequences; it decides nothing.

Claiming is one committed transaction, so after a crash every row that may have been sent is known as such and is
repeated with a mark; recording comes after sending, so none is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.model import Alert, Deferred, Outcome, Source, Stop
from bot.store import Store
from bot.words.render import alert as render

log = logging.getLogger(__name__)

WINDOW = 3  # sends in flight; also the most copies that one crash can repeat


class Sends(Protocol):
    """What the loop needs of bot.chat.Sender."""

    async def send(self, chat_id: int, html: str, *, reply_to: int | None = None) -> Outcome: ...


class Deliver:
    """Build one per process."""

    def __init__(
        self,
        store: Store,
        sender: Sends,
        country_name: Callable[[str], str],
        sources: Sequence[Source],
        clock: Callable[[], datetime],
    ) -> None:
        self.store, self.sender, self.clock = store, sender, clock
        self.country_name, self.sources = country_name, sources
        self.stopped: str | None = None

    async def drain(self) -> int:
        """Send what is ready, most urgent first, WINDOW at a time, until nothing is; the number sent or settled."""
        done = 0
        while self.stopped is None:
            alerts = await self.store.claim(self.clock(), WINDOW)
            if not alerts:
                break
            outcomes = await asyncio.gather(*(self._deliver(a) for a in alerts))
            done += sum(not isinstance(o, Deferred) for o in outcomes)
        return done

    async def _deliver(self, alert: Alert) -> Outcome:
        """One of three places that catch broadly: whatever one message does, the others go on."""
        try:
            outcome = await self.sender.send(alert.chat_id, self._text(alert), reply_to=alert.reply_to)
        except Exception:
            log.exception("delivery %d failed on our side", alert.delivery_id)
            outcome = Deferred("an error of ours while sending", timedelta(minutes=5), ambiguous=True)
        await self.store.record(alert, outcome, self.clock())
        if isinstance(outcome, Stop):
            self.stopped = outcome.reason
            log.critical("sending stopped: %s", outcome.reason)
        else:
            what = type(outcome).__name__  # its fields may hold a chat id, which no log is to know
            log.info("delivery %d of incident %s: %s", alert.delivery_id, alert.change.incident.id, what)
        return outcome

    def _text(self, alert: Alert) -> str:
        country = alert.change.incident.country
        name = self.country_name(country) if country else ""
        return render(
            alert.change, now=self.clock(), committed=alert.committed, maybe_repeat=alert.maybe_sent,
            country_name=name, sources=self.sources,
        )  # fmt: skip
