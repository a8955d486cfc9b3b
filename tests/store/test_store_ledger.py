"""The state ledger in the database: written with the incident, read without what was withdrawn, come from schema 3."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from store_samples import HOUR, NOW, RIVER_BRIDGE, follow, incident, opened, put, stated

from bot.errors import StoreError
from bot.model import ChangeKind, State
from bot.store import Store, migrate


async def _said(store, change, **given):
    said = replace(stated(), number=change.incident.number, **given)
    async with store.writing() as tx:
        await tx.state([said])
    return said


async def test_what_was_said_is_read_as_it_was_written(store):
    """Of one country, in the order of writing."""
    change, _ = await put(store, opened())
    first = await _said(store, change, at=NOW + HOUR)
    second = await _said(store, change, at=NOW, independent=False, source_name="ث\ud800")
    await _said(store, change, country="XB")
    assert await store.statements(["XA"], exercise=False) == [first, replace(second, source_name="ث?")]
    assert await store.statements(["XC"], exercise=False) == []


async def test_exercises_stand_apart(store):
    """In a database that holds both."""
    change, _ = await put(store, opened(exercise=True))
    said = await _said(store, change)
    assert await store.statements(["XA"], exercise=False) == []
    assert await store.statements(["XA"], exercise=True) == [said]


async def test_what_is_withdrawn_no_longer_counts(store):
    """What other incidents say of the same place does."""
    wrong, _ = await put(store, opened())
    right, _ = await put(store, opened())
    await _said(store, wrong)
    kept = await _said(store, right)
    await follow(store, wrong, ChangeKind.WITHDRAWN, state=State.WITHDRAWN)
    assert await store.statements(["XA"], exercise=False) == [kept]


async def test_an_error_leaves_neither_incident_nor_statement(store, sql):
    """One transaction."""
    with pytest.raises(RuntimeError):
        async with store.writing() as tx:
            saved = await tx.save(opened(), NOW)
            await tx.state([replace(stated(), number=saved.change.incident.number)])
            raise RuntimeError
    assert sql("SELECT count(*) FROM statement") == sql("SELECT count(*) FROM incident") == [(0,)]


async def test_incidents_that_nobody_confirms_doze(store):
    """And only those: open ones, for longer than their kind allows. Nothing is recorded or sent by it."""
    old, fresh, over = [
        (await put(store, opened(updated=NOW - days * 24 * HOUR, state=state)))[0].incident.number
        for days, state in ((8, State.OPEN), (6, State.OPEN), (9, State.RESOLVED))
    ]
    changes = await store.latest(9)
    assert await store.doze(NOW, lambda _: 7 * 24 * HOUR) == [old]
    states = {i.number: i.state for i in await store.incidents()}
    assert states == {old: State.DORMANT, fresh: State.OPEN, over: State.RESOLVED}
    assert await store.latest(9) == changes
    assert await store.doze(NOW, lambda _: 7 * 24 * HOUR) == []
    async with store.writing() as tx:
        assert old not in [i.number for i in await tx.candidates("XA", NOW)]
        assert old in [i.number for i in await tx.candidates("XA", NOW, places=[RIVER_BRIDGE.key])]
    assert old in [i.number for i in await store.summary(NOW)], "severe: shown, as not confirmed lately"


async def test_how_long_is_asked_of_each(store):
    """A bridge is not a checkpoint."""
    for asset in ("bridge", "checkpoint"):
        await put(store, opened(asset=asset, updated=NOW - 5 * 24 * HOUR))
    days = {"bridge": 30, "checkpoint": 3}
    assert await store.doze(NOW, lambda i: days[i.asset] * 24 * HOUR) == [2]


# --- from schema 3 -------------------------------------------------------------------------------


@pytest.fixture
async def third(path, url):
    """A database of schema 3 with an incident in it."""
    path.parent.mkdir()
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()
    full = path.with_name("full.db")
    store = await Store.open(f"sqlite:///{full}")
    await put(store, opened())
    await store.aclose()
    with closing(sqlite3.connect(full)) as old, closing(sqlite3.connect(path)) as new, new:
        for table in ("incident", "incident_place", "change"):
            rows = old.execute(f"SELECT * FROM {table}").fetchall()
            new.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return path


async def test_a_database_of_schema_3_comes_through(third, url, sql):
    """Its incidents stay, the ledger begins empty, and is written from then on."""
    store = await Store.open(url)
    assert await store.incidents() == [replace(incident(), number=1)]
    assert await store.statements(["XA"], exercise=False) == []
    change = (await store.history(1))[0][0]
    said = await _said(store, change)
    assert await store.statements(["XA"], exercise=False) == [said]
    await store.aclose()
    assert sql("SELECT version_num FROM alembic_version") == [(migrate.HEAD,)]


async def test_killed_between_it_is_schema_3_still(third, url, monkeypatch, tmp_path):
    """And the next start brings it through."""
    copy = tmp_path / "before.db"
    shutil.copy(third, copy)
    real = migrate.upgrade

    def killed(connection):
        real(connection)
        raise StoreError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(migrate, "upgrade", killed)
        with pytest.raises(StoreError, match="power cut"):
            await Store.open(url)
    with closing(sqlite3.connect(copy)) as before, closing(sqlite3.connect(third)) as after:
        assert list(before.iterdump()) == list(after.iterdump())
    store = await Store.open(url)
    assert [i.number for i in await store.incidents()] == [1]
    await store.aclose()
