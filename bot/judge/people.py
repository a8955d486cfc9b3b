"""How many people a text says are affected: stated figures only, never a sum, never an estimate of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_NUMBER = re.compile(r"(?<![\w.,$€£])\d{1,3}(?:[ ,.٬\u00a0]\d{3})+(?![\d%])|(?<![\w.,$€£])\d+(?:[.,]\d{1,2})?(?![\d%])")
_WORD = re.compile(r"\w+")
_REST = re.compile(r" (\d{1,3})(?=[ .,]*[^\W\d])")  # 37 thousand 606 people
_GAP = 3  # words allowed between the figure and the people it counts: '120,000 estimated trapped civilians'
FEW = 20  # "two women": written out, so few are those a story is about, not how many are affected
_DATE_LIKE = range(1900, 2101)


def _value(raw: str, scaled: bool) -> float:
    digits = re.sub(r"[ ,.٬\u00a0]", "", raw)
    if re.search(r"[ ,.٬\u00a0]\d{3}$", raw) and not (scaled and re.fullmatch(r"\d+[.,]\d{3}", raw)):
        return float(digits)
    return float(raw.replace(",", ".").replace(" ", ""))


@dataclass(frozen=True)
class Numerals:
    """How a language writes numbers beside digits, folded: `words` stand for a value ("two", "half a million"),
    `multipliers` follow one ("thousand")."""

    words: Mapping[str, int]
    multipliers: Mapping[str, int]

    @cached_property
    def _written(self) -> re.Pattern[str] | None:
        words = sorted(self.words, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)") if words else None

    def find(self, text: str) -> Iterator[tuple[int, int, float]]:
        """Numbers in folded `text` that may be of people: (start, end, value); no years, and no few in words."""
        for m in _NUMBER.finditer(text):
            end, factor = _scale(text, m.end(), self.multipliers)
            value = _value(m.group(), factor > 1) * factor
            rest = _REST.match(text, end) if factor == 1000 else None
            if rest:
                yield m.start(), rest.end(), value + int(rest[1])
            elif factor > 1 or value not in _DATE_LIKE or not m.group().isdigit():
                yield m.start(), end, value
        for m in self._written.finditer(text) if self._written else ():
            end, factor = _scale(text, m.end(), self.multipliers)
            if self.words[m.group()] * factor >= FEW:
                yield m.start(), end, float(self.words[m.group()] * factor)


def people(
    text: str, numerals: Numerals, counted: Sequence[tuple[int, int]], harmed: Sequence[tuple[int, int]]
) -> tuple[int, int, int] | None:
    """The largest stated figure of people in folded `text`: (people, start, end), or None.

    `counted`: spans of words for people ('civilians'); `harmed`: spans of words for casualties. A figure counts when
    a word for people follows within _GAP words; figures of dead or wounded are of another kind and are left out.
    """
    best: tuple[int, int, int] | None = None
    for start, stop, value in numerals.find(text):
        end = _counts_people(text, stop, counted)
        if end is None or _near(text, start, end, harmed):
            continue
        if 1 <= value < 2e8 and (best is None or value > best[0]):
            best = (round(value), start, end)
    return best


def _scale(text: str, at: int, multipliers: Mapping[str, int]) -> tuple[int, int]:
    word = _WORD.match(text, at + 1) if at < len(text) and text[at] in " \u00a0" else _WORD.match(text, at)
    if word and word.group() in multipliers:
        dot = text.startswith(".", word.end()) and word.end() - word.start() < 5
        return word.end() + dot, multipliers[word.group()]
    return at, 1


def _counts_people(text: str, at: int, counted: Sequence[tuple[int, int]]) -> int | None:
    for start, end in counted:
        if start >= at and start - at < 40:
            between = text[at:start]
            if len(_WORD.findall(between)) <= _GAP and not re.search(r"[.;:!?،,()\d]", between):
                return end
    return None


def _near(text: str, start: int, end: int, harmed: Sequence[tuple[int, int]]) -> bool:
    """A word for casualties just after the people, or between figure and people."""
    for h_start, h_end in harmed:
        if start <= h_start < end:
            return True
        if 0 <= h_start - end < 25 and len(_WORD.findall(text[end:h_start])) <= 2:
            return True
        if 0 <= start - h_end < 14 and len(_WORD.findall(text[h_end:start])) <= 1:
            return True
    return False
