"""Names of places that no table holds, known by what stands beside them: 'the village of Khubza', 'Qasmieh bridge',
'у Маяках', 'بلدة أولانق'.

Villages, bridges and crossings are where access changes, and most are in no table. Such a name gives a place without
coordinates within the country that the rest of the text tells; it competes with the names that are known.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

from bot.judge.places.context import LOCATIVE
from bot.judge.places.names import Word, arabic_bases, cyrillic_stem, is_case_of, script_of
from bot.judge.text import Folded

BESIDE_THING, AFTER_IN = 1.5, 1.0  # what such a name is worth, beside a thing or only after 'in'
_ADJECTIVE = re.compile(r"с(?:ь)?к(?:ой|ом|ого|ому|ий|ий|ій|ое|ую|ая|ої)$")
_LONGEST, _LETTERS_AT_MOST = 3, 40  # words of such a name
_STEM = 3  # letters of a Cyrillic stem at least
_LETTERS = 4  # of its first word at least
_LINKS = frozenset("of de du des d la le l el los las the у в на".split())
# things that stand before their name, and those that stand behind it, folded; Cyrillic ones by their stem
_BEFORE = frozenset(
    """village town city district county area camp port island bridge crossing road river hamlet settlement commune
    village ville villes localite commune quartier pont camp route gare port zone region district territoire
    pueblo ciudad localidad municipio vereda barrio puente paso campamento zona comunidad carretera corregimiento
    aldeia vila cidade municipio ponte""".split()
)
_BEFORE_STEMS = frozenset(
    """сел город мест міст посел селищ деревн дерев район округ област мост лагер переход кпп станиц хутор остров громад
    переправ""".split()
)
_BEFORE_ARABIC = frozenset("بلده قريه مدينه معبر مخيم جسر مديريه ناحيه محله حي عقبه".split())
_DOUBLE_ARABIC = frozenset("ابو ام بني تل عين بيت دير كفر وادي جبل شيخ بير خان راس باب".split())
_AFTER = frozenset(
    """bridge crossing camp village town district county area road corridor airport airstrip port valley island
    neighbourhood neighborhood township settlement hamlet""".split()
)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Original offsets (end exclusive), as written, the key by which two spellings are one, and what it is worth."""

    start: int
    end: int
    text: str
    key: str
    weight: float


def unlisted(folded: Folded, found: Sequence[Word], taken: Container[int], known: Container[str]) -> list[Unlisted]:
    """Such names in the order of the text. `taken`: indexes of words that are known names; `known`: words that are no
    place, and names that are."""
    return list(_each(folded, found, taken, known))


def _each(folded: Folded, found: Sequence[Word], taken: Container[int], known: Container[str]) -> Iterator[Unlisted]:
    at = 0
    while at < len(found):
        length = _length(folded, found, at, taken, known)
        weight = _weight(folded, found, at, at + length - 1) if length else 0.0
        if not weight:
            at += 1
            continue
        words = found[at : at + length]
        start, end = folded.span(words[0].start, words[-1].end)
        yield Unlisted(start, end, folded.original[start:end], " ".join(map(_stem, words)), weight)
        at += length


def _stem(word: Word) -> str:
    """Without its case ending or article, so that two mentions are one place."""
    script = script_of(word.key)
    if script == "Cyrl":
        cuts = (word.key[: len(word.key) - n] for n in range(4, 0, -1))
        return next((c for c in cuts if len(c) >= _STEM and is_case_of(c, word.key)), word.key)
    return arabic_bases(word.key)[-1] if script == "Arab" else word.key


def _length(folded: Folded, found: Sequence[Word], at: int, taken: Container[int], known: Container[str]) -> int:
    """Of the name that may begin at this word; 0 when none can."""
    first = found[at]
    if at in taken or first.key in known or first.key.isdigit():
        return 0
    if not _LETTERS - (at > 0) <= len(first.key) <= _LETTERS_AT_MOST:
        return 0
    if script_of(first.key) == "Arab":
        if not at or found[at - 1].key not in _BEFORE_ARABIC or not _touch(folded, found, at - 1):
            return 0
        return 2 if first.key in _DOUBLE_ARABIC and at + 1 < len(found) and _touch(folded, found, at) else 1
    if not _is_name(folded, first):
        return 0
    length = 1
    while length < _LONGEST and at + length < len(found) and _touch(folded, found, at + length - 1):
        after = found[at + length]
        too_long = len(after.key) > _LETTERS_AT_MOST
        if at + length in taken or after.key in known or too_long or not _is_name(folded, after):
            break
        length += 1
    return length


def _is_name(folded: Folded, word: Word) -> bool:
    """A capital, then small letters: 'WHO' is no place."""
    start, end = folded.span(word.start, word.end)
    written = folded.original[start:end]
    return written[0].isupper() and written[1:].islower()


def _touch(folded: Folded, found: Sequence[Word], left: int) -> bool:
    """Does only a space or hyphen stand between this word and the next, on one line?"""
    start, end = found[left].end, found[left + 1].start
    return folded.text[start:end] == " " and folded.original[folded.at(start)] != "\n"


def _weight(folded: Folded, found: Sequence[Word], first: int, last: int) -> float:
    """What the neighbours say: 0.0 when nothing says that it is a place."""
    if script_of(found[first].key) == "Arab":
        return BESIDE_THING
    before = found[first - 1].key if first and _touch(folded, found, first - 1) else ""
    linked = found[first - 2].key if first > 1 and before in _LINKS and _touch(folded, found, first - 2) else ""
    if any(word in _BEFORE or cyrillic_stem(word) in _BEFORE_STEMS for word in (before, linked) if word):
        return BESIDE_THING
    after = found[last + 1].key if last + 1 < len(found) and _touch(folded, found, last) else ""
    if after in _AFTER or (after and cyrillic_stem(after) in _BEFORE_STEMS):
        return BESIDE_THING
    if after and _ADJECTIVE.search(found[last].key):  # 'в Большом театре'
        return 0.0
    return AFTER_IN if before in LOCATIVE else 0.0
