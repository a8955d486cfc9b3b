"""/history PLACE [90d]: the incidents of a place, the last opened first, and what became of each. Buttons turn pages; a
page begins behind a number, so that what is opened meanwhile moves nothing."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.errors import InputError
from bot.model import Past, Place
from bot.words.buttons import Button, Press, Rows
from bot.words.history import PAGE
from bot.words.history import history as page
from handlers.asking import Ask, Command, Desk, Reply, zone_here
from handlers.where import CHOICES, choices, key_word, place_named

_DAYS = re.compile(r"(\d{1,4})d", re.IGNORECASE)
_BEFORE = re.compile(r"#(\d{1,11})")
USUAL, LONGEST = 90, 3650  # days


async def history(ask: Ask, desk: Desk) -> Reply:
    """A page of what is known of a place and of what lies within it. Other places of that name are offered."""
    words, days, before = _wanted(ask.words)

    def again(place: Place) -> Press:
        return Press("history", (key_word(place), f"{days}d"))

    place = place_named(words, desk, again, first=True)
    period = timedelta(days=days)
    past = await desk.store.past(place.key, ask.now - period, before=before, limit=PAGE, exercise=desk.exercise)
    html = page(past, title=place.name, period=period, now=ask.now, zone=await zone_here(ask, desk))
    others = tuple(p for p in desk.places.lookup(" ".join(words)) if p != place) if place.kind != "country" else ()
    return Reply(html, (*_turning(past, again(place)), *choices(others[:CHOICES], desk, again)))


def _wanted(typed: tuple[str, ...]) -> tuple[tuple[str, ...], int, int | None]:
    """The words that name a place, the days, and the number behind which the page begins."""
    words, days, before = [], USUAL, None
    for word in typed:
        if found := _DAYS.fullmatch(word):
            days = int(found[1])
        elif found := _BEFORE.fullmatch(word):
            before = int(found[1])
        else:
            words.append(word)
    if not words:
        raise InputError("Of which place? Write it behind the command, such as /history Rafah or /history Sudan 30d")
    if not 0 < days <= LONGEST:
        raise InputError(f"A period is from 1d to {LONGEST}d, for example /history Rafah 30d")
    return tuple(words), days, before


def _turning(past: Past, first: Press) -> Rows:
    """To the newest page, where this is another, and to the next older one."""
    row: list[Button] = []
    if past.newer:
        row.append(Button("Newest", first))
    if past.older:
        oldest = past.incidents[-1][0].number
        row.append(Button(f"Older ({past.older})", Press("history", (*first.words, f"#{oldest}"))))
    return (tuple(row),) if row else ()


COMMAND = Command("history", "what became of a place: PLACE [90d]", "/history_Syria_30d", history, in_place=True)
