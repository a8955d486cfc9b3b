"""What a picture is to show, before anything of it is drawn. Loads no Pillow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.map.marks import Mark, Tracked
from bot.map.view import Box
from bot.words.trend import Week


@dataclass(frozen=True, slots=True)
class Weeks:
    """All that a chart of weeks shows, the oldest first."""

    title: str
    as_of: datetime
    weeks: tuple[Week, ...]
    exercise: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a map shows.

    `marks` the worst first; `countries`: codes of those that frame it, unless `box` does; without either, the marks do.
    `unpinned`: numbers of incidents that have no closer place than a country; `names` of countries, with latitude and
    longitude. Two plans that are equal but for `as_of` make the same picture but for that line.
    """

    title: str
    period: str
    as_of: datetime
    marks: tuple[Mark, ...]
    countries: tuple[str, ...] = ()
    box: Box | None = None
    unpinned: tuple[int, ...] = ()
    states: tuple[Tracked, ...] = ()
    names: tuple[tuple[str, float, float], ...] = ()
    exercise: bool = False
