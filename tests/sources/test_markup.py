"""HTML to plain text: words stay apart, nothing invisible or executable stays, work is bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sources.markup import MAX_CHARS, clip, line, plain

PIECES = ["<", ">", "&", ";", "p", "br", "script", "</", "/>", "!", "--", "[CDATA[", "]]>", "&#x", "'", '"', "=", "a"]


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("plain words", "plain words"),
        ("a\r\n  b\tc\u00a0d", "a b c d"),
        ("first\n\nsecond", "first\nsecond"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<ul><li>طويل</li><li>قصير</li></ul>", "طويل\nقصير"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("un<b>believ</b>able", "unbelievable"),
        ("a<script>alert('x')</script><style>p{}</style>b", "ab"),
        ("<script>alert(1)", ""),
        ("<img src=x onerror=y>", ""),
        ("a &amp; b &eacute; &#8212; &#150; &nbsp; c", "a & b é — – c"),
        ("&lt;p&gt;twice&lt;/p&gt;&lt;p&gt;escaped &amp;amp; more&lt;/p&gt;", "twice\nescaped & more"),
        ("write to &lt;aid@example.org&gt;", "write to <aid@example.org>"),
        ("3 < 5 and 7 > 6", "3 < 5 and 7 > 6"),
        ("<![CDATA[wrapped <i>twice</i>]]>", "wrapped twice"),
        ("cut off in a <a href='http://exam", "cut off in a"),
        ("<!-- hidden -->shown", "shown"),
        ("re\u202everse\u2066 \u200bzero\ufeff\u00ad soft", "reverse zero soft"),
        ("&#x202e;hidden &#8; control", "hidden control"),
        ("می\u200cخواهم 👨\u200d👩", "می\u200cخواهم 👨\u200d👩"),
        ("e" + "\u0301" * 50 + "!", "e" + "\u0301" * 4 + "!"),
        ("\ud800half", "half"),
        ("", ""),
    ],
)
def test_fragment_becomes_text(fragment: str, text: str) -> None:
    """What a reader would see, one line per block."""
    assert plain(fragment, 1000) == text


def test_title_is_one_line() -> None:
    """Blocks in a title are spaces."""
    assert line("<p>one</p><p>two</p>", 100) == "one two"


@pytest.mark.parametrize(
    "bomb", ["<div>" * 40_000, "<b><i><a>" * 20_000, "<table><tr><td>" * 10_000, "<p " + "a " * 90_000 + ">"]
)
def test_nesting_bomb_gives_its_words_or_nothing(bomb: str) -> None:
    """The parser gives up on these; the words in front are still found."""
    assert plain(f"words in front {bomb}", 1000) == "words in front"


def test_only_the_first_characters_are_looked_at() -> None:
    """What stands behind MAX_CHARS does not matter."""
    assert plain("<p>a</p>" + " " * MAX_CHARS + "b", 100) == "a"


def test_cut_is_between_words() -> None:
    """Half a number would be another number; one endless word is cut all the same."""
    assert clip("people: 12,000 of them", 12) == "people:…"
    assert clip("people: 12,000", 14) == "people: 12,000"
    assert clip("people: 12,000 of them", 15) == "people: 12,000…"
    assert len(clip("x" * 1000, 500)) == 500


@settings(deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_gives_clean_text_within_the_limit(fragment: str) -> None:
    """No exception, no control characters, no lone surrogates."""
    text = plain(fragment, 50)
    assert len(text) <= 50
    assert text == text.strip()
    assert all(c.isprintable() or c in "\n\u200c\u200d" or not c.isascii() for c in text)
    text.encode()
