"""Folding: one spelling for matching, with the way back to the original text.

Case, accents, Arabic letter variants, tatweel and vowel marks, Russian yo, kinds of hyphen, apostrophe and space are
made alike. Almost every fold maps one character to one; where characters vanish (combining marks, tatweel,
zero-width), `Folded.at` keeps the offset of each surviving character, so evidence always points into the original.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

MAX_CHARS = 20_000  # of one item; cut before any normalising, so work is bounded whatever the input

# й, ї and Arabic letters with hamza decompose, but й and ї are letters of their own
_KEEP = set("йїЙЇ")
_SAME = {
    **dict.fromkeys("أإآٱ", "ا"),
    "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ؤ": "و", "ئ": "ي", "ې": "ي", "ۀ": "ه",
    "ё": "е", "Ё": "е",
    **dict.fromkeys("’‘ʼ`´′", "'"),
    **dict.fromkeys("“”„«»‟", '"'),
    **dict.fromkeys("-‐‑‒–—―־_/\t\n\r\x0b\x0c\xa0\u2002\u2003\u2009\u202f\u3000", " "),
}  # fmt: skip
_GONE = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0640\u06d6-\u06dc"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]"
)


def _fold_char(c: str) -> str:
    if c in _SAME:
        return _SAME[c]
    if c in _KEEP:
        return c.lower()
    if c.isdigit():
        return str(unicodedata.digit(c, c))
    base = unicodedata.normalize("NFKD", c)[0] if not c.isascii() else c
    low = base.lower()
    return low if len(low) == 1 else base


class _Table(dict[int, str]):
    """str.translate table that folds each character once and remembers it."""

    def __missing__(self, code: int) -> str:
        self[code] = _fold_char(chr(code))
        return self[code]


_TABLE = _Table()


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` for matching; `original` as published; `at(i)` is the offset in `original` of folded character i."""

    text: str
    original: str
    offsets: tuple[int, ...] | None

    def at(self, index: int) -> int:
        if self.offsets is None:
            return index
        return self.offsets[index] if index < len(self.offsets) else len(self.original)

    def index(self, offset: int) -> int:
        """The folded character that stands at this offset of `original`, or the next that survived folding."""
        return offset if self.offsets is None else bisect_left(self.offsets, offset)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Original offsets of the folded span [start, end), end exclusive."""
        return self.at(start), self.at(end - 1) + 1 if end > start else self.at(start)


def fold(original: str) -> Folded:
    """Fold at most MAX_CHARS code points; see the module."""
    cut = original[:MAX_CHARS]
    text = cut.translate(_TABLE)
    if _GONE.search(text) is None and "  " not in text:
        return Folded(text, original, None)
    out: list[str] = []
    offsets: list[int] = []
    for i, c in enumerate(text):
        if _GONE.match(c) or (c == " " and out and out[-1] == " "):
            continue
        out.append(c)
        offsets.append(i)
    return Folded("".join(out), original, tuple(offsets))


def fold_term(term: str) -> str:
    """A word or phrase of a data file, folded as text is, outer spaces off."""
    return fold(term).text.strip()


ARABIC = re.compile("[\u0600-\u06ff]")
CYRILLIC = re.compile("[\u0400-\u04ff]")


def script(text: str) -> str:
    """'Arab', 'Cyrl' or 'Latn', by the letters of the first 2,000 characters."""
    head = text[:2000]
    counts = {"Arab": len(ARABIC.findall(head)), "Cyrl": len(CYRILLIC.findall(head))}
    latin = sum(c.isascii() and c.isalpha() for c in head)
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] > latin / 2 and counts[best] else "Latn"
