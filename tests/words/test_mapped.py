"""What a map says in words: all that the picture shows, in a caption that Telegram takes and what follows it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bot.model import Access, Direction, Incident, State, Status
from bot.words.mapped import CAPTION, mapped
from bot.words.markup import units, visible
from bot.words.status import PROMISE, Stands
from tests.make import NOW, a_health, a_place, a_source, a_standing, ago, an_incident


def said(*incidents: Incident, **fields: Any) -> tuple[str, str]:
    """(caption, rest), visible."""
    defaults: dict[str, Any] = {
        "title": "Syria", "since": ago(days=7), "now": NOW, "sources": [a_source()], "health": [a_health()],
        "country_name": lambda code: {"SY": "Syria"}.get(code, code),
    }  # fmt: skip
    caption, rest = mapped(incidents, **{**defaults, **fields})
    assert units(caption) <= CAPTION
    return visible(caption), visible(rest)


def test_each_incident_has_its_number_and_what_its_symbol_says() -> None:
    caption, rest = said(
        an_incident(number=12, corroborated=True),
        an_incident(number=13, place=a_place("Wadi Amal", kind="admin1"), direction=Direction.IMPROVING),
        an_incident(number=14, place=None, country="SY", state=State.DORMANT, updated=ago(days=9)),
        an_incident(number=15, status=Status.ANNOUNCED, updated=ago(days=8), exercise=True, corroborated=True),
        unpinned=(3,),
        states=[
            Stands(a_place("Bab Amal", kind="crossing"), a_standing(Access.CLOSED, ago(days=3))),
            Stands(a_place("Bab Nahr", kind="crossing"), a_standing(Access.OPEN, ago(days=30), expires=ago(days=2))),
        ],
    )
    assert caption.splitlines() == [
        "Access in Syria, last 7 days, as of 22 Nov 2026 14:00 UTC: 2 worse, 1 better, 1 not confirmed lately",
        "1. worse, EXTREME: last supply route cut - Qasr Nahr /why_12",
        "2. better, EXTREME: supply route reopened - Wadi Amal (region); uncorroborated /why_13",
        "3. not confirmed lately, EXTREME: last supply route cut - Syria (no closer place); unknown since "
        "13 Nov 2026 14:00 UTC; uncorroborated /why_14",
        "4. EXERCISE worse, EXTREME: supply route to be cut (announced) - Qasr Nahr; nothing new since "
        "14 Nov 2026 14:00 UTC /why_15",
        "CLOSED: Bab Amal; since 19 Nov 2026 14:00 UTC (Relief Desk, grade A); 1 independent source /why_7",
        "UNKNOWN since 20 Nov 2026 14:00 UTC: Bab Nahr; last known open since 23 Oct 2026 14:00 UTC "
        "(Relief Desk, grade A); 1 independent source /why_7",
        "1 of 1 source heard, last check 22 Nov 2026 13:55 UTC.",
    ]
    assert rest == ""


def test_open_is_no_leave_to_travel() -> None:
    state = Stands(a_place("Bab Amal", kind="crossing"), a_standing(Access.OPEN, ago(days=3)))
    caption, _ = said(an_incident(), states=[state])
    assert caption.splitlines()[-2] == PROMISE


def test_nothing_reported_is_not_calm() -> None:
    caption, rest = said()
    assert "no change reported" in caption
    assert caption.endswith("That isn't proof that nothing changed.")
    assert rest == ""


@pytest.mark.parametrize("count", [5, 12, 13, 40])
def test_what_a_caption_cannot_hold_follows_whole(count: int) -> None:
    """Lines are never cut, and none is told twice."""
    many = [an_incident(number=n, place=a_place(f"Town {n} <&> دير الزور")) for n in range(1, count + 1)]
    caption, rest = said(*many, left_out=7)
    assert re.findall(r"^(\d+)\. ", f"{caption}\n{rest}", re.MULTILINE) == [str(n) for n in range(1, count + 1)]
    assert f"{caption}\n{rest}".count("/why_") == count
    assert ("The rest follows below." in caption) is bool(rest) is (count > 10)
    assert "and 7 more: ask for one country to see them" in f"{caption}\n{rest}"
