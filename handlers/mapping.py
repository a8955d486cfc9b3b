"""/map [country, place or region] [7d]: where access changed, as a picture, with the same in words under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.map.marks import Mark, Tracked, around, marks_of, spot, tracked, unpinned
from bot.map.plan import Plan
from bot.map.view import Box
from bot.model import PLACE, RELIEF, Access, Incident, Place
from bot.words.buttons import Press, Rows
from bot.words.mapped import AREAS, INCIDENTS, mapped
from bot.words.phrases import span
from bot.words.status import Stands, ranked
from handlers.asking import Ask, Command, Desk, Picture, Reply, zone_here
from handlers.standing import stands_in
from handlers.summary import period_of
from handlers.where import CHOICES, choices, key_word, place_named

WEEK = timedelta(days=7)
STATES = 30  # on one map, the worst
NEAR, WIDE = 2.0, 6.0  # degrees shown around a town or crossing, and around a region


@dataclass(frozen=True, slots=True)
class Area:
    """What is asked about: a place, several countries under one name, or (neither) everywhere."""

    title: str
    place: Place | None = None
    countries: tuple[str, ...] = ()

    def frames(self, shown: Sequence[Mark | Tracked]) -> Box | None:
        """The box to show; None where countries or what is shown frame it by themselves."""
        at = spot(self.place)
        if at is None or self.place is None:
            return None
        home = Box.at(*at).at_least(WIDE if self.place.kind in AREAS else NEAR)
        near = around(shown, 0.0)
        return Box.around([home, near]) if near is not None else home


async def map_(ask: Ask, desk: Desk) -> Reply:
    """Incidents of the period, and open ones that are severe however old, as in /summary; and how ways stand."""
    words, period = period_of(ask, WEEK)
    area = area_asked(words, desk, again)
    every = await incidents_in(area, ask, desk, period)
    incidents, since = every[:INCIDENTS], ask.now - period
    states = await states_in(area, ask, desk, since)
    marks, squares = marks_of(incidents), tracked(states)
    plan = Plan(
        f"Access in {area.title}", span(period), ask.now, marks, area.countries, area.frames((*marks, *squares)),
        unpinned(incidents), squares, _names(desk), exercise=desk.exercise,
    )  # fmt: skip
    caption, rest = mapped(
        incidents, title=area.title, since=since, now=ask.now, sources=list(desk.sources.values()),
        health=await desk.store.health(), country_name=desk.places.country_name, unpinned=plan.unpinned,
        states=states,
        left_out=len(every) - len(incidents), zone=await zone_here(ask, desk), exercise=desk.exercise,
    )  # fmt: skip
    buttons = namesakes(words, area, desk, again)
    if not marks and not squares:  # an empty map would look like calm
        return Reply("\n".join(filter(None, (caption, rest))), buttons)
    return Reply(rest, buttons, Picture(await desk.pictures.map(plan), caption))


def area_asked(words: tuple[str, ...], desk: Desk, again: Callable[[Place], Press]) -> Area:
    """What the words name; without any, everywhere. Raises UnclearError and InputError as /summary does."""
    name = " ".join(words)
    if not words or name.lower() in ("all", "everywhere"):
        return Area("all countries")
    region = desk.places.region(name)
    if region is not None:
        return Area(region.name, countries=region.countries)
    place = place_named(words, desk, again, first=True)
    countries = (place.country,) if spot(place) is None else ()
    return Area(place.name, place, countries)


async def incidents_in(area: Area, ask: Ask, desk: Desk, period: timedelta) -> list[Incident]:
    """The worst first."""
    key = area.place.key if area.place else None
    found = await desk.store.summary(ask.now - period, key, exercise=desk.exercise)
    return [i for i in found if i.country in area.countries] if area.countries and key is None else found


async def states_in(area: Area, ask: Ask, desk: Desk, since: datetime) -> list[Stands]:
    """How ways there stand, and which places are besieged, the worst first; what nobody has confirmed for so long that
    it was unknown before the period is not told."""
    place = area.place
    found = await stands_in((place.country,) if place else area.countries, ask, desk)
    here = [
        s for s in found
        if spot(s.place) and (place is None or place.key in (s.place.key, *s.place.within))
        and s.kind != RELIEF and (s.kind != PLACE or s.standing.last.state is Access.BESIEGED)
        and (s.standing.state is not Access.UNKNOWN or s.standing.last.expires >= since)
    ]  # fmt: skip
    return ranked(here)[:STATES]


def namesakes(words: tuple[str, ...], area: Area, desk: Desk, again: Callable[[Place], Press]) -> Rows:
    """Buttons for other places of that name; none where a country is meant."""
    if area.place is None or area.place.kind == "country":
        return ()
    others = tuple(p for p in desk.places.lookup(" ".join(words)) if p != area.place)
    return choices(others[:CHOICES], desk, again)


def again(place: Place) -> Press:
    """The press that asks for exactly this place."""
    return Press("map", (key_word(place),))


def _names(desk: Desk) -> tuple[tuple[str, float, float], ...]:
    return tuple((p.name, p.lat, p.lon) for p in desk.places.countries() if p.lat is not None and p.lon is not None)


COMMAND = Command("map", "a map: [country, place or region] [7d]", "/map_7d", map_)
