"""What concepts in one sentence report: the patterns of config/patterns.toml, matched against concept hits."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ConfigError
from bot.judge.lexicon import Hit
from bot.model import Category, Direction

CRISIS_PLACE = "crisis.place"  # may stand in `context`: a place of a country in crisis, which no word says
_NEGATION_REACH = 3  # words: "did not allow any", "no aid has"
_BEHIND = 4  # words: "the corridor from the city did not work", of a claim that is one word or phrase


class Pattern(BaseModel):
    """One [[pattern]] table; see the head of config/patterns.toml for what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(pattern="^[^,]+$")  # it stands first in a reason whose parts commas divide
    all: tuple[str, ...] = Field(min_length=1, max_length=4)
    within: int = Field(8, ge=1, le=40)
    ordered: bool = False
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    not_between: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    category: Category
    direction: Direction
    weight: int = Field(ge=1, le=3)
    negated: str = Field("none", pattern="^(none|worsening|improving|unchanged)$")

    @cached_property
    def slots(self) -> tuple[frozenset[str], ...]:
        """`all`, each as the set of concepts that may fill it."""
        return tuple(frozenset(slot.split("|")) for slot in self.all)

    @property
    def concepts(self) -> frozenset[str]:
        """Every concept that the pattern names."""
        beside = (self.needs, self.unless, self.not_between, self.context)
        return frozenset().union(*self.slots, *beside) - {CRISIS_PLACE}


class PatternFile(BaseModel):
    """config/patterns.toml."""

    model_config = ConfigDict(extra="forbid")
    crisis_countries: frozenset[str]
    concepts: dict[str, str]
    pattern: list[Pattern] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A pattern found in a sentence: `hits` are its words; `negated`: a 'not' turned it; index of the sentence."""

    pattern: Pattern
    hits: tuple[Hit, ...]
    direction: Direction
    sentence: int
    negated: bool = False

    @property
    def start(self) -> int:
        return min(h.start for h in self.hits)

    @property
    def end(self) -> int:
        return max(h.end for h in self.hits)


def load_patterns(text: str) -> PatternFile:
    """config/patterns.toml as text -> its validated content; ConfigError names every mistake."""
    try:
        data = PatternFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as e:
        raise ConfigError([f"patterns.toml: not valid TOML: {e}; mend that line"]) from e
    except ValidationError as e:
        raise ConfigError([f"patterns.toml: {'.'.join(map(str, x['loc']))}: {x['msg']}" for x in e.errors()]) from e
    known = set(data.concepts) | {"asset"}
    problems = [
        f'patterns.toml: pattern "{p.name}": "{c}" is no concept; write one of [concepts], or asset for every asset.*'
        for p in data.pattern
        for c in sorted(p.concepts)
        if c not in known
    ]
    if problems:
        raise ConfigError(problems)
    return data


def _fills(hit: Hit, slot: frozenset[str]) -> bool:
    """'asset' is filled by every 'asset.*'; a full name only by itself."""
    return hit.concept in slot or ("asset" in slot and hit.concept.startswith("asset."))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its hits in order, where its words start, and its commas and colons (folded offsets)."""

    index: int
    start: int
    end: int
    hits: tuple[Hit, ...]
    words: tuple[int, ...]
    breaks: tuple[int, ...] = ()

    def distance(self, a: Hit, b: Hit) -> int:
        """Words between two hits; 0 when they touch or overlap."""
        first, second = (a, b) if a.start <= b.start else (b, a)
        return sum(first.end <= w < second.start for w in self.words)

    def has(self, concept: str) -> bool:
        return any(h.concept == concept for h in self.hits)


def claims(
    sentence: Sentence, patterns: Sequence[Pattern], beside: Set[str], kept_out: list[tuple[Pattern, Hit]]
) -> list[Claim]:
    """Every pattern this sentence fulfils, once each at its closest words. `beside`: concepts of the sentences before
    and after it, which may give what a pattern `needs`. Into `kept_out` go those whose words stand there but for a
    word of `unless`, with that word."""
    present = {h.concept for h in sentence.hits}
    if any(c.startswith("asset.") for c in present):
        present.add("asset")
    around = present | beside
    out = []
    for pattern in patterns:
        if any(map(present.isdisjoint, pattern.slots)) or (pattern.needs and around.isdisjoint(pattern.needs)):
            continue
        hits = _closest(sentence, pattern)
        if hits is None:
            continue
        if not present.isdisjoint(pattern.unless):
            kept_out.append((pattern, next(h for h in sentence.hits if h.concept in pattern.unless)))
            continue
        claim = _turned(sentence, pattern, hits)
        if claim is not None:
            out.append(claim)
    return out


def _closest(sentence: Sentence, pattern: Pattern) -> tuple[Hit, ...] | None:
    """The tightest choice of one hit per slot with each within reach of one before; distinct words."""
    best: tuple[int, tuple[Hit, ...]] | None = None
    for first in (h for h in sentence.hits if _fills(h, pattern.slots[0])):
        chosen, total = [first], 0
        for slot in pattern.slots[1:]:
            options = [
                (min(sentence.distance(h, c) for c in chosen), h)
                for h in sentence.hits
                if _fills(h, slot) and all(h.end <= c.start or h.start >= c.end for c in chosen)
                if not pattern.ordered or h.start >= chosen[-1].end
            ]
            near = min(options, key=lambda o: o[0], default=None)
            if near is None or near[0] > pattern.within:
                break
            chosen.append(near[1])
            total += near[0]
        else:
            if (best is None or total < best[0]) and not _interrupted(sentence, pattern, chosen):
                best = (total, tuple(chosen))
    return best[1] if best else None


def _interrupted(sentence: Sentence, pattern: Pattern, chosen: Sequence[Hit]) -> bool:
    """A word of `not_between` stands between the claim's words: 'the agency says that fighters were killed'."""
    if not pattern.not_between:
        return False
    start, end = min(h.end for h in chosen), max(h.start for h in chosen)
    return any(h.concept in pattern.not_between and start <= h.start and h.end <= end for h in sentence.hits)


def _turned(sentence: Sentence, pattern: Pattern, hits: tuple[Hit, ...]) -> Claim | None:
    """The claim, its direction turned by a negation before one of its words; None when that leaves nothing."""
    start, end = min(h.start for h in hits), max(h.end for h in hits)
    negated = any(
        n.concept == "negation"
        and not any(_says_its_no(h, n, pattern) for h in hits)
        and _reaches(sentence, n, start, end, alone=len(hits) == 1 and pattern.negated != "none")
        for n in sentence.hits
    )
    if not negated:
        return Claim(pattern, hits, pattern.direction, sentence.index)
    if pattern.negated == "none":
        return None
    return Claim(pattern, hits, Direction(pattern.negated), sentence.index, negated=True)


def _reaches(sentence: Sentence, negation: Hit, start: int, end: int, *, alone: bool) -> bool:
    """Does the 'not' reach the claim from `start` to `end`? From before it, within it, or right behind one word that is
    the whole claim (`alone`)."""
    if negation.start >= end:
        between = sum(end <= w < negation.start for w in sentence.words)
        return alone and between <= _BEHIND and not any(end <= b < negation.start for b in sentence.breaks)
    if negation.start >= start:
        return True
    between = sum(negation.end <= w < start for w in sentence.words)
    return between <= _NEGATION_REACH and not any(negation.end <= b < start for b in sentence.breaks)


def _says_its_no(hit: Hit, negation: Hit, pattern: Pattern) -> bool:
    """'no aid' holds its own no; 'refusal to' is all refusal; but 'without letting in' turns 'let in'."""
    inside = hit.start <= negation.start and negation.end <= hit.end
    over = hit.start < negation.end and negation.start < hit.end
    return inside or (over and pattern.direction is not Direction.IMPROVING)
