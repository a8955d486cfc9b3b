"""Where the fetcher does not go, whoever asks it to."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import FetchError
from bot.model import Body, Request
from bot.web.guard import Guard, Guarded, is_public, parse
from tests.web.server import LOOPBACK, answer, redirect, serving, to, web

CONNECTED: list[Any] = []


def _listen(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect" and args[0].family in (socket.AF_INET, socket.AF_INET6):
        CONNECTED.append(args[1])


sys.addaudithook(_listen)  # can't be taken off again, so there is one for the whole run


@pytest.fixture
def connected() -> Iterator[list[Any]]:
    """Every address that this process connects to while the test runs."""
    CONNECTED.clear()
    yield CONNECTED
    CONNECTED.clear()


BAD = [
    "http://127.0.0.1/",
    "http://127.8.9.1:8080/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://127。0。0。2/",
    "http://0.0.0.0/",
    "http://0/",
    "http://localhost/",
    "http://10.0.0.1/",
    "http://172.16.5.4/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://192.0.2.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:53aa:64c::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1%25lo]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://8.8.8.8:22/",
    "http://8.8.8.8:0/",
    "http://8.8.8.8:70000/",
    "http://user:secret@8.8.8.8/",
    "http://user@8.8.8.8/",
    "http://inside\\@8.8.8.8/",
    "http:///feed",
    "http://a b/",
    "http://a..b/",
    "http://[::1/",
    "http://" + "a" * 9000,
    "file:///etc/passwd",
    "ftp://8.8.8.8/feed",
    "gopher://8.8.8.8/",
    "unix:///var/run/docker.sock",
    "data:text/xml,<rss/>",
]


@pytest.mark.parametrize("url", [*BAD, "", "feed.xml", "//8.8.8.8/"])
async def test_bad_targets_are_never_connected_to(url: str, connected: list[Any]) -> None:
    """No connection leaves the process; the reason is short and keeps secrets."""
    async with web(allow_networks=[]) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(url))
    assert caught.value.refused
    assert connected == []
    assert len(caught.value.reason) < 100
    assert not [hidden for hidden in ("secret", "user@", "meta-data") if hidden in caught.value.reason]


# As redirects from a server on 127.0.0.1, which is allowed there; "http:///feed" is relative to it.
FINE_HERE = {"http://127.0.0.1/", "http://localhost/", "http:///feed"}


@pytest.mark.parametrize("url", [url for url in BAD if url not in FINE_HERE])
async def test_bad_targets_are_not_reached_by_a_redirect(url: str, connected: list[Any]) -> None:
    """The first host may be connected to, and nothing else is."""
    async with serving({"/": redirect(url)}) as server, web(allow_networks=["127.0.0.1/32"]) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(f"{server.base}/"))
    assert caught.value.refused
    assert [host for host, *_ in connected] == ["127.0.0.1"]
    assert server.connections == 1


async def test_a_name_leads_to_a_redirect_to_loopback() -> None:
    """The host of the feed is allowed by its address; loopback by another name is not."""
    async with serving({"/": redirect("http://inside.test/")}) as server:
        port = server.base.rpartition(":")[2]
        asked: list[str] = []

        async def resolve(host: str, port: int) -> list[str]:
            asked.append(host)
            return ["127.0.0.1"] if host == "feed.test" else ["127.0.0.2"]

        async with web(allow_networks=["127.0.0.1/32"], resolve=resolve) as fetcher:
            with pytest.raises(FetchError, match=r"inside.test leads to 127.0.0.2, which is not a public") as caught:
                await fetcher.fetch(Request(f"http://feed.test:{port}/"))
    assert caught.value.refused
    assert (asked, server.connections) == (["feed.test", "inside.test"], 1)
    assert f"host: feed.test:{port}\r\n" in server.heads[0]


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["2606:4700::1", "::1"], ["fe80::1%lo"]],
)
async def test_one_private_address_of_a_name_is_enough(addresses: list[str], connected: list[Any]) -> None:
    """A name with good and bad addresses is refused whole."""

    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    async with web(allow_networks=[], resolve=resolve) as fetcher:
        with pytest.raises(FetchError, match="not a public address") as caught:
            await fetcher.fetch(Request("https://feed.test/"))
    assert caught.value.refused
    assert connected == []


async def test_odd_ports_of_public_names_are_refused(connected: list[Any]) -> None:
    """No scanning of other people's services through us."""
    async with web(allow_networks=[], resolve=to("8.8.8.8")) as fetcher:
        with pytest.raises(FetchError, match="port 22") as caught:
            await fetcher.fetch(Request("http://feed.test:22/"))
    assert caught.value.refused
    assert connected == []


async def test_dns_rebinding_gains_nothing(connected: list[Any]) -> None:
    """The name is asked for once per connection, and the address that was checked is the one connected to."""
    asked = 0

    async def flips(host: str, port: int) -> list[str]:
        nonlocal asked
        asked += 1
        return ["127.0.0.1" if asked % 2 else "127.0.0.2"]

    outcomes: list[object] = []
    async with serving({"/": answer()}) as server:
        port = server.base.rpartition(":")[2]
        async with web(allow_networks=["127.0.0.1/32"], resolve=flips) as fetcher:
            for _ in range(100):
                try:
                    outcomes.append(type(await fetcher.fetch(Request(f"http://feed.test:{port}/"))))
                except FetchError as fault:
                    outcomes.append(fault.refused)
    assert outcomes == [Body, True] * 50
    assert asked == 100
    assert {host for host, *_ in connected} == {"127.0.0.1"}
    assert len(connected) == server.connections == 50


async def test_the_next_address_is_tried_when_one_is_dead() -> None:
    """All addresses of a name were checked, so any will do."""

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.3", "127.0.0.1"]

    async with serving({"/": answer()}) as server, web(resolve=resolve) as fetcher:
        port = server.base.rpartition(":")[2]
        assert isinstance(await fetcher.fetch(Request(f"http://feed.test:{port}/")), Body)


async def test_sockets_of_this_machine_are_refused() -> None:
    """Even if httpcore were asked for one."""
    with pytest.raises(FetchError):
        await Guarded(Guard(LOOPBACK, proxied=False)).connect_unix_socket("/var/run/docker.sock")


def test_ordinary_addresses_are_public() -> None:
    """The guard does not keep us from the Internet."""
    for text in ("8.8.8.8", "1.1.1.1", "151.101.1.140", "2606:4700:4700::1111", "2a00:1450:4001:830::200e"):
        assert is_public(ip_address(text)), text


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "http://[", "//", "http://a.example:"]))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_guard(text: str, start: str) -> None:
    """Whatever is written where a URL should be, it is checked or refused."""
    for base in (None, parse("https://feed.example/a/b")):
        try:
            Guard([], proxied=True).check(parse(start + text, base))
        except FetchError as fault:
            assert fault.refused


@pytest.mark.parametrize("url", [*BAD, "http://printer/", "http://a.localhost/", "http://feed.example:22/"])
async def test_a_proxy_does_not_open_private_places(url: str) -> None:
    """What the URL itself shows to be private does not reach the proxy."""
    async with serving({}) as server, web(allow_networks=[], proxy=server.base) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(url))
    assert caught.value.refused
    assert server.connections == 0
