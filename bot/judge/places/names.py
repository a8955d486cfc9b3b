"""Words of a text and the forms in which a name may stand there: Arabic proclitics, Cyrillic case endings.

Everything here works on folded text (bot.judge.text). A name's key is its words joined by single spaces, apostrophes
left out, so that "Sana'a", "Sanaa" and "Deir ez-Zor", "Deir ez Zor" are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bot.judge.text import fold_term

MAX_WORDS = 7  # of one name

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|[^\W_]+(?:'[^\W_]+)*")
_ELIDED = re.compile(r"(?:[ld]|qu)'(?=\w)")  # l'Ukraine, d'Alep

# what may follow the stem of a Russian or Ukrainian name: nouns, then adjectives
CASE_ENDINGS = frozenset(
    [
        "",
        *["а", "я", "о", "е", "у", "ю", "ы", "и", "ь", "й", "і", "ї", "є"],
        *[
            "ой",
            "ою",
            "ей",
            "ею",
            "ом",
            "ем",
            "ам",
            "ям",
            "ах",
            "ях",
            "ів",
            "їв",
            "ії",
            "ією",
            "єю",
            "ові",
            "еві",
            "єві",
            "ию",
            "ия",
            "ии",
            "ие",
            "ией",
        ],
        *[
            "ый",
            "ий",
            "ая",
            "яя",
            "ое",
            "ее",
            "ые",
            "ую",
            "юю",
            "ого",
            "его",
            "ому",
            "ему",
            "ым",
            "им",
            "ых",
            "их",
            "ими",
            "ыми",
            "ами",
            "ями",
            "ої",
            "ій",
        ],
    ]
)
_LAST_VOWEL = re.compile(r"(?:ый|ий|ая|яя|ое|ее|[аяоеуюыиьйіїє])$")

# what may follow the stem of a country cue marked with * in cues.tsv
_CUE_ENDINGS = {
    "Latn": ("", "s", "e", "es", "ne", "nes", "a", "as", "o", "os"),
    "Cyrl": (*tuple(sorted(CASE_ENDINGS)), "ами", "ами"),
    "Arab": ("", "ه", "ا", "ين", "ون", "ات", "تين", "تان"),
}


class Word(NamedTuple):
    """A word of a folded text: folded offsets (end exclusive) and its key."""

    start: int
    end: int
    key: str


def words(text: str) -> list[Word]:
    """The words of a folded text. Possessive 's and an elided article are not part of the word."""
    out = []
    for match in _WORD.finditer(text):
        start, end, key = match.start(), match.end(), match[0]
        if not key.isalnum():
            if elided := _ELIDED.match(key):
                start += elided.end()
            if key.endswith("'s"):
                end -= 2
            key = text[start:end].replace("'", "").replace(".", "")
        if key:
            out.append(Word(start, end, key))
    return out


def name_key(name: str) -> str:
    """The key of a name as data files write it: its folded words, joined by single spaces."""
    return " ".join(word.key for word in words(fold_term(name)))


def script_of(key: str) -> str:
    """'Latn', 'Cyrl' or 'Arab', by the first letter."""
    code = ord(key[0])
    if 0x400 <= code < 0x530:
        return "Cyrl"
    return "Arab" if 0x600 <= code < 0x700 else "Latn"


def cue_forms(term: str) -> Iterator[str]:
    """The keys of a cue; `сирийск*` stands for the stem with each ending of its script."""
    key = name_key(term)
    if not term.endswith("*"):
        yield key
        return
    for ending in _CUE_ENDINGS[script_of(key)]:
        yield key + ending


def cyrillic_stem(word: str) -> str:
    """A name's word without its nominative ending; at least three letters stay. "Киев" stays, "Сирия" gives "сири"."""
    if len(word) <= 5 and word[-1] in "иуюэоі":  # Дели, Баку, Токио have no cases
        return word
    stem = _LAST_VOWEL.sub("", word)
    return stem if len(stem) >= 3 else word


def is_case_of(stem: str, word: str) -> bool:
    """Is the word a case form of this stem?"""
    return word.startswith(stem) and word[len(stem) :] in CASE_ENDINGS


# consonants that transcriptions write alike; vowels, h and w, and what stands for them, are left out
_CONSONANTS = {
    letter: one
    for letters, one in (
        ("bpбпب", "b"), ("tdтдطضتدثذ", "t"), ("fфف", "f"), ("kgqcjкгґжجغقك", "k"),
        ("szxсзшщцчسشصزظ", "s"), ("lлل", "l"), ("mмم", "m"), ("nнن", "n"), ("rрر", "r"),
    )
    for letter in letters
}  # fmt: skip
_DIGRAPHS = (
    ("ch", "s"), ("sh", "s"), ("zh", "j"), ("kh", ""), ("dj", "j"), ("gh", "k"), ("ph", "f"), ("th", "t"), ("dh", "t"),
    ("дж", "ж"), ("дз", "з"),
)  # fmt: skip
_LITTLE = frozenset("al el ash as ad az ar an at the of de du des la le los las эль аль ель".split())


@lru_cache(maxsize=20_000)
def skeleton(name: str) -> str:
    """The consonants of each word of a name, alike in three scripts: Qasmieh, Kasmiyé, القاسمية, Касмие are all ksm."""
    bare = (_bare(word) for word in name_key(name).split(" ") if word and word not in _LITTLE)
    return " ".join(filter(None, map(_consonants, bare)))


def _bare(word: str) -> str:
    """Without case ending or article."""
    script = script_of(word)
    if script == "Cyrl":
        cuts = (word[: len(word) - n] for n in range(4, 0, -1))
        return next((cut for cut in cuts if len(cut) >= 3 and is_case_of(cut, word)), word)
    return arabic_bases(word)[-1].removesuffix("ه") if script == "Arab" else word


def _consonants(word: str) -> str:
    for pair, one in _DIGRAPHS:
        word = word.replace(pair, one)
    letters = [_CONSONANTS.get(letter, "") for letter in word]
    return "".join(b for a, b in pairwise(["", *letters]) if a != b)


@lru_cache(maxsize=50_000)
def arabic_bases(word: str) -> tuple[str, ...]:
    """The word, then the word without و ف, without ب ل ك, without the article, lam-lam read as lam + article."""
    out = [word]
    if word[0] in "وف" and len(word) > 3:
        out.append(word[1:])
    for base in tuple(out):
        if base.startswith("لل") and len(base) > 4:
            out += ["ال" + base[2:], base[2:]]
        elif base[0] in "بلك" and len(base) > 3:
            out.append(base[1:])
    out += [base[2:] for base in tuple(out) if base.startswith("ال") and len(base) > 4]
    return tuple(dict.fromkeys(out))
