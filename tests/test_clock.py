"""The clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot import clock


def test_the_clock_is_aware_and_in_utc() -> None:
    """Times without a zone would be compared with times that have one."""
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
