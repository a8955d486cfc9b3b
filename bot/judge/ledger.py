"""The state ledger: what a report says of the state that a place or a way is in, and what such statements add up to.

    Assessment -statements-> Statement (one a subject, kept for ever) -standings-> Standing (how it stands)

A subject is a place and a kind: the place itself, relief to it, or one sort of way there (a road, a crossing). Only
what happened or goes on is a statement: what is announced, asked for, denied or rumoured changes no state. How things
stand is worked out from all statements anew each time, in the order in which they were published: so late news never
undoes newer news, and what is withdrawn leaves nothing behind. Pure: `now` is given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from bot.judge.incidents import BY_FORCE
from bot.model import (
    PLACE,
    RELIEF,
    WAY,
    Access,
    Assessment,
    Category,
    Direction,
    How,
    Incident,
    Report,
    Run,
    Standing,
    Statement,
    Status,
)

_ROUTES = {"crossing", "port", "airport"}  # kinds of place that are a way themselves

_SHUT, _OPENED = {"close", "route.closed"}, {"open", "route.opened"}
_STOPPED = {"refuse", "close", "relief.out", "stopped"}
_NOT_THROUGH = _STOPPED | {"arrive", "access", "relief.in", "resumed"}  # the last four: what did not happen


_BAD = {state: n for n, state in enumerate((Access.OPEN, Access.RESTRICTED, Access.CLOSED, Access.BESIEGED))}


# --- from reports to statements ------------------------------------------------------------------


def statements(assessment: Assessment, incident: Incident, now: datetime) -> tuple[Statement, ...]:
    """What a report that was counted to `incident` (as it stands after it) says of states; at most one a subject.

    Where it names no place it speaks of the incident's; a report of a country alone speaks of the country."""
    report, told = assessment.report, incident.told[-1]
    place = report.place or incident.place
    country = report.country or incident.country
    key = place.key if place is not None else country
    if key is None or country is None:
        return ()
    published = assessment.item.published
    at = min(published.end, now) if published is not None else now
    asset = report.asset or incident.asset or WAY
    said = told_states(report, asset)
    if place is not None and place.kind in _ROUTES and asset in said:
        said.pop(RELIEF, None)  # "closed to aid convoys" says of a crossing nothing more than that it is closed
    return tuple(
        Statement(
            incident.number, key, place.name if place is not None else country, country, kind, state, how, at,
            told.source_id, told.source_name, told.owner, told.grade, told.independent, told.url,
        )
        for kind, (state, how) in said.items()
    )  # fmt: skip


def told_states(report: Report, asset: str) -> dict[str, tuple[Access, How]]:
    """Kind of subject to the state that the report tells of it. `asset`: what its closed or opened way is."""
    if report.status is not Status.OCCURRED:
        return {}
    words = {e.concept for e in report.evidence}
    said = {
        PLACE: _siege(report, words) if Category.SIEGE in report.categories else None,
        asset: _way(report, words, asset) if Category.ROUTE_CLOSURE in report.categories else None,
        RELIEF: _relief(report, words) if Category.AID_DELIVERY in report.categories else None,
    }
    return {kind: told for kind, told in said.items() if told is not None}


def _siege(report: Report, words: set[str]) -> tuple[Access, How]:
    """A siege lifted leaves the place restricted, for that nobody rings it any more does not say that anybody gets
    through; it is open when the same report tells of an open road. A convoy let into a besieged place lifts nothing.
    What only cut people off in a disaster did not besiege them."""
    lifted = "siege.end" in words or ("lift" in words and words & {"siege.state", "siege.act"})
    if lifted and report.direction in {Direction.IMPROVING, Direction.MIXED}:
        road = report.direction is Direction.IMPROVING and _is_whole(report) and words & _OPENED
        return (Access.OPEN if road else Access.RESTRICTED), How.BETTER
    state = Access.CLOSED if "disaster" in report.concepts and not words & BY_FORCE else Access.BESIEGED
    return state, How.WORSE if report.direction is Direction.WORSENING else How.STILL


def _way(report: Report, words: set[str], asset: str) -> tuple[Access, How] | None:
    """ "Some", "partly" and "for hours" beside an opening make it a restricted one. Beside a closure they don't: who
    takes a half closed road for closed makes a detour, the other way round they drive into it."""
    how = How.STILL if report.direction is Direction.UNCHANGED else How.WORSE
    if report.direction is Direction.IMPROVING and words & _OPENED:
        return (Access.OPEN if _is_whole(report) else Access.RESTRICTED), How.BETTER
    if report.direction is Direction.MIXED:
        return (Access.RESTRICTED, How.BETTER) if words & (_OPENED | _SHUT) else None
    if words & _SHUT:  # beside better news of something else it is still so
        return Access.CLOSED, How.STILL if report.direction is Direction.IMPROVING else how
    if report.direction is Direction.IMPROVING:
        return None  # a corridor is spoken of, and nobody says that it is open
    if "damage" in words:  # under fire, bombed: only a bridge is gone by that
        return (Access.CLOSED if asset == "bridge" else Access.RESTRICTED), how
    not_opened = words & _OPENED and report.categories == (Category.ROUTE_CLOSURE,)
    shut = how is How.WORSE and ("refuse" in words or not_opened)
    return (Access.CLOSED, how) if shut else None


def _relief(report: Report, words: set[str]) -> tuple[Access, How] | None:
    """Relief is never told as open: that a convoy arrived is no word on the next one. That relief workers were attacked
    is none on whether they get through."""
    if report.direction is Direction.IMPROVING:
        return Access.RESTRICTED, How.SOME
    if report.direction is Direction.UNCHANGED:
        return (Access.RESTRICTED, How.STILL) if words & _STOPPED else None
    if "harm" in words and not words & _NOT_THROUGH:
        return None
    return Access.RESTRICTED, How.WORSE


def _is_whole(report: Report) -> bool:
    return not report.concepts & {"partial", "short"}


# --- from statements to how things stand -----------------------------------------------------------

Stale = Callable[[str], timedelta]  # by the keys of [stale_after] in bot.toml


def standings(
    told: Iterable[Statement], stale: Stale, now: datetime, subject: Callable[[Statement], str] = lambda s: s.place_key
) -> list[Standing]:
    """How each subject stands, in no order. `told`: as they were written, of equally old ones the later counts;
    `subject`: the key of the place that a statement is about, where it is not the one that it names."""
    by_subject: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for one in told:
        by_subject[subject(one), one.kind].append(one)
    past = {subject_: runs(some, stale) for subject_, some in by_subject.items()}
    found = []
    for (key, kind), some in past.items():
        ways = _since_lifted(some, past.get((key, PLACE), ())) if kind not in (PLACE, RELIEF) else some
        if ways:
            state = ways[-1].state if now <= ways[-1].expires else Access.UNKNOWN
            found.append(Standing(key, kind, state, ways))
    return found


def _since_lifted(ways: tuple[Run, ...], place: tuple[Run, ...]) -> tuple[Run, ...]:
    """What was shut while a place was besieged is not known to be so once the siege is lifted: nobody has said so
    since, and "closed" beside "relieved" would be believed."""
    lifted = [b.since for a, b in pairwise(place) if a.state is Access.BESIEGED and b.told[0].how is How.BETTER]
    after = next((at for at in lifted if ways and ways[-1].told[-1].at <= at), None)
    if after is None or ways[-1].state not in (Access.CLOSED, Access.RESTRICTED):
        return ways
    return (*ways[:-1], replace(ways[-1], expires=min(ways[-1].expires, after)))


def runs(told: Sequence[Statement], stale: Stale) -> tuple[Run, ...]:
    """The states that one subject went through, in order. What is silent for longer than `stale` ends its run: between
    two of them nothing may be known."""
    past: list[Run] = []
    for one in sorted(told, key=lambda s: s.at):
        known = past[-1] if past and one.at <= past[-1].expires else None
        if _confirms(one, known):
            assert known is not None
            past[-1] = _run(known.state, (*known.told, one), stale)
        elif _changes(one, known):
            past.append(_run(one.state, (one,), stale))
    return tuple(past)


def _confirms(one: Statement, known: Run | None) -> bool:
    return known is not None and one.state is known.state


def _changes(one: Statement, known: Run | None) -> bool:
    if one.how is How.SOME:
        return False
    return known is None or one.how is How.BETTER or _BAD[one.state] > _BAD[known.state]


def _run(state: Access, told: tuple[Statement, ...], stale: Stale) -> Run:
    return Run(state, told, told[-1].at + stale(_stale_key(state, told[0].kind)))


def _stale_key(state: Access, kind: str) -> str:
    """Nobody tells daily of a siege; that one was lifted is as short of breath as any other news."""
    if kind == PLACE:
        return "siege" if state is Access.BESIEGED else "other"
    return "aid_delivery" if kind == RELIEF else kind
