"""The side of people: subscriptions, forgetting, and questions."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from store_samples import HOUR, NOW, TODAY, follow, incident, item, opened, put

from bot.judge.routing import BEFORE
from bot.model import (
    Change,
    ChangeKind,
    Direction,
    Figures,
    Place,
    Reading,
    Sent,
    Severity,
    State,
    Subscription,
)
from bot.store import ALL, Store


async def test_a_subscription_is_added_changed_and_ended(store, sql):
    """One per country and one for everywhere; only the day a chat came is kept."""
    assert not await store.chat_known(1)
    await store.subscribe(Subscription(1, "XA", Severity.SEVERE), TODAY)
    await store.subscribe(Subscription(1, None, Severity.EXTREME), TODAY)
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY + timedelta(days=9))
    assert await store.chat_known(1)
    assert await store.subscriptions(1) == [
        Subscription(1, None, Severity.EXTREME),
        Subscription(1, "XA", Severity.MINOR),
    ]
    assert sql("SELECT chat_id, active, paused_reason, created_day FROM chat") == [(1, 1, None, "2026-05-04")]
    assert await store.unsubscribe(1, "XB") == 0
    assert await store.unsubscribe(1, None) == 1
    assert await store.subscriptions(1) == [Subscription(1, "XA", Severity.MINOR)]
    await store.subscribe(Subscription(1, "XB", Severity.MINOR), TODAY)
    assert await store.unsubscribe(1, ALL) == 2
    assert await store.subscriptions(1) == []


async def test_whoever_subscribes_is_paused_no_longer(store):
    """An answer 'you will be told' must be true."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    assert await store.pause_chat(1, "asked")
    assert (await put(store, opened()))[1] == 0
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    assert (await put(store, opened()))[1] == 1
    assert not await store.pause_chat(2, "unknown")
    assert not await store.resume_chat(2)


async def test_unsubscribing_ends_follow_ups_and_what_waits(store, sql):
    """Of what no subscription covers any more; the rest goes on."""
    for country in ("XA", "XB"):
        await store.subscribe(Subscription(1, country, Severity.MINOR), TODAY)
        await put(store, opened(country=country))
    for number, alert in enumerate(await store.claim(NOW, 9)):
        await store.record(alert, Sent(number), NOW)
    changes = [(await store.history(n))[0][0] for n in (1, 2)]
    for change in changes:
        await follow(store, change, ChangeKind.ESCALATED, severity=Severity.EXTREME)
    await store.unsubscribe(1, "XA")
    assert sql("SELECT change_id, last_error FROM delivery WHERE state = 'dead'") == [(3, "unsubscribed")]
    assert [a.change.incident.country for a in await store.claim(NOW, 9)] == ["XB"]
    for change in changes:
        await follow(store, change, ChangeKind.RESOLVED, state=State.RESOLVED)
    assert sql("SELECT change_id FROM delivery WHERE change_id > 4") == [(6,)]


async def test_forgetting_leaves_nothing(store, path, sql):
    """No row, and no byte of the chat's id in any file, whatever the tables went through."""
    forgotten, bystander = 700_123_456_789, 700_123_456_790
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
    sql(f"{many} INSERT INTO chat (chat_id, active, created_day) SELECT i, 1, '2026-05-04' FROM n")
    sql("INSERT INTO subscription SELECT chat_id, 0, '', 0, 7, '' FROM chat")
    for chat_id in (forgotten, bystander):
        await store.subscribe(Subscription(chat_id, None, Severity.MINOR), TODAY)
    await store.subscribe(Subscription(forgotten, "XA", Severity.MINOR), TODAY)
    for _ in range(3):
        await put(store, opened())
    while claimed := await store.claim(NOW, 500):
        for alert in claimed:
            if alert.chat_id in (forgotten, bystander):
                await store.record(alert, Sent(5), NOW)
    await put(store, opened())
    assert _bytes_of(forgotten, path)
    counts = await store.forget(forgotten)
    assert counts == {"held": 0, "delivery": 4, "told": 3, "said": 0, "mute": 0, "subscription": 2, "chat": 1}
    for table in counts:
        assert sql(f"SELECT count(*) FROM {table} WHERE chat_id = ?", forgotten) == [(0,)], table
    assert sql("SELECT count(*) FROM delivery WHERE chat_id = ?", bystander) == [(4,)]
    assert not _bytes_of(forgotten, path)
    assert _bytes_of(bystander, path)
    assert set((await store.forget(forgotten)).values()) == {0}


def _bytes_of(chat_id: int, path: Path) -> list[str]:
    """Files beside the database that hold the id as SQLite writes integers and row ids, or as text."""
    groups = [chat_id >> 7 * i & 0x7F for i in reversed(range((chat_id.bit_length() + 6) // 7))]
    varint = bytes(g | 0x80 for g in groups[:-1]) + bytes(groups[-1:])
    forms = (chat_id.to_bytes(6, "big"), varint, str(chat_id).encode())
    return [p.name for p in path.parent.iterdir() if any(form in p.read_bytes() for form in forms)]


async def test_latest_is_what_was_new_newest_first(store):
    """Repetitions are in the history only."""
    first, _ = await put(store, opened(), NOW)
    await put(store, Change(ChangeKind.REPEATED, first.incident, "told again"), NOW + HOUR)
    second, _ = await put(store, opened(), NOW + 2 * HOUR)
    assert await store.latest(9) == [(second, NOW + 2 * HOUR), (first, NOW)]
    assert await store.latest(1) == [(second, NOW + 2 * HOUR)]
    assert [c.kind for c, _ in await store.history(1)] == [ChangeKind.OPENED, ChangeKind.REPEATED]
    assert await store.history(9) == []
    assert await store.incident(9) is None
    assert [i.number for i in await store.incidents()] == [1, 2]


async def test_a_summary_is_what_moved_and_what_lasts(store):
    """The worst first; withdrawn ones never, quiet ones only while open and severe."""
    old = NOW - 48 * HOUR
    for name, given in {
        "moved": {"severity": Severity.MINOR},
        "lasts": {"updated": old},
        "quiet": {"updated": old, "severity": Severity.MODERATE},
        "over": {"updated": old, "state": State.RESOLVED},
        "withdrawn": {"state": State.WITHDRAWN},
        "worst": {"severity": Severity.EXTREME},
        "resolved": {"state": State.RESOLVED},
    }.items():
        await put(store, Change(ChangeKind.OPENED, incident(place_text=name, **given), "x"))
    found = await store.summary(NOW - 24 * HOUR)
    assert [i.place_text for i in found] == ["worst", "resolved", "lasts", "moved"]


async def test_a_summary_of_a_place_has_all_within_it(store):
    """Its ancestors' too, not its neighbours'; a country also has what is not placed closer."""
    town = Place("XA-1-2", "Lowtown", "city", "XA", within=("XA-1", "XA"))
    await put(store, opened())
    await put(store, opened(place=town))
    await put(store, opened(place=None))
    await put(store, opened(place=None, country="XB"))
    since = NOW - HOUR
    for key, numbers in {"XA-1-9": [1], "XA-1": [1, 2], "XA": [1, 2, 3], "XB": [4], "XC": []}.items():
        assert [i.number for i in await store.summary(since, key)] == numbers, key


async def test_heartbeats_are_the_last_of_each_loop(store):
    """For the health check."""
    await store.beat("watch", NOW)
    await store.beat("deliver", NOW)
    await store.beat("watch", NOW + HOUR)
    assert await store.heartbeats() == {"watch": NOW + HOUR, "deliver": NOW}
    assert await store.health() == []


async def test_everything_is_still_there_after_a_restart(store, url):
    """What one run wrote the next one reads."""
    await store.subscribe(Subscription(1, "XA", Severity.MINOR), TODAY)
    change, _ = await put(store, opened())
    await store.aclose()
    again = await Store.open(url)
    assert await again.latest(1) == [(change, NOW)]
    assert [a.change for a in await again.claim(NOW, 9)] == [change]
    await again.aclose()


async def test_what_opened_as_it_was_first_told(store):
    """By when it opened, at a place, within it or in its country; what became of it later does not count, and what was
    withdrawn not at all."""
    first, _ = await put(store, opened(opened=NOW - 9 * HOUR))
    await follow(store, first, ChangeKind.EASED, direction=Direction.IMPROVING, severity=Severity.MINOR)
    await put(store, opened(opened=NOW - 50 * HOUR))
    await put(store, opened(opened=NOW, place=None, country="XB"))
    gone, _ = await put(store, opened(opened=NOW))
    await follow(store, gone, ChangeKind.WITHDRAWN, state=State.WITHDRAWN)
    await put(store, opened(opened=NOW, exercise=True))

    async def numbers(*asked, **how):
        return [i.number for i in await store.opened(*asked, **how)]

    assert await numbers(NOW - 60 * HOUR, exercise=False) == [2, 1, 3]
    assert await numbers(NOW - 9 * HOUR, exercise=False) == [1, 3], "the moment itself counts"
    assert await numbers(NOW - 9 * HOUR) == [1, 3, 5]
    assert await numbers(NOW - 60 * HOUR, "XA-1", exercise=False) == [2, 1]
    assert await numbers(NOW - 60 * HOUR, "XB") == [3]
    assert (await store.opened(NOW - 9 * HOUR))[0].direction is Direction.WORSENING


async def test_how_many_sources_were_heard(store):
    """Per stretch, each source once; before the oldest item that is kept nobody can tell."""
    bounds = [NOW + n * HOUR for n in range(-3, 2)]
    assert await store.heard(bounds) == [None] * 4
    assert await store.heard([]) == []
    rows = [("hill", -1.5), ("hill", -1.2), ("river", -1.0), ("river", 0.5)]
    for n, (source, hours) in enumerate(rows):
        async with store.writing() as tx:
            await tx.seen(item(f"i{n}", source=source), "dismissed", None, NOW + hours * HOUR)
    assert await store.heard(bounds) == [None, 1, 1, 1]


async def test_a_summary_up_to_a_change_stands_still(store):
    """What was opened since is not in it, what changed since is as it was; only a withdrawal shows."""
    made = [(await put(store, opened(place_text=str(n))))[0] for n in range(4)]
    quiet = (await put(store, opened(updated=NOW - 48 * HOUR, severity=Severity.MINOR)))[0]
    seen = await store.newest_change()
    await follow(store, made[1], ChangeKind.RESOLVED, state=State.RESOLVED, updated=NOW + HOUR)
    await follow(store, made[2], ChangeKind.WITHDRAWN, state=State.WITHDRAWN)
    await follow(store, quiet, ChangeKind.ESCALATED, updated=NOW + HOUR)
    await put(store, opened())
    since = NOW - 24 * HOUR
    assert [(i.number, i.state) for i in await store.summary(since, upto=seen)] == [
        (1, State.OPEN),
        (2, State.OPEN),
        (3, State.WITHDRAWN),
        (4, State.OPEN),
    ]
    now = await store.summary(since)
    assert [(i.number, i.state) for i in now] == [
        (2, State.RESOLVED),
        (1, State.OPEN),
        (4, State.OPEN),
        (6, State.OPEN),
        (5, State.OPEN),
    ]
    assert await store.summary(since, upto=await store.newest_change()) == now
    assert await store.summary(since, upto=0) == []


async def test_figures_count_incidents_of_two_periods(store):
    """Each once for each way in which it changed; the backlog of a first poll by itself, what was withdrawn not at all."""
    day = 24 * HOUR

    async def at(age, change):
        return (await put(store, replace(change, incident=replace(change.incident, updated=NOW - age)), NOW - age))[0]

    first = await at(30 * HOUR, opened())
    for age in (3, 2):
        await at(age * HOUR, replace(first, kind=ChangeKind.ESCALATED))
    await at(HOUR, replace(first, kind=ChangeKind.RESOLVED))
    await at(HOUR, opened(country="XB", place=None))
    await at(HOUR, replace(opened(), withheld=f"{BEFORE}: first poll of this source"))
    gone = await at(HOUR, opened())
    seen = await store.newest_change()
    await at(60 * HOUR, opened())
    await at(HOUR, replace(gone, kind=ChangeKind.WITHDRAWN, incident=replace(gone.incident, state=State.WITHDRAWN)))
    since, before = NOW - day, NOW - 2 * day
    figures = (Figures(opened=1, worsened=1, resolved=1, older=1), Figures(opened=1))
    assert await store.figures(since, before=before, upto=seen) == figures
    assert await store.figures(since, "XB", before=before) == (Figures(opened=1), Figures())
    await store.subscribe(Subscription(1, "XB", Severity.MINOR), TODAY)
    assert await store.figures(since, before=before, chat_id=1) == (Figures(opened=1), Figures())
    assert [i.country for i in await store.summary(since, chat_id=1)] == ["XB"]
    assert await store.summary(since, chat_id=2) == []


async def test_how_much_was_read(store):
    """In a period, by when it was first seen."""
    async with store.writing() as tx:
        await tx.seen(item("old"), "dismissed: sport", None, NOW - 48 * HOUR)
        await tx.seen(item("i1"), "dismissed: sport", None, NOW - HOUR)
        await tx.seen(item("i2", title="T2", text="b"), "incident 1: opened", None, NOW)
    assert await store.was_read(NOW - 24 * HOUR, NOW) == Reading(2, 1)
    assert await store.was_read(NOW + HOUR, NOW + 2 * HOUR) == Reading(0, 0)
