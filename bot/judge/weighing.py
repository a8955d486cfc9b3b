"""What a claim is worth in its sentence: hedges, history, what goes on, and which claim governs which.

"May reach", "calls for", "denies that", "in 1941", "remains closed", "denied evacuation", "after days of closure": the
words around a claim say whether it happened, and whether it changed anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from bot.judge.lexicon import Hit, Language
from bot.judge.patterns import Claim, Sentence
from bot.model import Category, Direction, Status

_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_HEDGES = (
    ("denied", Status.DENIED),
    ("requested", Status.REQUESTED),
    ("rumoured", Status.RUMOURED),
    ("announced", Status.ANNOUNCED),
)
_AFTER = 4  # words between 'after' and what it makes past
_SINCE = 8  # words between a constraint and the 'since' that says that it goes on
_HEDGE_REACH = 10  # words between a hedge and the claim it governs
WORTH = {
    Status.OCCURRED: 1.0,
    Status.ANNOUNCED: 0.85,
    Status.RUMOURED: 0.7,
    Status.DENIED: 0.6,
    Status.REQUESTED: 0.5,
}

FIRST = 0.5  # what a claim in the title or the first sentence is worth more
LATE, BURIED = 700, 2.0  # letters after which a claim is no longer what the text is about, and what it is worth less


@dataclass(frozen=True, slots=True)
class Weighed:
    """A claim with its status and what it is worth here; `silenced` says why it counts nothing."""

    claim: Claim
    status: Status
    worth: float
    silenced: str | None = None


def weigh(claim: Claim, sentence: Sentence, text: str, language: Language, year: int | None, *, first: bool) -> Weighed:
    """`text`: the folded text of which `sentence` is a part; `year` of publication; `first`: in title or lead."""
    for hit in sentence.hits:
        friend = language.false_friends.get(hit.concept)
        if friend is not None:
            return Weighed(claim, Status.OCCURRED, 0, f"false friend: {friend.why}")
    past = _history(sentence, text, year)
    if past:
        return Weighed(claim, Status.OCCURRED, 0, past)
    if claim.pattern.category is Category.SIEGE and sentence.has("soldiers") and not sentence.has("people"):
        return Weighed(claim, Status.OCCURRED, 0, "soldiers: encircled troops, no civilians told of")
    status = _status(claim, sentence)
    claim = replace(claim, direction=_direction(claim, status, sentence))
    worth = claim.pattern.weight * WORTH[status] + (FIRST if first else 0) - (BURIED if claim.start > LATE else 0)
    return Weighed(claim, status, worth)


def _direction(claim: Claim, status: Status, sentence: Sentence) -> Direction:
    """A call changes nothing, nor does what goes on; a siege that is planned or feared is one that is to come."""
    if status is Status.REQUESTED:
        return Direction.UNCHANGED
    to_come = status in {Status.RUMOURED, Status.ANNOUNCED}
    if to_come and any(h.concept in {"siege.state", "siege.act"} for h in claim.hits):
        return Direction.IMPROVING if claim.direction is Direction.IMPROVING else Direction.WORSENING
    if claim.direction is Direction.WORSENING and _goes_on(claim, sentence):
        return Direction.UNCHANGED
    return claim.direction


def _history(sentence: Sentence, text: str, year: int | None) -> str | None:
    """The sentence speaks of the past: words of commemoration, or a year well before publication. 'Closed since 2007'
    and 'resolution 1701' do not."""
    for hit in sentence.hits:
        if hit.concept == "history":
            return f'history: "{text[hit.start : hit.end]}"'
    if year is None:
        return None
    begun = [h.end for h in sentence.hits if h.concept in {"since", "numbered"}]
    years = [
        int(m.group())
        for m in _YEAR.finditer(text, sentence.start, sentence.end)
        if not any(end <= m.start() and sum(end <= w < m.start() for w in sentence.words) <= 2 for end in begun)
    ]
    if years and max(years) < year - 1:
        return f"history: told of {max(years)}"
    return None


def _status(claim: Claim, sentence: Sentence) -> Status:
    """The strongest hedge that stands before the claim's last word and within reach."""
    for concept, status in _HEDGES:
        for hit in sentence.hits:
            if hit.concept != concept or _is_part(hit, sentence):
                continue
            if hit.start >= claim.end:  # "the convoy will travel": a claim that is no more than its subject
                alone = {h.concept for h in claim.hits} == {"relief.move"} and concept == "announced"
                if not alone or any(claim.end <= w < hit.start for w in sentence.words):
                    continue
            if concept == "rumoured" and _is_denied(hit, sentence):
                continue
            if sum(hit.end <= w < claim.start for w in sentence.words) <= _HEDGE_REACH:
                return status
    return Status.OCCURRED


def _is_part(hedge: Hit, sentence: Sentence) -> bool:
    """'Since May' is no 'may': the hedge is a part of other words of ours."""
    return any(
        h.start <= hedge.start and hedge.end <= h.end and h.end - h.start > hedge.end - hedge.start
        for h in sentence.hits
        if h.concept == "since"
    )


def _is_denied(hedge: Hit, sentence: Sentence) -> bool:
    """'can not' is no 'can': a 'not' stands right before or after the hedge, or over it."""
    return any(n.concept == "negation" and n.end >= hedge.start - 1 and n.start <= hedge.end + 1 for n in sentence.hits)


def _goes_on(claim: Claim, sentence: Sentence) -> bool:
    """'remains closed', 'still blocked', 'besieged since June': a constraint that merely continues."""
    reach = {"continuing": 3, "since": _SINCE if claim.pattern.category is not Category.AID_DELIVERY else 0}
    return any(
        h.concept in reach
        and sum(min(h.end, claim.end) <= w < max(h.start, claim.start) for w in sentence.words) <= reach[h.concept]
        and (h.concept != "since" or h.start >= claim.start)
        for h in sentence.hits
    )


def governed(live: Sequence[Weighed], sentences: Mapping[int, Sentence]) -> list[Weighed]:
    """Without the claims that another claim of the same sentence makes its own.

    'denied evacuation' holds an evacuation and 'ending the encirclement' an encirclement, which did not happen or is
    over: who refuses governs what comes after it, who was attacked while at work was attacked, 'after' makes past.
    """
    out = []
    for w in live:
        same = [o.claim for o in live if o is not w and o.claim.sentence == w.claim.sentence]
        if not any(_governs(other, w.claim, sentences[w.claim.sentence]) for other in same):
            out.append(w)
    return out or list(live)


def _governs(other: Claim, claim: Claim, sentence: Sentence) -> bool:
    """Does `other` take back what `claim` says?"""
    if other.direction is claim.direction:
        return False
    mine, theirs = set(claim.hits), set(other.hits)
    if mine < theirs:
        return True
    first = {h.concept: h.start for h in sorted((*mine, *theirs), key=lambda h: -h.start)}
    if "release" in first and "harm" in first:  # 'freed the kidnapped', 'kidnapped and freed': the first word governs
        return any(h.concept in {"release", "harm"} and h.start == min(first["release"], first["harm"]) for h in theirs)
    if claim.direction is Direction.IMPROVING and other.direction is Direction.WORSENING:
        if claim.pattern.weight == 1:
            return True
        if any(h.concept == "harm" for h in theirs):
            return claim.pattern.category is Category.AID_DELIVERY
        shared = mine & theirs
        if shared and shared not in (mine, theirs):
            return min(h.start for h in theirs - shared) < min(h.start for h in mine - shared)
    return other.direction is Direction.IMPROVING and _is_past(mine - theirs, sentence)


def _is_past(hits: Set[Hit], sentence: Sentence) -> bool:
    """'after eleven days of closure', 'the first since it was shut': one of the words follows closely."""
    ends = [h.end for h in sentence.hits if h.concept in {"after", "since"}]
    return any(
        end <= h.start and sum(end <= w < h.start for w in sentence.words) <= _AFTER for h in hits for end in ends
    )
