"""/sources: what is listened to, what is heard of it, and what is silent."""

from __future__ import annotations

from bot.words import hearing as say
from handlers.asking import Ask, Command, Desk, zone_here


async def sources(ask: Ask, desk: Desk) -> str:
    """All configured sources, the silent ones first; each with its grade and when it was last heard."""
    return say.sources(list(desk.sources.values()), await desk.store.health(), ask.now, await zone_here(ask, desk))


COMMAND = Command("sources", "what I listen to, and what is silent", "/sources", sources)
