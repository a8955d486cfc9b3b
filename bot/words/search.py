"""Incidents that words were found in -> the answer to /search, as Telegram HTML of one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from bot.model import Incident
from bot.words.entry import why_command
from bot.words.markup import clean, escape, isolate
from bot.words.phrases import count, listed_line, moment, tells_movement

SHOWN = 10
_TITLE = 120


def search(found: Sequence[Incident], total: int, *, asked: str, now: datetime, zone: tzinfo = UTC) -> str:
    """The newest of `total` incidents in which the words that were asked for were found, the first of them first."""
    words = f"“{escape(isolate(clean(asked, 60)))}”"
    if not found:
        return (
            f"No incident is found for {words}. I look in the headlines of reports, in their own languages, and in the "
            "names of places; all words have to stand there. /history lists what happened in a place."
        )
    more = f", the newest {len(found)}" if total > len(found) else ""
    head = f"<b>{count(total, 'incident', 'incidents')}</b> for {words}{more}:"
    lines = [_line(incident, zone) for incident in found]
    left = total - len(found)
    return "\n".join([head, *lines, *([f"and {left:,} more: add a word to see fewer"] if left else [])])


def _line(incident: Incident, zone: tzinfo) -> str:
    """How it stands, since when we last heard of it, and the newest headline."""
    newest = max(incident.told, key=lambda t: t.seen, default=None)
    shown = newest is not None and newest.title and not tells_movement(incident)
    title = f": {escape(isolate(clean(newest.title, _TITLE)))}" if newest is not None and shown else ""
    return f"- {escape(listed_line(incident))}; {moment(incident.updated, zone)}{title}{why_command(incident)}"
