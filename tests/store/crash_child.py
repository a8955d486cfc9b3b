"""A process for test_store_crash to kill: does one step with the store, says so, and waits."""

import asyncio
import sys

from store_samples import NOW, TODAY, item, opened, stated

from bot.model import Cursor, Severity, Subscription
from bot.store import Store


async def main(url: str, step: str) -> None:
    store = await Store.open(url)
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    async with store.writing() as tx:
        saved = await tx.save(opened(), NOW)
        await tx.state([stated(number=saved.change.incident.number)])
        await tx.enqueue(saved.change_id, saved.change, NOW)
        await tx.seen(item(), "incident 1", saved.change.incident.number, NOW)
        await tx.polled("hill", Cursor("etag"), NOW, NOW, NOW)
        if step == "writing":
            _wait()
    if step == "claimed":
        assert len(await store.claim(NOW, 9)) == 1
    _wait()


def _wait() -> None:
    print("ready", flush=True)
    sys.stdin.read()


asyncio.run(main(sys.argv[1], sys.argv[2]))
