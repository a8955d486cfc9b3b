"""The checked-in outlines: every country can be framed, and no border is drawn as settled that is not."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.map.view import Box, Frame, View
from tests.judge.loaded import JUDGE
from tests.map.made import OUTLINES

WORLD = Box(-180, -90, 180, 90)


@pytest.mark.parametrize(
    ("country", "inside", "outside"),
    [
        ("SD", [(32.5, 15.6), (22.5, 13.5)], [(45.0, 2.0)]),
        ("PS", [(34.3, 31.3), (35.3, 32.4)], [(38.0, 33.0)]),
        ("UA", [(30.5, 50.4), (38.5, 48.5)], [(45.0, 55.0)]),
        ("FR", [(2.3, 48.9), (9.1, 42.0)], [(-53.0, 4.0), (55.5, -21.1)]),
        ("XK", [(21.2, 42.7)], [(20.0, 44.8)]),
        ("ZZ", [], []),
    ],
)
def test_a_country_is_framed_by_its_main_land(
    country: str, inside: list[tuple[float, float]], outside: list[tuple[float, float]]
) -> None:
    box = OUTLINES.extent(country)
    assert (box is not None) is bool(inside)
    assert all(box and box.holds(*p) for p in inside)
    assert not any(box and box.holds(*p) for p in outside)


def test_every_crisis_country_has_outlines() -> None:
    crises = [code for code, role in JUDGE.gazetteer._known.roles.items() if role == "crisis"]
    assert [code for code in crises if OUTLINES.extent(code) is None] == []


@pytest.mark.parametrize(
    ("what", "box"),
    [
        ("Crimea", Box(33.6, 46.0, 34.8, 46.25)),
        ("Golan", Box(35.8, 32.9, 35.95, 33.2)),
        ("Abyei", Box(27.8, 9.4, 28.9, 9.9)),
        ("Western Sahara", Box(-8.85, 27.3, -8.75, 27.6)),
    ],
)
def test_a_disputed_line_is_no_border(what: str, box: Box) -> None:
    def passes(kind: str) -> bool:
        return any(box.holds(*p) for line in OUTLINES.lines(kind, box) for p in line)

    assert passes("disputed"), what
    assert not passes("borders"), what


def test_land_across_the_180th_meridian_has_no_seam() -> None:
    """The far east of Russia is drawn on, not through the whole world back to the west."""
    wide = [line for line in OUTLINES.land(WORLD) if any(abs(a[0] - b[0]) > 90 for a, b in pairwise(line))]
    assert wide == []
    assert any(abs(x) > 180 for line in OUTLINES.land(WORLD) for x, _ in line)


def test_a_view_holds_its_box_and_is_true_to_scale() -> None:
    box, frame = Box(20.0, 8.0, 38.0, 23.0), Frame(0, 100, 1000, 900)
    view = View.of(box, frame, 40)
    corners = [view.at(x, y) for x in (box.west, box.east) for y in (box.south, box.north)]
    assert all(39.9 <= x <= 960.1 and 139.9 <= y <= 860.1 for x, y in corners)
    bar = view.bar(240)
    assert bar is not None
    km, pixels = bar
    (x0, y0), (_, y1) = view.at(29.0, 15.0), view.at(29.0, 16.0)
    assert abs(pixels / km - (y0 - y1) / 111.2) < 0.01, "a degree of latitude is 111.2 km"
    assert abs((view.at(30.0, 15.5)[0] - x0) / (y0 - y1) - 0.964) < 0.002, "cos(15.5 degrees)"
    assert View.of(WORLD, frame, 0).bar(240) is None, "no bar where it would mislead"
