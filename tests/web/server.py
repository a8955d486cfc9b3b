"""A real server on loopback that answers what a test wants, and a fetcher that may talk to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.errors import FetchError
from bot.model import Body, Cursor, NotModified, Request
from bot.web import Web

FEED = b"<rss version='2.0'><channel><title>Road notices</title></channel></rss>"
LOOPBACK = ["127.0.0.0/8"]

Serve = Callable[["Server", asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = FEED, status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer; `headers` are written with underscores for hyphens."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return answer(b"", status, Location=to)


class Server:
    """Answers each path with bytes or with a function that writes what it likes; remembers every request head."""

    def __init__(self, routes: dict[str, bytes | Serve]) -> None:
        self.routes = routes
        self.heads: list[str] = []
        self.connections = 0
        self.wrote = 0
        self.saw_close = asyncio.Event()
        self.base = ""
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.heads]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            route = self.routes.get(head.split(" ")[1], answer(b"", "404 Not Found"))
            if isinstance(route, bytes):
                writer.write(route)
                await writer.drain()
            else:
                await route(self, writer)
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.saw_close.set()
            writer.close()
            del self._open[task]

    async def hang_up(self) -> None:
        """Ends every connection and waits for those who serve them."""
        for writer in self._open.values():
            writer.transport.abort()
        await asyncio.gather(*self._open)


@asynccontextmanager
async def serving(routes: dict[str, bytes | Serve], context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(routes)
    listener = await asyncio.start_server(server, "127.0.0.1", 0, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    server.base = f"http{'s' if context else ''}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listener.close()
        await server.hang_up()


def web(**settings: Any) -> Web:
    return Web(**{"user_agent": "AccessWatch/test (+ops@example.org)", "allow_networks": LOOPBACK, **settings})


async def got(route: bytes | Serve, *, cursor: Cursor = Cursor(), **settings: Any) -> Body | NotModified:  # noqa: B008
    async with serving({"/feed": route}) as server, web(**settings) as fetcher:
        return await fetcher.fetch(Request(f"{server.base}/feed"), cursor)


async def refusal(route: bytes | Serve, **settings: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        await got(route, **settings)
    return caught.value


async def body(route: bytes | Serve, **settings: Any) -> Body:
    found = await got(route, **settings)
    assert isinstance(found, Body)
    return found


def to(address: str) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver that knows one answer."""

    async def resolve(host: str, port: int) -> list[str]:
        return [address]

    return resolve
