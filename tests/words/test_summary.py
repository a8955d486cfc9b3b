"""What /latest and /summary answer: golden messages, order, honesty about silence, and safe HTML."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import Category, Change, ChangeKind, Direction, Incident, Severity, State, Status
from bot.words.markup import length, split, visible
from bot.words.notes import catch_up, daily
from bot.words.render import alert
from bot.words.summary import latest, summary
from bot.words.why import why
from tests.make import NOW, a_change, a_health, a_place, a_source, a_told, ago, an_incident, evidence
from tests.words.golden import assert_golden
from tests.words.telegram_parser import shown
from tests.words.test_render import CHANGES, FOREIGN, PARTY, SOON, STATE_TV, UN

NAMES = {"SY": "Syria", "SD": "Sudan"}
SOURCES = (a_source(), a_source(id="relief-desk", name="Relief Desk", grade="A", owner="un"), STATE_TV)
HEALTH = (a_health(), a_health(source_id="relief-desk", last_ok=ago(hours=5)))


def summed(incidents: list[Incident], **options: Any) -> str:
    """The summary of a day."""
    defaults: dict[str, Any] = {
        "title": "all countries",
        "since": ago(hours=24),
        "now": NOW,
        "health": HEALTH,
        "sources": SOURCES,
        "country_name": lambda code: NAMES.get(code, code),
    }
    return summary(incidents, **{**defaults, **options})


SUDAN = {"country": "SD", "place": a_place("Umm Ghar", country="SD", key="sd/umm-ghar")}
SIEGE = {"categories": (Category.SIEGE,), "asset": None}
DAY = [
    an_incident(number=3, severity=Severity.MINOR, people=None, evidence=(), updated=ago(hours=2), **SUDAN),
    an_incident(
        number=4, direction=Direction.IMPROVING, state=State.RESOLVED, evidence=evidence("siege.end"),
        told=(a_told(), UN), corroborated=True, credibility=1, updated=ago(hours=3), **SIEGE,
    ),
    an_incident(
        number=5, severity=Severity.SEVERE, evidence=(), told=(PARTY,), credibility=6, updated=ago(hours=1), **SUDAN,
    ),
    an_incident(number=6, state=State.DORMANT, updated=ago(days=9), **SIEGE),
    an_incident(
        number=7, severity=Severity.MODERATE, place=a_place("Tell Asmar", key="sy/tell-asmar"), people=None,
        status=Status.ANNOUNCED, direction=Direction.IMPROVING, evidence=(), updated=ago(minutes=30),
    ),
]  # fmt: skip


def test_golden_summary() -> None:
    """Five incidents in two countries."""
    assert_golden("summary", summed(DAY))


def test_golden_empty_summary() -> None:
    """Nothing is said to have happened, and who wasn't heard is said."""
    assert_golden("summary_empty", summed([], title="Sudan"))


def test_golden_latest() -> None:
    """The five newest of six."""
    changes = [(a_change(number=n, place=a_place(f"Place {n}")), ago(hours=n)) for n in range(1, 6)]
    silent = a_change(ChangeKind.RESOLVED, state=State.RESOLVED, number=9, withheld="from before we listened")
    assert_golden("latest", latest([*changes, (silent, ago(minutes=5))], NOW))


def test_worst_first_then_newest() -> None:
    """Countries by their worst, places within them too."""
    lines = shown(summed(DAY)).split("\n")
    numbers = [line.rsplit("/why_", 1)[1] for line in lines if "/why_" in line]
    assert numbers == ["4", "6", "7", "5", "3"]
    assert [line for line in lines if line in NAMES.values()] == ["Syria", "Sudan"]


def test_resolved_and_better_are_as_visible_as_worse() -> None:
    """Each line begins with an arrow and the word for it."""
    lines = [line for line in shown(summed(DAY)).split("\n") if "/why_" in line]
    assert [line.split(",")[0] for line in lines] == [
        "↑ resolved",
        "= not confirmed lately",
        "↑ better",
        "↓ worse",
        "↓ worse",
    ]


def test_the_worst_are_kept_when_there_are_too_many() -> None:
    """Forty lines at most, whatever the country, and the rest is counted."""
    mild = [an_incident(number=n, severity=Severity.MINOR, updated=ago(minutes=n)) for n in range(1, 60)]
    text = shown(summed([*mild, an_incident(number=99, severity=Severity.MODERATE, **SUDAN)]))
    assert text.count("/why_") == 40
    assert "/why_99" in text
    assert "and 20 more" in text


def test_the_first_line_is_cut_on_a_lock_screen_only() -> None:
    """Alerts keep to what a phone shows there; answers, catch-ups and the line a day have room."""
    name = "Bab al-Hawa crossing into the north-western districts"
    change = a_change(place=a_place(name, kind="crossing"), late=True)
    whole = f"last supply route cut - {name}, SY"
    assert whole not in shown(alert(change, now=NOW)).split("\n")[0]
    assert whole in shown(latest([(change, ago(hours=1))], NOW))
    assert whole in shown(why(change.incident, [], NOW))
    assert whole in shown(catch_up([(change, ago(hours=1), "you had muted this")], NOW))
    assert whole in shown(daily([change.incident], [], [], [], ZoneInfo("UTC"), NOW))


@pytest.mark.parametrize(
    ("last_ok", "expected"),
    [
        (ago(minutes=5), "1 of 1 source heard, last check 22 Nov 2026 13:55 UTC."),
        (ago(minutes=46), "0 of 1 source heard, so we can't tell, last check 22 Nov 2026 13:14 UTC."),
        (None, "0 of 1 source heard, so we can't tell."),
    ],
)
def test_an_empty_summary_says_whether_we_listened(last_ok: datetime | None, expected: str) -> None:
    """A source is silent after three of its intervals."""
    text = shown(summed([], sources=SOURCES[:1], health=[a_health(last_ok=last_ok)]))
    assert text.startswith(f"No change reported in all countries in 24 h; {expected}")
    assert ("Not heard: River News" in text) is ("can't tell" in expected)


def test_no_change_yet_says_what_to_do() -> None:
    """An empty /latest leads on."""
    text = shown(latest([], NOW))
    assert "/subscribe" in text
    assert "/summary" in text


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(st.tuples(CHANGES, SOON), max_size=6), FOREIGN)
def test_every_answer_parses_in_all_its_parts(changes: list[tuple[Change, datetime]], foreign: str) -> None:
    """Whatever the feeds say, Telegram takes each part, and no part is too long."""
    incidents = [change.incident for change, _ in changes]
    source = a_source(name=foreign, every=timedelta(hours=1))
    answers = [
        latest(changes, NOW),
        summed(incidents, title=foreign, sources=[source], country_name=lambda _: foreign),
        *(why(incident, changes, NOW) for incident in incidents[:2]),
    ]
    for html in answers:
        assert shown(html) == visible(html)
        assert all(0 < length(shown(part)) <= 4096 for part in split(html))


def test_sources_silent_in_the_same_way_stand_together() -> None:
    known = [a_source(id=i, name=i.title()) for i in ("ash", "birch", "cedar")]
    text = shown(summed([], sources=known, health=[a_health(source_id="birch", last_ok=ago(hours=2))]))
    assert "Not heard: Ash, Cedar (never); Birch (since " in text
