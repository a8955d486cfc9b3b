"""Telegram through a proxy: TELEGRAM_PROXY_URL, with a user and password that no log shows."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from bot import settings
from bot.app import opened
from bot.local.core import DEFAULT_TOKEN, BotApi
from bot.local.http import serve
from tests.world import CONFIG


class Proxy:
    """An HTTP proxy on loopback: takes requests for a host that only it knows to a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port, self.heads = port, []

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head.decode())
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
            back.write(head.replace(b"http://telegram.invalid", b""))
            await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_telegram_is_reached_through_the_proxy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Host names are left to it, its password goes to it alone, and a command is answered."""
    api = BotApi(DEFAULT_TOKEN)
    server = await serve(api)
    proxy = Proxy(int(server.address.rpartition(":")[2]))
    port = await proxy.start()
    environ = {
        "TELEGRAM_BOT_TOKEN": DEFAULT_TOKEN,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'p.db'}",
        "BOT_API_BASE_URL": "http://telegram.invalid",
        "TELEGRAM_PROXY_URL": f"http://officer:hunter2@127.0.0.1:{port}",
    }
    config = replace(settings.load(CONFIG, environ, tmp_path / "no.env"), sources=())
    caplog.set_level(logging.DEBUG, "bot")
    async with opened(config) as app:
        try:
            await app.start()
            await app.reach()
            api.user_says(7, "/start")
            async with asyncio.timeout(10):
                while not any(m.chat_id == 7 for m in api.sent):
                    await asyncio.sleep(0.02)
        finally:
            await app.stop()
    await proxy.stop()
    await server.aclose()
    wanted = f"proxy-authorization: basic {base64.b64encode(b'officer:hunter2').decode()}".lower()
    assert proxy.heads
    assert all(head.split()[1].startswith("http://telegram.invalid/bot") for head in proxy.heads)
    assert any(wanted in head.lower() for head in proxy.heads)
    assert "hunter2" not in caplog.text
