"""Two incidents that prove to be one: one chain for each chat, no sound, and the younger's number leads to the older."""

from dataclasses import replace

import pytest
from store_samples import HOUR, NOW, RIVER_BRIDGE, TODAY, follow, incident, item, opened, put
from test_store_outbox import EXTREME, MINUTE, send_all, waiting

from bot.errors import StoreError
from bot.model import (
    ChangeKind,
    Deferred,
    Direction,
    Figures,
    Mute,
    Sent,
    Severity,
    State,
    Subscription,
    Unsendable,
)
from bot.store import Store
from bot.store.merging import TOLD_ALREADY

MINOR, SEVERE = Severity.MINOR, Severity.SEVERE
HILL = incident().told[0]


def second(**given):
    """The same closure as `opened()`, heard an hour later of another outlet."""
    told = replace(
        HILL, item_id="v1", source_id="vale", owner="vale", title="No trucks over the river", seen=NOW + HOUR
    )
    return opened(told=(told,), opened=NOW + HOUR, updated=NOW + HOUR, **given)


async def merge(store, younger=2, older=1, at=NOW + HOUR):
    async with store.writing() as tx:
        return await tx.merge(younger, older, at)


async def wanting(store, chat=1, area=None, at_least=MINOR, thread=0):
    await store.subscribe(Subscription(chat, area, at_least, thread_id=thread), TODAY)


async def news(store, number=1, kind=ChangeKind.ESCALATED, **given):
    """A later change of an incident as it stands, sent."""
    stands = await store.incident(number)
    await follow(store, replace(opened(), incident=stands), kind, **given)
    return await send_all(store, NOW + 2 * HOUR, message_id=90)


async def test_what_is_known_of_both_becomes_the_older_ones(store):
    """Reports, changes and items; the worse severity, the closer place, the latest news of how it stands."""
    await put(store, opened(place=None, people=None, severity=MINOR, updated=NOW))
    _, _ = await put(store, second(direction=Direction.IMPROVING, contested=True), NOW + HOUR)
    async with store.writing() as tx:
        await tx.seen(item(), "incident 2: opened", 2, NOW)
    one = await merge(store)
    assert (one.number, one.id, one.place, one.people) == (1, "XA-1", RIVER_BRIDGE, 4_000)
    assert (one.severity, one.direction, one.opened, one.updated) == (SEVERE, Direction.IMPROVING, NOW, NOW + HOUR)
    assert [t.source_id for t in one.told] == ["hill", "vale"]
    assert (one.credibility, one.corroborated, one.revision) == (2, True, 1)
    assert one.contested, "somebody denies what the younger told"
    assert await store.incident(1) == one
    kinds = [(c.kind, c.incident.number) for c, _ in await store.history(1)]
    assert kinds == [(ChangeKind.OPENED, 1), (ChangeKind.OPENED, 1), (ChangeKind.MERGED, 1)]
    last, _ = (await store.history(1))[-1]
    assert (last.because, last.sounds) == ("XA-2 tells of the same and is part of this now", False)


async def test_the_youngers_number_leads_to_the_older(store, sql):
    """Also over several steps; lists know the older alone."""
    for change in (opened(), second(), second(severity=EXTREME)):
        await put(store, change)
    await merge(store, 3, 2)
    one = await merge(store, 2, 1)
    assert [await store.incident(n) for n in (1, 2, 3)] == [one] * 3
    assert len({tuple(map(str, await store.history(n))) for n in (1, 2, 3)}) == 1
    async with store.writing() as tx:
        assert await tx.incident(3) == one
        assert [i.number for i in await tx.candidates("XA", NOW)] == [1]
    assert [i.number for i in await store.incidents()] == [1]
    assert [i.number for i in await store.summary(NOW - HOUR, "XA-1-9")] == [1]
    assert {c.incident.number for c, _ in await store.latest(9)} == {1}
    assert {c.kind for c, _ in await store.latest(9)} == {ChangeKind.OPENED}
    assert sql("SELECT number, state FROM incident ORDER BY number") == [(1, "open"), (2, "merged"), (3, "merged")]
    assert sql("SELECT DISTINCT number FROM incident_place") == [(1,)]


async def test_items_follow(store, sql):
    await put(store, opened())
    await put(store, second())
    async with store.writing() as tx:
        await tx.seen(item(), "incident 2: opened", 2, NOW)
    await merge(store)
    assert sql("SELECT incident FROM item") == [(1,)]


async def test_a_merge_rings_nowhere(store):
    """Chats that were told of both, of one or of none get nothing by it."""
    await wanting(store)
    await put(store, opened())
    await put(store, second())
    assert len(await send_all(store)) == 2
    await merge(store)
    assert await store.gather(NOW + HOUR) == 0
    assert not await store.claim(NOW + 2 * HOUR, 9)


async def test_later_news_replies_to_the_first_message_that_a_chat_got(store, sql):
    """Chat 1 was told of the older only, 2 of the younger only, 3 of both, 4 of both and of the younger first; each
    gets one alert, as a reply to its first."""
    for chat in (1, 2, 3, 4):
        await wanting(store, chat)
    await put(store, opened())
    await put(store, second())
    sql("DELETE FROM delivery")
    for row in ((1, 1, 51), (2, 2, 52), (3, 1, 53), (3, 2, 54), (4, 1, 66), (4, 2, 65)):
        sql("INSERT INTO told (chat_id, number, message_id) VALUES (?, ?, ?)", *row)
    await merge(store)
    sent = await news(store, severity=EXTREME)
    assert [(a.chat_id, a.reply_to) for a in sent] == [(1, 51), (2, 52), (3, 53), (4, 65)]


async def test_a_chain_without_a_message_gives_way_to_one_with(store, sql):
    """Told in a group that has moved since: 0 is no message to reply to."""
    for chat in (1, 2):
        await wanting(store, chat)
    await put(store, opened())
    await put(store, second())
    sql("DELETE FROM delivery")
    for row in ((1, 1, 0), (1, 2, 54), (2, 1, 53), (2, 2, 0)):
        sql("INSERT INTO told (chat_id, number, message_id) VALUES (?, ?, ?)", *row)
    await merge(store)
    assert [(a.chat_id, a.reply_to) for a in await news(store, severity=EXTREME)] == [(1, 54), (2, 53)]


async def test_who_was_told_of_the_younger_only_still_hears_what_becomes_of_it(store):
    """Though nothing it subscribes to covers the older one as it was."""
    await wanting(store, area="XA-1-9")
    await put(store, opened(place=None))
    await put(store, second())
    assert len(await send_all(store)) == 1
    await merge(store)
    (alert,) = await news(store, kind=ChangeKind.RESOLVED, state=State.RESOLVED)
    assert (alert.reply_to, alert.change.incident.number) == (51, 1)


@pytest.mark.parametrize("told", [True, False])
async def test_an_opening_that_waits_is_not_told_to_who_knows_the_older(store, sql, told):
    """It was told of that, or is about to be: once, not twice."""
    await wanting(store)
    await put(store, opened())
    if told:
        await send_all(store)
    await put(store, second(), NOW + MINUTE)
    await merge(store)
    assert waiting(sql, "state", "last_error")[1] == ("dead", TOLD_ALREADY)
    sent = await send_all(store, NOW + HOUR)
    assert [a.change.incident.number for a in sent] == ([] if told else [1])
    assert await store.unsendable(NOW - HOUR) == (0, "")


async def test_an_opening_that_waits_goes_to_who_knows_nothing_yet_as_the_older(store):
    """And becomes the first message of the one chain."""
    await wanting(store, at_least=SEVERE)
    await put(store, opened(severity=MINOR))
    await put(store, second())
    await merge(store)
    (alert,) = await send_all(store)
    assert (alert.change.incident.id, alert.reply_to) == ("XA-1", None)
    assert [a.reply_to for a in await news(store, severity=EXTREME)] == [51]


@pytest.mark.parametrize("given", [{"severity": EXTREME}, {"direction": Direction.IMPROVING}])
async def test_what_waits_and_is_news_is_still_told_in_the_older_chain(store, given):
    """Worse, or turned to the better: no alert is lost by a merge."""
    await wanting(store)
    await put(store, opened())
    await send_all(store)
    await put(store, second(**given), NOW + MINUTE)
    await merge(store)
    (alert,) = await send_all(store, NOW + HOUR)
    assert (alert.change.incident.number, alert.reply_to) == (1, 51)


async def test_later_changes_that_wait_are_told(store):
    """The younger one's opening was told, its end waits: it goes out, once."""
    await wanting(store)
    await put(store, opened())
    change, _ = await put(store, second(), NOW + MINUTE)
    await send_all(store)
    await follow(store, change, ChangeKind.RESOLVED, state=State.RESOLVED, updated=NOW + 2 * HOUR)
    one = await merge(store)
    assert one.state is State.RESOLVED
    (alert,) = await send_all(store, NOW + HOUR)
    assert (alert.change.kind, alert.reply_to) == (ChangeKind.RESOLVED, 51)


async def test_what_is_on_its_way_becomes_part_of_the_chain(store, sql):
    """Claimed before the merge, taken by Telegram after it."""
    await wanting(store, area="XA-1-9")
    await put(store, opened(place=None))
    await put(store, second())
    (alert,) = await store.claim(NOW, 9)
    await merge(store)
    assert await store.record(alert, Sent(70), NOW)
    assert sql("SELECT number, message_id FROM told") == [(1, 70)]
    assert [a.reply_to for a in await news(store, severity=EXTREME)] == [70]


async def test_what_came_back_unsent_is_told_as_the_older(store):
    await wanting(store, area="XA-1-9")
    await put(store, opened(place=None))
    await put(store, second())
    (alert,) = await store.claim(NOW, 9)
    await merge(store)
    assert await store.record(alert, Deferred("busy", MINUTE), NOW)
    (again,) = await send_all(store, NOW + HOUR)
    assert again.change.incident.number == 1


async def test_each_topic_has_its_chain(store, sql):
    """Topic 7 knows the older one, topic 8 does not."""
    await wanting(store, -100, "XA", thread=7)
    await wanting(store, -100, "XA-1-9", thread=8)
    await put(store, opened(place=None))
    await send_all(store)
    await put(store, second(), NOW + MINUTE)
    await merge(store)
    assert [(a.thread_id, a.reply_to) for a in await send_all(store, NOW + HOUR)] == [(8, None)]


async def test_a_catch_up_tells_the_one_incident_once(store):
    """Both held for a chat that was quiet."""
    await wanting(store)
    await store.mute(Mute(1, None, NOW + HOUR))
    await put(store, opened())
    await put(store, second(severity=Severity.MODERATE))
    await merge(store)
    assert await store.gather(NOW + 2 * HOUR) == 1
    (note,) = await store.claim(NOW + 2 * HOUR, 9)
    ((change, _, _),) = await store.missed(note.delivery_id)
    assert (change.kind, change.incident.number, change.incident.severity) == (ChangeKind.OPENED, 1, SEVERE)
    assert await store.record(note, Sent(80), NOW + 2 * HOUR)
    assert [a.reply_to for a in await news(store, severity=EXTREME)] == [80]


async def test_a_catch_up_with_nothing_left_goes_nowhere(store):
    """The chat was told of the older one before it was quiet."""
    await wanting(store)
    await put(store, opened())
    await send_all(store)
    await store.mute(Mute(1, None, NOW + HOUR))
    await put(store, second())
    await merge(store)
    assert await store.gather(NOW + 2 * HOUR) == 0


async def held_back(store, area=None, **older):
    """The older one was sent to who wanted it, the younger one's opening waits for the end of a mute."""
    await wanting(store, area=area)
    await put(store, opened(**older))
    await send_all(store)
    await store.mute(Mute(1, None, NOW + HOUR))
    await put(store, second())


async def test_a_catch_up_that_is_written_already_goes_nowhere_too(store):
    await held_back(store)
    assert await store.gather(NOW + 2 * HOUR) == 1
    await merge(store)
    assert not await store.claim(NOW + 2 * HOUR, 9)


async def test_a_catch_up_on_its_way_tells_what_it_was_to_tell(store, sql):
    """It may be sent already, and is never empty."""
    await held_back(store)
    await store.gather(NOW + 2 * HOUR)
    (note,) = await store.claim(NOW + 2 * HOUR, 9)
    await merge(store)
    assert [c.incident.number for c, _, _ in await store.missed(note.delivery_id)] == [1]
    assert await store.record(note, Sent(80), NOW + 2 * HOUR)
    assert sql("SELECT number, message_id FROM told") == [(1, 51)]


async def test_a_catch_up_tells_who_knows_nothing_of_the_older(store):
    await held_back(store, area="XA-1-9", place=None)
    await merge(store)
    assert await store.gather(NOW + 2 * HOUR) == 1
    (note,) = await store.claim(NOW + 2 * HOUR, 9)
    assert [c.incident.number for c, _, _ in await store.missed(note.delivery_id)] == [1]


async def test_a_catch_up_that_could_not_be_sent_told_nothing(store):
    """So the younger one's opening is news still."""
    await wanting(store)
    await store.mute(Mute(1, None, NOW + HOUR))
    await put(store, opened())
    await store.gather(NOW + HOUR)
    (note,) = await store.claim(NOW + HOUR, 9)
    await store.record(note, Unsendable("too long"), NOW + HOUR)
    await put(store, second(), NOW + HOUR)
    await merge(store)
    assert [a.change.incident.number for a in await send_all(store, NOW + HOUR)] == [1]


async def many(store, number=7):
    """So many others, with which what waits becomes one message."""
    for _ in range(number):
        await put(store, opened(place=None, country="XB"), NOW + HOUR)
    assert await store.bundle(NOW + HOUR, 6, 2 * MINUTE) == 1


async def test_a_bundle_tells_the_one_incident_once(store):
    """Whether it is written already or not; later news replies to it."""
    await wanting(store)
    await put(store, opened())
    for number in (2, 3):
        await put(store, second())
        if number == 2:
            await many(store, 5)
    await store.bundle(NOW + HOUR, 6, 2 * MINUTE)
    await merge(store)
    assert await store.gather(NOW + HOUR) == 1
    await merge(store, younger=8)
    (note,) = await store.claim(NOW + HOUR, 9)
    assert [c.incident.number for c, _, _ in await store.missed(note.delivery_id)] == [1, 3, 4, 5, 6, 7]
    assert await store.record(note, Sent(80), NOW + HOUR)
    assert [a.reply_to for a in await news(store)] == [80]


async def test_a_bundle_on_its_way_tells_what_it_was_to_tell_and_news_waits_for_it(store, sql):
    """The story was begun by the older one's own message, and that is what is replied to."""
    await wanting(store)
    await put(store, opened(severity=MINOR))
    await send_all(store)
    await put(store, second(), NOW + HOUR)
    await many(store)
    await store.gather(NOW + HOUR)
    (note,) = await store.claim(NOW + HOUR, 9)
    await merge(store)
    await follow(store, replace(opened(), incident=await store.incident(1)), ChangeKind.EASED)
    assert await store.claim(NOW + HOUR, 9) == []
    assert [c.incident.number for c, _, _ in await store.missed(note.delivery_id)] == [1, *range(3, 10)]
    assert await store.record(note, Sent(80), NOW + HOUR)
    assert [a.reply_to for a in await send_all(store, NOW + HOUR, message_id=90)] == [51]


async def test_figures_and_summaries_count_it_once(store):
    """As opened when the first of the two was; in a summary as of before the merge, too."""
    await put(store, opened(), NOW - 30 * HOUR)
    await put(store, second())
    await put(store, second(place=None, country="XB"))
    seen = await store.newest_change()
    await merge(store)
    since, before = NOW - 24 * HOUR, NOW - 48 * HOUR
    expected = (Figures(opened=1), Figures(opened=1))
    assert await store.figures(since, before=before) == expected
    assert await store.figures(since, before=before, upto=seen) == expected
    for upto in (None, seen, await store.newest_change()):
        assert sorted(i.number for i in await store.summary(since, upto=upto)) == [1, 3]


async def test_a_withdrawal_reaches_who_was_told_of_either(store):
    """Under either number, once."""
    for chat, area in ((1, None), (2, "XA-1-9")):
        await wanting(store, chat, area)
    await put(store, opened(place=None))
    await put(store, second())
    await send_all(store)
    await merge(store)
    async with store.writing() as tx:
        stands = await tx.incident(2)
        back = replace(opened(), kind=ChangeKind.WITHDRAWN, incident=replace(stands, state=State.WITHDRAWN))
        saved = await tx.save(back, NOW + HOUR)
        assert await tx.withdraw(saved.change_id, saved.change, NOW + HOUR) == 2
    assert [a.chat_id for a in await send_all(store, NOW + HOUR)] == [1, 2]


async def test_the_same_words_under_another_name_are_no_second_witness(store):
    """Seen only now that they stand side by side."""
    await put(store, opened())
    copy = replace(HILL, source_id="copy", owner="copy", item_id="c", seen=NOW + HOUR)
    await put(store, opened(told=(copy,), updated=NOW + HOUR))
    one = await merge(store)
    assert ([t.independent for t in one.told], one.corroborated) == ([True, False], False)


@pytest.mark.parametrize(
    ("younger", "older"),
    [({"exercise": True}, {}), ({"state": State.WITHDRAWN}, {}), ({}, {"state": State.WITHDRAWN})],
)
async def test_two_that_can_not_be_one(store, sql, younger, older):
    """Nothing is written."""
    await put(store, opened(**older))
    await put(store, second(**younger))
    with pytest.raises(ValueError, match=r"XA-2.*XA-1.*can't be one incident"):
        await merge(store)
    assert sql("SELECT count(*) FROM change WHERE number = 2") == [(1,)]


async def test_merged_twice_unknown_or_with_itself(store):
    await put(store, opened())
    await put(store, second())
    with pytest.raises(StoreError, match="no incident 7"):
        await merge(store, 7, 1)
    with pytest.raises(ValueError, match="can't be one"):
        await merge(store, 1, 1)
    await merge(store)
    with pytest.raises(ValueError, match="can't be one incident any more"):
        await merge(store)


async def test_it_is_on_disk(store, url):
    """After a restart as before."""
    await put(store, opened())
    await put(store, second())
    one = await merge(store)
    await store.aclose()
    again = await Store.open(url)
    try:
        assert await again.incident(2) == one
    finally:
        await again.aclose()
