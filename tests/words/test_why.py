"""What /why answers: a golden page, each thing said once and in plain words, and nothing given away."""

from __future__ import annotations

import tomllib
from datetime import timedelta

import pytest

from bot.model import Category, Change, ChangeKind, Direction, Evidence, Reason, State, Status
from bot.words.phrases import CONCEPTS
from bot.words.why import why
from tests.judge.loaded import CONFIG
from tests.make import NOW, a_change, a_told, ago, an_incident, evidence
from tests.words.golden import assert_golden
from tests.words.telegram_parser import links, shown
from tests.words.test_render import PARTY, UN

AGAIN = "told again: nothing new for the chats"


def section(html: str, title: str) -> list[str]:
    """The lines under a title."""
    (found,) = (block for block in shown(html).split("\n\n") if block.startswith(title))
    return found.split("\n")[1:]


def test_golden_why() -> None:
    """Words, reasons, sources and changes of one incident."""
    reasons = (
        Reason("scale", "a million people or more are affected"),
        Reason("lifeline", "the last way in is concerned"),
        Reason("a route", "a route is closed or opened"),
        Reason("tens", "a route is closed or opened"),
        Reason("place", "“Qasr Nahr” is Qasr Nahr, SY"),
        Reason("recognised", "lifeline cut, people, starvation, in SY, a country in crisis, more than one claim"),
    )
    told = (a_told(), UN, PARTY, a_told(item_id="9", title="Still cut off", seen=ago(minutes=10)))
    incident = an_incident(told=told, reasons=reasons, corroborated=True, credibility=2, revision=2)
    opened = an_incident(told=told[:1])
    both = an_incident(told=told[:2])
    history = [
        (
            a_change(ChangeKind.CORROBORATED, because="confirmed by an independent source", incident=both),
            ago(minutes=20),
        ),
        (
            a_change(withheld="from before we listened: first poll of this source", incident=opened),
            ago(hours=1, minutes=50),
        ),
        (a_change(ChangeKind.REPEATED, because="told again", withheld=AGAIN, incident=incident), ago(minutes=10)),
    ]
    assert_golden("why", why(incident, history, NOW))


def test_every_concept_has_a_plain_name() -> None:
    """Whoever adds one to patterns.toml says in CONCEPTS what its words are read as; no two are called the same."""
    configured = set(tomllib.loads((CONFIG / "patterns.toml").read_text(encoding="utf-8"))["concepts"])
    assert configured - set(CONCEPTS) == set(), "give it a plain name in bot/words/phrases.py"
    assert len({name for _, name in CONCEPTS.values()}) == len(CONCEPTS)


def test_a_concept_without_a_plain_name_still_reads() -> None:
    """An operator's own patterns.toml may hold one."""
    incident = an_incident(evidence=evidence("asset.ferry", "close"))
    assert section(why(incident, [], NOW), "What the report said") == [
        "Beside it: “asset ferry” (asset ferry)",
        "Route closure: “close” (closed or cut)",
    ]


def test_each_word_is_told_once_and_by_the_news_it_told() -> None:
    """From title and text, in any case, and not again as a part of longer words."""
    found = (
        Evidence(0, 5, "Siege", "siege.state"),
        Evidence(10, 16, "broken", "lift"),
        Evidence(30, 35, "siege", "siege.state"),
        Evidence(40, 52, "food reached", "relief.in"),
        Evidence(45, 52, "reached", "arrive"),
        Evidence(60, 67, "120,000", "people"),
        Evidence(70, 74, "shut", "close"),  # of supplies here: no route is told of
    )
    incident = an_incident(categories=(Category.AID_DELIVERY, Category.SIEGE), evidence=found)
    assert section(why(incident, [], NOW), "What the report said") == [
        "Siege: “Siege” (a siege), “broken” (lifted, broken or eased)",
        "Aid delivery: “food reached” (aid let in), “shut” (closed or cut)",
        "Beside it: “120,000” (the people affected)",
    ]


def test_words_and_severity_name_the_reports_that_they_are_from() -> None:
    """A resolved incident is called after its end and is as severe as it was told before."""
    opened = a_change()
    over = a_change(ChangeKind.RESOLVED, because="the route is open", state=State.RESOLVED, told=(a_told(), UN))
    text = shown(why(over.incident, [(opened, ago(hours=2)), (over, ago(hours=1))], NOW))
    assert "\nWhat the report said (Relief Desk, 22 Nov 2026 13:00 UTC)\n" in text
    assert "\nWhy extreme (River News, 22 Nov 2026 12:00 UTC)\n" in text


def test_what_chats_were_told_and_what_not() -> None:
    """In order; repetitions in a row are one line; what the kind says is not said again, what it leaves open is."""
    again = [
        (
            a_change(
                ChangeKind.REPEATED, because="told again", withheld=AGAIN, told=(a_told(source_name=f"Outlet {n}"),)
            ),
            ago(minutes=60 - n),
        )
        for n in range(5)
    ]
    late = Change(ChangeKind.EASED, an_incident(), "the news turned", withheld="from an outage", catch_up=True)
    history = [
        (a_change(), ago(hours=2)),
        (a_change(ChangeKind.REPEATED, withheld=AGAIN), ago(hours=1, minutes=30)),
        (a_change(ChangeKind.ESCALATED, because="severity rose from severe to extreme"), ago(hours=1, minutes=20)),
        *again,
        (late, ago(minutes=30)),
        (a_change(ChangeKind.RESOLVED, because="the <route> is open"), ago(minutes=20)),
        (a_change(ChangeKind.WITHDRAWN, because="an old report", state=State.WITHDRAWN), ago(minutes=10)),
    ]
    assert section(why(an_incident(), history, NOW), "What chats were told") == [
        "22 Nov 2026 12:00 UTC: new incident (River News)",
        "22 Nov 2026 12:30 UTC: told again (River News); not sent: nothing new",
        "22 Nov 2026 12:40 UTC: severity rose from severe to extreme (River News)",
        "22 Nov 2026 13:00 UTC to 22 Nov 2026 13:04 UTC: told again 5 times (Outlet 0, Outlet 1, Outlet 2 and others); "
        "not sent: nothing new",
        "22 Nov 2026 13:30 UTC: got better (River News); not sent at once: from an outage",
        "22 Nov 2026 13:40 UTC: resolved: the <route> is open (River News)",
        "22 Nov 2026 13:50 UTC: withdrawn by an operator",
    ]


def test_a_source_is_described_once() -> None:
    """With its reports under it, the newest first; more than ten are counted."""
    many = [a_told(item_id=str(n), title=f"Report {n}", seen=ago(minutes=n + 1), published=None) for n in range(12)]
    copy = a_told(item_id="c", title="Word for word", independent=False, seen=NOW)
    lines = section(why(an_incident(told=(*many, copy)), [], NOW), "Who says so")
    assert lines[1:4] == [
        "River News: grade C, fairly reliable; independent",
        "- 22 Nov 2026 12:00 UTC: Word for word (in another's words)",
        "- seen 22 Nov 2026 13:59 UTC: Report 0",
    ]
    assert lines[-1] == "and 3 older reports"
    assert len(lines) == 13


def test_a_withdrawn_incident_says_so_first() -> None:
    """The first two lines hold the word and the reason; the reason comes once."""
    gone = a_change(ChangeKind.WITHDRAWN, because="the outlet took its report back", state=State.WITHDRAWN)
    text = shown(why(gone.incident, [(a_change(), ago(hours=2)), (gone, ago(minutes=5))], NOW))
    first, second, *_ = text.split("\n")
    assert first.startswith("WITHDRAWN (EXTREME): ")
    assert second == "An operator took this report back: the outlet took its report back."
    assert text.count("the outlet took") == 1


@pytest.mark.parametrize("kind", [ChangeKind.OPENED, ChangeKind.EASED])
def test_why_gives_away_no_announced_movement(kind: ChangeKind) -> None:
    """Neither the matched words nor title and link, until it is told to have happened."""
    told = (a_told(title="leaves at dawn"),)
    fields = {"evidence": evidence("relief.move", "arrive"), "told": told, "direction": Direction.IMPROVING}
    change = a_change(kind, status=Status.ANNOUNCED, **fields)
    html = why(change.incident, [(change, NOW - timedelta(hours=1))], NOW)
    assert links(html) == []
    assert "leaves at dawn" not in shown(html)
    assert "relief move" not in shown(html)
    assert "leaves at dawn" in shown(why(an_incident(**fields), [], NOW))


def test_what_is_part_of_another_says_so() -> None:
    """First that the number asked for leads here, then in the history what became part of it; no source made that."""
    whole = an_incident(number=12)
    because = "SY-13 tells of the same and is part of this now"
    merged = a_change(ChangeKind.MERGED, because=because, withheld="nothing new for the chats", incident=whole)
    history = [(a_change(incident=whole), ago(hours=2)), (merged, ago(hours=1))]
    page = shown(why(whole, history, NOW, asked=13))
    assert page.split("\n")[1] == "Number 13 is part of SY-12 now: both told of the same."
    steps = section(why(whole, history, NOW, asked=12), "What chats were told")
    assert steps[-1] == f"22 Nov 2026 13:00 UTC: {because}; not sent: nothing new for the chats"
    assert "Number" not in why(whole, history, NOW, asked=12)
