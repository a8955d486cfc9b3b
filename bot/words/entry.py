"""One incident -> the plain line that tells it among others: what, where, for how many, since when, who says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.model import ChatKind, Direction, Incident, Source, State
from bot.words.markup import clean, escape, link
from bot.words.phrases import (
    DIRECTIONS,
    SEVERITIES,
    count,
    hedge,
    moment,
    phrase,
    place_name,
    span,
    tells_movement,
)
from bot.words.render import corroboration, grade, invites_travel, owners, source_name

_NAMED_OWNERS = 3


def why_command(incident: Incident, to: ChatKind = ChatKind.PRIVATE) -> str:
    return f" /why_{incident.number}" if incident.number > 0 and to.answers else ""


def better(incident: Incident) -> bool:
    """Is it good news? Everything else is bad news, or goes on."""
    return incident.state is State.RESOLVED or (
        incident.state is State.OPEN and incident.direction is Direction.IMPROVING
    )


def state_of(incident: Incident) -> tuple[str, str]:
    """How it stands: arrow, which is never alone, and word."""
    words = {
        State.RESOLVED: ("↑", "resolved"),
        State.WITHDRAWN: ("=", "withdrawn"),
        State.DORMANT: ("=", "not confirmed lately"),
    }
    arrow, word, _ = DIRECTIONS[incident.direction]
    return words.get(incident.state, (arrow, word))


def entry(  # noqa: PLR0917
    incident: Incident, since: datetime, now: datetime, country: str, sources: Sequence[Source], zone: tzinfo,
    to: ChatKind = ChatKind.PRIVATE, *, alone: bool = False,
) -> str:  # fmt: skip
    """The line as HTML. `since`: the period's start; `country`: the name of its country, told where the line stands
    `alone`, under no heading that names it. What an operator took back is named and not told again."""
    arrow, word = state_of(incident)
    where = place_name(incident, 40, country)
    if alone and country and clean(country, 40) not in where:
        where += f", {clean(country, 40)}"
    exercise = "EXERCISE " if incident.exercise else ""
    if incident.state is State.WITHDRAWN:
        return f"{exercise}{arrow} {word} by an operator meanwhile: {escape(where)}{why_command(incident, to)}"
    head = f"{exercise}{arrow} {word}, {SEVERITIES[incident.severity]}: {phrase(incident)}{hedge(incident)}"
    parts = [f"{head} - {escape(where)}"]
    if incident.people:
        parts.append(f"about {count(incident.people, 'person', 'people')}")
    parts += [_times(incident, since, now, zone), f"{_owners(incident)}; {corroboration(incident, sources)}"]
    if invites_travel(incident):
        parts.append("not confirmed as safe")
    return "; ".join(parts) + why_command(incident, to)


def _times(incident: Incident, since: datetime, now: datetime, zone: tzinfo) -> str:
    """Since when we know of it, and when we last heard of it."""
    known = f"known since {moment(incident.opened, zone)}"
    if incident.state is State.DORMANT:
        return f"unknown since {moment(incident.updated, zone)}"
    if incident.updated < since:
        return f"{known}, nothing new since {moment(incident.updated, zone)}"
    if incident.state is State.RESOLVED and incident.resolved is not None:
        return f"{known}, resolved {span(now - incident.resolved)} ago"
    return f"{known}, last report {span(now - incident.updated)} ago"


def _owners(incident: Incident) -> str:
    """Who says so, each name a link to what it said; no links where they may tell where relief will move."""
    known = owners(incident)
    hidden = tells_movement(incident)
    names = [
        f"{escape(source_name(t)) if hidden else link(t.url, source_name(t))} ({escape(grade(t, incident))})"
        for t in known[:_NAMED_OWNERS]
    ]
    more = f" and {len(known) - _NAMED_OWNERS} more" if len(known) > _NAMED_OWNERS else ""
    return (", ".join(names) or "none kept") + more
