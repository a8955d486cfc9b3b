"""Item -> Report | Dismissal: does this text claim that access changed, and what are its words for it?

How it decides. The text is folded and split into sentences; the language's words become concept hits; patterns over
the concepts of one sentence become claims, each with a category, a direction and a weight of 1 to 3. Words of
request, plan, doubt, denial and history in the same sentence change what a claim is worth. The text is a report
when its best claim, with what the whole text adds (people in need, a crisis, a second claim), reaches NEEDED.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.judge.lexicon import Hit, Language, Lexicon
from bot.judge.patterns import Claim, Pattern, Sentence, claims
from bot.judge.people import people
from bot.judge.text import Folded, fold
from bot.model import Category, Direction, Dismissal, Evidence, Item, Place, Reason, Report, Status

NEEDED = 3.5
_BREAK = re.compile(r"[.!?؟…]+[\"'»”)\]]*(?=\s)|[;؛]\s|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Dr|St|Gen|Lt|Col|Jan|Feb|Aug|Sept|Oct|Nov|Dec|No|km|г|гг|тыс|млн|тис|обл|смт|рр|ім"
    r"|EE|UU|FF|AA|Sr|Sra|Dra|núm|aprox|Gro|Mich))$"
)
_WORD = re.compile(r"\w+")
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_HEDGES = (
    ("denied", Status.DENIED),
    ("requested", Status.REQUESTED),
    ("rumoured", Status.RUMOURED),
    ("announced", Status.ANNOUNCED),
)
_HEDGE_REACH = 10  # words between a hedge and the claim it governs
_WORTH = {
    Status.OCCURRED: 1.0,
    Status.ANNOUNCED: 0.85,
    Status.RUMOURED: 0.7,
    Status.DENIED: 0.6,
    Status.REQUESTED: 0.5,
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A claim with its status and what it is worth here; `silenced` says why it counts nothing."""

    claim: Claim
    status: Status
    worth: float
    silenced: str | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """Where a text speaks of, and whether people there are in a crisis that access matters to."""

    place: Place | None
    place_text: str | None
    country: str | None
    reason: str
    in_crisis: bool


Locate = Callable[[Folded, Sequence[tuple[int, int]]], Where]


@dataclass(frozen=True, slots=True)
class Read:
    """A text as this module sees it: folded, its language, hits and sentences."""

    folded: Folded
    language: Language
    hits: tuple[Hit, ...]
    sentences: tuple[Sentence, ...]
    title_end: int

    def text_has(self, concept: str) -> bool:
        return any(h.concept == concept for h in self.hits)


def read(item: Item, lexicon: Lexicon) -> Read | None:
    """None when no language of ours fits the text's script."""
    folded = fold(item.words)
    language = lexicon.choose(folded, item.lang)
    if language is None:
        return None
    hits = tuple(language.find(folded))
    title_end = len(item.title) if item.title else 0
    return Read(folded, language, hits, _sentences(folded, hits) if hits else (), title_end)


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
            out.append(Sentence(index, begin, stop, inside, words))
    return tuple(out)


def recognise(item: Item, lexicon: Lexicon, patterns: tuple[Pattern, ...], locate: Locate) -> Report | Dismissal:
    """What the item reports, or why it is no report. `locate` finds the place; asked only when claims are left."""
    seen = read(item, lexicon)
    if seen is None:
        return Dismissal(item, "language: no keywords for this script")
    if not seen.hits:
        return Dismissal(item, "no words of ours")
    for key, friend in seen.language.false_friends.items():
        if friend.scope == "text" and seen.text_has(key):
            return Dismissal(
                item, f"false friend: {friend.why}", _evidence(seen, [h for h in seen.hits if h.concept == key])
            )
    found = [(s, c) for s in seen.sentences for c in claims(s, patterns)]
    if not found:
        return Dismissal(item, "words of ours, but no claim in one sentence", _evidence(seen, seen.hits[:4]))
    weighed = [_weigh(c, s, seen, item) for s, c in found]
    live = [w for w in weighed if w.silenced is None]
    if not live:
        return Dismissal(item, weighed[0].silenced or "", _evidence(seen, weighed[0].claim.hits))
    spans = [seen.folded.span(h.start, h.end) for w in live for h in w.claim.hits]
    where = locate(seen.folded, spans)
    score, why = _score(live, seen, where)
    if score < NEEDED:
        return Dismissal(item, f"too weak: {why}", _evidence(seen, live[0].claim.hits))
    report = _report(live, seen, why)
    reasons = (Reason("place", where.reason), *report.reasons)
    return replace(report, place=where.place, place_text=where.place_text, country=where.country, reasons=reasons)


def _weigh(claim: Claim, sentence: Sentence, seen: Read, item: Item) -> Weighed:
    for hit in sentence.hits:
        friend = seen.language.false_friends.get(hit.concept)
        if friend is not None:
            return Weighed(claim, Status.OCCURRED, 0, f"false friend: {friend.why}")
    past = _history(sentence, seen, item)
    if past:
        return Weighed(claim, Status.OCCURRED, 0, past)
    if claim.pattern.category is Category.SIEGE and sentence.has("soldiers") and not sentence.has("people"):
        return Weighed(claim, Status.OCCURRED, 0, "soldiers: encircled troops, no civilians told of")
    status = _status(claim, sentence)
    if (status is Status.REQUESTED and claim.direction is not Direction.UNCHANGED) or (
        claim.direction is Direction.WORSENING and _goes_on(claim, sentence)
    ):
        claim = replace(claim, direction=Direction.UNCHANGED)
    worth = claim.pattern.weight * _WORTH[status]
    if claim.end <= seen.title_end or sentence.index == 0:
        worth += 0.5
    return Weighed(claim, status, worth)


def _history(sentence: Sentence, seen: Read, item: Item) -> str | None:
    """The sentence speaks of the past: words of commemoration, or a year well before publication."""
    for hit in sentence.hits:
        if hit.concept == "history":
            return f'history: "{seen.folded.text[hit.start : hit.end]}"'
    if item.published is None:
        return None
    years = [int(m.group()) for m in _YEAR.finditer(seen.folded.text, sentence.start, sentence.end)]
    if years and max(years) < item.published.start.year - 1:
        return f"history: told of {max(years)}"
    return None


def _status(claim: Claim, sentence: Sentence) -> Status:
    """The strongest hedge that stands before the claim's last word and within reach."""
    for concept, status in _HEDGES:
        for hit in sentence.hits:
            if hit.concept != concept:
                continue
            if hit.start >= claim.end:  # "the convoy will travel": a claim that is no more than its subject
                alone = {h.concept for h in claim.hits} == {"relief.move"} and concept == "announced"
                if not alone or any(claim.end <= w < hit.start for w in sentence.words):
                    continue
            if sum(hit.end <= w < claim.start for w in sentence.words) <= _HEDGE_REACH:
                return status
    return Status.OCCURRED


def _goes_on(claim: Claim, sentence: Sentence) -> bool:
    """'remains closed', 'still blocked': a constraint that merely continues."""
    return any(
        h.concept == "continuing"
        and sum(min(h.end, claim.end) <= w < max(h.start, claim.start) for w in sentence.words) <= 3
        for h in sentence.hits
    )


def _score(live: list[Weighed], seen: Read, where: Where) -> tuple[float, str]:
    best = max(live, key=lambda w: w.worth)
    score = best.worth
    reasons = [best.claim.pattern.name]
    for concept, adds in (("people", 1.0), ("crisis", 1.0), ("need", 0.5), ("starvation", 0.5)):
        if seen.text_has(concept):
            score += adds
            reasons.append(concept)
    if seen.text_has("relief") or seen.text_has("relief.agent") or seen.text_has("relief.move"):
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
    counted = [(h.start, h.end) for h in seen.hits if h.concept == "people"]
    harmed = [(h.start, h.end) for h in seen.hits if h.concept == "harm"]
    figure = people(seen.folded.text, seen.language.multipliers, counted, harmed)
    evidence = _evidence(seen, hits)
    if figure:
        evidence += (_span(seen, figure[1], figure[2], "people"),)
    assets = Counter(h.concept.split(".")[1] for h in hits if h.concept.startswith("asset."))
    return Report(
        categories=categories,
        direction=_direction(strong),
        status=max(strong, key=lambda w: (w.worth, _WORTH[w.status])).status,
        evidence=evidence,
        people=figure[0] if figure else None,
        asset=assets.most_common(1)[0][0] if assets else None,
        reasons=(Reason("recognised", why),),
        concepts=frozenset(h.concept for h in seen.hits),
    )


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
