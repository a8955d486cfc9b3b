"""Alerts: golden messages, and what holds of every one whatever the feeds say."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.model import (
    Category,
    Certainty,
    Change,
    ChangeKind,
    ChatKind,
    Direction,
    Evidence,
    Reason,
    Severity,
    State,
    Status,
)
from bot.words.markup import length
from bot.words.phrases import PHRASES, first_line
from bot.words.render import alert
from tests.make import NOW, a_change, a_place, a_source, a_told, ago, an_incident, evidence
from tests.words.golden import assert_golden
from tests.words.telegram_parser import links, shown

ARABIC = "قطع آخر طريق إمداد إلى المدينة"
UN = a_told(
    item_id="2",
    source_id="relief-desk",
    source_name="Relief Desk",
    owner="un",
    grade="A",
    title="Supply route to Qasr Nahr reported cut",
    url="https://desk.example/2",
    published=ago(minutes=30),
    seen=ago(minutes=20),
)
PARTY = a_told(source_id="state-tv", source_name="State TV", owner="state", grade="E", independent=False)
STATE_TV = a_source(id="state-tv", name="State TV", speaks_for_party_in=("SY",))

GOLDEN: dict[str, tuple[Change, dict[str, Any]]] = {
    "opened_lifeline": (a_change(), {"country_name": "Syria"}),
    "escalated_two_sources": (
        a_change(
            ChangeKind.ESCALATED,
            because="more people are affected than first told",
            before=Severity.SEVERE,
            told=(a_told(), UN),
            corroborated=True,
            credibility=2,
            revision=3,
        ),
        {"country_name": "Syria"},
    ),
    "siege_of_one_party": (
        a_change(
            categories=(Category.SIEGE,),
            asset=None,
            people=None,
            told=(PARTY,),
            credibility=6,
            evidence=evidence("siege.act"),
            reasons=(Reason("siege", "A populated place is under siege."),),
        ),
        {"country_name": "Syria", "sources": [STATE_TV]},
    ),
    "siege_resolved": (
        a_change(
            ChangeKind.RESOLVED,
            because="the siege is told to be lifted",
            categories=(Category.SIEGE,),
            asset=None,
            direction=Direction.IMPROVING,
            state=State.RESOLVED,
            resolved=ago(minutes=20),
            told=(a_told(), UN),
            corroborated=True,
            credibility=1,
            evidence=evidence("siege.end"),
            revision=7,
        ),
        {"country_name": "Syria"},
    ),
    "crossing_reopened": (
        a_change(
            ChangeKind.EASED,
            because="access turned to better",
            place=a_place("Wadi Hajar", key="jo/wadi-hajar", kind="crossing", country="JO"),
            country="JO",
            asset="crossing",
            direction=Direction.IMPROVING,
            severity=Severity.SEVERE,
            people=None,
            evidence=evidence("asset.crossing", "open"),
            reasons=(Reason("asset", "A border crossing is open again."),),
        ),
        {"country_name": "Jordan"},
    ),
    "convoy_attacked_late": (
        a_change(
            categories=(Category.AID_DELIVERY,),
            asset=None,
            place=None,
            place_text="the road north of Tell Asmar",
            severity=Severity.SEVERE,
            evidence=evidence("relief.move", "harm"),
            late=True,
        ),
        {"country_name": "Syria", "maybe_repeat": True, "committed": ago(minutes=40)},
    ),
    "convoy_announced": (
        a_change(
            categories=(Category.AID_DELIVERY,),
            asset=None,
            status=Status.ANNOUNCED,
            certainty=Certainty.LIKELY,
            direction=Direction.IMPROVING,
            severity=Severity.MODERATE,
            people=None,
            evidence=evidence("relief.move", "arrive"),
            reasons=(Reason("aid", "Aid is on its way."),),
            told=(a_told(title="Convoy leaves depot at 06:00 by the river road"),),
        ),
        {"country_name": "Syria"},
    ),
    "arabic_source": (
        a_change(
            told=(a_told(title=ARABIC, source_name="إذاعة النهر"),),
            place=None,
            place_text="قصر النهر",
            reasons=(Reason("lifeline", f"The only way in is cut: “{ARABIC}”."),),
        ),
        {"country_name": "Syria"},
    ),
    "exercise": (
        a_change(exercise=True, country="XA", place=a_place("Port Exercise", country="XA", kind="port"), asset="port"),
        {},
    ),
    "withdrawn": (
        a_change(
            ChangeKind.WITHDRAWN,
            because="the outlet took its report back.",
            before=Severity.EXTREME,
            state=State.WITHDRAWN,
            revision=2,
        ),
        {"country_name": "Syria"},
    ),
    "hostile_and_long": (
        a_change(
            place=a_place("<b>Qasr</b> & " + "Nahr " * 30),
            told=tuple(
                a_told(owner=f"o{i}", source_name=f"<i>Source {i}</i> & {'sons ' * 20}", title='<a href="tg://x">' * 40)
                for i in range(6)
            ),
            reasons=(Reason("lifeline", "Cut & <cut>. " * 30), Reason("scale", "Large. " * 60)),
            because="because " * 60,
        ),
        {"country_name": "Syria"},
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str) -> None:
    """The alert reads as in its file."""
    change, options = GOLDEN[name]
    assert_golden(name, alert(change, now=NOW, **options))


FOREIGN = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="<>&\"' ab\n\u202e\u0301ا😀", max_size=300),
    st.sampled_from(
        [ARABIC * 20, "</b>" * 50, "&lt" * 90, "x" * 1_000_000, "ﷺ" * 300, "\ud800", "@all /why_1 https://evil.example"]
    ),
)
SOON = st.integers(0, 10**6).map(lambda minutes: NOW - timedelta(minutes=minutes))
CONCEPTS = sorted({need for row in PHRASES for need in row.needs})
TOLD = st.builds(
    a_told,
    owner=FOREIGN,
    source_name=FOREIGN,
    title=FOREIGN,
    url=FOREIGN | FOREIGN.map("https://a.example/".__add__),
    grade=st.sampled_from("ABCDEF") | FOREIGN,
    independent=st.booleans(),
    published=st.none() | SOON,
    seen=SOON,
)
CHANGES = st.builds(
    a_change,
    st.sampled_from(ChangeKind),
    because=FOREIGN,
    before=st.none() | st.sampled_from(Severity),
    number=st.integers(0, 10**6),
    categories=st.sets(st.sampled_from(Category), min_size=1).map(tuple),
    country=st.none() | st.sampled_from(["SY", "SD"]) | FOREIGN,
    place=st.none() | st.builds(a_place, FOREIGN, kind=FOREIGN, pcode=st.none() | FOREIGN),
    place_text=st.none() | FOREIGN,
    severity=st.sampled_from(Severity),
    certainty=st.sampled_from(Certainty),
    direction=st.sampled_from(Direction),
    status=st.sampled_from(Status),
    state=st.sampled_from(State),
    people=st.none() | st.integers(0, 200_000_000),
    asset=st.none() | st.sampled_from(["road", "checkpoint", "spaceport"]),
    corroborated=st.booleans(),
    credibility=st.integers(1, 6),
    told=st.lists(TOLD, max_size=5).map(tuple),
    reasons=st.lists(st.builds(Reason, FOREIGN, FOREIGN), max_size=3).map(tuple),
    evidence=st.lists(st.builds(Evidence, st.just(0), st.just(1), FOREIGN, st.sampled_from(CONCEPTS)), max_size=4).map(
        tuple
    ),
    revision=st.integers(1, 10**4),
    exercise=st.booleans(),
)
OPTIONS = st.fixed_dictionaries(
    {
        "committed": st.none() | SOON,
        "to": st.sampled_from(ChatKind),
        "zone": st.sampled_from([UTC, ZoneInfo("Pacific/Auckland")]),
        "maybe_repeat": st.booleans(),
        "dry": st.sampled_from(["", "it would have gone to 12,000 chats"]),
        "country_name": FOREIGN,
        "sources": st.sampled_from([(), (a_source(),), (a_source(speaks_for_party_in=("SY",)),)]),
    }
)
HEAD = re.compile(
    r"(EXERCISE )?(((RESOLVED|BETTER|WITHDRAWN) \()?(EXTREME|SEVERE|MODERATE|MINOR)( \(LATE\)|(, LATE)?\))?): \S"
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(CHANGES, OPTIONS)
def test_every_alert_parses_and_keeps_its_size(change: Change, options: dict[str, Any]) -> None:
    """Telegram takes it, the first line fits a lock screen and starts with the severity, all fits the limit."""
    text = shown(alert(change, now=NOW, **options))
    first = text.split("\n")[0]
    assert HEAD.match(first)
    assert length(first) <= 70
    assert length(text) <= 700
    assert "\nSources: " in text
    assert change.incident.corroborated or "; uncorroborated: " in text
    assert text.count("\u2068") == text.count("\u2069")
    asked = options["to"] is not ChatKind.CHANNEL and change.incident.number > 0
    assert (f", /why_{change.incident.number}, as of " in text) is asked


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "EXTREME: last supply route cut - Qasr Nahr, SY"),
        ({"evidence": (), "asset": "bridge"}, "EXTREME: bridge cut - Qasr Nahr, SY"),
        ({"evidence": (), "asset": None}, "EXTREME: route closed - Qasr Nahr, SY"),
        ({"evidence": (), "direction": Direction.UNCHANGED}, "EXTREME: road still closed - Qasr Nahr, SY"),
        ({"direction": Direction.IMPROVING}, "BETTER (EXTREME): supply route reopened - Qasr Nahr, SY"),
        ({"state": State.RESOLVED}, "RESOLVED (EXTREME): supply route reopened - Qasr Nahr, SY"),
        ({"status": Status.RUMOURED}, "EXTREME: last supply route cut (rumoured) - Qasr Nahr, SY"),
        ({"status": Status.ANNOUNCED}, "EXTREME: supply route to be cut (announced) - Qasr Nahr, SY"),
        ({"place": None, "country": None}, "EXTREME: last supply route cut - place not named"),
        ({"place": None}, "EXTREME: last supply route cut - Syria"),
        (
            {"categories": (Category.SIEGE,), "evidence": (), "direction": Direction.IMPROVING},
            "BETTER (EXTREME): siege eased - Qasr Nahr, SY",
        ),
        (
            {"categories": (Category.SIEGE, Category.AID_DELIVERY), "evidence": evidence("relief.move", "harm")},
            "EXTREME: aid convoy attacked - Qasr Nahr, SY",
        ),
        (
            {
                "exercise": True,
                "status": Status.ANNOUNCED,
                "direction": Direction.IMPROVING,
                "severity": Severity.MODERATE,
            },
            "EXERCISE BETTER (MODERATE): supply route t… (announced) - Qasr Na…, SY",
        ),
    ],
)
def test_first_lines(fields: dict[str, Any], expected: str) -> None:
    """The facts choose the phrase."""
    assert "".join(first_line(an_incident(**fields), country_name="Syria")) == expected


@pytest.mark.parametrize("row", PHRASES, ids=lambda row: f"{row.category}-{row.direction}-{row.words}")
def test_every_phrase_is_said_of_something(row: Any) -> None:
    """No row of the table is hidden by one before it."""
    state = State.RESOLVED if row.ends else State.OPEN
    incident = an_incident(
        categories=(row.category,), direction=row.direction, evidence=evidence(*row.needs), state=state, asset=None
    )
    assert row.words.format(asset="route", shut="closed") in "".join(first_line(incident))


def test_an_announced_movement_gives_away_neither_words_nor_link() -> None:
    """Until it is told to have happened."""
    change, _ = GOLDEN["convoy_announced"]
    html = alert(change, now=NOW)
    assert links(html) == []
    assert "06:00 by the river" not in shown(html)
    happened = a_change(evidence=evidence("relief.move", "arrive"), told=change.incident.told)
    assert links(alert(happened, now=NOW)) == [change.incident.told[0].url]


def test_where_and_when_outlast_what_is_told_elsewhere() -> None:
    """A full alert gives up what /why says too before it gives up its place and its date."""
    told = tuple(
        a_told(owner=f"o{n}", source_name=f"Outlet number {n} of the river", published=ago(hours=n)) for n in range(3)
    )
    reasons = tuple(
        Reason(f"r{n}", "a crossing, port, airport or corridor that people depend on is concerned") for n in range(2)
    )
    text = shown(
        alert(
            a_change(told=told, reasons=reasons, before=Severity.MINOR),
            now=NOW,
            committed=ago(hours=3),
            country_name="Syria",
        )
    )
    assert "\nWhere: Qasr Nahr (city), Syria\nWhen: reported 22 Nov 2026 14:00 UTC\n" in text
    assert "certainty" not in text


def test_an_opened_route_is_never_told_as_safe() -> None:
    """Good news of a route says that safety isn't confirmed."""
    change, options = GOLDEN["crossing_reopened"]
    text = shown(alert(change, now=NOW, **options))
    assert "Not confirmed as safe." in text
    assert "safe to travel" not in text


def test_one_owner_is_one_source() -> None:
    """Three sites of one owner are named once."""
    told = tuple(a_told(source_id=f"river-{i}", source_name=f"River {i}") for i in range(3))
    text = shown(alert(a_change(told=told), now=NOW))
    assert "Sources: River 0 (C3); uncorroborated: one independent source\n" in text


def test_a_delayed_alert_says_as_of_when_it_is_true() -> None:
    """The time of recording is the as-of time; the time of sending follows when it is much later."""
    text = shown(alert(a_change(), now=NOW, committed=ago(hours=3)))
    assert text.endswith("as of 22 Nov 2026 11:00 UTC, sent 22 Nov 2026 14:00 UTC")
