"""What /search answers: one message, at most ten, the rest counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.model import State, Status
from bot.words.markup import MESSAGE_LIMIT, units
from bot.words.search import SHOWN, search
from tests.make import NOW, a_place, a_told, an_incident, evidence
from tests.words.telegram_parser import shown


def test_a_few() -> None:
    """How each stands, when it was last heard of, its newest headline."""
    found = [an_incident(), an_incident(number=7, state=State.WITHDRAWN, told=())]
    assert shown(search(found, 2, asked="road <b>", now=NOW)).split("\n") == [
        "2 incidents for “road <b>”:",
        "- EXTREME: last supply route cut - Qasr Nahr, SY; 22 Nov 2026 12:10 UTC: Last road into Qasr Nahr cut, "
        "residents say /why_12",
        "- WITHDRAWN (EXTREME): last supply route cut - Qasr Nahr, SY; 22 Nov 2026 12:10 UTC /why_7",
    ]


def test_many_are_counted() -> None:
    text = shown(search([an_incident(number=n) for n in range(1, 11)], 1234, asked="road", now=NOW)).split("\n")
    assert text[0] == "1,234 incidents for “road”, the newest 10:"
    assert text[-1] == "and 1,224 more: add a word to see fewer"


def test_none() -> None:
    assert shown(search([], 0, asked="xyz", now=NOW)).startswith("No incident is found for “xyz”.")


def test_a_headline_that_may_tell_a_movement_is_left_out() -> None:
    coming = an_incident(status=Status.ANNOUNCED, evidence=evidence("relief.move"))
    assert "residents say" not in search([coming], 1, asked="road", now=NOW)


WORDS = st.text(max_size=300)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=SHOWN), WORDS)
def test_it_is_one_message(found: list[tuple[str, str]], asked: str) -> None:
    """Whatever names and titles hold, and Telegram reads it."""
    incidents = [
        an_incident(number=10**10 + n, place=a_place(name or "x"), told=(a_told(title=title),))
        for n, (name, title) in enumerate(found)
    ]
    html = search(incidents, 10**9, asked=asked, now=NOW)
    shown(html)
    assert units(html) <= MESSAGE_LIMIT
