"""Writing on a map: joined and ordered Arabic, Cyrillic, and a glyph for every letter of our own names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from bot.map.lettering import Pen, shaped
from tests.judge.loaded import JUDGE
from tests.map.made import FONTS

ROOT = Path(__file__).resolve().parents[2]


def glyphs(text: str) -> bytes:
    """The picture of glyphs as they are, without any shaping."""
    return bytes(FONTS.sized(30).getmask(text))


def test_arabic_letters_are_joined_and_run_from_right_to_left() -> None:
    """معبر: meem begins, ain and beh stand in the middle, reh ends; on the picture from left to right it is reh first.
    https://www.unicode.org/charts/PDF/UFE70.pdf"""
    assert shaped("معبر") == "\ufeae\ufe92\ufecc\ufee3"
    assert shaped("لا") == "\ufefb", "lam and alef make one"
    assert glyphs(shaped("معبر رفح")) != glyphs("معبر رفح")
    assert glyphs(shaped("معبر رفح")) != glyphs("معبر رفح"[::-1]), "turning it round is not enough"


def test_a_number_stands_before_the_name_in_every_script() -> None:
    """It is nearest to its symbol on the left, and digits are not turned."""
    assert shaped("12 رفح") == "12 " + shaped("رفح")
    assert shaped("12 Рафах") == "12 Рафах"
    assert shaped("12 Rafah") == "12 Rafah"
    assert shaped("\u2068رفح\u2069") == shaped("رفح"), "marks of order show nothing"


def test_what_is_written_is_the_shaped_text() -> None:
    image = Image.new("RGB", (300, 60), "white")
    pen = Pen(ImageDraw.Draw(image), FONTS)
    width = pen.write(10, 10, "معبر رفح", 30)
    other = Image.new("RGB", (300, 60), "white")
    ImageDraw.Draw(other).text((10, 10), shaped("معبر رفح"), (30, 30, 30), FONTS.sized(30), "la")
    assert image.tobytes() == other.tobytes()
    assert width == pen.size("معبر رفح", 30)[0]
    assert pen.fitted("El Fasher", 30, 80).endswith("…")


def test_the_fonts_hold_every_letter_of_our_names() -> None:
    """Joined forms included; a letter that is missing would be an empty box on a phone."""
    missing = glyphs("\uf8ff")
    names = {p.name for p in JUDGE.gazetteer._known.places.values()}
    ours = (ROOT / "config" / "places" / "own.tsv").read_text("utf-8").split("\t")
    letters = {c for text in (*names, *ours) for c in shaped(text.replace("\n", " ")) if not c.isspace()}
    assert sorted(c for c in letters if glyphs(c) == missing) == []


@pytest.mark.parametrize("module", ["PIL", "arabic_reshaper", "bidi"])
def test_a_service_that_nobody_asks_for_maps_loads_nothing_for_them(module: str) -> None:
    code = f"import sys, bot.app, bot.commands.run; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
