"""/history PLACE and /search: what people look up. Real App, SQLite and Bot API throughout."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model import Change, ChangeKind, Incident, State
from tests.handlers.spoken import Spoken, spoken
from tests.make import NOW, a_told, ago, an_incident

pytestmark = pytest.mark.slow  # whole stories

CHAT = 501


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    async with spoken(tmp_path, NOW) as w:
        yield w


async def known(world: Spoken, place: str | None, title: str = "Road cut", **given: object) -> Incident:
    """An incident that opened at a place of the gazetteer (its first of that name)."""
    app = await world.open()
    where = app.telegram.desk.places.lookup(place)[0] if place else None
    told = (a_told(title=title, seen=ago(hours=1)),)
    fields = {"place": where, "country": where.country if where else "SY", "told": told, "opened": ago(hours=1)}
    incident = an_incident(number=0, **{"updated": ago(hours=1), **fields, **given})
    async with app.store.writing() as tx:
        return (await tx.save(Change(ChangeKind.OPENED, incident, "first"), incident.updated)).change.incident


async def test_of_a_place_and_what_lies_within(world: Spoken) -> None:
    """A country has its towns, a town not its country; exercises, what was withdrawn and what is older are left out."""
    await known(world, "Aleppo")
    await known(world, "Syria")
    await known(world, "Khartoum")
    await known(world, "Aleppo", exercise=True)
    await known(world, "Aleppo", state=State.WITHDRAWN)
    await known(world, "Aleppo", updated=ago(days=40))
    said = await world.ask(CHAT, "/history Syria 30d")
    assert said.startswith("Syria, last 30 days: 2 incidents, newest first\n")
    assert [f"/why_{n}" in said for n in range(1, 7)] == [True, True, False, False, False, False]
    assert said.index("/why_2") < said.index("/why_1")
    assert (await world.ask(CHAT, "/history_Aleppo_30d")).startswith("Aleppo, last 30 days: 1 incident,")
    assert (await world.ask(CHAT, "/history حلب")).startswith("Aleppo, last 90 days: 2 incidents,")
    assert (await world.ask(CHAT, "/history Idlib")).startswith("No incident is known in Idlib in the last 90 days.")


async def test_pages_are_turned_in_place_and_stand_still(world: Spoken) -> None:
    """What opens meanwhile moves nothing, and is seen at the newest page; each is on one page."""
    for _ in range(12):
        await known(world, "Aleppo")
    said = [await world.ask(CHAT, "/history Syria 30d")]
    assert "12 incidents, 1 to 5, newest first" in said[0]
    assert world.labels(CHAT) == ["Older (7)"]
    await known(world, "Aleppo")
    said.append(await world.press(CHAT, "Older (7)"))
    assert "13 incidents, 7 to 11, newest first" in said[1]
    assert world.labels(CHAT) == ["Newest", "Older (2)"]
    said.append(await world.press(CHAT, "Older (2)"))
    assert "13 incidents, 12 to 13, newest first" in said[2]
    assert world.labels(CHAT) == ["Newest"]
    assert [n for n in range(1, 13) if sum(f"/why_{n}\n" in page for page in said) != 1] == []
    assert "/why_13\n" in await world.press(CHAT, "Newest")
    assert len({m.message_id for m in world.api.sent if "incidents, " in m.text}) == 1


async def test_a_name_of_several_places(world: Spoken) -> None:
    """As in /summary: the likeliest is told, the others are offered, for the same days."""
    await known(world, "Tripoli")
    said = await world.ask(CHAT, "/history tripoli 30d")
    assert said.startswith("Tripoli, last 30 days: 1 incident")
    assert world.labels(CHAT) == ["Tripoli (city), Lebanon"]
    said = await world.press(CHAT, "Tripoli (city), Lebanon")
    assert said.startswith("No incident is known in Tripoli in the last 30 days.")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("/history", "Of which place? Write it behind the command, such as /history Rafah"),
        ("/history 30d", "Of which place?"),
        ("/history Rafah 0d", "A period is from 1d to 3650d"),
        ("/history Rafah 9999d", "A period is from 1d to 3650d"),
        ("/history Xyzzyqwv", "I know no place called “Xyzzyqwv”"),
    ],
)
async def test_what_can_not_be_answered(world: Spoken, typed: str, says: str) -> None:
    assert (await world.ask(CHAT, typed)).startswith(says)


async def test_why_of_what_is_part_of_another(world: Spoken) -> None:
    """The younger's number, written, tapped or on an old button, leads to the older one."""
    for title in ("Road cut", "No way out"):
        await known(world, "Aleppo", title)
    async with world.app.store.writing() as tx:
        await tx.merge(2, 1, NOW)
    for typed in ("/why_2", "/why SY-2"):
        said = await world.ask(CHAT, typed)
        assert said.split("\n")[1] == "Number 2 is part of SY-1 now: both told of the same."
        assert "SY-2 tells of the same and is part of this now" in said
        assert "No way out" in said
    assert (await world.ask(CHAT, "/history Aleppo")).startswith("Aleppo, last 90 days: 1 incident,")


async def test_withdrawing_a_part_is_asked_for_by_name(tmp_path: Path) -> None:
    """More than the operator named would be taken back."""
    async with spoken(tmp_path, NOW, operators=(7,)) as world:
        for title in ("Road cut", "No way out"):
            await known(world, "Aleppo", title)
        async with world.app.store.writing() as tx:
            await tx.merge(2, 1, NOW)
        said = await world.ask(7, "/withdraw 2 it was an old report")
        assert said.startswith("Number 2 is a part of SY-1 now.")
        assert (await world.app.store.incident(1)).state is State.OPEN
        assert (await world.ask(7, "/withdraw SY-1 it was an old report")).startswith("Done: SY-1 is withdrawn")


# --- /search -------------------------------------------------------------------------------------


def numbers(said: str) -> list[int]:
    """Those of the incidents in an answer, in its order."""
    return [int(n) for n in re.findall(r"/why_(\d+)", said)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("/search convoy", [1]),
        ("/search_convoy", [1]),
        ("/search мост взорван", [2]),
        ("/search حلب", [3, 1]),  # a place, under another name than its own
        ("/search Syria", [3, 2, 1]),
        ("/search SY-2", [2]),
        ("/search sy-2", [2]),
        ("/search #2", [2]),
        ("/search 2", [3, 2]),  # two trucks, and number 2
        ("/search SD-2", []),
        ("/search SY-99", []),
        ("/search football", []),
    ],
)
async def test_search(world: Spoken, typed: str, found: list[int]) -> None:
    """Words, places in any language, numbers; the latest news first."""
    await known(world, "Aleppo", "Aid convoys blocked", updated=ago(hours=3))
    await known(world, "Homs", "Взорван мост", updated=ago(hours=2))
    await known(world, "Aleppo", "2 trucks let through", updated=ago(hours=1))
    said = await world.ask(CHAT, typed)
    assert numbers(said) == found
    assert said.startswith(f"{len(found)} incident" if found else "No incident is found for “")


async def test_search_for_nothing(world: Spoken) -> None:
    for typed in ("/search", "/search a"):
        assert (await world.ask(CHAT, typed)).startswith("For what? Write a word of a headline, a place or a number")
