"""What is on the picture: each incident at its place, in its colour and shape, and nothing that is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.map.chart import drawn as chart
from bot.map.draw import FRAME, PAPER, drawn, view_of
from bot.map.marks import ACCESS_COLOURS, GREY, SEVERITY_COLOURS, Mark, Shape, Tracked, marks_of, unpinned
from bot.map.plan import Plan, Weeks
from bot.model import Access, Direction, Incident, Severity, State
from bot.words.trend import Week
from tests.make import NOW, ago
from tests.map.made import FONTS, OUTLINES, Pixel, a_plan, alike, at, opened

BESIEGED = Access.BESIEGED
FASHER = (13.63, 25.35)
LIMIT = 150_000  # bytes


def pixel(plan: Plan, lat: float, lon: float, down: float = 0.0) -> Pixel:
    """The colour at a place, so many pixels further down."""
    x, y = view_of(plan, OUTLINES).at(lon, lat)
    found = opened(drawn(plan, OUTLINES, FONTS)).getpixel((round(x), round(y + down)))
    assert isinstance(found, tuple)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("exercise", [False, True])
def test_a_symbol_of_its_severity_is_at_the_place(severity: Severity, exercise: bool) -> None:
    """Also under the word EXERCISE, which changes no colour that means something."""
    plan = a_plan(at("El Fasher", *FASHER, severity=severity), exercise=exercise)
    assert alike(pixel(plan, *FASHER), SEVERITY_COLOURS[severity])


@pytest.mark.parametrize(
    ("fields", "shape"),
    [
        ({"direction": Direction.WORSENING}, Shape.DOWN),
        ({"direction": Direction.IMPROVING}, Shape.UP),
        ({"direction": Direction.UNCHANGED}, Shape.ROUND),
        ({"direction": Direction.MIXED}, Shape.ROUND),
        ({"direction": Direction.WORSENING, "state": State.RESOLVED}, Shape.UP),
    ],
)
def test_its_shape_says_which_way(fields: dict, shape: Shape) -> None:
    """A triangle that points down is wide above and narrow below, one that points up the other way round."""
    plan = a_plan(at("El Fasher", *FASHER, **fields))
    assert plan.marks[0].shape is shape
    image, (x, y) = opened(drawn(plan, OUTLINES, FONTS)), view_of(plan, OUTLINES).at(FASHER[1], FASHER[0])

    def wide(row: float) -> int:
        pixels = (image.getpixel((round(x + dx), round(y + row))) for dx in range(-35, 36))
        return sum(alike(p, SEVERITY_COLOURS[Severity.EXTREME]) for p in pixels)  # type: ignore[arg-type]

    above, below = wide(-14), wide(14)
    assert {Shape.DOWN: above > below + 10, Shape.UP: below > above + 10, Shape.ROUND: abs(above - below) <= 4}[shape]


def test_what_nobody_confirmed_is_hollow_and_what_is_old_is_grey() -> None:
    hollow = a_plan(at("El Fasher", *FASHER, corroborated=False))
    assert alike(pixel(hollow, *FASHER), PAPER)
    assert not alike(pixel(hollow, *FASHER, down=-15), PAPER), "its rim"
    assert alike(pixel(a_plan(at("El Fasher", *FASHER, state=State.DORMANT)), *FASHER), GREY)


def test_nothing_is_drawn_for_what_is_outside_or_has_no_place() -> None:
    """A country is no place to pin something to, and a coordinate elsewhere puts no symbol on the edge."""
    country = at("Sudan", 15.99, 29.94, kind="country")
    assert marks_of([country, at("Somewhere", None, None)]) == ()
    assert unpinned([country, at("El Fasher", *FASHER), at("Somewhere", None, None)]) == (1, 3)
    empty = drawn(a_plan(), OUTLINES, FONTS)
    assert drawn(a_plan(at("Far off", 48.0, 2.0)), OUTLINES, FONTS) == empty
    listed = opened(drawn(a_plan(country), OUTLINES, FONTS))
    assert listed.height > opened(empty).height, "its number is in a row of its own"
    frame = (0, int(FRAME.top), int(FRAME.right), int(FRAME.bottom))
    assert listed.crop(frame).tobytes() == opened(empty).crop(frame).tobytes()


def test_a_region_is_ringed() -> None:
    """Its middle stands for a wide area."""
    city, region = (a_plan(at("Darfur", 13.5, 24.5, kind=kind)) for kind in ("city", "admin1"))
    assert [p.marks[0].vague for p in (city, region)] == [False, True]
    x, y = view_of(city, OUTLINES).at(24.5, 13.5)
    spot = (round(x), round(y) + round(city.marks[0].radius) + 8)
    dark = [min(opened(drawn(p, OUTLINES, FONTS)).getpixel(spot)) for p in (city, region)]  # type: ignore[arg-type]
    assert dark[0] > 150 > dark[1]


@pytest.mark.parametrize("state", Access)
def test_a_tracked_crossing_has_the_colour_of_its_state(state: Access) -> None:
    plan = a_plan(states=(Tracked("Adre crossing", *FASHER, state),))
    assert alike(pixel(plan, *FASHER, down=10), ACCESS_COLOURS[state])


def test_the_state_of_a_place_with_news_stands_beside_its_symbol() -> None:
    """Both are seen, and a line leads from the place to the square."""
    plan = a_plan(
        at("El Fasher", *FASHER, severity=Severity.EXTREME), states=(Tracked("El Fasher", *FASHER, BESIEGED),)
    )
    picture = opened(drawn(plan, OUTLINES, FONTS)).crop((0, 122, 1080, 1022))
    counts = {colour: n for n, colour in picture.getcolors(1 << 20)}  # type: ignore[union-attr]

    def painted(colour: Pixel) -> int:
        return sum(n for c, n in counts.items() if alike(c, colour))  # type: ignore[arg-type]

    alone = a_plan(states=plan.states)
    assert alike(pixel(plan, *FASHER), SEVERITY_COLOURS[Severity.EXTREME])
    assert alike(pixel(alone, *FASHER, down=10), ACCESS_COLOURS[BESIEGED])
    assert painted(ACCESS_COLOURS[BESIEGED]) > 250, "the whole square of 24 pixels, but for its sign"
    assert painted(SEVERITY_COLOURS[Severity.EXTREME]) > 500


def test_states_alone_frame_a_map() -> None:
    plan = a_plan(countries=(), states=(Tracked("El Fasher", *FASHER, BESIEGED),))
    assert alike(pixel(plan, *FASHER, down=10), ACCESS_COLOURS[BESIEGED])
    assert view_of(plan, OUTLINES).scale > 80


def test_an_exercise_says_so_across_the_map() -> None:
    real, drill = (opened(drawn(a_plan(exercise=e), OUTLINES, FONTS)) for e in (False, True))
    differ = sum(a != b for a, b in zip(real.tobytes(), drill.tobytes(), strict=True))
    assert differ > 30_000
    assert alike(real.getpixel((540, 300)), drill.getpixel((540, 300))), "and the rest can be read"  # type: ignore[arg-type]


def many(count: int) -> list[Incident]:
    return [
        at(f"Town {n}", 10 + (n * 7919 % 110) / 10, 23 + (n * 104729 % 140) / 10, severity=Severity(n % 4))
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 40])
@pytest.mark.parametrize("countries", [("SD",), ("RU",), ("PS",), ()])
def test_a_picture_is_small(count: int, countries: tuple[str, ...]) -> None:
    incidents = many(count)
    assert len(drawn(a_plan(*incidents, countries=countries), OUTLINES, FONTS)) < LIMIT


def test_names_from_elsewhere_do_no_harm() -> None:
    """Whatever stands in a name: letters the font lacks, marks that turn the line, very many of them."""
    for name in ("\u202eمعبر\u202d x", "漢字 한국", "a" * 5000, "", "\u0000\ud800", "é" * 30 + "\u0301" * 500):
        mark = Mark(1, *FASHER, name, Shape.DOWN, GREY, 20.0)
        drawn(replace(a_plan(), marks=(mark,)), OUTLINES, FONTS)
        drawn(replace(a_plan(), title=name), OUTLINES, FONTS)


def test_a_chart_has_a_bar_for_each_direction() -> None:
    weeks = (Week(ago(days=13).date(), worse=3), Week(ago(days=6).date(), better=2, heard=4))
    png = chart(Weeks("New incidents, Sudan", NOW, weeks), FONTS)
    below_legend = opened(png).crop((0, 190, 1080, 640))
    counts = {c: n for n, c in below_legend.getcolors(1 << 20)}  # type: ignore[union-attr]

    def painted(colour: Pixel) -> int:
        return sum(n for c, n in counts.items() if alike(c, colour))  # type: ignore[arg-type]

    worse, better = painted(SEVERITY_COLOURS[Severity.EXTREME]), painted(SEVERITY_COLOURS[Severity.MODERATE])
    assert better > 10_000
    assert worse / better == pytest.approx(1.5, abs=0.1), "as long as there are incidents"
    assert len(png) < LIMIT
    assert len(chart(Weeks("x", NOW, ()), FONTS)) < LIMIT, "no weeks at all"
