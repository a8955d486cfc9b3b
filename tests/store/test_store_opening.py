"""Opening: the file, its lock, its schema and its settings."""

import sqlite3
import stat
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError
from store_samples import NOW

from bot.errors import StoreError
from bot.store import Store, migrate
from bot.store.schema import metadata


async def test_the_file_is_for_its_owner_only(store, path):
    """Chat ids are in it: the database, its WAL and the lock file all have mode 0600."""
    await store.beat("watch", NOW)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert {"watch.db", "watch.db-wal", "watch.db.lock"} <= set(modes)
    assert set(modes.values()) == {0o600}


async def test_both_forms_of_url_open_one_file(url, path):
    """sqlite:/// and sqlite+aiosqlite:/// name the same database, and a path with odd characters works."""
    first = await Store.open(f"sqlite:///{path.parent}/a b%20#1.db")
    await first.beat("watch", NOW)
    assert await first.heartbeats() == {"watch": NOW}
    await first.aclose()
    for form in (url, url.replace("+aiosqlite", "")):
        again = await Store.open(form)
        await again.beat(form, NOW)
        await again.aclose()
    last = await Store.open(url)
    assert len(await last.heartbeats()) == 2
    await last.aclose()


@pytest.mark.parametrize("url", ["postgresql://user:secret@host/db", "sqlite://", "sqlite:///:memory:", "nonsense", ""])
async def test_what_is_no_file_is_refused(url):
    """One sentence that says what to write, without a password."""
    with pytest.raises(StoreError) as e:
        await Store.open(url)
    assert "sqlite+aiosqlite:///" in str(e.value)
    assert "secret" not in str(e.value)


async def test_a_second_instance_is_refused_until_the_first_closes(store, url):
    """Two writers would send everything twice."""
    with pytest.raises(StoreError, match="another Access Watch is using"):
        await Store.open(url)
    await store.aclose()
    second = await Store.open(url)
    await second.aclose()


async def test_a_reader_opens_beside_the_service(store, url):
    """It sees what is committed, and takes no lock with it when it goes."""
    await store.beat("watch", NOW)
    beside = await Store.open(url, exclusive=False)
    assert await beside.heartbeats() == {"watch": NOW}
    await beside.aclose()
    with pytest.raises(StoreError):
        await Store.open(url)


async def test_opening_without_exclusive_makes_the_database_and_leaves_it_free(url):
    """A command may be the first that ever runs."""
    first = await Store.open(url, exclusive=False)
    assert await first.incidents() == []
    service = await Store.open(url)
    await service.aclose()
    await first.aclose()


async def test_migrating_beside_a_running_service_is_refused(store, url, sql):
    """An old schema in use by an old program stays as it is."""
    sql("DELETE FROM alembic_version")
    with pytest.raises(StoreError, match="another Access Watch"):
        await Store.open(url, exclusive=False)


async def test_the_settings_are_those_that_lose_nothing(store):
    """WAL, FULL, foreign keys, five seconds of patience, deleted bytes zeroed, a bounded WAL."""
    async with store._write() as c:
        got = {
            name: (await c.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete", "query_only")
        }
        limit = (await c.exec_driver_sql("PRAGMA journal_size_limit")).scalar()
    assert got == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000, "secure_delete": 1,
        "query_only": 0,
    }  # fmt: skip
    assert 0 < limit <= 64 * 1024 * 1024


async def test_the_reader_can_not_write(store):
    """A question never changes anything."""
    with pytest.raises(StoreError, match="readonly"):
        async with store._read() as c:
            await c.exec_driver_sql("DELETE FROM chat")


async def test_an_error_of_the_database_is_told_without_values(store):
    """Chat ids are among a statement's values, and errors are logged."""
    with pytest.raises(StoreError) as e:
        async with store._read() as c:
            await c.exec_driver_sql("SELECT nothing FROM nowhere WHERE id = ?", (777_000_777,))
    assert isinstance(e.value.__cause__, OperationalError)
    assert "777" not in f"{e.value} {e.value.__cause__}"


async def test_the_migrations_make_the_tables_of_the_schema(store):
    """alembic finds no difference, and HEAD names its newest migration."""

    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with store._read() as c:
        assert await c.run_sync(differences) == []
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


async def test_the_statements_that_alembic_does_not_compare_are_the_same(store, sql, tmp_path):
    """Checks, autoincrement and partial indexes: the text SQLite keeps is the one the schema would give."""
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path}/plain.db")
    metadata.create_all(engine)
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT IN ('alembic_version')"
    with engine.connect() as c:
        plain = {name: _words(text) for name, text in c.exec_driver_sql(query)}
    engine.dispose()
    assert {name: _words(text) for name, text in sql(query)} == plain


def _words(statement: str) -> list[str]:
    return sorted(statement.replace("delivery.state", "state").replace(",", " ").split())


async def test_a_newer_schema_is_refused_in_one_sentence(store, url, sql):
    """Nothing is touched: the next version reads it as before."""
    await store.aclose()
    sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError) as e:
        await Store.open(url)
    assert "made by a newer version" in str(e.value)
    assert "upgrade the program or restore" in str(e.value)
    assert "\n" not in str(e.value)
    assert sql("SELECT version_num FROM alembic_version") == [("9999",)]


async def test_somebody_elses_database_is_refused(url, path):
    """We make no tables among theirs, nor take a text file for a database."""
    path.parent.mkdir()
    with sqlite3.connect(path) as c:
        c.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="not made by Access Watch"):
        await Store.open(url)
    path.write_bytes(b"this is a diary, not a database. " * 200)
    with pytest.raises(StoreError, match="can't be opened"):
        await Store.open(url)


async def test_a_migration_that_fails_leaves_an_empty_database(url, path, monkeypatch):
    """It is one transaction: the next start begins again."""
    from bot.store.schema import metadata as tables

    def broken(connection):
        tables.tables["chat"].create(connection)
        raise StoreError("power cut")

    with monkeypatch.context() as m:
        m.setattr(migrate, "upgrade", broken)
        with pytest.raises(StoreError, match="power cut"):
            await Store.open(url)
    with sqlite3.connect(path) as c:
        assert c.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    await (await Store.open(url)).aclose()


async def test_a_current_database_opens_without_alembic(store, url, monkeypatch):
    """The check is one look at the revision."""
    await store.aclose()
    for name in [n for n in sys.modules if n.split(".")[0] == "alembic"]:
        monkeypatch.delitem(sys.modules, name)
    again = await Store.open(url)
    await again.aclose()
    assert "alembic" not in sys.modules
