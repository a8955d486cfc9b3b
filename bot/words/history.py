"""The incidents of one place and what became of each -> the answer to /history, as Telegram HTML of one message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from bot.model import Change, Incident, Past, State
from bot.words.entry import why_command
from bot.words.markup import clean, escape, isolate
from bot.words.phrases import count, listed_line, moment, span
from bot.words.why import reporter, step

PAGE = 5  # incidents: with _STEPS each they fit into one message
_STEPS = 5  # of one incident: how it began, and the newest


def history(past: Past, *, title: str, period: timedelta, now: datetime, zone: tzinfo = UTC) -> str:
    """What is known of `title` ("Rafah crossing") in a period up to `now`, the incidents opened last first."""
    where = escape(isolate(clean(title, 80)))
    if not past.total:
        return (
            f"No incident is known in {where} in the last {span(period)}.\n"
            "That isn't proof that nothing happened: /sources says what was heard."
        )
    first, last = past.newer + 1, past.newer + len(past.incidents)
    shown = f", {first} to {last}" if last - first + 1 < past.total else ""
    head = f"<b>{where}</b>, last {span(period)}: {count(past.total, 'incident', 'incidents')}{shown}, newest first"
    blocks = [_incident(incident, changes, zone) for incident, changes in past.incidents]
    return "\n\n".join([head, *blocks, f"As of {moment(now, zone)}."])


def _incident(incident: Incident, changes: Sequence[tuple[Change, datetime]], zone: tzinfo) -> str:
    """Two lines: how it stands, and how it came to that, with who said so."""
    lately = f"; not confirmed since {moment(incident.updated, zone)}" if incident.state is State.DORMANT else ""
    head = f"{escape(listed_line(incident))}{lately}{why_command(incident)}"
    told = [f"{moment(at, zone)}: {step(change, 80)} ({reporter(change)})" for change, at in changes]
    if len(told) > _STEPS:
        left_out = len(told) - _STEPS
        told[1 : left_out + 1] = [f"{count(left_out, 'change', 'changes')} between"]
    return "\n".join([head, *(["; ".join(told)] if told else [])])
