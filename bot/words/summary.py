"""Many changes or incidents -> the answers to /latest and /summary, as Telegram HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from bot.model import Change, ChatKind, Figures, Incident, Reading, Source, SourceHealth, State
from bot.words.entry import better, entry, why_command
from bot.words.hearing import how_heard, not_heard, silent_sources
from bot.words.markup import clean, escape, isolate
from bot.words.pages import Block, pages
from bot.words.phrases import KINDS, count, listed_line, moment, place_name, span

_LATEST = 5
_SHORT = 10  # lines of the short form
_COUNTRIES = 8  # named in one line


def latest(changes: Sequence[tuple[Change, datetime]], now: datetime, zone: tzinfo = UTC) -> str:
    """The five newest of `changes` (each with the time it was recorded), newest first, one line each."""
    if not changes:
        return (
            f"No change of access has been reported yet, as of {moment(now, zone)}.\n"
            "/subscribe to be told when something changes; /summary says which sources were heard."
        )
    newest = sorted(changes, key=lambda c: c[1], reverse=True)[:_LATEST]
    head = f"<b>Latest changes</b>, as of {moment(now, zone)}"
    return "\n".join([head, *(_latest_line(c, at, now) for c, at in newest)])


def _latest_line(change: Change, at: datetime, now: datetime) -> str:
    incident = change.incident
    parts = [escape(listed_line(incident)), KINDS[change.kind], f"{span(now - at)} ago"]
    if not incident.corroborated:
        parts.append("uncorroborated")
    if change.withheld is not None:
        parts.append("not pushed")
    return f"{'; '.join(parts)}{why_command(incident)}"


_NOTHING_READ = Reading()
_NO_FIGURES = (Figures(), Figures())


class Form(StrEnum):
    """How much of a summary is told: its worst and its best, or every incident."""

    SHORT = "short"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a summary was made from, so that silence isn't taken for calm: how the sources did, how much was read."""

    sources: Sequence[Source]
    health: Sequence[SourceHealth]
    reading: Reading = _NOTHING_READ


@dataclass(frozen=True, slots=True)
class Scope:
    """What a summary is about. `title`: "Sudan", "all countries"; `since`, `now`: its period, `now` the moment as of
    which it is true; `figures`: of this period and of the one before."""

    title: str
    since: datetime
    now: datetime
    figures: tuple[Figures, Figures] = _NO_FIGURES
    zone: tzinfo = UTC
    to: ChatKind = ChatKind.PRIVATE


def summary(
    incidents: Sequence[Incident], scope: Scope, heard: Heard, country_name: Callable[[str], str], form: Form
) -> tuple[str, ...]:
    """The state of access, as pages of Telegram HTML: each is one message.

    SHORT is one page: the worst of what is bad and of what got better, an exact count of the rest. FULL has one line
    for every incident, by country and place, worst first, then newest. The caller chooses the incidents.
    """
    if not incidents:
        return (_nothing(scope, heard),)
    head = f"<b>Access in {_title(scope)}</b>, last {span(scope.now - scope.since)}, as of {_as_of(scope)}"
    listed = ranked(incidents)
    lead = [_figures(scope, heard), *_facts(listed)]

    def line(incident: Incident, *, alone: bool) -> str:
        name = country_name(incident.country) if incident.country else ""
        return entry(incident, scope.since, scope.now, name, heard.sources, scope.zone, scope.to, alone=alone)

    foot = _foot(listed, scope, heard, country_name)
    if form is Form.FULL:
        return pages(head, lead, _everything(listed, line, country_name), foot)
    lead += _by_country(listed, country_name)
    for most in range(_SHORT, 0, -1):
        made = pages(head, lead, _worst_and_best(listed, most, line), foot)
        if len(made) == 1:  # with names and reasons as long as they may be, ten lines are too many for one message
            break
    return made


def _nothing(scope: Scope, heard: Heard) -> str:
    silent = silent_sources(heard.sources, heard.health, scope.now, scope.zone)
    how_much = how_heard(heard.sources, heard.health, len(silent), scope.zone)
    nothing = f"No change reported in {_title(scope)} in {span(scope.now - scope.since)}; {how_much}."
    return "\n".join([nothing, "That isn't proof that nothing changed.", *not_heard(silent)])


def _title(scope: Scope) -> str:
    return escape(isolate(clean(scope.title, 80)))


def _as_of(scope: Scope) -> str:
    return moment(scope.now, scope.zone)


def _worst_and_best(listed: Sequence[Incident], lines: int, line: Callable[..., str]) -> list[Block]:
    """So many lines: half for each side, and what one side leaves free for the other."""
    good, bad = [i for i in listed if better(i)], [i for i in listed if not better(i)]
    for_good = min(len(good), max(lines // 2, lines - len(bad)))
    blocks = []
    for name, side, most in (("Worse, or going on", bad, lines - for_good), ("Better", good, for_good)):
        told = [line(i, alone=True) for i in side[:most]]
        if len(side) > most:
            told.append(f"and {len(side) - most} more")
        if told:
            blocks.append(Block(f"<b>{name}: {len(side)}</b>", tuple(told)))
    return blocks


def _everything(
    listed: Sequence[Incident], line: Callable[..., str], country_name: Callable[[str], str]
) -> list[Block]:
    blocks = []
    for code, there in grouped(listed, lambda i: i.country or ""):
        lines = [line(i, alone=False) for _, here in grouped(there, lambda i: i.where) for i in here]
        blocks.append(Block(f"<b>{_country(code, country_name)}</b>: {_sides(there)}", tuple(lines)))
    return blocks


def _country(code: str, country_name: Callable[[str], str]) -> str:
    return escape(clean(country_name(code), 60) if code else "") or "Country not named"


def _sides(incidents: Sequence[Incident]) -> str:
    good = sum(map(better, incidents))
    return f"{len(incidents) - good} worse or going on, {good} better"


def _by_country(listed: Sequence[Incident], country_name: Callable[[str], str]) -> list[str]:
    groups = grouped(listed, lambda i: i.country or "")
    named = [f"{_country(code, country_name)} {_sides(there)}" for code, there in groups[:_COUNTRIES]]
    rest = groups[_COUNTRIES:]
    if rest:
        there = [i for _, some in rest for i in some]
        named.append(f"{count(len(rest), 'other country', 'other countries')} {_sides(there)}")
    return [f"By country: {'; '.join(named)}."] if len(groups) > 1 else []


def _figures(scope: Scope, heard: Heard) -> str:
    """What happened in the period, against the period before when we listened then already."""
    now, before = scope.figures
    period = span(scope.now - scope.since)
    begun = min((h.extra["first_ok"] for h in heard.health if h.extra.get("first_ok")), default=None)
    compared = begun is not None and begun <= scope.since - (scope.now - scope.since)
    was = [f" ({n})" if compared else "" for n in (before.opened, before.worsened, before.eased, before.resolved)]
    words = (
        f"Opened {now.opened}{was[0]}, got worse {now.worsened}{was[1]}, got better {now.eased}{was[2]}, "
        f"resolved {now.resolved}{was[3]}"
    )
    if compared:
        words += f"; in brackets the {period} before"
    elif begun is not None:
        words += f"; no figures for the {period} before, as we began to listen {span(scope.now - begun)} ago"
    older = f" Found when a source was first read, and maybe older: {now.older}." if now.older else ""
    return f"{words}.{older}"


def _facts(listed: Sequence[Incident]) -> list[str]:
    """How many incidents there are, how sure they are, how many people are said to be affected."""
    sure = sum(i.corroborated for i in listed)
    counted = [i for i in listed if i.people]
    facts = f"Listed: {count(len(listed), 'incident', 'incidents')}, {sure} corroborated."
    if not counted:
        return [f"{facts} No number of people is stated."]
    most = max(counted, key=lambda i: i.people or 0)
    people = f"the most for one is about {most.people or 0:,} ({escape(place_name(most, 40))})"
    added = "; not added up, as the same people may be counted twice" if len(counted) > 1 else ""
    return [f"{facts} People affected are stated for {len(counted)}: {people}{added}."]


def ranked(incidents: Sequence[Incident]) -> list[Incident]:
    """Worst first, then newest; what nobody confirmed lately comes last."""
    return sorted(incidents, key=lambda i: (i.state is not State.DORMANT, i.severity, i.updated), reverse=True)


def grouped(listed: Sequence[Incident], key: Callable[[Incident], str]) -> list[tuple[str, list[Incident]]]:
    """By key; groups in the order of their first, and so by their worst and newest."""
    groups: dict[str, list[Incident]] = {}
    for incident in listed:
        groups.setdefault(key(incident), []).append(incident)
    return list(groups.items())


def _foot(listed: Sequence[Incident], scope: Scope, heard: Heard, country_name: Callable[[str], str]) -> list[str]:
    """What was not covered."""
    silent = silent_sources(heard.sources, heard.health, scope.now, scope.zone)
    how_much = how_heard(heard.sources, heard.health, len(silent), scope.zone)
    lines = ["<b>What was not covered</b>", f"{how_much[0].upper()}{how_much[1:]}.", *not_heard(silent)]
    groups = grouped(listed, lambda i: i.country or "")
    still = [code for code, there in groups if code and all(i.updated < scope.since for i in there)]
    if still:
        names = ", ".join(_country(code, country_name) for code in still[:_COUNTRIES])
        more = f" and {len(still) - _COUNTRIES} more" if len(still) > _COUNTRIES else ""
        lines.append(f"Nothing was heard of incidents that were open before in: {names}{more}.")
    lines += _read(heard)
    return [*lines, "What isn't listed isn't proof that nothing changed."]


def _read(heard: Heard) -> list[str]:
    """How much was read, and refused, of all sources."""
    read = heard.reading
    known = {s.id for s in heard.sources}
    refused = sum(h.extra.get("refused") or 0 for h in heard.health if h.source_id in known)
    parts = []
    if read.items:
        told = f"{read.dismissed:,} of them told of no change of access"
        parts.append(f"{count(read.items, 'report was', 'reports were')} read from all sources, {told}")
    if refused:
        parts.append(f"{count(refused, 'entry', 'entries')} could not be read")
    return [f"{'; '.join(parts)}."] if parts else []
