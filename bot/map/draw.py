"""A map: outlines, crossings, incidents, their labels, and under it what the symbols mean."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import ImageDraw

from bot.map.lettering import HALO, Fonts, Pen
from bot.map.marks import GREY, RADII, SEVERITY_COLOURS, Colour, Shape, around
from bot.map.outlines import Outlines
from bot.map.paint import SQUARE, Paint, png
from bot.map.placing import RING, Square, Symbol, free_names, labels, names_beside, squares, symbols
from bot.map.plan import Plan
from bot.map.view import Box, Frame, View
from bot.model import Access, Severity
from bot.words.phrases import moment

WIDTH = 1080
FRAME = Frame(0, 122, WIDTH, 1022)  # of the map itself
INNER = Frame(FRAME.left + 6, FRAME.top + 6, FRAME.right - 6, FRAME.bottom - 6)
MARGIN = 60.0  # pixels between what is shown and the map's edge
ROW, FOOT = 52, 46
LEAST = 8.0  # degrees across, where incidents alone say what is shown
WORLD = Box(-130.0, -45.0, 160.0, 65.0)
CLOSE = 25.0  # pixels per degree: on a map of many countries first-level lines only darken it
PAPER: Colour = (255, 255, 255)
SEA: Colour = (214, 226, 236)
LAND: Colour = (246, 243, 236)
COAST: Colour = (150, 160, 170)
BORDER: Colour = (120, 120, 120)
PROVINCE: Colour = (214, 208, 198)
DARK: Colour = (60, 60, 60)
QUIET: Colour = (90, 90, 90)
FAINT: Colour = (135, 135, 135)
TITLE, TEXT, SMALL = 46, 30, 25  # heights of letters; a phone shows 36 % of them
CREDIT = "Outlines: Natural Earth. Borders do not imply endorsement."


def view_of(plan: Plan, outlines: Outlines) -> View:
    """Where on the picture a place is: `view_of(plan, outlines).at(lon, lat)`."""
    extents = [box for code in plan.countries if (box := outlines.extent(code)) is not None]
    box = plan.box or (Box.around(extents) if extents else None)
    return View.of(box or around((*plan.marks, *plan.states), LEAST) or WORLD, FRAME, MARGIN)


def drawn(plan: Plan, outlines: Outlines, fonts: Fonts) -> bytes:
    """PNG, WIDTH pixels wide, and as high as what is to be explained under the map."""
    rows = _rows(plan)
    height = int(FRAME.bottom) + ROW * len(rows) + FOOT
    paint, view = Paint(WIDTH, height, SEA), view_of(plan, outlines)
    _ground(paint, view, outlines)
    if plan.exercise:
        paint.stamp(fonts, "EXERCISE", 170, (WIDTH / 2, (FRAME.top + FRAME.bottom) / 2))
    found = symbols(plan.marks, view.at, INNER)
    states = squares(plan.states, view.at, found, INNER, SQUARE)
    for square in states:
        _way_to(paint, square)
    for symbol in reversed(found):  # the worst on top
        _symbol(paint, symbol)
    for square in reversed(states):
        if square.state.vague:
            paint.ring(square.at_x, square.at_y, SQUARE + RING, DARK, 2)
        paint.square(square.state.state, square.at_x, square.at_y)
    paint.box(0, 0, WIDTH, FRAME.top, PAPER)
    paint.box(0, FRAME.bottom, WIDTH, height, PAPER)
    for n, row in enumerate(rows):
        for x, sign, _ in row:
            _sign(paint, sign, x, _middle(n))
    image = paint.halved()
    pen = Pen(ImageDraw.Draw(image), fonts)
    _write_labels(pen, found, states, plan, view)
    _head(pen, plan)
    for n, row in enumerate(rows):
        for x, _, words in row:
            pen.write(x, _middle(n) - TEXT * 0.62, pen.fitted(words, TEXT, WIDTH - x - 24), TEXT)
    pen.write(24, height - FOOT + 8, CREDIT, SMALL, colour=QUIET)
    return png(image)


def _ground(paint: Paint, view: View, outlines: Outlines) -> None:
    """All land in one colour: a tint for the country asked about would have to follow borders that are disputed."""
    shown = view.shown.grown(0.05)
    for ring in outlines.land(shown):
        points = [view.at(*p) for p in ring]
        paint.area(points, LAND)
        paint.line(points, COAST, 1.5)
    if view.scale > CLOSE:
        for line in outlines.lines("admin1", shown):
            paint.line([view.at(*p) for p in line], PROVINCE, 1.5)
    for lake in outlines.lines("lakes", shown):
        paint.area([view.at(*p) for p in lake], SEA)
    for line in outlines.lines("borders", shown):
        paint.line([view.at(*p) for p in line], BORDER, 2)
    for line in outlines.lines("disputed", shown):
        points = [view.at(*p) for p in line]
        paint.line(points, LAND, 3)
        paint.dashes(points, BORDER, 2)


def _symbol(paint: Paint, symbol: Symbol) -> None:
    worst, x, y = symbol.marks[0], symbol.at_x, symbol.at_y
    _way_to(paint, symbol)
    if symbol.is_cluster:
        paint.symbol(Shape.ROUND, x, y, symbol.radius, worst.colour, hollow=False)
        paint.symbol(Shape.ROUND, x, y, symbol.radius * 0.7, PAPER, hollow=False)
        return
    if worst.vague:
        paint.ring(x, y, symbol.reach, DARK, 2)
    paint.symbol(worst.shape, x, y, symbol.radius, worst.colour, hollow=worst.hollow)


def _way_to(paint: Paint, shown: Symbol | Square) -> None:
    """From the place to what was moved aside."""
    if shown.moved:
        paint.line([(shown.x, shown.y), (shown.at_x, shown.at_y)], DARK, 2)
        paint.symbol(Shape.ROUND, shown.x, shown.y, 5, DARK, hollow=False)


def _write_labels(pen: Pen, found: Sequence[Symbol], states: Sequence[Square], plan: Plan, view: View) -> None:
    def bold(text: str) -> tuple[float, float]:
        return pen.size(text, TEXT, bold=True)

    def small(text: str) -> tuple[float, float]:
        return pen.size(text, SMALL)

    for symbol in found:
        if symbol.is_cluster:
            text = str(len(symbol.marks))
            width, height = bold(text)
            pen.write(symbol.at_x - width / 2, symbol.at_y - height / 2, text, TEXT, bold=True)
    taken = [*_scale_bar(pen, view), *(s.frame for s in states)]
    placed = labels(found, bold, INNER, taken)
    taken += [*(s.frame for s in found), *(label.frame for label in placed)]
    beside = names_beside(states, {m.name for s in found for m in s.marks}, small, INNER, taken)
    taken += [label.frame for label in beside]
    names = [(name, *view.at(lon, lat)) for name, lat, lon in plan.names if view.scale > CLOSE]
    for label in free_names(names, small, INNER, taken):
        pen.write(label.frame.left, label.frame.top, label.text, SMALL, colour=FAINT)
    for label in beside:
        pen.write(label.frame.left, label.frame.top, label.text, SMALL, colour=DARK, halo=HALO)
    for label in placed:
        pen.write(label.frame.left, label.frame.top - 2, label.text, TEXT, bold=True, halo=HALO)


def _scale_bar(pen: Pen, view: View) -> list[Frame]:
    """Where it stands, no label may."""
    bar = view.bar(240)
    if bar is None:
        return []
    km, pixels = bar
    right, y = FRAME.right - 24, FRAME.bottom - 22
    pen.draw.line([(right - pixels, y - 10), (right - pixels, y), (right, y), (right, y - 10)], QUIET, 4)
    text = f"{km} km"
    width, _ = pen.size(text, SMALL)
    pen.write(right - width, y - 44, text, SMALL, halo=HALO)
    return [Frame(right - max(pixels, width) - 8, y - 50, FRAME.right, FRAME.bottom)]


def _head(pen: Pen, plan: Plan) -> None:
    title = f"EXERCISE: {plan.title}" if plan.exercise else plan.title
    pen.write(24, 10, pen.fitted(title, TITLE, WIDTH - 48, bold=True), TITLE, bold=True)
    subtitle = f"last {plan.period}, as of {moment(plan.as_of)}"
    pen.write(24, 70, pen.fitted(subtitle, TEXT, WIDTH - 48), TEXT, colour=QUIET)


# --- what the symbols mean -----------------------------------------------------------------------

Sign = Severity | Shape | Access | str | None
Entry = tuple[float, Sign, str]  # where its words begin, its sign, its words

_REGION, _HOLLOW, _STALE = "region", "hollow", "stale"


def _rows(plan: Plan) -> list[list[Entry]]:
    """One row under the map each: severities, directions, what is not certain, states, what no map can show."""
    rows: list[list[Entry]] = [
        list(zip((84, 340, 570, 850), SEVERITY_COLOURS, (s.word for s in SEVERITY_COLOURS), strict=True)),
        [(84, Shape.DOWN, "worse"), (340, Shape.UP, "better or over"), (670, Shape.ROUND, "unchanged or mixed")],
        [(84, _HOLLOW, "uncorroborated"), (410, _STALE, "unknown since"), (720, _REGION, "within a region")],
    ]
    if plan.states:
        rows.append(list(zip((60, 210, 440, 620, 840), Access, (state.value for state in Access), strict=True)))
    if plan.unpinned:
        numbers = ", ".join(map(str, plan.unpinned))
        rows.append([(24, None, f"No closer place than the country: {numbers}")])
    return rows


def _middle(row: int) -> float:
    return FRAME.bottom + ROW * (row + 0.5) + 8


def _sign(paint: Paint, sign: Sign, words: float, y: float) -> None:
    x = words - 38
    match sign:
        case Severity():
            paint.symbol(Shape.DOWN, x, y, RADII[sign] * 0.85, SEVERITY_COLOURS[sign], hollow=False)
        case Access():
            paint.square(sign, words - 26, y)
        case Shape():
            paint.symbol(sign, x, y, 17, PAPER, hollow=False)
        case "hollow":
            paint.symbol(Shape.DOWN, x, y, 19, SEVERITY_COLOURS[Severity.EXTREME], hollow=True)
        case "stale":
            paint.symbol(Shape.DOWN, x, y, 19, GREY, hollow=False)
        case "region":
            paint.symbol(Shape.ROUND, x, y, 11, PAPER, hollow=False)
            paint.ring(x, y, 20, DARK, 2)
        case _:
            return
