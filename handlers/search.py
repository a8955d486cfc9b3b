"""/search WORDS: incidents by words of headlines, by places and by number, those with the latest news first."""

from __future__ import annotations

import re

from bot.errors import InputError
from bot.words import search as say
from handlers.asking import Ask, Command, Desk, zone_here

_NUMBER = re.compile(r"(?:([a-z]{2})-|(#)?)(\d{1,11})", re.IGNORECASE)
SHORTEST = 2  # characters: one letter begins nearly everything


async def search(ask: Ask, desk: Desk) -> str:
    """In any language; a place may be called by any name that we know it by."""
    asked = ask.text.strip()
    if len(asked) < SHORTEST and not asked.isdigit():
        raise InputError("For what? Write a word of a headline, a place or a number: /search bridge Aleppo")
    number = _NUMBER.fullmatch(asked)
    exact = number is not None and bool(number[1] or number[2])  # SY-12 and #12 are numbers, 12 may be of trucks
    found, total = await desk.store.search(
        "" if exact else asked,
        places=[] if exact else [p.key for p in desk.places.lookup(asked)],
        number=int(number[3]) if number else None,
        limit=say.SHOWN,
        exercise=desk.exercise,
    )
    if number is not None and number[1]:
        found = [i for i in found if i.id == f"{number[1].upper()}-{i.number}"]
        total = len(found)
    return say.search(found, total, asked=asked, now=ask.now, zone=await zone_here(ask, desk))


COMMAND = Command("search", "find incidents: words, a place or a number", "/search_bridge", search)
