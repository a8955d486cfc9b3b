"""What is written for sending besides plain alerts: held back and caught up with, taken back, notices, daily lines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from store_samples import HOUR, NOW, RIVER_BRIDGE, TODAY, follow, opened, put

from bot.judge.routing import next_local
from bot.model import (
    Alert,
    Change,
    ChangeKind,
    Chat,
    ChatKind,
    Deferred,
    Digest,
    Gone,
    Moved,
    Mute,
    Note,
    NoteKind,
    NoTopic,
    Place,
    Sent,
    Severity,
    State,
    Subscription,
    Unsendable,
)
from bot.store.outbox import AWAY, DOWN, MUTED

REGION = Place("XA-1", "Rivers", "admin1", "XA", within=("XA",))
MINUTE = timedelta(minutes=1)
EXTREME = Severity.EXTREME


@pytest.fixture
async def one(store):
    """Chat 1 wants everything."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    return store


def waiting(sql, *columns):
    """The outbox, in the order of writing."""
    return sql(f"SELECT {', '.join(columns)} FROM delivery ORDER BY id")


async def send_all(store, at=NOW, message_id=50):
    """Claim and send until nothing is ready; what was sent, in order."""
    sent = []
    while claimed := await store.claim(at, 1):
        sent += claimed
        assert await store.record(claimed[0], Sent(message_id + len(sent)), at)
    return sent


async def hold(store, change, due_at, at=NOW):
    """Save a change from an outage and hold it back for everybody."""
    async with store.writing() as tx:
        saved = await tx.save(change, at)
        return await tx.hold_for_all(saved.change_id, saved.change, due_at)


async def take_back(store, number, at=NOW):
    """As /withdraw does; returns how many are told."""
    before = await store.incident(number)
    after = replace(before, state=State.WITHDRAWN, updated=at, revision=before.revision + 1)
    async with store.writing() as tx:
        saved = await tx.save(Change(ChangeKind.WITHDRAWN, after, "it was an old report", before=before.severity), at)
        return await tx.withdraw(saved.change_id, saved.change, at)


# --- mutes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "place", "is_held"),
    [
        (None, RIVER_BRIDGE, True),
        (None, None, True),
        ("XA-1-9", RIVER_BRIDGE, True),
        ("XA-1", RIVER_BRIDGE, True),
        ("XA", RIVER_BRIDGE, True),
        ("XA", None, True),
        ("XA-1-8", RIVER_BRIDGE, False),
        ("XB", RIVER_BRIDGE, False),
        ("XA-1-9", REGION, False),
    ],
)
async def test_a_mute_is_of_a_place_and_all_in_it(one, sql, area, place, is_held):
    """Of everything, of the place, its region or its country; never of more than was named."""
    await one.mute(Mute(1, area, NOW + 8 * HOUR))
    _, rows = await put(one, opened(place=place))
    assert rows == (0 if is_held else 1)
    assert len(sql("SELECT * FROM held")) == (1 if is_held else 0)


async def test_what_was_muted_comes_in_one_message_and_is_told_then(store, sql):
    """One for each chat and topic when the mute ends; what it told is told, and the next change replies to it."""
    for thread_id in (0, 4):
        await store.subscribe(Subscription(-1, None, Severity.MINOR, thread_id=thread_id), TODAY, kind=ChatKind.GROUP)
    await store.subscribe(Subscription(2, None, Severity.MINOR), TODAY)
    for chat_id in (-1, 2):
        await store.mute(Mute(chat_id, None, NOW + 8 * HOUR))
    first, _ = await put(store, opened())
    second, _ = await put(store, opened(), NOW + MINUTE)
    assert await store.gather(NOW + 8 * HOUR - timedelta(microseconds=1)) == 0
    assert await store.claim(NOW + 8 * HOUR, 9) == []
    assert await store.gather(NOW + 8 * HOUR) == 3
    assert await store.gather(NOW + 8 * HOUR) == 0
    notes = await store.claim(NOW + 8 * HOUR, 9)
    assert {(n.chat_id, n.thread_id, n.kind, n.silent) for n in notes} == {
        (c, t, NoteKind.CATCH_UP, False) for c, t in ((-1, 0), (-1, 4), (2, 0))
    }
    mine = next(n for n in notes if n.thread_id == 4)
    assert mine.chat == Chat(-1, ChatKind.GROUP)
    assert await store.missed(mine.delivery_id) == [(first, NOW, MUTED), (second, NOW + MINUTE, MUTED)]
    for number, note in enumerate(notes):
        assert await store.record(note, Sent(70 + number), NOW + 8 * HOUR)
    assert sql("SELECT count(*) FROM held") == [(0,)]
    assert sql("SELECT count(*) FROM told") == [(6,)]
    await put(store, Change(ChangeKind.ESCALATED, first.incident, "then"), NOW + 8 * HOUR)
    replies = {(a.chat_id, a.thread_id): a.reply_to for a in await store.claim(NOW + 8 * HOUR, 9)}
    assert replies == {(n.chat_id, n.thread_id): 70 + number for number, n in enumerate(notes)}


async def test_a_quiet_night_is_of_the_chats_own_clock(one, sql):
    """From 22:00 over midnight to 06:00 in Kathmandu; in the day, and for another zone, it is no mute."""
    await one.set_chat(1, TODAY, tz="Asia/Kathmandu")
    await one.mute(Mute(1, None, None, 22 * 60, 6 * 60))
    for hour, minute, is_held in ((16, 14, False), (16, 15, True), (23, 0, True), (0, 14, True), (0, 15, False)):
        at = datetime(2026, 5, 5 if hour == 0 else 4, hour, minute, tzinfo=UTC)
        assert (await put(one, opened(), at))[1] == (0 if is_held else 1), at
    end = datetime(2026, 5, 5, 0, 15, tzinfo=UTC)
    assert await one.gather(end - MINUTE) == 0
    assert await one.gather(end) == 1
    assert waiting(sql, "kind", "silent") == [("alert", 0), ("alert", 0), ("catch_up", 0)]


async def test_extreme_news_comes_at_once_without_sound(one, sql):
    """While the mute rests; outside its hours with sound, as ever."""
    await one.mute(Mute(1, "XA", None, 22 * 60, 6 * 60))
    await put(one, opened(severity=EXTREME), NOW)
    await put(one, opened(severity=EXTREME), NOW + 12 * HOUR)
    await one.mute(Mute(1, None, NOW + 12 * HOUR))
    await put(one, opened(severity=EXTREME, country="XB", place=None), NOW)
    assert waiting(sql, "silent") == [(0,), (1,), (1,)]
    assert [a.silent for a in await one.claim(NOW + 12 * HOUR, 9)] == [False, True, True]


async def test_ending_a_mute_brings_what_it_held_back(one):
    """At once, and once."""
    await one.mute(Mute(1, None, NOW + 8 * HOUR))
    await put(one, opened())
    assert await one.gather(NOW) == 0
    assert await one.unmute(1, NOW) == 1
    assert await one.gather(NOW) == 1
    assert len(await send_all(one)) == 1
    assert (await put(one, opened()))[1] == 1


async def test_of_several_mutes_the_last_end_counts(one, sql):
    """Of those that concern the incident; each change waits for its own."""
    await one.mute(Mute(1, None, NOW + 2 * HOUR))
    await one.mute(Mute(1, "XA", NOW + 5 * HOUR))
    await one.mute(Mute(1, "XA-1", NOW + 3 * HOUR))
    await one.mute(Mute(1, "XC", NOW + 9 * HOUR))
    await put(one, opened())
    await put(one, opened(country="XB", place=None))
    assert [await one.gather(NOW + h * HOUR) for h in (1, 2, 3, 5)] == [0, 1, 0, 1]
    notes = await one.claim(NOW + 5 * HOUR, 9)
    assert [[c.incident.number for c, _, _ in await one.missed(n.delivery_id)] for n in notes] == [[2], [1]]


async def test_what_is_due_in_another_mute_waits_for_its_end(one):
    """A mute of hours that ends in the night, and one made later, ring nobody awake."""
    await one.mute(Mute(1, None, NOW + 11 * HOUR))  # until 23:00
    await put(one, opened())
    await one.mute(Mute(1, "XA", None, 22 * 60, 6 * 60))
    assert await one.gather(NOW + 11 * HOUR) == 0
    assert await one.gather(NOW + 12 * HOUR) == 0
    await one.mute(Mute(1, None, NOW + 20 * HOUR))
    assert await one.gather(NOW + 18 * HOUR) == 0
    assert await one.gather(NOW + 20 * HOUR) == 1


async def test_a_story_held_back_is_held_to_its_end(store, sql):
    """What a chat is about to be told of counts as told: its follow-ups, below its threshold too, are in the message."""
    await store.subscribe(Subscription(1, "XA", Severity.SEVERE), TODAY)
    await store.subscribe(Subscription(2, "XA", EXTREME), TODAY)
    await store.mute(Mute(1, None, NOW + 8 * HOUR))
    change, _ = await put(store, opened())
    eased = await follow(store, change, ChangeKind.EASED, severity=Severity.MINOR)
    await follow(store, eased, ChangeKind.RESOLVED, state=State.RESOLVED)
    assert await store.gather(NOW + 8 * HOUR) == 1
    [note] = await store.claim(NOW + 8 * HOUR, 9)
    kinds = [c.kind for c, _, _ in await store.missed(note.delivery_id)]
    assert kinds == [ChangeKind.OPENED, ChangeKind.EASED, ChangeKind.RESOLVED]


# --- after an outage of ours ---------------------------------------------------------------------


async def test_what_an_outage_hid_comes_in_one_message(one, sql):
    """To those who want it, with the reason, after two minutes in which more may come."""
    await one.subscribe(Subscription(2, "XB", Severity.MINOR), TODAY)
    assert await hold(one, opened(), NOW + 2 * MINUTE) == 1
    assert await hold(one, opened(), NOW + 3 * MINUTE) == 1
    assert waiting(sql, "id") == []
    assert [await one.gather(NOW + n * MINUTE) for n in (1, 3)] == [0, 1]
    [note] = await one.claim(NOW + 3 * MINUTE, 9)
    assert [reason for _, _, reason in await one.missed(note.delivery_id)] == [DOWN, DOWN]


async def test_an_outage_that_ends_in_a_mute_wakes_nobody(one, sql):
    """It waits for the end of the mute; extreme news does not, without sound unless something else may ring."""
    for chat_id in (2, 3):
        await one.subscribe(Subscription(chat_id, None, Severity.MINOR), TODAY)
    await one.mute(Mute(1, None, NOW + HOUR))
    await one.mute(Mute(2, "XA", NOW + HOUR))
    await hold(one, opened(), NOW)
    await hold(one, opened(severity=EXTREME), NOW)
    await hold(one, opened(country="XB", place=None), NOW)
    assert await one.gather(NOW) == 3
    notes = {n.chat_id: n for n in await one.claim(NOW, 9)}
    told = {c: [m[0].incident.number for m in await one.missed(n.delivery_id)] for c, n in notes.items()}
    assert told == {1: [2], 2: [2, 3], 3: [1, 2, 3]}
    assert {c: n.silent for c, n in notes.items()} == {1: True, 2: False, 3: False}
    assert await one.gather(NOW + HOUR) == 2
    assert [n.silent for n in await one.claim(NOW + HOUR, 9)] == [False, False]


# --- catch-ups that can't be sent ----------------------------------------------------------------


async def test_a_catch_up_comes_when_the_chat_is_back(one, sql):
    """Blocked while it waited or was on its way; nothing of it is lost, nothing is gathered meanwhile."""
    await one.mute(Mute(1, None, NOW + HOUR))
    await put(one, opened())
    await one.gather(NOW + HOUR)
    [note] = await one.claim(NOW + HOUR, 9)
    assert await one.record(note, Gone("blocked"), NOW + HOUR)
    assert await one.gather(NOW + 2 * HOUR) == 0
    await one.resume_chat(1)
    assert await one.gather(NOW + 3 * HOUR) == 1
    [again] = await one.claim(NOW + 3 * HOUR, 9)
    assert again.delivery_id != note.delivery_id
    assert [c.incident.number for c, _, _ in await one.missed(again.delivery_id)] == [1]
    await one.record(again, Sent(1), NOW + 3 * HOUR)
    assert sql("SELECT count(*) FROM held") == [(0,)]
    assert sql("SELECT number, message_id FROM told") == [(1, 1)]


async def test_a_catch_up_that_telegram_refuses_is_lost_and_counted(one):
    """It is not tried for ever; the next one is another."""
    await one.mute(Mute(1, None, NOW + HOUR))
    await put(one, opened())
    await one.gather(NOW + HOUR)
    [note] = await one.claim(NOW + HOUR, 9)
    await one.record(note, Unsendable("too long"), NOW + HOUR)
    assert await one.gather(NOW + 2 * HOUR) == 0
    assert await one.unsendable(NOW) == (1, "too long")


async def test_a_catch_up_after_a_crash_says_the_same_again(one):
    """Marked, with all it told."""
    await one.mute(Mute(1, None, NOW + HOUR))
    await put(one, opened())
    await one.gather(NOW + HOUR)
    await one.claim(NOW + HOUR, 9)
    assert await one.recover(NOW + HOUR) == 1
    [note] = await one.claim(NOW + HOUR, 9)
    assert (note.maybe_sent, note.attempts, len(await one.missed(note.delivery_id))) == (True, 2, 1)


# --- taken back ----------------------------------------------------------------------------------


async def test_a_withdrawal_goes_to_those_who_were_told(store, sql):
    """As a reply, muted or not, with sound; nobody who was not told, nobody twice."""
    for chat_id in (1, 2, 3):
        await store.subscribe(Subscription(chat_id, None, Severity.MINOR), TODAY)
    change, _ = await put(store, opened())
    await send_all(store)
    await follow(store, change, ChangeKind.ESCALATED, severity=EXTREME)
    await send_all(store)
    await store.subscribe(Subscription(4, None, Severity.MINOR), TODAY)
    await store.mute(Mute(2, None, NOW + HOUR))
    await store.unsubscribe(3, None)
    assert await take_back(store, 1) == 3
    alerts = await store.claim(NOW, 9)
    assert [(a.chat_id, a.change.kind, a.silent) for a in alerts] == [
        (c, ChangeKind.WITHDRAWN, False) for c in (1, 2, 3)
    ]
    assert [a.reply_to for a in alerts] == [51, 52, None]
    assert all(a.change.before is EXTREME for a in alerts)
    assert sql("SELECT prio FROM delivery WHERE state = 'sending'") == [(0,)] * 3


async def test_what_was_surely_not_sent_goes_nowhere(one, sql):
    """Not the alert, not its withdrawal; and nobody misses it."""
    change, _ = await put(one, opened())
    await follow(one, change, ChangeKind.ESCALATED, severity=EXTREME)
    await put(one, opened())
    assert await take_back(one, 1) == 0
    assert waiting(sql, "change_id", "state", "last_error") == [
        (1, "dead", "withdrawn before it was sent"),
        (2, "dead", "withdrawn before it was sent"),
        (3, "ready", None),
    ]
    assert await one.unsendable(NOW - HOUR) == (0, "")


@pytest.mark.parametrize("outcome", [Sent(7), Deferred("no answer", MINUTE, ambiguous=True), None])
async def test_what_was_on_its_way_is_taken_back_after_it(one, outcome):
    """Sent, unsure, or interrupted by a crash: the chat hears first the one, then the other."""
    await put(one, opened())
    [alert] = await one.claim(NOW, 9)
    assert await take_back(one, 1) == 1
    assert await one.claim(NOW, 9) == []
    if outcome is None:
        await one.recover(NOW)
    else:
        await one.record(alert, outcome, NOW)
    sent = await send_all(one, NOW + HOUR)
    again = [] if isinstance(outcome, Sent) else [ChangeKind.OPENED]
    assert [a.change.kind for a in sent] == [*again, ChangeKind.WITHDRAWN]


@pytest.mark.parametrize(
    "outcome", [Deferred("flood", MINUTE), Unsendable("too long"), Gone("blocked"), Moved(-9), NoTopic("closed")]
)
async def test_what_was_on_its_way_and_was_not_sent_is_not_taken_back(one, sql, outcome):
    """Nor sent any more; a chat that heard an earlier part of it hears the withdrawal."""
    await one.subscribe(Subscription(2, None, Severity.MINOR), TODAY)
    change, _ = await put(one, opened())
    first, second = await one.claim(NOW, 9)
    await one.record(second, Sent(51), NOW)
    await follow(one, change, ChangeKind.ESCALATED, severity=EXTREME)
    [more] = await one.claim(NOW, 9)
    assert (first.chat_id, more.chat_id, second.chat_id) == (1, 2, 2)
    assert await take_back(one, 1) == 2
    await one.record(first, outcome, NOW)
    await one.record(more, Deferred("flood", MINUTE), NOW)
    for chat_id in (1, -9):
        await one.resume_chat(chat_id)
    await one.gather(NOW + HOUR)
    sent = await send_all(one, NOW + HOUR)
    assert [(a.chat_id, a.change.kind) for a in sent if isinstance(a, Alert)] == [(2, ChangeKind.WITHDRAWN)]
    assert not [n for n in sent if isinstance(n, Note) and n.kind is NoteKind.CATCH_UP]
    assert sql("SELECT * FROM held") == []


@pytest.mark.parametrize("outcome", [Deferred("flood", MINUTE), Gone("blocked")])
async def test_a_catch_up_that_was_not_sent_is_not_taken_back(one, sql, outcome):
    """It tells the rest."""
    await one.mute(Mute(1, None, NOW + HOUR))
    for _ in range(2):
        await put(one, opened())
    await one.gather(NOW + HOUR)
    [note] = await one.claim(NOW + HOUR, 9)
    await take_back(one, 1, NOW + HOUR)
    await one.record(note, outcome, NOW + HOUR)
    await one.resume_chat(1)
    await one.gather(NOW + 2 * HOUR)
    [again] = await one.claim(NOW + 2 * HOUR, 9)
    assert [c.incident.number for c, _, _ in await one.missed(again.delivery_id)] == [2]
    assert sql("SELECT change_id FROM held") == [(2,)]


async def test_an_alert_that_may_have_been_sent_is_sent_again_and_then_taken_back(one):
    """A row put back after an unsure answer."""
    await put(one, opened())
    [alert] = await one.claim(NOW, 9)
    await one.record(alert, Deferred("no answer", MINUTE, ambiguous=True), NOW)
    assert await take_back(one, 1) == 1
    sent = await send_all(one, NOW + HOUR)
    assert [(a.change.kind, a.maybe_sent) for a in sent] == [
        (ChangeKind.OPENED, True),
        (ChangeKind.WITHDRAWN, False),
    ]


async def test_what_was_held_back_is_not_told_at_all(one, sql):
    """Waiting alone or in a catch-up; a catch-up with nothing left goes nowhere."""
    await one.mute(Mute(1, None, NOW + HOUR))
    for _ in range(3):
        await put(one, opened())
    assert await take_back(one, 1) == 0
    await one.gather(NOW + HOUR)
    assert await take_back(one, 2) == 0
    assert waiting(sql, "state") == [("ready",)]
    assert await take_back(one, 3) == 0
    assert waiting(sql, "state", "last_error") == [("dead", "withdrawn before it was sent")]
    assert sql("SELECT * FROM held") == []


async def test_a_catch_up_on_its_way_is_taken_back_after_it(one, sql):
    """What it told is taken back; sent again, it tells of it no more."""
    await one.mute(Mute(1, None, NOW + HOUR))
    for _ in range(2):
        await put(one, opened())
    await one.gather(NOW + HOUR)
    [note] = await one.claim(NOW + HOUR, 9)
    assert await take_back(one, 1, NOW + HOUR) == 1
    await one.record(note, Deferred("no answer", MINUTE, ambiguous=True), NOW + HOUR)
    assert [c.incident.number for c, _, _ in await one.missed(note.delivery_id)] == [2]
    withdrawal, again = await send_all(one, NOW + 2 * HOUR)
    assert (withdrawal.change.kind, again.delivery_id) == (ChangeKind.WITHDRAWN, note.delivery_id)
    assert await take_back(one, 2, NOW + 2 * HOUR) == 1
    assert [a.reply_to for a in await one.claim(NOW + 2 * HOUR, 9)] == [52]


async def test_a_catch_up_that_may_have_been_sent_is_taken_back(one, sql):
    """After a crash: it does not tell again what was withdrawn."""
    await one.mute(Mute(1, None, NOW + HOUR))
    await put(one, opened())
    await one.gather(NOW + HOUR)
    await one.claim(NOW + HOUR, 9)
    await one.recover(NOW + HOUR)
    assert await take_back(one, 1, NOW + HOUR) == 1
    assert [a.change.kind for a in await send_all(one, NOW + HOUR)] == [ChangeKind.WITHDRAWN]


async def test_a_chat_that_is_away_hears_the_withdrawal_when_it_is_back(one):
    """It was told, so it must hear; also when only the told mark is left of that."""
    await put(one, opened())
    await send_all(one)
    await one.purge(NOW + 200 * HOUR, items=HOUR, deliveries=HOUR, threads=HOUR)
    await one.pause_chat(1, "removed")
    assert await take_back(one, 1, NOW + 200 * HOUR) == 1
    assert await one.claim(NOW + 200 * HOUR, 9) == []
    await one.resume_chat(1)
    assert [a.change.kind for a in await one.claim(NOW + 200 * HOUR, 9)] == [ChangeKind.WITHDRAWN]


@pytest.mark.parametrize("how", ["blocked", "paused"])
async def test_what_waited_for_a_chat_that_was_away_is_one_message(one, sql, how):
    """However long: found out by sending, or told by Telegram; once it is told, what follows replies to it."""
    changes = [(await put(one, opened()))[0] for _ in range(2)]
    if how == "blocked":
        [alert] = await one.claim(NOW, 1)
        await one.record(alert, Gone("blocked"), NOW)
    else:
        await one.pause_chat(1, "removed")
    for at in (NOW + MINUTE, NOW + 2000 * HOUR):
        assert await one.gather(at) == 0
    back = NOW + 2000 * HOUR
    await one.resume_chat(1)
    assert await one.gather(back) == 1
    assert await one.unsendable(NOW - HOUR) == (0, ""), "nothing is lost"
    [note] = await one.claim(back, 9)
    assert [(c.incident.number, why) for c, _, why in await one.missed(note.delivery_id)] == [(1, AWAY), (2, AWAY)]
    await one.record(note, Sent(77), back)
    await follow(one, changes[1], ChangeKind.ESCALATED, severity=EXTREME)
    assert [a.reply_to for a in await one.claim(back, 9)] == [77]
    assert sql("SELECT * FROM held") == []


@pytest.mark.parametrize("how", ["blocked", "paused"])
async def test_a_withdrawal_for_a_chat_that_is_away_stays_a_reply(one, how):
    """It takes back what the chat was told, and is not part of what it missed."""
    await put(one, opened())
    await send_all(one)
    await take_back(one, 1)
    if how == "blocked":
        [alert] = await one.claim(NOW, 1)
        await one.record(alert, Gone("blocked"), NOW)
    else:
        await one.pause_chat(1, "removed")
    await one.gather(NOW + HOUR)
    await one.resume_chat(1)
    assert await one.gather(NOW + HOUR) == 0
    assert [(a.change.kind, a.reply_to) for a in await one.claim(NOW + HOUR, 9)] == [(ChangeKind.WITHDRAWN, 51)]


# --- topics and chats that go --------------------------------------------------------------------

GROUP = Chat(-1, ChatKind.GROUP, steward=9)


@pytest.fixture
async def forum(store):
    """A group with two topics, set up by 9; one incident told in topic 4, one waiting, one held back."""
    for thread_id, area in ((4, "XA"), (4, "XB"), (5, "XC")):
        wanted = Subscription(-1, area, Severity.MINOR, thread_id=thread_id)
        await store.subscribe(wanted, TODAY, kind=ChatKind.GROUP, steward=9)
    await store.set_chat(-1, TODAY, daily=60, daily_next=NOW + HOUR, daily_thread=4)
    await put(store, opened())
    await send_all(store)
    await store.mute(Mute(-1, "XB", NOW + HOUR))
    await put(store, opened(country="XB", place=None))
    await put(store, opened())
    return store


async def test_a_topic_that_is_gone_goes_on_in_the_group(forum, sql):
    """Subscriptions, threads, what waits, what is held back, the line of the day; other topics stay."""
    [alert] = await forum.claim(NOW, 9)
    assert await forum.record(alert, NoTopic("TOPIC_CLOSED"), NOW)
    assert [(s.thread_id, s.area) for s in await forum.subscriptions(-1)] == [(0, "XA"), (0, "XB"), (5, "XC")]
    assert sql("SELECT thread_id, number FROM told") == [(0, 1)]
    assert sql("SELECT thread_id FROM held") == [(0,)]
    assert [row[1] for row in await forum.daily_due(NOW + HOUR)] == [0]
    again, first, second = await send_all(forum)
    assert (first.chat_id, first.thread_id, second.chat_id) == (-1, 0, 9)
    assert "/subscribe" in first.body
    assert "In the group -1: the topic" in second.body
    assert (again.delivery_id, again.thread_id, again.attempts) == (alert.delivery_id, 0, 1)


async def test_two_messages_to_a_topic_that_is_gone(forum, sql):
    """The second answer says the same of the topic, not of the group: no second notice, and the group is not
    closed."""
    await put(forum, opened())
    first, second = await forum.claim(NOW, 9)
    for alert in (first, second):
        assert await forum.record(alert, NoTopic("TOPIC_CLOSED"), NOW)
    assert await forum.chat(-1) == Chat(-1, ChatKind.GROUP, daily=60, steward=9)
    sent = await send_all(forum)
    assert [o.delivery_id for o in sent if isinstance(o, Alert)] == [first.delivery_id, second.delivery_id]
    assert [o.chat_id for o in sent if isinstance(o, Note)] == [-1, 9]
    assert {o.thread_id for o in sent} == {0}


async def test_what_the_group_has_itself_is_not_told_there_twice(forum, sql):
    """Both the topic and the group wanted it."""
    await forum.subscribe(Subscription(-1, "XA", EXTREME), TODAY, kind=ChatKind.GROUP)
    await forum.subscribe(Subscription(-1, "XB", Severity.MINOR), TODAY, kind=ChatKind.GROUP)
    await put(forum, opened(severity=EXTREME))
    await put(forum, opened(country="XB", place=None))
    alerts = await forum.claim(NOW, 2)
    here, there = sorted(alerts, key=lambda a: a.thread_id)
    assert [(a.thread_id, a.change.incident.number) for a in (here, there)] == [(0, 4), (4, 4)]
    assert await forum.record(there, NoTopic("TOPIC_CLOSED"), NOW)
    assert await forum.record(here, Sent(7), NOW)
    assert [(s.area, s.at_least) for s in await forum.subscriptions(-1) if not s.thread_id] == [
        ("XA", EXTREME),
        ("XB", Severity.MINOR),
    ]
    sent = await send_all(forum)
    assert [o.change.incident.number for o in sent if isinstance(o, Alert)] == [3]
    assert sum(isinstance(o, Note) for o in sent) == 2
    assert sorted(sql("SELECT change_id, thread_id FROM held")) == [(2, 0), (5, 0)]
    assert sql("SELECT count(*) FROM delivery WHERE thread_id = 4 AND state != 'sent'") == [(0,)]


async def test_a_closed_general_topic_closes_the_group(store, sql):
    """There is nowhere else to write; the steward is told."""
    await store.subscribe(Subscription(-1, None, Severity.MINOR), TODAY, kind=ChatKind.GROUP, steward=9)
    await put(store, opened())
    [alert] = await store.claim(NOW, 9)
    await store.record(alert, NoTopic("TOPIC_CLOSED"), NOW)
    assert await store.chat(-1) == Chat(-1, ChatKind.GROUP, False, "TOPIC_CLOSED", steward=9)
    assert waiting(sql, "chat_id", "state") == [(-1, "dead"), (9, "ready")]


async def test_the_steward_is_told_once_that_a_chat_is_gone(store, sql):
    """However many messages find it so; again when it came back and went again; of a private chat nobody is told."""
    await store.subscribe(Subscription(-1, None, Severity.MINOR), TODAY, kind=ChatKind.CHANNEL, steward=9)
    await store.subscribe(Subscription(2, None, Severity.MINOR), TODAY)
    for round_ in (1, 2):
        await put(store, opened())
        await put(store, opened())
        for alert in await store.claim(NOW, 9):
            assert await store.record(alert, Gone("kicked"), NOW)
        [notice] = await send_all(store)
        assert (notice.chat_id, notice.kind, "-1" in notice.body) == (9, NoteKind.NOTICE, True)
        assert sql("SELECT count(*) FROM delivery WHERE kind = 'notice'") == [(round_,)]
        assert await store.resume_chat(-1)


async def test_a_gone_chat_without_a_steward_is_no_error(store, sql):
    """Nobody to tell."""
    await store.subscribe(Subscription(-1, None, Severity.MINOR), TODAY, kind=ChatKind.GROUP)
    await put(store, opened())
    [alert] = await store.claim(NOW, 9)
    await store.record(alert, Gone("kicked"), NOW)
    assert waiting(sql, "state") == [("dead",)]


# --- notices and the line of the day -------------------------------------------------------------


async def test_a_notice_reaches_those_who_never_wrote(store, sql):
    """A chat row is made for it, that of a group if its number says so; its words go once they are sent."""
    async with store.writing() as tx:
        await tx.notice([1, -2, 1], "<b>Look</b>", NOW)
    assert await store.chat(1) == Chat(1)
    assert await store.chat(-2) == Chat(-2, ChatKind.GROUP)
    sent = await send_all(store)
    assert [(n.chat_id, n.body, n.kind) for n in sent] == [
        (1, "<b>Look</b>", NoteKind.NOTICE),
        (-2, "<b>Look</b>", NoteKind.NOTICE),
    ]
    assert waiting(sql, "state", "body") == [("sent", None)] * 2
    assert await store.missed(sent[0].delivery_id) == []


async def test_a_notice_under_a_name_comes_once(store):
    """To each chat; without a name as often as it is given; a setting of the chat stays as it was."""
    await store.set_chat(1, TODAY, tz="Asia/Kathmandu")
    for chats in ([1], [1, 2]):
        async with store.writing() as tx:
            await tx.notice(chats, "named", NOW, once="welcome")
            await tx.notice(chats, "plain", NOW)
    assert [(n.chat_id, n.body) for n in await send_all(store)] == [
        (1, "named"),
        (1, "plain"),
        (2, "named"),
        (1, "plain"),
        (2, "plain"),
    ]
    assert (await store.chat(1)).tz == "Asia/Kathmandu"


async def test_a_line_a_day(store, sql):
    """Due from its time on, for active chats; written once however often it is asked for; the next is set with it."""
    zone = ZoneInfo("Europe/Berlin")
    due = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)
    for chat_id in (1, 2, 3, 4):
        await store.set_chat(chat_id, TODAY, tz=zone.key, daily=450, daily_next=due, daily_thread=4 * (chat_id == 1))
    await store.set_chat(3, TODAY, daily=None)
    await store.pause_chat(4, "blocked")
    assert await store.daily_due(due - timedelta(microseconds=1)) == []
    assert await store.daily_due(due) == [(1, 4, 450, zone.key, Digest.LINE), (2, 0, 450, zone.key, Digest.LINE)]
    next_ = next_local(450, zone, due)
    for _ in range(2):
        await store.daily(1, 4, due.astimezone(zone), next_)
    assert waiting(sql, "kind", "chat_id", "thread_id") == [("daily", 1, 4)]
    assert [row[0] for row in await store.daily_due(due)] == [2]
    assert next_ == due + 24 * HOUR
    assert sorted(row[0] for row in await store.daily_due(next_)) == [1, 2]
    await store.daily(1, 4, next_.astimezone(zone), next_local(450, zone, next_))
    [first, second] = await send_all(store, next_)
    assert (first.kind, second.kind, first.thread_id) == (NoteKind.DAILY, NoteKind.DAILY, 4)


# --- the order of sending ------------------------------------------------------------------------


async def test_alerts_go_before_what_can_wait(one, sql):
    """Extreme, then severe and notices by age, then the rest, then daily lines and catch-ups."""
    await one.mute(Mute(1, "XB", NOW + HOUR))
    await put(one, opened(country="XB", place=None), NOW)
    await one.gather(NOW + HOUR)
    await one.daily(1, 0, NOW, NOW + 24 * HOUR)
    await put(one, opened(severity=Severity.MINOR), NOW)
    async with one.writing() as tx:
        await tx.notice([1], "early", NOW)
    await put(one, opened(), NOW + MINUTE)
    async with one.writing() as tx:
        await tx.notice([1], "late", NOW + 2 * MINUTE)
    await put(one, opened(severity=EXTREME), NOW + 3 * MINUTE)
    sent = await send_all(one, NOW + HOUR)
    names = [out.change.incident.severity.word if isinstance(out, Alert) else out.body or out.kind for out in sent]
    assert names == ["extreme", "early", "severe", "late", "minor", NoteKind.DAILY, NoteKind.CATCH_UP]


async def test_a_note_waits_for_no_story(one):
    """Only alerts of one incident keep an order."""
    await put(one, opened())
    [alert] = await one.claim(NOW, 9)
    async with one.writing() as tx:
        await tx.notice([1], "word", NOW)
    await follow(one, alert.change, ChangeKind.ESCALATED, severity=EXTREME)
    assert [type(out) for out in await one.claim(NOW, 9)] == [Note]


async def test_a_claim_walks_the_ready_rows_of_all_kinds_in_their_order(one):
    """No sort, whatever is in the outbox."""
    await one.mute(Mute(1, "XB", NOW + HOUR))
    for country in ("XA", "XB"):
        await put(one, opened(country=country, place=None))
    await one.gather(NOW + HOUR)
    await one.daily(1, 0, NOW, NOW + 24 * HOUR)
    asked = []
    event.listen(
        one._writer.sync_engine, "before_cursor_execute", lambda c, cursor, sql, values, *_: asked.append((sql, values))
    )
    assert len(await one.claim(NOW + HOUR, 9)) == 3
    statement, parameters = next(a for a in asked if a[0].startswith("SELECT"))
    async with one._read() as c:
        plan = [step[3] for step in await c.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert plan[0] == "SCAN delivery USING INDEX delivery_ready"
    assert not [step for step in plan if "TEMP B-TREE" in step]
