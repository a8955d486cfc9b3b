"""When a source is asked next. Pure: `now` and a random `spread` in [0, 1) are given."""

from __future__ import annotations

from datetime import datetime, timedelta

JITTER = 0.1  # of the interval, to either side, so that sources do not march in step
SLOWEST = timedelta(hours=6)  # a dead source is still asked four times a day: it never gives up


def after_success(every: timedelta, now: datetime, spread: float) -> datetime:
    """The interval, shifted by up to JITTER to either side."""
    return now + every * (1 + JITTER * (2 * spread - 1))


def after_failure(every: timedelta, fails: int, now: datetime, spread: float, retry_after: float | None) -> datetime:
    """Doubling with each failure in a row (`fails` counts this one), at most SLOWEST; a server's Retry-After (seconds)
    is kept when it asks for longer."""
    wait = min(every * 2.0 ** min(fails, 10), max(SLOWEST, every))
    wait = wait * (1 + JITTER * (2 * spread - 1))
    if retry_after is not None:
        wait = max(wait, timedelta(seconds=retry_after))
    return now + wait
