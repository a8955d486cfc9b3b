"""The watch loop's side: what was seen, what it made, who is to be told, all or nothing."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event
from store_samples import HOUR, NOW, RIVER_BRIDGE, TODAY, follow, incident, item, opened, put

from bot.errors import StoreError
from bot.model import Change, ChangeKind, Cursor, Sent, Severity, State, Subscription
from bot.store import Seen, Store
from bot.store.fingerprint import fingerprint


async def test_an_item_is_unseen_until_it_is_seen(store):
    """By its id within its source, in the given order, a repeated id once."""
    page = [item("a"), item("b"), item("a", title="again"), item("c")]
    async with store.writing() as tx:
        assert [i.id for i in await tx.unseen("hill", page)] == ["a", "b", "c"]
        await tx.seen(item("b"), "dismissed: sport", None, NOW)
        assert [i.id for i in await tx.unseen("hill", page)] == ["a", "c"]
        assert [i.id for i in await tx.unseen("valley", page)] == ["a", "b", "c"]


async def test_an_edited_headline_is_news_and_an_old_story_under_a_new_id_is_not(store):
    """Same id, other words in the title; other id, same words and address but for tracking."""
    told = item("a", url="https://hill.example/n?id=7&utm_source=x#top")
    async with store.writing() as tx:
        await tx.seen_all([Seen(told, "dismissed: sport")], NOW)
        page = [
            item("a", title="Changed"),
            item("a", title="title A!"),
            item("new", title="TITLE  a", url="http://Hill.example/n?id=7&utm_source=y"),
            item("other", title="Title a", url="https://hill.example/n?id=8"),
            item("text", title="Title a", url="https://hill.example/n?id=7", text="Now they move."),
        ]
        assert [(i.id, i.title) for i in await tx.unseen("hill", page)] == [
            ("a", "Changed"), ("other", "Title a"), ("text", "Title a"),
        ]  # fmt: skip
        await tx.seen(item("a", title="Changed"), "dismissed: sport", None, NOW)
        assert "a" not in [i.id for i in await tx.unseen("hill", [item("a", title="Changed")])]


async def test_one_page_with_a_story_twice_gives_it_once(store):
    """Two ids, one story."""
    async with store.writing() as tx:
        twins = [item("a", title="T", url="u"), item("b", title="T", url="u")]
        assert [i.id for i in await tx.unseen("hill", twins)] == ["a"]


async def test_a_page_of_thousands_and_ids_of_odd_bytes_are_seen(store):
    """No limit on a statement's parameters is met, and what the database keeps differently is still recognised."""
    page = [item(f"n{n}") for n in range(2_000)] + [item("x\ud800\0", title="odd \ud800", url="http://[broken")]
    async with store.writing() as tx:
        assert len(await tx.unseen("hill", page)) == 2_001
        await tx.seen_all([Seen(i, "dismissed: sport") for i in page], NOW)
    async with store.writing() as tx:
        assert await tx.unseen("hill", page) == []


async def test_the_verdict_is_kept_and_a_second_one_changes_nothing(store, sql):
    """What was made of an item can be looked up."""
    async with store.writing() as tx:
        saved = await tx.save(opened(), NOW)
        number = saved.change.incident.number
        await tx.seen(item("a"), f"incident {number}", number, NOW)
        await tx.seen(item("a"), "dismissed: sport", None, NOW + HOUR)
    micros = 1_777_896_000_123_456
    assert sql("SELECT verdict, incident, lang, published, first_seen FROM item") == [
        (f"incident {number}", number, "en", micros, micros)
    ]


def test_a_fingerprint_is_not_of_dates_or_ids():
    """It is of what was said and where."""
    assert fingerprint(item("a", title="t", url="u")) == fingerprint(item("b", title="t", url="u", published=None))


async def test_a_new_incident_gets_a_number_and_keeps_it(store, sql):
    """Numbers are filled in everywhere, rise, and the places are one row each."""
    first, _ = await put(store, opened())
    second, _ = await put(store, opened(place=None, country=None))
    assert (first.incident.number, second.incident.number) == (1, 2)
    assert await store.incident(1) == first.incident
    assert await store.history(2) == [(second, NOW)]
    assert sql("SELECT * FROM incident_place ORDER BY place_key") == [(1, "XA"), (1, "XA-1"), (1, "XA-1-9")]
    assert sql("SELECT country, place_key, categories, severity, state FROM incident WHERE number = 1") == [
        ("XA", "XA-1-9", "route_closure", 2, "open")
    ]


async def test_a_change_moves_its_incident_on(store, sql):
    """The incident is as the last change left it, its places too; both changes stay."""
    first, _ = await put(store, opened(place=None))
    last = await follow(store, first, ChangeKind.ESCALATED, severity=Severity.EXTREME, place=RIVER_BRIDGE)
    assert await store.incident(1) == last.incident
    assert [c.kind for c, _ in await store.history(1)] == [ChangeKind.OPENED, ChangeKind.ESCALATED]
    assert sql("SELECT count(*) FROM incident_place") == [(3,)]
    assert sql("SELECT revision FROM change ORDER BY id") == [(1,), (2,)]


async def test_a_change_of_an_unknown_incident_is_refused(store):
    """It would be a change of nothing."""
    async with store.writing() as tx:
        with pytest.raises(StoreError, match="no incident 7"):
            await tx.save(opened(number=7), NOW)


async def test_candidates_are_of_the_country_or_of_none_and_of_these_days(store):
    """A week, whatever became of them; exercises not at all."""
    now = NOW + 24 * HOUR
    kept = {
        "here": incident(place_text="here"),
        "nowhere": incident(place_text="nowhere", country=None),
        "dormant": incident(place_text="dormant", state=State.DORMANT),
        "resolved": incident(place_text="resolved", state=State.RESOLVED, updated=now - 167 * HOUR),
        "withdrawn": incident(place_text="withdrawn", state=State.WITHDRAWN, updated=now - 167 * HOUR),
    }
    others = [
        incident(place_text="there", country="XB"),
        incident(place_text="long withdrawn", state=State.WITHDRAWN, updated=now - 169 * HOUR),
        incident(place_text="long resolved", state=State.RESOLVED, updated=now - 169 * HOUR),
        incident(place_text="exercise", exercise=True),
        incident(place_text="long open", updated=now - 169 * HOUR),
        incident(place_text="merged", state=State.MERGED, into=1),
    ]
    for one in (*kept.values(), *others):
        await put(store, Change(ChangeKind.OPENED, one, "x"))
    async with store.writing() as tx:
        assert {i.place_text for i in await tx.candidates("XA", now)} == set(kept)
        assert {i.place_text for i in await tx.candidates(None, now)} == {*kept, "there"}
        assert [i.place_text for i in await tx.candidates("XA", now, exercise=True)] == ["exercise"]
        assert (await tx.candidates("XA", now))[-1].place_text == "withdrawn", "the latest first"


async def test_those_are_told_who_asked_for_it(store, sql):
    """By country or everywhere, from a severity upwards, once per chat, and only active ones."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    await store.subscribe(Subscription(2, None, Severity.SEVERE), TODAY)
    await store.subscribe(Subscription(3, "XB", Severity.MINOR), TODAY)
    await store.subscribe(Subscription(4, "XA", Severity.EXTREME), TODAY)
    await store.subscribe(Subscription(5, "XA", Severity.MINOR), TODAY)
    await store.pause_chat(5, "asked")
    _, rows = await put(store, opened())
    assert rows == 2
    assert sql("SELECT chat_id, prio, state, part, attempts, maybe_sent FROM delivery ORDER BY chat_id") == [
        (1, 1, "ready", 0, 0, 0),
        (2, 1, "ready", 0, 0, 0),
    ]


async def test_an_incident_of_no_country_goes_to_those_who_want_everything(store, sql):
    """A country's subscribers did not ask for it."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    await store.subscribe(Subscription(2, None, Severity.MINOR), TODAY)
    await put(store, opened(country=None, place=None))
    assert sql("SELECT chat_id FROM delivery") == [(2,)]


async def test_whoever_was_told_hears_the_end_and_a_fall_counts_as_it_was_before(store, sql):
    """Told chats hear every further change; others by the worse of before and after."""
    await store.subscribe(Subscription(1, "XA", Severity.EXTREME), TODAY)
    change, _ = await put(store, opened(severity=Severity.EXTREME))
    [alert] = await store.claim(NOW, 5)
    await store.record(alert, Sent(10), NOW)
    await store.subscribe(Subscription(2, "XA", Severity.EXTREME), TODAY)
    eased = await follow(store, change, ChangeKind.EASED, severity=Severity.MODERATE)
    await follow(store, eased, ChangeKind.RESOLVED, state=State.RESOLVED)
    assert sql("SELECT change_id, chat_id, prio FROM delivery WHERE change_id > 1 ORDER BY change_id, chat_id") == [
        (2, 1, 0),
        (2, 2, 0),
        (3, 1, 2),
    ]


async def test_enqueueing_again_changes_nothing(store):
    """The outbox's key makes it idempotent."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    async with store.writing() as tx:
        saved = await tx.save(opened(), NOW)
        assert await tx.enqueue(saved.change_id, saved.change, NOW) == 1
        assert await tx.enqueue(saved.change_id, saved.change, NOW) == 0


async def test_what_got_worse_pulls_its_waiting_past_along(store, sql):
    """Order within a story holds, so its first message must not stay behind in the queue."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    change, _ = await put(store, opened(severity=Severity.MODERATE))
    await put(store, opened(severity=Severity.MODERATE))
    await follow(store, change, ChangeKind.ESCALATED, severity=Severity.EXTREME)
    assert sql("SELECT change_id, prio FROM delivery ORDER BY id") == [(1, 0), (2, 2), (3, 0)]


async def test_ten_thousand_chats_are_enqueued_by_one_statement(store, sql):
    """However many there are."""
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
    sql(f"{numbers} INSERT INTO chat (chat_id, active, created_day) SELECT i, 1, '2026-05-04' FROM n")
    sql("INSERT INTO subscription SELECT chat_id, 0, 'XA', 0, 7, '' FROM chat")
    statements: list[str] = []

    def note(connection, cursor, statement, *rest):
        statements.append(statement)

    async with store.writing() as tx:
        saved = await tx.save(opened(), NOW)
        event.listen(store._writer.sync_engine, "before_cursor_execute", note)
        assert await tx.enqueue(saved.change_id, saved.change, NOW) == 10_000
    assert len(statements) == 2  # one writes; one asks who has a mute here
    assert sql("SELECT count(*) FROM delivery") == [(10_000,)]


async def test_a_poll_leaves_its_cursor_and_health(store):
    """The first good poll is remembered; failures count up, keep the cursor, and a good poll clears them."""
    assert await store.cursor("hill") == (Cursor(), None)
    async with store.writing() as tx:
        await tx.failed("hill", "no answer", NOW + HOUR, NOW)
        await tx.failed("hill", "no answer again", NOW + HOUR, NOW)
    assert (await store.fails("hill"), await store.fails("valley")) == (2, 0)
    assert (await store.cursor("hill"))[1] is None
    cursor = Cursor("etag", "Mon", "hash")
    async with store.writing() as tx:
        await tx.polled("hill", cursor, NOW + HOUR, NOW, NOW - HOUR)
        await tx.polled("hill", cursor, NOW + 2 * HOUR, NOW + HOUR, None, moved_to="https://new.example")
        await tx.polled("hill", cursor, NOW + 3 * HOUR, NOW + 2 * HOUR, NOW - 9 * HOUR)
        await tx.failed("hill", "gone", NOW + 4 * HOUR, NOW + 3 * HOUR)
    assert await store.cursor("hill") == (cursor, NOW + 2 * HOUR)
    [health] = await store.health()
    assert (health.fails, health.last_error, health.last_ok) == (1, "gone", NOW + 2 * HOUR)
    assert (health.last_item, health.next_poll) == (NOW - HOUR, NOW + 4 * HOUR)
    assert health.extra == {
        "first_ok": NOW,
        "failed_at": NOW + 3 * HOUR,
        "moved_to": None,
        "way": None,
        "refused": 0,
    }


async def test_due_is_what_was_never_polled_and_what_is_late(store):
    """Of the sources asked for only, in order."""
    async with store.writing() as tx:
        for name, after in (("late", 2), ("later", 1), ("early", 9), ("removed", 1)):
            await tx.polled(name, Cursor(), NOW + after * HOUR, NOW, None)
    asked = ["late", "new", "early", "later", "newer", "new"]
    assert await store.due(NOW + 2 * HOUR, asked) == ["new", "newer", "later", "late"]


async def test_an_error_leaves_nothing_of_a_poll(store, sql):
    """Items, incident, outbox and cursor stand or fall together, cancellation included."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)

    async def poll(end):
        async with store.writing() as tx:
            saved = await tx.save(opened(), NOW)
            assert await tx.enqueue(saved.change_id, saved.change, NOW) == 1
            await tx.seen(item(), "incident 1", saved.change.incident.number, NOW)
            await tx.polled("hill", Cursor("e"), NOW, NOW, NOW)
            raise end

    for end in (RuntimeError("the fold broke"), asyncio.CancelledError()):
        with pytest.raises(type(end)):
            await poll(end)
        for table in ("item", "incident", "incident_place", "change", "delivery", "source_state"):
            assert sql(f"SELECT count(*) FROM {table}") == [(0,)], table
    await put(store, opened())
    assert len(await store.incidents()) == 1


async def _fold(store, name, log, entered=None, go_on=None):
    """Open an incident unless there is one: the decision of a fold."""
    async with store.writing() as tx:
        log.append(f"{name} reads")
        known = await tx.candidates("XA", NOW)
        if entered:
            entered.set()
            await go_on.wait()
            assert await tx.candidates("XA", NOW) == known
        if not known:
            await tx.save(opened(), NOW)
        log.append(f"{name} wrote")


@pytest.mark.parametrize("own_connection", [False, True])
async def test_a_fold_sees_one_snapshot_and_the_second_waits_for_it(store, url, own_connection):
    """Read, decide, write never interleaves, within one process and between two."""
    other = await Store.open(url, exclusive=False) if own_connection else store
    log, entered, go_on = [], asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(_fold(store, "first", log, entered, go_on))
    await entered.wait()
    second = asyncio.create_task(_fold(other, "second", log))
    for _ in range(20):  # readers wait for nobody, and see nothing of what is not committed
        assert await store.incidents() == []
    assert log == ["first reads"]
    go_on.set()
    await asyncio.gather(first, second)
    assert log == ["first reads", "first wrote", "second reads", "second wrote"]
    assert len(await store.incidents()) == 1
    if own_connection:
        await other.aclose()


async def test_many_folds_at_once_open_one_incident(store):
    """However they are mixed."""
    await asyncio.gather(*(_fold(store, str(n), []) for n in range(20)))
    assert len(await store.incidents()) == 1


async def test_an_exercise_is_a_world_of_its_own(store):
    """Each question can be asked of either."""
    await put(store, opened(exercise=True))
    await put(store, opened())
    since = NOW - timedelta(days=1)
    assert [i.number for i in await store.summary(since, exercise=True)] == [1]
    assert [c.incident.number for c, _ in await store.latest(9, exercise=False)] == [2]
    assert len(await store.latest(9)) == len(await store.summary(since)) == 2
