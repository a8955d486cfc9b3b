"""Feeds that are broken, hostile, or no feeds: one bad entry costs one entry, and nothing but ParseError comes out."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.errors import ParseError
from bot.model import Body, Page, Source
from bot.sources import KINDS

NOW = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
SOURCE = Source("s", "Sample", "feed", "https://feed.example.org/rss", ("en",))


def parse(content: bytes, *, content_type: str = "", source: Source = SOURCE) -> Page:
    """The page of a body fetched from SOURCE."""
    return KINDS["feed"].parse(source, Body(source.url, content, content_type=content_type), NOW)


def rss(items: str) -> bytes:
    """A feed around `items`."""
    return f"<rss version='2.0'><channel><title>c</title>{items}</channel></rss>".encode()


def entry(title: str, more: str = "") -> str:
    """An RSS item."""
    return f"<item><title>{title}</title>{more}</item>"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n\0", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Not found", "starts with “Not found”"),
        (
            b"<!DOCTYPE html><html><head><title>Just a moment</title></head><p>x</html>",
            "HTML page titled “Just a moment”",
        ),
        (b"<HTML><body><item>x</item></body></HTML>", "HTML page"),
        (b"<opml><body><outline xmlUrl='x'/></body></opml>", "<opml>"),
        (b'{"version": "1", "data": []}', "not a JSON Feed: an object with 'version', 'data'"),
        (b"[1, 2]", "a list"),
        (b'{"items": ', "broken"),
        (b'{"items": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"items": [' + b"9" * 5000 + b"]}", "broken"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_is_no_feed_is_refused_with_what_it_looks_like(content: bytes, says: str) -> None:
    """The reason tells a person what the address serves instead of a feed."""
    with pytest.raises(ParseError) as refused:
        parse(content)
    assert says in refused.value.reason


def test_feed_without_entries_is_an_empty_page() -> None:
    """Silence is not an error."""
    assert parse(rss("")) == Page(())
    assert parse(b'{"version": "https://jsonfeed.org/version/1", "items": []}') == Page(())


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!-- in front --><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY x "&a;&a;&a;&a;">]>',
        '<!DOCTYPE r SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p; ]>',
    ],
)
def test_entities_of_the_document_are_never_expanded(doctype: str) -> None:
    """Neither files nor bombs: the reference stays as it is written."""
    page = parse(b"<?xml version='1.0'?>" + doctype.encode() + rss(entry("before &x; after")))
    assert [item.title for item in page.items] == ["before &x; after"]


def test_500_entries_are_read_and_the_rest_is_counted() -> None:
    """The first 500 entries of the document, and one refusal for all others."""
    page = parse(rss("".join(entry(f"t{n}") for n in range(1200))))
    assert [page.items[0].title, page.items[-1].title] == ["t499", "t0"]
    assert [refused.reason for refused in page.refused] == ["700 more entries than 500"]


def test_nesting_beyond_the_parser_is_reported() -> None:
    """What stands before 100,000 nested tags is kept, and that something is lost is said."""
    page = parse(rss(entry("before") + "<a>" * 100_000 + "</a>" * 100_000 + entry("after")))
    assert [item.title for item in page.items] == ["before"]
    assert [refused.where for refused in page.refused] == ["after entry 1"]


@pytest.mark.parametrize("letter", ["w", "ж"])
def test_an_entry_of_20_megabytes_costs_only_what_follows(letter: str) -> None:
    """It is cut, and that the rest is not read is said."""
    size = 20_000_000 // len(letter.encode())
    page = parse(rss(entry("before") + entry("big", f"<description>{letter * size}</description>") + entry("after")))
    assert [(item.title, len(item.text) <= 8000) for item in page.items] == [("big", True), ("before", True)]
    assert page.refused


def test_thousands_of_attributes_and_children_are_read_once() -> None:
    """An entry is found among 20,000 attributes and 20,000 children of no interest."""
    attributes = " ".join(f"a{n}='1'" for n in range(20_000))
    page = parse(rss(f"<item {attributes}><title>t</title>{'<x/>' * 20_000}</item>"))
    assert [item.title for item in page.items] == ["t"]


def test_everything_is_capped() -> None:
    """Title 500, text 8,000, id 500 characters; two ids that differ only behind the cap stay two."""
    long = "word " * 20_000
    more = "<description>{}</description><guid>{}</guid>"
    page = parse(rss(entry(long, more.format(long, "g" * 600 + "1")) + entry(long, more.format(long, "g" * 600 + "2"))))
    assert [(len(i.title) <= 500, len(i.text) <= 8000, len(i.id) == 500) for i in page.items] == [(True,) * 3] * 2
    assert len({item.id for item in page.items}) == 2


def test_bare_ampersands_and_broken_numbers_keep_the_words_around_them() -> None:
    """What XML forbids is repaired or dropped, alone."""
    page = parse(rss(entry("A & B < C &foo; &eacute;&#8; d&#xD800;&#x110000; &#150; f")))
    assert [item.title for item in page.items] == ["A & B < C &foo; é d – f"]


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "tg://resolve?domain=x",
        "file:///etc/passwd",
        "https://u:p@example.org/",
        "http://[",
        "",
    ],
)
def test_only_web_addresses_become_urls(link: str) -> None:
    """Anything else leaves the item without a url, not the feed without the item."""
    assert [item.url for item in parse(rss(entry("t", f"<link>{link}</link>"))).items] == [""]


def test_a_constant_guid_loses_nothing_and_is_stable() -> None:
    """The oldest keeps the plain id, so a new entry before it does not take it over; true duplicates are dropped."""
    old = entry("old", "<guid>x</guid>")
    first = parse(rss(old + old))
    second = parse(rss(entry("new", "<guid>x</guid>") + old))
    assert [(item.title, item.id) for item in first.items] == [("old", "x")]
    assert [item.title for item in second.items] == ["old", "new"]
    assert second.items[0].id == "x"
    assert second.items[1].id.startswith("x#")


def test_undated_entries_stay_beside_their_neighbours() -> None:
    """Oldest first by date; an entry without a date stays where the document has it."""
    dated = "<pubDate>{} Jan 2026 10:00:00 GMT</pubDate>".format
    page = parse(rss(entry("d12", dated(12)) + entry("none") + entry("d10", dated(10)) + entry("d11", dated(11))))
    assert [item.title for item in page.items] == ["d10", "none", "d11", "d12"]


@pytest.mark.parametrize(
    ("raw", "header"),
    [
        ("UTF-8 wins over the header: é—".encode(), "text/xml; charset=iso-8859-1"),
        (("é—" * 20).encode() + b"\xff", "text/xml; charset=windows-1251"),
        ("Latin é".encode("latin-1"), ""),
        ("Latin é".encode("latin-1"), "text/xml; charset=hex"),
        ("Latin é".encode("latin-1"), "text/xml; charset=unicode_escape"),
        ("Latin é".encode("latin-1"), "text/xml; charset=utf-16"),
    ],
)
def test_labels_of_encodings_are_believed_last(raw: bytes, header: str) -> None:
    """Mislabelled feeds come out right; Python codecs that are no charsets are not used."""
    page = parse(b"<rss><item><title>" + raw * 10 + b"</title></item></rss>", content_type=header)
    assert "é" in page.items[0].title


def test_result_can_be_sent_between_processes() -> None:
    """Parsing runs in a worker, so the page has to travel."""
    page = parse(rss(entry("t") + "<item/>"))
    assert pickle.loads(pickle.dumps(page)) == page
    assert pickle.dumps(KINDS["feed"].parse)


def test_request_asks_for_feeds_at_the_address() -> None:
    """The web adds the rest."""
    request = KINDS["feed"].request(SOURCE)
    assert request.url == SOURCE.url
    assert dict(request.headers)["Accept"].startswith("application/atom+xml")


WORDS = r"""<rss> <feed xmlns="http://www.w3.org/2005/Atom"> <rdf:RDF> <channel> <item> </item> <entry> </entry>
    <title> </title> <description> </description> <content:encoded> <content type="xhtml"> <link href=" "/>
    <link> </link> <guid> </guid> <pubDate> </pubDate> <![CDATA[ ]]> <!-- --> <?xml ?> <!DOCTYPE [ ]> <!ENTITY & &amp;
    &lt; &#xD800; &#8; &nbsp; < > xml:base="http://[" http://x/ javascript: 2026-01-14 Mon, 12 Jan 26 25:61 +9999 <p>
    <script> </p> {"items": [ { "title": "id": "\ud800" } ] , : 1e999 null x ж ع encoding="utf-7"?>"""
PIECES = st.sampled_from([*WORDS.split(), "\ud800"])
BODIES = st.binary(max_size=300) | st.lists(PIECES, max_size=40).map(
    lambda p: " ".join(p).encode("utf-8", "surrogatepass")
)


@settings(max_examples=400, deadline=None)
@given(
    content=BODIES,
    content_type=st.sampled_from(["", "text/xml; charset=koi8-r", "x; charset=zip"]) | st.text(max_size=40),
)
@example(content=b'{"items": [{"title": "\\ud800", "url": "http://[", "id": 1e999}]}', content_type="")
@example(content=b"<rss><item xml:base='http://['><title>t</title><link>a</link></item></rss>", content_type="")
def test_any_bytes_give_a_page_or_a_parse_error(content: bytes, content_type: str) -> None:
    """No other exception, and whatever comes out is clean, capped, oldest first and unique."""
    try:
        page = parse(content, content_type=content_type)
    except ParseError as refused:
        assert refused.reason
        return
    assert len({item.id for item in page.items}) == len(page.items)
    for item in page.items:
        assert item.id and (item.title or item.text)
        item.words.encode()
        item.url.encode()
        item.id.encode()
        assert item.url == "" or item.url.startswith(("http://", "https://"))
