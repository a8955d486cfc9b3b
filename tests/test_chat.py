"""Sending: what each answer of a real Bot API server means for the outbox, and the pace under everything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.chat import Pace, Sender
from bot.local.core import DEFAULT_TOKEN, BotApi
from bot.local.faults import Fault
from bot.local.http import serve
from bot.model import Deferred, Gone, Moved, Outcome, Sent, Stop, Unsendable
from bot.words.buttons import Seal

CHAT = 7


@pytest.fixture
async def api():
    core = BotApi(DEFAULT_TOKEN)
    core.user_says(CHAT, "hello")
    server = await serve(core)
    yield core, server.base_url
    await server.aclose()


async def sent(base_url: str, html: str = "words", token: str = DEFAULT_TOKEN) -> Outcome:
    async with ExtBot(
        token, base_url=base_url, request=HTTPXRequest(read_timeout=0.3), get_updates_request=HTTPXRequest()
    ) as bot:
        return await Sender(bot, Seal.of("x")).send(CHAT, html, reply_to=999)


async def test_taken(api) -> None:
    """A message that is taken, though the one it replies to is gone."""
    core, url = api
    assert isinstance(await sent(url), Sent)
    assert core.sent[-1].text == "words"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("flood", retry_after=7, times=None), Deferred("", timedelta(seconds=7), counts=False)),
        (Fault("accept_then_close", method="sendMessage"), Deferred("", timedelta(seconds=30), ambiguous=True)),
        (
            Fault("accept_then_delay", method="sendMessage", seconds=1.0),
            Deferred("", timedelta(seconds=30), ambiguous=True),
        ),
        (Fault("http_500", method="sendMessage"), Deferred("", timedelta(seconds=30), ambiguous=True)),
        (Fault("broken_json", method="sendMessage"), Deferred("", timedelta(seconds=30), ambiguous=True)),
        (Fault("not_ok", method="sendMessage"), Deferred("", timedelta(seconds=30), ambiguous=True)),
    ],
    ids=lambda v: v.kind if isinstance(v, Fault) else "",
)
async def test_deferred(api, fault: Fault, expected: Deferred) -> None:
    """Not now: flood counts no attempt, and a lost answer is known as one."""
    core, url = api
    fault.method = "sendMessage"
    core.faults.append(fault)
    got = await sent(url)
    assert isinstance(got, Deferred)
    assert (got.after, got.ambiguous, got.counts) == (expected.after, expected.ambiguous, expected.counts)


async def test_for_good(api) -> None:
    """Blocked, moved, unsendable: each is settled without another try of the same."""
    core, url = api
    assert isinstance(await sent(url, "<p>not ours"), Unsendable)
    core.block(CHAT)
    assert isinstance(await sent(url), Gone)
    core.migrate(CHAT, -100_777)
    assert await sent(url) == Moved(-100_777)


async def test_wrong_token_stops(api) -> None:
    """A refused token stops everything: trying again cannot help."""
    core, url = api
    core.faults.append(Fault("unauthorized", method="sendMessage", times=None))
    assert isinstance(await sent(url), Stop)


async def test_nobody_there() -> None:
    """A connection that was never made is surely not sent."""
    core = BotApi(DEFAULT_TOKEN)
    server = await serve(core)
    url = server.base_url
    bot = ExtBot(DEFAULT_TOKEN, base_url=url, request=HTTPXRequest(), get_updates_request=HTTPXRequest())
    await server.aclose()
    got = await Sender(bot, Seal.of("x")).send(CHAT, "words")
    assert isinstance(got, Deferred)
    assert not got.ambiguous


def test_pace() -> None:
    """30 a second overall, bursts of three to one chat, and nobody pays for another chat's wait."""
    now = [100.0]
    pace = Pace(lambda: now[0])
    assert [pace._reserve("a") for _ in range(3)] == [0, 0, 0]
    assert pace.delay("a", now[0]) == 3.0
    assert pace.delay("b", now[0]) == 0
    for n in range(27):
        assert pace._reserve(n) == 0
    assert pace.delay("c", now[0]) == 1.0
    now[0] += 1.0
    assert pace.delay("c", now[0]) == 0


def test_pace_forgets_chats_that_may_be_written_to() -> None:
    """However many there are in a life of the program; who has to wait is not forgotten."""
    now = [100.0]
    pace = Pace(lambda: now[0])
    for n in range(5 * Pace.KNOWN):
        now[0] += 0.5
        pace._reserve(n)
    for _ in range(3):
        pace._reserve("busy")
    for n in range(Pace.KNOWN):
        pace._reserve(-n)
    assert len(pace._by_chat) <= Pace.KNOWN + 10
    assert pace.delay("busy", now[0]) > 0


def test_a_flood_answer_for_one_chat_is_that_chats_alone() -> None:
    """Until it has rested; from several chats within a short time, or about none, it is everybody's."""
    now = [100.0]
    pace = Pace(lambda: now[0])
    pace.flooded("a", 20)
    assert pace.rest("a") == 20
    assert pace.rest("b") <= 0
    assert pace.delay("b", now[0]) == 0
    now[0] += 20
    assert pace.rest("a") <= 0
    pace.flooded("b", 5)
    assert pace.delay("c", now[0]) == 0
    pace.flooded("c", 7)
    assert pace.delay("d", now[0]) == 7
    now[0] += 60
    pace.flooded(None, 3)
    assert pace.delay("d", now[0]) == 3


async def test_a_chat_that_rests_is_not_asked_for(api) -> None:
    """The next message to it is put off without asking Telegram; other chats get theirs meanwhile."""
    core, url = api
    core.user_says(8, "hello")
    fault = Fault("flood", method="sendMessage", chat_id=CHAT, retry_after=60, times=2)
    core.faults.append(fault)
    async with ExtBot(
        DEFAULT_TOKEN, base_url=url, request=HTTPXRequest(), get_updates_request=HTTPXRequest(), rate_limiter=Pace()
    ) as bot:
        sender = Sender(bot, Seal.of("x"))
        outcomes = [await sender.send(chat, "words") for chat in (CHAT, CHAT, 8)]
    assert [type(o) for o in outcomes] == [Deferred, Deferred, Sent]
    assert fault.times == 1, "asked once"
    assert [m.chat_id for m in core.sent] == [8]
