"""Incidents for analysts: CSV, CSV with a row of HXL hashtags, GeoJSON and JSON, each as pieces of text to write out.

One row an incident, whatever the format, with the columns of COLUMNS. Nothing here knows of chats. Words, titles and
links that may give away where relief will move are left out, as in alerts: see phrases.tells_movement.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.model import Incident, Told
from bot.words.iso3 import ISO3
from bot.words.markup import clean, linkable
from bot.words.phrases import tells_movement

Value = str | int | float | bool | tuple[str, ...] | None
Row = dict[str, Value]

# column -> its HXL hashtag (HXL 1.1, hxlstandard.org/standard/1-1final); docs/export.md explains each
COLUMNS = {
    "id": "#event+id",
    "categories": "#event+type+list",
    "direction": "#event+direction",
    "state": "#status",
    "severity": "#severity+name",
    "certainty": "#event+certainty",
    "credibility": "#meta+credibility",
    "corroborated": "#meta+corroborated",
    "country": "#country+code+v_iso2",
    "iso3": "#country+code+v_iso3",
    "place": "#loc+name",
    "place_kind": "#loc+type",
    "pcode": "#adm1+code+v_pcode",
    "lat": "#geo+lat",
    "lon": "#geo+lon",
    "people": "#affected+ind",
    "asset": "#access+type",
    "opened": "#date+start",
    "updated": "#date+reported",
    "resolved": "#date+end",
    "revisions": "#meta+revision",
    "sources": "#meta+source+name+list",
    "owners": "#meta+source+owner+list",
    "grades": "#meta+source+grade+list",
    "title": "#description+title",
    "links": "#meta+url+list",
}
LINKS = 20  # in one row: a cell of a spreadsheet holds 32,767 characters
BETWEEN = "|"  # the parts of a list in one cell
_RUNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # a cell that begins so is taken for a formula


def row(incident: Incident) -> Row:
    """The values of COLUMNS, in their order; None where nothing is known."""
    place, sources = incident.place, _sources(incident)
    reports = () if tells_movement(incident) else _newest_first(incident)
    links = tuple(dict.fromkeys(t.url for t in reports if linkable(t.url)))
    return {
        "id": incident.id,
        "categories": tuple(c.value for c in incident.categories),
        "direction": incident.direction.value,
        "state": incident.state.value,
        "severity": incident.severity.word,
        "certainty": incident.certainty.value,
        "credibility": incident.credibility,
        "corroborated": incident.corroborated,
        "country": incident.country,
        "iso3": ISO3.get(incident.country or ""),
        "place": clean(place.name if place else incident.place_text or "", 200) or None,
        "place_kind": place.kind if place else None,
        "pcode": place.pcode if place else None,
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "people": incident.people,
        "asset": incident.asset,
        "opened": _moment(incident.opened),
        "updated": _moment(incident.updated),
        "resolved": _moment(incident.resolved),
        "revisions": incident.revision,
        "sources": tuple(_part(t.source_name or t.source_id) for t in sources),
        "owners": tuple(_part(t.owner) for t in sources),
        "grades": tuple(_part(t.grade) for t in sources),
        "title": clean(reports[0].title, 200) or None if reports else None,
        "links": links[:LINKS],
    }


def _newest_first(incident: Incident) -> list[Told]:
    return sorted(incident.told, key=lambda t: t.seen, reverse=True)


def _sources(incident: Incident) -> list[Told]:
    """One report of each source, in the order in which they first told of it."""
    first: dict[str, Told] = {}
    for told in sorted(incident.told, key=lambda t: t.seen):
        first.setdefault(told.source_id, told)
    return list(first.values())


def _part(text: str) -> str:
    """As one part of a list, which must not hold what stands between parts."""
    return clean(text, 100).replace(BETWEEN, "/")


def _moment(at: datetime | None) -> str | None:
    """ISO 8601, UTC, whole seconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


# --- the formats ---------------------------------------------------------------------------------


async def as_csv(incidents: AsyncIterable[Incident]) -> AsyncIterator[str]:
    """RFC 4180 with a row of names; no cell runs as a formula."""
    yield _line(COLUMNS)
    async for incident in incidents:
        yield _line(map(_cell, row(incident).values()))


async def as_hxl(incidents: AsyncIterable[Incident]) -> AsyncIterator[str]:
    """The same with the row of hashtags under the names."""
    yield _line(COLUMNS)
    yield _line(COLUMNS.values())
    async for incident in incidents:
        yield _line(map(_cell, row(incident).values()))


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _cell(value: Value) -> str:
    """Numbers as they are, so that a place in the west keeps its minus; of text, nothing that a spreadsheet runs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else BETWEEN.join(value)
    return f"'{text}" if text.startswith(_RUNS) else text


async def as_geojson(incidents: AsyncIterable[Incident]) -> AsyncIterator[str]:
    """A FeatureCollection (RFC 7946): longitude before latitude; the bounding box stands behind the features."""
    yield '{"type": "FeatureCollection", "features": ['
    points: list[tuple[float, float]] = []
    before = "\n"
    async for incident in incidents:
        point = _point(incident)
        points += [point] if point else []
        yield before + _json(_feature(incident, point))
        before = ",\n"
    yield "\n]" + (f', "bbox": {_json(_box(points))}' if points else "") + "}\n"


def _point(incident: Incident) -> tuple[float, float] | None:
    place = incident.place
    if place is None or place.lat is None or place.lon is None:
        return None
    return place.lon, place.lat


def _feature(incident: Incident, point: tuple[float, float] | None) -> dict[str, Any]:
    known = {name: value for name, value in row(incident).items() if name not in {"lat", "lon"}}
    geometry = {"type": "Point", "coordinates": point} if point else None
    return {"type": "Feature", "id": incident.id, "geometry": geometry, "properties": known}


def _box(points: list[tuple[float, float]]) -> list[float]:
    """West, south, east, north of them all; never over the antimeridian, so at times wider than it need be."""
    east, north = map(max, zip(*points, strict=True))
    west, south = map(min, zip(*points, strict=True))
    return [west, south, east, north]


async def as_json(incidents: AsyncIterable[Incident]) -> AsyncIterator[str]:
    """One array; `sources` holds an object for each, with its reports."""
    yield "["
    before = "\n"
    async for incident in incidents:
        yield before + _json(_object(incident))
        before = ",\n"
    yield "\n]\n"


def _object(incident: Incident) -> dict[str, Any]:
    known: dict[str, Any] = row(incident)
    del known["owners"], known["grades"]
    hidden = tells_movement(incident)
    reports: dict[str, list[Mapping[str, Any]]] = {}
    for told in _newest_first(incident):
        reports.setdefault(told.source_id, []).append(_report(told, hidden=hidden))
    known["sources"] = [
        {
            "id": t.source_id, "name": clean(t.source_name, 100), "owner": t.owner, "grade": t.grade,
            "reports": reports[t.source_id],
        }
        for t in _sources(incident)
    ]  # fmt: skip
    return known


def _report(told: Told, *, hidden: bool) -> dict[str, Any]:
    shown = not hidden
    return {
        "title": (clean(told.title, 200) or None) if shown else None,
        "link": told.url if shown and linkable(told.url) else None,
        "published": _moment(told.published), "seen": _moment(told.seen), "independent": told.independent,
        "severity": told.severity.word, "direction": told.direction.value,
    }  # fmt: skip


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


Format = Callable[[AsyncIterable[Incident]], AsyncIterator[str]]
FORMATS: Mapping[str, Format] = {"csv": as_csv, "hxl": as_hxl, "geojson": as_geojson, "json": as_json}
