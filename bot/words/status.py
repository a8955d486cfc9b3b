"""How places and ways stand -> the answer to /status, as Telegram HTML: the state first, since when, who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise

from bot.model import (
    PLACE,
    RELIEF,
    WAY,
    Access,
    Affiliation,
    How,
    Place,
    Run,
    Source,
    SourceHealth,
    Standing,
    Statement,
)
from bot.words.hearing import how_heard, not_heard, silent_sources
from bot.words.markup import clean, escape, isolate, link
from bot.words.phrases import ASSETS, count, moment

PAGE = 12  # lines: about one message
CHANGES = 5
_ORDER = (Access.BESIEGED, Access.CLOSED, Access.RESTRICTED, Access.OPEN, Access.UNKNOWN)
PROMISE = "Open means that it was last reported open. Ask on the spot before you move."


@dataclass(frozen=True, slots=True)
class Stands:
    """One subject and where it is, as the tables of places know it now."""

    place: Place
    standing: Standing

    @property
    def kind(self) -> str:
        return self.standing.kind


@dataclass(frozen=True, slots=True)
class Ears:
    """Who was listened to: that nothing is known of a place is worth as much as the sources that were heard."""

    sources: Sequence[Source]
    health: Sequence[SourceHealth]


def ranked(found: Sequence[Stands]) -> list[Stands]:
    """Bad states first, then better ones, then what is not known any more; in each the newest first."""
    newest = sorted(found, key=lambda s: s.standing.last.confirmed_at, reverse=True)
    return sorted(newest, key=lambda s: _ORDER.index(s.standing.state))


def status(
    place: Place, within: Sequence[Stands], around: Sequence[Stands], ears: Ears, now: datetime, *, page: int = 1,
    zone: tzinfo = UTC, exercise: bool = False,
) -> str:  # fmt: skip
    """`within`: what is at the place or in it, `around`: what it lies in below its country; a page of PAGE lines of the
    first, with what came before on the first one of a place that is no country."""
    mark = "EXERCISE: " if exercise else ""
    where = escape(isolate(clean(place.name, 60)))
    if not within and not around:
        return mark + "\n".join(_unknown(where, ears, now, zone))
    shown = ranked(within)[(page - 1) * PAGE : page * PAGE]
    lines = [f"{mark}<b>How {where} stands</b>, as of {moment(now, zone)}{_totals(within)}"]
    lines += [line(s, ears.sources, zone) for s in shown] or ["Of the place itself nothing is known."]
    if left := len(within) - (page - 1) * PAGE - len(shown):
        lines.append(f"and {left} more")
    if around and page == 1:
        lines += ["", "<b>Around it</b>", *(line(s, ears.sources, zone) for s in ranked(around)[:PAGE])]
    past = _past(within) if page == 1 and place.kind != "country" else []
    if past:
        lines += ["", "<b>Before</b>, newest first", *(f"{moment(at, zone)}: {what}" for at, what in past)]
    if any(s.standing.state is Access.OPEN for s in (*shown, *around)):
        lines += ["", PROMISE]
    return "\n".join([*lines, "", *_heard(ears, now, zone)])


def _unknown(where: str, ears: Ears, now: datetime, zone: tzinfo) -> list[str]:
    nothing = f"<b>Nothing is known</b> of how {where} stands, as of {moment(now, zone)}."
    return [nothing, "That is no proof that it is open.", *_heard(ears, now, zone)]


def _heard(ears: Ears, now: datetime, zone: tzinfo) -> list[str]:
    silent = silent_sources(ears.sources, ears.health, now, zone)
    how_much = how_heard(ears.sources, ears.health, len(silent), zone)
    return [f"{how_much[0].upper()}{how_much[1:]}.", *not_heard(silent)]


def _totals(found: Sequence[Stands]) -> str:
    """ ": 1 besieged, 2 unknown", or "" where there is one line or none."""
    states = [s.standing.state for s in found]
    totals = [f"{states.count(state)} {state.value}" for state in _ORDER if state in states]
    return f": {', '.join(totals)}" if len(found) > 1 else ""


def line(s: Stands, sources: Sequence[Source], zone: tzinfo) -> str:
    """The state first, since when, who says so; as HTML."""
    run = s.standing.last
    first, latest = run.told[0], run.told[-1]
    since = f"{'at least ' if run.at_least else ''}since {moment(run.since, zone)}"
    parts = [f"{since} ({_who(first)})"]
    if latest is not first:
        some = "; some relief got in" if latest.how is How.SOME else ""
        parts.append(f"last confirmed {moment(latest.at, zone)} ({_who(latest)}){some}")
    parts.append(_corroboration(run, sources))
    told = "; ".join(parts)
    if s.standing.state is Access.UNKNOWN:
        gone = moment(run.expires, zone)
        return f"<b>UNKNOWN</b> since {gone}: {_subject(s)}; last known {run.state.value} {told} /why_{latest.number}"
    return f"<b>{run.state.value.upper()}</b>: {_subject(s)}; {told} /why_{latest.number}"


def _subject(s: Stands) -> str:
    """HTML: "Rafah crossing", "a road at El Fasher", "relief to Idlib", "El Fasher"."""
    name = escape(isolate(clean(s.place.name, 40)))
    if s.kind in {PLACE, s.place.kind}:
        return name
    beside = "in" if s.place.kind in {"country", "territory", "admin1"} else "at"
    if s.kind == RELIEF:
        return f"relief {'at' if s.place.kind in ASSETS else 'to'} {name}"
    if s.kind == WAY and s.place.kind in ASSETS:
        return name
    word = ASSETS[s.kind][0] if s.kind in ASSETS else "way"
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word} {beside} {name}"


def _who(one: Statement) -> str:
    name = isolate(clean(one.source_name or one.source_id, 36))
    return f"{link(one.url, name)}, grade {escape(clean(one.grade, 2))}"


def _corroboration(run: Run, sources: Sequence[Source]) -> str:
    if run.corroborated:
        return count(run.witnesses, "independent source", "independent sources")
    if run.witnesses:
        return "uncorroborated: one independent source"
    country = run.told[0].country
    partial = {s.id for s in sources if country in s.speaks_for_party_in or s.affiliation is Affiliation.PARTY}
    if all(one.source_id in partial for one in run.told):
        return "uncorroborated: only told for a party to the conflict"
    return "uncorroborated: no independent source"


def _past(found: Sequence[Stands]) -> list[tuple[datetime, str]]:
    """The last CHANGES of state before how it stands now, newest first, each with when it was; that nobody confirmed a
    state any more is one."""
    past: list[tuple[datetime, str]] = []
    for s in found:
        runs = s.standing.runs
        for run, following in pairwise(runs):
            past.append((run.since, f"{_subject(s)} {run.state.value} ({_who(run.told[0])}) /why_{run.told[0].number}"))
            if run.expires < following.since:
                past.append((run.expires, f"{_subject(s)} unknown: not confirmed any more"))
    return sorted(past, key=lambda each: each[0], reverse=True)[:CHANGES]
