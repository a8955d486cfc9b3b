"""Many names, one report: which country and which place is it about? Weighs what is named, how, and how near the claim.

The people affected count, not the actors: a place beside the words of the claim beats a demonym, a country in crisis
beats one that acts abroad ("Israeli forces ... Gaza" is PS).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.judge.places.tables import Known, Layer
from bot.judge.places.unlisted import Unlisted
from bot.model import Place

NEAR = 120.0  # characters from the words of the claim at which a name counts half
HEAD = 150  # characters at the start of a text (its title, mostly) that count a little more
LARGE, LARGER = 300_000, 5.0  # an ambiguous name alone: people, and how many times the next one's
REPEATED = 0.4  # what each further mention of the same name is worth
_BY_KIND = {"country": 1.6, "admin1": 2.4, "territory": 3.0}  # towards the country; every other kind: 3.0
_BY_ROLE = {"crisis": 1.0, "": 0.6, "actor": 0.3}
_EXACT = {"country": 0.3, "territory": 1.0, "admin1": 1.1, "city": 1.5}  # towards the place; every other kind: 1.9
_CUE = 1.0
AGAIN = 0.3  # what the other mentions of a place add to its best one
UNLISTED = "locality"  # the kind of such a place
_MENTIONS = 12
INSIDE = 0.4  # a place within the region that is named best is meant when it is named this well


@dataclass(frozen=True, slots=True)
class PlaceHit:
    """A name in a text: original offsets (end exclusive), as written, the places that it may be, most trusted first.
    `is_cue`: a word for a country's people or parties, no place. `shy`: also something else, so it counts only beside
    other signs of its country. `weight`: 1.0, more after 'in', less in a dateline."""

    start: int
    end: int
    text: str
    candidates: tuple[Place, ...]
    is_cue: bool = False
    shy: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Settled:
    """`place_text` is as the text writes it; `reason` says what decided; `mentions`: keys of all places smaller than a
    region that the text names there, the place itself among them."""

    place: Place | None
    place_text: str | None
    country: str | None
    reason: str
    mentions: tuple[str, ...] = ()


def settle(
    hits: Sequence[PlaceHit], focus: Sequence[tuple[int, int]], known: Known, unlisted: Sequence[Unlisted] = ()
) -> Settled:
    """The country with the most weight, then the most exact place in it that stands near the claim. Names that no
    table holds (`unlisted`) say nothing of the country, and may be that place."""
    near = [hit.weight * _nearness(hit, focus) for hit in hits]
    votes = _votes([_sure(hit) for hit in hits], hits, near, known)
    chosen = [_choose(hit, votes, known) for hit in hits]
    votes = _votes(chosen, hits, near, known)
    if not votes:
        name = max(unlisted, key=lambda u: u.weight * _nearness(u, focus), default=None)
        said = f"“{name.text}” is a name that no table holds" if name else "no place named"
        return Settled(None, name.text if name else None, None, said)
    country = max(votes, key=lambda iso2: votes[iso2])
    named = [
        (weight * _EXACT.get(place.kind, 2.1), hit, place)
        for hit, place, weight in zip(hits, chosen, near, strict=True)
        if place is not None and place.country == country and not hit.is_cue
    ]
    named += [_unlisted_place(u, country, named, focus) for u in unlisted]
    if not named:
        cue = next(hit.text for hit in hits if hit.is_cue and hit.candidates[0].country == country)
        return Settled(None, None, country, f"no place named; {country} by “{cue}”")
    hit, place = _most_exact(named)
    by = "a name that no table holds" if place.kind == UNLISTED else place.name
    return Settled(place, hit.text, country, f"“{hit.text}” is {by}, {country}", _mentions(p for _, _, p in named))


def _mentions(places: Iterable[Place]) -> tuple[str, ...]:
    exact = (p.key for p in places if p.kind not in ("country", "territory", "admin1"))
    return tuple(dict.fromkeys(exact))[:_MENTIONS]


def _unlisted_place(
    name: Unlisted, country: str, named: Sequence[tuple[float, PlaceHit, Place]], focus: Sequence[tuple[int, int]]
) -> tuple[float, PlaceHit, Place]:
    """A place without coordinates, within the region of the nearest known place when the text names only that."""
    regions = {place.within[:-1] if place.kind != "admin1" else (place.key,) for _, _, place in named if place.within}
    region = regions.pop() if len(regions) == 1 else ()
    within = (*(key for key in region if ":" in key), country)
    place = Place(f"name:{country}:{name.key}", name.text, UNLISTED, country, within=within)
    hit = PlaceHit(name.start, name.end, name.text, (place,), weight=name.weight)
    return hit.weight * _nearness(hit, focus), hit, place


def _most_exact(named: Sequence[tuple[float, PlaceHit, Place]]) -> tuple[PlaceHit, Place]:
    """The place with the best mention, helped a little by its others; the hit is that mention, the first of equals."""
    best: dict[str, tuple[float, PlaceHit, Place]] = {}
    total: dict[str, float] = defaultdict(float)
    for row in named:
        key = row[2].key
        total[key] += row[0]
        if key not in best or row[0] > best[key][0]:
            best[key] = row
    score = {key: row[0] + AGAIN * min(total[key] - row[0], row[0]) for key, row in best.items()}
    top = max(score, key=score.__getitem__)
    inside = {
        key: score[key] for key, row in best.items() if top in row[2].within and score[key] >= INSIDE * score[top]
    }
    if best[top][2].kind in ("admin1", "city") and inside:
        top = max(inside, key=inside.__getitem__)
    return best[top][1], best[top][2]


def _sure(hit: PlaceHit) -> Place | None:
    """The place, when the name alone says which country it is in."""
    alone = len({place.country for place in hit.candidates}) == 1
    return hit.candidates[0] if alone and not hit.shy else None


def _votes(
    places: Sequence[Place | None], hits: Sequence[PlaceHit], near: Sequence[float], known: Known
) -> dict[str, float]:
    """ISO2 to the weight of all that speaks for it; a name said again adds less."""
    votes: dict[str, float] = defaultdict(float)
    best: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for hit, place, weight in zip(hits, places, near, strict=True):
        if place is not None:
            worth = _CUE if hit.is_cue else _BY_KIND.get(place.kind, 3.0)
            best[place.key, hit.is_cue].append(weight * worth * _BY_ROLE[known.roles.get(place.country, "")])
    for (key, _), weights in best.items():
        top = max(weights)
        votes[known.places[key].country] += top + REPEATED * min(sum(weights) - top, top)
    return votes


def _choose(hit: PlaceHit, votes: dict[str, float], known: Known) -> Place | None:
    """Which of the places of that name: the one in a country the text speaks of, or one far larger than the others."""
    first = hit.candidates[0]
    supported = [place for place in hit.candidates if votes.get(place.country, 0.0) > 0]
    if supported and (hit.shy or _sure(hit) is None):
        return max(supported, key=lambda place: (votes[place.country], known.people.get(place.key, 0)))
    if hit.shy:
        return None
    if known.layers[first.key] <= Layer.COUNTRY or known.roles.get(first.country) == "crisis":
        return first if _sure(hit) or known.layers[first.key] <= Layer.COUNTRY else _largest(hit, known)
    return _largest(hit, known)


def _largest(hit: PlaceHit, known: Known) -> Place | None:
    """Nothing else speaks for a country: a large city is meant by its bare name, and one of a kind after 'in'."""
    by_people = sorted(hit.candidates, key=lambda place: -known.people.get(place.key, 0))
    most = known.people.get(by_people[0].key, 0)
    others = [place for place in by_people if place.country != by_people[0].country]
    if not others and hit.weight > 1:
        return by_people[0]
    rest = known.people.get(others[0].key, 0) if others else 0
    return by_people[0] if most >= LARGE and most >= LARGER * rest else None


def _nearness(hit: PlaceHit | Unlisted, focus: Sequence[tuple[int, int]]) -> float:
    """1.0 beside the claim, half at NEAR, a quarter far away; without a claim, the head of the text counts most."""
    head = 1.3 if hit.start < HEAD else 1.0
    if not focus:
        return head * max(0.25, 1 / (1 + hit.start / 600))
    gap = min(max(start - hit.end, hit.start - end, 0) for start, end in focus)
    return head * max(0.25, 1 / (1 + gap / NEAR))
