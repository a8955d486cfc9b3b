"""Many alerts to one chat within two minutes become one message; nothing is lost by it, and nothing extreme waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_samples import HOUR, NOW, TODAY, follow, opened, put

from bot.model import Alert, ChangeKind, Mute, Note, Sent, Severity, State, Subscription

MINUTE = timedelta(minutes=1)
WINDOW = 2 * MINUTE
MOST = 6


@pytest.fixture
async def one(store):
    """A chat that subscribes to everything."""
    await store.subscribe(Subscription(1, None, Severity.MINOR), TODAY)
    return store


async def goes(store, now, message_id=100):
    """What is sent now, as the loops do it; messages are numbered from `message_id`."""
    await store.gather(now)
    await store.bundle(now, MOST, WINDOW)
    sent = []
    while claimed := await store.claim(now, 3):
        for out in claimed:
            told = [c.incident.number for c, *_ in await store.missed(out.delivery_id)] if isinstance(out, Note) else []
            sent.append(out if isinstance(out, Alert) else sorted(set(told)))
            await store.record(out, Sent(message_id + len(sent)), now)
    return sent


async def test_six_go_one_by_one(one):
    for _ in range(MOST):
        await put(one, opened())
    assert len(await goes(one, NOW)) == MOST


async def test_seven_are_one_message_and_what_is_extreme_goes_alone(one):
    """All of them in it; a later change is a reply to it; a withdrawal too."""
    made = [(await put(one, opened(severity=Severity(n % 3))))[0] for n in range(MOST + 3)]
    extreme = (await put(one, opened(severity=Severity.EXTREME)))[0]
    (alone,) = await goes(one, NOW)
    assert alone.change.incident.number == extreme.incident.number
    (bundle,) = await goes(one, NOW + timedelta(seconds=20), message_id=500)
    assert bundle == [c.incident.number for c in made]
    await follow(one, made[0], ChangeKind.RESOLVED, state=State.RESOLVED)
    await follow(one, made[1], ChangeKind.WITHDRAWN, state=State.WITHDRAWN)
    later = await goes(one, NOW + HOUR)
    assert sorted((a.change.incident.number, a.reply_to) for a in later) == [(1, 501), (2, 501)]


async def test_what_comes_one_by_one_is_gathered_from_the_seventh_on(one):
    """Until two minutes after the first: then in one message."""
    for n in range(MOST + 4):
        await put(one, opened(), NOW + n * 10 * timedelta(seconds=1))
        assert len(await goes(one, NOW + n * 10 * timedelta(seconds=1))) == (n < MOST)
    assert await goes(one, NOW + WINDOW - timedelta(seconds=1)) == []
    assert await goes(one, NOW + WINDOW) == [[7, 8, 9, 10]]
    await put(one, opened(), NOW + WINDOW)
    assert len(await goes(one, NOW + WINDOW)) == 1


async def test_chats_and_topics_are_counted_by_themselves(one):
    """What is too much for one is not for another."""
    await one.subscribe(Subscription(2, "XB", Severity.MINOR), TODAY)
    await one.subscribe(Subscription(1, "XB", Severity.MINOR, thread_id=4), TODAY)
    for n in range(MOST + 1):
        await put(one, opened(place=None, country="XA" if n < 4 else "XB"))
    sent = await goes(one, NOW)
    assert sorted((a.chat_id, a.thread_id) for a in sent) == [(1, 4)] * 3 + [(2, 0)] * 3
    assert await goes(one, NOW + MINUTE) == [[1, 2, 3, 4, 5, 6, 7]]


async def test_a_story_keeps_its_order(one):
    """News of an incident waits for the message that tells of it first; extreme news does not."""
    made = [(await put(one, opened()))[0] for _ in range(MOST + 1)]
    await one.bundle(NOW, MOST, WINDOW)
    await one.gather(NOW)
    await follow(one, made[0], ChangeKind.EASED)
    await follow(one, made[1], ChangeKind.ESCALATED, severity=Severity.EXTREME)
    first, second = await one.claim(NOW, 9)
    assert first.change.kind is ChangeKind.ESCALATED
    assert isinstance(second, Note)
    await one.record(first, Sent(1), NOW)
    await one.record(second, Sent(2), NOW)
    (third,) = await one.claim(NOW, 9)
    assert (third.change.kind, third.reply_to) == (ChangeKind.EASED, 2)


async def test_a_mute_that_begins_meanwhile_holds_the_message_back(one):
    for _ in range(MOST + 1):
        await put(one, opened())
    await one.bundle(NOW, MOST, WINDOW)
    await one.mute(Mute(1, None, NOW + HOUR))
    assert await goes(one, NOW + MINUTE) == []
    assert await goes(one, NOW + HOUR) == [[1, 2, 3, 4, 5, 6, 7]]


async def test_what_may_have_been_sent_already_goes_again_by_itself(one):
    """It was being sent when the program stopped, and is marked as a repeat."""
    for _ in range(MOST + 1):
        await put(one, opened())
    await one.claim(NOW, 2)
    await one.recover(NOW)
    assert sum(isinstance(out, Alert) and out.maybe_sent for out in await goes(one, NOW)) == 2
