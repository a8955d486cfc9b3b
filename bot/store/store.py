"""The store, put together from its sides, and how it is opened and closed."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import StoreError
from bot.store import migrate, sqlite
from bot.store.asking import Asking
from bot.store.bundling import Bundling
from bot.store.chats import Chats
from bot.store.delivering import Delivering
from bot.store.keeping import Keeping
from bot.store.watching import Watching


class Store(Watching, Delivering, Bundling, Keeping, Chats, Asking):
    """All the program remembers. Methods raise StoreError when the database can't be used."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine, lock: sqlite.Lock) -> None:
        super().__init__(writer, reader)
        self._lock = lock

    @classmethod
    async def open(cls, url: str, *, exclusive: bool = True) -> Self:
        """Make or migrate the database of `url` (sqlite+aiosqlite:///FILE or sqlite:///FILE) and open it.

        `exclusive`: the one instance that writes, until `aclose`; StoreError while there is another. Without it, a
        store to read beside a running service; it may migrate only while there is none.
        """
        path = sqlite.database_path(url)
        lock = sqlite.Lock(path)
        sqlite.make_file(path)
        if exclusive:
            lock.take()
        store = cls(sqlite.writer(path), sqlite.reader(path), lock)
        try:
            await store._migrate(exclusive)
        except BaseException:
            await store.aclose()
            raise
        return store

    @classmethod
    async def reading(cls, path: Path) -> Self:
        """Open the database in a file to read alone, beside whoever uses it: nothing is made, locked or migrated.
        StoreError where there is none, or none of just this version."""
        sqlite.look_for(path)
        store = cls(sqlite.writer(path), sqlite.reader(path), sqlite.Lock(path))
        try:
            async with store._read() as connection:
                await connection.run_sync(migrate.check)
        except BaseException as e:
            await store.aclose()
            if isinstance(e, DatabaseError):
                raise StoreError(f"{path} can't be read as a database: {e.orig}; is DATABASE_URL the service's?") from e
            raise
        return store

    async def aclose(self) -> None:
        """Close all connections, the writer last so that it empties the WAL, and let the next instance in."""
        await self._reader.dispose()
        await self._writer.dispose()
        self._lock.release()

    async def _migrate(self, exclusive: bool) -> None:
        """Look first, which needs neither alembic nor, beside a running service, the writer."""
        try:
            async with (self._writer if exclusive else self._reader).connect() as connection:
                if await connection.run_sync(migrate.revision) == migrate.HEAD:
                    return
            if not exclusive:
                self._lock.take()
            async with self._writer.begin() as connection:
                await connection.run_sync(migrate.upgrade)
        except DatabaseError as e:
            raise StoreError(
                f"the database can't be opened: {e.orig}; look at who else uses it, or restore it from a backup"
            ) from e
        if not exclusive:
            self._lock.release()
