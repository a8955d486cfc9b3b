"""Pictures are drawn once for what is the same, beside the event loop, and not kept without end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import pictures
from bot.map.plan import Weeks
from bot.pictures import Pictures
from bot.words.trend import Week
from tests.make import NOW
from tests.map.made import a_plan, at

FASHER = at("El Fasher", 13.63, 25.35)


async def test_two_equal_asks_cost_one_drawing() -> None:
    """Side by side, and later on the same day; not on the next, nor for other news, a longer period, another area."""
    kept, plan = Pictures(), a_plan(FASHER)
    one, two = await asyncio.gather(kept.map(plan), kept.map(replace(plan, as_of=NOW + timedelta(hours=3))))
    assert one is two
    assert kept.drawn == 1
    others = [
        replace(plan, as_of=NOW + timedelta(days=1)),
        a_plan(FASHER, at("Kosti", 13.2, 32.7)),
        replace(plan, period="30 days"),
        replace(plan, countries=("SD", "TD")),
        replace(plan, exercise=True),
    ]
    assert len({one, *[await kept.map(other) for other in others]}) == 1 + len(others)
    assert kept.drawn == 1 + len(others)


async def test_of_many_pictures_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "KEPT", 2)
    kept = Pictures()
    charts = [Weeks(f"Chart {n}", NOW, (Week(NOW.date(), 1),)) for n in range(3)]
    for chart in (charts[0], charts[1], charts[0], charts[2], charts[0], charts[1]):
        await kept.weeks(chart)
    assert kept.drawn == 4, "0, 1, 2 and 1 again, which had not been asked for the longest time"


async def test_the_event_loop_goes_on_while_a_map_is_drawn() -> None:
    kept, turns = Pictures(), 0
    task = asyncio.create_task(kept.map(a_plan(FASHER)))
    while not task.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    assert (await task).startswith(b"\x89PNG")
