"""The bot looks after itself: what is wrong, told once; what is due, done once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from telegram.error import Conflict, NetworkError

from bot.chat import Line
from bot.commands.health import _examine
from bot.judge.routing import next_local
from bot.model import (
    Alert,
    Category,
    Change,
    ChangeKind,
    Cursor,
    Gone,
    Mute,
    NoteKind,
    Sent,
    Severity,
    SourceHealth,
    Subscription,
    Unsendable,
)
from bot.oversee import ALL_DEAD, LISTED, SENDING, UNSENDABLE, Oversee, Sight, wrong
from bot.settings import BotSettings
from bot.store import Store
from bot.store.schema import delivery
from tests.make import NOW, a_change, a_health, a_source, ago

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SOURCES = {name: a_source(id=name, name=f"The {name.title()}") for name in ("a", "b", "c", "d")}


def dead(name: str, **fields: Any) -> SourceHealth:
    """A source that has failed for as long as it takes to be called dead."""
    return a_health(
        source_id=name, **{"fails": 5, "last_ok": ago(hours=6), "last_error": "no answer in 20 s", **fields}
    )


def heard(name: str) -> SourceHealth:
    return a_health(source_id=name)


ALL = tuple(dead(name) for name in SOURCES)


@pytest.mark.parametrize(
    ("sight", "keys"),
    [
        (Sight(), set()),
        # a source is dead after five failures and six hours, not only slow; never heard needs no hours
        (Sight((dead("a"),)), {"source:a"}),
        (Sight((dead("a", fails=4),)), set()),
        (Sight((dead("a", last_ok=ago(hours=5, minutes=59)),)), set()),
        (Sight((dead("a", fails=0),)), set()),
        (Sight((dead("a", last_ok=None),)), {"source:a"}),
        (Sight((dead("a", last_ok=None, fails=4),)), set()),
        (Sight((dead("a"), dead("c"), heard("b"))), {"source:a", "source:c"}),
        (Sight((dead("removed"),)), set()),
        # no source at all is one thing, also while something is wrong with sending
        (Sight(ALL), {ALL_DEAD}),
        (Sight((*ALL, dead("removed"))), {ALL_DEAD}),
        (Sight((*ALL[:3], heard("d"))), {"source:a", "source:b", "source:c"}),
        (Sight(ALL, waiting=3, oldest=ago(minutes=9)), {ALL_DEAD, SENDING}),
        # sending is stuck after five minutes
        (Sight(waiting=3, oldest=ago(minutes=5)), {SENDING}),
        (Sight(waiting=3, oldest=ago(minutes=4, seconds=59)), set()),
        (Sight(waiting=3), set()),
        (Sight(lost=1, why="too long"), {UNSENDABLE}),
    ],
)
def test_what_is_wrong(sight: Sight, keys: set[str]) -> None:
    """By what there is to see."""
    assert set(wrong(sight, SOURCES, NOW)) == keys


@pytest.mark.parametrize(
    ("still_dead", "keys"),
    [
        (4, {ALL_DEAD}),
        (3, {ALL_DEAD}),
        (2, {"source:a", "source:b"}),
        (0, set()),
    ],
)
def test_it_stays_one_thing_until_half_are_heard(still_dead: int, keys: set[str]) -> None:
    """As they come back one by one."""
    health = [dead(n) if i < still_dead else heard(n) for i, n in enumerate(SOURCES)]
    assert set(wrong(Sight(health), SOURCES, NOW, known={ALL_DEAD})) == keys


def test_the_only_source_is_told_by_its_name() -> None:
    """That all are dead would say less."""
    assert set(wrong(Sight((dead("a"),)), {"a": SOURCES["a"]}, NOW)) == {"source:a"}


def test_sentences_say_what_since_when_and_why() -> None:
    """As HTML: what others wrote is escaped and cut."""
    sources = {"a": replace(SOURCES["a"], name="A <b>&"), "b": SOURCES["b"]}
    health = (dead("a", last_error="<html> " + "x" * 900), a_health(source_id="b"))
    sight = Sight(health, waiting=1, oldest=ago(minutes=7), lost=2, why="Bad <Request>")
    found = wrong(sight, sources, NOW)
    assert found[SENDING] == "Sending is stuck: 1 message waits, the oldest since 22 Nov 2026 13:53 UTC."
    assert found[UNSENDABLE] == ("2 messages were refused by Telegram for good and not delivered: Bad &lt;Request&gt;.")
    assert found["source:a"].startswith(
        "A &lt;b&gt;&amp; (a) has not been heard since 22 Nov 2026 08:00 UTC: &lt;html&gt; x"
    )
    assert len(found["source:a"]) < 300
    never = wrong(Sight((dead("b", last_ok=None, last_error=None), heard("a"))), sources, NOW)
    assert never == {"source:b": "The B (b) has not been heard ever: no reason known."}


# --- with a real store ---------------------------------------------------------------------------


class House:
    """A store, the loop over it and a clock that the test sets."""

    def __init__(self, store: Store, url: str, operators: tuple[int, ...] = (7, 8)) -> None:
        self.store, self.url, self.now = store, url, NOW
        self.settings = BotSettings(operators=operators)
        self.restart()

    def restart(self) -> None:
        self.oversee = Oversee(self.store, SOURCES, self.settings, lambda: self.now)

    async def fails(self, *names: str) -> None:
        async with self.store.writing() as tx:
            for name in names:
                for _ in range(5):
                    await tx.failed(name, "no answer", self.now + HOUR, self.now)

    async def answers(self, *names: str) -> None:
        async with self.store.writing() as tx:
            for name in names:
                await tx.polled(name, Cursor(), self.now + HOUR, self.now, None)

    async def happens(self, **fields: Any) -> Change:
        """An incident is opened and enqueued."""
        async with self.store.writing() as tx:
            saved = await tx.save(a_change(ChangeKind.OPENED, **{"number": 0, **fields}), self.now)
            await tx.enqueue(saved.change_id, saved.change, self.now)
        return saved.change

    async def hears(self, *after: timedelta) -> list[tuple[int, str]]:
        """Ticks at once or after these steps of time; (chat, words) of the notices then sent, in order."""
        told = []
        for step in after or (timedelta(0),):
            self.now += step
            await self.oversee.tick()
            for note in await self.store.claim(self.now, 99):
                await self.store.record(note, Sent(1), self.now)
                told.append((note.chat_id, "" if isinstance(note, Alert) else note.body or note.kind))
        return told


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'watch.db'}"
    store = await Store.open(url)
    yield House(store, url)
    await store.aclose()


async def test_operators_are_told_once_and_once_more_when_it_is_right(house: House) -> None:
    """Though they never wrote to us; the second time with how long it was."""
    await house.answers("a", "b")
    assert await house.hears() == []
    house.now += 7 * HOUR
    await house.fails("a")
    [(first, words), (second, _)] = await house.hears()
    assert (first, second) == (7, 8)
    assert words == "The A (a) has not been heard since 22 Nov 2026 14:00 UTC: no answer."
    assert await house.hears(MINUTE, HOUR) == []
    await house.answers("a")
    [(_, words), _] = await house.hears(HOUR)
    assert words.startswith("Right again after 2 h: The A (a) has not been heard since")
    assert await house.hears(MINUTE, HOUR) == []


async def test_a_restart_tells_nothing_again(house: House) -> None:
    """What operators know stands in the database; what became right meanwhile is told."""
    await house.fails("a", "b")
    assert len(await house.hears()) == 2
    await house.store.aclose()
    house.store = await Store.open(house.url)
    house.restart()
    assert await house.hears(HOUR) == []
    await house.answers("b")
    [(_, words), _] = await house.hears()
    assert words.startswith("Right again after 1 h: The B (b)")
    await house.store.aclose()


async def test_a_dead_source_that_is_taken_out_is_not_right_again(house: House) -> None:
    """It is let go without a word; what else became right is told."""
    await house.fails("a", "b")
    assert len(await house.hears()) == 2
    await house.answers("b")
    house.oversee = Oversee(
        house.store, {n: s for n, s in SOURCES.items() if n != "a"}, house.settings, lambda: house.now
    )
    [(_, words), _] = await house.hears(HOUR)
    assert words.startswith("Right again after 1 h: The B (b)")
    assert "The A" not in words
    assert await house.store.troubles() == {}
    await house.fails("c")
    assert len(await house.hears()) == 2
    house.oversee = Oversee(house.store, {"b": SOURCES["b"]}, house.settings, lambda: house.now)
    assert await house.hears(HOUR) == []
    assert await house.store.troubles() == {}


async def test_all_sources_dead_is_one_sentence(house: House) -> None:
    """Though one was told before: it is not told to be right while nothing is heard; who stays dead is told then."""
    await house.fails("a")
    [(_, words), _] = await house.hears()
    assert words.startswith("The A (a) has not been heard ever")
    await house.fails("b", "c", "d")
    [(_, words), _] = await house.hears(HOUR)
    assert words == "No source at all can be read: is this machine's network down, or its proxy?"
    await house.answers("d")
    assert await house.hears(MINUTE) == []
    await house.answers("c")
    [(_, words), _] = await house.hears(MINUTE)
    assert [line.split(":")[0] for line in words.split("\n")] == [
        "The B (b) has not been heard ever",
        "Right again after 2 min",
    ]
    assert set(await house.store.troubles()) == {"source:a", "source:b"}
    await house.answers("a", "b")
    [(_, words), _] = await house.hears(MINUTE)
    assert [line.split("(")[1][0] for line in words.split("\n")] == ["a", "b"]
    assert await house.store.troubles() == {}


async def test_a_long_list_is_cut(tmp_path: Path) -> None:
    """It is one message."""
    sources = {f"s{n}": a_source(id=f"s{n}", name=f"S{n}") for n in range(20)}
    store = await Store.open(f"sqlite:///{tmp_path / 'watch.db'}")
    house = House(store, "", operators=(7,))
    house.oversee = Oversee(store, sources, house.settings, lambda: house.now)
    await house.fails(*list(sources)[:15])
    [(_, words)] = await house.hears()
    assert len(words.split("\n")) == LISTED + 1
    assert words.endswith("and 5 more: /sources")
    await store.aclose()


async def test_sending_that_is_stuck_is_told(house: House) -> None:
    """When an alert has waited for five minutes; it is right again when nothing is late."""
    await house.store.subscribe(Subscription(1, None, Severity.MINOR), NOW.date())
    await house.happens()
    house.now += 4 * MINUTE
    await house.oversee.tick()
    assert await house.store.troubles() == {}
    house.now += MINUTE
    await house.oversee.tick()
    assert set(await house.store.troubles()) == {SENDING}
    for _ in range(2):
        for out in await house.store.claim(house.now, 9):
            await house.store.record(out, Sent(1), house.now)
    [(_, words), _] = await house.hears(MINUTE)
    assert words.startswith("Right again after 1 min: Sending is stuck: 1 message waits")


async def test_an_alert_that_was_refused_is_told(house: House) -> None:
    """For as long as it is lately; a chat that is gone is nothing wrong."""
    for chat_id in (1, 2):
        await house.store.subscribe(Subscription(chat_id, None, Severity.MINOR), NOW.date())
    await house.happens()
    for out in await house.store.claim(house.now, 9):
        await house.store.record(out, Unsendable("too long") if out.chat_id == 1 else Gone("blocked"), house.now)
    [(_, words), _] = await house.hears()
    assert words == "1 message was refused by Telegram for good and not delivered: too long."
    [(_, words), _] = await house.hears(HOUR, MINUTE)
    assert words.startswith("Right again after 1 h")


async def test_a_second_program_on_the_token_is_told_once_and_when_it_is_over(house: House) -> None:
    """When it lasts; a restart brings a moment of conflict that is nobody's business."""
    line = Line(lambda: house.now)
    house.oversee = Oversee(house.store, SOURCES, house.settings, lambda: house.now, line=line.trouble)
    line.failed(Conflict("terminated by other getUpdates request"))
    assert await house.hears(timedelta(seconds=20)) == []
    house.now += timedelta(seconds=20)
    line.failed(Conflict("terminated by other getUpdates request"))
    [(_, words), _] = await house.hears()
    assert words.startswith("Another program asks Telegram for this bot's messages with the same token")
    for _ in range(10):
        line.failed(Conflict("terminated by other getUpdates request"))
        assert await house.hears(MINUTE) == []
    [(_, words), _] = await house.hears(4 * MINUTE)
    assert words.startswith("Right again after 14 min: Another program")
    line.failed(Conflict("terminated by other getUpdates request"))
    assert await house.hears(timedelta(seconds=40)) == [], "a new one, not the old one that goes on"


async def test_that_telegram_is_out_of_reach_is_told_when_it_is_over(house: House) -> None:
    """Before, it could not be; but `health` tells it."""
    line = Line(lambda: house.now)
    house.oversee = Oversee(house.store, SOURCES, house.settings, lambda: house.now, line=line.trouble)
    for _ in range(3):
        line.failed(NetworkError("no way"))
        assert await house.hears(MINUTE) == []
    await house.store.beat("service", house.now)
    told = await _examine(house.url, house.now)
    assert told is not None
    assert told.startswith("since 2026-11-22 14:02:00 UTC: Telegram can't be reached (NetworkError).")
    line.mended()
    [(_, words), _] = await house.hears(MINUTE)
    assert words.startswith("Right again after 2 min: Telegram can't be reached")
    await house.store.beat("service", house.now)
    assert await _examine(house.url, house.now) is None


async def test_a_start_is_told(house: House) -> None:
    """The first, and after which silence."""
    await house.oversee.started(None)
    await house.oversee.ended()
    house.now += MINUTE
    await house.oversee.started(ago(hours=3) + MINUTE)
    assert [words for chat, words in await house.hears() if chat == 7] == [
        "Access Watch has started, with 4 sources. First start.",
        "Access Watch has started, with 4 sources. It was last alive 22 Nov 2026 11:01 UTC, 3 h ago.",
    ]


async def test_a_crash_loop_is_told_at_first_and_as_what_it_is(house: House) -> None:
    """Not at each of its starts; after an orderly stop every start is told again."""
    told = []
    await house.oversee.started(None)
    for _ in range(120):
        house.now += 2 * MINUTE
        house.restart()
        await house.oversee.started(house.now - MINUTE)
    told = [words for chat, words in await house.hears() if chat == 7]
    assert len(told) == 3
    assert told[0].endswith("First start.")
    assert told[1].endswith("It had not been stopped in order. It started 2 times in the last hour: its log says why.")
    assert "It started 5 times in the last hour" in told[2]
    house.now += 7 * HOUR
    await house.oversee.started(house.now - MINUTE)
    [(_, words), _] = await house.hears()
    assert words.endswith("It had not been stopped in order."), "after some hours of quiet it is news again"
    for _ in range(3):
        await house.oversee.ended()
        house.now += MINUTE
        await house.oversee.started(house.now - MINUTE)
        [(_, words), _] = await house.hears()
        assert "in order" not in words


async def test_without_operators_nobody_is_told_and_it_is_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Once."""
    house.settings = BotSettings(operators=())
    house.restart()
    await house.fails("a")
    with caplog.at_level(logging.WARNING, "bot.oversee"):
        assert await house.hears(MINUTE, HOUR) == []
    assert len([r for r in caplog.records if "has not been heard" in r.getMessage()]) == 1


async def test_what_was_muted_comes_when_the_mute_is_over(house: House) -> None:
    """The loop gathers it."""
    await house.store.subscribe(Subscription(1, None, Severity.MINOR), NOW.date())
    await house.store.mute(Mute(1, None, NOW + HOUR))
    await house.happens(severity=Severity.SEVERE)
    assert await house.hears(MINUTE, 58 * MINUTE) == []
    assert await house.hears(MINUTE, MINUTE) == [(1, NoteKind.CATCH_UP)]


@pytest.mark.parametrize(
    ("zone", "first_day"),
    [
        ("Europe/Berlin", (3, 27)),
        ("Europe/Berlin", (10, 23)),
        ("America/New_York", (10, 30)),
        ("Pacific/Kiritimati", (12, 30)),
        ("UTC", (12, 30)),
    ],
)
@pytest.mark.parametrize("minute", [0, 150, 1439])
async def test_one_line_a_day(house: House, zone: str, first_day: tuple[int, int], minute: int) -> None:
    """On each day of the chat's calendar, whatever the clocks do, soon after its time."""
    start, here = datetime(2026, *first_day, tzinfo=UTC), ZoneInfo(zone)
    due = next_local(minute, here, start)
    await house.store.set_chat(1, start.date(), tz=zone, daily=minute, daily_next=due)
    for step in range(4 * 24 * 3):
        house.now = start + step * 20 * MINUTE
        await house.oversee.daily()
    async with house.store._read() as c:
        times = [at for (at,) in await c.execute(select(delivery.c.not_before).order_by(delivery.c.id))]
    first = due.astimezone(here).date()
    assert all(timedelta(0) <= t - next_local(minute, here, t - HOUR) < 20 * MINUTE for t in times)
    days = [next_local(minute, here, t - 20 * MINUTE).astimezone(here).date() for t in times]
    assert days == [first + timedelta(days=n) for n in range(len(times))]
    assert len(times) in {3, 4}  # of the fourth, the time may lie after the last step


async def test_a_zone_that_is_not_known_stops_nobody(house: House) -> None:
    """Its own chat is told by UTC."""
    for chat_id, zone in ((1, "Mars/Olympus"), (2, "UTC")):
        await house.store.set_chat(chat_id, NOW.date(), tz=zone, daily=15 * 60, daily_next=NOW + HOUR)
        await house.store.subscribe(Subscription(chat_id, None, Severity.MINOR), NOW.date())
        await house.store.mute(Mute(chat_id, None, None, 13 * 60, 15 * 60))
    await house.happens(severity=Severity.SEVERE)
    told = await house.hears(timedelta(0), HOUR)
    assert sorted(told) == [(c, kind) for c in (1, 2) for kind in (NoteKind.CATCH_UP, NoteKind.DAILY)]


async def test_a_line_that_was_missed_comes_once(house: House) -> None:
    """After three days of silence: one, and the next at its time."""
    await house.store.set_chat(1, NOW.date(), daily=15 * 60, daily_next=NOW + HOUR)
    house.now += timedelta(days=3)
    assert await house.hears(timedelta(0), 59 * MINUTE) == [(1, NoteKind.DAILY)]
    assert await house.hears(MINUTE, HOUR) == []  # that day has had its line
    assert await house.hears(22 * HOUR, HOUR) == [(1, NoteKind.DAILY)]


async def left(house: House) -> int:
    """Invitations not deleted yet."""
    async with house.store._read() as c:
        return int((await c.exec_driver_sql("SELECT count(*) FROM invitation")).scalar_one())


async def test_housekeeping_is_done_once_an_hour(house: House) -> None:
    """And at the first tick after a start."""
    for hours in range(4):
        await house.store.invite(f"hash{hours}", NOW + timedelta(minutes=20 + 40 * hours))

    await house.hears(30 * MINUTE)
    assert await left(house) == 3
    await house.hears(59 * MINUTE)
    assert await left(house) == 3
    await house.hears(MINUTE)
    assert await left(house) == 2
    house.now += 20 * MINUTE
    house.restart()
    await house.hears()
    assert await left(house) == 1


async def test_what_fails_stops_nothing_else(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """One step's error is logged; the others are done, and it is tried again at the next tick."""
    await house.fails("a")
    await house.store.invite("hash", NOW)
    async with house.store._write() as c:
        await c.exec_driver_sql("ALTER TABLE held RENAME TO lost")
    with caplog.at_level(logging.ERROR, "bot.oversee"):
        await house.oversee.tick()
    assert [r.getMessage() for r in caplog.records] == ["overseeing failed: gather", "overseeing failed: purge"]
    assert set(await house.store.troubles()) == {"source:a"}
    async with house.store._write() as c:
        await c.exec_driver_sql("ALTER TABLE lost RENAME TO held")
    caplog.clear()
    assert len(await house.hears(MINUTE)) == 2
    assert caplog.records == []
    assert await left(house) == 0


async def test_what_nobody_confirms_goes_to_sleep_in_silence(house: House) -> None:
    """By the kind of its asset, else of its first category; within the hour, after a restart too; and once."""
    days = {"checkpoint": 3, "siege": 30, "other": 7}
    house.settings = replace(house.settings, stale_after={k: timedelta(days=n) for k, n in days.items()})
    house.restart()
    at = {"opened": NOW, "updated": NOW}
    await house.happens(asset="checkpoint", **at)
    await house.happens(asset=None, categories=(Category.SIEGE,), **at)
    await house.happens(asset=None, **at)

    async def states() -> list[str]:
        return [i.state.value for i in await house.store.incidents()]

    assert await house.hears(timedelta(days=3)) == []
    assert await states() == ["open", "open", "open"]
    house.restart()
    assert await house.hears(MINUTE) == []
    assert await states() == ["dormant", "open", "open"]
    assert await house.hears(timedelta(days=4)) == []
    assert await house.hears(timedelta(days=23)) == []
    assert await states() == ["dormant", "dormant", "dormant"]
    assert [c.kind for c, _ in await house.store.history(1)] == [ChangeKind.OPENED]
