"""Backup and restore: beside a real service that writes, into another folder, and every way in which they refuse."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.errors import StoreError
from bot.store import Store, backup
from tests.test_service import CHATS, SIEGE, Stage

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
CLOSED = "Rafah crossing closed", "The Rafah crossing into Gaza was closed to aid convoys for displaced people."


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """What a statement gives on a connection of our own."""
    with closing(sqlite3.connect(path)) as c, c:
        return c.execute(query).fetchall()


def add_chats(path: Path, *ids: int) -> None:
    with closing(sqlite3.connect(path)) as c, c:
        c.executemany(
            "INSERT INTO chat (chat_id, active, created_day) VALUES (?, 1, '2026-05-04')", [(i,) for i in ids]
        )


def add_incident(path: Path, number: int) -> None:
    with closing(sqlite3.connect(path)) as c, c:
        c.execute(
            "INSERT INTO incident (number, categories, severity, state, exercise, opened, updated, facts) "
            "VALUES (?, 'siege', 3, 'open', 0, 0, 0, '{}')",
            (number,),
        )


def add_delivery(path: Path, chat: int, state: str) -> None:
    """An alert about incident 7 to a chat."""
    with closing(sqlite3.connect(path)) as c, c:
        (change,) = c.execute(
            "INSERT INTO change (number, revision, kind, at, facts) VALUES (7, 1, 'opened', 0, '{}') RETURNING id"
        ).fetchone()
        c.execute(
            "INSERT INTO delivery (change_id, chat_id, part, prio, state, not_before, attempts, maybe_sent) "
            "VALUES (?, ?, 0, 0, ?, 0, 0, 0)",
            (change, chat, state),
        )


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backup") / "empty.db"

    async def make() -> None:
        await (await Store.open(f"sqlite:///{path}")).aclose()

    asyncio.run(make())
    return path


@pytest.fixture
def database(tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database that DATABASE_URL names, with two chats and incident 7."""
    path = tmp_path / "data" / "watch.db"
    path.parent.mkdir()
    shutil.copy(empty, path)
    add_chats(path, 11, 12)
    add_incident(path, 7)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Call it to be on another machine: DATABASE_URL names a file in a folder that isn't there yet."""

    def move() -> Path:
        path = tmp_path / "other" / "deep" / "watch.db"
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
        return path

    return move


@pytest.fixture
def saved(database: Path, tmp_path: Path) -> Path:
    """A backup of `database`."""
    file = tmp_path / "saved.db"
    assert main(["backup", str(file)]) == 0
    return file


# --- beside a real service -----------------------------------------------------------------------


@pytest.mark.slow
async def test_a_backup_of_a_service_at_work_restores_elsewhere(tmp_path: Path) -> None:
    """Taken while the service polls, folds and sends: the copy is whole, holds what was committed before it, and
    another machine goes on from it: the same chats and incidents, and the next alert reaches all."""
    async with Stage(tmp_path) as stage:
        await stage.service.start()
        await stage.subscribed()
        stage.publish(*SIEGE)
        await stage.until(lambda: all(stage.alerts("Idlib").values()), "the siege told to three chats")
        for n in range(5):  # news comes in while copies are made
            stage.publish(f"Aid convoy blocked near town {n}", f"Troops blocked aid convoy {n} in El Fasher, Sudan.")
            code, said = await stage.service.command("backup", "--force", str(tmp_path / "saved.db"))
            assert code == 0, said
        assert "chat 3" in said
        known = rows(tmp_path / "saved.db", "SELECT number FROM incident ORDER BY number")
        code, said = await stage.service.command("restore", "--force", str(tmp_path / "saved.db"))
        assert code == 2
        assert "another Access Watch is using" in said
        assert await stage.service.end(signal.SIGTERM) == 0

        elsewhere = tmp_path / "elsewhere" / "bot.db"
        stage.service.environ["DATABASE_URL"] = f"sqlite:///{elsewhere}"
        code, said = await stage.service.command("restore", str(tmp_path / "saved.db"))
        assert code == 0, said
        assert rows(elsewhere, "PRAGMA integrity_check") == [("ok",)]
        assert rows(elsewhere, "SELECT chat_id FROM chat ORDER BY chat_id") == [(c,) for c in CHATS]
        assert rows(elsewhere, "SELECT number FROM incident ORDER BY number") == known
        assert any("Idlib" in str(r) for r in rows(elsewhere, "SELECT title FROM item"))

        await stage.service.start()
        stage.publish(*CLOSED)
        await stage.until(lambda: all(stage.alerts("Rafah").values()), "the crossing told from the new machine")
        assert stage.alerts("Idlib") == dict.fromkeys(CHATS, 1), "what was sent before the backup is not sent again"


DEEP_ID = 987_654_321_012  # a chat id that no date, size or count could look like


def test_what_is_still_in_the_wal_is_in_the_copy(database: Path, tmp_path: Path) -> None:
    """A service that holds the database open leaves commits in the WAL; a copy of the one file would miss them."""
    with closing(sqlite3.connect(database)) as service:
        service.execute("PRAGMA wal_autocheckpoint=0")
        service.execute("INSERT INTO chat (chat_id, active, created_day) VALUES (13, 1, '2026-05-04')")
        service.commit()
        service.execute("INSERT INTO chat (chat_id, active, created_day) VALUES (14, 1, '2026-05-04')")  # not committed
        assert database.with_name("watch.db-wal").stat().st_size > 0
        backup.take(database, tmp_path / "copy.db", NOW)
        service.rollback()
    assert rows(tmp_path / "copy.db", "SELECT chat_id FROM chat ORDER BY 1") == [(11,), (12,), (13,)]


@pytest.mark.slow
def test_copies_under_a_writer_are_whole_transactions(database: Path, tmp_path: Path) -> None:
    """A process commits pairs of rows as fast as it can; every copy holds whole pairs, and the later the more."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _PAIRS, str(database)], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "writing"
        counts = []
        for n in range(8):
            copy = backup.take(database, tmp_path / f"{n}.db", NOW)
            assert copy.rows["chat"] % 2 == 0, "half a transaction"
            counts.append(copy.rows["chat"])
            written = writer.stdout.readline()  # at least one more commit before the next copy
            assert written
    finally:
        writer.kill()
        writer.wait()
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


_PAIRS = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
print("writing", flush=True)
for n in range(1000, 100_000_000, 2):
    c.execute("BEGIN IMMEDIATE")
    for i in (n, n + 1):
        c.execute("INSERT INTO chat (chat_id, active, created_day) VALUES (?, 1, '2026-05-04')", (i,))
    c.execute("COMMIT")
    if n % 20 == 0:
        print(n, flush=True)
"""


# --- backup --------------------------------------------------------------------------------------


def test_a_backup_says_what_it_holds_and_no_chat_id(
    database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Size, rows, date and schema; a warning that it is secret; one file of mode 0600, nothing left beside it."""
    add_chats(database, DEEP_ID)
    folder = tmp_path / "backups"
    folder.mkdir()
    os.umask(0)
    assert main(["backup", str(folder / "monday.db")]) == 0
    said = capsys.readouterr().out
    assert "chat 3" in said
    assert "incident 1" in said
    assert f"{datetime.now(UTC):%Y-%m-%d}" in said
    assert "ids of the chats" in said
    assert str(DEEP_ID) not in said
    assert [p.name for p in folder.iterdir()] == ["monday.db"]
    assert stat.S_IMODE((folder / "monday.db").stat().st_mode) == 0o600
    assert rows(folder / "monday.db", "PRAGMA journal_mode") == [("delete",)], "one file, without a WAL"


def test_a_backup_replaces_nothing_unasked(saved: Path, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --force the older backup stays; with it the newer one is there."""
    before = saved.read_bytes()
    add_chats(database, 13)
    assert main(["backup", str(saved)]) == 2
    assert "--force" in capsys.readouterr().err
    assert saved.read_bytes() == before
    assert main(["backup", "--force", str(saved)]) == 0
    assert len(rows(saved, "SELECT * FROM chat")) == 3


def test_a_backup_that_fails_leaves_the_older_one(
    saved: Path, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged database is told as such, the last good copy keeps its name, and no half of a file is left."""
    before = saved.read_bytes()
    _damage(database)
    assert main(["backup", "--force", str(saved)]) == 2
    assert f"the database {database} is damaged" in capsys.readouterr().err
    assert saved.read_bytes() == before
    database.write_bytes(b"this was a database once. " * 300)
    assert main(["backup", "--force", str(saved)]) == 2
    assert f"{database} can't be copied" in capsys.readouterr().err
    assert saved.read_bytes() == before
    assert not list(saved.parent.glob("*.part*"))


def _damage(path: Path) -> None:
    """An index that lacks the rows of its table: what integrity_check is for."""
    ((root,),) = rows(path, "SELECT rootpage FROM sqlite_master WHERE name = 'incident_by_updated'")
    ((size,),) = rows(path, "PRAGMA page_size")
    raw = bytearray(path.read_bytes())
    raw[(root - 1) * size + 3 : (root - 1) * size + 5] = b"\0\0"  # the page says that it has no entries
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("target", "says"),
    [("nowhere/a.db", "make it first"), ("data", "is a folder"), ("data/watch.db", "is the database itself")],
)
def test_where_a_backup_can_not_go(
    database: Path, tmp_path: Path, target: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence each, and the database is as it was; --force changes nothing about it."""
    before = database.read_bytes()
    assert main(["backup", "--force", str(tmp_path / target)]) == 2
    assert says in capsys.readouterr().err
    assert database.read_bytes() == before


def test_no_database_is_made_by_backing_it_up(
    other: Callable[[], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong DATABASE_URL must not give an empty backup that looks right."""
    missing = other()
    assert main(["backup", str(tmp_path / "a.db")]) == 2
    assert "there is no database" in capsys.readouterr().err
    assert not missing.exists()
    assert not (tmp_path / "a.db").exists()


def test_a_database_url_that_can_not_be_read_stops_a_backup_and_a_token_does_not(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever saves the data may have no token at hand; but the default database must not stand in for another."""
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", "/nowhere/token")
    assert main(["backup", str(tmp_path / "a.db")]) == 0
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/db")
    assert main(["backup", str(tmp_path / "b.db")]) == 2
    err = capsys.readouterr().err
    assert "DATABASE_URL" in err
    assert "secret" not in err


# --- restore -------------------------------------------------------------------------------------


def test_into_a_fresh_machine(saved: Path, other: Callable[[], Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The folder is made; chats and incidents are the same; the file is its owner's only; what to know is told."""
    there, before = other(), saved.read_bytes()
    assert main(["restore", str(saved)]) == 0
    said = capsys.readouterr().out
    assert "as of " in said
    assert "/forget" in said
    assert rows(there, "SELECT chat_id FROM chat") == [(11,), (12,)]
    assert rows(there, "SELECT number FROM incident") == [(7,)]
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    assert sorted(p.name for p in there.parent.iterdir()) == ["watch.db", "watch.db.lock"]
    assert saved.read_bytes() == before
    assert asyncio.run(_heartbeats(there))["backup"].date() == datetime.now(UTC).date()


async def _heartbeats(path: Path) -> dict[str, datetime]:
    store = await Store.open(f"sqlite:///{path}")
    try:
        return await store.heartbeats()
    finally:
        await store.aclose()


def test_what_may_have_been_sent_since_is_marked(
    database: Path, tmp_path: Path, other: Callable[[], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Waiting messages are marked by restore, those under way by the start; what was sent stays sent."""
    for chat, state in ((11, "ready"), (11, "sent"), (12, "sending")):
        add_delivery(database, chat, state)
    assert main(["backup", str(tmp_path / "a.db")]) == 0
    there = other()
    assert main(["restore", str(tmp_path / "a.db")]) == 0
    assert "What waited (1 messages)" in capsys.readouterr().out
    query = "SELECT state, maybe_sent FROM delivery ORDER BY id"
    assert rows(there, query) == [("ready", 1), ("sent", 0), ("sending", 0)]
    asyncio.run(_start(there))
    assert rows(there, query) == [("ready", 1), ("sent", 0), ("ready", 1)]


async def _start(path: Path) -> None:
    store = await Store.open(f"sqlite:///{path}")
    await store.recover(NOW)
    await store.aclose()


def test_a_number_is_never_given_twice(saved: Path, other: Callable[[], Path]) -> None:
    """Incidents opened after the backup are unknown here, but people hold their numbers."""
    there = other()
    assert main(["restore", str(saved)]) == 0
    with closing(sqlite3.connect(there)) as c, c:
        c.execute("INSERT INTO incident (categories, severity, state, exercise, opened, updated, facts) "
                  "VALUES ('siege', 3, 'open', 0, 0, 0, '{}')")  # fmt: skip
    assert rows(there, "SELECT number FROM incident ORDER BY 1") == [(7,), (7 + backup.NUMBERS_A_DAY + 1,)]


def test_a_number_is_not_given_twice_by_one_backup_restored_twice(saved: Path, other: Callable[[], Path]) -> None:
    """What the first restored database gave, people hold too; its numbers end where the next ones begin."""
    there = other()
    assert main(["restore", str(saved)]) == 0
    given = []
    for force in ([], ["--force"]):
        if force:
            assert main(["restore", str(saved), *force]) == 0
        with closing(sqlite3.connect(there)) as c, c:
            for _ in range(3):
                row = c.execute("INSERT INTO incident (categories, severity, state, exercise, opened, updated, facts) "
                                "VALUES ('siege', 3, 'open', 0, 0, 0, '{}') RETURNING number").fetchone()  # fmt: skip
                given.append(row[0])
    assert len(set(given)) == 6
    assert given == sorted(given)


def test_the_older_the_backup_the_further_numbers_jump(saved: Path, tmp_path: Path) -> None:
    """Also when no incident was ever opened: the first number of then is not the first of now."""
    with closing(sqlite3.connect(saved)) as c, c:
        c.execute("DELETE FROM incident")
        c.execute("DELETE FROM sqlite_sequence")
    renewed = asyncio.run(backup.renew(saved, timedelta(days=9, hours=1), "restored"))
    assert renewed.next_number == 10 * backup.NUMBERS_A_DAY + 1


def test_invitations_are_void(database: Path, tmp_path: Path, other: Callable[[], Path]) -> None:
    """One that was used after the backup would open a second time."""
    with closing(sqlite3.connect(database)) as c, c:
        c.execute("INSERT INTO invitation (code_hash, expires) VALUES ('x', 9999999999999999)")
    assert main(["backup", str(tmp_path / "a.db")]) == 0
    there = other()
    assert main(["restore", str(tmp_path / "a.db")]) == 0
    assert rows(there, "SELECT * FROM invitation") == []


def test_what_is_there_is_kept(saved: Path, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused without --force; with it the old database lies beside the new one, its last commits in it."""
    add_chats(database, 13)
    before = database.read_bytes()
    assert main(["restore", str(saved)]) == 2
    assert "--force" in capsys.readouterr().err
    assert database.read_bytes() == before

    with closing(sqlite3.connect(database)) as service:  # it was killed: its last commit is in the WAL only
        service.execute("PRAGMA wal_autocheckpoint=0")
        service.execute("INSERT INTO chat (chat_id, active, created_day) VALUES (14, 1, '2026-05-04')")
        service.commit()
        wal, shm = database.with_name("watch.db-wal"), database.with_name("watch.db-shm")
        left = {p: p.read_bytes() for p in (database, wal, shm)}
    for path, content in left.items():
        path.write_bytes(content)
    assert main(["restore", "--force", str(saved)]) == 0
    kept = database.with_name("watch.db.before-restore")
    assert str(kept) in capsys.readouterr().out
    assert rows(kept, "SELECT chat_id FROM chat ORDER BY 1") == [(11,), (12,), (13,), (14,)]
    assert rows(database, "SELECT chat_id FROM chat ORDER BY 1") == [(11,), (12,)]

    assert main(["restore", "--force", str(saved)]) == 2
    assert "earlier restore" in capsys.readouterr().err


def test_an_empty_database_needs_no_force(saved: Path, other: Callable[[], Path], empty: Path) -> None:
    """The service was started once on the new machine before anybody thought of the backup."""
    there = other()
    there.parent.mkdir(parents=True)
    shutil.copy(empty, there)
    assert main(["restore", str(saved)]) == 0
    assert rows(there, "SELECT chat_id FROM chat") == [(11,), (12,)]
    assert not there.with_name("watch.db.before-restore").exists()


def test_a_damaged_database_is_put_aside(saved: Path, database: Path) -> None:
    """What a restore is for: the file that no one can read is kept all the same."""
    database.write_bytes(b"this was a database once. " * 300)
    database.with_name("watch.db-wal").write_bytes(b"its last commits")
    assert main(["restore", str(saved)]) == 2
    assert main(["restore", "--force", str(saved)]) == 0
    assert database.with_name("watch.db.before-restore").read_bytes().startswith(b"this was")
    assert database.with_name("watch.db.before-restore-wal").read_bytes() == b"its last commits"
    assert not database.with_name("watch.db-wal").exists(), "or SQLite would take it for the new database's"
    assert rows(database, "SELECT chat_id FROM chat") == [(11,), (12,)]


def _text(path: Path) -> None:
    path.write_bytes(b"this is a diary. " * 300)


def _foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as c, c:
        c.execute("CREATE TABLE alembic_version (version_num)")
        c.execute("CREATE TABLE chat (x)")


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as c, c:
        c.execute("UPDATE alembic_version SET version_num = '9999'")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 5])


def _in_use(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(b"commits")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Path.unlink, "there is no file"), (_text, "is no backup of Access Watch"), (_cut, "saved.db"),
        (_foreign, "is no database of Access Watch"), (_newer, "made by a newer version"), (_damage, "is damaged"),
        (_in_use, "a database in use"),
    ],
)  # fmt: skip
def test_what_is_no_backup(
    saved: Path, other: Callable[[], Path], change: Callable[[Path], None], says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """One sentence that names the file, exit 2, and nothing is left where the database would be."""
    there = other()
    change(saved)
    assert main(["restore", str(saved)]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert err.count("\n") == 1
    assert [p.name for p in there.parent.iterdir()] == ["watch.db.lock"]


def test_the_database_is_not_restored_from_itself(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even with --force, which would move away what is to be read."""
    assert main(["restore", "--force", str(database)]) == 2
    assert "is the database itself" in capsys.readouterr().err
    assert rows(database, "SELECT count(*) FROM chat") == [(2,)]


def test_restore_waits_for_nobody(saved: Path, database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While a service has the lock, restore says so and touches nothing."""
    with backup.alone(database):
        assert main(["restore", "--force", str(saved)]) == 2
    assert "another Access Watch is using" in capsys.readouterr().err
    assert not database.with_name("watch.db.before-restore").exists()


def test_an_older_schema_is_brought_up(saved: Path, other: Callable[[], Path]) -> None:
    """The first schema there was, restored by the program of today."""
    first = saved.with_name("first.db")
    asyncio.run(_make_first(first))
    add_chats(first, 11)
    there = other()
    assert main(["restore", str(first)]) == 0
    assert rows(there, "SELECT chat_id FROM chat") == [(11,)]
    asyncio.run(_heartbeats(there))


async def _make_first(path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import Connection

    from bot.store import migrate, sqlite

    def to_first(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(migrate.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")

    sqlite.make_file(path)
    engine = sqlite.writer(path)
    async with engine.begin() as connection:
        await connection.run_sync(to_first)
    await engine.dispose()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write into the folder of another user")
def test_root_hands_over_to_the_service(saved: Path, other: Callable[[], Path]) -> None:
    """An operator with sudo restores into the service's folder: the service must be able to open it."""
    there = other()
    there.parent.mkdir(parents=True)
    os.chown(there.parent, 12345, 12345)
    assert main(["restore", str(saved)]) == 0
    assert {(p.stat().st_uid, p.stat().st_gid) for p in there.parent.iterdir()} == {(12345, 12345)}


def test_a_full_disk_is_one_sentence(database: Path, tmp_path: Path) -> None:
    """/dev/full says what a full disk says; here the folder can't take a file at all."""
    with pytest.raises(StoreError, match="can't be written"):
        backup.take(database, Path("/proc/nothing.db"), NOW)


@pytest.fixture(autouse=True)
def _mask() -> Iterator[None]:
    old = os.umask(0o022)
    yield
    os.umask(old)
