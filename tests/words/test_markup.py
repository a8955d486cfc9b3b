"""Foreign text is harmless, links lead where they say, and cut messages are valid."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words.markup import Text, clean, escape, isolate, length, link, split, units, visible
from tests.words.telegram_parser import links, parse, shown

ARABIC = "قطع آخر طريق"
TRICKY = st.one_of(
    st.text(),
    st.text(alphabet="<>&\"';/ab \n&lt;\u202e\u200b\u0301\u0627😀"),
    st.sampled_from([ARABIC, "<b>x", "</b>", "&lt;", "a" * 5000, "a\u0301" * 3000, "e" + "\u0301" * 5000, "\ud800"]),
)


@given(TRICKY)
def test_escaped_text_shows_as_it_is(text: str) -> None:
    """Telegram shows escaped text unchanged, save for characters no message may hold."""
    sendable = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    assert shown(escape(text)) == sendable


@given(TRICKY, st.integers(1, 300))
def test_clean_text_is_one_short_harmless_line(text: str, limit: int) -> None:
    """Cleaned text is within the limit, has no line break or override, and cleaning again changes nothing."""
    line = clean(text, limit)
    assert length(line) <= limit
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Zl", "Zp"} for c in line)
    assert not set(line) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")
    assert clean(line, limit) == line


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("  two \n\t words\u2028more ", 40, "two words more"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("ab cdefg", 4, "ab…"),
        ("😀😀😀", 5, "😀😀…"),
        ("pay\u202egnp.exe", 40, "paygnp.exe"),
        ("z" + "\u0335" * 50, 40, "z" + "\u0335" * 4),
        ("می\u200cخواهم", 40, "می\u200cخواهم"),
        ("pass\u200cword", 40, "password"),
        ("x", 0, ""),
    ],
)
def test_clean_cases(text: str, limit: int, expected: str) -> None:
    """What is cut and what is kept."""
    assert clean(text, limit) == expected


def test_a_megabyte_is_cut_before_it_is_normalised() -> None:
    """A title of a million combining marks costs no more than one of a few thousand."""
    assert clean("a" + "\u0301\u0316" * 500_000, 200).endswith("…")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "tg://resolve?domain=x",
        "http://user:pw@host.example/",
        "https://un.org@evil.example/",
        "https://un.org\\@evil.example/",
        "https://[broken/",
        "https:///nohost",
        "https://a.example/\u202egpj.exe",
        'https://a.example/"onclick=',
        "https://a.example/ b",
        "https://a.example/" + "x" * 3000,
        "",
    ],
)
def test_an_address_that_may_deceive_is_no_link(url: str) -> None:
    """Then only the label shows."""
    assert link(url, "<label>") == "&lt;label&gt;"


def test_a_link_leads_to_its_address() -> None:
    """Query strings survive escaping, and the label shows as it is."""
    html = link("https://a.example/x?a=1&b=2&lt=3", 'A <b> "label"')
    assert shown(html) == 'A <b> "label"'
    assert links(html) == ["https://a.example/x?a=1&b=2&lt=3"]


@given(TRICKY, TRICKY)
def test_any_link_parses(url: str, label: str) -> None:
    """Whatever a feed gives as address and title."""
    assert shown(link(f"https://a.example/{url}", label)) == shown(escape(label))


def test_only_right_to_left_text_is_isolated() -> None:
    """Left-to-right text stays as it is."""
    assert isolate("Kharkiv Харків") == "Kharkiv Харків"
    assert isolate(ARABIC) == f"\u2068{ARABIC}\u2069"


def test_units_count_what_is_seen() -> None:
    """Tags count nothing, entities one, characters beyond the first plane two."""
    assert units('<b>a&amp;</b><a href="https://a.example/">😀</a>') == 4


TOKENS = """<b> </b> <i> </i> <u> </u> <s> </s> <code> </code> <pre> </pre> <blockquote> </blockquote> </a> <b <x>
& &amp; &lt; &quot; &#39; &#x27; &bogus; &#0; < > " word longer-word 😀"""
MARKUP = st.lists(
    st.one_of(
        st.sampled_from(TOKENS.split()),
        st.sampled_from([" ", "\n", "\n\n", '<a href="https://a.example/?x=1&amp;y">', "  \n"]),
        st.text(alphabet="abcا\u0301😀 ", max_size=8),
    ),
    max_size=60,
).map("".join)


def _solid(text: str) -> str:
    return "".join(text.split())


@given(MARKUP, st.integers(4, 60))
def test_parts_are_valid_short_and_lose_nothing(html: str, limit: int) -> None:
    """Every part parses, shows at most the limit, and together they show the whole text but for white space."""
    parts = split(html, limit)
    seen = [shown(p) for p in parts]
    assert all(0 < length(s) <= limit for s in seen)
    assert [units(p) for p in parts] == [length(s) for s in seen]
    assert _solid("".join(seen)) == _solid(visible(html))


@given(MARKUP)
def test_a_message_that_fits_is_one_part(html: str) -> None:
    """And nothing but outer white space changes."""
    assert [shown(p) for p in split(html, 4096)] == [s for s in [visible(html).strip()] if s]


def test_cuts_prefer_paragraphs_then_lines_then_words() -> None:
    """The best boundary in the second half of the part is taken."""
    assert split("aaaa bbbb\n\ncccc\ndd ee ff", 20) == ["aaaa bbbb", "cccc\ndd ee ff"]
    assert split("aaaa bbbb\ncccc dd ee ff gg", 20) == ["aaaa bbbb\ncccc dd ee", "ff gg"]
    assert split("abcdefghij", 4) == ["abcd", "efgh", "ij"]


def test_a_link_cut_in_two_leads_to_the_same_place_twice() -> None:
    """Open tags are closed at the cut and opened again behind it."""
    parts = split('<b>x <a href="https://a.example/">one two</a></b>', 6)
    assert parts == ['<b>x <a href="https://a.example/">one</a></b>', '<b><a href="https://a.example/">two</a></b>']


def test_formatting_survives_a_long_message() -> None:
    """A bold text of 10,000 words is bold in each of its parts."""
    parts = Text(f"<b>{'word &amp; ' * 10_000}</b>").parts
    assert len(parts) == 18
    for part in parts:
        text, entities = parse(part)
        assert (entities[0]["offset"], entities[0]["length"]) == (0, length(text))
