"""What becomes of an answer: bodies, conditional requests, compression, statuses, redirects."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
import zlib
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import clock
from bot.errors import FetchError
from bot.model import Body, Cursor, NotModified, Request
from bot.web import body_hash
from bot.web.decode import MAX_MEMBERS, Decoder
from tests.web.server import FEED, Serve, answer, body, got, redirect, refusal, serving, web

# --- what a good answer becomes ------------------------------------------------------------------


async def test_a_plain_answer_becomes_a_body() -> None:
    """Content, headers that matter, and the size on the wire."""
    found = await body(answer(Content_Type="application/rss+xml", ETag='"a1"', Last_Modified="yesterday"))
    assert (found.content, found.wire_bytes, found.content_type) == (FEED, len(FEED), "application/rss+xml")
    assert (found.etag, found.last_modified) == ('"a1"', "yesterday")


async def test_we_say_who_we_are_and_ask_for_gzip_only() -> None:
    """A source kind may add headers and choose what it accepts, but not another compression or host."""
    headers = (("Accept", "text/csv"), ("X-Key", "k"), ("Accept-Encoding", "br"), ("Host", "elsewhere"))
    async with serving({"/feed?x=1": answer()}) as server, web() as fetcher:
        await fetcher.fetch(Request(f"{server.base}/feed?x=1#part", headers))
    lines = server.heads[0].lower().split("\r\n")
    assert lines[0] == "get /feed?x=1 http/1.1"
    assert {"user-agent: accesswatch/test (+ops@example.org)", "accept: text/csv", "x-key: k"} < set(lines)
    assert {"accept-encoding: gzip", f"host: {server.base[7:]}"} < set(lines)
    assert not [line for line in lines if line.startswith("if-")]


async def test_a_cursor_makes_the_request_conditional() -> None:
    """Both validators go out as they came in, and a 304 is NotModified."""
    cursor = Cursor('W/"é"', "Tue, 03 Mar 2026 10:00:00 GMT")
    async with serving({"/feed": answer(b"", "304 Not Modified")}) as server, web() as fetcher:
        assert await fetcher.fetch(Request(f"{server.base}/feed"), cursor) == NotModified(f"{server.base}/feed")
    head = server.heads[0].encode("latin-1").decode()
    assert 'if-none-match: W/"é"\r\n' in head
    assert "if-modified-since: Tue, 03 Mar 2026 10:00:00 GMT\r\n" in head


async def test_a_304_that_nobody_asked_for_is_a_fault() -> None:
    """A source that always says 304 would look alive without ever having said a thing."""
    assert (await refusal(answer(b"", "304 Not Modified"))).reason == "the server answered 304 Not Modified"


async def test_the_same_bytes_are_not_modified_even_when_packed() -> None:
    """The hash is of the unpacked body, so a server without validators costs us no parsing."""
    assert body_hash(FEED) == hashlib.sha256(FEED).hexdigest()
    cursor = Cursor(body_hash=body_hash(FEED))
    packed = answer(gzip.compress(FEED, mtime=0), Content_Encoding="gzip")
    assert isinstance(await got(packed, cursor=cursor), NotModified)
    assert isinstance(await got(answer(FEED + b" "), cursor=cursor), Body)


# --- compression ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(FEED, mtime=0)),
        ("X-GZIP", gzip.compress(FEED, mtime=0)),
        ("identity, gzip", gzip.compress(FEED, mtime=0)),
        ("gzip", gzip.compress(FEED[:20], mtime=0) + gzip.compress(FEED[20:], mtime=0)),
        ("gzip", gzip.compress(FEED, mtime=0) + b"\0" * 100),
        ("deflate", zlib.compress(FEED)),
        ("identity", FEED),
    ],
)
async def test_packed_answers_are_unpacked(encoding: str, packed: bytes) -> None:
    """One member or several, padding or none."""
    found = await body(answer(packed, Content_Encoding=encoding))
    assert (found.content, found.wire_bytes) == (FEED, len(packed))


@given(st.binary(max_size=3000), st.integers(1, 40), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_gzip_may_arrive_in_any_pieces(content: bytes, step: int, cut: int) -> None:
    """Members split anywhere over chunks of any size come out whole."""
    packed = gzip.compress(content[:cut], mtime=0) + gzip.compress(content[cut:], mtime=0)
    decoder = Decoder("gzip", 3000)
    for start in range(0, len(packed), step):
        decoder.feed(packed[start : start + step])
    assert decoder.content() == content


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip, br", "compress", "nonsense"])
async def test_other_compressions_are_refused(encoding: str) -> None:
    """What we did not ask for is not unpacked."""
    assert "Content-Encoding" in (await refusal(answer(FEED, Content_Encoding=encoding))).reason


@pytest.mark.parametrize(
    ("packed", "why"),
    [
        (gzip.compress(FEED, mtime=0)[:-5], "broke off"),
        (gzip.compress(FEED, mtime=0) + gzip.compress(FEED, mtime=0)[:9], "broke off"),
        (FEED, "broken"),
        (gzip.compress(FEED, mtime=0) + b"\x1fx", "broken"),
        (gzip.compress(FEED, mtime=0)[:-8] + b"\0" * 8, "broken"),
        (gzip.compress(b"", mtime=0) * (MAX_MEMBERS + 1), "too many members"),
    ],
)
async def test_damaged_gzip_is_a_fault(packed: bytes, why: str) -> None:
    """Half a feed must not pass for a feed."""
    assert why in (await refusal(answer(packed, Content_Encoding="gzip"))).reason


async def test_a_gzip_bomb_never_makes_more_than_the_cap() -> None:
    """256 MB in 260 KB: the memory that Python hands out stays below 20 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([*(packer.compress(b"\0" * 2**20) for _ in range(256)), packer.flush()])
    tracemalloc.start()
    try:
        fault = await refusal(answer(bomb, Content_Encoding="gzip"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fault.reason == "the answer is larger than 10000000 bytes when unpacked"
    assert peak < 20_000_000


async def test_an_answer_of_exactly_the_cap_is_taken() -> None:
    """The caps themselves are allowed, one byte more is not."""
    packed = answer(gzip.compress(b"x" * 1000, mtime=0), Content_Encoding="gzip")
    assert len((await body(packed, body_cap=1000)).content) == 1000
    assert "when unpacked" in (await refusal(packed, body_cap=999)).reason
    assert len((await body(answer(b"x" * 1000), wire_cap=1000)).content) == 1000
    assert "1000 bytes" not in (await refusal(answer(b"x" * 1000), wire_cap=999)).reason


# --- statuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("404 Gone Fishing", "the server answered 404 Not Found"),
        ("410 Gone", "the server answered 410 Gone"),
        ("403 Forbidden", "the server answered 403 Forbidden"),
        ("500 Oops", "the server answered 500 Internal Server Error"),
        ("599 Odd", "the server answered 599"),
        ("204 No Content", "the server answered 204 No Content"),
        ("302 Found", "the server answered 302 Found"),
    ],
)
async def test_other_statuses_are_faults_that_name_them(status: str, reason: str) -> None:
    """In our words, not the server's; a redirect that leads nowhere is one of them."""
    fault = await refusal(f"HTTP/1.1 {status}\r\nRetry-After: 9\r\nConnection: close\r\n\r\n".encode())
    assert (fault.reason, fault.retry_after, fault.refused) == (reason, None, False)


@pytest.mark.parametrize(
    "route",
    [answer(b""), answer(b"", Content_Encoding="gzip"), answer(gzip.compress(b"", mtime=0), Content_Encoding="gzip")],
)
async def test_an_empty_answer_is_a_fault(route: bytes) -> None:
    """Nothing is not news."""
    assert (await refusal(route)).reason == "empty answer"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("999999", 86400.0),
        ("9" * 5000, 86400.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun Nov  6 08:49:37 1994", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("1.5", None),
        ("Fri, 99 Dec 9999 99:99:99 GMT", None),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_retry_after_is_understood(status: str, text: str, seconds: float | None) -> None:
    """Seconds or a date, at most a day; nonsense is as if it were not there."""
    fault = await refusal(answer(b"", status, Retry_After=text))
    assert (fault.retry_after, fault.reason) == (seconds, f"the server answered {status}")


async def test_retry_after_a_date_to_come() -> None:
    """A date counts from now."""
    then = format_datetime(clock.now() + timedelta(hours=2), usegmt=True)
    fault = await refusal(answer(b"", "503 Service Unavailable", Retry_After=then))
    assert fault.retry_after is not None
    assert 7000 < fault.retry_after <= 7200


# --- redirects -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status",
    ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"],
)
async def test_redirects_are_followed_and_the_last_url_is_told(status: str) -> None:
    """Relative targets too; the fragment is dropped."""
    routes: dict[str, bytes | Serve] = {"/old": redirect("new?page=1#top", status), "/new?page=1": answer()}
    async with serving(routes) as server, web() as fetcher:
        found = await fetcher.fetch(Request(f"{server.base}/old"))
    assert isinstance(found, Body)
    assert found.url == f"{server.base}/new?page=1"


async def test_redirects_end() -> None:
    """A circle is seen at once, a chain after five."""
    routes: dict[str, bytes | Serve] = {"/a": redirect("/b"), "/b": redirect("/a#again")}
    async with serving(routes) as server, web() as fetcher:
        with pytest.raises(FetchError, match="circle"):
            await fetcher.fetch(Request(f"{server.base}/a"))
        assert server.paths == ["/a", "/b"]
    chain: dict[str, bytes | Serve] = {f"/{n}": redirect(f"/{n + 1}") for n in range(9)}
    async with serving({**chain, "/5": answer()}) as server, web() as fetcher:
        assert isinstance(await fetcher.fetch(Request(f"{server.base}/0")), Body)
    async with serving(chain) as server, web() as fetcher:
        with pytest.raises(FetchError, match="more than 5"):
            await fetcher.fetch(Request(f"{server.base}/0"))
        assert len(server.paths) == 6


async def test_headers_of_a_source_stay_with_its_host() -> None:
    """A key for one server is not shown to another that it redirects to."""
    async with serving({"/": answer()}) as other, serving({"/": redirect("/own")}) as server, web() as fetcher:
        server.routes["/own"] = redirect(f"{other.base}/")
        await fetcher.fetch(Request(f"{server.base}/", (("Authorization", "Bearer k"),)))
    assert ["authorization" in head.lower() for head in server.heads + other.heads] == [True, True, False]
