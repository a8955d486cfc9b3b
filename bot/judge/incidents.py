"""Assessment + the incidents we know -> Change: which thing in the world does this report tell of, and what is new?

A report joins an incident when they share a category, their places are the same or one lies in the other, the texts
are alike enough for how vague the place is, and the report came within JOIN_WITHIN of the last one or changes the
state of the same siege or asset, however old. Pure: `now` is given, numbers are the store's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from bot.model import (
    Affiliation,
    Assessment,
    Category,
    Certainty,
    Change,
    ChangeKind,
    Direction,
    Incident,
    Item,
    Place,
    Severity,
    Source,
    State,
    Status,
    Told,
)

JOIN_WITHIN = timedelta(hours=72)
REOPEN_WITHIN = timedelta(hours=6)
ALIKE = 55.0  # token_set_ratio of titles, 0 to 100: the same story where the place alone is too vague
COPY = 92.0  # the same words under another name: agency copy, no second witness
COPIED_WITHIN = timedelta(hours=24)
VAGUE = {"country", "territory", "admin1"}
_EVENT = {Status.OCCURRED, Status.ANNOUNCED, Status.RUMOURED}


def fold(
    assessment: Assessment, source: Source, known: Iterable[Incident], now: datetime, *, exercise: bool = False
) -> Change | None:
    """The change this report makes; None when it is no event (asked for, denied) and confirms nothing we know."""
    known = tuple(known)
    if (withdrawn := next((i for i in known if _copies(assessment, i, now)), None)) is not None:
        told = _told(assessment, source, withdrawn, now)
        joined = replace(withdrawn, told=_with(withdrawn.told, told))
        return Change(ChangeKind.REPEATED, joined, "a copy of what was withdrawn", before=withdrawn.severity)
    match = _match(assessment, known, now)
    told = _told(assessment, source, match, now)
    if match is None:
        return _open(assessment, told, now, exercise) if assessment.report.status in _EVENT else None
    return _join(match, assessment, told, now)


# --- which incident ------------------------------------------------------------------------------


def _match(a: Assessment, known: Iterable[Incident], now: datetime) -> Incident | None:
    scored = [(likeness(a, i), i) for i in known if _may_join(a, i, now)]
    best = max(scored, key=lambda pair: (pair[0], -pair[1].number), default=None)
    return best[1] if best and best[0] >= 1.0 else None


def _may_join(a: Assessment, incident: Incident, now: datetime) -> bool:
    if not set(a.report.categories) & set(incident.categories):
        return False
    if incident.state is State.WITHDRAWN:
        return False
    quiet = now - incident.updated
    if incident.state is State.RESOLVED:
        better = a.report.direction is Direction.IMPROVING
        return quiet <= (JOIN_WITHIN if better else REOPEN_WITHIN)
    return quiet <= JOIN_WITHIN or _same_state(a, incident)


def _copies(a: Assessment, incident: Incident, now: datetime) -> bool:
    """Is this the very report that was withdrawn, under another name? The same headline, word for word, of about the
    same day: one word more may be news, and what is news must not be lost."""
    if incident.state is not State.WITHDRAWN or a.report.country != incident.country:
        return False
    if not set(a.report.categories) & set(incident.categories) or _nearness(a.report.place, incident.place) == 0.0:
        return False
    at, words = a.item.published.start if a.item.published else now, _words(_headline(a.item)[:200])
    return any(words == _words(t.title) and abs(at - (t.published or t.seen)) <= COPIED_WITHIN for t in incident.told)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _same_state(a: Assessment, incident: Incident) -> bool:
    """The report speaks of the very siege or asset that this incident is about."""
    here, there = a.report.place, incident.place
    if here is None or there is None or here.key != there.key or here.kind in VAGUE:
        return False
    if Category.SIEGE in incident.categories and Category.SIEGE in a.report.categories:
        return True
    return a.report.asset is not None and a.report.asset == incident.asset


def likeness(a: Assessment, incident: Incident) -> float:
    """How sure we are that both are one story; 1.0 and more joins. Place first, then words."""
    report = a.report
    if report.country and incident.country and report.country != incident.country:
        return 0.0
    words = max((fuzz.token_set_ratio(_headline(a.item), t.title) for t in incident.told if t.title), default=0.0)
    near = _nearness(report.place, incident.place)
    if near == 0.0:
        return 0.0
    shared = len(set(report.categories) & set(incident.categories)) / len(
        set(report.categories) | set(incident.categories)
    )
    if near == 1.0 or words >= ALIKE:
        return 1.0 + shared + words / 100
    same_turn = report.direction is incident.direction and report.categories[0] is incident.categories[0]
    return near + shared + words / 200 if same_turn and report.country is not None else 0.0


def _nearness(a: Place | None, b: Place | None) -> float:
    """1.0 the same exact place; 0.5 the same vague one, one within the other, or one unknown; 0.0 apart."""
    if a is None or b is None:
        return 0.4
    if a.key == b.key:
        return 0.5 if a.kind in VAGUE else 1.0
    return 0.5 if a.key in b.within or b.key in a.within else 0.0


def _headline(item: Item) -> str:
    return item.title or item.text[:160]


# --- who says so ---------------------------------------------------------------------------------


def _told(a: Assessment, source: Source, match: Incident | None, now: datetime) -> Told:
    country = a.report.country
    party = country in source.speaks_for_party_in or source.affiliation in (Affiliation.PARTY, Affiliation.AGGREGATOR)
    copied = match is not None and any(
        t.owner != source.owner and t.title and fuzz.token_set_ratio(_headline(a.item), t.title) >= COPY
        for t in match.told
    )
    published = a.item.published.start if a.item.published else None
    return Told(
        a.item.id, source.id, source.name, source.owner or source.id, source.grade, not party and not copied,
        _headline(a.item)[:200], a.item.url, published, now, a.severity, a.report.direction,
    )  # fmt: skip


def credibility(told: Sequence[Told], authoritative: bool) -> int:
    """Admiralty digit: 1 confirmed by an authority or three independent owners, 2 by two, 3 one good source, 6 else."""
    owners = {t.owner for t in told if t.independent}
    if authoritative or len(owners) >= 3:
        return 1
    if len(owners) == 2:
        return 2
    return 3 if any(t.independent and t.grade in "AB" for t in told) else 6


# --- what changes --------------------------------------------------------------------------------


def _open(a: Assessment, told: Told, now: datetime, exercise: bool) -> Change:
    r = a.report
    digit = credibility([told], _is_un(told))
    incident = Incident(
        number=0, categories=r.categories, country=r.country, place=r.place, place_text=r.place_text,
        severity=a.severity, certainty=a.certainty, direction=r.direction, status=r.status, state=State.OPEN,
        people=r.people, asset=r.asset, opened=now, updated=now, corroborated=digit <= 2, credibility=digit,
        told=(told,), reasons=a.reasons, evidence=r.evidence, exercise=exercise,
    )  # fmt: skip
    return Change(ChangeKind.OPENED, incident, "first report")


def _is_un(told: Told) -> bool:
    return told.independent and told.grade == "A"


def _join(old: Incident, a: Assessment, told: Told, now: datetime) -> Change:
    r = a.report
    everyone = _with(old.told, told)
    digit = min(old.credibility, credibility(everyone, _is_un(told)))
    kind, because = _kind(old, a, digit)
    worse = r.direction is not Direction.IMPROVING
    new = replace(
        old,
        categories=tuple(c for c in Category if c in old.categories or c in r.categories),
        place=_better_place(old.place, r.place),
        place_text=old.place_text or r.place_text,
        country=old.country or r.country,
        severity=max(old.severity, a.severity) if worse else old.severity,
        certainty=_surest(old.certainty, a.certainty),
        people=max(filter(None, (old.people, r.people)), default=None),
        asset=old.asset or r.asset,
        updated=max(old.updated, now),
        corroborated=old.corroborated or digit <= 2,
        credibility=digit,
        told=everyone,
        revision=old.revision + (kind is not ChangeKind.REPEATED),
    )
    if kind in (ChangeKind.ESCALATED, ChangeKind.EASED, ChangeKind.RESOLVED):
        new = replace(new, direction=r.direction, status=r.status, evidence=r.evidence)
    if kind is ChangeKind.ESCALATED:
        new = replace(new, reasons=a.reasons)
    if kind is ChangeKind.RESOLVED:
        new = replace(new, state=State.RESOLVED, resolved=now)
    elif kind is not ChangeKind.REPEATED or (old.state is State.RESOLVED and worse):
        new = replace(new, state=State.OPEN if worse or old.state is not State.RESOLVED else old.state)
    elif old.state is State.DORMANT:
        new = replace(new, state=State.OPEN)
    return Change(kind, new, because, before=old.severity)


def _with(told: tuple[Told, ...], one: Told) -> tuple[Told, ...]:
    """The same item again (an edited headline) replaces itself."""
    kept = tuple(t for t in told if (t.source_id, t.item_id) != (one.source_id, one.item_id))
    return (*kept, one)


def _kind(old: Incident, a: Assessment, digit: int) -> tuple[ChangeKind, str]:
    r = a.report
    better = r.direction is Direction.IMPROVING and r.status is Status.OCCURRED
    was_bad = old.direction is not Direction.IMPROVING and old.state is not State.RESOLVED
    if better and was_bad:
        ended = _ends(old, a)
        return (ChangeKind.RESOLVED, ended) if ended else (ChangeKind.EASED, "the news turned to improving")
    if a.severity > old.severity and r.direction is not Direction.IMPROVING and r.status in _EVENT:
        return ChangeKind.ESCALATED, f"severity rose from {old.severity.word} to {a.severity.word}"
    if r.direction is Direction.WORSENING and r.status is Status.OCCURRED and not was_bad and _after_the_good(a, old):
        return ChangeKind.ESCALATED, "worse again, after it was reported better"
    if digit <= 2 and not old.corroborated and old.severity >= Severity.SEVERE:
        return ChangeKind.CORROBORATED, "confirmed by an independent source"
    return ChangeKind.REPEATED, "told again"


def _after_the_good(a: Assessment, old: Incident) -> bool:
    """Published after the newest good news of this incident: no late echo of what that ended."""
    good = [t.published for t in old.told if t.direction is Direction.IMPROVING and t.published is not None]
    return bool(good) and a.item.published is not None and a.item.published.start > max(good)


def _ends(old: Incident, a: Assessment) -> str | None:
    """Does this good news end the incident, not only ease it? Then why."""
    words = {e.concept for e in a.report.evidence}
    exact = old.place is not None and a.report.place is not None and old.place.key == a.report.place.key
    if Category.SIEGE in old.categories:
        lifted = "siege.end" in words or {"lift", "siege.state"} <= words
        return "the siege is reported lifted or broken" if lifted else None
    if Category.ROUTE_CLOSURE in old.categories:
        opened = {"open", "route.opened"} & words and "partial" not in a.report.concepts
        return "the route is reported open again" if opened and exact else None
    let_in = {"relief.in", "arrive"} & words and "partial" not in a.report.concepts
    return "the relief is reported to have got through" if let_in and exact else None


def _better_place(old: Place | None, new: Place | None) -> Place | None:
    """The more exact of two places of one story."""
    if old is None or new is None:
        return old or new
    return new if old.key in new.within and new.key != old.key else old


def _surest(a: Certainty, b: Certainty) -> Certainty:
    order = (Certainty.OBSERVED, Certainty.LIKELY, Certainty.POSSIBLE)
    return min(a, b, key=order.index)
