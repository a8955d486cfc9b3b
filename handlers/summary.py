"""/summary [place] [24h|7d], and plain text: how things stand, worst first."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.errors import InputError
from bot.model import Place
from bot.words import summary as say
from bot.words.buttons import Button, Press
from handlers import status
from handlers.asking import Ask, Command, Desk, Reply, zone_here
from handlers.where import CHOICES, choices, key_word, place_named

_PERIOD = re.compile(r"(\d{1,3})\s*([hd])", re.IGNORECASE)
LONGEST = timedelta(days=90)


async def summary(ask: Ask, desk: Desk) -> Reply:
    """The state of a period; without words the last 24 hours everywhere. Other places of that name are offered."""
    words, period = period_of(ask, timedelta(hours=24))
    place = place_named(words, desk, again, first=True) if words and " ".join(words).lower() != "all" else None
    incidents = await desk.store.summary(ask.now - period, place.key if place else None, exercise=desk.exercise)
    html = say.summary(
        incidents,
        title=place.name if place else "all countries",
        since=ask.now - period,
        now=ask.now,
        health=await desk.store.health(),
        sources=list(desk.sources.values()),
        country_name=desk.places.country_name,
        zone=await zone_here(ask, desk),
    )
    if place is None:
        return Reply(html)
    others = tuple(p for p in desk.places.lookup(" ".join(words)) if p != place and place.kind != "country")
    stands = (Button("Open or closed?", status.again(place)),)
    return Reply(html, (stands, *choices(others[:CHOICES], desk, again)))


def again(place: Place) -> Press:
    """The press that asks for exactly this place."""
    return Press("summary", (key_word(place),))


def period_of(ask: Ask, usual: timedelta) -> tuple[tuple[str, ...], timedelta]:
    """Its words without the one that names a period, and that period; InputError for one that is too long."""
    rest, period = [], usual
    for word in ask.words:
        m = _PERIOD.fullmatch(word)
        if m is None:
            rest.append(word)
            continue
        period = timedelta(**{"hours" if m[2].lower() == "h" else "days": int(m[1])})
    if not timedelta(0) < period <= LONGEST:
        raise InputError(f"A period is from 1h to 90d, for example /{ask.command or 'summary'}_7d")
    return tuple(rest), period


COMMAND = Command("summary", "how things stand: [place] [24h or 7d]", "/summary_7d", summary)
