"""New incidents week by week, in words."""

from __future__ import annotations

from datetime import date, timedelta

from bot.model import Direction
from bot.words.markup import visible
from bot.words.trend import NO_CALM, Week, starts, trend, weeks_of
from tests.make import NOW, ago, an_incident


def lines(*weeks: Week) -> list[str]:
    caption, rest = trend(weeks, title="Sudan", period=timedelta(days=90), now=NOW)
    assert rest == ""
    return visible(caption).splitlines()


def test_weeks_begin_on_monday_and_end_now() -> None:
    """NOW is a Sunday."""
    mondays = starts(ago(days=13), NOW)
    assert [m.date() for m in mondays] == [date(2026, 11, 9), date(2026, 11, 16)]
    assert all(m.weekday() == 0 and m <= NOW for m in starts(ago(days=90), NOW))
    assert len(starts(ago(days=90), NOW)) == 13


def test_incidents_count_in_the_week_they_opened_in() -> None:
    edge = starts(ago(days=13), NOW)[1]
    opened = [
        an_incident(opened=edge, direction=Direction.WORSENING),
        an_incident(opened=edge - timedelta(seconds=1), direction=Direction.IMPROVING),
        an_incident(opened=edge, direction=Direction.MIXED),
        an_incident(opened=edge, direction=Direction.UNCHANGED),
    ]
    assert weeks_of(opened, [None, 4], ago(days=13), NOW) == (
        Week(date(2026, 11, 9), 0, 1, 0, None),
        Week(date(2026, 11, 16), 1, 0, 2, 4),
    )


def test_a_bar_and_numbers_and_who_was_heard_where_nothing_was_reported() -> None:
    first = date(2026, 10, 12)
    weeks = [
        Week(first, heard=None),
        Week(first + timedelta(weeks=1), heard=None),
        Week(first + timedelta(weeks=2), heard=0),
        Week(first + timedelta(weeks=3), 3, 1, 0, 5),
        Week(first + timedelta(weeks=4), 0, 0, 0, 1),
        Week(first + timedelta(weeks=5), 1, 0, 2, 5),
    ]
    assert lines(*weeks) == [
        "New incidents per week, Sudan, last 90 days, as of 22 Nov 2026 14:00 UTC: 7 incidents",
        "Weeks from Monday; ▼ worse, ▲ better, ● neither.",
        "16 Nov (so far): ▼●● 1 worse, 2 neither",
        "9 Nov: none reported; 1 source heard",
        "2 Nov: ▼▼▼▲ 3 worse, 1 better",
        "26 Oct: none reported; no source heard, so we can't tell",
        "12 Oct to 19 Oct: none reported; who was heard is not known",
        NO_CALM,
    ]


def test_an_exercise_says_so_first() -> None:
    caption, _ = trend([Week(date(2026, 11, 16), 1)], title="x", period=timedelta(days=7), now=NOW, exercise=True)
    assert visible(caption).startswith("EXERCISE: New incidents per week, x")


def test_a_long_bar_is_shortened_and_says_so() -> None:
    said = lines(Week(date(2026, 11, 9), 1, 1, 0, 5), Week(date(2026, 11, 16), 40, 8, 0, 5))
    assert said[1].endswith("one sign for 4.")
    assert said[2] == f"16 Nov (so far): {'▼' * 10}▲▲ 40 worse, 8 better"
    assert said[3] == "9 Nov: ▼▲ 1 worse, 1 better", "what is there is never rounded to nothing"
