"""Assessment + the incidents we know -> Change: which thing in the world does this report tell of, and what is new?

A report joins the incident that has the most signs of being the same (bot/judge/likeness.py), of those that may still
take it: which came lately, or are about the siege, way or lack of relief that it changes. docs/incidents.md has both
tables. Pure: `now` is given, numbers are the store's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from bot.judge.agency import credited
from bot.judge.likeness import (
    APART,
    JOINS,
    LOCAL,
    MERGES,
    VAGUE,
    figures,
    headline,
    is_attack,
    likeness,
    nearness,
    same_place,
)
from bot.model import (
    MOVES,
    Affiliation,
    Assessment,
    Category,
    Certainty,
    Change,
    ChangeKind,
    Direction,
    Incident,
    Place,
    Severity,
    Source,
    State,
    Status,
    Told,
)

JOIN_WITHIN = timedelta(days=7)
AGAIN_WITHIN = timedelta(hours=72)  # worse again after it was over; later it is another incident
ATTACK_WITHIN = timedelta(hours=72)  # an attack is over when it is done: the next one is another
REOPEN_WITHIN = timedelta(hours=6)
TURNS_WITHIN = timedelta(days=90)  # relief that comes again after it was stopped
GOES_ON = timedelta(days=14)  # relief that is still stopped
COPY = 92.0  # the same words under another name: agency copy, no second witness
COPIED_WITHIN = timedelta(hours=24)
BY_FORCE = {"siege.act", "siege.state", "siege.epithet", "siege.total", "impose"}  # others are shut in by a lost road
_FIRST, _LAST = 2, 97  # reports that an incident remembers
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
    return _join(match, assessment, source, told, now)


# --- which incident ------------------------------------------------------------------------------


def _match(a: Assessment, known: Iterable[Incident], now: datetime) -> Incident | None:
    known = tuple(known)
    lately = _lately(known, now)
    scored = [
        (_same_item(a, i) or likeness(a, i, now, rivals=len(lately) - (i.number in lately)), i)
        for i in known
        if _may_join(a, i, now)
    ]
    best = max(scored, key=lambda pair: (pair[0], -pair[1].number), default=None)
    return best[1] if best and best[0] >= JOINS else None


def also_tells_of(a: Assessment, joined: Incident, known: Iterable[Incident], now: datetime) -> Incident | None:
    """Another open incident that the report, now in `joined`, is plainly of too: the two are one."""
    known = tuple(known)
    lately = _lately(known, now)
    others = (i for i in known if i.state is State.OPEN and i.number != joined.number)
    there = (i for i in others if same_place(i.place, joined.place) and _may_join(a, i, now))
    scored = [(likeness(a, i, now, rivals=len(lately) - (i.number in lately)), i) for i in there]
    best = max(scored, key=lambda pair: (pair[0], -pair[1].number), default=None)
    return best[1] if joined.state is State.OPEN and best and best[0] >= MERGES else None


def _lately(known: Iterable[Incident], now: datetime) -> set[int]:
    return {i.number for i in known if i.state is State.OPEN and now - i.updated <= ATTACK_WITHIN}


def _same_item(a: Assessment, incident: Incident) -> float:
    """An edited headline: the same item of the same source; or its address, which many items may share, and no other
    place."""
    item = a.item
    mine = [t for t in incident.told if t.source_id == item.source]
    same = any(t.item_id == item.id for t in mine)
    there = any(item.url and t.url == item.url for t in mine) and nearness(a.report, incident) > APART
    return 2 * JOINS if same or there else 0.0


def _may_join(a: Assessment, incident: Incident, now: datetime) -> bool:
    if incident.state in (State.WITHDRAWN, State.MERGED):
        return False
    quiet = now - incident.updated
    if incident.state is State.RESOLVED:
        echo = a.report.direction is Direction.IMPROVING and quiet <= JOIN_WITHIN
        late = {Direction.IMPROVING: TURNS_WITHIN, Direction.WORSENING: AGAIN_WITHIN}.get(a.report.direction)
        same = late is not None and quiet <= late and _same_state(a, incident, quiet)
        return echo or quiet <= REOPEN_WITHIN or same
    attacks = is_attack(incident.evidence) and is_attack(a.report.evidence)
    return quiet <= (ATTACK_WITHIN if attacks else JOIN_WITHIN) or _same_state(a, incident, quiet)


def _same_state(a: Assessment, incident: Incident, quiet: timedelta) -> bool:
    """The report speaks of the very siege, way or lack of relief that this incident is about: what turns it belongs to
    it however late, what repeats it while nobody could have forgotten it."""
    here, there = a.report.place, incident.place
    better = a.report.direction is Direction.IMPROVING
    if here is None or there is None or here.kind in VAGUE:
        return False
    near = {there.key, *there.within} & {here.key, *a.report.mentions} or there.key in here.within
    if here.key != there.key and not (better and near):
        return False
    shared = set(a.report.categories) & set(incident.categories)
    if Category.SIEGE in shared or (a.report.asset is not None and a.report.asset == incident.asset):
        return True
    freed = any(e.concept == "release" for e in a.report.evidence)
    if not shared or (is_attack(incident.evidence) and not freed):
        return False
    turns = a.report.direction is not incident.direction
    return quiet <= (TURNS_WITHIN if turns else GOES_ON)


def _copies(a: Assessment, incident: Incident, now: datetime) -> bool:
    """Is this the very report that was withdrawn, under another name? The same headline, word for word, of about the
    same day: one word more may be news, and what is news must not be lost."""
    if incident.state is not State.WITHDRAWN or a.report.country != incident.country:
        return False
    if not set(a.report.categories) & set(incident.categories):
        return False
    if nearness(a.report, incident) < 0:
        return False
    at, words = a.item.published.start if a.item.published else now, _words(headline(a.item))
    return any(words == _words(t.title) and abs(at - (t.published or t.seen)) <= COPIED_WITHIN for t in incident.told)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


# --- who says so ---------------------------------------------------------------------------------


def _told(a: Assessment, source: Source, match: Incident | None, now: datetime) -> Told:
    owner = credited(a.item) or source.owner or source.id
    copied = match is not None and any(
        t.owner != owner and t.title and fuzz.token_sort_ratio(headline(a.item), t.title) >= COPY for t in match.told
    )
    published = a.item.published.start if a.item.published else None
    moving = a.report.status is Status.ANNOUNCED and any(e.concept in MOVES for e in a.report.evidence)
    witness = not _speaks_for_party(a, source) and not copied and a.report.status is not Status.DENIED
    return Told(
        a.item.id, source.id, source.name, owner, source.grade, witness,
        headline(a.item), a.item.url, published, now, a.severity, a.report.direction,
        figures(a.item), a.report.mentions, source.owner or source.id, moving,
    )  # fmt: skip


def _speaks_for_party(a: Assessment, source: Source) -> bool:
    no_voice = source.affiliation in (Affiliation.PARTY, Affiliation.AGGREGATOR)
    return no_voice or a.report.country in source.speaks_for_party_in


def credibility(told: Sequence[Told], authoritative: bool) -> int:
    """Admiralty digit: 1 confirmed by an authority or three independent owners, 2 by two, 3 one good source, 6 else."""
    witnesses = [t for t in told if t.independent]
    # a credit makes one of two sites, never two of one
    owners = min(len({t.owner for t in witnesses}), len({t.publisher or t.owner for t in witnesses}))
    if authoritative or owners >= 3:
        return 1
    if owners == 2:
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


def _join(old: Incident, a: Assessment, source: Source, told: Told, now: datetime) -> Change:
    r = a.report
    everyone = _with(old.told, told)
    better = r.direction is Direction.IMPROVING
    agree = [t for t in everyone if (t.direction is Direction.IMPROVING) is better]
    against = better is not (old.direction is Direction.IMPROVING)
    digit = old.credibility if against else min(old.credibility, credibility(agree, _is_un(told)))
    contested = old.contested or _denies(a, source)
    kind, because = _kind(old, a, digit)
    if contested and not old.contested and old.severity >= Severity.SEVERE:
        kind, because = ChangeKind.CONTRADICTED, f"{told.source_name} tells that it is denied"
    worse = r.direction is not Direction.IMPROVING
    new = replace(
        old,
        categories=tuple(c for c in Category if c in old.categories or c in r.categories),
        place=_better_place(old.place, r.place),
        place_text=old.place_text or r.place_text,
        country=old.country or r.country,
        severity=max(old.severity, a.severity) if worse and r.status in _EVENT else old.severity,
        certainty=_surest(old.certainty, a.certainty),
        people=max(filter(None, (old.people, r.people)), default=None),
        asset=old.asset or r.asset,
        updated=max(old.updated, now),
        corroborated=old.corroborated or digit <= 2,
        credibility=digit,
        contested=contested and kind is not ChangeKind.RESOLVED,
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
    return (*kept[:_FIRST], *kept[_FIRST:][-_LAST:], one)


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


def _denies(a: Assessment, source: Source) -> bool:
    """A denial counts where an outlet of its own tells it: of a party's own outlet nothing else was to be expected."""
    return a.report.status is Status.DENIED and source.grade in "ABC" and not _speaks_for_party(a, source)


def _after_the_good(a: Assessment, old: Incident) -> bool:
    """Published after the newest good news of this incident: no late echo of what that ended. What bears no date, or
    only a day's, is taken for news: an echo that rings costs less than a closure that does not."""
    good = [t.published or t.seen for t in old.told if t.direction is Direction.IMPROVING]
    return bool(good) and (a.item.published is None or a.item.published.end > max(good))


def _ends(old: Incident, a: Assessment) -> str | None:
    """Does this good news end the incident, not only ease it? Then why."""
    words = {e.concept for e in a.report.evidence}
    exact = nearness(a.report, old) >= LOCAL
    opened = {"open", "route.opened"} & words and "partial" not in a.report.concepts
    if Category.SIEGE in old.categories and (
        Category.ROUTE_CLOSURE not in old.categories or any(e.concept in BY_FORCE for e in old.evidence)
    ):
        lifted = "siege.end" in words or {"lift", "siege.state"} <= words
        return "the siege is reported lifted or broken" if lifted else None
    if Category.ROUTE_CLOSURE in old.categories:
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
