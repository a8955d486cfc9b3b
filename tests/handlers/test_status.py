"""/status: open, restricted, closed, besieged or unknown, since when and who says so. Real App, SQLite and Bot API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.model import Affiliation, State
from tests.handlers.spoken import CLOSED, CONVOY, Spoken, spoken
from tests.make import NOW
from tests.world import World

pytestmark = pytest.mark.slow  # whole stories

CHAT, GROUP = 501, -1_001_111_111_111
PARTLY = ("Rafah crossing partly reopened", "The Rafah crossing was partially reopened for displaced people in Gaza.")
AGAIN = ("Rafah crossing closed again", "The Rafah crossing was closed again to aid for displaced people in Gaza.")
STILL = ("Rafah stays shut", "The Rafah crossing remains closed to displaced people in Gaza.")
BY_TOWN = ("Rafah reopens", "Rafah reopens for aid for displaced people in Gaza.")
BESIEGED = ("Idlib besieged", "Fighters besieged the town of Idlib; 40,000 civilians are trapped without food.")
LIFTED = ("Siege of Idlib lifted", "The siege of Idlib was lifted and civilians can leave.")
ROAD = ("Road to El Fasher closed", "The road to El Fasher in Sudan is closed by fighting; displaced people wait.")
ROAD_OPEN = ("Road to El Fasher reopened", "The road to El Fasher in Sudan was reopened for displaced people.")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    async with spoken(tmp_path, NOW) as w:
        yield w


async def lines(world: Spoken, text: str, chat: int = CHAT) -> list[str]:
    return (await world.ask(chat, text)).splitlines()


async def test_the_story_of_a_crossing(world: Spoken) -> None:
    """Closed, partly open, closed, then eight days of nothing: unknown; and awake again with the next word."""
    await world.happens("un", CLOSED, minutes=20)
    head, first, *_ = await lines(world, "/status Rafah crossing")
    assert head == "How Rafah crossing stands, as of 22 Nov 2026 14:20 UTC"
    assert first == (
        "CLOSED: Rafah crossing; since 22 Nov 2026 14:20 UTC (UN News, grade A); 1 independent source /why_1"
    )
    await world.happens("un", PARTLY, days=1)
    _, now, *_ = await lines(world, "/status_Rafah_crossing")
    assert now.startswith("RESTRICTED: Rafah crossing; since 23 Nov 2026 14:20 UTC")
    await world.happens("un", AGAIN, days=1)
    await world.happens("un", STILL, hours=2)
    head, now, *rest = await lines(world, "/status Rafah crossing")
    assert now.startswith(
        "CLOSED: Rafah crossing; since 24 Nov 2026 14:20 UTC (UN News, grade A); last confirmed 24 Nov 2026 16:20 UTC"
    )
    assert rest[1:4] == [
        "Before, newest first",
        "23 Nov 2026 14:20 UTC: Rafah crossing restricted (UN News, grade A) /why_1",
        "22 Nov 2026 14:20 UTC: Rafah crossing closed (UN News, grade A) /why_1",
    ]
    assert await world.later(days=8) == [], "nothing rings because nobody says anything"
    _, now, *_ = await lines(world, "/status Rafah crossing")
    assert now.startswith(
        "UNKNOWN since 1 Dec 2026 16:20 UTC: Rafah crossing; last known closed since 24 Nov 2026 14:20"
    )
    (incident,) = await world.app.store.incidents()
    assert incident.state is State.DORMANT
    assert "not confirmed lately" in await world.ask(CHAT, "/summary 30d Palestine")
    assert await world.happens("un", STILL, hours=1) == []
    _, now, *rest = await lines(world, "/status Rafah crossing")
    assert now.startswith("CLOSED: Rafah crossing; at least since 2 Dec 2026 17:20 UTC")
    assert "1 Dec 2026 16:20 UTC: Rafah crossing unknown: not confirmed any more" in rest
    assert (await world.app.store.incidents())[0].state is State.OPEN


async def test_a_party_alone_is_believed_by_name_only(tmp_path: Path) -> None:
    """It sets the state, attributed and uncorroborated, until somebody independent says so too."""
    async with World(tmp_path, NOW) as world:
        world.source("state", "State TV", grade="D", affiliation=Affiliation.STATE, speaks_for_party_in=("PS",))
        world.source("radio", "Radio", grade="C")
        world.source("paper", "Paper", grade="C")
        await world.polls()
        for ident, title, said in (
            ("state", "Rafah crossing closed", "uncorroborated: only told for a party to the conflict"),
            ("radio", "Fighting shuts way out of Gaza", "uncorroborated: one independent source"),
            ("paper", "No way through to Egypt for the displaced", "2 independent sources"),
        ):
            world.publish(ident, title, "The Rafah crossing was closed to displaced people in Gaza by fighting.")
            await world.polls()
            now = (await world.ask(CHAT, "/status Rafah crossing")).splitlines()[1]
            assert f"; {said} /why_1" in now
            assert "(State TV, grade D)" in now


async def test_a_country_has_the_bad_first(world: Spoken) -> None:
    """Then what is open, then what is not known any more; with totals, and no history."""
    await world.happens("un", ROAD, minutes=1)
    assert (await lines(world, "/status Syria"))[0].startswith("Nothing is known of how Syria stands")
    await world.happens("un", CONVOY, minutes=1)
    await world.later(days=10)
    await world.happens("un", ("Road closed", "The road to Homs in Syria was closed by fighting."), minutes=1)
    await world.happens("un", ("Road open", "The road to Hama in Syria was reopened after fighting."), minutes=1)
    await world.happens("un", BESIEGED, minutes=1)
    head, *rest = await lines(world, "/status_SY")
    assert head.endswith(": 1 besieged, 1 closed, 1 open, 1 unknown")
    assert [line.split(";")[0].split(" since")[0] for line in rest[:4]] == [
        "BESIEGED: Idlib", "CLOSED: a road at Homs", "OPEN: a road at Hama", "UNKNOWN",
    ]  # fmt: skip
    assert "relief to Idlib; last known restricted" in rest[3]
    assert "Open means that it was last reported open. Ask on the spot before you move." in rest
    assert not any(line.startswith("Before") for line in rest)
    assert "safe" not in "\n".join(rest).lower()


async def test_a_siege_lifted_is_no_open_road(world: Spoken) -> None:
    """Restricted, until somebody tells of one."""
    await world.happens("un", BESIEGED, minutes=1)
    await world.happens("un", LIFTED, days=1)
    _, now, *rest = await lines(world, "/status Idlib")
    assert now.startswith("RESTRICTED: Idlib; since 23 Nov")
    assert any("Idlib besieged" in line for line in rest)


async def test_what_lies_in_it_and_around_it(world: Spoken) -> None:
    """A crossing in a town is shown for the town, and what happens to the territory for both; not the whole country."""
    await world.happens("un", CLOSED, minutes=1)
    await world.happens(
        "un", ("Gaza aid blocked", "Troops blocked aid convoys for displaced families in Gaza."), hours=1
    )
    town = await world.ask(CHAT, "/status Rafah")
    assert "CLOSED: Rafah crossing" in town
    assert "Around it\nRESTRICTED: relief to Gaza Strip" in town
    assert "CLOSED: Rafah crossing" in await world.ask(CHAT, "/status Gaza Strip")
    elsewhere = await world.ask(CHAT, "/status Khan Younis")
    assert "Of the place itself nothing is known." in elsewhere
    assert "Rafah" not in elsewhere


async def test_a_town_that_stands_for_its_crossing(world: Spoken) -> None:
    """ "Rafah reopens" opens Rafah crossing: one subject, whichever name was used."""
    await world.happens("un", CLOSED, minutes=1)
    await world.happens("un", BY_TOWN, days=1)
    for asked in ("/status Rafah crossing", "/status Rafah"):
        _, now, *rest = await lines(world, asked)
        assert now.startswith("OPEN: Rafah crossing; since 23 Nov")
        assert not any("CLOSED" in line for line in rest)


async def test_nothing_known_is_no_green_light(world: Spoken) -> None:
    """And how many were listened to stands beside it."""
    said = await lines(world, "/status El Fasher")
    assert said[0] == "Nothing is known of how El Fasher stands, as of 22 Nov 2026 14:00 UTC."
    assert said[1] == "That is no proof that it is open."
    assert said[2].startswith("1 of 1 source heard, last check")
    world.now = NOW.replace(hour=20)
    said = await lines(world, "/status El Fasher")
    assert said[2].startswith("0 of 1 source heard, so we can't tell")
    assert said[3].startswith("Not heard: UN News (since")


async def test_what_was_withdrawn_is_not_how_it_stands(tmp_path: Path) -> None:
    """What was known before is."""
    async with spoken(tmp_path, NOW, operators=(7,)) as world:
        for news, days in ((ROAD, 0), (ROAD_OPEN, 1), (ROAD, 5)):
            await world.happens("un", news, days=days, minutes=1)
        assert [i.number for i in await world.app.store.incidents()] == [1, 2]
        assert "CLOSED: a road at El Fasher" in await world.ask(CHAT, "/status El Fasher")
        await world.ask(7, "/withdraw 2 it was an old report")
        assert "OPEN: a road at El Fasher" in await world.ask(CHAT, "/status El Fasher")


async def test_late_news_changes_only_what_was_before(world: Spoken) -> None:
    """An outlet that is read late tells of yesterday's closure after today's opening."""
    yesterday = world.now
    await world.happens("un", ROAD_OPEN, days=1)
    world.entries["un"].append((*ROAD, yesterday))
    await world.happens("un", ("Football", "A match was won."), minutes=20)
    said = await world.ask(CHAT, "/status El Fasher")
    assert "OPEN: a road at El Fasher" in said
    assert "a road at El Fasher closed" in said.split("Before")[1]


async def test_more_than_a_page_is_counted_and_reached_by_a_button(world: Spoken) -> None:
    """Every subject is on one page and on one only."""
    towns = "Homs Hama Idlib Aleppo Raqqa Daraa Latakia Tartus Palmyra Manbij Afrin Azaz Qamishli Hasakah Duma Damascus".split()
    for town in towns:
        await world.happens("un", ("Road closed", f"The road to {town} in Syria was closed by fighting."), minutes=1)
    first = await lines(world, "/status Syria")
    known = int(first[0].rpartition(": ")[2].split()[0]) if "closed" in first[0].rpartition(": ")[2] else 0
    shown = [line for line in first if line.startswith("CLOSED")]
    assert len(shown) == 12
    assert known > 12
    assert f"and {known - 12} more" in first
    assert world.labels(CHAT) == [f"Next {known - 12} of {known - 12}"]
    second = (await world.press(CHAT, world.labels(CHAT)[0])).splitlines()
    more = [line for line in second if line.startswith("CLOSED")]
    assert len(more) == known - 12
    assert not set(more) & set(shown)
    assert "CLOSED" in await world.ask(CHAT, "/status Syria p99"), "a page that is no more is the last one"


async def test_which_place_is_meant(world: Spoken) -> None:
    """As /summary asks; without a place it says how to write one."""
    assert "Which place?" in await world.ask(CHAT, "/status")
    assert "no place called “Atlantis”" in await world.ask(CHAT, "/status Atlantis")
    assert (await lines(world, "/status tripoli"))[0].startswith("Nothing is known of how Tripoli stands")
    assert world.labels(CHAT) == ["Tripoli (city), Lebanon"]
    assert "Tripoli" in await world.press(CHAT, "Tripoli (city), Lebanon")


async def test_in_a_group(world: Spoken) -> None:
    """Everybody may ask; nobody is asked about who they are."""
    await world.happens("un", CLOSED, minutes=1)
    world.api.add_bot(GROUP, kind="supergroup")
    assert "CLOSED: Rafah crossing" in await world.ask(GROUP, "/status Rafah", user_id=22)


@pytest.mark.parametrize(
    "typed", ["is the road to El Fasher open?", "El Fasher road open or closed", "هل طريق الفاشر مفتوح؟"]
)
async def test_a_question_is_answered_by_how_it_stands(world: Spoken, typed: str) -> None:
    """A name alone asks for what is new."""
    await world.happens("un", ROAD, minutes=1)
    assert "CLOSED: a road at El Fasher" in await world.ask(CHAT, typed)
    assert (await lines(world, "El Fasher"))[0].startswith("Access in El Fasher, last 24 h")
    assert "CLOSED: a road at El Fasher" in await world.press(CHAT, "Open or closed?")


async def test_an_exercise_says_so(tmp_path: Path) -> None:
    """Whoever forwards it forwards that."""
    async with spoken(tmp_path, NOW) as world:
        world.app.telegram.desk = replace(world.app.telegram.desk, exercise=True)
        assert (await world.ask(CHAT, "/status Rafah")).startswith("EXERCISE: Nothing is known of how Rafah stands")
