"""The store between the two loops: everything the program remembers, and the only SQL.

store = await Store.open("sqlite+aiosqlite:///data/access-watch.db")
async with store.writing() as tx:      # watch: read, decide and write as one
    ...
for alert in await store.claim(now, 3):  # deliver
    await store.record(alert, await chat.send(alert), now)
"""

from bot.store.chats import ALL
from bot.store.store import Store
from bot.store.watching import Saved, Seen, Tx

__all__ = ["ALL", "Saved", "Seen", "Store", "Tx"]
