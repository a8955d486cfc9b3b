"""Housekeeping: what is old goes, what waits stays, what is known is not news again; and what operators were told."""

from datetime import timedelta

import pytest
from store_samples import HOUR, NOW, TODAY, follow, incident, item, opened, put

from bot.model import (
    Change,
    ChangeKind,
    ChatKind,
    Cursor,
    Deferred,
    Gone,
    Mute,
    Sent,
    Severity,
    State,
    Subscription,
    Unsendable,
)
from bot.store import Seen, Store

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
KEEP = {"items": 90 * DAY, "deliveries": 7 * DAY, "threads": 30 * DAY, "away": 180 * DAY}
KINDS = {"held", "delivery", "told", "item", "change", "said", "mute", "invitation", "chat"}


@pytest.fixture
async def one(store):
    """Chat 1 wants everything."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    return store


async def purged(store, at, **keep):
    """What went, by table."""
    counts = await store.purge(at, **{**KEEP, **keep})
    assert set(counts) == KINDS
    return {name: n for name, n in counts.items() if n}


async def listed(store, items, at, *, source="hill"):
    """One poll: what is new is seen, what is listed is noted; returns the ids of what is new."""
    async with store.writing() as tx:
        new = await tx.unseen(source, items)
        await tx.still_listed(source, items, at)
        await tx.seen_all([Seen(i, "dismissed: sport") for i in new], at)
        await tx.polled(source, Cursor(), at + HOUR, at, None)
    return [i.id for i in new]


# --- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Sent(1), Unsendable("too long")])
async def test_settled_messages_are_kept_for_a_week(one, sql, outcome):
    """From when they were sent, or tried for the last time."""
    await put(one, opened())
    [alert] = await one.claim(NOW + HOUR, 9)
    await one.record(alert, outcome, NOW + HOUR)
    assert await purged(one, NOW + HOUR + 7 * DAY) == {}
    assert await purged(one, NOW + HOUR + 7 * DAY + TICK) == {"delivery": 1}
    assert sql("SELECT count(*) FROM change") == [(1,)]


async def test_what_waits_is_never_deleted(one, sql):
    """Ready, put off, on its way, for a chat that is away: a year later all of it is still there."""
    for _ in range(3):
        await put(one, opened())
    _, put_off = await one.claim(NOW, 2)
    await one.record(put_off, Deferred("busy", HOUR), NOW)
    await one.subscribe(Subscription(2, None, Severity.MINOR), TODAY)
    await put(one, opened())
    await one.pause_chat(2, "removed")
    async with one.writing() as tx:
        await tx.notice([3], "word", NOW)
    assert await purged(one, NOW + 365 * DAY) == {}
    assert sql("SELECT state, count(*) FROM delivery GROUP BY state") == [("ready", 5), ("sending", 1)]


async def test_what_died_untried_goes_too(one):
    """By when it would have been sent."""
    await put(one, opened())
    await one.unsubscribe(1, None)
    assert await purged(one, NOW + 7 * DAY) == {}
    assert await purged(one, NOW + 7 * DAY + TICK) == {"delivery": 1, "chat": 1}


async def test_what_is_held_back_is_kept_until_it_is_told(one, sql):
    """Not due, due, in a catch-up that waits or is on its way, for a chat that is away."""
    await one.mute(Mute(1, None, NOW + 30 * DAY))
    await put(one, opened())
    far = NOW + 400 * DAY
    assert await purged(one, NOW + 29 * DAY) == {}
    assert await purged(one, far) == {"mute": 1}
    assert await one.gather(far) == 1
    assert await purged(one, far + 9 * DAY) == {}
    [note] = await one.claim(far, 9)
    assert await purged(one, far + 9 * DAY) == {}
    await one.record(note, Gone("blocked"), far)
    assert await purged(one, far + 9 * DAY) == {"delivery": 1}
    await one.resume_chat(1)
    assert await one.gather(far + 9 * DAY) == 1
    [again] = await one.claim(far + 9 * DAY, 9)
    assert len(await one.missed(again.delivery_id)) == 1
    await one.record(again, Sent(1), far + 9 * DAY)
    assert sql("SELECT * FROM held") == []


async def test_a_catch_up_that_was_refused_goes_with_what_it_held(one, sql):
    """Both, and neither before the other could be missed."""
    await one.mute(Mute(1, None, NOW + HOUR))
    await put(one, opened())
    await one.gather(NOW + HOUR)
    [note] = await one.claim(NOW + HOUR, 9)
    await one.record(note, Unsendable("too long"), NOW + HOUR)
    assert await purged(one, NOW + HOUR + 7 * DAY) == {"mute": 1}
    assert await purged(one, NOW + HOUR + 7 * DAY + TICK) == {"held": 1, "delivery": 1}
    assert sql("PRAGMA foreign_key_check") == []


@pytest.mark.parametrize(
    ("state", "goes"),
    [(State.OPEN, False), (State.DORMANT, False), (State.RESOLVED, True), (State.WITHDRAWN, True)],
)
async def test_threads_are_kept_for_a_month_after_the_end(one, sql, state, goes):
    """So that late news of it is still a reply; of what goes on for ever."""
    await put(one, opened(state=state))
    [alert] = await one.claim(NOW, 9)
    await one.record(alert, Sent(1), NOW)
    assert await purged(one, NOW + 30 * DAY) == {"delivery": 1}
    assert await purged(one, NOW + 30 * DAY + TICK) == ({"told": 1} if goes else {})
    assert sql("SELECT count(*) FROM incident") == [(1,)]


async def test_incidents_and_what_changed_them_are_kept(one, sql):
    """For ever, but for the changes that told nothing new: those go with the items."""
    change, _ = await put(one, opened())
    for at in (NOW, NOW + TICK):
        async with one.writing() as tx:
            await tx.save(Change(ChangeKind.REPEATED, change.incident, "told again"), at)
    await follow(one, change, ChangeKind.RESOLVED, state=State.RESOLVED)
    assert await purged(one, NOW + 90 * DAY) == {}
    assert await purged(one, NOW + 90 * DAY + TICK) == {"change": 1}
    assert await purged(one, NOW + 900 * DAY) == {"change": 1}
    assert [c.kind for c, _ in await one.history(1)] == [ChangeKind.OPENED, ChangeKind.RESOLVED]
    assert len(await one.claim(NOW + 900 * DAY, 9)) == 1


async def test_what_points_to_a_change_keeps_it(one, sql):
    """A foreign key is never broken, whatever was sent of it."""
    async with one.writing() as tx:
        saved = await tx.save(Change(ChangeKind.REPEATED, incident(), "told again"), NOW)
        await tx.enqueue(saved.change_id, saved.change, NOW)
        other = await tx.save(Change(ChangeKind.REPEATED, incident(), "told again"), NOW)
        await tx.hold_for_all(other.change_id, other.change, NOW)
    assert await purged(one, NOW + 900 * DAY) == {}
    [alert] = await one.claim(NOW, 9)
    await one.record(alert, Sent(1), NOW)
    assert await purged(one, NOW + 900 * DAY) == {"delivery": 1, "change": 1}
    assert sql("PRAGMA foreign_key_check") == []


# --- items ---------------------------------------------------------------------------------------


async def test_an_item_goes_when_its_source_no_longer_lists_it(store, sql):
    """Ninety days after it was last listed; until then it is no news."""
    await listed(store, [item("a"), item("b")], NOW)
    await listed(store, [item("b"), item("c")], NOW + 2 * DAY)
    assert await purged(store, NOW + 90 * DAY) == {}
    assert await purged(store, NOW + 90 * DAY + TICK) == {"item": 1}
    assert sql("SELECT item_key FROM item") == [("b",), ("c",)]


async def test_what_a_source_lists_for_years_is_no_news(store):
    """Read once a day, with housekeeping between; items without a date would ring again."""
    old = [item(f"old{n}", published=None) for n in range(3)]
    assert await listed(store, old, NOW) == ["old0", "old1", "old2"]
    for week in range(1, 60):
        at = NOW + week * 7 * DAY
        assert await listed(store, [item(f"new{week}"), *old], at) == [f"new{week}"]
        await purged(store, at)
    assert await listed(store, old, NOW + 60 * 7 * DAY) == []


async def test_a_source_that_had_nothing_new_for_long_is_still_known(store):
    """It answers that nothing changed, so its list is not read; then one item is new, not all."""
    await listed(store, [item("a"), item("b", published=None)], NOW)
    await listed(store, [item("a"), item("b", published=None)], NOW + HOUR)
    for day in range(1, 200):
        async with store.writing() as tx:
            await tx.polled("hill", Cursor("etag"), NOW + (day + 1) * DAY, NOW + day * DAY, None)
    assert await purged(store, NOW + 200 * DAY) == {}
    assert await listed(store, [item("c"), item("a"), item("b", published=None)], NOW + 200 * DAY) == ["c"]
    assert await listed(store, [item("c")], NOW + 202 * DAY) == []
    assert await purged(store, NOW + 290 * DAY + TICK) == {"item": 2}


async def test_a_source_that_was_taken_out_is_forgotten(store):
    """It is polled no more, so its list stands for nothing."""
    await listed(store, [item("a")], NOW)
    assert await purged(store, NOW + 90 * DAY) == {}
    assert await purged(store, NOW + 90 * DAY + 2 * HOUR) == {"item": 1}


async def test_a_story_listed_under_another_id_is_still_known(store):
    """It was seen under its first id, and is known by its words."""
    first, second = (
        item("a", title="T", url="https://hill.example/t"),
        item("b", title="T", url="https://hill.example/t"),
    )
    await listed(store, [first], NOW)
    for week in range(1, 20):
        assert await listed(store, [second, item("new")], NOW + week * 7 * DAY) == (["new"] if week == 1 else [])
        await purged(store, NOW + week * 7 * DAY)


async def test_one_sources_list_is_not_anothers(store):
    """The same id is another item."""
    await listed(store, [item("a")], NOW)
    await listed(store, [item("a", source="valley")], NOW, source="valley")
    await listed(store, [item("a", source="valley")], NOW + 89 * DAY, source="valley")
    await listed(store, [item("x")], NOW + 89 * DAY)
    assert await purged(store, NOW + 91 * DAY) == {"item": 1}
    assert await listed(store, [item("a", source="valley")], NOW + 91 * DAY, source="valley") == []


# --- chats, answers, mutes, invitations ----------------------------------------------------------


async def test_answers_are_kept_as_long_as_they_can_be_taken_back(one):
    """Forty-eight hours."""
    await one.remember_said(1, [7], NOW)
    assert await purged(one, NOW + 48 * HOUR) == {}
    assert await purged(one, NOW + 48 * HOUR + TICK) == {"said": 1}


async def test_mutes_and_invitations_go_when_they_are_over(one):
    """At their end; a nightly mute has none."""
    await one.mute(Mute(1, None, None, 1320, 360))
    await one.mute(Mute(1, "XA", NOW))
    await one.invite("hash", NOW)
    assert await purged(one, NOW - TICK) == {}
    assert await purged(one, NOW) == {"mute": 1, "invitation": 1}
    assert await one.mutes(1, NOW) == [Mute(1, None, None, 1320, 360)]


@pytest.mark.parametrize(
    "kept",
    [
        {"at_least": Severity.SEVERE},
        {"tz": "Asia/Kathmandu"},
        {"daily": 450},
        {"discreet": True},
        {"admitted": True},
        {"active": False},
    ],
)
async def test_a_chat_with_a_setting_is_kept(store, kept):
    """It is here for something."""
    await store.set_chat(1, TODAY, **kept)
    assert await purged(store, NOW + 900 * DAY) == {}


async def test_a_chat_that_is_here_for_nothing_goes(store, sql):
    """Once nothing points to it: no subscription, mute, answer, message or thread."""
    await store.set_chat(1, TODAY)
    await store.set_chat(2, TODAY, kind=ChatKind.GROUP.value)
    await store.set_chat(3, TODAY)
    await store.mute(Mute(3, None, None, 1, 2))
    await store.set_chat(4, TODAY)
    await store.remember_said(4, [1], NOW)
    async with store.writing() as tx:
        await tx.notice([5], "word", NOW)
    await store.subscribe(Subscription(6, None, Severity.MINOR), TODAY)
    assert await purged(store, NOW) == {"chat": 2}
    [note] = await store.claim(NOW, 9)
    await store.record(note, Sent(1), NOW)
    assert await purged(store, NOW + 8 * DAY) == {"said": 1, "delivery": 1, "chat": 2}
    assert sql("SELECT chat_id FROM chat") == [(3,), (6,)]


async def test_a_chat_that_stays_away_goes_after_half_a_year(one, sql):
    """With all that is kept of it, counted from when it went; one that came back meanwhile begins to count anew."""
    await one.subscribe(Subscription(2, None, Severity.MINOR), TODAY)
    await one.subscribe(Subscription(-3, "XA", Severity.MINOR), TODAY, kind=ChatKind.GROUP, steward=1)
    await put(one, opened())
    for chat_id in (1, 2):
        await one.pause_chat(chat_id, "removed or blocked")
        await one.mute(Mute(chat_id, "XA", None, 1, 2))
    await one.gather(NOW)
    await purged(one, NOW)
    await one.resume_chat(2)
    await purged(one, NOW + 179 * DAY)
    await one.pause_chat(2, "removed or blocked")
    assert await purged(one, NOW + 180 * DAY) == {}
    assert await purged(one, NOW + 181 * DAY) == {"chat": 1}
    for table in ("held", "delivery", "told", "said", "mute", "subscription", "chat"):
        assert sql(f"SELECT count(*) FROM {table} WHERE chat_id = 1") == [(0,)], table
    assert sql("SELECT chat_id FROM subscription ORDER BY chat_id") == [(-3,), (2,)]
    assert (await one.chat(-3)).steward is None
    assert sql("PRAGMA foreign_key_check") == []
    await purged(one, NOW + 361 * DAY)
    assert sql("SELECT chat_id FROM chat") == [(-3,)]


async def test_housekeeping_over_everything_breaks_no_key(one, sql):
    """All of it old at once, twice."""
    await one.mute(Mute(1, "XA", NOW + HOUR))
    change, _ = await put(one, opened())
    await put(one, opened(country="XB", place=None))
    await one.gather(NOW + HOUR)
    for out in await one.claim(NOW + HOUR, 9):
        await one.record(out, Sent(1), NOW + HOUR)
    await follow(one, change, ChangeKind.WITHDRAWN, state=State.WITHDRAWN)
    await listed(one, [item("a")], NOW)
    await one.remember_said(1, [1], NOW)
    nothing = dict.fromkeys(KEEP, timedelta(0))
    await purged(one, NOW + 9 * DAY, **nothing)
    assert await purged(one, NOW + 9 * DAY, **nothing) == {}
    assert sql("PRAGMA foreign_key_check") == []
    assert [i.number for i in await one.incidents()] == [1, 2]
    assert (await put(one, opened(), NOW + 9 * DAY))[1] == 1


# --- what is wrong -------------------------------------------------------------------------------


async def test_what_telegram_refused_is_counted(store):
    """In chats that can be reached, since then, with the last reason; not what nobody misses."""
    assert await store.unsendable(NOW) == (0, "")
    for chat_id in (1, 2, 3):
        await store.subscribe(Subscription(chat_id, None, Severity.MINOR), TODAY)
    for minutes, reason in ((0, "zzz first"), (1, "aaa last")):
        at = NOW + timedelta(minutes=minutes)
        await put(store, opened(), at)
        for alert in await store.claim(at, 9):
            outcome = {1: Unsendable(reason), 2: Gone("blocked"), 3: Sent(1)}[alert.chat_id]
            await store.record(alert, outcome, at)
    await put(store, opened())
    await store.unsubscribe(3, None)
    assert await store.unsendable(NOW) == (2, "aaa last")
    assert await store.unsendable(NOW + TICK) == (1, "aaa last")
    assert await store.unsendable(NOW + HOUR) == (0, "")


async def test_troubles_are_remembered_with_the_notice(store, url, sql):
    """Begun and over as one with what is said of them; a restart keeps them."""
    await store.tell_operators([7, 8], "<b>bad</b>", NOW, begun={"sending": "It is stuck.", "source:a": "A is dead."})
    await store.tell_operators([7], "good", NOW + HOUR, begun={"source:b": "B is dead."}, over=["source:a", "none"])
    expected = {"sending": (NOW, "It is stuck."), "source:b": (NOW + HOUR, "B is dead.")}
    assert await store.troubles() == expected
    assert sql("SELECT chat_id, body FROM delivery ORDER BY id") == [(7, "<b>bad</b>"), (8, "<b>bad</b>"), (7, "good")]
    await store.tell_operators([], "nobody hears", NOW)
    await store.aclose()
    again = await Store.open(url)
    assert await again.troubles() == expected
    await again.aclose()
