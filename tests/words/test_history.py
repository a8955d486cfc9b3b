"""What /history answers: one message, two lines an incident, nothing dropped without a number."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.model import Change, ChangeKind, Incident, Past, State
from bot.words.history import PAGE, history
from bot.words.markup import MESSAGE_LIMIT, units
from tests.make import NOW, a_change, a_place, a_told, ago, an_incident
from tests.words.telegram_parser import shown

MONTH = timedelta(days=30)


def said(past: Past, title: str = "Qasr Nahr") -> str:
    return shown(history(past, title=title, period=MONTH, now=NOW))


def story(incident: Incident, *changes: Change) -> tuple[Incident, tuple[tuple[Change, object], ...]]:
    """With its changes, an hour apart, the last just now."""
    return incident, tuple((c, ago(hours=len(changes) - n)) for n, c in enumerate(changes, 1))


def test_what_became_of_it_and_who_said_so() -> None:
    """The whole answer about a route that closed, got worse and opened again."""
    un = a_told(item_id="2", source_id="un", source_name="UN News")
    end = an_incident(state=State.RESOLVED, told=(a_told(), un))
    changes = (
        a_change(),
        a_change(ChangeKind.ESCALATED, because="severity rose from severe to extreme"),
        a_change(ChangeKind.RESOLVED, because="the route is reported open again", incident=end),
    )
    assert said(Past((story(end, *changes),), 1)).split("\n") == [
        "Qasr Nahr, last 30 days: 1 incident, newest first",
        "",
        "RESOLVED (EXTREME): supply route reopened - Qasr Nahr, SY /why_12",
        "22 Nov 2026 12:00 UTC: new incident (River News); 22 Nov 2026 13:00 UTC: severity rose from severe to extreme "
        "(River News); 22 Nov 2026 14:00 UTC: resolved: the route is reported open again (UN News)",
        "",
        "As of 22 Nov 2026 14:00 UTC.",
    ]


def test_a_page_of_many_says_which() -> None:
    past = Past(tuple(story(an_incident(number=n), a_change()) for n in (7, 6, 5)), total=12, newer=5)
    assert said(past).startswith("Qasr Nahr, last 30 days: 12 incidents, 6 to 8, newest first\n")
    assert past.older == 4


def test_nothing_is_known() -> None:
    """Silence is not calm."""
    assert said(Past((), 0)).split("\n") == [
        "No incident is known in Qasr Nahr in the last 30 days.",
        "That isn't proof that nothing happened: /sources says what was heard.",
    ]


def test_what_was_not_confirmed_lately_says_so() -> None:
    assert "not confirmed since 22 Nov 2026 12:10 UTC" in said(Past((story(an_incident(state=State.DORMANT)),), 1))


def test_a_long_story_keeps_its_beginning_and_its_end() -> None:
    """What lies between is counted."""
    changes = [a_change(ChangeKind.ESCALATED, because=f"worse {n}") for n in range(1, 9)]
    text = said(Past((story(an_incident(), a_change(), *changes),), 1))
    assert "new incident (River News); 4 changes between; " in text
    assert [f"worse {n}" in text for n in (1, 4, 5, 8)] == [False, False, True, True]


WORDS = st.text(max_size=300)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=PAGE), st.integers(1, 20), WORDS)
def test_a_page_is_one_message(found: list[tuple[str, str, str]], changes: int, title: str) -> None:
    """Whatever names and reasons hold, and Telegram reads it."""
    stories = []
    for n, (name, source, because) in enumerate(found, 1):
        incident = an_incident(number=10**10 + n, place=a_place(name or "x"), told=(a_told(source_name=source),))
        one = a_change(ChangeKind.RESOLVED, because=because, incident=incident)
        stories.append(story(incident, *[one] * changes))
    html = history(Past(tuple(stories), len(stories)), title=title, period=MONTH, now=NOW)
    shown(html)
    assert units(html) <= MESSAGE_LIMIT
