"""/status place or country, and questions about one: open, restricted, closed, besieged or unknown, and who says so."""

from __future__ import annotations

import re

from bot.errors import InputError
from bot.judge.ledger import standings
from bot.model import Place, Statement
from bot.words import status as say
from bot.words.buttons import Button, Press, Rows, fits
from handlers.asking import Ask, Command, Desk, Reply, zone_here
from handlers.where import CHOICES, choices, key_word, place_named

_PAGE = re.compile(r"p([1-9]\d{0,3})")


async def status(ask: Ask, desk: Desk) -> Reply:
    """How a place stands, with all that lies in it and what it lies in. Other places of that name are offered."""
    words, page = _page(ask.words)
    if not words:
        raise InputError("Which place? Write a country, region, town or crossing, such as /status_Rafah or /status_SD")
    place = place_named(words, desk, again, first=True)
    found = await _found(place, ask, desk)
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


async def _found(place: Place, ask: Ask, desk: Desk) -> list[say.Stands]:
    """All that is known of the country. What a report says of the crossing "in Rafah" is said of Rafah crossing."""
    names: dict[str, str] = {}

    def subject(told: Statement) -> str:
        crossing = desk.places.crossing_of(told.place_key) if told.kind == "crossing" else None
        key = crossing.key if crossing is not None else told.place_key
        names[key] = told.place_name
        return key

    told = await desk.store.statements(place.country, exercise=desk.exercise)
    return [
        say.Stands(desk.places.by_key(s.place_key) or _gone(s.place_key, names[s.place_key], place.country), s)
        for s in standings(told, desk.stale, ask.now, subject)
    ]


def _gone(key: str, name: str, country: str) -> Place:
    """A place that the tables no longer hold."""
    return Place(key, name, "city", country, within=(country,))


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
