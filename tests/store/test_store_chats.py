"""What people set: areas, topics, kinds, thresholds, mutes, invitations; and that all of it goes and moves as one."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import HOUR, NOW, RIVER_BRIDGE, TODAY, follow, incident, opened, put

from bot.judge.routing import FROM_OUTAGE
from bot.model import (
    ANY_CATEGORY,
    Category,
    Change,
    ChangeKind,
    Chat,
    ChatKind,
    Gone,
    Incident,
    Moved,
    Mute,
    Place,
    Sent,
    Severity,
    State,
    Subscription,
)
from bot.store import ALL
from handlers.where import area_of

REGION = Place("XA-1", "Rivers", "admin1", "XA", within=("XA",))
COUNTRY = Place("XA", "Aland", "country", "XA")


def told_now(sql, change_id=None):
    """(chat_id, thread_id) in the outbox, of one change or of all."""
    rows = sql("SELECT change_id, chat_id, thread_id FROM delivery ORDER BY chat_id, thread_id")
    return [tuple(r[1:]) for r in rows if change_id in (None, r[0])]


# --- who wants what ------------------------------------------------------------------------------

AREAS = {
    1: Subscription(1, None, Severity.MINOR),
    2: Subscription(2, "XA", Severity.MINOR),
    3: Subscription(3, "XA-1", Severity.MINOR),
    4: Subscription(4, "XA-1-9", Severity.MINOR, within=("XA-1",)),
    5: Subscription(5, "XA-1-8", Severity.MINOR, within=("XA-1",)),
    6: Subscription(6, "XA-2", Severity.MINOR),
    7: Subscription(7, "XB", Severity.MINOR),
}


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ({"place": RIVER_BRIDGE}, [1, 2, 3, 4]),
        ({"place": REGION}, [1, 2, 3, 4, 5]),
        ({"place": COUNTRY}, [1, 2]),
        ({"place": None}, [1, 2]),
        ({"place": None, "country": None}, [1]),
    ],
)
async def test_an_area_is_what_lies_in_it_and_what_it_lies_in(store, sql, where, told):
    """All of a region concerns the crossing in it; a country alone does not, nor a neighbour."""
    for wanted in AREAS.values():
        await store.subscribe(wanted, TODAY)
    change, rows = await put(store, opened(**where))
    assert told_now(sql) == [(c, 0) for c in told]
    assert rows == len(told) == await store.wanted_by(change)
    assert [c for c, s in AREAS.items() if s.covers(change.incident)] == told


async def test_what_is_read_is_what_was_set(store):
    """Topics, kinds and ancestors too; the same area in two topics is two subscriptions."""
    mine = [
        Subscription(1, None, Severity.EXTREME, (Category.SIEGE,)),
        Subscription(1, "XA-1-9", Severity.MINOR, (Category.SIEGE, Category.ROUTE_CLOSURE), within=("XA-1", "XA-x")),
        Subscription(1, "XA-1-9", Severity.SEVERE, thread_id=7, within=("XA-1",)),
    ]
    for wanted in reversed(mine):
        await store.subscribe(wanted, TODAY)
    assert await store.subscriptions(1) == mine
    changed = replace(mine[2], at_least=Severity.MINOR, categories=(Category.AID_DELIVERY,))
    await store.subscribe(changed, TODAY)
    assert await store.subscriptions(1) == [*mine[:2], changed]
    assert await store.unsubscribe(1, "XA-1-9", thread_id=0) == 1
    assert await store.subscriptions(1) == [mine[0], changed]
    assert await store.subscriber_count() == 1


async def test_a_topic_gets_what_is_wanted_in_it(store, sql):
    """One row per topic, each claimed with its own; where two subscriptions of a topic meet, still one."""
    for wanted in (
        Subscription(-1, "XA", Severity.MINOR, thread_id=5),
        Subscription(-1, "XA-1", Severity.MINOR, thread_id=5),
        Subscription(-1, "XA", Severity.EXTREME, thread_id=6),
        Subscription(-1, "XB", Severity.MINOR, thread_id=8),
        Subscription(-1, None, Severity.MINOR),
    ):
        await store.subscribe(wanted, TODAY, kind=ChatKind.GROUP, steward=9)
    await put(store, opened())
    assert told_now(sql) == [(-1, 0), (-1, 5)]
    claimed = await store.claim(NOW, 9)
    assert sorted(a.thread_id for a in claimed) == [0, 5]
    assert {a.chat for a in claimed} == {Chat(-1, ChatKind.GROUP, steward=9)}
    for alert in claimed:
        await store.record(alert, Sent(100 + alert.thread_id), NOW)
    await follow(store, (await store.history(1))[0][0], ChangeKind.RESOLVED, state=State.RESOLVED)
    assert sorted((a.thread_id, a.reply_to) for a in await store.claim(NOW, 9)) == [(0, 100), (5, 105)]


async def test_only_the_kinds_asked_for(store, sql):
    """One kind in common is enough."""
    for chat_id, kind in enumerate(Category, 1):
        await store.subscribe(Subscription(chat_id, "XA", Severity.MINOR, (kind,)), TODAY)
    await put(store, opened(categories=(Category.AID_DELIVERY, Category.ROUTE_CLOSURE)))
    assert told_now(sql) == [(2, 0), (3, 0)]


async def test_the_threshold_of_a_chat_stands_over_all_its_subscriptions(store, sql):
    """At it counts; below it nothing comes, whatever a subscription says."""
    for chat_id, level in ((1, Severity.MINOR), (2, Severity.SEVERE), (3, Severity.EXTREME)):
        await store.subscribe(Subscription(chat_id, None, Severity.MINOR), TODAY)
        await store.set_chat(chat_id, TODAY, at_least=level)
    await put(store, opened())
    assert told_now(sql) == [(1, 0), (2, 0)]


async def test_who_was_told_hears_all_that_follows_whatever_its_thresholds(store, sql):
    """Also when threshold, kind and area were changed since; a chat not told needs its own."""
    await store.subscribe(Subscription(1, "XA", Severity.EXTREME), TODAY)
    await store.subscribe(Subscription(2, "XA", Severity.EXTREME), TODAY)
    await store.set_chat(2, TODAY, at_least=Severity.EXTREME)
    change, _ = await put(store, opened(severity=Severity.EXTREME))
    for alert in await store.claim(NOW, 9):
        await store.record(alert, Sent(5), NOW)
    await store.subscribe(Subscription(3, "XA", Severity.EXTREME), TODAY)
    await store.subscribe(Subscription(1, "XA", Severity.EXTREME, (Category.SIEGE,)), TODAY)
    eased = await follow(store, change, ChangeKind.EASED, severity=Severity.MINOR)
    assert told_now(sql, 2) == [(1, 0), (2, 0), (3, 0)]  # it was extreme before
    await follow(store, eased, ChangeKind.RESOLVED, state=State.RESOLVED)
    assert told_now(sql, 3) == [(1, 0), (2, 0)]


# --- the same rule in SQL and in the model -------------------------------------------------------

_REGIONS = [Place(key, key, "admin1", "XA", within=("XA",)) for key in ("XA:one", "XA:ONE", "XA:o_e", "XA:o%", "XA:on")]
_TOWNS = [Place(f"{r.key}.t", "town", "city", "XA", within=(r.key, "XA")) for r in _REGIONS[:3]]
_GATES = [Place(f"{t.key}-gate", "gate", "crossing", "XA", within=(t.key, *t.within)) for t in _TOWNS]
PLACES = [
    COUNTRY, Place("XB", "Beland", "country", "XB"), *_REGIONS, *_TOWNS, *_GATES,
    Place("XB:one", "One", "admin1", "XB", within=("XB",)),
]  # fmt: skip

_kinds = st.sets(st.sampled_from(Category), min_size=1).map(lambda found: tuple(c for c in Category if c in found))
_levels = st.sampled_from(Severity)


@st.composite
def wishes(draw: st.DrawFn) -> Subscription:
    """A subscription as /subscribe makes it, of one of five chats in one of two topics."""
    place = draw(st.none() | st.sampled_from(PLACES))
    area, within = (None, ()) if place is None else area_of(place)
    return Subscription(
        draw(st.integers(1, 5)), area, draw(_levels), draw(_kinds), draw(st.sampled_from([0, 7])), within
    )


@st.composite
def happenings(draw: st.DrawFn) -> Incident:
    """An incident at one of the places, in a country, or nowhere known."""
    place = draw(st.none() | st.sampled_from(PLACES))
    country = place.country if place else draw(st.sampled_from([None, "XA", "XB"]))
    return incident(place=place, country=country, severity=draw(_levels), categories=draw(_kinds))


def _clear(sql):
    for table in ("delivery", "told", "held", "change", "incident_place", "incident", "subscription", "chat"):
        sql(f"DELETE FROM {table}")


_on_one_database = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_wishes = st.lists(wishes(), min_size=1, max_size=6, unique_by=lambda s: (s.chat_id, s.thread_id, s.area))
_happenings = st.lists(happenings(), min_size=1, max_size=6)


async def _world(store, sql, wanted, happened):
    """Chats with these subscriptions, and these incidents by number; the outbox as it then is."""
    _clear(sql)
    for one in wanted:
        await store.subscribe(one, TODAY)
    async with store.writing() as tx:
        saved = [await tx.save(Change(ChangeKind.OPENED, one, "x"), NOW) for one in happened]
        for one in saved:
            await tx.enqueue(one.change_id, one.change, NOW)
    return {one.change.incident.number: one.change.incident for one in saved}


@_on_one_database
@given(_wishes, _happenings, st.dictionaries(st.integers(1, 5), _levels))
async def test_the_outbox_is_what_the_model_says(store, sql, wanted, happened, levels):
    """Whoever has a subscription that covers it, in that topic, from the threshold of the chat; nobody else."""
    numbers = await _world(store, sql, wanted, [])
    for chat_id in {s.chat_id for s in wanted}:
        await store.set_chat(chat_id, TODAY, at_least=levels.get(chat_id, Severity.MINOR))
    async with store.writing() as tx:
        for one in happened:
            saved = await tx.save(Change(ChangeKind.OPENED, one, "x"), NOW)
            numbers[saved.change.incident.number] = saved.change.incident
            await tx.enqueue(saved.change_id, saved.change, NOW)
    query = "SELECT number, chat_id, thread_id FROM delivery JOIN change ON change.id = change_id"
    assert set(sql(query)) == {
        (number, s.chat_id, s.thread_id)
        for number, one in numbers.items()
        for s in wanted
        if s.covers(one) and one.severity >= levels.get(s.chat_id, Severity.MINOR)
    }


@_on_one_database
@given(_wishes, _happenings)
async def test_the_line_of_the_day_is_about_what_the_model_says(store, sql, wanted, happened):
    """changed_since, of each chat over all its topics."""
    numbers = await _world(store, sql, wanted, happened)
    for chat_id in range(1, 6):
        mine = [s for s in wanted if s.chat_id == chat_id]
        found = [i.number for i in await store.changed_since(chat_id, NOW)]
        assert sorted(found) == [n for n, one in numbers.items() if any(s.covers(one) for s in mine)]


@_on_one_database
@given(_wishes, _happenings, st.data())
async def test_unsubscribing_leaves_the_follow_ups_that_the_model_says(store, sql, wanted, happened, data):
    """What a subscription to the area and kind still covers in that topic; its threshold is for first news only."""
    numbers = await _world(store, sql, wanted, happened)
    sql("INSERT INTO told SELECT DISTINCT chat_id, thread_id, number, 1 FROM subscription, incident")
    ended = data.draw(st.sampled_from(wanted))
    assert await store.unsubscribe(ended.chat_id, ended.area, thread_id=ended.thread_id) == 1
    left = [replace(s, at_least=Severity.MINOR) for s in wanted if s != ended]
    topics = {s.thread_id for s in wanted if s.chat_id == ended.chat_id}
    expected = {
        (thread_id, number)
        for thread_id in topics
        for number, one in numbers.items()
        if any(s.covers(one) for s in left if (s.chat_id, s.thread_id) == (ended.chat_id, thread_id))
    }
    assert set(sql("SELECT thread_id, number FROM told WHERE chat_id = ?", ended.chat_id)) == expected
    waits = (
        "SELECT thread_id, number FROM delivery JOIN change ON change.id = change_id WHERE chat_id = ? AND state = ?"
    )
    assert set(sql(waits, ended.chat_id, "ready")) <= expected
    assert not set(sql(waits, ended.chat_id, "dead")) & expected


async def test_what_changed_is_news_of_real_incidents_only(store):
    """Not what was told again, not what is older, not an exercise; the worst first."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    old, _ = await put(store, opened(), NOW - HOUR)
    await put(store, Change(ChangeKind.REPEATED, old.incident, "told again"), NOW)
    await put(store, opened(exercise=True))
    await put(store, opened(severity=Severity.MINOR))
    await put(store, opened(severity=Severity.EXTREME))
    assert [i.number for i in await store.changed_since(1, NOW)] == [4, 3]
    assert [i.number for i in await store.changed_since(1, NOW - HOUR)] == [4, 1, 3]
    assert await store.changed_since(2, NOW) == []
    await store.set_chat(1, TODAY, at_least=Severity.SEVERE)
    assert [i.number for i in await store.changed_since(1, NOW)] == [4]


async def test_what_no_chat_was_told_is_no_change_of_the_day(store):
    """From the first poll of a source, or old at first sight; what a catch-up tells is one."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    for why in ("from before we listened: first poll of this source", FROM_OUTAGE):
        async with store.writing() as tx:
            await tx.save(replace(opened(), withheld=why), NOW)
    assert [i.number for i in await store.changed_since(1, NOW)] == [2]


async def test_what_was_taken_back_is_no_change_of_the_day(store):
    """Whoever was told of it was told that too."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    gone, _ = await put(store, opened())
    await put(store, opened())
    await follow(store, gone, ChangeKind.WITHDRAWN, state=State.WITHDRAWN)
    assert [i.number for i in await store.changed_since(1, NOW)] == [2]


# --- settings, mutes, invitations ----------------------------------------------------------------


async def test_a_chat_is_kept_as_it_was_set(store):
    """A setting makes a new chat; what is not named stays."""
    assert await store.chat(1) is None
    await store.set_chat(1, TODAY, tz="Asia/Kathmandu", daily=450, discreet=True)
    await store.set_chat(1, TODAY + timedelta(days=3), at_least=Severity.SEVERE)
    assert await store.chat(1) == Chat(1, at_least=Severity.SEVERE, tz="Asia/Kathmandu", daily=450, discreet=True)
    await store.set_chat(2, TODAY)
    await store.set_chat(2, TODAY)
    assert await store.chat(2) == Chat(2)
    await store.pause_chat(1, "blocked")
    assert (await store.chat(1)).paused_reason == "blocked"


async def test_mutes_are_listed_until_they_are_over(store):
    """Everything first; one of each area and form: a second replaces it."""
    await store.set_chat(1, TODAY)
    nightly, until = Mute(1, None, None, 1320, 360), Mute(1, "XA", NOW + HOUR)
    for wanted in (Mute(1, "XA", NOW + 9 * HOUR), until, Mute(1, None, NOW), Mute(1, None, None, 0, 60), nightly):
        await store.mute(wanted)
    assert await store.mutes(1, NOW) == [nightly, until]
    assert await store.mutes(1, NOW + HOUR) == [nightly]
    assert await store.unmute(1, NOW) == 3
    assert await store.mutes(1, NOW) == []
    assert await store.unmute(1, NOW) == 0


async def test_one_mute_ends_and_the_others_hold(store):
    """Of one area, or of one form of it; of another chat none."""
    await store.set_chat(1, TODAY)
    await store.set_chat(2, TODAY)
    night = Mute(1, None, None, 1320, 360)
    xa, xa_nights, other = Mute(1, "XA", NOW + HOUR), Mute(1, "XA", None, 0, 60), Mute(2, "XA", NOW + HOUR)
    for wanted in (night, xa, xa_nights, other):
        await store.mute(wanted)
    assert await store.unmute(1, NOW, "XB") == 0
    assert await store.unmute(1, NOW, "XA", nightly=True) == 1
    assert await store.mutes(1, NOW) == [night, xa]
    await store.mute(xa_nights)
    assert await store.unmute(1, NOW, "XA") == 2
    assert await store.mutes(1, NOW) == [night]
    assert await store.unmute(1, NOW, None, nightly=False) == 0
    assert await store.unmute(1, NOW, None) == 1
    assert await store.mutes(2, NOW) == [other]


async def test_an_invitation_admits_once_and_in_time(store, sql):
    """A used, an unknown and an expired code let nobody in and make no chat."""
    await store.invite("hash-a", NOW + HOUR)
    await store.invite("hash-b", NOW + HOUR)
    assert not await store.admit("hash-x", 1, ChatKind.PRIVATE, NOW)
    assert not await store.admit("hash-b", 1, ChatKind.PRIVATE, NOW + HOUR)
    assert not await store.chat_known(1)
    assert await store.admit("hash-a", -1, ChatKind.GROUP, NOW + HOUR - timedelta(seconds=1))
    assert await store.chat(-1) == Chat(-1, ChatKind.GROUP, admitted=True)
    assert not await store.admit("hash-a", 2, ChatKind.PRIVATE, NOW)
    assert sql("SELECT code_hash FROM invitation") == [("hash-b",)]


async def test_two_chats_race_for_one_invitation(store, sql):
    """However many try at once, one gets in."""
    await store.invite("hash", NOW + HOUR)
    tries = [store.admit("hash", chat_id, ChatKind.PRIVATE, NOW) for chat_id in range(1, 9)]
    assert sorted(await asyncio.gather(*tries)) == [False] * 7 + [True]
    assert sql("SELECT count(*), sum(admitted) FROM chat") == [(1, 1)]


async def test_being_admitted_wakes_a_chat_that_was_paused(store):
    """It keeps what it had set."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    await store.pause_chat(1, "blocked")
    await store.invite("hash", NOW + HOUR)
    assert await store.admit("hash", 1, ChatKind.PRIVATE, NOW)
    assert (await put(store, opened()))[1] == 1


# --- ending, forgetting, moving ------------------------------------------------------------------


async def test_unsubscribing_drops_what_was_held_back(store, sql):
    """Not gathered yet or waiting in a catch-up; one with nothing left to tell is not sent, and one on its way is
    left alone."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    await store.subscribe(Subscription(1, "XB", Severity.MINOR, thread_id=4), TODAY)
    await store.mute(Mute(1, None, NOW + HOUR))
    for country in ("XA", "XB"):
        await put(store, opened(country=country, place=None))
    assert await store.gather(NOW + HOUR) == 2
    await store.mute(Mute(1, None, NOW + 9 * HOUR))
    await put(store, opened(), NOW + HOUR)
    assert await store.unsubscribe(1, "XA") == 1
    assert sql("SELECT thread_id, change_id FROM held") == [(4, 2)]
    assert sql("SELECT thread_id, state, last_error FROM delivery ORDER BY thread_id") == [
        (0, "dead", "unsubscribed"),
        (4, "ready", None),
    ]
    assert (await store.unsendable(NOW))[0] == 0
    [note] = await store.claim(NOW + HOUR, 9)
    assert await store.unsubscribe(1, ALL) == 1
    assert [c.incident.number for c, _, _ in await store.missed(note.delivery_id)] == [2]
    assert await store.record(note, Sent(1), NOW + HOUR)
    assert sql("SELECT count(*) FROM held") == [(0,)]


async def test_unsubscribing_in_a_topic_leaves_the_others(store, sql):
    """ALL with a topic is all of that topic."""
    for thread_id in (0, 4):
        await store.subscribe(Subscription(-1, "XA", Severity.MINOR, thread_id=thread_id), TODAY)
        await store.subscribe(Subscription(-1, None, Severity.MINOR, thread_id=thread_id), TODAY)
    change, _ = await put(store, opened())
    assert await store.unsubscribe(-1, ALL, thread_id=4) == 2
    assert [s.thread_id for s in await store.subscriptions(-1)] == [0, 0]
    assert sql("SELECT thread_id, state FROM delivery ORDER BY thread_id") == [(0, "ready"), (4, "dead")]
    await follow(store, change, ChangeKind.RESOLVED, state=State.RESOLVED)
    assert told_now(sql, 2) == [(-1, 0)]


def _bytes_of(chat_id: int, path: Path) -> list[str]:
    """Files beside the database that hold the id as SQLite writes integers, as a row id, or as text."""
    number = abs(chat_id)
    groups = [number >> 7 * i & 0x7F for i in reversed(range((number.bit_length() + 6) // 7))]
    varint = bytes(g | 0x80 for g in groups[:-1]) + bytes(groups[-1:])
    forms = [chat_id.to_bytes(6, "big", signed=True), str(number).encode()] + ([varint] if chat_id > 0 else [])
    return [p.name for p in path.parent.iterdir() if any(form in p.read_bytes() for form in forms)]


async def _lived(store, chat_id, steward=None):
    """A chat with a row in every table that can have one."""
    kind = ChatKind.PRIVATE if chat_id > 0 else ChatKind.GROUP
    for area in (None, "XA"):
        await store.subscribe(Subscription(chat_id, area, Severity.MINOR), TODAY, kind=kind, steward=steward)
    await put(store, opened())
    for out in await store.claim(NOW, 99):
        if out.chat_id == chat_id:
            await store.record(out, Sent(5), NOW)
    await store.mute(Mute(chat_id, "XA-1", NOW + HOUR))
    await store.mute(Mute(chat_id, None, None, 0, 60))
    await put(store, opened())
    await store.remember_said(chat_id, [6, 7], NOW)
    await store.set_chat(chat_id, TODAY, daily=60, daily_next=NOW, tz="Asia/Kathmandu")
    await store.daily(chat_id, 0, NOW, NOW + 24 * HOUR)
    async with store.writing() as tx:
        await tx.notice([chat_id], "a word", NOW, once="word")


TABLES = ("held", "delivery", "told", "said", "mute", "subscription", "chat")


@pytest.mark.parametrize(("forgotten", "bystander"), [(700_123_456_789, 700_123_456_790), (-700_123_456_789, -5)])
async def test_forgetting_leaves_no_byte_in_any_table(store, path, sql, forgotten, bystander):
    """Mutes, what is held back, answers, names of what is sent once; a bystander keeps all of it."""
    await _lived(store, forgotten)
    await _lived(store, bystander)
    before = {t: sql(f"SELECT count(*) FROM {t} WHERE chat_id = ?", bystander) for t in TABLES}
    assert _bytes_of(forgotten, path)
    counts = await store.forget(forgotten)
    assert counts == {"held": 3, "delivery": 3, "told": 1, "said": 2, "mute": 2, "subscription": 2, "chat": 1}
    for table in TABLES:
        assert sql(f"SELECT count(*) FROM {table} WHERE chat_id = ?", forgotten) == [(0,)], table
        assert sql(f"SELECT count(*) FROM {table} WHERE chat_id = ?", bystander) == before[table] != [(0,)], table
    assert _bytes_of(forgotten, path) == []


async def test_a_steward_who_is_forgotten_is_no_steward_any_more(store, path):
    """What it had set up goes on without it."""
    steward = 700_123_456_789
    await store.subscribe(Subscription(steward, None, Severity.EXTREME), TODAY)
    await store.subscribe(Subscription(-5, None, Severity.MINOR), TODAY, kind=ChatKind.GROUP, steward=steward)
    await store.forget(steward)
    assert _bytes_of(steward, path) == []
    assert await store.chat(-5) == Chat(-5, ChatKind.GROUP)
    assert (await put(store, opened()))[1] == 1


@pytest.mark.parametrize("sent", [False, True])
async def test_a_group_that_is_forgotten_is_named_in_no_notice_to_its_steward(store, path, sql, sent):
    """Waiting or sent: its number was in the words."""
    group = -700_123_456_789
    await store.subscribe(Subscription(group, None, Severity.MINOR), TODAY, kind=ChatKind.GROUP, steward=9)
    await put(store, opened())
    [alert] = await store.claim(NOW, 9)
    await store.record(alert, Gone("kicked"), NOW)
    if sent:
        [notice] = await store.claim(NOW, 9)
        assert (notice.chat_id, str(group) in notice.body) == (9, True)
        await store.record(notice, Sent(1), NOW)
    async with store.writing() as tx:
        await tx.notice([9], "another word", NOW)
    await store.forget(group)
    assert _bytes_of(group, path) == []
    assert [n.body for n in await store.claim(NOW, 9)] == ["another word"]


async def test_forgetting_a_group_leaves_notices_about_others(store):
    """Whose number begins with the same figures; one that names both goes."""
    for words in ("In the group -1001: closed.", "In the group -10012: closed.", "In -10012, and in -1001.", "-1001"):
        async with store.writing() as tx:
            await tx.notice([9], words, NOW)
    await store.forget(-1001)
    assert [n.body for n in await store.claim(NOW, 9)] == ["In the group -10012: closed."]


@pytest.mark.parametrize("by_answer", [False, True])
async def test_a_move_takes_every_table_along(store, sql, by_answer):
    """By Telegram's news or by its answer to a message; old answers can't be taken back there, so they are let go."""
    old, new = -5, -100_700_123
    await store.subscribe(Subscription(-6, None, Severity.EXTREME), TODAY, kind=ChatKind.GROUP, steward=old)
    await _lived(store, old, steward=9)
    await store.pause_chat(-6, "not now")
    before = {t: sql(f"SELECT * FROM {t} WHERE chat_id = ?", old) for t in TABLES}
    if by_answer:
        notice = next(o for o in await store.claim(NOW, 9) if o.chat_id == old)
        assert await store.record(notice, Moved(new), NOW)
    else:
        await store.move_chat(old, new)
    for table in TABLES:
        assert sql(f"SELECT count(*) FROM {table} WHERE chat_id = ?", old) == [(0,)], table
        kept = 0 if table == "said" else len(before[table])
        assert sql(f"SELECT count(*) FROM {table} WHERE chat_id = ?", new) == [(kept,)], table
    chat = await store.chat(new)
    assert (chat.kind, chat.steward, chat.tz, chat.daily) == (ChatKind.GROUP, 9, "Asia/Kathmandu", 60)
    assert (await store.chat(-6)).steward == new
    assert await store.mutes(new, NOW) == [Mute(new, None, None, 0, 60), Mute(new, "XA-1", NOW + HOUR)]
    assert sql("PRAGMA foreign_key_check") == []


async def test_two_chats_that_become_one_are_told_once(store, sql):
    """What both had held back or gathered is one catch-up; an empty one is not sent."""
    for chat_id in (-1, -2):
        await store.subscribe(Subscription(chat_id, None, Severity.MINOR), TODAY, kind=ChatKind.GROUP)
        await store.mute(Mute(chat_id, None, NOW + HOUR))
    await put(store, opened())
    assert await store.gather(NOW + HOUR) == 2
    await store.move_chat(-1, -2)
    [note] = await store.claim(NOW + HOUR, 9)
    assert [c.incident.number for c, _, _ in await store.missed(note.delivery_id)] == [1]


# --- what /forget takes back ---------------------------------------------------------------------


async def test_messages_of_the_last_days_are_known_for_known_chats(store):
    """Alerts and answers, the oldest first; nothing is kept of a chat that only asked."""
    await store.remember_said(7, [1], NOW)
    assert await store.recent_messages(7, NOW - HOUR) == []
    await store.subscribe(Subscription(7, None, Severity.MINOR), TODAY, kind=ChatKind.PRIVATE)
    await put(store, opened())
    [alert] = await store.claim(NOW, 9)
    await store.record(alert, Sent(40), NOW)
    await store.remember_said(7, [38, 41], NOW)
    await store.remember_said(7, [38], NOW + HOUR)
    await store.remember_said(7, [30], NOW - HOUR)
    assert await store.recent_messages(7, NOW) == [38, 40, 41]
    assert await store.recent_messages(7, NOW - HOUR) == [30, 38, 40, 41]
    assert await store.recent_messages(7, NOW + HOUR) == []
    assert (await store.subscriptions(7))[0].categories == ANY_CATEGORY
