"""Where symbols and labels go: apart, inside, and every number somewhere."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.map.marks import GREY, Mark, Shape, Tracked
from bot.map.placing import MANY, free_names, labels, names_beside, squares, symbols
from bot.map.view import Frame
from bot.model import Access

INSIDE = Frame(0, 0, 1000, 900)


def a_mark(number: int, x: float, y: float, name: str = "Town", radius: float = 20.0) -> Mark:
    return Mark(number, y, x, name, Shape.DOWN, GREY, radius)


def same(lon: float, lat: float) -> tuple[float, float]:
    """Degrees that are pixels."""
    return lon, lat


def wide(text: str) -> tuple[float, float]:
    return 17.0 * len(text), 33.0


def crossing(a: Frame, b: Frame) -> bool:
    return a.left < b.right - 1 and b.left < a.right - 1 and a.top < b.bottom - 1 and b.top < a.bottom - 1


def test_a_few_in_one_place_stand_side_by_side() -> None:
    """Each keeps its own shape and number, the name stands once."""
    found = symbols([a_mark(n, 500, 400) for n in (1, 2, 3)], same, INSIDE)
    assert [[m.number for m in s.marks] for s in found] == [[1], [2], [3]]
    for a, b in combinations(found, 2):
        assert math.hypot(a.at_x - b.at_x, a.at_y - b.at_y) >= a.radius + b.radius
    assert {(s.x, s.y) for s in found} == {(500, 400)}, "where they truly are is kept"
    texts = [label.text for label in labels(found, wide, INSIDE, [])]
    assert sorted(texts) == ["1 Town", "2", "3"]


def test_more_become_one_with_their_number() -> None:
    found = symbols([a_mark(n, 500 + n, 400) for n in range(1, MANY + 2)], same, INSIDE)
    assert [len(s.marks) for s in found] == [MANY + 1]
    assert [label.text for label in labels(found, wide, INSIDE, [])] == ["1, 2, 3, 4"]
    crowd = symbols([a_mark(n, 500, 400) for n in range(1, 10)], same, INSIDE)
    assert [label.text for label in labels(crowd, wide, INSIDE, [])] == ["9 incidents"]


def test_a_name_gives_way_before_a_number() -> None:
    """On the edge, beside what must stay free, among others."""
    row = [a_mark(n, 60 + 60 * n, 100, f"A very long name {n}") for n in range(12)]
    texts = [label.text for label in labels(symbols(row, same, INSIDE), wide, INSIDE, [])]
    assert [int(t.split()[0]) for t in texts] == list(range(12))
    assert any(" " in t for t in texts)
    assert any(" " not in t for t in texts)


def a_state(x: float, y: float, name: str = "Bridge") -> Tracked:
    return Tracked(name, y, x, Access.CLOSED)


def test_a_square_stands_at_its_place_or_beside_what_is_there() -> None:
    """Never on a symbol or another square while there is room; outside of the frame there is none."""
    found = symbols([a_mark(n, 500, 400) for n in (1, 2)], same, INSIDE)
    states = [a_state(100, 100), *(a_state(500, 400) for _ in range(4)), a_state(1_200, 400)]
    made = squares(states, same, found, INSIDE, 12.0)
    assert [(s.x, s.y) for s in made] == [(100, 100), *[(500, 400)] * 4]
    assert [s.moved for s in made] == [False, True, True, True, True]
    assert not [1 for a, b in combinations(made, 2) if crossing(a.frame, b.frame)]
    assert not [1 for a in found for b in made if crossing(a.frame, b.frame)]


def test_a_square_has_its_name_where_there_is_room_and_none_has_it() -> None:
    found = symbols([a_mark(1, 500, 400, "Town")], same, INSIDE)
    states = [a_state(100, 100), a_state(500, 400, "Town"), a_state(990, 500, "East"), a_state(300, 700, "Full")]
    made = squares(states, same, found, INSIDE, 12.0)
    taken = [*(s.frame for s in found), *(s.frame for s in made), Frame(200, 600, 400, 800)]
    beside = names_beside(made, {"Town"}, wide, INSIDE, taken)
    assert [label.text for label in beside] == ["Bridge", "East"]
    assert all(label.frame.right <= 1000 for label in beside)


spots = st.tuples(st.floats(0, 1000), st.floats(0, 900), st.sampled_from([15.0, 19.0, 23.0, 27.0]))


@settings(max_examples=60, deadline=None)
@given(st.lists(spots, max_size=25))
def test_every_mark_is_inside_and_counted_once(where: list[tuple[float, float, float]]) -> None:
    marks = [a_mark(n, x, y, f"Town {n}", r) for n, (x, y, r) in enumerate(where, 1)]
    found = symbols(marks, same, INSIDE)
    assert sorted(m.number for s in found for m in s.marks) == [m.number for m in marks]
    assert all(s.frame.left >= -0.01 and s.frame.right <= 1000.01 for s in found)
    made = labels(found, wide, INSIDE, [])
    assert len(made) == len(found)


def test_where_there_is_room_nothing_covers_anything() -> None:
    taken = [Frame(700, 800, 1000, 900)]
    marks = [a_mark(n, 90 + (n % 4) * 240, 80 + (n // 4) * 160, f"Town {n}") for n in range(16)]
    found = symbols(marks, same, INSIDE)
    made = labels(found, wide, INSIDE, taken)
    frames = [*taken, *(s.frame for s in found), *(label.frame for label in made)]
    assert not [1 for a, b in combinations(frames, 2) if crossing(a, b)]
    assert all(" " in label.text for label in made), "each with its name"


def test_names_of_countries_only_where_they_are_free() -> None:
    names = [("Chad", 100.0, 100.0), ("Libya", 110.0, 105.0), ("Egypt", 995.0, 400.0), ("Kenya", 500.0, 500.0)]
    taken = [Frame(480, 480, 520, 520)]
    assert [label.text for label in free_names(names, wide, INSIDE, taken)] == ["Chad"]


@pytest.mark.parametrize("where", [(-1.0, 50.0), (50.0, 901.0)])
def test_what_is_outside_has_no_symbol(where: tuple[float, float]) -> None:
    assert symbols([a_mark(1, *where)], same, INSIDE) == []
