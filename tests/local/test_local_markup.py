"""Our HTML parser gives Telegram's verdict and Telegram's text; Telegram's own parser (in tdjson) is asked."""

from __future__ import annotations

import json
import string
from html import escape
from typing import Any

import pytest
import tdjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.local.markup import MarkupError, parse_html, units
from bot.local.people import command_entities

KINDS = {
    "textEntityTypeBold": "bold",
    "textEntityTypeItalic": "italic",
    "textEntityTypeUnderline": "underline",
    "textEntityTypeStrikethrough": "strikethrough",
    "textEntityTypeSpoiler": "spoiler",
    "textEntityTypeCode": "code",
    "textEntityTypePre": "pre",
    "textEntityTypePreCode": "pre",
    "textEntityTypeTextUrl": "text_link",
    "textEntityTypeMentionName": "text_mention",
    "textEntityTypeBlockQuote": "blockquote",
    "textEntityTypeExpandableBlockQuote": "expandable_blockquote",
    "textEntityTypeCustomEmoji": "custom_emoji",
    "textEntityTypeDateTime": "date_time",
}


def tdlib(request: dict[str, Any]) -> dict[str, Any]:
    """One synchronous call into TDLib; no network, no account."""
    answer = tdjson.td_execute(json.dumps(request).encode())
    assert answer is not None
    return json.loads(answer)


tdlib({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})

Verdict = tuple[str, list[tuple[str, int, int]]] | str


def telegrams(text: str) -> Verdict:
    """Visible text and entities as Telegram parses them, or its error."""
    mode = {"@type": "textParseModeHTML"}
    answer = tdlib({"@type": "parseTextEntities", "text": text, "parse_mode": mode})
    if answer["@type"] == "error":
        return answer["message"].removeprefix("Can't parse entities: ")
    found = [(KINDS[e["type"]["@type"]], e["offset"], e["length"]) for e in answer["entities"]]
    return answer["text"], sorted(found)


def ours(text: str) -> Verdict:
    """The same from our parser."""
    try:
        visible, entities = parse_html(text)
    except MarkupError as error:
        return str(error)
    return visible, sorted((e["type"], e["offset"], e["length"]) for e in entities)


TEXTS = [
    "plain",
    "",
    "Casualties <5 people",
    "a < b",
    "a > b & c",
    "<b>x</b> y",
    "<B>x</b >",
    "<strong>1</strong><em>2</em><ins>3</ins><strike>4</strike><del>5</del>",
    "<b><i>x</i> y</b> z",
    "<b><i>x</b></i>",
    "<b>x",
    "x</b>",
    "<b>x</>",
    "<b></b>",
    "<b>x</ b>",
    "<b>x</b",
    "<b>x</",
    "<",
    "<b",
    "<b foo",
    "<b =1>x</b>",
    "<b foo=1 bar>x</b>",
    "<b />x</b>",
    "<b foo/bar=1>x</b>",
    "<b foo'bar>x</b>",
    "<b \x00>x</b>",
    "<p>x</p>",
    "a<br>b",
    "a<br/>b",
    "<!-- x -->",
    "<ПУТЬ>",
    "<stri\u212ae>x</stri\u212ae>",
    "<b\x0c>x</b>",
    "<b\x00>x</b>",
    "&lt;b&gt; &amp;amp; &quot;q&quot; &lt x &ampamp;",
    "&nbsp;&apos;&LT;&#39;&#x41;&#X42;&#65x&#;&#x;&#0;",
    "&#00000065; &#000065; &#x10ffff; &#x10fffe; &#999999999;",
    "&#xd83d;&#xde00;",
    "😀<b>😀x</b><i>é</i>",
    "طريق <b>مغلق</b> \u2068Rafah\u2069",
    '<a href="https://example.org/?a=1&amp;b=2">link</a>',
    "<a href='https://example.org'>link</a>",
    "<a href=https://example.org>link</a>",
    '<a href="https://example.org>link</a>',
    "<a>https://example.org</a>",
    "<a href=''>x</a>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='not a url'>x</a>",
    "<a href='https://example.org:99999/'>x</a>",
    '<a href="tg://user?id=12">Someone</a>',
    "<code><b>x</b></code>",
    '<pre><code class="language-py">x</code></pre>',
    '<code class="language-py"><pre>x</pre></code>',
    '<code class="language-py">x</code>',
    "<pre>a\n  b</pre>",
    '<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>',
    "<span class=TG-spoiler>x</span>",
    "<span class='TG-spoiler'>x</span>",
    "<span>x</span>",
    "<blockquote>a</blockquote><blockquote expandable>b</blockquote>",
    '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>',
    "<tg-emoji emoji-id='12x'>x</tg-emoji>",
    "<tg-emoji>x</tg-emoji>",
    '<tg-time unix="1700000000" format="wDT">now</tg-time>',
    '<tg-time unix="1700000000" format="q">now</tg-time>',
    "<tg-time unix='5'>x</tg-time><tg-time>y</tg-time>",
]


@pytest.mark.parametrize("text", TEXTS)
def test_same_verdict_text_and_entities(text: str) -> None:
    """Accepted alike with the same text and entities, or refused in the same words."""
    assert ours(text) == telegrams(text)


PIECES = st.sampled_from(
    [
        *("<b>", "</b>", "<i >", "</i>", "<a href='https://example.org'>", "</a>", "<code>", "</code>", "</>", "<pre>"),
        *("<", ">", "&", ";", "&lt;", "&#", "&#x1F600;", "&amp", "/", "=", "'", '"', " ", "\n", "\x00", "x", "é", "😀"),
        *(
            "<blockquote expandable>",
            "</blockquote>",
            "<span class=",
            "tg-spoiler>",
            "</span>",
            "<u foo",
            "</u>",
            "</pre>",
        ),
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_heap_of_pieces(text: str) -> None:
    """Broken markup of every kind is judged as Telegram judges it."""
    mine, theirs = ours(text), telegrams(text)
    assert isinstance(mine, str) == isinstance(theirs, str)
    if not isinstance(mine, str):
        assert mine == theirs


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text(text: str) -> None:
    """Raw text gets the same verdict; escaped text comes back whole."""
    mine, theirs = ours(text), telegrams(text)
    assert isinstance(mine, str) == isinstance(theirs, str)
    if not isinstance(mine, str):
        assert mine == theirs
    assert parse_html(f"<b>{escape(text)}</b>")[0] == text


@settings(deadline=None)
@given(st.text(alphabet="/@ab_1 é😀<>.-" + string.ascii_uppercase[:2], max_size=14))
def test_bot_commands_are_where_telegram_finds_them(text: str) -> None:
    """/cmd and /cmd@bot, with UTF-16 offsets."""
    answer = tdlib({"@type": "getTextEntities", "text": text})
    theirs = [
        (e["offset"], e["length"]) for e in answer["entities"] if e["type"]["@type"] == "textEntityTypeBotCommand"
    ]
    assert [(e["offset"], e["length"]) for e in command_entities(text)] == theirs


def test_commands_in_a_sentence() -> None:
    """Offsets count an emoji as two."""
    assert command_entities("😀 /start@access_bot now /x/y") == [{"type": "bot_command", "offset": 3, "length": 17}]
    assert units("é😀") == 3
