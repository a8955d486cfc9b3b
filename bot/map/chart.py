"""Incidents opened per week as bars: better upwards, worse downwards, as the triangles of a map point."""

from __future__ import annotations

from PIL import ImageDraw

from bot.map.draw import PAPER, QUIET, SMALL, TEXT, TITLE, WIDTH
from bot.map.lettering import Fonts, Pen
from bot.map.marks import GREY, SEVERITY_COLOURS, Colour
from bot.map.paint import Paint, png
from bot.map.plan import Weeks
from bot.model import Severity
from bot.words.phrases import moment
from bot.words.trend import NO_CALM, Week

HEIGHT = 760
LEFT, RIGHT, TOP, BOTTOM = 40, WIDTH - 40, 190, 600
WORSE: Colour = SEVERITY_COLOURS[Severity.EXTREME]
BETTER: Colour = SEVERITY_COLOURS[Severity.MODERATE]
LEAST = 4  # incidents for which the axis has room, so that one does not look like many
NUMBER = 34  # pixels kept for the number at the end of a bar


def drawn(chart: Weeks, fonts: Fonts) -> bytes:
    """PNG, WIDTH by HEIGHT."""
    paint = Paint(WIDTH, HEIGHT, PAPER)
    up = max([w.better + w.other for w in chart.weeks] + [0])
    down = max([w.worse for w in chart.weeks] + [0])
    if chart.exercise:
        paint.stamp(fonts, "EXERCISE", 150, (WIDTH / 2, (TOP + BOTTOM) / 2))
    unit = (BOTTOM - TOP - 2 * NUMBER) / max(up + down, LEAST)
    zero = TOP + NUMBER + unit * (up if up + down else LEAST / 2)
    step = (RIGHT - LEFT) / max(len(chart.weeks), 1)
    for n, week in enumerate(chart.weeks):
        _bars(paint, week, (LEFT + step * (n + 0.18), LEFT + step * (n + 0.82)), zero, unit)
    paint.line([(LEFT, zero), (RIGHT, zero)], QUIET, 2)
    for x, colour in ((LEFT, WORSE), (LEFT + 300, BETTER), (LEFT + 600, GREY)):
        paint.box(x, 146, x + 26, 172, colour)
    image = paint.halved()
    pen = Pen(ImageDraw.Draw(image), fonts)
    for n, week in enumerate(chart.weeks):
        _numbers(pen, week, LEFT + step * (n + 0.5), zero, unit)
        if (len(chart.weeks) - 1 - n) % 2 == 0:
            _centred(pen, LEFT + step * (n + 0.5), BOTTOM + 12, week.day)
    _words(pen, chart)
    return png(image)


def _bars(paint: Paint, week: Week, sides: tuple[float, float], zero: float, unit: float) -> None:
    left, right = sides
    paint.box(left, zero, right, zero + unit * week.worse, WORSE)
    top = zero - unit * week.better
    paint.box(left, top, right, zero, BETTER)
    paint.box(left, top - unit * week.other, right, top, GREY)


def _numbers(pen: Pen, week: Week, x: float, zero: float, unit: float) -> None:
    if week.worse:
        _centred(pen, x, zero + unit * week.worse + 2, str(week.worse))
    if week.better + week.other:
        _centred(pen, x, zero - unit * (week.better + week.other) - 30, str(week.better + week.other))
    if not week.total:
        _centred(pen, x, zero - 32, "none" if week.heard else "?")


def _centred(pen: Pen, x: float, y: float, text: str) -> None:
    pen.write(x - pen.size(text, SMALL)[0] / 2, y, text, SMALL)


def _words(pen: Pen, chart: Weeks) -> None:
    title = f"EXERCISE: {chart.title}" if chart.exercise else chart.title
    pen.write(24, 10, pen.fitted(title, TITLE, WIDTH - 48, bold=True), TITLE, bold=True)
    pen.write(24, 72, f"by week, as of {moment(chart.as_of)}", TEXT, colour=QUIET)
    for x, word in ((LEFT, "worse"), (LEFT + 300, "better"), (LEFT + 600, "neither")):
        pen.write(x + 38, 142, word, TEXT)
    pen.write(
        24,
        HEIGHT - 108,
        "Weeks from Monday; ? means that no source was heard, or that it is not known.",
        SMALL,
        colour=QUIET,
    )
    first, _, second = NO_CALM.partition(": ")
    pen.write(24, HEIGHT - 74, f"{first}:", SMALL, colour=QUIET)
    pen.write(24, HEIGHT - 42, second, SMALL, colour=QUIET)
