"""Names in text: at each word the longest name that stands there in any of its forms, the most trusted places of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, Self

import ahocorasick_rs
from rapidfuzz import fuzz, process

from bot.judge.places.context import Around, around
from bot.judge.places.names import (
    CASE_ENDINGS,
    Word,
    arabic_bases,
    cyrillic_stem,
    is_case_of,
    name_key,
    script_of,
    words,
)
from bot.judge.places.settle import PlaceHit, Settled, settle
from bot.judge.places.tables import Known, Layer, Region, read
from bot.judge.places.unlisted import Unlisted, unlisted
from bot.judge.text import Folded
from bot.model import Place

_LONGEST_ENDING = max(len(ending) for ending in CASE_ENDINGS)
GOVERNMENT = 0.4  # what a capital is worth that may stand for its government
SHORT = 3  # letters of the shortest stem
LIKE = 78.0  # 0 to 100: how alike a misspelt name must be to a known one
ASSETS = frozenset({"crossing", "port", "airport"})  # kinds of place that are a route themselves
_JOINTS = (" ", "'s ")
_CODE = 3  # letters up to which a Latin name is a code and wants all capitals: US, DRC


class _Found(NamedTuple):
    """A name or cue at some word: its key in the tables and how many words it takes."""

    key: str
    length: int


class Gazetteer:
    """All places; share one, it keeps no state between calls."""

    def __init__(self, known: Known) -> None:
        self._known = known
        lengths: dict[str, set[int]] = defaultdict(set)
        self._stems: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        stopped = {cyrillic_stem(word) for word in known.stop}
        for keys in (known.names, known.cues):
            for key in keys:
                first, _, rest = key.partition(" ")
                lengths[first].add(rest.count(" ") + 2 if rest else 1)
                if keys is known.names and "\u0400" <= key[0] < "\u0530":
                    stem, *others = (cyrillic_stem(part) for part in key.split(" "))
                    if not others and stem in stopped and not self._is_ours(key):
                        continue
                    self._stems[stem].append((tuple(others), key))
        self._gates = self._towns_of_crossings()
        self._asset_names = self._names_of_assets()
        self._lengths = {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}

    @classmethod
    def from_rows(cls, tables: Mapping[str, Iterable[str]]) -> Self:
        """Table name (as tables.COLUMNS) to lines; a table may be missing. Raises ConfigError naming every bad row."""
        return cls(read(tables))

    def find(self, folded: Folded) -> tuple[PlaceHit, ...]:
        """Names and cues in the order of the text, none overlapping; offsets are those of the original."""
        found = words(folded.text)
        hits: list[PlaceHit] = []
        at = 0
        while at < len(found):
            name = self._name_at(folded, found, at)
            hit = self._hit(folded, found, at, name) if name else None
            if hit is not None and name is not None:
                hits.append(hit)
                at += name.length
            else:
                at += 1
        return tuple(hits)

    def settle(
        self, hits: Sequence[PlaceHit], *, focus: Sequence[tuple[int, int]] = (), folded: Folded | None = None
    ) -> Settled:
        """The one country and place that a report is about; `focus`: original spans of the words of its claim;
        `folded`: its text, to be read for names of places that no table holds."""
        return settle(hits, focus, self._known, self._unlisted(folded, hits) if folded else ())

    def _unlisted(self, folded: Folded, hits: Sequence[PlaceHit]) -> list[Unlisted]:
        found = words(folded.text)
        spans = [(folded.index(hit.start), folded.index(hit.end)) for hit in hits]
        taken = {i for i, word in enumerate(found) if any(a <= word.start < b for a, b in spans)}
        return unlisted(folded, found, taken, self._known.stop)

    def asset(self, hit: PlaceHit) -> str | None:
        """The concept that a name carries by itself: 'asset.crossing' for Bab al-Hawa, 'gate' for Rafah, the town that
        gives its name to a crossing; None for every other place."""
        first = hit.candidates[0]
        if hit.is_cue:
            return None
        return f"asset.{first.kind}" if first.kind in ASSETS else "gate" if first.key in self._gates else None

    def may_name_asset(self, folded: Folded) -> bool:
        """False when no name that `asset` knows begins in the text: a quick look that spares a whole `find`."""
        return bool(self._asset_names.find_matches_as_indexes(folded.text))

    def _names_of_assets(self) -> ahocorasick_rs.AhoCorasick:
        """How those names begin: a stem of the first word, and of a longer name also three letters of the second."""
        begins = set()
        for name, keys in self._known.names.items():
            if any(self._known.places[key].kind in ASSETS or key in self._gates for key in keys):
                first, _, rest = name.partition(" ")
                stem = cyrillic_stem(first) if script_of(first) == "Cyrl" else first
                begins.add(f"{first} {rest[:3]}" if rest and stem == first else stem)
        return ahocorasick_rs.AhoCorasick(sorted(begins))

    def crossing_of(self, key: str) -> Place | None:
        """The crossing that a town gives its name to: Rafah crossing for Rafah; None for every other place."""
        crossing = self._gates.get(key)
        return self._known.places[crossing] if crossing is not None else None

    def _towns_of_crossings(self) -> dict[str, str]:
        """Keys of towns whose name is that of a crossing of our own list in the same country, to the crossing's."""
        places = self._known.places
        crossings = [p for p in places.values() if p.kind == "crossing" and self.is_own(p.key)]
        return {
            key: crossing.key
            for crossing in crossings
            for key in self._known.names.get(name_key(crossing.name).removesuffix(" crossing"), ())
            if places[key].country == crossing.country and places[key].kind == "city"
        }

    def lookup(self, name: str) -> tuple[Place, ...]:
        """What a person typed, in any case and spelling, or a country code: the most trusted and largest first."""
        key = name_key(name)
        code = name.strip().upper()
        found = [code] if len(code) == 2 and self.country(code) else []
        for each in dict.fromkeys((key, *self._forms(key))):
            found += self._known.names.get(each, ())
            if not found and each in self._known.cues:
                found.append(self._known.cues[each])
            if found:
                break
        return tuple(self._known.places[k] for k in sorted(dict.fromkeys(found), key=self._rank))

    def region(self, name: str) -> Region | None:
        """Several countries that a person calls by one name."""
        return self._known.regions.get(name_key(name))

    def countries(self) -> tuple[Place, ...]:
        """All of them."""
        return tuple(p for p in self._known.places.values() if p.kind == "country")

    def by_key(self, key: str) -> Place | None:
        """The place of a key of ours, None when the tables no longer hold it."""
        return self._known.places.get(key)

    def is_own(self, key: str) -> bool:
        """Is it on our own list, which is meant before all other places of its name?"""
        return self._known.layers.get(key) == Layer.OWN

    def near(self, name: str, limit: int) -> tuple[Place, ...]:
        """Places whose names are spelt almost like this, the likest first; at most `limit`, one per place."""
        key = name_key(name)
        if len(key) < SHORT + 1:
            return ()
        alike = process.extract(key, self._known.names.keys(), scorer=fuzz.ratio, score_cutoff=LIKE, limit=4 * limit)
        scored = [(-score, self._rank(k), k) for found, score, _ in alike for k in self._known.names[found]]
        keys = dict.fromkeys(k for _, _, k in sorted(scored))
        return tuple(self._known.places[k] for k in keys)[:limit]

    def country(self, iso2: str) -> Place | None:
        """The country of an ISO 3166-1 alpha-2 code, None when there is none."""
        place = self._known.places.get(iso2)
        return place if place is not None and place.kind == "country" else None

    def country_name(self, iso2: str) -> str:
        """The English name; the code itself when it is no country of ours."""
        place = self.country(iso2)
        return place.name if place else iso2

    def _rank(self, key: str) -> tuple[int, int]:
        return self._known.layers[key], -self._known.people.get(key, 0)

    def _forms(self, key: str) -> Iterator[str]:
        """Names of which what a person typed is a case form or has a proclitic."""
        found = [Word(0, len(part), part) for part in key.split(" ")] if key else []
        if found:
            yield from (name.key for name in self._variants(found, 0) if name.length == len(found))

    def _name_at(self, folded: Folded, found: Sequence[Word], at: int) -> _Found | None:
        """The longest name whose words start here and which is written as a name."""
        common = found[at].key in self._known.stop
        for name in self._variants(found, at):
            length = name.length
            if common and length == 1 and not self._is_ours(name.key):
                continue
            if length > 1 and not _together(folded.text, found[at : at + length]):
                continue
            span = found[at : at + length]
            if name.key in self._known.uncased or (
                _is_written_as_name(folded, span) and (length == 1 or self._is_whole(folded, span[-1], name.key))
            ):
                return name
        return None

    def _is_ours(self, key: str) -> bool:
        """Is it a cue, a country or a name of our own list, which need no further proof?"""
        held = self._known.names.get(key)
        return held is None or min(self._known.layers[each] for each in held) <= Layer.COUNTRY

    def _is_whole(self, folded: Folded, last: Word, key: str) -> bool:
        """Does the name end in a capital too, or is it one of ours? 'El paso' is no town in 'El paso fronterizo'."""
        return self._is_ours(key) or not folded.original[folded.at(last.start)].islower()

    def _variants(self, found: Sequence[Word], at: int) -> Iterator[_Found]:
        word = found[at].key
        script = script_of(word)
        if script == "Cyrl":
            yield from self._exact(word, found, at)
            yield from self._inflected(word, found, at)
        elif script == "Arab":
            for base in arabic_bases(word):
                yield from self._exact(base, found, at)
        elif word in self._lengths:
            yield from self._exact(word, found, at)

    def _exact(self, first: str, found: Sequence[Word], at: int) -> Iterator[_Found]:
        for length in self._lengths.get(first, ()):
            if at + length <= len(found):
                key = " ".join([first, *(word.key for word in found[at + 1 : at + length])])
                if key in self._known.names or key in self._known.cues:
                    yield _Found(key, length)

    def _inflected(self, word: str, found: Sequence[Word], at: int) -> Iterator[_Found]:
        matches = []
        for cut in range(min(_LONGEST_ENDING, len(word) - SHORT) + 1):
            stem = word[: len(word) - cut]
            for others, key in self._stems.get(stem, ()) if is_case_of(stem, word) else ():
                if not others and not cut and len(stem) == SHORT:  # газ is not Газа; a bare short name is found exactly
                    continue
                rest = found[at + 1 : at + 1 + len(others)]
                if len(rest) == len(others) and all(map(is_case_of, others, (each.key for each in rest))):
                    matches.append((-len(others), cut, min(map(self._rank, self._known.names[key])), key))
        yield from (_Found(key, 1 - others) for others, _, _, key in sorted(matches))

    def _hit(self, folded: Folded, found: Sequence[Word], at: int, name: _Found) -> PlaceHit | None:
        last = at + name.length - 1
        start, end = folded.span(found[at].start, found[last].end)
        keys = self._known.names.get(name.key)
        if keys is None:
            country = self._known.places[self._known.cues[name.key]]
            return PlaceHit(start, end, folded.original[start:end], (country,), is_cue=True)
        places = self._trusted(name.key, keys)
        context = around(folded, found, at, last)
        says_government = name.key in self._known.capitals and context.last == last and not context.is_in
        weight = context.weight * (GOVERNMENT if says_government else 1.0)
        first, final = context.first, context.last
        start, end = folded.span(found[first].start, found[final].end)
        places = self._as_said(places, context)
        shy = (name.key, places[0].key) in self._known.shy
        return PlaceHit(start, end, folded.original[start:end], places, shy=shy, weight=weight)

    def _trusted(self, name: str, keys: Iterable[str]) -> tuple[Place, ...]:
        """The places of one name: those of our own list and countries stand for themselves, others compete."""
        layers, shy = self._known.layers, self._known.shy
        ranked = [
            self._known.places[key] for key in sorted(keys, key=lambda key: ((name, key) in shy, self._rank(key)))
        ]
        top = ranked[0]
        if layers[top.key] > Layer.COUNTRY or (name, top.key) in shy:
            return tuple(ranked)
        return tuple(p for p in ranked if layers[p.key] <= Layer.COUNTRY or p.country == top.country)

    def _as_said(self, places: tuple[Place, ...], context: Around) -> tuple[Place, ...]:
        """Towns before the region named after them, unless the text says 'province'."""
        region = [place for place in places if place.kind == "admin1"]
        others = [place for place in places if place.kind != "admin1"]
        return tuple(region + others if context.is_region else others + region)


def _together(text: str, span: Sequence[Word]) -> bool:
    """Are the words of a name parted by one space, hyphen or possessive each? A comma ends a name."""
    return all(text[left.end : right.start] in _JOINTS for left, right in pairwise(span))


def _is_written_as_name(folded: Folded, span: Sequence[Word]) -> bool:
    """A capital at the start and all capitals in codes; scripts without case pass."""
    first = span[0]
    written = folded.original[folded.at(first.start)]
    if not (written.isupper() or not written.islower()):
        return False
    if len(span) == 1 and len(first.key) <= _CODE and first.key.isascii():
        start, end = folded.span(first.start, first.end)
        return not any(letter.islower() for letter in folded.original[start:end])
    return True
