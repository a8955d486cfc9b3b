"""The fetcher against servers that are slow, endless, broken, absent or false, and through a proxy."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from bot.errors import ConfigError, FetchError
from bot.model import Body, Cursor, Request
from tests.web.server import Serve, Server, answer, redirect, refusal, serving, to, web

# --- slow, endless and broken answers ------------------------------------------------------------


async def test_a_dripping_answer_is_cut_by_the_deadline() -> None:
    """One byte at a time keeps a read timeout quiet; the total deadline is not fooled, and we hang up."""

    async def drip(server: Server, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with serving({"/": drip}) as server, web(deadline=0.3) as fetcher:
        with pytest.raises(FetchError, match=r"^no answer within 0.3 s$"):
            await fetcher.fetch(Request(server.base))
        await asyncio.wait_for(server.saw_close.wait(), 5)


async def test_the_deadline_spans_redirects() -> None:
    """Each hop alone is fast enough."""

    async def slow(server: Server, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(redirect(f"/{len(server.heads)}"))

    async with serving({"/": slow, "/1": slow, "/2": slow, "/3": slow}) as server, web(deadline=0.3) as fetcher:
        with pytest.raises(FetchError, match="no answer within"):
            await fetcher.fetch(Request(f"{server.base}/"))


async def test_an_endless_answer_is_stopped_at_the_cap() -> None:
    """The server notices that we hung up, soon after the cap."""

    async def endless(server: Server, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            server.wrote += 65536

    async with serving({"/": endless}) as server, web(wire_cap=500_000) as fetcher:
        with pytest.raises(FetchError, match="larger than 500000 bytes"):
            await fetcher.fetch(Request(server.base))
        await asyncio.wait_for(server.saw_close.wait(), 5)
    assert server.wrote < 20_000_000  # the cap and what the kernel buffers


async def test_a_flood_of_headers_is_a_fault() -> None:
    """A head without end is given up on; how large it may be is the HTTP library's bound."""

    async def flood(server: Server, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Header: " + b"a" * 1000 + b"\r\n")
            await writer.drain()
            server.wrote += 1012

    async with serving({"/": flood}) as server, web() as fetcher:
        with pytest.raises(FetchError, match="not HTTP"):
            await fetcher.fetch(Request(server.base))
        await asyncio.wait_for(server.saw_close.wait(), 5)
    assert server.wrote < 20_000_000


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\nabc",
        b"",
    ],
)
async def test_broken_http_is_a_fault(raw: bytes) -> None:
    """What is not HTTP, or not all of it, has one plain reason that quotes nothing."""

    async def broken(server: Server, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()
        writer.close()

    assert (await refusal(broken)).reason == "the answer broke off or is not HTTP"


# --- causes on the network -----------------------------------------------------------------------


async def test_nobody_listens() -> None:
    """A closed port is told as such."""
    async with serving({}) as server:
        pass
    async with web() as fetcher:
        with pytest.raises(FetchError, match=r"^connection refused$"):
            await fetcher.fetch(Request(server.base))


@pytest.mark.parametrize("outcome", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), []])
async def test_names_that_lead_nowhere(outcome: Exception | list[str]) -> None:
    """The resolver's faults come out as one sentence."""

    async def resolve(host: str, port: int) -> list[str]:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async with web(resolve=resolve) as fetcher:
        with pytest.raises(FetchError, match=r"^could not resolve the name$") as caught:
            await fetcher.fetch(Request("https://feed.test/"))
    assert not caught.value.refused


async def test_a_header_that_http_does_not_allow() -> None:
    """A line break in a configured header or a stored cursor can't smuggle a second request."""
    async with serving({"/": answer()}) as server, web() as fetcher:
        for request, cursor in (
            (Request(server.base, (("X-Key", "a\r\nHost: b"),)), Cursor()),
            (Request(server.base), Cursor(etag="a\r\nX: y")),
        ):
            with pytest.raises(FetchError, match="HTTP does not allow"):
                await fetcher.fetch(request, cursor)
    assert server.heads == []


async def test_tls_with_a_server_that_speaks_none() -> None:
    """https to a server that greets in plain text."""

    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener, web() as fetcher:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(FetchError, match=r"^TLS failed$"):
            await fetcher.fetch(Request(f"https://127.0.0.1:{port}/"))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for feed.test, good for a day, with its key in the same file."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("needs the openssl command")
    path = tmp_path / "feed.pem"
    subject = ["-subj", "/CN=feed.test", "-addext", "subjectAltName=DNS:feed.test"]
    made = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    subprocess.run([*made, *subject, "-keyout", path, "-out", tmp_path / "crt"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (tmp_path / "crt").read_bytes())
    return path


async def test_certificates_are_checked_for_the_name(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to an address, the certificate must still be the host's; a downgrade is refused."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    routes: dict[str, bytes | Serve] = {"/": answer(), "/down": redirect("http://feed.test/")}
    async with serving(routes, context) as server:
        port = server.base.rpartition(":")[2]
        async with web(resolve=to("127.0.0.1")) as fetcher:
            with pytest.raises(FetchError, match=r"^TLS certificate not valid: self"):
                await fetcher.fetch(Request(f"https://feed.test:{port}/"))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        async with web(resolve=to("127.0.0.1")) as fetcher:
            assert isinstance(await fetcher.fetch(Request(f"https://feed.test:{port}/")), Body)
            with pytest.raises(FetchError, match=r"^TLS certificate not valid: Hostname mismatch"):
                await fetcher.fetch(Request(f"https://other.test:{port}/"))
            with pytest.raises(FetchError, match="from https to http") as caught:
                await fetcher.fetch(Request(f"https://feed.test:{port}/down"))
    assert caught.value.refused


async def test_a_cancelled_fetch_is_cancelled() -> None:
    """Stopping the program is no fault of the source, and the connection is closed."""

    async def silent(server: Server, writer: asyncio.StreamWriter) -> None:
        server.saw_close.clear()

    async with serving({"/": silent}) as server, web() as fetcher:
        task = asyncio.create_task(fetcher.fetch(Request(f"{server.base}/")))
        while not server.heads:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.saw_close.wait(), 5)


async def test_nothing_is_left_open() -> None:
    """After good and bad answers alike, the server has seen every connection end, and faults leak no slot of fifty."""
    routes: dict[str, bytes | Serve] = {"/": answer(), "/big": answer(b"x" * 3000), "/r": redirect("/big")}
    async with serving(routes) as server, web(wire_cap=2000) as fetcher:
        for _ in range(40):
            found = await asyncio.gather(
                *(fetcher.fetch(Request(f"{server.base}{path}")) for path in ("/", "/big", "/r", "/none")),
                return_exceptions=True,
            )
            assert [type(one) for one in found] == [Body, FetchError, FetchError, FetchError]
    assert server.connections == 40 * 5


# --- through a proxy -----------------------------------------------------------------------------


async def test_a_proxy_is_used_and_names_are_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy stands on loopback, which is not allowed to sources; proxies of the environment are not used."""
    async with serving({"http://feed.example/rss?k=1": answer()}) as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        async with web(allow_networks=[], proxy=server.base.replace("//", "//me:pw@")) as fetcher:
            assert isinstance(await fetcher.fetch(Request("http://feed.example/rss?k=1")), Body)
    assert "proxy-authorization: basic bwu6chc=" in server.heads[0].lower()
    assert "host: feed.example\r\n" in server.heads[0]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("403 Forbidden", "the proxy refused to connect (403)"),
        ("407 Proxy Authentication Required", "the proxy refused its user or password (407)"),
    ],
)
async def test_a_proxy_that_will_not_connect(status: str, said: str) -> None:
    """The refusal of a tunnel is the proxy's, and said so."""
    async with serving({"feed.example:443": answer(b"", status)}) as server, web(proxy=server.base) as fetcher:
        with pytest.raises(FetchError, match=rf"^{re.escape(said)}$"):
            await fetcher.fetch(Request("https://feed.example/"))


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there(scheme: str) -> None:
    """It is not the source that refused; and its password is not told."""
    async with serving({}) as server:
        dead = server.base
    async with web(proxy=dead.replace("//", "//me:pw@")) as fetcher:
        with pytest.raises(FetchError, match=r"^the proxy could not be reached: connection refused$"):
            await fetcher.fetch(Request(f"{scheme}://feed.example/"))
    async with web(proxy="http://proxy.invalid:3128") as fetcher:
        with pytest.raises(FetchError, match=r"^the proxy could not be reached: could not resolve its name$"):
            await fetcher.fetch(Request(f"{scheme}://feed.example/"))


async def test_a_proxy_that_does_not_answer() -> None:
    """The deadline says that one stood between."""
    async with serving({"feed.example:443": b""}) as server, web(proxy=server.base, deadline=0.3) as fetcher:
        with pytest.raises(FetchError, match=r"^no answer within 0.3 s through the proxy$"):
            await fetcher.fetch(Request("https://feed.example/"))


@pytest.mark.parametrize("proxy", ["socks5://me:pw@127.0.0.1:1", "127.0.0.1:3128", "http://", "http://proxy:port", ""])
def test_other_proxies_are_a_mistake_of_configuration(proxy: str) -> None:
    """Told at once, naming the setting and not its value."""
    with pytest.raises(ConfigError) as caught:
        web(proxy=proxy)
    assert "PROXY_URL" in str(caught.value)
    assert "pw" not in str(caught.value)
