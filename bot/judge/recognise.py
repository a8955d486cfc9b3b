"""Item -> Report | Dismissal: does this text claim that access changed, and what are its words for it?

How it decides. The text is folded and split into sentences; the language's words become concept hits; patterns over
the concepts of one sentence become claims, each with a category, a direction and a weight of 1 to 3. Words of
request, plan, doubt, denial and history in the same sentence change what a claim is worth. The text is a report when
something in it tells of a crisis, and its best claim, with what the whole text adds (people in need, a second claim),
reaches NEEDED.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.judge.lexicon import Hit, Language, Lexicon
from bot.judge.patterns import CRISIS_PLACE, Claim, Pattern, Sentence, claims
from bot.judge.people import people
from bot.judge.text import Folded, fold
from bot.judge.weighing import WORTH, Weighed, governed, weigh
from bot.model import Category, Direction, Dismissal, Evidence, Item, Place, Reason, Report

NEEDED = 3.0
_BREAK = re.compile(r"[.!?؟…]+[\"'»”)\]]*(?=\s)|[;؛]\s|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Dr|St|Gen|Lt|Col|Jan|Feb|Aug|Sept|Oct|Nov|Dec|No|km|г|гг|тыс|млн|тис|обл|смт|рр|ім"
    r"|EE|UU|FF|AA|Sr|Sra|Dra|núm|aprox|Gro|Mich))$"
)
_ASSET = {"asset.border": "crossing", "gate": "crossing"}  # what a closed border is called
_ARTICLE = 5  # letters between 'according to' and the agency's name
_CLAUSE = re.compile(r"[,;:،؛](?!\d)")
_OFFICE = re.compile(r"\s?(?:[^\W\d]+\s){0,2}")  # 'civil defence [agency] says', 'UNRWA [spokesman Adnan] said'
_WORD = re.compile(r"\w+")
_CURRENCY = re.compile(r"[$€£₽₴]\s?\d[\d.,]*|(?<![\d.,])\d[\d.,]*\s?[$€£₽₴]")
_DONE_TO_ASSETS = {"close", "open", "damage", "lifeline"}


@dataclass(frozen=True, slots=True)
class Where:
    """Where a text speaks of, and whether people there are in a crisis that access matters to."""

    place: Place | None
    place_text: str | None
    country: str | None
    reason: str
    in_crisis: bool
    mentions: tuple[str, ...] = ()


class Names(Protocol):
    """The places that one text names."""

    def assets(self) -> list[Hit]:
        """Crossings, ports and airports called by name, as hits; towns that give theirs to a crossing as 'gate'."""

    def where(self, claims: Sequence[tuple[int, int]]) -> Where:
        """Where the text speaks of; `claims`: original spans of the words that claim something."""


Named = Callable[[Folded], Names]


@dataclass(frozen=True, slots=True)
class Read:
    """A text as this module sees it: folded, its language, the places it names, hits and sentences."""

    folded: Folded
    language: Language
    names: Names
    hits: tuple[Hit, ...]
    sentences: tuple[Sentence, ...]
    title_end: int

    def beside(self, sentence: Sentence) -> set[str]:
        """Concepts of the sentences right before and after: who sends a load often stands in the next one."""
        return {h.concept for s in self.sentences if abs(s.index - sentence.index) == 1 for h in s.hits}

    def text_has(self, concept: str) -> bool:
        return any(h.concept == concept for h in self.hits)


def read(item: Item, lexicon: Lexicon, named: Named) -> Read | None:
    """None when the text is in no language of ours."""
    folded = fold(item.words)
    language = lexicon.choose(folded, item.lang)
    if language is None:
        return None
    names, found = named(folded), language.find(folded)
    if found:
        found += _money(folded)
    if any(h.concept in _DONE_TO_ASSETS for h in found):
        found += names.assets()
    hits = tuple(sorted(found, key=lambda h: (h.start, -h.end)))
    title_end = len(item.title) if item.title else 0
    return Read(folded, language, names, hits, _sentences(folded, hits) if hits else (), title_end)


def _money(folded: Folded) -> list[Hit]:
    """Sums written with a sign of a currency, in any language."""
    return [Hit(m.start(), m.end(), "money") for m in _CURRENCY.finditer(folded.text)]


def _sentences(folded: Folded, hits: tuple[Hit, ...]) -> tuple[Sentence, ...]:
    """Split on the original's punctuation; only sentences with hits are kept."""
    text, original = folded.text, folded.original
    cuts = [0]
    for m in _BREAK.finditer(original):
        if m.group()[0] != "\n" and _ABBREVIATION.search(original, max(0, m.start() - 6), m.start()):
            continue
        cuts.append(m.end())
    cuts.append(len(original) + 1)
    out = []
    for index, (start, end) in enumerate(itertools.pairwise(cuts)):
        inside = tuple(h for h in hits if start <= folded.at(h.start) < end)
        if inside:
            begin = min(h.start for h in inside)
            while begin > 0 and folded.at(begin - 1) >= start:
                begin -= 1
            stop = max(h.end for h in inside)
            while stop < len(text) and folded.at(stop) < end:
                stop += 1
            words = tuple(m.start() for m in _WORD.finditer(text, begin, stop))
            breaks = tuple(m.start() for m in _CLAUSE.finditer(text, begin, stop))
            inside = tuple(_speaker(h, inside, text) for h in inside)
            out.append(Sentence(index, begin, stop, inside, words, breaks))
    return tuple(out)


def _speaker(hit: Hit, beside: Sequence[Hit], text: str) -> Hit:
    """'UNICEF says that ...', '... according to MSF', 'Red Cross: 59 dead' name an agency that only speaks."""
    if hit.concept not in {"relief.agent", "relief.medic"}:
        return hit
    speaks = text[hit.end : hit.end + 1] == ":" or text[: hit.start].rstrip().endswith(":")
    speaks = speaks or any(
        (h.concept == "said" and h.start >= hit.end and _OFFICE.fullmatch(text, hit.end, h.start))
        or (h.concept == "according" and 0 <= hit.start - h.end <= _ARTICLE)
        for h in beside
    )
    return replace(hit, concept="relief.said") if speaks else hit


def recognise(item: Item, lexicon: Lexicon, patterns: tuple[Pattern, ...], named: Named) -> Report | Dismissal:
    """What the item reports, or why it is no report. `named` finds the places of a text, when they are asked for."""
    seen = read(item, lexicon, named)
    if seen is None:
        return Dismissal(item, "language: none that we read")
    if not seen.hits:
        return Dismissal(item, "no words of ours")
    for key, friend in seen.language.false_friends.items():
        if friend.scope == "text" and seen.text_has(key):
            return Dismissal(
                item, f"false friend: {friend.why}", _evidence(seen, [h for h in seen.hits if h.concept == key])
            )
    kept_out: list[tuple[Pattern, Hit]] = []
    found = [(s, c) for s in seen.sentences for c in claims(s, patterns, seen.beside(s), kept_out)]
    if not found and kept_out:
        pattern, hit = kept_out[0]
        said = seen.folded.text[hit.start : hit.end]
        return Dismissal(item, f'{hit.concept}: "{said}" beside what would be: {pattern.name}', _evidence(seen, [hit]))
    if not found:
        return Dismissal(item, "words of ours, but no claim in one sentence", _evidence(seen, seen.hits[:4]))
    year = item.published.start.year if item.published else None
    weighed = [
        weigh(c, s, seen.folded.text, seen.language, year, first=c.end <= seen.title_end or s.index == 0)
        for s, c in found
    ]
    live = governed([w for w in weighed if w.silenced is None], {s.index: s for s in seen.sentences})
    if not live:
        return Dismissal(item, weighed[0].silenced or "", _evidence(seen, weighed[0].claim.hits))
    spans = [seen.folded.span(h.start, h.end) for w in live for h in w.claim.hits]
    where = seen.names.where(spans)
    live = [w for w in live if _has_context(w.claim, seen, where)]
    if not live:
        return Dismissal(item, "no crisis: nothing tells of people in need there", _evidence(seen, seen.hits[:4]))
    score, why = _score(live, seen, where)
    if score < NEEDED:
        return Dismissal(item, f"too weak: {why}", _evidence(seen, live[0].claim.hits))
    report = _report(live, seen, why)
    reasons = (Reason("place", where.reason), *report.reasons)
    return replace(
        report,
        place=where.place,
        place_text=where.place_text,
        country=where.country,
        mentions=where.mentions,
        reasons=reasons,
    )


def _has_context(claim: Claim, seen: Read, where: Where) -> bool:
    """Does the text hold a word of the pattern's context, other than the claim's own words? Where only war will do, a
    country in crisis is no proof beside a storm or a flood."""
    wanted = claim.pattern.context
    storm = "disaster" not in wanted and seen.text_has("disaster")
    return (
        not wanted
        or (CRISIS_PLACE in wanted and where.in_crisis and not storm)
        or any(
            h.concept in wanted and not any(h.start < c.end and c.start < h.end for c in claim.hits) for h in seen.hits
        )
    )


def _score(live: list[Weighed], seen: Read, where: Where) -> tuple[float, str]:
    best = max(live, key=lambda w: w.worth)
    score = best.worth
    reasons = [best.claim.pattern.name]
    for concept, adds in (("people", 0.5), ("crisis", 1.0), ("disaster", 0.5), ("need", 0.5), ("starvation", 0.5)):
        if seen.text_has(concept):
            score += adds
            reasons.append(concept)
    if any(seen.text_has(c) for c in ("relief", "relief.agent", "relief.medic", "relief.move")):
        score += 0.5
    if where.in_crisis:
        score += 1.0
        reasons.append(f"in {where.country}, a country in crisis")
    if len({w.claim.pattern.name for w in live}) > 1:
        score += 0.5
        reasons.append("more than one claim")
    return score, ", ".join(reasons)


def _report(live: list[Weighed], seen: Read, why: str) -> Report:
    top = max(w.worth for w in live)
    strong = [w for w in live if w.worth >= top - 1.6]
    categories = tuple(c for c in Category if any(w.claim.pattern.category is c for w in strong))
    hits = [h for w in strong for h in w.claim.hits]
    homes = [h for h in seen.hits if h.concept == "household"]
    counted = [
        (h.start, h.end)
        for h in seen.hits
        if h.concept == "people" and not any(x.start < h.end and h.start < x.end for x in homes)
    ]
    harmed = [(h.start, h.end) for h in seen.hits if h.concept in {"harm", "kill"}]
    figure = people(seen.folded.text, seen.language.numerals, counted, harmed)
    evidence = _evidence(seen, hits)
    if figure:
        evidence += (_span(seen, figure[1], figure[2], "people"),)
    assets = Counter(_ASSET.get(h.concept, h.concept.removeprefix("asset.")) for h in hits if _is_asset(h))
    return Report(
        categories=categories,
        direction=_direction(strong),
        status=max(strong, key=lambda w: (w.worth, WORTH[w.status])).status,
        evidence=evidence,
        people=figure[0] if figure else None,
        asset=assets.most_common(1)[0][0] if assets else None,
        reasons=(Reason("recognised", why),),
        concepts=frozenset(h.concept for h in seen.hits),
        provisional=seen.language.provisional,
    )


def _is_asset(hit: Hit) -> bool:
    return hit.concept.startswith("asset.") or hit.concept in _ASSET


def _direction(strong: list[Weighed]) -> Direction:
    sums: Counter[Direction] = Counter()
    for w in strong:
        sums[w.claim.direction] += w.worth  # type: ignore[assignment]
    worse, better = sums[Direction.WORSENING], sums[Direction.IMPROVING]
    if worse and better and min(worse, better) / max(worse, better) > 0.8:
        first = min(strong, key=lambda w: w.claim.start)
        return first.claim.direction if first.worth >= 3 else Direction.MIXED
    if not worse and not better:
        return Direction.UNCHANGED
    change = Direction.WORSENING if worse >= better else Direction.IMPROVING
    return change if max(worse, better) >= sums[Direction.UNCHANGED] * 0.6 else Direction.UNCHANGED


def _evidence(seen: Read, hits: list[Hit] | tuple[Hit, ...]) -> tuple[Evidence, ...]:
    unique = sorted({(h.start, h.end, h.concept) for h in hits})
    return tuple(_span(seen, *u) for u in unique)


def _span(seen: Read, start: int, end: int, concept: str) -> Evidence:
    a, b = seen.folded.span(start, end)
    return Evidence(a, b, seen.folded.original[a:b], concept)
