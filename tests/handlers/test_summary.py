"""/summary and its pages by buttons, and the summary that comes every day or week."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.model import ChangeKind, Incident, Severity, State
from tests.handlers.spoken import CLOSED, CONVOY, LIFELINE, Spoken, spoken
from tests.make import a_change, a_place

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday
CHAT = 501


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    async with spoken(tmp_path, NOW) as here:
        yield here


async def put(world: Spoken, number: int = 1, **fields: object) -> list[Incident]:
    """So many incidents that were opened now."""
    made = []
    async with world.app.store.writing() as tx:
        for _ in range(number):
            given = {"opened": world.now, "updated": world.now, **fields}
            saved = await tx.save(a_change(number=0, **given), world.now)
            made.append(saved.change.incident)
    return made


def told(text: str) -> list[int]:
    return [int(n) for n in re.findall(r"/why_(\d+)", text)]


async def test_pages_are_turned_in_place_and_stand_still(world: Spoken) -> None:
    """Every incident stands on one of them, also when a worse one comes and another is taken back meanwhile."""
    made = await put(world, 45)
    pages = [await world.ask(CHAT, "/summary full")]
    messages = len(world.api.chats[CHAT].messages)
    await put(world, 3)
    async with world.app.store.writing() as tx:
        gone = replace(made[25], state=State.WITHDRAWN, revision=2)
        await tx.save(a_change(ChangeKind.WITHDRAWN, incident=gone), world.now)
        closed = replace(made[2], state=State.RESOLVED, revision=2, updated=world.now)
        await tx.save(a_change(ChangeKind.RESOLVED, incident=closed), world.now)
    number = int(re.findall(r"page 1 of (\d+)", pages[0])[0])
    assert number >= 3
    for n in range(2, number + 1):
        world.now += timedelta(minutes=7)
        pages.append(await world.press(CHAT, f"Next ({n} of {number})"))
        assert world.api.sent[-1].method == "editMessageText"
        assert pages[-1].startswith("Access in all countries, last 24 h, as of 23 Nov 2026 14:00 UTC, page")
    assert sorted(told("\n".join(pages))) == [i.number for i in made]
    (withdrawn,) = [line for page in pages for line in page.split("\n") if "withdrawn by an operator" in line]
    assert withdrawn.endswith(f"/why_{gone.number}")
    assert "resolved," not in "".join(pages)
    assert await world.press(CHAT, f"Back ({number - 1} of {number})") == pages[-2]
    assert len(world.api.chats[CHAT].messages) == messages
    again = await world.ask(CHAT, "/summary full 24h")
    assert "withdrawn" not in again
    assert "resolved 1" in again


async def test_from_short_to_full_to_a_country_and_back(world: Spoken) -> None:
    """By buttons, each in the place of the one before."""
    await put(world, 12)
    sudan = {"country": "SD", "place": a_place("Umm Ghar", country="SD", key="sd/umm-ghar", within=("SD",))}
    await put(world, 2, severity=Severity.SEVERE, **sudan)
    short = await world.ask(CHAT, "/summary")
    assert "and 4 more" in short
    assert world.labels(CHAT) == ["All 14, by place", "Syria (12)", "Sudan (2)"]
    assert "Umm Ghar" not in short
    sudan_page = await world.press(CHAT, "Sudan (2)")
    assert sudan_page.startswith("Access in Sudan, last 24 h, as of 23 Nov 2026 14:00 UTC\nOpened 2,")
    assert told(sudan_page) == [13, 14]
    assert world.labels(CHAT) == ["All countries", "Open or closed?"]
    assert await world.press(CHAT, "All countries") == short
    assert len(told(await world.press(CHAT, "All 14, by place"))) == 14
    assert await world.press(CHAT, "In short") == short


async def test_mine_is_what_is_subscribed_to(world: Spoken) -> None:
    """Its figures too; and whoever subscribed to nothing is told how."""
    assert "There is no subscription here" in await world.ask(CHAT, "/summary_mine")
    await world.ask(CHAT, "/subscribe SY severe")
    await put(world, 2)
    await put(world, severity=Severity.MINOR)
    await put(world, country="SD", place=a_place("Umm Ghar", country="SD", key="sd/umm-ghar", within=("SD",)))
    said = await world.ask(CHAT, "/summary_mine_7d")
    assert said.startswith("Access in your place, last 7 days")
    assert "Opened 2," in said
    assert told(said) == [2, 1] or told(said) == [1, 2]
    assert world.labels(CHAT) == ["All 2, by place"]
    assert "Opened 2," in await world.press(CHAT, "All 2, by place")


# --- what comes every day or week ----------------------------------------------------------------


async def test_a_summary_a_day(world: Spoken) -> None:
    """Of one's own places, with buttons that turn it; a day without change is one line."""
    await world.ask(CHAT, "/subscribe PS")
    await world.ask(CHAT, "/settings zone Asia/Kathmandu")
    assert "subscribed here: every day at 20:00" in await world.ask(CHAT, "/settings digest 20:00")
    await world.happens("un", CONVOY)
    (line,) = await world.later(minutes=15)
    assert line.text.startswith("No change in your place in 24 h; 1 of 1 source heard")
    await world.happens("un", CLOSED, hours=23)
    (digest,) = await world.later(hours=1)
    assert digest.text.startswith("Access in your place, last 24 h, as of 24 Nov 2026 14:15 UTC (20:00)\nOpened 1")
    assert "Rafah crossing" in digest.text
    assert "Idlib" not in digest.text
    assert "by place" in world.labels(CHAT)[0]
    assert "Rafah crossing" in await world.press(CHAT, "All 1, by place")
    assert "subscribed here: off" in await world.ask(CHAT, "/settings digest off")
    assert not await world.later(days=2)


async def test_a_summary_a_week_comes_on_mondays(world: Spoken) -> None:
    await world.ask(CHAT, "/subscribe all")
    assert "every Monday at 15:00" in await world.ask(CHAT, "/settings weekly 15:00")
    (first,) = await world.later(hours=1)
    assert first.text.startswith("No change in all countries in 7 days")
    await world.happens("un", LIFELINE, days=2)
    assert [await world.later(days=1) for _ in range(4)] == [[], [], [], []]
    (second,) = await world.later(days=1)
    assert second.text.startswith("Access in all countries, last 7 days, as of 30 Nov 2026 15:00 UTC")


async def test_a_discreet_summary_names_nothing(world: Spoken) -> None:
    await world.ask(CHAT, "/subscribe all")
    await world.ask(CHAT, "/settings discreet on")
    await world.ask(CHAT, "/settings digest 16:00")
    await world.happens("un", CLOSED, hours=1)
    (line,) = await world.later(hours=1)
    assert line.text == "1 change in 24 h, at worst severe; 0 of 1 source heard, last check 15:00."


@pytest.mark.parametrize(
    ("zone", "at", "month", "day"),
    [
        ("Europe/Kyiv", "03:30", 3, 28),  # a time that 29 March does not have
        ("Europe/Kyiv", "03:30", 10, 24),  # and one that 25 October has twice
        ("Europe/Kyiv", "02:30", 3, 28),
        ("America/Havana", "00:00", 3, 7),  # 8 March begins at 01:00
        ("America/Havana", "00:30", 3, 7),
        ("America/Havana", "00:30", 10, 31),  # twice on 1 November
        ("America/Havana", "01:30", 10, 31),
        ("Africa/Khartoum", "01:30", 3, 28),
        ("Asia/Kathmandu", "02:30", 10, 24),
    ],
)
async def test_one_summary_for_each_day_whatever_the_clocks_do(
    tmp_path: Path, zone: str, at: str, month: int, day: int
) -> None:
    """A time that a day leaves out comes when the clocks have gone over it, one that it has twice comes once."""
    here = ZoneInfo(zone)
    async with spoken(tmp_path, datetime(2026, month, day, 12, tzinfo=UTC)) as world:
        await world.ask(CHAT, "/subscribe SY")
        await world.ask(CHAT, f"/settings zone {zone}")
        await world.ask(CHAT, f"/settings digest {at}")
        seen = []
        for _ in range(3 * 48):
            seen += [world.now.astimezone(here) for _ in await world.later(minutes=30)]
    assert [t.date() for t in seen] == [seen[0].date() + timedelta(days=n) for n in range(3)]
    usual = [t for t in seen if f"{t:%H:%M}" in {at, at.replace(":00", ":15"), at.replace(":30", ":45")}]
    assert len(usual) >= 2
    assert all(t.fold == 0 for t in seen)


# --- many at once --------------------------------------------------------------------------------


async def test_many_alerts_at_once_are_one_message(world: Spoken) -> None:
    """Worst first, each with its /why; what is extreme comes before, alone. What follows is a reply to it."""
    await world.ask(CHAT, "/subscribe all")
    changes = [a_change(number=0, severity=Severity(n % 3), opened=NOW, updated=NOW) for n in range(9)]
    changes.append(a_change(number=0, opened=NOW, updated=NOW))
    async with world.app.store.writing() as tx:
        saved = [await tx.save(change, world.now) for change in changes]
        for one in saved:
            await tx.enqueue(one.change_id, one.change, world.now)
    await world.app.deliver.drain()
    sent = [world.api.sent[-1], *await world.later(seconds=20)]
    assert [m.text.split("\n")[0] for m in sent] == [
        "EXTREME: last supply route cut - Qasr Nahr, SY",
        "9 changes at once, the worst first",
    ]
    lines = [line for line in sent[1].text.split("\n") if "/why_" in line]
    assert [line[2:].split(":")[0] for line in lines] == ["SEVERE"] * 3 + ["MODERATE"] * 3 + ["MINOR"] * 3
    closed = replace(saved[0].change.incident, state=State.RESOLVED, revision=2)
    async with world.app.store.writing() as tx:
        last = await tx.save(a_change(ChangeKind.RESOLVED, incident=closed), world.now)
        await tx.enqueue(last.change_id, last.change, world.now)
    (after,) = await world.later(minutes=5)
    assert after.reply_to_message_id == sent[1].message_id
