"""`Web`: one polite, bounded, guarded GET; everything that can go wrong on the way is a FetchError.

httpcore speaks HTTP and httpx reads URLs and headers. httpx's client is left out on purpose: it unpacks without bound,
keeps cookies, follows redirects by its own rules and logs whole URLs.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpcore
import httpx

from bot.errors import ConfigError, FetchError
from bot.model import Body, Cursor, NotModified, Request
from bot.web.decode import Decoder
from bot.web.faults import NETWORK, in_words
from bot.web.guard import Guard, Guarded, Resolver, parse, refused

ACCEPT = "application/atom+xml, application/rss+xml, application/json;q=0.9, application/xml;q=0.9, */*;q=0.5"
MAX_CONNECTIONS = 50
MAX_REDIRECTS = 5
MAX_RETRY_AFTER = 24 * 3600.0  # seconds
MAX_SAID = 2_000  # bytes
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_COMPLAINTS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_ACCEPTABLE})
_FRESH = Cursor()


def body_hash(content: bytes) -> str:
    """The SHA-256 of a decoded body in hex, as `Cursor.body_hash` remembers it."""
    return hashlib.sha256(content).hexdigest()


class Web:
    """Fetches from hostile places. Use as an async context manager, or call `aclose` when done.

    user_agent      who we say we are, with a contact
    allow_networks  CIDR blocks in which private addresses and any port may be fetched from
    proxy           http:// or https:// URL of a proxy, itself exempt from all checks; ConfigError on another kind
    deadline        seconds for one fetch: waiting for a connection, redirects, every byte
    wire_cap        bytes of a body as sent, body_cap bytes of it unpacked
    resolve         finds the addresses of a name in place of the operating system
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_networks: Sequence[str] = (),
        proxy: str | None = None,
        deadline: float = 20.0,
        wire_cap: int = 5_000_000,
        body_cap: int = 10_000_000,
        resolve: Resolver | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._deadline = deadline
        self._wire_cap = wire_cap
        self._body_cap = body_cap
        self._through = "" if proxy is None else " through the proxy"
        self._guard = Guard(allow_networks, proxied=proxy is not None)
        self._pool = _pool(proxy, Guarded(self._guard, resolve))

    async def fetch(self, request: Request, cursor: Cursor = _FRESH) -> Body | NotModified:
        """GETs `request.url`; NotModified on a 304 or on the same bytes as `cursor` remembers, else a Body with bytes.

        Raises FetchError and nothing else for causes outside this program.
        """
        try:
            async with asyncio.timeout(self._deadline):
                return await self._follow(request, cursor)
        except TimeoutError:
            raise FetchError(f"no answer within {self._deadline:g} s{self._through}") from None
        except NETWORK as fault:
            raise FetchError(in_words(fault, proxied=bool(self._through))) from fault

    async def aclose(self) -> None:
        """Closes what is still open."""
        await self._pool.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _follow(self, request: Request, cursor: Cursor) -> Body | NotModified:
        """Redirects, each hop checked like the first; headers of the source go to the source's own host only."""
        first = url = parse(request.url)
        seen: set[str] = set()
        while True:
            self._guard.check(url)
            seen.add(str(url))
            own = request.headers if (url.host, url.port) == (first.host, first.port) else ()
            answer = await self._get(url, own, cursor)
            if not isinstance(answer, httpx.URL):
                return answer
            if url.scheme == "https" and answer.scheme == "http":
                raise refused("redirected from https to http")
            if str(answer) in seen:
                raise FetchError("the redirects go in a circle")
            if len(seen) > MAX_REDIRECTS:
                raise FetchError(f"more than {MAX_REDIRECTS} redirects")
            url = answer

    async def _get(
        self, url: httpx.URL, own: Sequence[tuple[str, str]], cursor: Cursor
    ) -> Body | NotModified | httpx.URL:
        """One request; an httpx.URL is where it redirects to."""
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers = self._headers(url, own, cursor)
        async with self._pool.stream("GET", target, headers=headers) as response:
            told = httpx.Headers(response.headers)
            if response.status in _REDIRECTS and "location" in told:
                return parse(told["location"], url)
            if response.status == HTTPStatus.NOT_MODIFIED and (cursor.etag or cursor.last_modified):
                return NotModified(str(url))
            if response.status != HTTPStatus.OK:
                raise _bad_status(response.status, told, await self._said(response, told))
            content, wire_bytes = await self._read(response, told.get("content-encoding", ""))
        if body_hash(content) == cursor.body_hash:
            return NotModified(str(url))
        return Body(
            url=str(url),
            content=content,
            content_type=told.get("content-type", ""),
            etag=told.get("etag"),
            last_modified=told.get("last-modified"),
            wire_bytes=wire_bytes,
        )

    def _headers(self, url: httpx.URL, own: Sequence[tuple[str, str]], cursor: Cursor) -> list[tuple[bytes, bytes]]:
        headers = {"user-agent": self._user_agent, "accept": ACCEPT}
        headers |= {name.lower(): value for name, value in own}
        headers |= {"host": url.netloc.decode("ascii"), "accept-encoding": "gzip"}
        if cursor.etag:
            headers["if-none-match"] = cursor.etag
        if cursor.last_modified:
            headers["if-modified-since"] = cursor.last_modified
        return [(name.encode(errors="replace"), value.encode(errors="replace")) for name, value in headers.items()]

    async def _said(self, response: httpcore.Response, told: httpx.Headers) -> str:
        """How a complaint about our request begins; of any other answer the status says enough."""
        if response.status not in _COMPLAINTS:
            return ""
        try:
            content, _ = await self._read(response, told.get("content-encoding", ""))
        except (FetchError, *NETWORK):
            return ""
        return content[:MAX_SAID].decode(errors="replace")

    async def _read(self, response: httpcore.Response, encoding: str) -> tuple[bytes, int]:
        """The unpacked body and how many bytes it was on the wire."""
        decoder = Decoder(encoding, self._body_cap)
        wire_bytes = 0
        async for chunk in response.aiter_stream():
            wire_bytes += len(chunk)
            if wire_bytes > self._wire_cap:
                raise FetchError(f"the answer is larger than {self._wire_cap} bytes")
            decoder.feed(chunk)
        content = decoder.content()
        if not content:
            raise FetchError("empty answer")
        return content, wire_bytes


def _pool(proxy: str | None, guarded: Guarded) -> httpcore.AsyncConnectionPool:
    """Connections that are closed after each answer: polls are minutes apart, and a kept connection goes stale."""
    context = httpx.create_ssl_context()
    if proxy is None:
        return httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=0,
            network_backend=guarded,
        )
    try:
        through = httpx.Proxy(proxy)
    except (httpx.InvalidURL, ValueError):
        raise ConfigError([_PROXY_PROBLEM]) from None
    url = through.url
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError([_PROXY_PROBLEM])
    return httpcore.AsyncHTTPProxy(
        proxy_url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=b"/"),
        proxy_auth=through.raw_auth,
        ssl_context=context,
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=0,
    )


_PROXY_PROBLEM = "PROXY_URL: write the address of an HTTP proxy, such as http://proxy.example:3128"


def _bad_status(status: int, told: httpx.Headers, said: str) -> FetchError:
    try:
        reason = f"the server answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        reason = f"the server answered {status}"
    waits = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    wait = _seconds(told.get("retry-after", "")) if waits else None
    return FetchError(reason, retry_after=wait, status=status, said=said)


def _seconds(retry_after: str) -> float | None:
    """Retry-After is a number of seconds or an HTTP date; None when it is neither. At most a day."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
        wait = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait, 0.0), MAX_RETRY_AFTER)
