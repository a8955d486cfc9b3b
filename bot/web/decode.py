"""Gunzip that never makes more bytes than it may: httpx turns 8 KB of zstd into 268 MB before a caller sees any."""

from __future__ import annotations

import zlib

from bot.errors import FetchError

STEP = 256 * 1024  # bytes that zlib may make at once
MAX_MEMBERS = 1000  # a gzip file may hold several; each new one costs us, empty ones give nothing
_AUTO_HEADER = 47  # zlib's window bits: the largest window, gzip or zlib header, whichever comes
_ZIPPED = {"gzip", "x-gzip", "deflate"}


class Decoder:
    """Takes a body as it comes off the wire; `content()` is what it says.

    `encoding` is the Content-Encoding header, `cap` the most decoded bytes that are taken. FetchError on an encoding
    that we did not ask for, on more than `cap` bytes, and on broken or incomplete gzip.
    """

    def __init__(self, encoding: str, cap: int) -> None:
        names = [name for name in encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
        if len(names) > 1 or not set(names) <= _ZIPPED:
            raise FetchError("the answer is packed in a way we did not ask for (Content-Encoding)")
        self.cap = cap
        self._out = bytearray()
        self._members = 0
        self._zip = self._next_member() if names else None
        self._fed = False

    def feed(self, data: bytes) -> None:
        """The next bytes off the wire."""
        self._fed = self._fed or bool(data)
        if self._zip is None:
            self._take(data)
            return
        try:
            while data:
                data = self._unzip(data)
        except zlib.error:
            raise FetchError("the gzip of the answer is broken") from None

    def content(self) -> bytes:
        """All of it; call when the wire has ended."""
        if self._zip is not None and self._fed and not self._zip.eof:
            raise FetchError("the gzip of the answer broke off")
        return bytes(self._out)

    def _unzip(self, data: bytes) -> bytes:
        """Decodes to the end of `data` or of the gzip member; what is left of `data` is returned."""
        assert self._zip is not None
        if self._zip.eof:
            if data[:1] != b"\x1f":
                return b""  # padding after the last member, which gzip(1) ignores too
            self._zip = self._next_member()
        while True:
            room = min(STEP, self.cap + 1 - len(self._out))
            self._take(self._zip.decompress(data, room))
            if self._zip.eof:
                return self._zip.unused_data
            data = self._zip.unconsumed_tail
            if not data:  # what zlib still holds back comes with the next bytes: the checksum follows at least
                return b""

    def _next_member(self) -> zlib._Decompress:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise FetchError("the gzip of the answer has too many members")
        return zlib.decompressobj(_AUTO_HEADER)

    def _take(self, data: bytes) -> None:
        if len(self._out) + len(data) > self.cap:
            raise FetchError(f"the answer is larger than {self.cap} bytes when unpacked")
        self._out += data
