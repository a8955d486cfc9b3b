"""The outbox: claimed in order, recorded once, nothing lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError
from store_samples import HOUR, NOW, TODAY, follow, opened, put

from bot.model import ChangeKind, Deferred, Gone, Moved, Sent, Severity, State, Stop, Subscription, Unsendable
from bot.store.outbox import SET_ASIDE

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def two(store):
    """Chats 1 and 2 want everything; chat 1 has the default incident waiting, and so has chat 2."""
    for chat_id in (1, 2):
        await store.subscribe(Subscription(chat_id, None, Severity.MINOR), TODAY)
    await put(store, opened())
    return store


def row(sql, chat_id, columns="state, attempts, maybe_sent, last_error"):
    return sql(f"SELECT {columns} FROM delivery WHERE chat_id = ? ORDER BY id", chat_id)


async def test_a_claimed_alert_carries_its_change_and_is_claimed_once(two):
    """Everything that rendering needs; the next claim takes the rest."""
    [alert] = await two.claim(NOW + MINUTE, 1)
    assert (alert.chat_id, alert.part, alert.attempts, alert.reply_to, alert.maybe_sent) == (1, 0, 1, None, False)
    assert (alert.committed, alert.change) == (NOW, (await two.history(1))[0][0])
    assert [a.chat_id for a in await two.claim(NOW, 9)] == [2]
    assert await two.claim(NOW, 9) == []


async def test_the_urgent_go_first_then_the_early(store):
    """By severity, then time, then the order of writing; nothing before its time."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    await put(store, opened(severity=Severity.MINOR), NOW)
    await put(store, opened(severity=Severity.EXTREME), NOW + 2 * MINUTE)
    await put(store, opened(severity=Severity.EXTREME), NOW + MINUTE)
    await put(store, opened(severity=Severity.EXTREME), NOW + HOUR)
    assert [a.change.incident.number for a in await store.claim(NOW + 3 * MINUTE, 9)] == [3, 2, 1]


async def test_a_story_reaches_a_chat_in_order(two):
    """A later change waits while an earlier one is ready or on its way, in this chat only."""
    await two.subscribe(Subscription(2, None, Severity.MINOR), TODAY)
    [change, *_] = [c for c, _ in await two.history(1)]
    await follow(two, change, ChangeKind.ESCALATED, severity=Severity.EXTREME)
    first, second = await two.claim(NOW, 9)
    assert (first.change.kind, second.change.kind) == (ChangeKind.OPENED, ChangeKind.OPENED)
    assert await two.claim(NOW, 9) == []
    await two.record(first, Sent(51), NOW)
    [next_] = await two.claim(NOW, 9)
    assert (next_.chat_id, next_.change.kind, next_.reply_to) == (1, ChangeKind.ESCALATED, 51)
    await two.record(second, Deferred("busy", HOUR), NOW)
    assert await two.claim(NOW + MINUTE, 9) == []


async def test_the_parts_of_one_message_go_in_order(store, sql):
    """Part 1 waits for part 0."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    await put(store, opened())
    sql(
        "INSERT INTO delivery (change_id, chat_id, part, prio, state, not_before, attempts, maybe_sent) "
        "SELECT change_id, chat_id, 1, 0, 'ready', not_before - 1, 0, 0 FROM delivery"
    )
    [first] = await store.claim(NOW, 9)
    assert first.part == 0
    await store.record(first, Sent(1), NOW)
    assert [a.part for a in await store.claim(NOW, 9)] == [1]


async def test_paused_chats_are_not_claimed(two):
    """Their rows wait."""
    await two.pause_chat(1, "asked")
    assert [a.chat_id for a in await two.claim(NOW, 9)] == [2]
    assert await two.resume_chat(1)
    assert [a.chat_id for a in await two.claim(NOW, 9)] == [1]


async def test_sent_is_kept_and_the_first_message_is_the_one_replied_to(two, sql):
    """Later messages of the story do not move the thread."""
    change = (await two.history(1))[0][0]
    [alert, _] = await two.claim(NOW, 9)
    assert await two.record(alert, Sent(51), NOW + MINUTE)
    await follow(two, change, ChangeKind.RESOLVED, state=State.RESOLVED)
    [later] = await two.claim(NOW, 1)
    await two.record(later, Sent(52), NOW)
    assert sql("SELECT chat_id, number, message_id FROM told") == [(1, 1, 51)]
    assert row(sql, 1, "state, message_id, attempts, sent_at - claimed_at") == [
        ("sent", 51, 1, 60_000_000),
        ("sent", 52, 1, 0),
    ]


async def test_deferred_comes_back_later(two, sql):
    """Ambiguous is remembered for good; what was not our attempt is not counted."""
    [alert, _] = await two.claim(NOW, 9)
    await two.record(alert, Deferred("no answer", MINUTE, ambiguous=True), NOW)
    assert row(sql, 1) == [("ready", 1, 1, "no answer")]
    assert await two.claim(NOW, 9) == []
    [again] = await two.claim(NOW + MINUTE, 9)
    assert (again.maybe_sent, again.attempts) == (True, 2)
    await two.record(again, Deferred("slow down", MINUTE, counts=False), NOW + MINUTE)
    assert row(sql, 1) == [("ready", 1, 1, "slow down")]
    [last] = await two.claim(NOW + 2 * MINUTE, 9)
    await two.record(last, Sent(9), NOW)
    assert row(sql, 1) == [("sent", 2, 1, None)]


async def test_gone_ends_the_chat(two, sql):
    """Alerts that wait for it are held until it is back, notices die; nothing new is written for it; others go on."""
    await put(two, opened())
    async with two.writing() as tx:
        await tx.notice([1], "word", NOW)
    [alert] = await two.claim(NOW, 1)
    await two.record(alert, Gone("blocked"), NOW)
    assert [(s, e) for s, _, _, e in row(sql, 1)] == [("dead", SET_ASIDE), ("dead", SET_ASIDE), ("dead", "blocked")]
    assert sql("SELECT chat_id, change_id FROM held") == [(1, 1), (1, 2)]
    assert sql("SELECT active, paused_reason FROM chat WHERE chat_id = 1") == [(0, "blocked")]
    _, rows = await put(two, opened())
    assert rows == 1
    assert {a.chat_id for a in await two.claim(NOW, 9)} == {2}


async def test_unsendable_ends_the_message_only(two, sql):
    """The chat gets the next one."""
    await put(two, opened())
    [alert] = await two.claim(NOW, 1)
    await two.record(alert, Unsendable("too long"), NOW)
    assert row(sql, 1) == [("dead", 1, 0, "too long"), ("ready", 0, 0, None)]


async def test_stop_puts_it_back(two, sql):
    """It was not this message's fault."""
    [alert] = await two.claim(NOW, 1)
    await two.record(alert, Stop("token revoked"), NOW)
    assert row(sql, 1) == [("ready", 0, 0, "token revoked")]
    assert len(await two.claim(NOW, 9)) == 2


async def test_a_moved_chat_takes_everything_along(two, sql):
    """Chat, subscriptions, thread and outbox have the new id, and the same message goes there; numbers of messages
    begin anew there, so it replies to none."""
    await two.subscribe(Subscription(1, "XA", Severity.SEVERE), TODAY)
    [alert, _] = await two.claim(NOW, 9)
    await two.record(alert, Sent(51), NOW)
    change = (await two.history(1))[0][0]
    await follow(two, change, ChangeKind.ESCALATED, severity=Severity.EXTREME)
    await put(two, opened())
    [escalated] = await two.claim(NOW, 1)
    assert escalated.change.kind is ChangeKind.ESCALATED
    assert await two.record(escalated, Moved(-100_1), NOW)
    assert not await two.chat_known(1)
    assert [s.area for s in await two.subscriptions(-100_1)] == [None, "XA"]
    assert row(sql, -100_1, "state") == [("sent",), ("ready",), ("ready",)]
    for table in ("chat", "subscription", "told", "delivery"):
        assert sql(f"SELECT count(*) FROM {table} WHERE chat_id = 1") == [(0,)], table
    again = (await two.claim(NOW, 1))[0]
    assert (again.delivery_id, again.chat_id, again.reply_to) == (escalated.delivery_id, -100_1, None)


async def test_a_chat_that_moves_where_we_already_are_keeps_what_is_there(two, sql):
    """The new id wrote to us first: its threshold stays, and nobody is told twice."""
    await two.subscribe(Subscription(1, "XA", Severity.MODERATE), TODAY)
    await two.subscribe(Subscription(2, None, Severity.EXTREME), TODAY)
    alert = next(a for a in await two.claim(NOW, 9) if a.chat_id == 1)
    await two.record(alert, Moved(2), NOW)
    assert [(s.area, s.at_least) for s in await two.subscriptions(2)] == [
        (None, Severity.EXTREME),
        ("XA", Severity.MODERATE),
    ]
    assert sql("SELECT chat_id, state FROM delivery") == [(2, "sending")]


async def test_two_messages_on_their_way_to_a_chat_that_moves(two, sql):
    """The second answer finds its row under the new id."""
    await put(two, opened())
    first, second = [a for a in await two.claim(NOW, 9) if a.chat_id == 1]
    await two.record(first, Moved(-7), NOW)
    assert await two.record(second, Moved(-7), NOW)
    assert row(sql, -7, "state") == [("ready",), ("ready",)]
    third = next(a for a in await two.claim(NOW, 9) if a.chat_id == -7)
    await two.record(third, Sent(5), NOW)
    assert sql("SELECT chat_id FROM told") == [(-7,)]


async def test_an_answer_is_recorded_once_and_never_for_a_forgotten_chat(two, sql):
    """Nothing of a chat comes back by a late answer."""
    first, second = await two.claim(NOW, 9)
    assert await two.record(first, Sent(1), NOW)
    assert not await two.record(first, Deferred("late", HOUR), NOW)
    await two.forget(second.chat_id)
    for late in (Sent(2), Gone("blocked"), Moved(-9)):
        assert not await two.record(second, late, NOW)
    assert sql("SELECT chat_id, state FROM delivery") == [(1, "sent")]
    assert sql("SELECT chat_id FROM told") == [(1,)]
    assert not await two.chat_known(-9)


async def test_recovery_marks_what_was_on_its_way(two, sql):
    """Only that: what was ready was surely not sent."""
    await two.claim(NOW, 1)
    assert await two.recover(NOW + MINUTE) == 1
    assert await two.recover(NOW + MINUTE) == 0
    assert [(a.chat_id, a.maybe_sent, a.attempts) for a in await two.claim(NOW, 9)] == [(1, True, 2), (2, False, 1)]
    assert "2026-05-04 12:01 UTC" in row(sql, 1)[0][3]


async def test_waiting_counts_what_is_due(two):
    """What is on its way or was tried and put off too, or nobody would see that all of it fails; not what is for a
    paused chat."""
    assert await two.waiting(NOW - MINUTE) == (0, None)
    await put(two, opened(), NOW + MINUTE)
    assert await two.waiting(NOW + HOUR) == (4, NOW)
    for alert in await two.claim(NOW, 9):
        await two.record(alert, Deferred("busy", 2 * HOUR), NOW)
    assert await two.waiting(NOW + HOUR) == (4, NOW)
    await two.pause_chat(1, "asked")
    assert await two.waiting(NOW + HOUR) == (2, NOW)


async def test_a_claim_does_not_read_the_whole_outbox(two):
    """The ready rows are walked in their order; a long queue is never sorted."""
    asked = []

    def note(connection, cursor, statement, parameters, *rest):
        asked.append((statement, parameters))

    event.listen(two._writer.sync_engine, "before_cursor_execute", note)
    await two.claim(NOW, 3)
    statement, parameters = next(a for a in asked if a[0].startswith("SELECT"))
    async with two._read() as c:
        plan = (await c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all()
    steps = "\n".join(step[3] for step in plan)
    assert "USING INDEX delivery_ready" in steps
    assert "TEMP B-TREE" not in steps
    assert "SCAN" not in steps.replace("SCAN delivery USING INDEX delivery_ready", "")


async def test_a_state_that_does_not_exist_can_not_be_written(two):
    """The database itself holds the list."""
    with pytest.raises(IntegrityError):
        async with two._write() as c:
            await c.execute(text("UPDATE delivery SET state = 'lost'"))


async def test_a_delivery_number_of_no_row_is_no_error(two):
    """An alert of a database that was restored meanwhile."""
    [alert] = await two.claim(NOW, 1)
    assert not await two.record(replace(alert, delivery_id=999), Sent(1), NOW)
