"""An orderly stop: what is being sent is recorded, nothing more is claimed, and nothing keeps the process from ending."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.app import Jobs
from bot.local.faults import Fault
from tests.make import NOW
from tests.world import World

CHATS = (501, 502, 503, 504, 505)


async def states(world: World) -> list[str]:
    """Of the outbox, in order."""
    async with world.app.store._read() as connection:
        rows = await connection.exec_driver_sql("SELECT state FROM delivery WHERE kind = 'alert' ORDER BY id")
        return [row[0] for row in rows]


async def test_a_stop_in_the_middle_of_a_send_records_what_became_of_it(tmp_path: Path) -> None:
    """Three of five alerts are on their way when the stop comes: they are recorded as sent, two wait for the next
    start, and none is left claimed, for which it would be sent a second time."""
    async with World(tmp_path, NOW) as world:
        world.source("un", "UN News", grade="A")
        for chat in CHATS:
            await world.subscribe(chat)
        await world.polls()
        world.publish(
            "un", "Siege of Homs", "Troops besieged Homs in Syria; 50,000 civilians are trapped without food."
        )
        await world.app.watch.poll(world.app.watch.sources["un"])
        world.api.faults.append(Fault("accept_then_delay", method="sendMessage", times=None, seconds=0.4))
        world.app.scheduler.start()
        async with asyncio.timeout(10):
            while "sending" not in await states(world):
                await asyncio.sleep(0.01)
        await world.app.stop()
        assert await states(world) == ["sent", "sent", "sent", "ready", "ready"]
        assert len(world.told(501) + world.told(502) + world.told(503)) == 3


async def test_what_takes_too_long_is_cut_off_and_waited_for() -> None:
    """Once, so that it can clear up after itself; what ends in time is left alone."""
    jobs, scheduler, log = Jobs(), AsyncIOScheduler(), []
    forever = asyncio.Event()

    async def quick() -> None:
        await asyncio.sleep(0.1)
        log.append("done")

    async def slow() -> None:
        try:
            await forever.wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.05)
            log.append("cleared up")
            raise

    for work in (quick, slow):
        scheduler.add_job(jobs.tracked(work))
    scheduler.start()
    await asyncio.sleep(0.02)
    await jobs.end(0.3)
    assert log == ["done", "cleared up"]
    scheduler.shutdown(wait=False)
    await jobs.end(0.3)


@pytest.mark.parametrize("claimed_before", [False, True])
async def test_nothing_is_claimed_after_the_stop(tmp_path: Path, claimed_before: bool) -> None:
    """A drain that begins late finds that it is over."""
    async with World(tmp_path, NOW) as world:
        world.source("un", "UN News", grade="A")
        await world.subscribe(501)
        await world.polls()
        world.publish(
            "un", "Siege of Homs", "Troops besieged Homs in Syria; 50,000 civilians are trapped without food."
        )
        await world.app.watch.poll(world.app.watch.sources["un"])
        if claimed_before:
            await world.app.deliver.drain()
        world.app.deliver.end()
        await world.app.deliver.drain()
        assert await states(world) == ["sent" if claimed_before else "ready"]
