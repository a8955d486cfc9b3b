"""Incidents opened week by week, in words: the caption of the chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import groupby

from bot.model import Direction, Incident
from bot.words.mapped import parted
from bot.words.markup import clean, escape, isolate
from bot.words.phrases import MONTHS, count, moment, span

LONGEST_BAR = 12  # signs; where a week has more incidents, one sign stands for several
SIGNS = ("▼", "▲", "●")
NO_CALM = "No news is not calm: a week without reports may be one in which nobody could report."


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from `start`: incidents opened in them, by what their first report told; `heard`: sources that
    published something we saw, None where that is not kept any more."""

    start: date
    worse: int = 0
    better: int = 0
    other: int = 0
    heard: int | None = None

    @property
    def total(self) -> int:
        return self.worse + self.better + self.other

    @property
    def day(self) -> str:
        """ "3 Nov"."""
        return f"{self.start.day} {MONTHS[self.start.month - 1]}"


def starts(since: datetime, now: datetime) -> list[datetime]:
    """The Mondays, 00:00 UTC, of the weeks from `since` to `now`."""
    first = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first -= timedelta(days=first.weekday())
    return [first + timedelta(weeks=n) for n in range((now - first).days // 7 + 1)]


def weeks_of(
    opened: Sequence[Incident], heard: Sequence[int | None], since: datetime, now: datetime
) -> tuple[Week, ...]:
    """`opened`: incidents as they were first told; `heard`: of each week of `starts`."""
    made = []
    for start, sources in zip(starts(since, now), heard, strict=True):
        here = [i.direction for i in opened if start <= i.opened < start + timedelta(weeks=1)]
        worse, better = here.count(Direction.WORSENING), here.count(Direction.IMPROVING)
        made.append(Week(start.date(), worse, better, len(here) - worse - better, sources))
    return tuple(made)


def trend(
    weeks: Sequence[Week], *, title: str, period: timedelta, now: datetime, zone: tzinfo = UTC, exercise: bool = False
) -> tuple[str, str]:
    """(caption, rest) as HTML, one line a week, the newest first."""
    each = max(1, -(-max((w.total for w in weeks), default=0) // LONGEST_BAR))
    name = escape(isolate(clean(title, 80)))
    total = count(sum(w.total for w in weeks), "incident", "incidents")
    mark = "EXERCISE: " if exercise else ""
    head = f"<b>{mark}New incidents per week, {name}</b>, last {span(period)}, as of {moment(now, zone)}: {total}"
    key = f"Weeks from Monday; ▼ worse, ▲ better, ● neither{f'; one sign for {each}' if each > 1 else ''}."
    return parted(head, [key, *_lines(weeks, each), NO_CALM])


def _lines(weeks: Sequence[Week], each: int) -> list[str]:
    """The newest first; weeks without reports, of which the same is to be said, in one line."""
    lines = []
    for told, run in groupby(reversed(weeks), lambda w: _told(w, each)):
        alike = list(run)
        newest, oldest = alike[0], alike[-1]
        if newest.total:
            lines += [f"{_day(w, weeks)}: {told}" for w in alike]
        elif newest is oldest:
            lines.append(f"{_day(newest, weeks)}: {told}")
        else:
            lines.append(f"{oldest.day} to {_day(newest, weeks)}: {told}")
    return lines


def _day(week: Week, weeks: Sequence[Week]) -> str:
    return f"{week.day} (so far)" if week is weeks[-1] else week.day


def _told(week: Week, each: int) -> str:
    numbers = (week.worse, week.better, week.other)
    bar = "".join(sign * -(-n // each) for sign, n in zip(SIGNS, numbers, strict=True))
    words = [f"{n} {w}" for n, w in zip(numbers, ("worse", "better", "neither"), strict=True) if n]
    told = f"{bar} {', '.join(words)}" if words else "none reported"
    return f"{told}{_ears(week)}"


def _ears(week: Week) -> str:
    if week.heard is None:
        return "" if week.total else "; who was heard is not known"
    if week.heard == 0:
        return "; no source heard, so we can't tell"
    return "" if week.total else f"; {count(week.heard, 'source', 'sources')} heard"
