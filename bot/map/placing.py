"""Where symbols and their labels go, so that none hides another: symbols in one place become one, those that touch are
moved apart, a label takes the first free side. Pixels throughout."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from bot.map.marks import Mark, Tracked
from bot.map.view import Frame

NEAR = 30.0  # closer than this, symbols belong to one spot
MANY = 3  # of one spot more than so many become one symbol with their number
CLUSTER = 30.0  # radius of that symbol
APART = 5.0  # between two symbols that were moved
ROUNDS = 80  # of moving apart
TURN = 2.4  # radians between those that stand in the very same place, so that they leave it in different directions
RING = 9.0  # from a symbol to the ring around it
GAP, FURTHER = 5.0, 30.0  # between a symbol and its label, where there is room and where there is not
# where a square may stand, in pixels from its place: there, else as near as may be, to the left first, for labels stand
# to the right
_AROUND = ((0.0, 0.0), *(
    (round(far * math.cos(turn * math.pi / 4)), round(far * math.sin(turn * math.pi / 4)))
    for far in (36, 46, 58, 72, 90) for turn in (4, 3, 5, 2, 6, 1, 7, 0)
))  # fmt: skip
LISTED = 5  # numbers beside one symbol; of more, how many there are

Measure = Callable[[str], tuple[float, float]]  # a text to its width and height


@dataclass(frozen=True, slots=True)
class Symbol:
    """One symbol: the worst of its marks, where it truly is (`x`, `y`) and where it is drawn (`at_x`, `at_y`)."""

    marks: tuple[Mark, ...]
    x: float
    y: float
    at_x: float
    at_y: float
    radius: float

    @property
    def is_cluster(self) -> bool:
        return len(self.marks) > 1

    @property
    def moved(self) -> bool:
        return math.hypot(self.at_x - self.x, self.at_y - self.y) > self.radius / 2

    @property
    def reach(self) -> float:
        """Of the symbol with the ring that says that it stands for a wide area."""
        return self.radius + (RING if not self.is_cluster and self.marks[0].vague else 0.0)

    @property
    def frame(self) -> Frame:
        r = self.reach
        return Frame(self.at_x - r, self.at_y - r, self.at_x + r, self.at_y + r)


@dataclass(frozen=True, slots=True)
class Square:
    """How a place stands: where it truly is and where its square is drawn; `half` a side."""

    state: Tracked
    x: float
    y: float
    at_x: float
    at_y: float
    half: float

    @property
    def moved(self) -> bool:
        return (self.at_x, self.at_y) != (self.x, self.y)

    @property
    def frame(self) -> Frame:
        r = self.half + (RING if self.state.vague else APART)
        return Frame(self.at_x - r, self.at_y - r, self.at_x + r, self.at_y + r)


@dataclass(frozen=True, slots=True)
class Label:
    """A text and where its box is."""

    text: str
    frame: Frame


def symbols(marks: Sequence[Mark], at: Callable[[float, float], tuple[float, float]], within: Frame) -> list[Symbol]:
    """`marks` the worst first; `at`: longitude and latitude to pixels. Marks outside of the frame have no symbol."""
    spots: list[tuple[float, float, list[Mark]]] = []
    for mark in marks:
        x, y = at(mark.lon, mark.lat)
        if not (within.left <= x <= within.right and within.top <= y <= within.bottom):
            continue
        home = next((s for s in spots if math.hypot(s[0] - x, s[1] - y) < NEAR), None)
        if home is None:
            spots.append((x, y, [mark]))
        else:
            home[2].append(mark)
    found: list[Symbol] = []
    for x, y, here in spots:
        if len(here) > MANY:
            found.append(Symbol(tuple(here), x, y, x, y, CLUSTER))
        else:
            found += [Symbol((m,), *(p := at(m.lon, m.lat)), *p, m.radius) for m in here]
    return _apart(found, within)


def _apart(found: list[Symbol], within: Frame) -> list[Symbol]:
    """Pairs that overlap push each other away, until none does or ROUNDS are over."""
    places = [(s.at_x, s.at_y) for s in found]
    for _ in range(ROUNDS):
        still = True
        for i in range(len(found)):
            for j in range(i + 1, len(found)):
                (ax, ay), (bx, by) = places[i], places[j]
                dx, dy = bx - ax, by - ay
                far, need = math.hypot(dx, dy), found[i].radius + found[j].radius + APART
                if far >= need:
                    continue
                still = False
                if far < 1.0:
                    dx, dy, far = math.cos(TURN * j), math.sin(TURN * j), 1.0
                push = (need - far) / 2 + 0.1
                places[i] = ax - dx / far * push, ay - dy / far * push
                places[j] = bx + dx / far * push, by + dy / far * push
        places = [_held(x, y, s.radius, within) for (x, y), s in zip(places, found, strict=True)]
        if still:
            break
    return [replace(s, at_x=x, at_y=y) for s, (x, y) in zip(found, places, strict=True)]


def _held(x: float, y: float, radius: float, within: Frame) -> tuple[float, float]:
    return (
        min(max(x, within.left + radius), within.right - radius),
        min(max(y, within.top + radius), within.bottom - radius),
    )


def squares(
    states: Sequence[Tracked], at: Callable[[float, float], tuple[float, float]], found: Sequence[Symbol],
    within: Frame, half: float,
) -> list[Square]:  # fmt: skip
    """`states` the worst first. Each stands at its place where nothing else does, else beside it, so that it hides no
    symbol and none hides it; those outside of the frame are left out."""
    kept = [s.frame for s in found]
    made = []
    for state in states:
        x, y = at(state.lon, state.lat)
        if not (within.left <= x <= within.right and within.top <= y <= within.bottom):
            continue
        here = [Square(state, x, y, x + dx, y + dy, half) for dx, dy in _AROUND]
        inside = [s for s in here if _inside(s.frame, within)] or here[:1]
        best = min(inside, key=lambda s: _overlap(s.frame, kept))  # of equally good ones the first
        made.append(best)
        kept.append(best.frame)
    return made


def names_beside(
    found: Sequence[Square], named: Collection[str], measure: Measure, within: Frame, taken: Sequence[Frame]
) -> list[Label]:
    """The names of squares where there is room, but for those in `named`, which stand beside a symbol already."""
    kept, made, known = list(taken), [], set(named)
    for square in found:
        name, at = square.state.name, square.frame
        width, height = measure(name)
        middle = square.at_y - height / 2, square.at_x - width / 2
        for left, top in (
            (at.right, middle[0]), (at.left - width, middle[0]), (middle[1], at.bottom), (middle[1], at.top - height),
        ):  # fmt: skip
            frame = Frame(left, top, left + width, top + height)
            if name not in known and _inside(frame, within) and _overlap(frame, kept) == 0:
                made.append(Label(name, frame))
                kept.append(frame)
                known.add(name)
    return made


def labels(found: Sequence[Symbol], measure: Measure, within: Frame, taken: Sequence[Frame]) -> list[Label]:
    """One for each symbol, in its order: number and name where there is room, else the number, which is never left
    out. `taken`: where nothing may be written."""
    kept = [*taken, *(s.frame for s in found)]
    named: set[str] = set()
    made: list[Label] = []
    for symbol in found:
        texts = _texts(symbol, named)
        sides = [
            (text, side) for gap in (GAP, FURTHER) for text in texts for side in _sides(symbol, *measure(text), gap)
        ]
        free = next(((t, f) for t, f in sides if _overlap(f, kept) == 0 and _inside(f, within)), None)
        last = [(t, f) for t, f in sides if t == texts[-1] and _inside(f, within)] or sides
        text, frame = free or min(last, key=lambda each: _overlap(each[1], kept))
        if not symbol.is_cluster and text != texts[-1]:
            named.add(symbol.marks[0].name)
        made.append(Label(text, frame))
        kept.append(frame)
    return made


def _texts(symbol: Symbol, named: set[str]) -> list[str]:
    """What may be written beside it, the most telling first."""
    first = symbol.marks[0]
    if symbol.is_cluster:
        numbers = ", ".join(str(m.number) for m in symbol.marks)
        many = f"{len(symbol.marks)} incidents"
        return [numbers, many] if len(symbol.marks) <= LISTED else [many]
    short = str(first.number)
    return [short] if first.name in named else [f"{short} {first.name}", short]


def _sides(s: Symbol, width: float, height: float, gap: float) -> list[Frame]:
    """Right, left, below, above, then shifted to either side."""
    r, out, half_w, half_h = s.radius, s.reach + gap, width / 2, height / 2
    slant = s.radius * 0.7 + gap
    corners = [
        (out, -half_h), (-out - width, -half_h), (-half_w, out), (-half_w, -out - height),
        (slant, slant - half_h), (slant, -slant - half_h),
        (-slant - width, slant - half_h), (-slant - width, -slant - half_h),
        (-r, out), (r - width, out), (-r, -out - height), (r - width, -out - height),
    ]  # fmt: skip
    return [Frame(s.at_x + x, s.at_y + y, s.at_x + x + width, s.at_y + y + height) for x, y in corners]


def free_names(
    names: Sequence[tuple[str, float, float]], measure: Measure, within: Frame, taken: Sequence[Frame]
) -> list[Label]:
    """Names around their own places (text, x, y); those that would not stand free are left out."""
    kept, made = list(taken), []
    for text, x, y in names:
        width, height = measure(text)
        frame = Frame(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        if _inside(frame, within) and _overlap(frame, kept) == 0:
            made.append(Label(text, frame))
            kept.append(frame)
    return made


def _overlap(frame: Frame, others: Sequence[Frame]) -> float:
    """Square pixels that lie on others."""
    total = 0.0
    for o in others:
        w = min(frame.right, o.right) - max(frame.left, o.left)
        h = min(frame.bottom, o.bottom) - max(frame.top, o.top)
        total += w * h if w > 0 and h > 0 else 0.0
    return total


def _inside(frame: Frame, within: Frame) -> bool:
    return (
        frame.left >= within.left
        and frame.right <= within.right
        and frame.top >= within.top
        and frame.bottom <= within.bottom
    )
