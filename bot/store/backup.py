"""Copies of the database: taken while the service writes, looked at, and put into the place of another. SQLite's own.

A copy is one plain file (no WAL beside it) that says in `heartbeat` when it was made.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError

from bot.errors import StoreError
from bot.model import EPOCH
from bot.store import migrate, sqlite
from bot.store.codec import MICROSECOND
from bot.store.schema import READY, delivery, incident, invitation

MADE = "backup"  # the name in `heartbeat` under which a copy keeps its date
KEPT = ".before-restore"
NUMBERS_A_DAY = 100  # more incidents than any day brings; see renew
BESIDE = ("-wal", "-shm", "-journal")
OURS = {"alembic_version", "heartbeat", "chat", "incident", "item", "delivery"}
TOLD = ("chat", "subscription", "incident", "change", "item", "delivery")  # whose rows are counted for people
_GIVEN = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'incident'"


@dataclass(frozen=True, slots=True)
class Copy:
    """What a file holds: `size` in bytes, schema `revision`, `rows` by table, when it was `made` (None: not known)."""

    size: int
    revision: str
    rows: Mapping[str, int]
    made: datetime | None


@dataclass(frozen=True, slots=True)
class Renewed:
    """What `renew` did: messages marked as possible repeats, and the number the next incident gets at least."""

    waiting: int
    next_number: int


# --- taking --------------------------------------------------------------------------------------


def take(database: Path, to: Path, now: datetime, *, replace: bool = False) -> Copy:
    """Copy what is committed in `database` into the new file `to`, mode 0600, beside a running service.

    The copy is checked before it gets its name; StoreError when it can't be made, and `to` is then as it was.
    """
    if not database.exists():
        raise StoreError(f"there is no database at {database}: nothing to back up; is DATABASE_URL the service's?")
    _refuse_target(database, to, replace)
    with _told_plainly(f"{to} can't be written"), _part(to) as part:
        with _told_plainly(f"{database} can't be copied to {to}"):
            _copy(database, part, now)
        found = look(part, f"the database {database}")  # what is wrong with the copy is wrong with it
        _sync(part)
        _refuse_target(database, to, replace)  # again: it took a while
        part.replace(to)
        _sync(to.parent)
    return found


def _copy(database: Path, part: Path, now: datetime) -> None:
    with closing(_open(database, "ro")) as source, closing(_open(part, "rw")) as target:
        _ours(source, str(database))
        source.backup(target)  # in one step: one snapshot, and in WAL mode it holds up nobody
        target.execute("PRAGMA journal_mode=DELETE")
        with target:
            target.execute("DELETE FROM heartbeat WHERE name = ?", (MADE,))
            target.execute("INSERT INTO heartbeat (name, at) VALUES (?, ?)", (MADE, (now - EPOCH) // MICROSECOND))


def look(path: Path, name: str) -> Copy:
    """Check a copy that nobody writes to, page by page; StoreError when it is damaged or not ours.
    `name`: what people call the file."""
    with _told_plainly(f"{name} is no backup of Access Watch"), closing(_open(path, "ro")) as c:
        _ours(c, name)
        wrong = [" ".join(str(row[0]).split()) for row in c.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
        wrong += [f"a row of {row[0]} points to nothing" for row in c.execute("PRAGMA foreign_key_check")][:3]
        if wrong:
            raise StoreError(f"{name} is damaged ({'; '.join(wrong)}); use an earlier backup")
        (revision,) = c.execute("SELECT version_num FROM alembic_version").fetchone() or ("none",)
        rows = {table: _count(c, table) for table in TOLD if table in _tables(c)}
        (made,) = c.execute("SELECT max(at) FROM heartbeat WHERE name IN (?, 'service')", (MADE,)).fetchone()
    at = None if made is None else EPOCH + made * MICROSECOND
    return Copy(path.stat().st_size, str(revision), rows, at)


def _refuse_target(database: Path, to: Path, replace: bool) -> None:
    if not to.parent.is_dir():
        raise StoreError(f"there is no folder {to.parent}; make it first")
    if to.is_dir():
        raise StoreError(f"{to} is a folder; give the name of a file in it")
    if to.exists() and to.samefile(database):
        raise StoreError(f"{to} is the database itself; give another name")
    if to.exists() and not replace:
        raise StoreError(f"{to} is there already; give another name, or --force to replace it")


# --- putting back --------------------------------------------------------------------------------


@contextmanager
def alone(database: Path) -> Iterator[None]:
    """The lock of the one instance that writes, in a folder that is made if need be; StoreError while there is
    another."""
    lock = sqlite.Lock(database)
    with _told_plainly(f"{database} can't be written"):
        database.parent.mkdir(parents=True, exist_ok=True)
    lock.take()
    try:
        yield
    finally:
        lock.release()
        _hand_over(lock.path)


@contextmanager
def fetched(file: Path, database: Path, *, replace: bool = False) -> Iterator[Path]:
    """A copy of the backup `file` beside `database`, gone at the end unless it was installed. `file` itself is only
    read. StoreError when it can't be, or when it would replace something and that was not said."""
    if not file.is_file():
        raise StoreError(f"there is no file {file}; give the one that `backup` wrote")
    if database.exists() and file.samefile(database):
        raise StoreError(f"{file} is the database itself; give the file that `backup` wrote")
    wal = file.with_name(file.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise StoreError(f"{file} is a database in use, not a backup; make one with `python -m bot backup`")
    if not replace and not _is_empty(database):
        raise StoreError(f"{database} already holds something; --force puts it aside as {database.name}{KEPT}")
    if database.exists() and _kept(database).exists():
        raise StoreError(f"{_kept(database)} is there from an earlier restore; delete it or move it away first")
    with _told_plainly(f"{database} can't be written"), _part(database) as part:
        shutil.copyfile(file, part)
        with (
            _told_plainly(f"{file} is no backup of Access Watch"),
            closing(_open(part, "rw")) as c,
        ):
            c.execute("PRAGMA journal_mode=DELETE")  # of a plain copy of a stopped service's database
        yield part


async def renew(part: Path, age: timedelta | None, restored: str, *, given_here: int = 0) -> Renewed:
    """Bring a fetched copy up to this program's schema and make it safe to go on from, in one transaction.

    Between the backup and now the service may have sent what waits here, given numbers to incidents that nobody knows
    any more, and let chats in by invitations. So what waits is marked as a possible repeat (what was under way is
    marked by `Store.recover`, at the start), numbers jump, and invitations are void. `given_here`: the last number that
    the database to be replaced gave: it may have come from this very backup. StoreError for a newer schema.
    """
    days = 5 if age is None else max(age.days, 0) + 1
    engine = sqlite.writer(part)
    try:
        async with engine.begin() as c:
            await c.run_sync(migrate.upgrade)
            marked = await c.execute(
                update(delivery).where(delivery.c.state == READY).values(maybe_sent=True, last_error=restored)
            )
            await c.execute(delete(invitation))
            last = (await c.execute(select(func.max(incident.c.number)))).scalar() or 0
            given = (await c.exec_driver_sql(_GIVEN)).scalar() or 0
            jumped = max(max(last, given) + days * NUMBERS_A_DAY, given_here)
            await c.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = 'incident'")
            await c.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('incident', ?)", (jumped,))
    except DatabaseError as e:
        raise StoreError(f"the backup can't be brought up to date: {e.orig}") from e
    finally:
        await engine.dispose()
    return Renewed(marked.rowcount, jumped + 1)


def last_number(database: Path) -> int:
    """The last number that this database gave to an incident; 0 where there is none that can be asked."""
    if not _is_sqlite(database):
        return 0
    try:
        with closing(_open(database, "ro")) as c:
            (given,) = c.execute(_GIVEN).fetchone()
            return int(given or 0)
    except sqlite3.DatabaseError:
        return 0


def install(part: Path, database: Path) -> Path | None:
    """Give a fetched copy the database's name; returns where what was there is kept, None when it was empty.

    At no moment are there two halves of different databases: SQLite would take a WAL for that of the file beside it.
    """
    with _told_plainly(f"{database} can't be written"):
        empty = _is_empty(database)
        kept = None if empty else _kept(database)
        if _is_sqlite(database):
            with suppress(sqlite3.DatabaseError), closing(_open(database, "rw")) as c:
                c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for end in (*BESIDE, ""):
            old = database.with_name(database.name + end)
            if old.exists() and kept is not None:
                old.rename(kept.with_name(kept.name + end))
            elif end:
                old.unlink(missing_ok=True)
        part.chmod(0o600)
        _sync(part)
        part.replace(database)
        _hand_over(database)
        _sync(database.parent)
    return kept


def _is_empty(database: Path) -> bool:
    """Nothing is lost when this file goes: it is not there, or no chat and no news ever came into it."""
    if not database.exists() or not database.stat().st_size:
        return True
    if not _is_sqlite(database):
        return False
    try:
        with closing(_open(database, "ro")) as c:
            return _tables(c) >= OURS and not any(_count(c, name) for name in ("chat", "incident", "item"))
    except sqlite3.DatabaseError:
        return False


def _is_sqlite(path: Path) -> bool:
    """By its first bytes: SQLite deletes the WAL beside a file that it can make nothing of."""
    if not path.exists():
        return False
    with path.open("rb") as f:
        return f.read(16) == b"SQLite format 3\0"


def _kept(database: Path) -> Path:
    return database.with_name(database.name + KEPT)


def _hand_over(path: Path) -> None:
    """What root puts into the service's folder must belong to the service, or it could not open it."""
    owner = path.parent.stat()
    if os.geteuid() == 0 and path.exists():
        os.chown(path, owner.st_uid, owner.st_gid)


# --- files and connections -----------------------------------------------------------------------


@contextmanager
def _part(final: Path) -> Iterator[Path]:
    """An empty file beside `final` that only its owner can read, taken away again if it is still there at the end."""
    fd, name = tempfile.mkstemp(dir=final.parent, prefix=f".{final.name}.", suffix=".part")  # mode 0600
    os.close(fd)
    part = Path(name)
    try:
        yield part
    finally:
        for end in ("", *BESIDE):
            part.with_name(part.name + end).unlink(missing_ok=True)


@contextmanager
def _told_plainly(what: str) -> Iterator[None]:
    """What the disk or SQLite says, as one sentence that begins with `what`."""
    try:
        yield
    except OSError as e:
        raise StoreError(f"{what}: {(e.strerror or 'no reason given').lower()}") from e
    except sqlite3.Error as e:
        raise StoreError(f"{what}: {e}") from e


def _open(path: Path, mode: str) -> sqlite3.Connection:
    """`mode` "ro" or "rw": an existing file, or sqlite3.OperationalError."""
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=sqlite.BUSY_MS / 1000)


def _ours(connection: sqlite3.Connection, name: str) -> None:
    if not _tables(connection) >= OURS:
        raise StoreError(f"{name} is no database of Access Watch")


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _count(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608 - a name of ours


def _sync(path: Path) -> None:
    """To the disk, name or content: a backup that a power cut takes away is none."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
