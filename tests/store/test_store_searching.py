"""Finding incidents by words, places and numbers."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from store_samples import HOUR, NOW, incident, opened, put

from bot.model import ChangeKind, Evidence, State, Status
from bot.store import Store
from bot.store.migrations.versions import v0005_words

HILL = incident().told[0]


def titled(*titles, **given):
    """An incident told under these titles, the last the newest."""
    told = tuple(replace(HILL, item_id=str(n), source_id=f"s{n}", title=title) for n, title in enumerate(titles))
    return opened(told=told, **given)


async def search(store, text="", *, limit=10, exercise=False, **given):
    found, total = await store.search(text, limit=limit, exercise=exercise, **given)
    assert len(found) == min(total, limit)
    return [i.number for i in found]


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Aid convoys blocked near River Bridge", "CONVOY river"),
        ("Aid convoys blocked", "river bridge"),  # the name of the place
        ("“Siege” of the old town", "siege"),
        ("Route coupée à Léré", "coupee lere"),
        ("Дорога закрыта, людей ещё ждут", "ДОРОГА еще"),
        ("إغلاق معبر أطمة", "اطمه"),
        ("قافلة المساعدات وصلت", "مساعدات"),  # behind the article
        ("Relief reaches Bab al-Hawa", "bab al hawa"),
        ("100% of aid_workers left", "100% aid_workers"),
    ],
)
async def test_words_are_found(store, title, asked):
    """In any case and spelling, in any order, each as it begins."""
    await put(store, titled("Nothing of it here", "Nor here", place=None))
    await put(store, titled("Bridge shut", title))
    assert await search(store, asked) == [2]


@pytest.mark.parametrize("asked", ["convoy missing", "onvoy", "title", "severe", "hill.example", "%", "_", "", "c%y"])
async def test_words_are_not_found(store, asked):
    """All have to be there, from their beginning; only what was said is looked through; no sign stands for others."""
    await put(store, titled("Aid convoy blocked"))
    assert await search(store, asked) == []


async def test_the_latest_news_first_and_all_counted(store):
    for hour in (3, 1, 2):
        await put(store, titled("Aid convoy blocked", updated=NOW + hour * HOUR))
    assert await search(store, "convoy") == [1, 3, 2]
    found, total = await store.search("convoy", limit=2, exercise=False)
    assert ([i.number for i in found], total) == ([1, 3], 3)


async def test_places_and_numbers(store):
    """Beside words: at a place, within it, in a country; a number, also of what became part of another."""
    await put(store, titled("A"))
    await put(store, titled("B", place=None, country="XB"))
    await put(store, titled("12 trucks"))
    assert await search(store, places=["XA-1"]) == await search(store, places=["XA-1-9", "XA"]) == [3, 1]
    assert await search(store, places=["XB"]) == await search(store, number=2) == [2]
    assert await search(store, "12", number=1) == [3, 1]
    async with store.writing() as tx:
        await tx.merge(3, 1, NOW)
    assert await search(store, number=3) == await search(store, "trucks") == [1]
    assert await search(store, number=99) == []


async def test_later_reports_are_found_too(store):
    """And an exercise only among exercises; what was taken back is."""
    change, _ = await put(store, titled("Bridge shut"))
    more = replace(HILL, item_id="2", title="Ferry stopped as well")
    again = replace(change, kind=ChangeKind.REPEATED, incident=replace(change.incident, told=(HILL, more)))
    await put(store, again)
    await put(store, titled("Ferry drill", exercise=True))
    await put(store, titled("Ferry closed", state=State.WITHDRAWN))
    assert await search(store, "ferry") == [3, 1]
    assert await search(store, "ferry", exercise=True) == [2]


async def test_headlines_that_may_tell_a_movement_are_not_looked_into(store):
    """Else a guess would tell what an alert leaves out; once it happened they are."""
    moving = {"evidence": (Evidence(0, 6, "convoy", "relief.move"),)}
    change, _ = await put(store, titled("Convoy at dawn", status=Status.ANNOUNCED, **moving))
    assert await search(store, "dawn") == []
    assert await search(store, "river") == [1]
    await put(store, replace(change, incident=replace(change.incident, status=Status.OCCURRED)))
    assert await search(store, "dawn") == [1]


async def test_what_was_stored_before_is_found_after_the_migration(store, url, path):
    """Of a database as it was before: its table is made and filled."""
    for n in range(3):
        await put(store, titled(f"Aid convoy {n}"))
    await store.aclose()
    with closing(sqlite3.connect(path)) as connection, connection:
        before = connection.execute("SELECT * FROM incident_words").fetchall()
        for undo in (
            "DROP TABLE incident_words",
            "DROP INDEX item_by_first_seen",
            "ALTER TABLE source_state DROP COLUMN refused",
            "ALTER TABLE chat DROP COLUMN digest",
        ):
            connection.execute(undo)
        connection.execute("UPDATE alembic_version SET version_num = ?", (v0005_words.down_revision,))
    again = await Store.open(url)
    try:
        assert sorted(await search(again, "aid convoy")) == [1, 2, 3]
    finally:
        await again.aclose()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM incident_words").fetchall() == before
