"""What goes into a column comes out the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite
from store_samples import incident

from bot.model import (
    Category,
    Certainty,
    Change,
    ChangeKind,
    Direction,
    Evidence,
    Incident,
    Place,
    Reason,
    Severity,
    State,
    Status,
    Told,
)
from bot.store.codec import CHANGE, ChangeJson, UtcTime, Words, dumps

words = st.text(max_size=12)
times = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))
numbers = st.integers(0, 10**9)
floats = st.floats(-180, 180)


def tuples(of: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=2).map(tuple)


def maybe(of: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | of


places = st.builds(Place, words, words, words, words, maybe(floats), maybe(floats), maybe(words), within=tuples(words))
tolds = st.builds(
    Told, words, words, words, words, words, st.booleans(), words, words, maybe(times), times,
    st.sampled_from(Severity), st.sampled_from(Direction),
)  # fmt: skip
incidents = st.builds(
    Incident, numbers, tuples(st.sampled_from(Category)), maybe(words), maybe(places), maybe(words),
    st.sampled_from(Severity), st.sampled_from(Certainty), st.sampled_from(Direction), st.sampled_from(Status),
    st.sampled_from(State), maybe(numbers), maybe(words), times, times, st.booleans(), numbers, tuples(tolds),
    tuples(st.builds(Reason, words, words)), tuples(st.builds(Evidence, numbers, numbers, words, words)),
    maybe(times), numbers, st.booleans(),
)  # fmt: skip
changes = st.builds(
    Change, st.sampled_from(ChangeKind), incidents, words, maybe(st.sampled_from(Severity)), maybe(words)
)

DIALECT = sqlite.dialect()


@settings(max_examples=150, deadline=None)
@given(changes)
def test_a_change_comes_back_the_same(change):
    """Every field of a change and its incident survives, with its type."""
    column = ChangeJson()
    back = column.process_result_value(column.process_bind_param(change, DIALECT), DIALECT)
    assert back == change
    assert type(back.incident.severity) is Severity
    assert type(back.incident.opened.utcoffset()) is timedelta


def test_severities_are_numbers_in_json():
    """Analysts who read the database see CAP's order."""
    assert '"before":3' in dumps(CHANGE, Change(ChangeKind.EASED, incident(), "x", before=Severity.EXTREME))


def test_a_lone_surrogate_does_not_stop_a_poll():
    """A JSON feed can carry one; it is stored as '?'."""
    assert '"because":"a?b"' in dumps(CHANGE, Change(ChangeKind.OPENED, incident(), "a\ud800b"))
    assert Words().process_bind_param("a\ud800\0b", DIALECT) == "a?b"


@given(times)
@settings(max_examples=100, deadline=None)
def test_a_time_comes_back_to_the_microsecond(time):
    """Whole microseconds, before 1970 too."""
    column = UtcTime()
    assert column.process_result_value(column.process_bind_param(time, DIALECT), DIALECT) == time


def test_a_time_of_another_zone_is_kept_in_utc_and_one_without_is_refused():
    """There is no guessing of zones in the store."""
    column = UtcTime()
    elsewhere = datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=3)))
    assert column.process_bind_param(elsewhere, DIALECT) == column.process_bind_param(
        datetime(2026, 1, 1, tzinfo=UTC), DIALECT
    )
    with pytest.raises(ValueError, match="without a zone"):
        column.process_bind_param(datetime(2026, 1, 1), DIALECT)
