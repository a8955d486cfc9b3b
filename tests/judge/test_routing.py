"""Is it pushed, when, and until when a chat is quiet: tables of moments."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.judge.routing import Listening, decide, missed_from, next_local, quiet_until, zone_of
from bot.model import Change, ChangeKind, Item, Mute, Period
from tests.make import NOW, a_change

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST_POLL = "from before we listened: first poll of this source"
OLD = "from before we listened: older than 24 h at first sight"
GATHERED = "from an outage: told in one message with others"
HEARD = Listening()
AFTER_10H = Listening(missed_from=NOW - 10 * HOUR)
AFTER_3D = Listening(missed_from=NOW - 72 * HOUR)


def decided(how: Listening, age: timedelta | None, change: Change | None = None) -> tuple[str | None, bool, bool]:
    """(withheld, late, catch_up) of a change told by an item of that age, None for one without a date."""
    item = Item("1", published=None if age is None else Period.at(NOW - age))
    after = decide(change or a_change(), item, how, NOW)
    assert replace(after, withheld=None, late=False, catch_up=False) == (change or a_change())
    return after.withheld, after.late, after.catch_up


@pytest.mark.parametrize(
    ("how", "age", "expected"),
    [
        # a source heard as usual: 24 h at first sight
        (HEARD, timedelta(0), (None, False, False)),
        (HEARD, 24 * HOUR, (None, False, False)),
        (HEARD, 24 * HOUR + MINUTE, (OLD, False, False)),
        (HEARD, -HOUR, (None, False, False)),
        (HEARD, None, (None, False, False)),
        # its first poll: nothing, whatever its age
        (Listening(first_poll=True), timedelta(0), (FIRST_POLL, False, False)),
        (Listening(first_poll=True), None, (FIRST_POLL, False, False)),
        # after an outage: pushed, pushed and marked, or in one message
        (AFTER_10H, 30 * MINUTE, (None, False, False)),
        (AFTER_10H, 31 * MINUTE, (None, True, False)),
        (AFTER_10H, 6 * HOUR, (None, True, False)),
        (AFTER_10H, 6 * HOUR + MINUTE, (GATHERED, False, True)),
        (AFTER_10H, 10 * HOUR, (GATHERED, False, True)),
        (AFTER_10H, None, (None, False, False)),
        # from before the outage: we would have heard it, so it is as any late discovery
        (AFTER_10H, 10 * HOUR + MINUTE, (None, False, False)),
        (AFTER_10H, 25 * HOUR, (OLD, False, False)),
        # the outage comes first, whatever the age
        (AFTER_3D, 72 * HOUR, (GATHERED, False, True)),
        (AFTER_3D, 73 * HOUR, (OLD, False, False)),
        # exercises of `chat` and recorded replays know no such rules
        (Listening(exercise_mode=True, first_poll=True), 999 * HOUR, (None, False, False)),
        (Listening(replay=True, missed_from=NOW - 72 * HOUR), 40 * HOUR, (None, False, False)),
    ],
)
def test_what_is_pushed_and_how(how, age, expected):
    """By how we came to hear of it and how old it is."""
    assert decided(how, age) == expected


def test_a_period_counts_by_its_end():
    """What was published on a day may be from its last minute."""
    day = Period(NOW - 30 * HOUR, NOW - 6 * HOUR)
    assert decide(a_change(), Item("1", published=day), HEARD, NOW).withheld is None


@pytest.mark.parametrize("how", [HEARD, AFTER_10H, Listening(exercise_mode=True), Listening(replay=True)])
def test_what_is_told_again_is_never_pushed(how):
    """In no mode, and not in a catch-up."""
    withheld, late, catch_up = decided(how, HOUR, a_change(ChangeKind.REPEATED))
    assert (withheld, late, catch_up) == ("told again: nothing new for the chats", False, False)


@pytest.mark.parametrize("how", [HEARD, AFTER_10H, Listening(first_poll=True)])
def test_an_exercise_is_never_pushed_as_real(how):
    """Nor told later in a catch-up."""
    assert decided(how, 9 * HOUR, a_change(exercise=True)) == ("exercise: never pushed as real", False, False)


@pytest.mark.parametrize(
    ("silence", "every", "missed"),
    [
        (30 * MINUTE, 5 * MINUTE, None),
        (31 * MINUTE, 5 * MINUTE, 36 * MINUTE),
        (45 * MINUTE, 15 * MINUTE, None),
        (46 * MINUTE, 15 * MINUTE, 61 * MINUTE),
        (3 * HOUR, HOUR, None),
        (timedelta(0), HOUR, None),
    ],
)
def test_a_source_was_missed_after_half_an_hour_and_three_polls(silence, every, missed):
    """And what it published just before its last answer may not have been in that yet."""
    assert missed_from(NOW - silence, every, NOW) == (None if missed is None else NOW - missed)


def test_a_source_never_heard_was_not_missed():
    """Its first poll has its own rule."""
    assert missed_from(None, MINUTE, NOW) is None


# --- quiet hours ---------------------------------------------------------------------------------

NIGHT = Mute(1, None, None, 22 * 60, 6 * 60)


def utc(*when: int) -> datetime:
    """2026, month, day, hour, minute."""
    return datetime(2026, *when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "end"),
    [
        # over midnight: the first minute is in, the last is not
        ("UTC", (5, 4, 21, 59), None),
        ("UTC", (5, 4, 22, 0), (5, 5, 6, 0)),
        ("UTC", (5, 4, 23, 59), (5, 5, 6, 0)),
        ("UTC", (5, 5, 0, 0), (5, 5, 6, 0)),
        ("UTC", (5, 5, 5, 59), (5, 5, 6, 0)),
        ("UTC", (5, 5, 6, 0), None),
        # zones to the east and west, of half and quarter hours, over the date line
        ("Asia/Kolkata", (5, 4, 16, 30), (5, 5, 0, 30)),
        ("Asia/Kolkata", (5, 4, 16, 29), None),
        ("Asia/Kathmandu", (5, 4, 16, 15), (5, 5, 0, 15)),
        ("America/St_Johns", (5, 5, 0, 30), (5, 5, 8, 30)),
        ("America/St_Johns", (5, 5, 0, 29), None),
        ("Pacific/Kiritimati", (5, 4, 8, 0), (5, 4, 16, 0)),
        ("Pacific/Pago_Pago", (5, 5, 9, 0), (5, 5, 17, 0)),
        # the nights in which the clocks change: Berlin loses an hour on 29 March and gains one on 25 October
        ("Europe/Berlin", (3, 28, 21, 0), (3, 29, 4, 0)),
        ("Europe/Berlin", (3, 29, 1, 30), (3, 29, 4, 0)),
        ("Europe/Berlin", (10, 24, 20, 0), (10, 25, 5, 0)),
        ("Europe/Berlin", (10, 25, 0, 30), (10, 25, 5, 0)),
        ("Europe/Berlin", (10, 25, 1, 30), (10, 25, 5, 0)),
        # New York: 8 March and 1 November
        ("America/New_York", (3, 8, 4, 0), (3, 8, 10, 0)),
        ("America/New_York", (11, 1, 4, 0), (11, 1, 11, 0)),
        # Lord Howe moves by half an hour: 5 April back
        ("Australia/Lord_Howe", (4, 4, 12, 0), (4, 4, 19, 30)),
    ],
)
def test_a_night_ends_when_the_chats_clock_says_so(zone, now, end):
    """The same hours of the day in every zone, and in the nights that have an hour more or less."""
    expected = None if end is None else utc(*end)
    assert quiet_until([NIGHT], ZoneInfo(zone), utc(*now)) == expected


@pytest.mark.parametrize(
    ("start", "end", "now", "until"),
    [
        # autumn in Berlin shows 02:00 to 03:00 twice, from 0:00 and from 1:00 UTC on
        ("22:00", "02:30", (10, 25, 0, 10), (10, 25, 0, 30)),
        ("22:00", "02:30", (10, 25, 0, 40), None),
        ("22:00", "02:30", (10, 25, 1, 10), (10, 25, 1, 30)),
        ("22:00", "02:30", (10, 25, 1, 30), None),
        ("02:15", "02:45", (10, 25, 0, 20), (10, 25, 0, 45)),
        ("02:15", "02:45", (10, 25, 1, 20), (10, 25, 1, 45)),
        ("02:15", "04:00", (10, 25, 1, 20), (10, 25, 3, 0)),
        # spring leaves 02:00 to 03:00 out, at 1:00 UTC
        ("22:00", "02:30", (3, 29, 0, 50), (3, 29, 1, 30)),
        ("22:00", "02:30", (3, 29, 1, 0), None),
        ("02:15", "04:00", (3, 29, 1, 0), (3, 29, 2, 0)),
        ("02:10", "02:50", (3, 29, 1, 0), None),
        # a mute by day, and to midnight
        ("12:00", "13:00", (5, 4, 10, 0), (5, 4, 11, 0)),
        ("12:00", "13:00", (5, 4, 11, 0), None),
        ("12:00", "13:00", (5, 4, 20, 0), None),
        ("20:00", "00:00", (5, 4, 20, 0), (5, 4, 22, 0)),
        ("00:00", "01:00", (5, 4, 22, 30), (5, 4, 23, 0)),
    ],
)
def test_hours_that_end_in_the_hour_that_changes(start, end, now, until):
    """At each time round, and never a day later."""
    begin, stop = (int(t[:2]) * 60 + int(t[3:]) for t in (start, end))
    expected = None if until is None else utc(*until)
    assert quiet_until([Mute(1, None, None, begin, stop)], ZoneInfo("Europe/Berlin"), utc(*now)) == expected


def test_of_several_the_last_end_counts():
    """Of those that rest now; none rests, none counts."""
    now = utc(5, 4, 22, 30)
    ended, short, long = (Mute(1, None, now + n * HOUR) for n in (0, 1, 9))
    assert quiet_until([], ZoneInfo("UTC"), now) is None
    assert quiet_until([ended], ZoneInfo("UTC"), now) is None
    assert quiet_until([ended, short], ZoneInfo("UTC"), now) == now + HOUR
    assert quiet_until([short, NIGHT, ended], ZoneInfo("UTC"), now) == utc(5, 5, 6, 0)
    assert quiet_until([NIGHT, long], ZoneInfo("UTC"), now) == now + 9 * HOUR


@pytest.mark.parametrize(
    ("name", "key"),
    [("Asia/Kathmandu", "Asia/Kathmandu"), ("Mars/Olympus", "UTC"), ("", "UTC"), ("../etc/passwd", "UTC")],
)
def test_a_zone_that_is_not_known_here_is_utc(name, key):
    """One chat's setting stops nobody."""
    assert zone_of(name).key == key


# --- a minute of the day -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "zone", "after", "next_"),
    [
        ("07:30", "UTC", (5, 4, 7, 29), (5, 4, 7, 30)),
        ("07:30", "UTC", (5, 4, 7, 30), (5, 5, 7, 30)),
        ("00:00", "UTC", (12, 31, 23, 59), (12, 31, 24, 0)),
        ("07:30", "Asia/Kathmandu", (5, 4, 1, 0), (5, 4, 1, 45)),
        ("07:30", "Pacific/Kiritimati", (5, 4, 17, 0), (5, 4, 17, 30)),
        ("23:30", "Pacific/Pago_Pago", (5, 4, 10, 0), (5, 4, 10, 30)),
        # a day of 23 and one of 25 hours
        ("07:30", "Europe/Berlin", (3, 28, 6, 30), (3, 29, 5, 30)),
        ("07:30", "Europe/Berlin", (10, 24, 5, 30), (10, 25, 6, 30)),
        # a time that is left out comes after the gap, one that is repeated comes once, first
        ("02:30", "Europe/Berlin", (3, 28, 1, 30), (3, 29, 1, 30)),
        ("02:30", "Europe/Berlin", (3, 29, 1, 30), (3, 30, 0, 30)),
        ("02:30", "Europe/Berlin", (10, 24, 12, 0), (10, 25, 0, 30)),
        ("02:30", "Europe/Berlin", (10, 25, 0, 30), (10, 26, 1, 30)),
        ("02:30", "Europe/Berlin", (10, 25, 1, 5), (10, 26, 1, 30)),
    ],
)
def test_when_clocks_next_show_a_minute(clock, zone, after, next_):
    """In UTC, later than asked from."""
    hour, minute = int(clock[:2]), int(clock[3:])
    expected = utc(*next_[:2], 0, 0) + timedelta(hours=next_[2], minutes=next_[3])
    assert next_local(hour * 60 + minute, ZoneInfo(zone), utc(*after)) == expected


ZONES = st.sampled_from([
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo",
    "America/Santiago", "Pacific/Chatham", "Asia/Beirut",
]).map(ZoneInfo)  # fmt: skip
MINUTES = st.integers(0, 24 * 60 - 1)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@given(MINUTES, MINUTES, ZONES, TIMES)
def test_a_quiet_time_ends_within_a_day_and_is_then_over(start, end, zone, now):
    """Whatever the zone and the night: at its end it rests no more, and it never lasts longer than it says, but for
    the hour that autumn adds."""
    nightly = [Mute(1, None, None, start, end)]
    until = quiet_until(nightly, zone, now)
    if start == end or until is None:
        return
    length = timedelta(minutes=(end - start) % (24 * 60))
    assert now < until <= now + length + HOUR
    assert quiet_until(nightly, zone, until) is None


@given(MINUTES, ZONES, TIMES)
def test_a_minute_of_the_day_comes_once_a_day(minute, zone, now):
    """On each day of the chat's calendar one time, and the clock then shows it, but where spring leaves it out."""
    first = next_local(minute, zone, now)
    second = next_local(minute, zone, first)
    assert now < first <= now + 26 * HOUR
    assert second.astimezone(zone).date() == first.astimezone(zone).date() + timedelta(days=1)
    shown = first.astimezone(zone)
    late = shown.hour * 60 + shown.minute - minute
    assert late in {0, 30, 60}
