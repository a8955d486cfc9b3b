"""What is sent beside alerts: catch-ups, lines of the day, notices to operators. Golden messages, and what holds of
every one: Telegram takes it, it fits one message, and the discreet form names no place and no event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import Category, Change, ChangeKind, ChatKind, Direction, Severity, SourceHealth, State, Subscription
from bot.oversee import ALL_DEAD, SENDING, UNSENDABLE, Sight, wrong
from bot.words.markup import length, split
from bot.words.notes import catch_up, daily
from bot.words.render import discreet
from tests.make import NOW, a_change, a_health, a_place, a_source, ago, an_incident
from tests.words.golden import assert_golden
from tests.words.telegram_parser import shown
from tests.words.test_render import CHANGES, FOREIGN, SOON

MUTED = "you had muted this"
DOWN = "I was not running or could not read this source"
UTC = ZoneInfo("UTC")
DAMASCUS = ZoneInfo("Asia/Damascus")
CROSSING = {"place": a_place("Bab Nahr", key="sy/bab", kind="crossing"), "asset": "crossing", "evidence": ()}
MISSED = [
    (a_change(number=3, severity=Severity.MODERATE, people=None, **CROSSING), ago(hours=5), DOWN),
    (a_change(number=4, late=True), ago(hours=4), DOWN),
    (
        a_change(
            ChangeKind.RESOLVED, number=3, severity=Severity.MODERATE, state=State.RESOLVED, corroborated=True, **CROSSING
        ),
        ago(minutes=20), MUTED,
    ),
]  # fmt: skip
PLACES = [Subscription(1, area, Severity.MINOR) for area in ("SY", "own:rafah", "SD:SD02")]
EVERYWHERE = [Subscription(1, None, Severity.MINOR)]
SOURCES = [a_source(id=f"s{n}", name=f"Source {n}") for n in range(59)]
HEALTH = [a_health(source_id=f"s{n}", last_ok=ago(minutes=5) if n < 41 else ago(days=2)) for n in range(59)]


def line_of_day(changed: Any = (), subscriptions: Any = PLACES, **options: Any) -> str:
    """At NOW, 41 of 59 sources heard."""
    given = {"sources": SOURCES, "health": HEALTH, "zone": DAMASCUS, "now": NOW, **options}
    return daily(
        changed, subscriptions, given.pop("sources"), given.pop("health"), given.pop("zone"), given.pop("now"), **given
    )


def test_golden_catch_up() -> None:
    """Two incidents, one of them told twice meanwhile: one line each, as it stands now."""
    assert_golden("catch_up", catch_up(MISSED, NOW))


def test_golden_daily() -> None:
    """Two changes in three places, in the chat's own time."""
    changed = [an_incident(number=4), an_incident(number=3, severity=Severity.MODERATE, **CROSSING)]
    assert_golden("daily", line_of_day(changed))


def test_a_calm_day_is_one_sentence() -> None:
    """What was listened to belongs to it, so that silence is not taken for calm."""
    words = "No change in your 3 places in 24 h; 41 of 59 sources heard, last check 16:55."
    assert line_of_day() == words
    assert line_of_day(zone=UTC).endswith("last check 13:55.")


@pytest.mark.parametrize(
    ("subscriptions", "words"),
    [
        (EVERYWHERE, "No change in all countries in 24 h"),
        ([], "No change in all countries in 24 h"),
        ([*PLACES, *EVERYWHERE], "No change in all countries in 24 h"),
        (PLACES[:1], "No change in your place in 24 h"),
        ([*PLACES, Subscription(1, "SY", Severity.SEVERE, thread_id=7)], "No change in your 3 places in 24 h"),
    ],
)
def test_the_line_of_the_day_counts_places(subscriptions: list[Subscription], words: str) -> None:
    """The same place in two topics is one."""
    assert line_of_day(subscriptions=subscriptions).startswith(words)


def test_a_day_on_which_nothing_was_heard_says_so() -> None:
    """No source ever answered, or none at all is configured."""
    assert line_of_day(health=[]) == "No change in your 3 places in 24 h; 0 of 59 sources heard."
    assert line_of_day(health=[], sources=[]) == "No change in your 3 places in 24 h; 0 of 0 sources heard."


def test_what_a_removed_source_told_last_is_no_check() -> None:
    """Only sources that are configured now count."""
    health = [a_health(source_id="gone", last_ok=ago(minutes=1)), a_health(source_id="s0", last_ok=ago(hours=3))]
    assert "last check 14:00" in line_of_day(health=health)


def test_a_long_day_ends_with_a_count() -> None:
    """Fifteen lines, and where the others are."""
    lines = line_of_day([an_incident(number=n) for n in range(1, 40)]).split("\n")
    assert lines[0].startswith("39 changes in your 3 places")
    assert len(lines) == 17
    assert lines[-1] == "and 24 more: /summary"
    there = line_of_day([an_incident(number=n) for n in range(1, 40)], to=ChatKind.CHANNEL)
    assert there.endswith("\nand 24 more")
    assert "/" not in there


def test_a_catch_up_tells_the_worst_first_and_counts_the_rest() -> None:
    """One line per incident; the newest of those equally bad comes first."""
    many = [(a_change(number=n, severity=Severity(n % 3)), ago(minutes=n), MUTED) for n in range(1, 31)]
    lines = shown(catch_up(many, NOW)).split("\n")
    assert lines[0] == f"30 changes you have not been told yet: {MUTED}"
    severities = [line[2:].split(":")[0] for line in lines[1:16]]
    assert severities == ["SEVERE"] * 10 + ["MODERATE"] * 5
    assert lines[1].endswith("2 min ago; uncorroborated /why_2")
    told, *numbers = lines[16].split(" /why_")
    assert told == "and 15 more incidents: /summary"
    assert sorted(map(int, numbers)) == [n for n in range(1, 31) if f"/why_{n}" not in " ".join(lines[1:16]).split()]
    assert lines[17].startswith("As of ")
    there = shown(catch_up(many, NOW, to=ChatKind.CHANNEL))
    assert "\nand 15 more incidents\nAs of " in there
    assert "/" not in there


def test_what_came_at_once_says_so() -> None:
    """It is news, not something that was missed."""
    many = [(a_change(number=n), ago(minutes=1), "so many came at once") for n in range(1, 9)]
    assert shown(catch_up(many, NOW, at_once=True)).startswith("8 changes at once, the worst first\n- EXTREME: ")
    assert catch_up(many, NOW, at_once=True, discreet=True) == "8 updates at once, at worst extreme: /latest"


def test_a_catch_up_marks_what_is_late() -> None:
    """What an alert would have been marked with, its line carries too."""
    assert "EXTREME (LATE): last supply route cut - Qasr Nahr, SY" in shown(catch_up(MISSED, NOW))


def test_an_open_way_is_never_told_as_safe() -> None:
    """In a catch-up and in the line of the day as in an alert."""
    reopened = a_change(ChangeKind.EASED, direction=Direction.IMPROVING, **CROSSING)
    assert "; not confirmed as safe /why_12" in catch_up([(reopened, ago(hours=1), MUTED)], NOW)
    assert "; not confirmed as safe /why_12" in line_of_day([reopened.incident])
    assert "safe" not in catch_up(MISSED[1:2], NOW)


def test_nothing_left_to_tell_is_said() -> None:
    """All of it was withdrawn meanwhile."""
    assert "Nothing" in catch_up([], NOW)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("direction", Direction)
def test_the_discreet_form_names_no_place_and_no_event(state: State, direction: Direction) -> None:
    """Severity, and which way: that is all that a lock screen shows."""
    text = discreet(a_change(state=state, direction=direction))
    assert text.startswith("1 update, extreme")
    assert length(text) <= 40
    for word in ("Qasr", "SY", "Syria", "route", "siege", "aid", "River"):
        assert word.lower() not in text.lower()
    assert ("taken back" in text) is (state is State.WITHDRAWN)
    better = state is State.RESOLVED or direction is Direction.IMPROVING
    assert ("for the better" in text) is (better and state is not State.WITHDRAWN)


def test_discreet_notes_name_no_place_and_no_event() -> None:
    """Golden, as they are short: a catch-up, a day with changes, a calm one."""
    changed = [an_incident(number=4), an_incident(number=3, severity=Severity.MODERATE)]
    said = [
        catch_up(MISSED, NOW, discreet=True),
        line_of_day(changed, discreet=True),
        line_of_day(discreet=True),
    ]
    assert said == [
        "2 updates while you were away, at worst extreme: /latest",
        "2 changes in 24 h, at worst extreme; 41 of 59 sources heard, last check 16:55.",
        "No change in 24 h; 41 of 59 sources heard, last check 16:55.",
    ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(st.tuples(CHANGES, SOON, st.sampled_from([MUTED, DOWN])), max_size=20))
def test_every_catch_up_parses_and_fits_one_message(missed: list[tuple[Change, datetime, str]]) -> None:
    """Whatever the feeds say; the discreet form holds no letter of theirs."""
    for secret in (False, True):
        html = catch_up(missed, NOW, discreet=secret)
        assert len(split(html)) == 1
        assert 0 < length(shown(html)) <= 4096
    assert discreet_words(catch_up(missed, NOW, discreet=True)) or not missed


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(CHANGES, max_size=20), FOREIGN)
def test_every_line_of_the_day_parses_and_fits_one_message(changes: list[Change], foreign: str) -> None:
    """Whatever the feeds say."""
    changed = [c.incident for c in changes]
    for secret in (False, True):
        html = line_of_day(changed, sources=[a_source(name=foreign)], discreet=secret)
        assert 0 < length(shown(html)) <= 4096
    assert discreet_words(line_of_day(changed, discreet=True))


def discreet_words(text: str) -> bool:
    """Is it made of our own words alone?"""
    ours = set(
        "update updates change changes while you were away at worst minor moderate severe extreme no in 24 h of sources "
        "source heard last check latest".split()
    )
    words = text.lower().replace(",", " ").replace(";", " ").replace(".", " ").replace(": /", " ").split()
    return all(w in ours or w.isdigit() or w.replace(":", "").isdigit() for w in words)


# --- what operators are told ---------------------------------------------------------------------

FEEDS = {s.id: s for s in (a_source(id="a", name="Radio <A>"), a_source(id="b", name="B"), a_source(id="c", name="C"))}


def dead(*ids: str, heard: timedelta | None = timedelta(hours=7), fails: int = 9) -> list[SourceHealth]:
    """The health of FEEDS, of which these failed, last heard that long ago."""
    return [
        a_health(source_id=i, fails=fails, last_ok=heard and NOW - heard, last_error="HTTP 503 <busy>")
        if i in ids
        else a_health(source_id=i)
        for i in FEEDS
    ]


def test_nothing_wrong_is_nothing() -> None:
    """Also when failures are few, or young."""
    assert wrong(Sight(dead()), FEEDS, NOW) == {}
    assert wrong(Sight(dead("a", fails=4)), FEEDS, NOW) == {}
    assert wrong(Sight(dead("a", heard=timedelta(hours=5))), FEEDS, NOW) == {}


def test_a_dead_source_is_named_with_its_reason() -> None:
    """In HTML that Telegram takes, whatever the source is called and its server says."""
    found = wrong(Sight(dead("a", "b")), FEEDS, NOW)
    assert set(found) == {"source:a", "source:b"}
    assert shown(found["source:a"]) == (
        "Radio <A> (a) has not been heard since 22 Nov 2026 07:00 UTC: HTTP 503 <busy>."
    )
    assert "has not been heard ever" in wrong(Sight(dead("a", heard=None)), FEEDS, NOW)["source:a"]


def test_all_dead_is_one_thing_until_half_are_back() -> None:
    """Sources come back one by one, as each is asked again: those still on their way are no news of their own."""
    assert set(wrong(Sight(dead("a", "b", "c")), FEEDS, NOW)) == {ALL_DEAD}
    assert set(wrong(Sight(dead("a", "b")), FEEDS, NOW, known=[ALL_DEAD])) == {ALL_DEAD}
    assert set(wrong(Sight(dead("a")), FEEDS, NOW, known=[ALL_DEAD])) == {"source:a"}
    one = {"a": FEEDS["a"]}
    assert set(wrong(Sight(dead("a")[:1]), one, NOW)) == {"source:a"}, "of one source the name tells more"


def test_a_source_no_longer_configured_is_not_missed() -> None:
    """Its health may still be in the database."""
    assert wrong(Sight(dead("a")), {"b": FEEDS["b"]}, NOW) == {}


def test_sending_that_stands_still_and_messages_lost() -> None:
    """Five minutes are long; what was refused for good is said with Telegram's reason."""
    assert wrong(Sight(waiting=3, oldest=ago(minutes=4)), FEEDS, NOW) == {}
    assert shown(wrong(Sight(waiting=3, oldest=ago(minutes=6)), FEEDS, NOW)[SENDING]) == (
        "Sending is stuck: 3 messages wait, the oldest since 22 Nov 2026 13:54 UTC."
    )
    lost = wrong(Sight(lost=1, why="Can't parse entities: <b"), FEEDS, NOW)[UNSENDABLE]
    assert shown(lost) == ("1 message was refused by Telegram for good and not delivered: Can't parse entities: <b.")


@given(FOREIGN, FOREIGN, FOREIGN)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
def test_every_notice_parses(name: str, error: str, why: str) -> None:
    """Whatever sources are called and servers say; twelve of the longest still fit one message."""
    sources = {"a": a_source(id="a", name=name)}
    health = [a_health(source_id="a", fails=9, last_ok=None, last_error=error)]
    for sentence in wrong(Sight(health, lost=1, why=why), sources, NOW).values():
        assert 0 < length(shown(sentence)) <= 4000 / 12


def test_categories_are_all_known_to_notes() -> None:
    """A line can be made of an incident of any one kind, in any state, told for any reason."""
    for category in Category:
        for kind in ChangeKind:
            change = a_change(kind, categories=(category,), evidence=(), asset=None)
            assert "; uncorroborated" in shown(catch_up([(change, ago(hours=1), MUTED)], NOW))
