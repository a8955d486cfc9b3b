"""Foreign text made harmless, and HTML messages cut to Telegram's size.

Sizes are UTF-16 code units of the visible text: that is what Telegram counts (https://core.telegram.org/api/entities).
Of HTML, only the tags of _TAG and the entities of _ENTITIES are markup here; anything else is text and gets escaped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

MESSAGE_LIMIT = 4096
_BOUND = 4096  # code points looked at: NFC on long runs of combining marks takes quadratic time
_MARKS = 4  # combining marks in a row; real text in any script needs fewer
_URL_LIMIT = 2048
_FSI, _PDI = "\u2068", "\u2069"
_JOINERS = "\u200c\u200d"
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0\ufffe\uffff"  # letters and symbols that show nothing

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]")
# Persian and Indic spelling needs joiners between letters; elsewhere they only hide differences
_STRAY_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])")
_UNSENDABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BAD_IN_URL = re.compile(r"[\s\\\"<>]")

_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'", "&#x27;": "'"}
_START = r'(?P<start>b|i|u|s|code|pre|blockquote)|(?P<link>a) href="[^"<>]*"'
_TAG = rf"<(?:/(?P<end>b|i|u|s|code|pre|a|blockquote)|{_START})>"
_TOKEN = re.compile(f"{_TAG}|{'|'.join(map(re.escape, _ENTITIES))}|.", re.DOTALL)

_Piece = tuple[str, str]  # markup, what it shows ("" for a tag)


@dataclass(frozen=True, slots=True)
class Text:
    """A message as Telegram HTML; `parts` are the messages it is sent as."""

    html: str

    @property
    def parts(self) -> list[str]:
        return split(self.html)


class _Shown(dict[int, str | None]):
    """str.translate table: spaces alike; control, format, surrogate and private-use characters out."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        gone = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"} and char not in _JOINERS
        self[code] = " " if char.isspace() else None if gone or char in _BLANKS else char
        return self[code]


_SHOWN = _Shown()


def escape(text: str) -> str:
    """Text as HTML that shows it, also inside a double-quoted attribute; what no message may hold is left out."""
    plain = _UNSENDABLE.sub("", text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def length(text: str) -> int:
    """UTF-16 code units of plain text."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def visible(html: str) -> str:
    """What Telegram shows of the HTML, without its formatting."""
    return "".join(shown for _, shown in _pieces(html))


def units(html: str) -> int:
    """UTF-16 code units of the visible text of HTML."""
    return length(visible(html))


def clean(text: str, limit: int) -> str:
    """Foreign text as one plain line (not escaped) of at most `limit` UTF-16 units, "…" where it was cut.

    Only the first 4,096 code points are looked at, so the work is bounded whatever the input.
    """
    shown = text[:_BOUND].translate(_SHOWN)
    if not shown.isascii():
        # composing may bring marks of its own, hence the second cap
        shown = _capped(unicodedata.normalize("NFC", _capped(shown)))
        shown = _STRAY_JOINER.sub("", shown)
    line = " ".join(shown.split())
    if len(text) <= _BOUND and length(line) <= limit:
        return line
    return _shortened(line, limit)


def _capped(text: str) -> str:
    """Runs of combining marks cut to _MARKS."""
    out: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char)[0] == "M" else 0
        if run <= _MARKS:
            out.append(char)
    return "".join(out)


def _shortened(line: str, limit: int) -> str:
    total = 0
    for index, char in enumerate(line):
        total += length(char)
        if total > limit - 1:
            line = line[:index]
            break
    return line.rstrip(f" …{_JOINERS}") + "…" if limit > 0 else ""


def isolate(text: str) -> str:
    """Wrapped in FSI..PDI when it holds right-to-left letters, so that it can't reorder the line around it."""
    return f"{_FSI}{text}{_PDI}" if _RTL.search(text) else text


def link(url: str, label: str) -> str:
    """HTML link from foreign address and plain label; just the escaped label when the address can't be trusted
    to lead where it says: not http(s), a user name in it, spaces or control characters, over 2,048 characters."""
    shown = escape(label)
    return f'<a href="{escape(url)}">{shown}</a>' if linkable(url) else shown


def linkable(url: str) -> bool:
    """May this foreign address be behind a link or a button? See `link`."""
    if len(url) > _URL_LIMIT or _BAD_IN_URL.search(url) or url.translate(_SHOWN) != url:
        return False
    try:
        parsed = urlsplit(url)
        host = parsed.hostname
    except ValueError:  # such as "http://[broken"
        return False
    return parsed.scheme in {"http", "https"} and bool(host) and "@" not in parsed.netloc


def split(html: str, limit: int = MESSAGE_LIMIT) -> list[str]:
    """HTML as messages of at most `limit` visible UTF-16 units, each valid on its own; none when nothing shows.

    Cut between paragraphs, else lines, else words; tags open at the cut are closed there and opened again behind it.
    White space at the cuts goes. Tags never closed are closed, stray closing tags go.
    """
    pieces = list(_pieces(html))
    parts: list[str] = []
    opened: list[str] = []
    start = 0
    while start < len(pieces):
        stop = _cut(pieces, start, limit)
        part, opened = _part(_trimmed(pieces[start:stop]), opened)
        if part:
            parts.append(part)
        start = stop
    return parts


def _pieces(html: str) -> Iterator[_Piece]:
    """Characters, entities and tags in order; tags are balanced."""
    names: list[str] = []
    for m in _TOKEN.finditer(html):
        token = m.group()
        name = m["start"] or m["link"]
        if name:
            names.append(name)
            yield token, ""
        elif m["end"]:
            while m["end"] in names:
                name = names.pop()
                yield f"</{name}>", ""
                if name == m["end"]:
                    break
        else:
            shown = _ENTITIES.get(token)
            text = escape(token)
            if shown is not None:
                yield token, shown
            elif text:
                yield text, token
    while names:
        yield f"</{names.pop()}>", ""


def _cut(pieces: Sequence[_Piece], start: int, limit: int) -> int:
    """Where the part that begins at `start` ends: the best kind of boundary in its second half, else its last one."""
    total = 0
    solid = False  # something shows before here; a boundary without that would make an empty part
    before = ""
    bounds: dict[int, tuple[int, int]] = {}  # rank (2 paragraph, 1 line, 0 word) -> (units before it, index)
    for index in range(start, len(pieces)):
        shown = pieces[index][1]
        if not shown:
            continue
        if solid and shown.isspace():
            rank = 0 if shown != "\n" else 2 if before == "\n" else 1
            bounds[rank] = (total, index)
        total += length(shown)
        if total > limit:
            return _best(bounds, limit) or max(index, start + 1)
        solid = solid or not shown.isspace()
        before = shown
    return len(pieces)


def _best(bounds: dict[int, tuple[int, int]], limit: int) -> int | None:
    for rank in (2, 1, 0):
        if rank in bounds and bounds[rank][0] >= limit // 2:
            return bounds[rank][1]
    return max(bounds.values())[1] if bounds else None


def _trimmed(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Without the white space at either end; tags stay."""
    solid = [i for i, (_, shown) in enumerate(pieces) if shown and not shown.isspace()]
    first, last = (solid[0], solid[-1]) if solid else (len(pieces), -1)
    return [p for i, p in enumerate(pieces) if not p[1] or first <= i <= last]


def _part(pieces: Sequence[_Piece], opened: Sequence[str]) -> tuple[str, list[str]]:
    """The pieces as HTML that is valid on its own ("" when nothing shows), and the tags still open after it."""
    stack = list(opened)
    out = list(opened)
    for markup, shown in pieces:
        out.append(markup)
        if shown:
            continue
        if markup.startswith("</"):
            stack.pop()
        else:
            stack.append(markup)
    out += [f"</{tag[1:-1].split()[0]}>" for tag in reversed(stack)]
    return ("".join(out) if any(shown for _, shown in pieces) else ""), stack
