"""How the sources did -> the answer to /sources, and the words under every other one, so that silence isn't taken for
calm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from bot.model import Source, SourceHealth
from bot.words.markup import clean, escape, isolate
from bot.words.phrases import count, moment, span

_SILENT = 10
_MISSED_POLLS = 3  # a source not heard for this many intervals is silent


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


def how_heard(sources: Sequence[Source], health: Sequence[SourceHealth], silent: int, zone: tzinfo) -> str:
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
    lines = [f"<b>Sources</b>, as of {moment(now, zone)}: {how_heard(known, health, len(silent), zone)}"]
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
