"""Do a report and an incident tell of the same thing? Points for and against, added up.

Every sign is weak by itself: the same town sees two convoys in a week, one closure is told of three places, an outlet
names only the country. JOINS of them make one story, MERGES make one of two that were kept apart. What each is worth
was settled on stories of our own (docs/incidents.md); nothing here knows a language.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from bot.judge.places.names import skeleton
from bot.judge.places.settle import UNLISTED
from bot.model import Assessment, Category, Evidence, Incident, Item, Place, Report, Told

JOINS, MERGES = 2.25, 3.0
WAYS = frozenset({"crossing", "port", "airport", "camp"})
VAGUE = frozenset({"country", "territory", "admin1"})
# what the places say: the same; the same name in another spelling; one in the other; near, or named by the other too;
# the same region; nothing; two places
SAME, NAMED_ALIKE, WITHIN, LOCAL, SAME_REGION, UNTOLD, APART = 2.5, 2.0, 1.0, 1.25, 1.0, 0.75, -2.5
UNKNOWN = -1.0
SAME_TERRITORY = 0.0  # Gaza, Darfur: where many things happen at once, its name says next to nothing
LOCAL_KM = 20.0
LATE = timedelta(hours=24)
FIRST, LAST = 2, 8  # of an incident's reports, those whose words and figures are compared: work stays bounded
RIVALS = 2  # other incidents of that country these days, from which a vague place says little
_ROUTES = {"bridge": "road", "checkpoint": "road", "airspace": "airport", "corridor": "road"}
_FIGURE = re.compile(r"(?<![\w.,:/-])(\d{1,3}(?:[.,\u00a0\u202f ]\d{3}){1,3}|\d{2,12})(?![\w:/-]|[.,]\d)")
_YEARS = range(1900, 2100)
_KEPT = 12  # figures of one report


def likeness(a: Assessment, incident: Incident, now: datetime, *, rivals: int) -> float:
    """The points that speak for one story; at JOINS the report joins. `rivals`: how many other incidents of that
    country were told of these days. 0.0 where the countries exclude it."""
    report = a.report
    where = nearness(report, incident)
    abroad = report.country and incident.country and report.country != incident.country
    if where == APART or (abroad and where < NAMED_ALIKE):
        return 0.0
    if not (report.country and incident.country) and where < NAMED_ALIKE:
        where = UNKNOWN if report.place_text and incident.place_text else 0.0  # two names somewhere in the world
    elif 0 < where <= SAME_REGION:
        where += 0.5 if rivals == 0 else -0.5 if rivals >= RIVALS else 0.0
    return where + sum(_signs(a, incident, now))


def _signs(a: Assessment, incident: Incident, now: datetime) -> Iterator[float]:
    report = a.report
    mine, theirs = set(report.categories), set(incident.categories)
    yield 1.0 if mine & theirs else 0.5 if Category.SIEGE in mine | theirs else -0.5
    if report.asset and incident.asset:
        one, other = (_ROUTES.get(x, x) for x in (report.asset, incident.asset))
        yield 0.5 if one == other else -0.75
    yield 0.5 if report.direction is incident.direction else 0.0
    yield -0.75 if is_attack(report.evidence) != is_attack(incident.evidence) else 0.0
    yield min(1.0, 0.5 * len(_named(report.mentions) & _told_names(incident)))
    told = (*incident.told[:FIRST], *incident.told[FIRST:][-LAST:])
    yield _words(a.item, told)
    yield min(2.0, 1.0 * len(set(figures(a.item)) & {f for t in told for f in t.figures}))
    yield 0.5 if report.people and report.people == incident.people else 0.0
    yield 0.5 if now - incident.updated <= LATE else 0.0


def nearness(report: Report, incident: Incident) -> float:
    """What the places say; APART when they are two."""
    place, other = report.place, incident.place
    if place is None or other is None:
        mine, theirs = report.place_text, incident.place_text or (other.name if other else None)
        return NAMED_ALIKE if mine and theirs and _alike(mine, theirs) else UNTOLD
    if place.key == other.key:
        return {"country": UNTOLD, "territory": SAME_TERRITORY, "admin1": SAME_REGION}.get(place.kind, SAME)
    if _one_name(place, other):
        return NAMED_ALIKE
    if place.key in other.within or other.key in place.within:
        outer = place if place.key in other.within else other
        return UNTOLD if outer.kind == "country" else WITHIN
    if place.country != other.country:
        return APART
    if place.kind in WAYS and other.kind in WAYS:
        return APART  # Rafah and Kerem Shalom are four kilometres and a world apart
    if _km(place, other) <= LOCAL_KM or _named(report.mentions) & _told_names(incident):
        return LOCAL
    regions = any(p.kind in VAGUE for p in (place, other))
    # a region, and a town of which the tables don't say in which region it lies
    return UNTOLD if regions and not any(":" in k for p in (place, other) for k in p.within) else APART


def same_place(a: Place | None, b: Place | None) -> bool:
    """May two incidents there be one? The same place, the same name, or one in the other, which is no country."""
    if a is None or b is None:
        return False
    inside = {a.key} & set(b.within) | {b.key} & set(a.within)
    return a.key == b.key or _one_name(a, b) or any(":" in key for key in inside)


def _one_name(a: Place, b: Place) -> bool:
    """Two places of our tables of the same kind are two, however alike their names are."""
    return a.country == b.country and (UNLISTED in (a.kind, b.kind) or a.kind != b.kind) and _alike(a.name, b.name)


def _named(mentions: Iterable[str]) -> set[str]:
    """Places by key; those that no table holds by the consonants of their names."""
    return {f"{m[:8]}{skeleton(m[8:])}" if m.startswith("name:") else m for m in mentions}


def _told_names(incident: Incident) -> set[str]:
    return _named(m for t in incident.told for m in t.mentions)


def _alike(a: str, b: str) -> bool:
    """One name in two scripts or spellings; or one within the other: Sweida, the Damascus-Sweida road."""
    first, second = ({s for s in skeleton(x).split() if len(s) >= 3} - _THINGS for x in (a, b))
    return bool(first and second) and (first <= second or second <= first)


# words for what a place is, which its name may hold
_THINGS = frozenset(
    part
    for word in """crossing border camp airport port bridge road checkpoint corridor base hospital province governorate
        district معبر مخيم مطار ميناء جسر طريق محافظة лагерь аэропорт мост дорога переход порт camp aéroport pont
        route aeropuerto puerto puente carretera paso""".split()
    for part in skeleton(word).split()
)


def _km(a: Place, b: Place) -> float:
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return math.inf
    east = (a.lon - b.lon) * math.cos(math.radians((a.lat + b.lat) / 2))
    return 111.2 * math.hypot(a.lat - b.lat, east)


def _words(item: Item, told: tuple[Told, ...]) -> float:
    best = max((fuzz.token_set_ratio(headline(item), t.title) for t in told if t.title), default=0.0)
    return 2.0 if best >= 85 else 1.0 if best >= 70 else 0.5 if best >= 55 else 0.0


def headline(item: Item) -> str:
    return (item.title or item.text[:160])[:200]


def figures(item: Item) -> tuple[int, ...]:
    """The numbers that a report tells, but years: "32 lorries", "98,000 refugees". They mean the same everywhere."""
    found = (int(re.sub(r"\D", "", m[1])) for m in _FIGURE.finditer(item.words))
    return tuple(dict.fromkeys(n for n in found if n not in _YEARS))[:_KEPT]


def is_attack(evidence: Iterable[Evidence]) -> bool:
    """Nothing but an attack: it is over when it is done; a closure goes on until it is lifted."""
    words = {e.concept for e in evidence}
    return "harm" in words and words.isdisjoint(_LASTING)


_LASTING = frozenset(
    {
        "siege.act", "siege.state", "siege.epithet", "siege.weak", "refuse", "close", "relief.out", "stopped", "impose",
        "route.closed", "lifeline", "cargo", "relief.move", "goods",
    }
)  # fmt: skip
