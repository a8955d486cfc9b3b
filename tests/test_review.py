"""What a review found: each test failed before it was mended. Real App, SQLite and Bot API, in the test's own time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.local.core import DEFAULT_TOKEN, BotApi
from bot.local.faults import Fault
from bot.local.http import serve
from bot.model import Outcome, Outgoing, State
from bot.oversee import LISTED, Sight, wrong
from bot.words.markup import MESSAGE_LIMIT, units
from tests.handlers.spoken import CLOSED, CONVOY, LIFELINE, Spoken, spoken
from tests.make import NOW, a_health, a_source, ago
from tests.world import CONFIG

OPERATOR, CHAT = 7, 501
REOPENED = (
    "Rafah crossing reopened",
    "The Rafah crossing into Gaza was reopened to aid convoys for displaced people.",
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    """Anybody may subscribe; one operator."""
    async with spoken(tmp_path, NOW, operators=(OPERATOR,)) as w:
        await w.ask(OPERATOR, "/start")
        yield w


async def rows(world: Spoken, query: str) -> list[Any]:
    async with world.app.store._read() as connection:
        return [tuple(row) for row in await connection.exec_driver_sql(query)]


async def test_latest_does_not_repeat_what_was_withdrawn(world: Spoken) -> None:
    """Of such an incident it says that it was taken back, and no more what it claimed."""
    await world.ask(CHAT, "/subscribe_all")
    await world.happens("un", CONVOY, minutes=20)
    await world.ask(OPERATOR, "/withdraw 1 an old report")
    lines = [line for line in (await world.ask(CHAT, "/latest")).split("\n") if "/why_1" in line]
    assert [line.partition(" (")[0] for line in lines] == ["WITHDRAWN"]


async def test_a_catch_up_tells_how_it_stands_now(world: Spoken) -> None:
    """Not that a crossing is closed which was opened again while the chat was away."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/mute 8h")
    await world.happens("un", CLOSED, minutes=20)
    await world.app.store.pause_chat(CHAT, "removed or blocked")
    await world.happens("un", REOPENED, hours=9)
    await world.app.store.resume_chat(CHAT)
    (told,) = await world.later(minutes=1)
    assert "- RESOLVED (SEVERE)" in told.text
    assert "not confirmed as safe" in told.text
    assert "new incident" not in told.text


async def test_forgetting_does_not_wait_for_telegram(world: Spoken) -> None:
    """When the first message is taken back, nothing is kept any more; and out of reach, Telegram is asked three times,
    not once for each message."""
    await world.ask(CHAT, "/subscribe_all")
    for _ in range(6):
        await world.ask(CHAT, "/latest")
    world.api.faults += [Fault("http_500", method=m, times=None) for m in ("deleteMessages", "deleteMessage")]
    kept = []
    request = world.app.telegram.bot.request
    do_request = request.do_request

    async def watched(url: str, *args: Any, **more: Any) -> Any:
        if "/deleteMessage" in url:
            kept.append(await world.app.store.chat_known(CHAT))
        return await do_request(url, *args, **more)

    request.do_request = watched
    await world.ask(CHAT, "/forget")
    assert kept == [False] * 3


async def test_what_is_on_its_way_when_a_chat_forgets_is_taken_back(world: Spoken) -> None:
    """Its row is gone when it arrives, so nobody else would know its number."""
    await world.ask(CHAT, "/subscribe_all")
    call, there, go = world.api.call, asyncio.Event(), asyncio.Event()

    async def slow(token: str, method: str, params: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        if method == "sendMessage" and "Idlib" in str(params["text"]):
            there.set()
            await go.wait()
        return await call(token, method, params)

    world.api.call = slow  # type: ignore[method-assign]
    sending = asyncio.create_task(world.happens("un", CONVOY, minutes=20))
    async with asyncio.timeout(5):
        await there.wait()
        assert "nothing more will be sent" in await world.ask(CHAT, "/forget")
        go.set()
        await sending
    left = set(world.api.chats[CHAT].own) & set(world.api.chats[CHAT].messages)
    assert not [m.text for m in world.api.sent if m.message_id in left and m.chat_id == CHAT and "Idlib" in m.text]


async def test_that_every_send_fails_is_seen(world: Spoken) -> None:
    """Also by who looks between two tries, when all that waits is put off; and it is told once, not at every look."""
    await world.ask(CHAT, "/subscribe_all")
    world.api.faults.append(Fault("http_500", method="sendMessage", times=None))
    await world.happens("un", CONVOY, minutes=20)
    for second in range(900):
        world.now += timedelta(seconds=1)
        if second % 20 == 0:
            await world.app.oversee.tick()
        await world.app.deliver.drain()
    told = await rows(world, "SELECT body FROM delivery WHERE kind = 'notice' AND body LIKE '%stuck%'")
    assert told == [("Sending is stuck: 1 message waits, the oldest since 22 Nov 2026 14:20 UTC.",)]
    world.api.faults.clear()
    await world.later(minutes=1)
    await world.later(minutes=1)
    assert await rows(world, "SELECT * FROM trouble") == []


async def test_an_outcome_that_cannot_be_written_is_written_later(world: Spoken) -> None:
    """A full disk for a moment: the story of that incident goes on, and nothing is sent twice."""
    await world.ask(CHAT, "/subscribe_all")
    record = world.app.store.record
    failed: list[Outgoing] = []

    async def full(out: Outgoing, outcome: Outcome, now: datetime) -> bool:
        if not failed:
            failed.append(out)
            raise OSError("disk full")
        return await record(out, outcome, now)

    world.app.store.record = full  # type: ignore[method-assign]
    (first,) = await world.happens("un", CLOSED, minutes=20)
    assert await rows(world, "SELECT state FROM delivery WHERE kind = 'alert'") == [("sent",)]
    (then,) = await world.happens("un", REOPENED, hours=1)
    assert then.reply_to_message_id == first.message_id


async def test_an_alert_that_waited_says_so_in_its_first_line(world: Spoken) -> None:
    """On a lock screen, what happened ten hours ago is not to look like news."""
    await world.ask(CHAT, "/subscribe_all")
    world.api.faults.append(Fault("flood", method="sendMessage", chat_id=CHAT, retry_after=1))
    assert not await world.happens("un", CLOSED, minutes=20)
    (told,) = [m for m in await world.later(hours=10) if m.chat_id == CHAT]
    assert told.text.startswith("SEVERE (LATE): ")
    (prompt,) = await world.happens("un", LIFELINE, minutes=5)
    assert prompt.text.startswith("EXTREME: ")


async def test_notices_to_who_is_away_do_not_pile_up(world: Spoken) -> None:
    """They go with the other records; an alert for a chat that is away is held for it."""
    await world.ask(CHAT, "/subscribe_all")
    for n in range(3):
        await world.app.store.tell_operators((OPERATOR,), f"trouble {n}", world.now)
    world.api.faults.append(Fault("flood", method="sendMessage", chat_id=CHAT, retry_after=1))
    await world.app.store.pause_chat(OPERATOR, "removed or blocked")
    await world.happens("un", CONVOY, minutes=20)
    await world.app.store.pause_chat(CHAT, "removed or blocked")
    assert await rows(world, "SELECT kind FROM delivery WHERE state = 'ready'") == [("notice",)] * 3 + [("alert",)]
    await world.later(days=8)
    assert await rows(world, "SELECT kind FROM delivery WHERE state = 'ready'") == []
    assert await rows(world, "SELECT chat_id FROM held") == [(CHAT,)]


def test_the_longest_notice_is_one_message() -> None:
    """With every name, id and reason as long as they can be, right again after a long time."""
    sources = {f"{n:x<40}": a_source(id=f"{n:x<40}", name="N" * 80) for n in range(20)}
    health = [a_health(source_id=i, fails=9, last_ok=ago(hours=9), last_error="e" * 300) for i in sources]
    found = wrong(Sight(health), {**sources, "heard": a_source(id="heard")}, NOW).values()
    lines = [f"Right again after 23 h 59 min: {sentence}" for sentence in found][:LISTED]
    assert units("\n".join([*lines, "and 10 more: /sources"])) < MESSAGE_LIMIT


async def test_another_country_before_a_number_is_another_incident(world: Spoken) -> None:
    """Nothing is withdrawn or explained under a name that is not its own."""
    await world.ask(CHAT, "/subscribe_all")
    await world.happens("un", CONVOY, minutes=20)
    (incident,) = await world.app.store.incidents()
    assert f"is {incident.id}" in await world.ask(OPERATOR, "/withdraw ZW-1 a slip of the finger")
    assert f"is {incident.id}" in await world.ask(CHAT, "/why ZW-1")
    assert (await world.app.store.incidents())[0].state is State.OPEN
    assert "is withdrawn" in await world.ask(OPERATOR, f"/withdraw {incident.id} an old report")


@pytest.mark.slow
async def test_a_refused_token_is_one_sentence(tmp_path: Path) -> None:
    """Exit 1 and what to do, no traceback."""
    server = await serve(BotApi(DEFAULT_TOKEN))
    environ = {
        "TELEGRAM_BOT_TOKEN": "1000002:AAHxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "BOT_API_BASE_URL": server.address,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'r.db'}",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=CONFIG.parent, env={**os.environ, **environ},
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, err = await asyncio.wait_for(process.communicate(), 60)
    await server.aclose()
    assert process.returncode == 1
    assert "Stopped: the token was refused" in err.decode()
    assert "Traceback" not in err.decode()
