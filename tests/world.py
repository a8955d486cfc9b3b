"""A world for stories: outlets that publish over loopback HTTP, our Bot API in process, time that the test sets."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any, Self

from bot import settings
from bot.app import App, opened
from bot.local.core import DEFAULT_TOKEN, BotApi, SentMessage
from bot.local.request import LocalRequest
from bot.model import Severity, Source, Subscription

CONFIG = Path(__file__).resolve().parents[1] / "config"


class Outlets:
    """A loopback HTTP server: one path per outlet, whatever bytes the test puts there; counts what it is asked."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            name = head.split()[1].decode().strip("/")
            self.asked.append(name)
            body = self.bodies.get(name, b"")
            status = b"200 OK" if name in self.bodies else b"404 Not Found"
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body)) + body)
            await writer.drain()
        writer.close()


def rss(name: str, entries: list[tuple[str, str, datetime]]) -> bytes:
    """An RSS 2.0 feed, newest entry first, as outlets do."""
    items = "".join(
        f"<item><title>{escape(title)}</title><description>{escape(text)}</description><guid>{name}-{n}</guid>"
        f"<link>https://{name}.example/{n}</link><pubDate>{format_datetime(at)}</pubDate></item>"
        for n, (title, text, at) in reversed(list(enumerate(entries)))
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


class World:
    """`async with World(folder, now)`: sources, publish, polls, then look at `told(chat)`."""

    def __init__(self, folder: Path, now: datetime, **bot: Any) -> None:
        """`bot`: fields of bot.settings.BotSettings, such as operators=(7,) or access="invite"."""
        self.now, self.folder, self._bot = now, folder, bot
        self.api = BotApi(DEFAULT_TOKEN)
        self.outlets = Outlets()
        self.entries: dict[str, list[tuple[str, str, datetime]]] = {}
        self._sources: dict[str, dict[str, Any]] = {}
        self._answers: set[int] = set()  # ids of messages that answered a command
        self._skip = 0  # what was sent before the chat subscribed
        self._stack = contextlib.AsyncExitStack()
        self._app: App | None = None

    async def __aenter__(self) -> Self:
        self.base = await self.outlets.start()
        self._stack.push_async_callback(self.outlets.stop)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    @property
    def app(self) -> App:
        assert self._app is not None, "polls or ask first"
        return self._app

    def source(self, ident: str, name: str, **fields: Any) -> None:
        self._sources[ident] = {"name": name, **fields}
        self.entries[ident] = []
        self.outlets.bodies[ident] = rss(ident, [])

    def publish(self, ident: str, title: str, text: str) -> None:
        self.entries[ident].append((title, text, self.now))
        self.serve(ident, rss(ident, self.entries[ident]))

    def serve(self, ident: str, body: bytes) -> None:
        self.outlets.bodies[ident] = body

    async def open(self) -> App:
        """The real App, once, over a real SQLite file and the in-process Bot API."""
        if self._app is None:
            sources = tuple(
                Source(i, url=f"{self.base}/{i}", owner=i, **{"kind": "feed", "languages": ("en",), **f})
                for i, f in self._sources.items()
            )
            environ = {
                "TELEGRAM_BOT_TOKEN": DEFAULT_TOKEN,
                "DATABASE_URL": f"sqlite+aiosqlite:///{self.folder / 'w.db'}",
            }
            config = settings.load(CONFIG, environ, self.folder / "no.env")
            config = _with_loopback(config, self._bot)
            opening = opened(
                config, sources=sources, request=lambda: LocalRequest(self.api, 25.0), clock=lambda: self.now
            )
            self._app = await self._stack.enter_async_context(opening)
            await self._app.telegram.initialize()
            await self._app.telegram.start()
            assert self._app.telegram.updater is not None
            await self._app.telegram.updater.start_polling(drop_pending_updates=False)
            self._stack.push_async_callback(self._app.stop)
        return self._app

    async def subscribe(self, chat: int) -> None:
        self.api.user_says(chat, "hello")  # Telegram knows a chat once its person wrote
        app = await self.open()
        await app.store.subscribe(Subscription(chat, None, Severity.MINOR), self.now.date())
        await self._settled(0)
        self._skip = len(self.api.sent)

    async def polls(self) -> None:
        """Every source is read once, and what that changes is delivered."""
        app = await self.open()
        for source in app.watch.sources.values():
            await app.watch.poll(source)
        await app.deliver.drain()

    def told(self, chat: int) -> list[SentMessage]:
        """The alerts a chat got: those that carry an incident's first words, not answers to commands."""
        return [
            m
            for m in self.api.sent[self._skip :]
            if m.chat_id == chat and "/why_" in m.text and m.message_id not in self._answers
        ]

    async def ask(self, chat: int, text: str, **how: Any) -> str:
        """What the bot answers to a command; `how`: see BotApi.user_says (user_id, thread_id, anonymous)."""
        await self.open()
        before = len(self.api.sent)
        self.api.user_says(chat, text, **how)
        return await self._answer(before)

    async def press(self, chat: int, label: str, **how: Any) -> str:
        """What comes of pressing the newest button of that label: a notice over the chat, an edit or an answer."""
        for message in reversed(self.api.sent):
            for row in (message.reply_markup or {}).get("inline_keyboard", ()):
                for button in row:
                    if message.chat_id == chat and button["text"] == label:
                        before = len(self.api.sent)
                        self.api.user_presses(chat, message.message_id, button["callback_data"], **how)
                        return await self._answer(before)
        raise AssertionError(f"no button {label!r} in {chat}: {self.labels(chat)}")

    def labels(self, chat: int) -> list[str]:
        """The buttons under the newest message that has some."""
        for message in reversed(self.api.sent):
            rows = (message.reply_markup or {}).get("inline_keyboard", ())
            if message.chat_id == chat and rows:
                return [button["text"] for row in rows for button in row]
        return []

    async def sends(self) -> list[SentMessage]:
        """Let the loops that look after chats run once, deliver, and give what was sent by that."""
        app = await self.open()
        before = len(self.api.sent)
        await app.oversee.tick()
        await app.deliver.drain()
        return self.api.sent[before:]

    async def _answer(self, before: int) -> str:
        """Wait until the update is worked off."""
        await self._settled(before)
        answers = [m for m in self.api.sent[before:] if m.method not in ("deleteMessage", "deleteMessages")]
        self._answers |= {m.message_id for m in answers}
        return "\n".join(m.text for m in answers)

    async def _settled(self, before: int) -> None:
        """Something was sent, every update was taken, and nothing is being worked on."""
        processor = self.app.telegram.update_processor
        async with asyncio.timeout(5):
            while len(self.api.sent) == before:
                await asyncio.sleep(0.005)
            while len(self.api.updates) or processor.current_concurrent_updates:
                await asyncio.sleep(0.005)


def _with_loopback(config: settings.Settings, bot_fields: dict[str, Any]) -> settings.Settings:
    from dataclasses import replace
    from ipaddress import ip_network

    bot = replace(config.bot, allow_networks=(ip_network("127.0.0.0/8"),), tick=timedelta(seconds=1), **bot_fields)
    return replace(config, bot=bot)
