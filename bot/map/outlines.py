"""The lines that a map is drawn on: coasts, borders, lakes, first-level lines. tools/outlines.py writes them and says
what each key holds."""

from __future__ import annotations

import gzip
import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Self

from bot.map.view import Box

Line = Sequence[tuple[float, float]]  # (longitude, latitude) in degrees

MAINLAND = 0.08  # of the extent of a country's largest ring: what is smaller is an island far out, and frames no map
HALF_ROUND = 180.0  # degrees
FAR = 6.0  # degrees from the largest ring, beyond which a ring frames nothing either: Reunion, French Guiana


@dataclass(frozen=True, slots=True)
class Outlines:
    """Lines with the boxes around them; a line is decoded when a view needs it."""

    unit: float
    arcs: Sequence[Sequence[int]]
    rings: Sequence[Sequence[int]]
    ring_boxes: Sequence[Box]
    countries: dict[str, Sequence[int]]
    borders: Sequence[int]
    disputed: Sequence[Sequence[int]]
    lakes: Sequence[Sequence[int]]
    admin1: Sequence[Sequence[int]]

    @classmethod
    def read(cls, packed: bytes) -> Self:
        """The file of tools/outlines.py. Raises ValueError or OSError when it is no such file."""
        found: dict[str, Any] = json.loads(gzip.decompress(packed))
        unit, rings = found["unit"], found["rings"]
        for key in ("arcs", "disputed", "lakes", "admin1"):  # a tenth of the memory of lists
            found[key] = [array("i", line) for line in found[key]]
        arcs = found["arcs"]
        arc_boxes = [_box(arc, unit) for arc in arcs]
        ring_boxes = [Box.around(arc_boxes[a if a >= 0 else ~a] for a in ring) for ring in rings]
        rest = {key: found[key] for key in ("countries", "borders", "disputed", "lakes", "admin1")}
        made = cls(unit, arcs, rings, ring_boxes, **rest)
        for n, box in enumerate(ring_boxes):
            if box.width > HALF_ROUND:
                ring_boxes[n] = Box.around(Box.at(y, x) for x, y in made.ring(n))
        return made

    def extent(self, country: str) -> Box | None:
        """The box around a country's main land; None for one that the outlines do not hold."""
        boxes = [self.ring_boxes[n] for n in self.countries.get(country, ())]
        if not boxes:
            return None
        main = max(boxes, key=lambda b: b.width * b.height)
        near = main.grown(FAR)
        big = [b for b in boxes if near.holds(*b.middle) and max(b.width, b.height) > MAINLAND * main.width]
        return Box.around([main, *big])

    def land(self, within: Box) -> Iterator[Line]:
        """Closed lines of countries that touch the box."""
        for n, box in enumerate(self.ring_boxes):
            for turn in (0.0, 360.0, -360.0) if max(abs(box.west), abs(box.east)) > 180 else (0.0,):
                if Box(box.west + turn, box.south, box.east + turn, box.north).touches(within):
                    yield [(x + turn, y) for x, y in self.ring(n)]

    def ring(self, number: int) -> Line:
        """A closed line. One across the 180th meridian goes on beyond 180 instead of jumping to -180."""
        points = [p for arc in self.rings[number] for p in self._arc(arc)]
        box = self.ring_boxes[number]
        if box.width <= HALF_ROUND and box.west >= -HALF_ROUND and box.east <= HALF_ROUND:
            return points
        turn, last, found = 0.0, points[0][0], []
        for x, y in points:
            if abs(x - last) > HALF_ROUND:
                turn += 360.0 if x < last else -360.0
            last = x
            found.append((x + turn, y))
        return found

    def lines(self, kind: str, within: Box) -> Iterator[Line]:
        """`kind`: borders, disputed, lakes or admin1; those that touch the box."""
        held: Iterable[Sequence[int]] = getattr(self, kind)
        for line in (self.arcs[n] for n in self.borders) if kind == "borders" else held:
            if _box(line, self.unit).touches(within):
                yield self._decoded(line)

    def _arc(self, number: int) -> Line:
        line = self._decoded(self.arcs[number if number >= 0 else ~number])
        return line if number >= 0 else line[::-1]

    def _decoded(self, line: Sequence[int]) -> list[tuple[float, float]]:
        unit = self.unit
        xs, ys = accumulate(line[::2]), accumulate(line[1::2])
        return [(x * unit, y * unit) for x, y in zip(xs, ys, strict=True)]


def _box(line: Sequence[int], unit: float) -> Box:
    xs, ys = list(accumulate(line[::2])), list(accumulate(line[1::2]))
    return Box(min(xs) * unit, min(ys) * unit, max(xs) * unit, max(ys) * unit)
