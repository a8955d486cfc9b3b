"""What went wrong on the network, in plain words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpcore

# All that httpcore lets out for causes on the network. OSError: a TLS record that is broken after the handshake.
NETWORK = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    OSError,
)

# The first that fits any link of the chain of causes. Messages of the exceptions stay out of the reasons:
# some quote what the server sent.
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "TLS failed"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "connection reset by the server"),
    (httpcore.ConnectTimeout, "no connection in time"),
    (httpcore.TimeoutException, "no answer in time"),
    (httpcore.ConnectError, "could not connect"),
    (httpcore.LocalProtocolError, "the request holds what HTTP does not allow"),
    (httpcore.RemoteProtocolError, "the answer broke off or is not HTTP"),
    (httpcore.UnsupportedProtocol, "only http and https addresses are fetched"),
)


def in_words(fault: BaseException, *, proxied: bool = False) -> str:
    """A short sentence for one of NETWORK. `proxied`: all we connect to ourselves is a proxy."""
    chain = tuple(_causes(fault))
    if proxied and (words := _of_the_proxy(chain)):
        return words
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return f"TLS certificate not valid: {link.verify_message}"
    return next((words for kind, words in _WORDS if any(isinstance(link, kind) for link in chain)), "connection lost")


def _of_the_proxy(chain: tuple[BaseException, ...]) -> str | None:
    """What the proxy itself is to blame for; None when it may as well be what lies behind it."""

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    if has(httpcore.ProxyError):
        # its message begins with the status of the proxy's answer; the rest is the proxy's own words
        status = next(str(link)[:3] for link in chain if isinstance(link, httpcore.ProxyError))
        if status == "407":
            return "the proxy refused its user or password (407)"
        return f"the proxy refused to connect ({status})" if status.isdigit() else "the proxy refused to connect"
    if has(socket.gaierror):
        return "the proxy could not be reached: could not resolve its name"
    if has(ConnectionRefusedError):
        return "the proxy could not be reached: connection refused"
    if has(httpcore.ConnectError) and not has(ssl.SSLError, ConnectionResetError):
        return "the proxy could not be reached"
    return None


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__
