"""Where a fetch may go: the URL as written, and the address it leads to, checked when the connection is made.

The name is resolved once, every address it has must be a public one, and the connection goes to an address that was
checked, so a name server that changes its answer (DNS rebinding) gains nothing. Anchor: miniflux checks in the dialer.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore
import httpx

from bot.errors import FetchError

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

PORTS = frozenset({80, 443, 8080, 8443})
CONNECT_SECONDS = 6.0  # for one address; the total deadline of a fetch is above it
MAX_URL = 8192
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")  # WHATWG: a host "ends in a number", so it must be IPv4

_IPV6_UNICAST = ip_network("2000::/3")
# What ipaddress.is_global lets through in one Python or another.
_NOT_PUBLIC = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # Azure's host, seen from its guests
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
)


def is_public(address: Address) -> bool:
    """Is this an ordinary address of the Internet? IPv6 that wraps IPv4 (mapped, NAT64, 6to4, Teredo) is not."""
    if address.version == 6 and address not in _IPV6_UNICAST:
        return False
    special = address.is_multicast or address.is_reserved or any(address in network for network in _NOT_PUBLIC)
    return address.is_global and not special


def refused(why: str) -> FetchError:
    return FetchError(why, refused=True)


def parse(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """The URL as it will be asked for; FetchError when it is none. `base`: what a relative one is relative to."""
    if len(text) > MAX_URL or "\\" in text:  # parsers disagree about the host of http://inside\@outside/
        raise refused("the address is too long or holds a backslash")
    try:
        url = base.join(text.strip()) if base else httpx.URL(text.strip())
        return url.copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise refused("this is not a valid web address") from None


def port_of(url: httpx.URL) -> int:
    """Its port, written or by default."""
    return _DEFAULT_PORTS[url.scheme] if url.port is None else url.port


class Guard:
    """Says where we may go. `allow_networks`: CIDR blocks where private addresses and any port are fine.

    `proxied`: a proxy resolves the names, so only what the URL says can be checked. ValueError on a wrong CIDR block.
    """

    def __init__(self, allow_networks: Sequence[str], *, proxied: bool) -> None:
        self._allowed = tuple(ip_network(network, strict=False) for network in allow_networks)
        self._proxied = proxied

    def check(self, url: httpx.URL) -> None:
        """Raises FetchError(refused=True) when this URL must not be fetched, whatever its name leads to."""
        if url.scheme not in _DEFAULT_PORTS:
            raise refused("only http and https addresses are fetched")
        if url.userinfo:
            raise refused("the address carries a user name or a password")
        host, port = url.raw_host.decode("ascii"), port_of(url)
        if not 0 < port < 65536:
            raise refused("the address has an impossible port")
        if (literal := _literal(host)) is not None:
            self.admit(host, port, [literal])
            return
        name = host.removesuffix(".")
        if not _HOST.fullmatch(name) or _NUMBER.fullmatch(name):
            raise refused("the host of the address is neither a name nor a plainly written IP address")
        if self._proxied:
            self._check_unresolved(name, port)

    def _check_unresolved(self, name: str, port: int) -> None:
        if "." not in name or name.endswith(".localhost"):
            raise refused(f"{name} is a name of the local network")
        if port not in PORTS:
            raise refused(f"port {port} is not one that web sites use")

    def admit(self, host: str, port: int, addresses: Iterable[Address]) -> None:
        """Raises FetchError(refused=True) unless all `addresses` of `host` may be connected to on `port`."""
        for address in addresses:
            if any(address in network for network in self._allowed):
                continue
            if not is_public(address):
                what = host if host == str(address) else f"{host} leads to {address}, which"
                raise refused(f"{what} is not a public address")
            if port not in PORTS:
                raise refused(f"port {port} is not one that web sites use")


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


async def system_resolver(host: str, port: int) -> list[str]:
    """All addresses of a name, as the operating system finds them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


class Guarded(httpcore.AsyncNetworkBackend):
    """Opens connections for httpcore, to addresses that the guard admits and nothing else."""

    def __init__(self, guard: Guard, resolve: Resolver | None = None) -> None:
        self._guard = guard
        self._resolve = resolve or system_resolver
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Tries one admitted address after another, IPv4 first because it works in more places."""
        addresses = await self._addresses(host, port)
        self._guard.admit(host, port, addresses)
        fault: Exception = FetchError("could not resolve the name")
        for address in sorted(addresses, key=lambda address: address.version):
            try:
                return await self._plain.connect_tcp(str(address), port, CONNECT_SECONDS, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                fault = exc
        raise fault

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: sources speak over the network."""
        raise refused("sockets of this machine are not fetched from")

    async def _addresses(self, host: str, port: int) -> list[Address]:
        if (literal := _literal(host)) is not None:
            return [literal]
        try:
            found = await self._resolve(host, port)
            addresses = [ip_address(text) for text in dict.fromkeys(found)]
        except (OSError, ValueError):  # ValueError: a name that DNS cannot spell
            raise FetchError("could not resolve the name") from None
        return addresses
