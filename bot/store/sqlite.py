"""All that is SQLite's own: the file, its lock, pragmas, when a transaction begins, and upserts."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.dialects.sqlite import insert as upsert  # postgresql's `insert` has the same methods
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import StoreError

__all__ = ["Lock", "database_path", "look_for", "make_file", "reader", "scrub", "upsert", "writer"]

BUSY_MS = 5_000
WAL_BYTES = 16 * 1024 * 1024  # what the WAL file is cut back to after a long reader made it grow
READERS = 3

_EVERY = (
    f"PRAGMA busy_timeout={BUSY_MS}",
    "PRAGMA foreign_keys=ON",
)
# FULL: with NORMAL a power cut loses "sent" marks, and every one lost is an alert sent twice
_WRITER = (
    *_EVERY,
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    f"PRAGMA journal_size_limit={WAL_BYTES}",
)
_READER = (*_EVERY, "PRAGMA query_only=ON")


def database_path(url: str) -> Path:
    """The file that a URL `sqlite+aiosqlite:///data/x.db` or `sqlite:///data/x.db` names; StoreError for any other."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("DATABASE_URL can't be read; write sqlite+aiosqlite:///data/access-watch.db") from None
    if parsed.drivername not in ("sqlite", "sqlite+aiosqlite"):
        raise StoreError(f"the database kind {parsed.drivername!r} is not supported; write sqlite+aiosqlite:///FILE")
    if not parsed.database or parsed.database.startswith((":memory:", "file:")) or parsed.query:
        raise StoreError("DATABASE_URL names no plain file; write sqlite+aiosqlite:///data/access-watch.db")
    return Path(parsed.database).resolve()


def make_file(path: Path) -> None:
    """The folder and an empty file that only its owner can read; -wal and -shm take its mode over."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as e:
        raise StoreError(f"{path} can't be written ({e.strerror}); give another DATABASE_URL or its rights") from e


def look_for(path: Path) -> None:
    """StoreError where there is no file, or an empty one."""
    if not path.is_file() or not path.stat().st_size:
        raise StoreError(f"there is no database at {path}; is DATABASE_URL the service's?")


class Lock:
    """A lock file beside the database; it ends with the process, however that ends."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._database = database
        self._fd: int | None = None

    def take(self) -> None:
        """StoreError when another process, or another Store, has it."""
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as e:
            raise StoreError(f"{self.path} can't be written ({e.strerror}); give this user the right to") from e
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            os.close(fd)
            raise StoreError(
                f"another Access Watch is using {self._database}; stop it first or give another DATABASE_URL"
            ) from e
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def writer(path: Path) -> AsyncEngine:
    """One connection, which does all writing; each of its transactions holds the write lock from its first moment."""
    url = URL.create("sqlite+aiosqlite", database=str(path))
    return _engine(url, _WRITER, "BEGIN IMMEDIATE", pool_size=1)


def reader(path: Path) -> AsyncEngine:
    """Connections that can't write; each transaction sees one snapshot and waits for nobody."""
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    return _engine(url, _READER, "BEGIN", pool_size=READERS)


def _engine(url: URL, pragmas: tuple[str, ...], begin: str, pool_size: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,  # errors are logged, and parameters hold chat ids
        connect_args={"isolation_level": None, "timeout": BUSY_MS / 1000},  # the driver begins nothing by itself
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


async def scrub(engine: AsyncEngine) -> bool:
    """Move all pages into the database and empty the WAL, so that what was deleted (and zeroed by secure_delete)
    is in no file of ours. False when a reader was in the way; a later checkpoint does it then."""
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        cursor = await raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        busy, _, _ = await cursor.fetchone()
        await cursor.close()
    return not busy
