"""kill -9 at each step between a poll and its alert: nothing is lost, and what may have been sent is marked."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from store_samples import NOW, item

from bot.model import Cursor
from bot.store import Store

CHILD = Path(__file__).with_name("crash_child.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture
def killed_when(url: str) -> Callable[[str], None]:
    """Run the child to a step, and kill it there."""

    def run(step: str) -> None:
        with subprocess.Popen(
            [sys.executable, CHILD, url, step],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        ) as child:
            assert child.stdout is not None
            said = child.stdout.readline()
            child.kill()
        assert said == "ready\n"

    return run


async def test_killed_while_writing(killed_when, url, sql):
    """The poll never was: its items are unseen, its cursor where it stood."""
    killed_when("writing")
    store = await Store.open(url)
    async with store.writing() as tx:
        assert len(await tx.unseen("hill", [item()])) == 1
    assert await store.cursor("hill") == (Cursor(), None)
    assert (await store.incidents(), await store.recover(NOW), await store.claim(NOW, 9)) == ([], 0, [])
    assert await store.statements(["XA"], exercise=False) == []
    await store.aclose()


async def test_killed_between_commit_and_claim(killed_when, url):
    """The alert is ready, and surely not sent; the item is not judged again."""
    killed_when("committed")
    store = await Store.open(url)
    async with store.writing() as tx:
        assert await tx.unseen("hill", [item()]) == []
    assert await store.cursor("hill") == (Cursor("etag"), NOW)
    assert len(await store.statements(["XA"], exercise=False)) == 1
    assert await store.recover(NOW) == 0
    [alert] = await store.claim(NOW, 9)
    assert (alert.maybe_sent, alert.attempts) == (False, 1)
    await store.aclose()


async def test_killed_between_claim_and_record(killed_when, url):
    """The alert is sent again, and says that it may be a repetition."""
    killed_when("claimed")
    store = await Store.open(url)
    assert await store.claim(NOW, 9) == []
    assert await store.recover(NOW) == 1
    [alert] = await store.claim(NOW, 9)
    assert (alert.maybe_sent, alert.attempts) == (True, 2)
    await store.aclose()
