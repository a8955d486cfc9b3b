"""What the sides of the store share: one writer, some readers, and database errors told in our own words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import StoreError


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Locked, full, unreadable: what the surroundings did to the database, not what a statement got wrong."""
    try:
        yield
    except OperationalError as e:
        raise StoreError(f"the database can't be used now: {e.orig}; look at its disk and at who else uses it") from e


class Base:
    """Two engines on one database. Each method of the sides below is one transaction."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that holds the write lock from its start; commits at the end, rolls back on any error."""
        with _told_plainly():
            async with self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[AsyncConnection]:
        """One snapshot."""
        with _told_plainly():
            async with self._reader.begin() as connection:
                yield connection
