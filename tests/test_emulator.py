"""A private chat with the real App against a Bot API server that we did not write (lo-bot-api-emulator), over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from lo_bot_api_emulator import CONTRACT, LoBotApiEmulator

from bot import settings
from bot.app import App, opened
from bot.clock import now
from bot.local.core import DEFAULT_TOKEN
from bot.local.people import command_entities
from bot.model import Source
from tests.handlers.spoken import CLOSED
from tests.words.telegram_parser import shown
from tests.world import CONFIG, Outlets, _with_loopback, rss

CHAT = 501
BOT = {"id": 7, "is_bot": True, "first_name": "Fixture", "username": "fixture_bot"}
PERSON = {"id": CHAT, "is_bot": False, "first_name": "Somebody"}
HERE = {"id": CHAT, "type": "private", "first_name": "Somebody"}


class Emulator(LoBotApiEmulator):  # type: ignore[misc]
    """With the two things it lacks: a name for getMe, and patience with parameters it does not know. `done`: what was
    taken, as (method, parameters, result)."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[str, dict[str, Any], Any]] = []
        self.dropped: set[str] = set()

    async def read_request(self, request: web.Request) -> Any:
        fields, uploads = await super().read_request(request)
        definition = CONTRACT["methods"].get(request.match_info["method"], {})
        known = definition.get("parameters")
        if known is not None and definition["implemented"]:
            self.dropped |= set(fields) - set(known)
            fields = {name: value for name, value in fields.items() if name in known}
        return fields, uploads

    def validate(self, method: str, fields: dict[str, Any], uploads: Any) -> Any:
        result = super().validate(method, fields, uploads)
        if method == "getMe":
            return result | BOT
        self.done.append((method, dict(fields), result))
        return result

    # --- the person's side ---

    async def says(self, text: str) -> None:
        message = {"message_id": 1_000_000 + len(self.done), "date": 1, "chat": HERE, "from": PERSON, "text": text}
        entities = command_entities(text)
        await self.enqueue_update(
            {"message": message | ({"entities": entities} if entities else {})}, token=DEFAULT_TOKEN
        )

    async def presses(self, label: str) -> None:
        """The newest button of that label."""
        for method, fields, result in reversed(self.done):
            if method in ("sendMessage", "editMessageText") and "reply_markup" in fields:
                rows = json.loads(fields["reply_markup"])["inline_keyboard"]
                for button in (b for row in rows for b in row if b["text"] == label):
                    query = {"id": "1", "from": PERSON, "chat_instance": "1", "data": button["callback_data"]}
                    query["message"] = result | {"chat": HERE, "from": BOT}
                    await self.enqueue_update({"callback_query": query}, token=DEFAULT_TOKEN)
                    return
        raise AssertionError(f"no button {label!r}")

    def texts(self, start: int) -> list[str]:
        """What was sent since then, as Telegram's own parser reads it."""
        return [shown(f["text"]) for m, f, _ in self.done[start:] if m in ("sendMessage", "editMessageText")]

    async def answers(self, act: Callable[[], Any]) -> str:
        """What comes of an act."""
        start = len(self.done)
        await act()
        await self.until(lambda: bool(self.texts(start)))
        return self.texts(start)[-1]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not true():
                await asyncio.sleep(0.02)


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[Emulator, str]]:
    emulator = Emulator()
    runner = web.AppRunner(emulator.app(), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield emulator, f"http://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.mark.slow
async def test_a_private_chat(emulator: tuple[Emulator, str], tmp_path: Path) -> None:
    """Start, subscribe, an alert out of a feed, its Why?, a mute, and to be forgotten: messages are taken back."""
    server, address = emulator
    outlets = Outlets()
    base = await outlets.start()
    outlets.bodies["un"] = rss("un", [])
    environ = {
        "TELEGRAM_BOT_TOKEN": DEFAULT_TOKEN,
        "BOT_API_BASE_URL": address,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'e.db'}",
    }
    config = _with_loopback(settings.load(CONFIG, environ, tmp_path / "no.env"), {})
    source = Source("un", "UN News", "feed", f"{base}/un", ("en",), grade="A", owner="un")
    async with opened(config, sources=(source,)) as app:
        try:
            await app.start()
            await app.reach()
            await _talk(app, server, outlets)
            refused = [r for r in server.requests if r["status"] not in (200, 404, 501)]
        finally:
            await app.stop()
            await outlets.stop()
    assert not refused, "404 and 501 are methods that it does not have"
    assert server.dropped <= {"link_preview_options", "scope", "language_code", "show_alert", "cache_time"}


async def _talk(app: App, server: Emulator, outlets: Outlets) -> None:
    assert "Access Watch tells you" in await server.answers(lambda: server.says("/start"))
    assert "Done: I will tell you" in await server.answers(lambda: server.says("/subscribe_all"))
    await server.until(lambda: bool(outlets.asked))
    polled = await app.store.health()
    while not polled or polled[0].last_ok is None:
        await asyncio.sleep(0.02)
        polled = await app.store.health()
    start = len(server.done)
    outlets.bodies["un"] = rss("un", [(*CLOSED, now())])
    await app.watch.poll(app.watch.sources["un"])
    await server.until(lambda: any("Rafah crossing" in t for t in server.texts(start)))
    (alert,) = server.texts(start)
    assert alert.startswith("SEVERE: ")
    assert "What the report said" in await server.answers(lambda: server.presses("Why?"))
    assert any(m == "answerCallbackQuery" for m, _, _ in server.done)
    assert "is quiet until" in await server.answers(lambda: server.presses("Mute here 8 h"))
    assert await app.store.mutes(CHAT, now())
    assert "on" in await server.answers(lambda: server.says("/settings discreet on"))
    assert "button): off" in await server.answers(lambda: server.presses("Discreet: off"))
    sent = [r["message_id"] for m, _, r in server.done[start:] if m == "sendMessage"]
    start = len(server.done)
    assert "I took back" in await server.answers(lambda: server.says("/forget"))
    deleted = [int(f["message_id"]) for m, f, _ in server.done[start:] if m == "deleteMessage"]
    assert set(sent) <= set(deleted)
    assert await app.store.chat(CHAT) is None
