"""/summary [place] [24h|7d], and plain text: how things stand, worst first."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.errors import InputError
from bot.words import summary as say
from handlers.adapter import Ask, Command, Desk

_PERIOD = re.compile(r"(\d{1,3})\s*([hd])", re.IGNORECASE)
LONGEST = timedelta(days=90)


async def summary(ask: Ask, desk: Desk) -> str:
    """The state of a period; without words the last 24 hours everywhere."""
    words, period = _period(ask.words)
    name = " ".join(words)
    place = None
    if name:
        found = desk.places.lookup(name)
        if not found:
            raise InputError(
                f"I know no place called “{name[:60]}”. Write a country, region, town or crossing, "
                "such as /summary_Syria or Rafah; /help lists what else I can do."
            )
        place = found[0]
    incidents = await desk.store.summary(ask.now - period, place.key if place else None, exercise=desk.exercise)
    return say.summary(
        incidents,
        title=place.name if place else "all countries",
        since=ask.now - period,
        now=ask.now,
        health=await desk.store.health(),
        sources=list(desk.sources.values()),
        country_name=desk.places.country_name,
    )


def _period(words: tuple[str, ...]) -> tuple[tuple[str, ...], timedelta]:
    rest, period = [], timedelta(hours=24)
    for word in words:
        m = _PERIOD.fullmatch(word)
        if m is None:
            rest.append(word)
            continue
        period = timedelta(**{"hours" if m[2].lower() == "h" else "days": int(m[1])})
    if not timedelta(0) < period <= LONGEST:
        raise InputError("A period is from 1h to 90d, for example /summary_7d")
    return tuple(rest), period


COMMAND = Command("summary", "how things stand: [place] [24h or 7d]", "/summary_7d", summary)
