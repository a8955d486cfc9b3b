"""Folding: which incident a report joins, and what it changes there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.judge.incidents import fold
from bot.judge.routing import Listening, decide
from bot.model import Assessment, Change, ChangeKind, Dismissal, Incident, Item, Period, Severity, Source, State
from tests.judge.loaded import JUDGE
from tests.make import NOW, a_source

TOWN = "Fighters besieged the town of Idlib; 40,000 civilians are trapped without food."
LIFTED = "The siege of Idlib was lifted and civilians can leave."


def assessed(text: str, title: str = "", item_id: str = "1", at=NOW) -> Assessment:
    judged = JUDGE.judge(
        Item(id=item_id, title=title, text=text, lang="en", source="s", published=Period.at(at), fetched=at)
    )
    assert not isinstance(judged, Dismissal), judged.reason
    return judged


def told(
    text: str,
    known: Incident | None = None,
    *,
    after: timedelta = timedelta(0),
    source: Source | None = None,
    item_id="1",
) -> Change:
    at = NOW + after
    change = fold(assessed(text, item_id=item_id, at=at), source or a_source(), [known] if known else [], at)
    assert change is not None
    return change if change.incident.number else replace(change, incident=replace(change.incident, number=1))


def other(name: str, **fields) -> Source:
    return a_source(id=name, name=name, owner=name, **fields)


def test_opened() -> None:
    """The first report opens, uncorroborated, at the severity of the report."""
    change = told(TOWN)
    assert change.kind is ChangeKind.OPENED
    assert change.incident.state is State.OPEN
    assert not change.incident.corroborated
    assert change.incident.where == "Idlib"


def test_retelling_changes_nothing() -> None:
    """The same outlet again: repeated, nothing rings."""
    opened = told(TOWN).incident
    change = told(TOWN, opened, after=timedelta(hours=2), item_id="2")
    assert change.kind is ChangeKind.REPEATED
    assert not change.sounds
    assert len(change.incident.told) == 2


def test_corroborated_once_by_another_owner() -> None:
    """A second independent owner corroborates a severe incident; a third does not ring again."""
    opened = told(TOWN).incident
    second = told(
        "Idlib is besieged and its residents are cut off from food, aid groups say.",
        opened,
        source=other("b"),
        item_id="2",
    )
    assert second.kind is ChangeKind.CORROBORATED
    assert second.incident.corroborated
    third = told(
        "Besieged Idlib: families without water for a third day", second.incident, source=other("c"), item_id="3"
    )
    assert third.kind is ChangeKind.REPEATED
    assert third.incident.credibility == 1


@pytest.mark.parametrize(
    "source",
    [
        other("party", speaks_for_party_in=("SY",)),
        other("sum", affiliation="aggregator"),
        a_source(id="sister"),
    ],
    ids=["speaks for a party", "aggregator", "same owner"],
)
def test_no_second_witness(source: Source) -> None:
    """A party's outlet, an aggregator, or the same owner under another name corroborate nothing."""
    source = replace(source, affiliation=type(a_source().affiliation)(source.affiliation))
    opened = told(TOWN).incident
    change = told("Idlib remains besieged and its residents lack food.", opened, source=source, item_id="2")
    assert change.kind is ChangeKind.REPEATED
    assert not change.incident.corroborated


def test_agency_copy_is_no_second_witness() -> None:
    """The same words under another name are one source."""
    change = told(TOWN, told(TOWN).incident, source=other("b"), item_id="2")
    assert change.kind is ChangeKind.REPEATED
    assert not change.incident.corroborated


def test_escalated() -> None:
    """Severity up rings as escalated, and keeps what it was before."""
    opened = told("Fighters besieged the town of Idlib; civilians are trapped.").incident
    change = told("In besieged Idlib 150,000 civilians are trapped and starving.", opened, item_id="2")
    assert change.kind is ChangeKind.ESCALATED
    assert (change.before, change.incident.severity) == (Severity.SEVERE, Severity.EXTREME)


def test_resolved_months_later() -> None:
    """A siege lifted joins the siege, however old, and resolves it; told again it is silent."""
    opened = told(TOWN).incident
    change = told(LIFTED, opened, after=timedelta(days=240), item_id="2")
    assert change.kind is ChangeKind.RESOLVED
    assert change.incident.state is State.RESOLVED
    again = told(LIFTED, change.incident, after=timedelta(days=241), item_id="3", source=other("b"))
    assert again.kind is ChangeKind.REPEATED
    assert again.incident.state is State.RESOLVED


def test_a_new_siege_after_the_old_one() -> None:
    """Worse again days after it was resolved: a new incident."""
    resolved = told(LIFTED, told(TOWN).incident, after=timedelta(days=1), item_id="2").incident
    change = told(TOWN, resolved, after=timedelta(days=30), item_id="3")
    assert change.kind is ChangeKind.OPENED


def test_eased() -> None:
    """Good news that ends nothing eases."""
    opened = told(TOWN).incident
    change = told(
        "An aid convoy reached besieged Idlib with food for civilians.", opened, after=timedelta(hours=5), item_id="2"
    )
    assert change.kind is ChangeKind.EASED
    assert change.incident.state is State.OPEN


def test_other_place_other_incident() -> None:
    """The same words elsewhere are another story."""
    change = told(
        "Fighters besieged the town of El Fasher; 40,000 civilians are trapped without food.",
        told(TOWN).incident,
        item_id="2",
    )
    assert change.kind is ChangeKind.OPENED


@pytest.mark.parametrize(
    ("text", "hours", "joins"),
    [
        (TOWN, 3, True),
        (TOWN.upper().replace(";", " -"), 20, True),
        (TOWN, 25, False),
        ("Fighters again besieged the town of Idlib; 40,000 civilians are trapped without food.", 3, False),
        (TOWN.replace("Idlib", "El Fasher"), 3, False),
    ],
)
def test_a_copy_of_what_was_withdrawn_joins_it(text: str, hours: int, joins: bool) -> None:
    """Word for word, of about the same day, in silence; what may be news opens an incident."""
    withdrawn = replace(told(TOWN).incident, state=State.WITHDRAWN, updated=NOW + timedelta(hours=1))
    change = told(text, withdrawn, after=timedelta(hours=hours), source=other("b"), item_id="2")
    if not joins:
        assert change.kind is ChangeKind.OPENED
        return
    assert change.kind is ChangeKind.REPEATED
    assert (change.incident.state, change.incident.updated) == (State.WITHDRAWN, withdrawn.updated)
    assert [t.source_id for t in change.incident.told] == [a_source().id, "b"]


def test_a_request_opens_nothing() -> None:
    """Asked for is not happened."""
    a = assessed("The UN called for an end to the siege of Idlib, where civilians starve.")
    assert fold(a, a_source(), [], NOW) is None


@pytest.mark.parametrize(
    ("how", "age", "says"),
    [
        (Listening(), timedelta(0), None),
        (Listening(first_poll=True), timedelta(0), "first poll"),
        (Listening(), timedelta(hours=25), "older than 24 h"),
        (Listening(replay=True), timedelta(days=300), None),
    ],
)
def test_withheld(how: Listening, age: timedelta, says: str | None) -> None:
    """From before we listened: kept and summarised, pushed to nobody, with the reason."""
    item = Item(id="1", text=TOWN, published=Period.at(NOW - age))
    change = decide(told(TOWN), item, how, NOW)
    assert (change.withheld or "").find(says or "") >= 0
    assert change.sounds is (says is None)


def test_exercise_is_never_pushed_as_real() -> None:
    """An exercise incident rings only in an exercise."""
    change = told(TOWN)
    change = replace(change, incident=replace(change.incident, exercise=True))
    item = Item(id="1", text=TOWN)
    assert not decide(change, item, Listening(), NOW).sounds
    assert decide(change, item, Listening(exercise_mode=True), NOW).sounds
