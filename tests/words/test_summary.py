"""What /latest and /summary answer: golden messages, order, honesty about silence, and safe HTML."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import Category, Change, ChangeKind, Direction, Figures, Incident, Reading, Severity, State, Status
from bot.words.markup import length, split, visible
from bot.words.notes import catch_up, daily
from bot.words.render import alert
from bot.words.summary import Form, Heard, Scope, latest, summary
from bot.words.why import why
from tests.make import NOW, a_change, a_health, a_place, a_source, a_told, ago, an_incident, evidence
from tests.words.golden import assert_golden
from tests.words.telegram_parser import shown
from tests.words.test_render import CHANGES, FOREIGN, PARTY, SOON, STATE_TV, UN

NAMES = {"SY": "Syria", "SD": "Sudan"}
SOURCES = (a_source(), a_source(id="relief-desk", name="Relief Desk", grade="A", owner="un"), STATE_TV)
HEALTH = (a_health(), a_health(source_id="relief-desk", last_ok=ago(hours=5)))


def pages_of(incidents: list[Incident], form: Form = Form.FULL, **options: Any) -> tuple[str, ...]:
    """The summary of a day, in full. `options`: fields of Scope and Heard, `country_name`."""
    given: dict[str, Any] = {"title": "all countries", "since": ago(hours=24), "now": NOW, **options}
    heard = Heard(given.pop("sources", SOURCES), given.pop("health", HEALTH), given.pop("reading", Reading()))
    country_name = given.pop("country_name", lambda code: NAMES.get(code, code))
    return summary(incidents, Scope(**given), heard, country_name, form)


def summed(incidents: list[Incident], **options: Any) -> str:
    """All its pages."""
    return "\n\n".join(pages_of(incidents, **options))


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


LISTENED = [replace(h, extra={"first_ok": ago(days=9), "refused": 2}) for h in HEALTH]
FIGURES = (Figures(opened=7, worsened=2, eased=3, resolved=1, older=4), Figures(opened=5, eased=1))
FULL = {"figures": FIGURES, "health": LISTENED, "reading": Reading(1204, 1150)}


def test_golden_summary() -> None:
    """Five incidents in two countries, every part of the full form."""
    (page,) = pages_of(DAY, **FULL)
    assert_golden("summary", page)


def test_golden_short_summary() -> None:
    """The same in short, for a chat with a time zone of its own."""
    (page,) = pages_of(DAY, Form.SHORT, zone=ZoneInfo("Asia/Kathmandu"), **FULL)
    assert_golden("summary_short", page)


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
    assert [name for line in lines if (name := line.partition(":")[0]) in NAMES.values()] == ["Syria", "Sudan"]


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


def of_many(bad: int, good: int) -> list[Incident]:
    """So many of each, numbered from 1, the bad ones first and worse."""
    better = {"severity": Severity.MINOR, "direction": Direction.IMPROVING, **SUDAN}
    return [an_incident(number=n, updated=ago(minutes=n)) for n in range(1, bad + 1)] + [
        an_incident(number=n, updated=ago(minutes=n), **better) for n in range(bad + 1, bad + good + 1)
    ]


@pytest.mark.parametrize(
    ("bad", "good", "shown_bad", "shown_good"),
    [(40, 30, 5, 5), (40, 2, 8, 2), (3, 30, 3, 7), (0, 12, 0, 10), (4, 0, 4, 0)],
)
def test_in_short_ten_are_told_and_the_rest_is_counted(bad: int, good: int, shown_bad: int, shown_good: int) -> None:
    """However bad the rest is, half of the lines are for what got better."""
    (page,) = pages_of(of_many(bad, good), Form.SHORT)
    lines = shown(page).split("\n")
    for name, all_of_them, told in (("Worse, or going on", bad, shown_bad), ("Better", good, shown_good)):
        assert (f"{name}: {all_of_them}" in lines) is bool(all_of_them)
        assert (f"and {all_of_them - told} more" in lines) is (all_of_them > told)
    assert page.count("/why_") == shown_bad + shown_good
    assert ("By country: " in page) is (bad > 0 and good > 0)


def test_pages_hold_every_incident_once_in_order() -> None:
    """Each says which it is, and names the country again; figures stand on the first, what was not covered on the last."""
    pages = pages_of(of_many(50, 40), figures=FIGURES, health=LISTENED)
    assert len(pages) > 3
    numbers = [int(n) for page in pages for n in re.findall(r"/why_(\d+)", page)]
    assert numbers == list(range(1, 91))
    for n, page in enumerate(pages, 1):
        assert shown(page).split("\n")[0].endswith(f", page {n} of {len(pages)}")
        assert ("Opened 7" in page) is (n == 1)
        assert ("What was not covered" in page) is (n == len(pages))
        assert page.count("/why_") <= 20
    assert "Syria (continued)" not in pages[0]
    assert "<b>Syria</b>: 50 worse or going on, 0 better (continued)" in pages[1]


def test_figures_stand_beside_those_of_the_period_before() -> None:
    """Unless we did not listen then: nothing is compared with silence."""
    assert "Opened 7 (5), got worse 2 (0), got better 3 (1), resolved 1 (0); in brackets the 24 h before." in summed(
        DAY, figures=FIGURES, health=LISTENED
    )
    young = [a_health(extra={"first_ok": ago(hours=30)})]
    text = summed(DAY, figures=FIGURES, health=young)
    assert "Opened 7, got worse 2, got better 3, resolved 1; no figures for the 24 h before, as we began" in text
    assert "to listen 30 h ago" in text
    assert "Found when a source was first read, and maybe older: 4." in text


def test_people_are_never_added_up() -> None:
    """The largest number stated for one incident, and for how many one is stated."""
    text = summed([an_incident(number=n, people=people) for n, people in enumerate((None, 900, 4000), 1)])
    assert "People affected are stated for 2: the most for one is about 4,000 (Qasr Nahr); not added up" in text
    assert "4,900" not in text
    assert "No number of people is stated." in summed([an_incident(people=None)])


def test_a_country_of_which_nothing_was_heard_is_named() -> None:
    """Something severe went on there; silence is not its end."""
    old = an_incident(number=2, updated=ago(days=3), **SUDAN)
    text = shown(summed([an_incident(), old]))
    assert "Nothing was heard of incidents that were open before in: Sudan." in text
    assert "nothing new since 19 Nov 2026 14:00 UTC" in text
    assert "Nothing was heard" not in summed([an_incident(number=3, **SUDAN), old])


def test_who_says_so_is_a_link_unless_it_tells_a_movement() -> None:
    """Each name leads to what it said."""
    assert '<a href="https://river.example/a?id=1&amp;x=2">River News</a> (C3)' in summed([an_incident()])
    convoy = an_incident(status=Status.ANNOUNCED, evidence=evidence("relief.move"))
    assert "<a href" not in summed([convoy])
    assert "River News (C3)" in summed([convoy])


def test_an_open_way_is_not_told_as_safe() -> None:
    assert "; not confirmed as safe /why_12" in summed([an_incident(direction=Direction.IMPROVING)])
    assert "safe" not in summed([an_incident()])


def test_what_was_taken_back_meanwhile_is_not_told_again() -> None:
    """On a page that was made before: its place is kept, its news is not."""
    text = shown(summed([an_incident(state=State.WITHDRAWN)]))
    assert "= withdrawn by an operator meanwhile: Qasr Nahr /why_12" in text
    assert "supply route" not in text


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
    options = {"title": foreign, "sources": [source], "country_name": lambda _: foreign}
    answers = [
        latest(changes, NOW),
        *(why(incident, changes, NOW) for incident in incidents[:2]),
    ]
    for html in answers:
        assert shown(html) == visible(html)
        assert all(0 < length(shown(part)) <= 4096 for part in split(html))
    for form in Form:
        for page in pages_of(incidents, form, **options):
            assert shown(page) == visible(page)
            assert 0 < length(shown(page)) <= 4096


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=8), st.integers(1, 12), FOREIGN)
def test_nothing_is_dropped_without_a_count(changes: list[Change], times: int, foreign: str) -> None:
    """In full each incident has its line on some page; in short each is told or counted; no page is cut."""
    given = [replace(c.incident, number=n) for n, c in enumerate(changes * times, 1)]
    options = {"title": foreign, "country_name": lambda code: foreign or code}
    pages = pages_of(given, **options)
    told = [int(n) for page in pages for n in re.findall(r" /why_(\d+)(?=\n|$)", page)]
    assert sorted(told) == [i.number for i in given]
    assert all(split(page) == [page] for page in pages)
    (short,) = pages_of(given, Form.SHORT, **options)
    told = re.findall(r" /why_(\d+)(?=\n|$)", short)
    more = [int(n) for n in re.findall(r"^and (\d+) more$", short, re.MULTILINE)]
    assert len(set(told)) == len(told)
    assert len(told) + sum(more) == len(given)
    assert split(short) == [short]


def test_sources_silent_in_the_same_way_stand_together() -> None:
    known = [a_source(id=i, name=i.title()) for i in ("ash", "birch", "cedar")]
    text = shown(summed([], sources=known, health=[a_health(source_id="birch", last_ok=ago(hours=2))]))
    assert "Not heard: Ash, Cedar (never); Birch (since " in text
