"""Many changes or incidents -> the answers to /latest, /summary and /sources, as Telegram HTML of any length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo

from bot.model import Change, ChatKind, Incident, Source, SourceHealth, State
from bot.words.markup import clean, escape, isolate
from bot.words.phrases import (
    DIRECTIONS,
    KINDS,
    SEVERITIES,
    count,
    hedge,
    listed_line,
    moment,
    phrase,
    place_name,
    span,
)
from bot.words.render import corroboration, named_owners

_LATEST = 5
_INCIDENTS = 40  # in one summary: about four messages
_SILENT = 10
_MISSED_POLLS = 3  # a source not heard for this many intervals is silent


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


def why_command(incident: Incident, to: ChatKind = ChatKind.PRIVATE) -> str:
    return f" /why_{incident.number}" if incident.number > 0 and to.answers else ""


def summary(
    incidents: Sequence[Incident],
    *,
    title: str,
    since: datetime,
    now: datetime,
    health: Sequence[SourceHealth],
    sources: Sequence[Source],
    country_name: Callable[[str], str],
    zone: tzinfo = UTC,
) -> str:
    """The state of access in `title` ("Sudan", "all countries") from `since` to `now`, one line per incident.

    By country and place, worst first, then newest; the caller chooses the incidents. Says which of `sources` weren't
    heard, so that silence isn't taken for calm.
    """
    shown_title = escape(isolate(clean(title, 80)))
    period = span(now - since)
    silent = silent_sources(sources, health, now, zone)
    how_much = heard(sources, health, len(silent), zone)
    if not incidents:
        nothing = f"No change reported in {shown_title} in {period}; {how_much}."
        return "\n".join([nothing, "That isn't proof that nothing changed.", *not_heard(silent)])
    lines = [f"<b>Access in {shown_title}</b>, last {period}, as of {moment(now, zone)}: {totals(incidents)}"]
    for code, in_country in _grouped(ranked(incidents)[:_INCIDENTS], lambda i: i.country or ""):
        name = country_name(code) if code else ""
        lines += ["", f"<b>{escape(clean(name, 60)) or 'Country not named'}</b>"]
        for _, in_place in _grouped(in_country, lambda i: i.where):
            lines += [_summary_line(i, since, name, sources, zone) for i in in_place]
    if len(incidents) > _INCIDENTS:
        lines.append(f"and {len(incidents) - _INCIDENTS} more: ask for one country to see them")
    return "\n".join([*lines, "", f"{how_much[0].upper()}{how_much[1:]}.", *not_heard(silent)])


def ranked(incidents: Sequence[Incident]) -> list[Incident]:
    """Worst first, then newest; what nobody confirmed lately comes last."""
    return sorted(incidents, key=lambda i: (i.state is not State.DORMANT, i.severity, i.updated), reverse=True)


def _grouped(ranked: Sequence[Incident], key: Callable[[Incident], str]) -> list[tuple[str, list[Incident]]]:
    """By key; groups in the order of their first, and so by their worst and newest."""
    groups: dict[str, list[Incident]] = {}
    for incident in ranked:
        groups.setdefault(key(incident), []).append(incident)
    return list(groups.items())


def totals(incidents: Sequence[Incident]) -> str:
    """ "3 worse, 1 resolved"."""
    counts: dict[str, int] = {}
    for incident in incidents:
        word = state_of(incident)[1]
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def state_of(incident: Incident) -> tuple[str, str]:
    """Arrow and word."""
    words = {
        State.RESOLVED: ("↑", "resolved"),
        State.WITHDRAWN: ("=", "withdrawn"),
        State.DORMANT: ("=", "not confirmed lately"),
    }
    arrow, word, _ = DIRECTIONS[incident.direction]
    return words.get(incident.state, (arrow, word))


def _summary_line(incident: Incident, since: datetime, country: str, sources: Sequence[Source], zone: tzinfo) -> str:
    arrow, word = state_of(incident)
    head = f"{arrow} {word}, {SEVERITIES[incident.severity]}: {phrase(incident)}{hedge(incident)}"
    if incident.exercise:
        head = f"EXERCISE {head}"
    parts = [f"{head} - {escape(place_name(incident, 40, country))}"]
    if incident.people:
        parts.append(f"about {count(incident.people, 'person', 'people')}")
    if incident.state is State.DORMANT:
        parts.append(f"unknown since {moment(incident.updated, zone)}")
    elif incident.updated < since:
        parts.append(f"nothing new since {moment(incident.updated, zone)}")
    else:
        parts.append(moment(incident.updated, zone))
    parts += [f"{named_owners(incident, 3)}; {corroboration(incident, sources)}"]
    return "; ".join(parts) + why_command(incident)


def silent_sources(
    sources: Sequence[Source], health: Sequence[SourceHealth], now: datetime, zone: tzinfo = UTC
) -> list[tuple[Source, str]]:
    """The sources never heard, or not for _MISSED_POLLS intervals, with the words that say so."""
    last = {h.source_id: h.last_ok for h in health}
    silent = []
    for source in sources:
        at = last.get(source.id)
        if at is None:
            silent.append((source, "never"))
        elif now - at > _MISSED_POLLS * source.every:
            silent.append((source, f"since {moment(at, zone)}"))
    return silent


def heard(sources: Sequence[Source], health: Sequence[SourceHealth], silent: int, zone: tzinfo) -> str:
    """ "3 of 4 sources heard, last check 22 Nov 2026 14:00 UTC"."""
    words, last = ears(sources, health, silent)
    if silent == len(sources):
        words += ", so we can't tell"
    return words + (f", last check {moment(last, zone)}" if last else "")


def ears(sources: Sequence[Source], health: Sequence[SourceHealth], silent: int) -> tuple[str, datetime | None]:
    """ "3 of 4 sources heard", and when the last of them was."""
    known = {s.id for s in sources}
    times = [h.last_ok for h in health if h.source_id in known and h.last_ok is not None]
    words = f"{len(sources) - silent} of {count(len(sources), 'source', 'sources')} heard"
    return words, max(times, default=None)


def not_heard(silent: Sequence[tuple[Source, str]]) -> list[str]:
    """One line, or none when all were heard; those silent in the same way stand together."""
    if not silent:
        return []
    alike: dict[str, list[str]] = {}
    for source, how in silent[:_SILENT]:
        alike.setdefault(how, []).append(_name(source))
    names = "; ".join(f"{', '.join(names)} ({how})" for how, names in alike.items())
    more = f"; and {len(silent) - _SILENT} more" if len(silent) > _SILENT else ""
    return [f"Not heard: {names}{more}."]


def _name(source: Source) -> str:
    return escape(isolate(clean(source.name or source.id, 40)))


def sources(known: Sequence[Source], health: Sequence[SourceHealth], now: datetime, zone: tzinfo = UTC) -> str:
    """One line per source, the silent ones first, then by name: grade, languages, when it was last heard."""
    silent = silent_sources(known, health, now, zone)
    by_id = {h.source_id: h for h in health}
    lines = [f"<b>Sources</b>, as of {moment(now, zone)}: {heard(known, health, len(silent), zone)}"]
    if silent:
        lines += ["", "<b>Silent</b>"]
        lines += [f"{_source(s, by_id.get(s.id))}; {_not_since(how)}{_error(by_id.get(s.id))}" for s, how in silent]
    quiet = {s.id for s, _ in silent}
    speaking = sorted((s for s in known if s.id not in quiet), key=lambda s: s.name.casefold())
    if speaking:
        lines += ["", "<b>Heard</b>"]
        lines += [f"{_source(s, by_id.get(s.id))}; {_ago(by_id[s.id].last_ok, now)}" for s in speaking]
    return "\n".join(lines)


def _source(source: Source, health: SourceHealth | None) -> str:
    way = health.extra.get("way") if health else None
    parts = [_name(source), f"grade {escape(source.grade)}", escape(", ".join(source.languages))]
    return "; ".join(parts) + (f" ({escape(clean(str(way), 80))})" if way else "")


def _not_since(how: str) -> str:
    return "never heard" if how == "never" else f"not heard {escape(how)}"


def _ago(at: datetime | None, now: datetime) -> str:
    return f"heard {span(now - at)} ago" if at else "not heard yet"


def _error(health: SourceHealth | None) -> str:
    return f": {escape(isolate(clean(health.last_error, 80)))}" if health and health.last_error else ""
