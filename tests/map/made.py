"""Incidents at places, and the checked-in outlines and fonts, for tests of maps."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from bot.map.lettering import Fonts
from bot.map.marks import marks_of, unpinned
from bot.map.outlines import Outlines
from bot.map.plan import Plan
from bot.model import Incident
from bot.pictures import DATA
from tests.make import NOW, a_place, an_incident

OUTLINES = Outlines.read((DATA / "outlines.json.gz").read_bytes())
FONTS = Fonts((DATA / "DejaVuSans.ttf").read_bytes(), (DATA / "DejaVuSans-Bold.ttf").read_bytes())

Pixel = tuple[int, int, int]


def at(name: str, lat: float | None, lon: float | None, kind: str = "city", **fields: Any) -> Incident:
    """An incident in Sudan."""
    place = a_place(name, key=f"x:{name}", kind=kind, country="SD", lat=lat, lon=lon, within=("SD",))
    return an_incident(**{"place": place, "country": "SD", "corroborated": True, **fields})


def a_plan(*incidents: Incident, **fields: Any) -> Plan:
    """A map of Sudan with them."""
    defaults: dict[str, Any] = {
        "title": "Access in Sudan", "period": "7 days", "as_of": NOW, "countries": ("SD",),
        "marks": marks_of(incidents), "unpinned": unpinned(incidents),
    }  # fmt: skip
    return Plan(**{**defaults, **fields})


def opened(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


def alike(one: Pixel, other: Pixel, by: int = 14) -> bool:
    """The same colour, as far as a palette keeps it."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= by
