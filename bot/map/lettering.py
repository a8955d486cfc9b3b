"""Writing on a picture: the fonts, and Arabic letters joined and put in the order in which they are read.

Pillow's own shaping needs the fribidi library of the system, which slim images do not have, and silently writes Arabic
apart and backwards without it. So letters are joined and ordered here, by two packages that bring all they need, and
drawn one after the other: the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from arabic_reshaper import ArabicReshaper
from bidi import get_display
from PIL import ImageDraw, ImageFont

from bot.map.marks import Colour
from bot.words.markup import clean

WHITE: Colour = (255, 255, 255)
INK: Colour = (30, 30, 30)
HALO = 4  # pixels of white around letters that stand on a map
LONGEST = 100  # letters looked at: more fit in no line of a picture

# harakat stay out: above letters of this size they are specks; ligatures only where the script demands them
_RESHAPER = ArabicReshaper({"delete_harakat": True, "support_ligatures": True, "ARABIC LIGATURE ALLAH": False})


def shaped(text: str) -> str:
    """The text as glyphs from left to right; the line itself runs that way too, for its number stands first."""
    plain = clean(text, LONGEST)
    return plain if plain.isascii() else str(get_display(_RESHAPER.reshape(plain), base_dir="L"))


class Fonts:
    """The two cuts that are checked in, in the sizes asked for."""

    def __init__(self, regular: bytes, bold: bytes) -> None:
        self._cuts = {False: regular, True: bold}
        self._sized: dict[tuple[int, bool], ImageFont.FreeTypeFont] = {}

    def sized(self, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
        found = self._sized.get((size, bold))
        if found is None:
            found = ImageFont.truetype(BytesIO(self._cuts[bold]), size, layout_engine=ImageFont.Layout.BASIC)
            self._sized[size, bold] = found
        return found


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes on one picture."""

    draw: ImageDraw.ImageDraw
    fonts: Fonts

    def size(self, text: str, size: int, *, bold: bool = False) -> tuple[float, float]:
        """Width, and the height of a line of that size."""
        return self.fonts.sized(size, bold=bold).getlength(shaped(text)), size * 1.1

    def write(
        self, x: float, y: float, text: str, size: int, *, bold: bool = False, colour: Colour = INK, halo: int = 0
    ) -> float:
        """From its left and upper end; returns the width."""
        font, glyphs = self.fonts.sized(size, bold=bold), shaped(text)
        self.draw.text((x, y), glyphs, colour, font, "la", stroke_width=halo, stroke_fill=WHITE)
        return float(font.getlength(glyphs))

    def fitted(self, text: str, size: int, width: float, *, bold: bool = False) -> str:
        """The text, cut with "…" where it would be wider."""
        text = clean(text, LONGEST)
        if self.size(text, size, bold=bold)[0] <= width:
            return text
        while text and self.size(f"{text}…", size, bold=bold)[0] > width:
            text = text[:-1]
        return f"{text.rstrip()}…"
