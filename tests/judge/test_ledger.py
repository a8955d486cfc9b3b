"""The state ledger: what a text says of states, and what such statements add up to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.judge.ledger import runs, standings, statements, told_states
from bot.model import Access, Assessment, How, Item, Period, Statement
from tests.judge.loaded import JUDGE
from tests.make import NOW, a_place, a_told, an_incident

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS = {"siege": 30, "aid_delivery": 7, "other": 6, "crossing": 7, "road": 5}


def stale(kind: str) -> timedelta:
    return DAYS[kind] * DAY


def told(state: str, how: str = "worse", *, days: float = 0, kind: str = "crossing", **given: object) -> Statement:
    """One statement, so many days before NOW."""
    base = Statement(
        1, "own:gate", "Gate", "PS", kind, Access(state), How(how), NOW - days * DAY, "a", "Radio A", "a", "C", True,
        "https://a.example/1",
    )  # fmt: skip
    return replace(base, **given)


def read(text: str, title: str = "") -> Assessment:
    judged = JUDGE.judge(Item("1", title, text, lang="en", published=Period.at(NOW)))
    assert isinstance(judged, Assessment), judged.reason
    return judged


# --- what a text says ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The Rafah crossing was closed by fighting; displaced people wait for food.", {"crossing": "closed worse"}),
        ("The Rafah crossing remains closed to displaced people.", {"crossing": "closed still"}),
        ("The Rafah crossing was partially reopened for displaced people.", {"crossing": "restricted better"}),
        ("The Rafah crossing reopened for displaced people in Gaza.", {"crossing": "open better"}),
        ("The Rafah crossing opened for a few hours for displaced people.", {"crossing": "restricted better"}),
        ("Authorities will reopen the Rafah crossing on Sunday for displaced people.", {}),
        ("The UN called for the Rafah crossing to be reopened for aid to displaced people.", {}),
        (
            "Fighters besieged the town of Idlib; 40,000 civilians are trapped without food.",
            {"place": "besieged worse"},
        ),
        ("The siege of Idlib was lifted and civilians can leave.", {"place": "restricted better"}),
        ("Troops blocked an aid convoy for displaced families in Idlib, Syria.", {"relief": "restricted worse"}),
        ("Five aid workers were killed in an attack on an aid convoy near El Fasher, Sudan.", {}),
        (
            "An aid convoy reached besieged Deir ez-Zor with food for civilians.",
            {"place": "besieged still", "relief": "restricted some"},
        ),
        (
            "The siege of Deir ez-Zor was broken; the road to Damascus was reopened and food reached civilians.",
            {"place": "open better", "road": "open better", "relief": "restricted some"},
        ),
        (
            "The road to El Fasher in Sudan is closed by fighting; aid cannot reach displaced people.",
            {"road": "closed worse", "relief": "restricted worse"},
        ),
    ],
)
def test_what_a_text_says_of_states(text: str, said: dict[str, str]) -> None:
    """Only what happened or goes on; at most one state a subject."""
    report = read(text).report
    found = told_states(report, report.asset or "route")
    assert {kind: f"{state} {how}" for kind, (state, how) in found.items()} == said


@pytest.mark.parametrize(
    ("asset", "words", "state"),
    [("bridge", "damage", "closed"), ("road", "damage", "restricted"), ("road", "close", "closed")],
)
def test_only_a_bridge_is_gone_by_fire(asset: str, words: str, state: str) -> None:
    """A road under fire is there still."""
    report = read("The road to Goma was closed; displaced people lack food.").report
    changed = replace(report, evidence=tuple(replace(e, concept=words) for e in report.evidence[:1]))
    assert told_states(changed, asset)[asset] == (Access(state), How.WORSE)


def test_a_statement_is_of_the_incident_that_it_was_counted_to() -> None:
    """Who said it and when: published, not seen; where it names no place it speaks of the incident's."""
    judged = read("The Rafah crossing was closed by fighting; displaced people wait for food.")
    incident = an_incident(told=(a_told(), a_told(source_id="b", source_name="B", grade="B")))
    [said] = statements(judged, incident, NOW + 5 * HOUR)
    assert (said.number, said.place_key, said.kind, said.at) == (12, "own:rafah-crossing", "crossing", NOW)
    assert (said.source_id, said.source_name, said.grade) == ("b", "B", "B")
    nowhere = replace(judged, report=replace(judged.report, place=None))
    assert [s.place_key for s in statements(nowhere, incident, NOW)] == [a_place().key]
    country = [s.place_key for s in statements(nowhere, replace(incident, place=None), NOW)]
    assert country == ["PS"]
    neither = replace(judged, report=replace(judged.report, place=None, country=None))
    assert statements(neither, replace(incident, place=None, country=None), NOW) == ()


def test_a_date_that_is_a_day_or_lies_ahead_is_when_it_was_seen() -> None:
    """So that a paper of today does not stand before what was on the radio this morning."""
    judged = read("The Rafah crossing was closed by fighting; displaced people wait for food.")
    day = Period(NOW.replace(hour=0), NOW.replace(hour=23, minute=59))
    for published, at in ((day, NOW), (Period.at(NOW + DAY), NOW), (None, NOW), (Period.at(NOW - DAY), NOW - DAY)):
        dated = replace(judged, item=replace(judged.item, published=published))
        assert statements(dated, an_incident(), NOW)[0].at == at


# --- what statements add up to -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "states"),
    [
        (["closed worse", "closed still"], ["closed"]),
        (["closed worse", "restricted better", "open better"], ["closed", "restricted", "open"]),
        (["open better", "closed still"], ["open", "closed"]),  # a green light that is contradicted is none
        (["closed worse", "restricted worse"], ["closed"]),  # bad news never betters
        (["closed worse", "restricted still"], ["closed"]),
        (["open better", "restricted better"], ["open", "restricted"]),
        (["restricted still"], ["restricted"]),
        (["restricted some"], []),  # a delivery to where nothing was known
        (["restricted worse", "restricted some"], ["restricted"]),
    ],
)
def test_one_after_the_other(said: list[str], states: list[str]) -> None:
    """An hour apart."""
    some = [told(*each.split(), days=1 - n / 24) for n, each in enumerate(said)]
    assert [run.state.value for run in runs(some, stale)] == states


def test_late_news_never_undoes_newer_news() -> None:
    """Written down last, published first."""
    [now] = standings([told("open", "better", days=1), told("closed", days=2)], stale, NOW)
    assert now.state is Access.OPEN
    assert [run.state for run in now.runs] == [Access.CLOSED, Access.OPEN]


def test_nobody_confirms_it() -> None:
    """Seven days for a crossing; to the second."""
    said = [told("closed", days=9), told("closed", "still", days=7)]
    [then] = standings(said, stale, NOW)
    assert (then.state, then.last.since, then.last.confirmed_at) == (Access.CLOSED, NOW - 9 * DAY, NOW - 7 * DAY)
    [later] = standings(said, stale, NOW + timedelta(seconds=1))
    assert (later.state, later.last.state, later.last.expires) == (Access.UNKNOWN, Access.CLOSED, NOW)


def test_what_is_told_again_after_silence_began_anew() -> None:
    """Nobody knows what was between; and a delivery wakes nothing."""
    again = runs([told("closed", days=20), told("closed", "still", days=2)], stale)
    assert [(r.since, r.at_least) for r in again] == [(NOW - 20 * DAY, False), (NOW - 2 * DAY, True)]
    aid = {"kind": "relief"}
    said = [told("restricted", days=20, **aid), told("restricted", "some", days=2, **aid)]
    assert [r.confirmed_at for r in runs(said, stale)] == [NOW - 20 * DAY]


@pytest.mark.parametrize(
    ("kind", "state", "days"),
    [("place", "besieged", 30), ("place", "restricted", 6), ("relief", "restricted", 7), ("road", "open", 5)],
)
def test_how_long_each_kind_holds(kind: str, state: str, days: int) -> None:
    """As bot.toml says; that a siege was lifted is not good for as long as the siege."""
    [run] = runs([told(state, "better", kind=kind)], stale)
    assert run.expires == NOW + days * DAY


@pytest.mark.parametrize(
    ("others", "corroborated", "witnesses"),
    [
        ([], False, 1),
        ([{"owner": "a"}], False, 1),
        ([{"owner": "b"}], True, 2),
        ([{"owner": "b", "independent": False}], False, 1),
        ([{"owner": "un", "grade": "A"}], True, 2),
        ([{"owner": "b", "how": How.SOME}], False, 1),  # that a convoy came confirms no closure
    ],
)
def test_who_says_so(others: list[dict[str, object]], corroborated: bool, witnesses: int) -> None:
    """Of this state, not of the one before."""
    closed = [told("open", "better", days=3, owner="z"), told("closed", days=2)]
    last = runs([*closed, *(told(**{"state": "closed", "how": "still", "days": 1, **o}) for o in others)], stale)[-1]
    assert (last.corroborated, last.witnesses) == (corroborated, witnesses)


def test_subjects_stand_apart_and_one_of_two_names_together() -> None:
    """A road and a crossing at one place; a town that stands for its crossing."""
    town = told("open", "better", days=1, place_key="town")
    found = standings([told("closed", days=2), told("restricted", kind="road"), town], stale, NOW)
    assert sorted((s.place_key, s.kind, s.state.value) for s in found) == [
        ("own:gate", "crossing", "closed"), ("own:gate", "road", "restricted"), ("town", "crossing", "open"),
    ]  # fmt: skip
    found = standings([told("closed", days=2), town], stale, NOW, lambda s: "own:gate")
    assert [s.state for s in found] == [Access.OPEN]


SAID = st.sampled_from(["open better", "restricted better", "restricted worse", "closed worse", "closed still"])


@settings(max_examples=200, deadline=None)
@given(st.lists(SAID, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_writing_does_not_matter(said: list[str], dice: object) -> None:
    """Sources are heard in any order, and what is late changes only what was before."""
    some = [told(*each.split(), days=len(said) - n) for n, each in enumerate(said)]
    mixed = list(some)
    dice.shuffle(mixed)  # type: ignore[attr-defined]
    assert runs(mixed, stale) == runs(some, stale)


@settings(max_examples=200, deadline=None)
@given(st.lists(SAID, max_size=8), st.sampled_from(["restricted worse", "restricted still", "closed still"]))
def test_bad_news_never_betters(said: list[str], last: str) -> None:
    """Whatever was before: the newest word that something is shut or hard makes nothing better than it was."""
    order = [Access.OPEN, Access.RESTRICTED, Access.CLOSED]
    some = [told(*each.split(), days=len(said) - n) for n, each in enumerate(said)]
    before, after = runs(some, stale), runs([*some, told(*last.split())], stale)
    if before:
        assert order.index(after[-1].state) >= order.index(before[-1].state)
    assert order.index(after[-1].state) >= order.index(Access(last.split()[0]))
