"""/latest: the five newest changes."""

from __future__ import annotations

from bot.words import summary as say
from handlers.asking import Ask, Command, Desk, zone_here

COUNT = 5


async def latest(ask: Ask, desk: Desk) -> str:
    """Newest first; a report that only repeats is no change."""
    return say.latest(await desk.store.latest(COUNT, exercise=desk.exercise), ask.now, await zone_here(ask, desk))


COMMAND = Command("latest", "the five newest changes", "/latest", latest)
