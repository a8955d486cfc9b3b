"""Dates as publishers write them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.feed.dates import moment


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("Wed, 14 Jan 2026 08:30:00 GMT", "2026-01-14T08:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 +0300", "2026-01-14T05:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 +03:00", "2026-01-14T05:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 GMT+3", "2026-01-14T05:30:00"),
        ("14 Jan 2026 08:30:00 -0330", "2026-01-14T12:00:00"),
        ("Wed, 14 Jan 26 08:30 UT", "2026-01-14T08:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 EST", "2026-01-14T13:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 EDT", "2026-01-14T12:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 CEST", "2026-01-14T06:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 +0300 (MSK)", "2026-01-14T05:30:00"),
        ("Wed, 14 Jan 2026 08:30:00 Nowhere", None),
        ("Wed, 14 Jan 2026 08:30:00 XYZ", "2026-01-14T08:30:00"),
        ("Wed,14 Jan 2026 4:35:5 GMT+9", "2026-01-13T19:35:05"),
        ("Wednesday, 14 January 2026 08:30:00 GMT", "2026-01-14T08:30:00"),
        ("Wed Jan 14 08:30:00 2026", "2026-01-14T08:30:00"),
        ("Wed Jan 14 08:30:00 UTC 2026", "2026-01-14T08:30:00"),
        ("January 14, 2026 8:30 pm", "2026-01-14T20:30:00"),
        ("14 Jan 2026 12:05 AM", "2026-01-14T00:05:00"),
        ("14-Jan-2026 08:30:00", "2026-01-14T08:30:00"),
        ("14 Jan 2026 0830 Z", "2026-01-14T08:30:00"),
        ("14 Jan 2026", "2026-01-14T00:00:00"),
        ("Wed, 14 Jan 2026 24:00:00 GMT", "2026-01-15T00:00:00"),
        ("Wed, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00"),
        ("Вт, 13 янв 2026 18:05:00 +0300", "2026-01-13T15:05:00"),
        ("Seg, 12 Out 2020 19:42:40 -0300", "2020-10-12T22:42:40"),
        ("2026-01-14T08:30:00Z", "2026-01-14T08:30:00"),
        ("2026-01-14T08:30:00.123456789+03:00", "2026-01-14T05:30:00"),
        ("2026-01-14 08:30:00 +0300", "2026-01-14T05:30:00"),
        ("2026-01-14 08:30:00 UTC", "2026-01-14T08:30:00"),
        ("2026-01-14T08:30+03", "2026-01-14T05:30:00"),
        ("2026/01/14 08:30", "2026-01-14T08:30:00"),
        ("20260114T083000Z", "2026-01-14T08:30:00"),
        ("2026-01-14", "2026-01-14T00:00:00"),
        ("2026-01", "2026-01-01T00:00:00"),
        (" \n14.01.2026 08:30 ", "2026-01-14T08:30:00"),
        ("", None),
        ("yesterday", None),
        ("Wed, 32 Jan 2026 08:30:00 GMT", None),
        ("Wed, 14 Foo 2026 08:30:00 GMT", None),
        ("Wed, 14 Jan 2026 25:30:00 GMT", None),
        ("Wed, 14 Jan 2026 08:30:00 +9900", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1768379400", None),
        ("14/01/2026", None),
        ("2026-01-14T08:30:00Z" + " " * 100, None),
    ],
)
def test_written_date_is_read_in_utc(written: str, utc: str | None) -> None:
    """The moment meant, or None for what is no date; never a guess between day and month."""
    found = moment(written)
    assert (found and found.isoformat()) == (utc and f"{utc}+00:00")


@given(
    st.text(max_size=90) | st.from_regex(r"\w{0,3}, ?\d{1,4} ?[A-Z][a-z]{2} \d{0,4} [\d:.]{0,9} ?[A-Z+-]{0,3}\d{0,4}")
)
def test_any_text_is_a_moment_or_none(text: str) -> None:
    """No exception, whatever stands where a date should be."""
    found = moment(text)
    assert found is None or (isinstance(found, datetime) and found.utcoffset() is not None)
