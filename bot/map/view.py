"""From degrees to pixels: the box that a map shows, fitted into a frame.

Equirectangular, with the middle latitude of the box true to scale: a degree of longitude is as wide as cos(latitude)
degrees of latitude. Over one country it differs from better projections by less than a symbol's size, straight lines of
the outlines stay straight, and north is up everywhere, which is what people compare with other maps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

KM_PER_DEGREE = 111.2  # of latitude
SCALE_UP_TO = 4000.0  # km across: on a wider map the scale differs too much from south to north to draw a bar
POLAR = 84.0  # degrees: no map reaches beyond


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, boxes: Iterable[Box]) -> Self:
        """The smallest that holds them all; ValueError for none."""
        every = list(boxes)
        return cls(
            min(b.west for b in every), min(b.south for b in every),
            max(b.east for b in every), max(b.north for b in every),
        )  # fmt: skip

    @classmethod
    def at(cls, lat: float, lon: float) -> Self:
        return cls(lon, lat, lon, lat)

    @property
    def width(self) -> float:
        return self.east - self.west

    @property
    def height(self) -> float:
        return self.north - self.south

    @property
    def middle(self) -> tuple[float, float]:
        """(longitude, latitude)."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2

    def grown(self, by: float) -> Box:
        return Box(self.west - by, self.south - by, self.east + by, self.north + by)

    def at_least(self, degrees: float) -> Box:
        """As high and as wide as that, around the same middle."""
        lon, lat = self.middle
        x, y = max(self.width, degrees) / 2, max(self.height, degrees) / 2
        return Box(lon - x, lat - y, lon + x, lat + y)

    def touches(self, other: Box) -> bool:
        return (
            self.west <= other.east
            and other.west <= self.east
            and self.south <= other.north
            and other.south <= self.north
        )

    def holds(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True, slots=True)
class Frame:
    """Pixels: where on the picture the map is."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class View:
    """A frame filled with what lies around the middle of a box. `scale`: pixels per degree of latitude."""

    frame: Frame
    lon: float
    lat: float
    scale: float

    @classmethod
    def of(cls, box: Box, frame: Frame, margin: float) -> Self:
        """All of the box is inside, at least `margin` pixels from the edge."""
        lon, lat = box.middle
        lat = max(-POLAR, min(POLAR, lat))
        across = max(box.width * math.cos(math.radians(lat)), 1e-6)
        up = max(box.height, 1e-6)
        return cls(frame, lon, lat, min((frame.width - 2 * margin) / across, (frame.height - 2 * margin) / up))

    @property
    def stretch(self) -> float:
        """Pixels per degree of longitude."""
        return self.scale * math.cos(math.radians(self.lat))

    @property
    def shown(self) -> Box:
        """What lies in the frame."""
        x, y = self.frame.width / 2 / self.stretch, self.frame.height / 2 / self.scale
        return Box(self.lon - x, self.lat - y, self.lon + x, self.lat + y)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Pixels from the left and from the top of the picture."""
        f = self.frame
        x = (f.left + f.right) / 2 + (lon - self.lon) * self.stretch
        return x, (f.top + f.bottom) / 2 - (lat - self.lat) * self.scale

    def bar(self, longest: float) -> tuple[int, float] | None:
        """A scale bar of a round number of kilometres, at most `longest` pixels: (km, pixels). None on a map so wide
        that it would mislead, or so close that a kilometre is longer."""
        pixels = self.scale / KM_PER_DEGREE
        if self.frame.width / pixels > SCALE_UP_TO:
            return None
        fits = [n * 10**p for p in range(4) for n in (1, 2, 5) if n * 10**p * pixels <= longest]
        return (fits[-1], fits[-1] * pixels) if fits else None
