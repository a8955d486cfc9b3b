"""What each incident and tracked crossing looks like on a map: shape, colour and size from what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.map.view import Box
from bot.model import Access, Direction, Incident, Place, Severity, State
from bot.words.mapped import AREAS
from bot.words.markup import clean
from bot.words.status import Stands

Colour = tuple[int, int, int]

# Okabe and Ito's palette, told apart by people who don't see red or green; darkness falls with severity as well.
# https://jfly.uni-koeln.de/color/
SEVERITY_COLOURS: dict[Severity, Colour] = {
    Severity.EXTREME: (213, 94, 0),
    Severity.SEVERE: (230, 159, 0),
    Severity.MODERATE: (0, 114, 178),
    Severity.MINOR: (86, 180, 233),
}
RADII = {Severity.EXTREME: 27.0, Severity.SEVERE: 23.0, Severity.MODERATE: 19.0, Severity.MINOR: 15.0}
GREY: Colour = (140, 140, 140)
NAME = 20  # letters of a place's name on the map


class Shape(StrEnum):
    """Which way access turned: told by shape too, for colours are not seen by everybody."""

    DOWN = "down"
    UP = "up"
    ROUND = "round"


@dataclass(frozen=True, slots=True)
class Mark:
    """One incident on the map. `number` is its number in the list beside; `hollow`: nobody confirmed it; `vague`: it
    stands for a wide area."""

    number: int
    lat: float
    lon: float
    name: str
    shape: Shape
    colour: Colour
    radius: float
    hollow: bool = False
    vague: bool = False


ACCESS_COLOURS: dict[Access, Colour] = {
    Access.OPEN: (0, 158, 115),
    Access.RESTRICTED: (230, 159, 0),
    Access.CLOSED: (40, 40, 40),
    Access.BESIEGED: (204, 121, 167),
    Access.UNKNOWN: GREY,
}


@dataclass(frozen=True, slots=True)
class Tracked:
    """How one place, or the ways there, stand; `vague`: as of a mark."""

    name: str
    lat: float
    lon: float
    state: Access
    vague: bool = False


def spot(place: Place | None) -> tuple[float, float] | None:
    """(latitude, longitude) of a place that may be pinned. A country may not: its middle would look exact."""
    if place is None or place.kind == "country" or place.lat is None or place.lon is None:
        return None
    return place.lat, place.lon


def marks_of(incidents: Sequence[Incident]) -> tuple[Mark, ...]:
    """Of those that can be pinned; numbered from 1 as they are given, the others counted as well."""
    found = []
    for number, incident in enumerate(incidents, 1):
        at = spot(incident.place)
        if at is not None and incident.place is not None:
            found.append(_mark(number, incident, incident.place, at))
    return tuple(found)


def _mark(number: int, incident: Incident, place: Place, at: tuple[float, float]) -> Mark:
    colour = GREY if incident.state is State.DORMANT else SEVERITY_COLOURS[incident.severity]
    return Mark(
        number, *at, clean(place.name, NAME), shape_of(incident), colour, RADII[incident.severity],
        hollow=not incident.corroborated, vague=place.kind in AREAS,
    )  # fmt: skip


def shape_of(incident: Incident) -> Shape:
    """What got better or is over points up, what got worse down; what is neither, or both, is round."""
    if incident.state is State.RESOLVED or incident.direction is Direction.IMPROVING:
        return Shape.UP
    return Shape.DOWN if incident.direction is Direction.WORSENING else Shape.ROUND


def unpinned(incidents: Sequence[Incident]) -> tuple[int, ...]:
    """The numbers of those that no map can show."""
    return tuple(n for n, incident in enumerate(incidents, 1) if spot(incident.place) is None)


def tracked(found: Sequence[Stands]) -> tuple[Tracked, ...]:
    """Of those that can be pinned, the worst first: of several at one spot that one."""
    made: dict[tuple[float, float], Tracked] = {}
    for one in found:
        at = spot(one.place)
        if at is not None and at not in made:
            made[at] = Tracked(clean(one.place.name, NAME), *at, one.standing.state, one.place.kind in AREAS)
    return tuple(made.values())


def around(shown: Sequence[Mark | Tracked], least: float) -> Box | None:
    """The box around what is shown, at least so many degrees high and wide; None for nothing."""
    return Box.around(Box.at(m.lat, m.lon) for m in shown).at_least(least) if shown else None
