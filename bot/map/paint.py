"""Shapes in pixels, drawn twice as large and halved afterwards, so that edges are smooth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageDraw

from bot.map.lettering import Fonts
from bot.map.marks import ACCESS_COLOURS, Colour, Shape
from bot.model import Access

TWICE = 2
LINE: Colour = (30, 30, 30)
WHITE: Colour = (255, 255, 255)
STAMP: Colour = (160, 0, 80)
COLOURS = 96  # of the palette of the finished picture
SQUARE = 12.0  # half the side of the square of a tracked crossing

Points = Sequence[tuple[float, float]]


class Paint:
    """A picture under way. Everything is given in pixels of the finished one."""

    def __init__(self, width: int, height: int, ground: Colour) -> None:
        self.image = Image.new("RGB", (width * TWICE, height * TWICE), ground)
        self.draw = ImageDraw.Draw(self.image)

    def area(self, points: Points, fill: Colour) -> None:
        if len(points) > 2:
            self.draw.polygon([(x * TWICE, y * TWICE) for x, y in points], fill)

    def line(self, points: Points, colour: Colour, width: float) -> None:
        self.draw.line([(x * TWICE, y * TWICE) for x, y in points], colour, max(1, round(width * TWICE)))

    def dashes(self, points: Points, colour: Colour, width: float, dash: float = 8.0) -> None:
        """The line in dashes as long as the gaps between them."""
        walked = 0.0
        for (x0, y0), (x1, y1) in pairwise(points):
            long = math.hypot(x1 - x0, y1 - y0)
            at = 0.0
            while at < long:
                step = min(dash - walked % dash, long - at)
                if int(walked // dash) % 2 == 0:
                    a, b = at / long, (at + step) / long
                    ends = [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (a, b)]
                    self.line(ends, colour, width)
                at, walked = at + step, walked + max(step, 1e-6)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        self.draw.rectangle([v * TWICE for v in (left, top, right, bottom)], fill)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float) -> None:
        corners = [v * TWICE for v in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.ellipse(corners, None, colour, round(width * TWICE))

    def symbol(self, shape: Shape, x: float, y: float, radius: float, colour: Colour, *, hollow: bool) -> None:
        """With a white and a dark edge, so that it stands out on any ground; hollow: only its rim has the colour."""
        for grown, fill in ((3.5, WHITE), (1.5, LINE), (0.0, colour)):
            self._form(shape, x, y, radius + grown, fill)
        if hollow:
            self._form(shape, x, y, radius * 0.55, WHITE)

    def _form(self, shape: Shape, x: float, y: float, radius: float, fill: Colour) -> None:
        if shape is Shape.ROUND:
            corners = [v * TWICE for v in (x - radius * 0.9, y - radius * 0.9, x + radius * 0.9, y + radius * 0.9)]
            self.draw.ellipse(corners, fill)
            return
        turn = 1 if shape is Shape.DOWN else -1
        low = y - turn * radius * 0.12  # a triangle looks centred a little beside its middle
        self.area(
            [
                (x - radius, low - turn * radius * 0.75),
                (x + radius, low - turn * radius * 0.75),
                (x, low + turn * radius),
            ],
            fill,
        )

    def square(self, state: Access, x: float, y: float) -> None:
        """A square with a sign: a tick for open, a bar for restricted, a cross for closed, a frame for besieged."""
        r = SQUARE
        self.box(x - r - 3, y - r - 3, x + r + 3, y + r + 3, WHITE)
        self.box(x - r - 1, y - r - 1, x + r + 1, y + r + 1, LINE)
        self.box(x - r, y - r, x + r, y + r, ACCESS_COLOURS[state])
        signs: dict[Access, list[Points]] = {
            Access.OPEN: [[(-7, 0), (-2, 6), (7, -6)]],
            Access.RESTRICTED: [[(-7, 0), (7, 0)]],
            Access.CLOSED: [[(-6, -6), (6, 6)], [(-6, 6), (6, -6)]],
            Access.BESIEGED: [[(-6, -6), (6, -6), (6, 6), (-6, 6), (-6, -6)]],
            Access.UNKNOWN: [[(-1, 0), (1, 0)]],
        }
        for sign in signs[state]:
            self.line([(x + dx, y + dy) for dx, dy in sign], WHITE, 3)

    def stamp(self, fonts: Fonts, text: str, size: int, middle: tuple[float, float]) -> None:
        """A word across what is painted so far, through which the map can be read."""
        font = fonts.sized(size * TWICE, bold=True)
        layer = Image.new("L", (int(font.getlength(text)), size * TWICE), 0)
        ImageDraw.Draw(layer).text((0, size * TWICE / 2), text, 60, font, "lm")
        turned = layer.rotate(28, expand=True)
        x, y = (int(m * TWICE - side / 2) for m, side in zip(middle, turned.size, strict=True))
        self.image.paste(STAMP, (x, y), turned)

    def halved(self) -> Image.Image:
        """The smooth picture, to write on."""
        return self.image.reduce(TWICE)


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
