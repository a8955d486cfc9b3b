"""A database of the first version comes through to this one with everything in it."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from store_samples import HOUR, NOW, TODAY, follow, incident, item, opened, put

from bot.errors import StoreError
from bot.model import ANY_CATEGORY, ChangeKind, Chat, ChatKind, Severity, State, Subscription
from bot.store import Store, migrate
from bot.store.codec import CHANGE, INCIDENT, MICROSECOND, dumps
from bot.store.fingerprint import fingerprint
from bot.store.schema import metadata

AT = (NOW - NOW.fromtimestamp(0, NOW.tzinfo)) // MICROSECOND
HOUR_US = HOUR // MICROSECOND
FIRST = replace(incident(), number=1)
SECOND = replace(incident(), number=2, country=None, place=None)


def _old_change(number_of):
    """As the first version wrote a change: without what was added since."""
    facts = json.loads(dumps(CHANGE, replace(opened(), incident=number_of)))
    del facts["late"], facts["catch_up"]
    return json.dumps(facts)


def _rows() -> list[tuple[str, tuple[object, ...]]]:
    """Rows of every table of 0001, as (INSERT, values)."""
    incidents = [
        (
            i.number,
            i.country,
            i.place.key if i.place else None,
            "route_closure",
            2,
            "open",
            0,
            AT,
            AT,
            dumps(INCIDENT, i),
        )
        for i in (FIRST, SECOND)
    ]
    chats = [(1, 1, None, str(TODAY)), (2, 0, "blocked", str(TODAY)), (-100_5, 1, None, str(TODAY))]
    rows = {
        "source_state": [
            ("hill", AT + HOUR_US, "etag", "Mon", "hash", AT, AT, AT, 0, None, None, "https://new.example")
        ],
        "incident": incidents,
        "incident_place": [(1, "XA-1-9"), (1, "XA-1"), (1, "XA")],
        "item": [
            ("hill", "i1", "https://hill.example/i1", fingerprint(item()), "T", "en", AT, AT, "incident 1", 1),
            ("gone", "i1", "https://gone.example/i1", "print", "T", "en", None, AT, "dismissed: sport", None),
        ],
        "change": [
            (1, 1, 1, "opened", AT, None, _old_change(FIRST)),
            (2, 2, 1, "opened", AT, "from before we listened", _old_change(SECOND)),
        ],
        "chat": chats,
        "subscription": [(1, "", 2), (1, "XA", 0), (2, "XB", 3), (-100_5, "XA", 1)],
        "heartbeat": [("watch", AT)],
        "delivery": [
            (4, 1, 1, 0, 1, "sent", AT, 1, 0, AT, 51, AT, None),
            (5, 1, -100_5, 0, 1, "sending", AT, 2, 1, AT, None, None, None),
            (7, 1, 2, 0, 1, "dead", AT, 1, 0, AT, None, None, "blocked"),
            (9, 2, 1, 0, 1, "ready", AT, 1, 1, None, None, None, "no answer"),
        ],
        "told": [(1, 1, 51)],
    }
    return [(f"INSERT INTO {t} VALUES ({', '.join('?' * len(r))})", r) for t, found in rows.items() for r in found]


@pytest.fixture(scope="session")
def first_version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the first version left it."""
    path = tmp_path_factory.mktemp("first") / "first.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys=ON")
        for statement, values in _rows():
            connection.execute(statement, values)
    return path


@pytest.fixture
def old(path, first_version):
    """Its copy, where the store will look."""
    path.parent.mkdir()
    shutil.copy(first_version, path)
    return path


@pytest.fixture
async def store(url, old):
    """Opened, which migrates it."""
    opened_ = await Store.open(url)
    yield opened_
    await opened_.aclose()


def _dump(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_the_sample_has_rows_in_every_table_of_the_first_version(old, sql):
    """Else a table could lose its rows unseen."""
    tables = sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    assert sql("SELECT version_num FROM alembic_version") == [("0001",)]
    assert [name for (name,) in tables if sql(f"SELECT count(*) FROM {name}") == [(0,)]] == []


async def test_every_row_comes_through(url, old, sql):
    """With each of its values; only what is new has a value of its own."""
    columns = {
        table: [name for _, name, *_ in sql(f"PRAGMA table_info({table})")]
        for (table,) in sql("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        if table != "alembic_version"
    }
    read = {t: f"SELECT {', '.join(c)} FROM {t} ORDER BY 1, 2" for t, c in columns.items()}
    read["subscription"] = read["subscription"].replace("country", "{area}")
    before = {t: sql(q.format(area="country")) for t, q in read.items()}
    await (await Store.open(url)).aclose()
    assert {t: sql(q.format(area="area")) for t, q in read.items()} == before
    assert sql("SELECT kind, thread_id, silent, body, once FROM delivery") == [("alert", 0, 0, None, None)] * 4
    assert sql("SELECT thread_id FROM told") == [(0,)]
    assert sql("SELECT source_id, listed FROM item ORDER BY 1") == [("gone", None), ("hill", AT)]


async def test_the_tables_are_those_of_the_schema(store, sql):
    """No difference that alembic finds, no foreign key broken, and they are still enforced."""

    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with store._read() as c:
        assert await c.run_sync(differences) == []
        assert (await c.exec_driver_sql("PRAGMA foreign_keys")).scalar() == 1
    assert sql("PRAGMA foreign_key_check") == []
    assert sql("PRAGMA integrity_check") == [("ok",)]
    assert sql("SELECT name FROM sqlite_master WHERE name LIKE 'old_%'") == []
    assert sql("SELECT version_num FROM alembic_version") == [(migrate.HEAD,)]


async def test_a_migrated_database_has_the_indexes_of_a_new_one(store, sql, tmp_path):
    """A table that was made anew keeps its own."""
    new = tmp_path / "new.db"
    await (await Store.open(f"sqlite:///{new}")).aclose()
    query = "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1, 2"
    with closing(sqlite3.connect(new)) as connection:
        assert sql(query) == connection.execute(query).fetchall()


async def test_what_it_says_is_read(store):
    """Whoever was here is admitted, and a group is known by its number."""
    assert await store.chat(1) == Chat(1, admitted=True)
    assert await store.chat(2) == Chat(2, active=False, paused_reason="blocked", admitted=True)
    assert await store.chat(-100_5) == Chat(-100_5, ChatKind.GROUP, admitted=True)
    assert await store.subscriptions(1) == [
        Subscription(1, None, Severity.SEVERE, ANY_CATEGORY),
        Subscription(1, "XA", Severity.MINOR, ANY_CATEGORY),
    ]
    assert await store.incidents() == [FIRST, SECOND]
    assert await store.history(1) == [(replace(opened(), incident=FIRST), NOW)]
    assert await store.heartbeats() == {"watch": NOW}
    [health] = await store.health()
    assert (health.source_id, health.extra["moved_to"], health.extra["way"]) == ("hill", "https://new.example", None)


async def test_it_goes_on_where_it_was(store, sql):
    """What was on its way is sent again, stories go on as replies, and no number is given twice."""
    async with store.writing() as tx:
        assert await tx.unseen("hill", [item("i1"), item("i2")]) == [item("i2")]
    assert await store.recover(NOW) == 1
    claimed = await store.claim(NOW, 9)
    assert [(a.delivery_id, a.chat_id, a.maybe_sent) for a in claimed] == [(5, -100_5, True), (9, 1, True)]
    change = (await store.history(1))[0][0]
    await follow(store, change, ChangeKind.RESOLVED, state=State.RESOLVED)
    [end] = await store.claim(NOW, 9)
    assert (end.chat_id, end.reply_to, end.delivery_id > 9) == (1, 51, True)
    assert (await put(store, opened()))[0].incident.number == 3


async def test_what_sources_list_is_not_deleted_before_they_are_read_again(store, sql):
    """The first version did not note it, and the first housekeeping may come before the first poll."""
    later = NOW + 100 * 24 * HOUR
    sql("UPDATE source_state SET next_poll_at = ?", AT + 100 * 24 * HOUR_US)
    counts = await store.purge(later, items=90 * 24 * HOUR, deliveries=HOUR, threads=HOUR)
    assert counts["item"] == 1
    assert sql("SELECT source_id FROM item") == [("hill",)]


async def test_a_migration_that_breaks_off_leaves_the_first_version_whole(url, old, sql, monkeypatch):
    """The next start begins again."""
    before = _dump(old)

    real = migrate.upgrade

    def broken(connection):
        real(connection)
        assert connection.exec_driver_sql("SELECT count(*) FROM mute").scalar() == 0
        raise StoreError("power cut")

    with monkeypatch.context() as m:
        m.setattr(migrate, "upgrade", broken)
        with pytest.raises(StoreError, match="power cut"):
            await Store.open(url)
    assert _dump(old) == before
    await (await Store.open(url)).aclose()
    assert sql("SELECT count(*) FROM mute") == [(0,)]


async def test_a_newer_database_is_refused_untouched(url, old):
    """One sentence that says what to do."""
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(StoreError, match=r"made by a newer version of Access Watch \(schema 0099\); upgrade"):
        await Store.open(url)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT count(*) FROM subscription").fetchone() == (4,)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0099",)
