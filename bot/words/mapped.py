"""What a map shows, in words: the caption of the picture, and what a caption can't hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, tzinfo

from bot.model import Access, Incident, Source, SourceHealth, State
from bot.words.entry import state_of, why_command
from bot.words.hearing import how_heard, silent_sources
from bot.words.markup import clean, escape, isolate, units
from bot.words.phrases import SEVERITIES, hedge, kind_of, moment, phrase, place_name, span
from bot.words.status import PROMISE, Stands
from bot.words.status import line as state_line

CAPTION = 1024  # visible units: https://core.telegram.org/bots/api#sendphoto
INCIDENTS = 40  # on one map; more would hide each other, in the picture and in the text
AREAS = frozenset({"admin1", "territory"})  # kinds of place whose coordinates stand for a wide area
_MORE = "\nThe rest follows below."


def mapped(
    incidents: Sequence[Incident],
    *,
    title: str,
    since: datetime,
    now: datetime,
    sources: Sequence[Source],
    health: Sequence[SourceHealth],
    country_name: Callable[[str], str],
    unpinned: Collection[int] = (),
    states: Sequence[Stands] = (),
    left_out: int = 0,
    zone: tzinfo = UTC,
    exercise: bool = False,
) -> tuple[str, str]:
    """(caption, rest) as HTML: everything, or its beginning and what is to be sent as text behind it.

    `incidents` in the order in which the map numbers them; `unpinned`: numbers of those that it can't show; `left_out`:
    how many more there are; `states`: how tracked places and ways stand, in the order in which they are told.
    """
    period = span(now - since)
    silent = silent_sources(sources, health, now, zone)
    ears = how_heard(sources, health, len(silent), zone)
    name = escape(isolate(clean(title, 80)))
    what = _totals(incidents) if incidents else "no change reported"
    mark = "EXERCISE: " if exercise else ""
    head = f"{mark}<b>Access in {name}</b>, last {period}, as of {moment(now, zone)}: {what}"
    lines = [
        _line(n, i, since, zone, unpinned=n in unpinned, country=country_name(i.country) if i.country else "")
        for n, i in enumerate(incidents, 1)
    ]
    if left_out:
        lines.append(f"and {left_out} more: ask for one country to see them")
    lines += [state_line(s, sources, zone) for s in states]
    if any(s.standing.state is Access.OPEN for s in states):
        lines.append(PROMISE)
    end = f"{ears[0].upper()}{ears[1:]}." + ("" if incidents else " That isn't proof that nothing changed.")
    return parted(head, [*lines, end])


def parted(head: str, lines: Sequence[str]) -> tuple[str, str]:
    """(caption, rest): as many whole lines as a caption holds, and the others."""
    whole = "\n".join([head, *lines])
    if units(whole) <= CAPTION:
        return whole, ""
    kept = 0
    while kept < len(lines) and units("\n".join([head, *lines[: kept + 1]]) + _MORE) <= CAPTION:
        kept += 1
    return "\n".join([head, *lines[:kept]]) + _MORE, "\n".join(lines[kept:])


def _totals(incidents: Sequence[Incident]) -> str:
    """ "3 worse, 1 resolved"."""
    words = [state_of(incident)[1] for incident in incidents]
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))


def _line(number: int, incident: Incident, since: datetime, zone: tzinfo, *, unpinned: bool, country: str) -> str:
    word = state_of(incident)[1]
    exercise = "EXERCISE " if incident.exercise else ""
    what = f"{exercise}{word}, {SEVERITIES[incident.severity]}: {phrase(incident)}{hedge(incident)}"
    where = escape(place_name(incident, 30, country))
    parts = [f"{number}. {what} - {where}{_how_near(incident, unpinned)}"]
    if incident.state is State.DORMANT:
        parts.append(f"unknown since {moment(incident.updated, zone)}")
    elif incident.updated < since:
        parts.append(f"nothing new since {moment(incident.updated, zone)}")
    if not incident.corroborated:
        parts.append("uncorroborated")
    return "; ".join(parts) + why_command(incident)


def _how_near(incident: Incident, unpinned: bool) -> str:
    if unpinned:
        return " (no closer place)"
    kind = kind_of(incident.place) if incident.place is not None and incident.place.kind in AREAS else ""
    return f" ({kind})" if kind else ""
