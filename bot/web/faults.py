"""What went wrong on the network, in plain words."""

from __future__ import annotations

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
    (httpcore.ProxyError, "the proxy would not connect"),
    (httpcore.UnsupportedProtocol, "only http and https addresses are fetched"),
)


def in_words(fault: BaseException) -> str:
    """A short sentence for one of NETWORK."""
    chain = tuple(_causes(fault))
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return f"TLS certificate not valid: {link.verify_message}"
    return next((words for kind, words in _WORDS if any(isinstance(link, kind) for link in chain)), "connection lost")


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or fault.__context__
