"""/status place or country, and questions about one: open, restricted, closed, besieged or unknown, and who says so."""

from __future__ import annotations

import re

from bot.errors import InputError
from bot.model import Place
from bot.words import status as say
from bot.words.buttons import Button, Press, Rows, fits
from handlers.asking import Ask, Command, Desk, Reply, zone_here
from handlers.standing import stands_in
from handlers.where import CHOICES, choices, key_word, place_named

_PAGE = re.compile(r"p([1-9]\d{0,3})")


async def status(ask: Ask, desk: Desk) -> Reply:
    """How a place stands, with all that lies in it and what it lies in. Other places of that name are offered."""
    words, page = _page(ask.words)
    if not words:
        raise InputError("Which place? Write a country, region, town or crossing, such as /status_Rafah or /status_SD")
    place = place_named(words, desk, again, first=True)
    found = await stands_in((place.country,), ask, desk)
    within = [s for s in found if place.key in (s.place.key, *s.place.within)]
    around = [s for s in found if s.place.key in place.within and s.place.kind != "country"]
    page = min(page, max(1, -(-len(within) // say.PAGE)))
    ears = say.Ears(list(desk.sources.values()), await desk.store.health())
    zone = await zone_here(ask, desk)
    html = say.status(place, within, around, ears, ask.now, page=page, zone=zone, exercise=desk.exercise)
    return Reply(html, (*_more(place, len(within), page), *_others(words, place, desk)))


def again(place: Place) -> Press:
    """The press that asks for exactly this place."""
    return Press("status", (key_word(place),))


def _page(words: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """The words without the page that a button asks for, and which one."""
    found = _PAGE.fullmatch(words[-1]) if len(words) > 1 else None
    return (words[:-1], int(found[1])) if found else (words, 1)


def _more(place: Place, known: int, page: int) -> Rows:
    """The way to the next page."""
    press = Press("status", (key_word(place), f"p{page + 1}"))
    left = known - page * say.PAGE
    return ((Button(f"Next {min(left, say.PAGE)} of {left}", press),),) if left > 0 and fits(press) else ()


def _others(words: tuple[str, ...], place: Place, desk: Desk) -> Rows:
    others = tuple(p for p in desk.places.lookup(" ".join(words)) if p != place)
    return choices(others[:CHOICES], desk, again) if place.kind != "country" else ()


COMMAND = Command("status", "open, closed, besieged or unknown: place", "/status_SD", status)
