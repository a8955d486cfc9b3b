"""/summary [place, mine or full] [24h or 7d], and plain text: how things stand, worst first. Its pages are turned by
/page, which only buttons ask."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.errors import InputError
from bot.model import Place
from bot.summing import seen_now, summed
from bot.words.buttons import Button, Press, Rows
from bot.words.notes import places_of
from bot.words.summary import Form
from bot.words.turning import Seen, View
from handlers import status
from handlers.asking import Ask, Command, Desk, Reply, zone_here
from handlers.where import CHOICES, choices, key_word, place_named

_PERIOD = re.compile(r"(\d{1,4})\s*([hd])", re.IGNORECASE)
_PAGE = re.compile(r"p(\d{1,4})")
USUAL = timedelta(hours=24)
LONGEST = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed. `words`: those that name a place."""

    words: tuple[str, ...]
    mine: bool = False
    full: bool = False
    period: timedelta = USUAL
    seen: Seen | None = None
    page: int = 1


async def summary(ask: Ask, desk: Desk) -> Reply:
    """The state of a period: in short of everywhere (or of what is subscribed to here: `mine`), of a place in full.
    Other places of its name are offered."""
    wanted = _wanted(ask)
    place = place_named(wanted.words, desk, again, first=True) if wanted.words else None
    html, rows = await summed(
        desk.store, await _view(wanted, place, ask, desk), list(desk.sources.values()), desk.places.country_name,
        zone=await zone_here(ask, desk), to=ask.kind, exercise=desk.exercise,
    )  # fmt: skip
    if place is None:
        return Reply(html, rows)
    stands = (Button("Open or closed?", status.again(place)),)
    return Reply(html, (*rows, stands, *_namesakes(wanted, place, desk)))


async def _view(wanted: Wanted, place: Place | None, ask: Ask, desk: Desk) -> View:
    title, chat_id = place.name if place else "all countries", None
    if wanted.mine and place is None:
        subscribed = await desk.store.subscriptions(ask.chat_id)
        if not subscribed:
            raise InputError("There is no subscription here: /subscribe makes one, /summary tells of all countries.")
        title, chat_id = places_of(subscribed), ask.chat_id
    return View(
        title, wanted.seen or await seen_now(desk.store, ask.now), place.key if place else None, chat_id,
        Form.FULL if wanted.full or place else Form.SHORT, wanted.period, wanted.page,
        pressed=wanted.seen is not None,
    )  # fmt: skip


def _namesakes(wanted: Wanted, place: Place, desk: Desk) -> Rows:
    """A button for each other place of that name, unless a country was meant or the place is exact."""
    if place.kind == "country":
        return ()
    others = tuple(p for p in desk.places.lookup(" ".join(wanted.words)) if p != place)
    return choices(others[:CHOICES], desk, again)


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


def _wanted(ask: Ask) -> Wanted:
    """The words before, between and behind a place's name mean what they mean wherever they stand."""
    typed, period = period_of(ask, USUAL)
    words, told = [], Wanted((), period=period)
    for word in typed:
        low = word.lower()
        if low in ("mine", "full"):
            told = replace(told, mine=told.mine or low == "mine", full=told.full or low == "full")
        elif seen := Seen.read(word):
            told = replace(told, seen=seen)
        elif found := _PAGE.fullmatch(word):
            told = replace(told, page=int(found[1]))
        else:
            words.append(word)
    return replace(told, words=() if [w.lower() for w in words] == ["all"] else tuple(words))


COMMAND = Command("summary", "how things stand: [place, mine or full] [24h or 7d]", "/summary_7d", summary)
PAGE = Command(
    "page",
    "turn the pages of a summary",
    "/page_all_24h",
    summary,
    in_place=True,
    shown=False,
)
