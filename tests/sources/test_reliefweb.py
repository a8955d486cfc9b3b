"""ReliefWeb by its API and by its RSS: what is asked, what is read, when the second way is taken and what it is called."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot import settings
from bot.errors import FetchError, ParseError
from bot.model import Body, Cursor, NotModified, Page, Source
from bot.settings.environment import read_environment
from bot.sources import KINDS, FallsBack
from bot.sources.reading import hear
from bot.store import Store
from bot.watch import Watch
from bot.web import body_hash
from tests.judge.loaded import JUDGE
from tests.web.server import Server, answer, serving, web

SAMPLES = Path(__file__).parents[1] / "samples" / "reliefweb"
NOW = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
APPNAME = "example-watch-k7q2x"
ROW = Source(
    "reliefweb", "ReliefWeb", "reliefweb", "https://api.reliefweb.int/v2/reports", ("en", "fr", "ar"), appname=APPNAME
)
KIND = KINDS["reliefweb"]
REFUSED = b'{"status":403,"error":{"type":"AccessDeniedHttpException","message":"Ask for an appname first."}}'


def read(sample: str, row: Source = ROW) -> Page:
    return KIND.parse(row, Body(KIND.request(row).url, (SAMPLES / sample).read_bytes()), NOW)


def told(page: Page) -> dict[str, Any]:
    """A page as the expected files write it; a period that is no moment with both its ends."""
    return {
        "items": [
            {
                "id": item.id,
                "title": item.title,
                "text": item.text,
                "url": item.url,
                "lang": item.lang,
                "published": "/".join(
                    dict.fromkeys(end.isoformat() for end in (item.published.start, item.published.end))
                )
                if item.published
                else None,
            }
            for item in page.items
        ],
        "refused": [[refused.where, refused.reason] for refused in page.refused],
    }


def question(url: str, appname: str = APPNAME) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(KIND.request(replace(ROW, url=url, appname=appname)).url).query)


def fallback(error: FetchError, row: Source = ROW) -> tuple[str, str | None] | None:
    assert isinstance(KIND, FallsBack)
    other = KIND.fallback(row, error)
    return (other.url, other.way) if other else None


# --- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", ["api.json", "rss.xml"])
def test_sample_gives_its_expected_items(sample: str) -> None:
    """Each payload parses to exactly the items and refusals written beside it."""
    expected = json.loads((SAMPLES / f"{sample}.expected.json").read_text("utf-8"))

    assert told(read(sample)) == expected


def test_a_report_is_the_same_by_both_ways() -> None:
    """Id, title, words and address do not depend on the way, so a change of way makes nothing news again."""
    by_api = {item.id: item for item in read("api.json").items}
    by_rss = {item.id: item for item in read("rss.xml").items}

    assert len(by_rss) == 2
    assert by_rss.keys() <= by_api.keys()
    for ident, item in by_rss.items():
        other = by_api[ident]
        assert (item.title, item.text, item.url) == (other.title, other.text, other.url)


def test_our_name_is_in_no_item() -> None:
    """The API repeats the appname in its links; neither they nor the address asked get into an item."""
    assert APPNAME in (SAMPLES / "api.json").read_text("utf-8")
    assert APPNAME not in repr(read("api.json"))
    assert APPNAME not in repr(ROW)


@pytest.mark.parametrize(
    "content", [b"{", b'{"status": 200, "error": {}}', b"[]", b"<html><title>Check</title></html>"]
)
def test_something_else_is_no_answer(content: bytes) -> None:
    """Broken JSON, an error told with status 200, a page that asks for a browser: one ParseError each."""
    with pytest.raises(ParseError):
        KIND.parse(ROW, Body("https://api.reliefweb.int/", content), NOW)


@pytest.mark.parametrize(
    ("date", "start", "length"),
    [
        ({"original": "2026-01-12T00:00:00+00:00", "created": "2026-01-14T08:00:00+00:00"}, (12, 0), 24),
        ({"original": "2026-01-14T00:00:00+00:00", "created": "2026-01-14T08:00:00+00:00"}, (14, 8), 0),
        ({"original": "2026-01-12T10:00:00+00:00", "created": "2026-01-14T08:00:00+00:00"}, (12, 10), 0),
        ({"original": "2026-01-12T00:00:00+00:00"}, (12, 0), 24),
        ({"original": "2026-02-01T00:00:00+00:00", "created": "2026-01-14T08:00:00+00:00"}, (14, 8), 0),
        ({"created": "2026-01-14T08:00:00+00:00"}, (14, 8), 0),
    ],
)
def test_when_it_was_published(date: dict[str, str], start: tuple[int, int], length: int) -> None:
    """The organisation's day; the moment of posting where that is more exact, or the day is missing or to come."""
    document = {"data": [{"id": "1", "fields": {"title": "Road open", "date": date}}]}
    (item,) = KIND.parse(ROW, Body("", json.dumps(document).encode()), NOW).items

    assert item.published is not None
    assert item.published.start == datetime(2026, 1, start[0], start[1], tzinfo=UTC)
    assert round((item.published.end - item.published.start).total_seconds() / 3600) == length


@pytest.mark.parametrize("date", [None, {}, {"original": "soon"}, {"created": "2026-02-01T00:00:00+00:00"}])
def test_without_a_usable_date_there_is_none(date: object) -> None:
    """A missing, unreadable or future date is no date, never the moment of fetching."""
    document = {"data": [{"id": "1", "fields": {"title": "Road open", "date": date}}]}
    (item,) = KIND.parse(ROW, Body("", json.dumps(document).encode()), NOW).items

    assert item.published is None


# --- what is asked -------------------------------------------------------------------------------


def test_the_question() -> None:
    """The newest reports, with the fields that are read, under our name."""
    said = question("https://api.reliefweb.int/v2/reports")

    assert dict(said) | {"fields[include][]": ""} == {
        "sort[]": "date.created:desc",
        "limit": "50",
        "fields[include][]": "",
        "appname": APPNAME,
    }
    fields = [value for key, value in said if key == "fields[include][]"]
    assert {"title", "body-html", "url_alias", "date.original", "language.code", "country.iso3"} <= set(fields)


def test_a_rows_own_parameters_stay() -> None:
    """Filters and a limit of the row count; a name written there does not."""
    said = dict(
        question("https://api.reliefweb.int/v2/reports?filter[field]=country&filter[value]=Sudan&limit=9&appname=x")
    )

    assert (said["filter[field]"], said["filter[value]"], said["limit"]) == ("country", "Sudan", "9")
    assert said["appname"] == APPNAME


def test_without_a_name_the_rss_is_asked() -> None:
    """No appname, no try: the RSS of the same site, and why."""
    request = KIND.request(replace(ROW, appname=""))

    assert (request.url, request.way) == (
        "https://reliefweb.int/updates/rss.xml",
        "RSS: no RELIEFWEB_APPNAME is set",
    )
    assert fallback(FetchError("x", status=403), replace(ROW, appname="")) is None


def test_a_row_may_name_the_rss_itself() -> None:
    """Such as the updates of one country; the name is not sent there."""
    url = "https://reliefweb.int/updates/rss.xml?primary_country=220"
    row = replace(ROW, url=url)

    assert (KIND.request(row).url, KIND.request(row).way) == (url, "RSS, as configured")
    assert fallback(FetchError("x", status=403), row) is None


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FetchError("x", status=403), "RSS: the API refused the appname (403)"),
        (FetchError("x", status=410), "RSS: this version of the API is switched off (410)"),
        (
            FetchError("x", status=400, said='{"message": "Appname missing"}'),
            "RSS: the API can't use the appname (400)",
        ),
        (FetchError("x", status=406, said="appname"), "RSS: the API can't use the appname (406)"),
        (FetchError("x", status=400, said="unknown filter"), None),
        (FetchError("x", status=429, retry_after=60), None),
        (FetchError("x", status=500), None),
        (FetchError("no answer within 20 s"), None),
    ],
)
def test_when_the_rss_is_asked_instead(error: FetchError, why: str | None) -> None:
    """Only when the API does not let us in; a fault that may pass, or a wrong filter, is told as it is."""
    assert fallback(error) == (("https://reliefweb.int/updates/rss.xml", why) if why else None)


# --- over HTTP -----------------------------------------------------------------------------------


def row_at(server: Server, **fields: Any) -> Source:
    return replace(ROW, url=f"{server.base}/v2/reports", **fields)


def asking(server: Server) -> str:
    parts = urlsplit(KIND.request(row_at(server)).url)
    return f"{parts.path}?{parts.query}"


async def test_by_the_api() -> None:
    """With an approved name one request is made, and the way is said."""
    async with serving({}) as server, web() as fetcher:
        server.routes[asking(server)] = answer((SAMPLES / "api.json").read_bytes())
        heard = await hear(row_at(server), fetcher.fetch, Cursor(), NOW)

        assert (len(heard.page.items), heard.way) == (4, "API")
        assert server.paths == [asking(server)]


@pytest.mark.parametrize(
    ("status", "way"),
    [
        ("403 Forbidden", "RSS: the API refused the appname (403)"),
        ("410 Gone", "RSS: this version of the API is switched off (410)"),
        ("400 Bad Request", "RSS: the API can't use the appname (400)"),
    ],
)
async def test_refused_by_the_api(status: str, way: str) -> None:
    """The RSS is read in the same poll; our name is not sent to it."""
    async with serving({"/updates/rss.xml": answer((SAMPLES / "rss.xml").read_bytes())}) as server, web() as fetcher:
        server.routes[asking(server)] = answer(REFUSED, status)
        heard = await hear(row_at(server), fetcher.fetch, Cursor(), NOW)

        assert (len(heard.page.items), heard.way) == (2, way)
        assert server.paths == [asking(server), "/updates/rss.xml"]
        assert APPNAME not in server.heads[1]


async def test_both_ways_closed() -> None:
    """One reason tells both, with what the second server asks for, and without our name."""
    async with serving({}) as server, web() as fetcher:
        server.routes[asking(server)] = answer(REFUSED, "403 Forbidden")
        server.routes["/updates/rss.xml"] = answer(b"", "503 Service Unavailable", Retry_After="90")
        with pytest.raises(FetchError) as caught:
            await hear(row_at(server), fetcher.fetch, Cursor(), NOW)

    assert caught.value.reason == (
        "RSS: the API refused the appname (403); the server answered 503 Service Unavailable"
    )
    assert (caught.value.retry_after, caught.value.status) == (90, 503)


async def test_a_passing_fault_is_no_reason_to_change() -> None:
    """A 500 of the API is a failure of this poll; the RSS is not asked."""
    async with serving({}) as server, web() as fetcher:
        server.routes[asking(server)] = answer(b"", "500 Internal Server Error")
        with pytest.raises(FetchError, match="500"):
            await hear(row_at(server), fetcher.fetch, Cursor(), NOW)
        assert server.paths == [asking(server)]


async def test_nothing_new_by_the_second_way() -> None:
    """The cursor counts for the RSS too: the same bytes again are an empty page, read the same way."""
    content = (SAMPLES / "rss.xml").read_bytes()
    async with serving({"/updates/rss.xml": answer(content)}) as server, web() as fetcher:
        heard = await hear(row_at(server, appname=""), fetcher.fetch, Cursor(body_hash=body_hash(content)), NOW)

    assert isinstance(heard.body, NotModified)
    assert (heard.page.items, heard.way) == ((), "RSS: no RELIEFWEB_APPNAME is set")


async def test_the_service_says_which_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The poll's log line and the source's health name the way and why; an approval is noticed by the next poll, and
    what was read by the RSS is not new by the API. Our name is in no log line."""
    clock = [NOW]
    caplog.set_level(logging.DEBUG)
    store = await Store.open(f"sqlite:///{tmp_path / 'w.db'}")
    try:
        async with (
            serving({"/updates/rss.xml": answer((SAMPLES / "rss.xml").read_bytes())}) as server,
            web() as fetcher,
        ):
            server.routes[asking(server)] = answer(REFUSED, "403 Forbidden")
            row = row_at(server)
            watch = Watch(store, fetcher, JUDGE, {row.id: row}, lambda: clock[0])
            first = await watch.poll(row)
            (health,) = await store.health()
            assert (first.new, health.extra["way"]) == (2, "RSS: the API refused the appname (403)")
            assert "2 items, 2 new" in caplog.text
            assert "(RSS: the API refused the appname (403))" in caplog.text

            clock[0] += timedelta(minutes=15)
            server.routes[asking(server)] = answer((SAMPLES / "api.json").read_bytes())
            second = await watch.poll(row)
            (health,) = await store.health()
            assert (second.items, second.new, health.extra["way"]) == (4, 2, "API")
    finally:
        await store.aclose()
    assert APPNAME not in caplog.text


# --- where the name comes from -------------------------------------------------------------------


def test_the_name_comes_from_the_environment(tmp_path: Path) -> None:
    """RELIEFWEB_APPNAME reaches the sources of this kind and no others, and stays out of repr."""
    config = Path(__file__).parents[2] / "config"
    found, _ = settings.examine(config, {"RELIEFWEB_APPNAME": APPNAME}, tmp_path / "no.env")

    assert {s.id: s.appname for s in found.sources if s.appname} == {"reliefweb": APPNAME}
    assert APPNAME not in repr(found)


@pytest.mark.parametrize("value", ["my app", "a&b=c", "ü"])
def test_a_name_that_can_not_be_one(value: str, tmp_path: Path) -> None:
    """Said when the program starts, not found out by a refusal later."""
    env, problems = read_environment({"RELIEFWEB_APPNAME": value}, tmp_path / "no.env")

    assert env.reliefweb_appname == ""
    assert len(problems) == 1
    assert "one word" in problems[0]
