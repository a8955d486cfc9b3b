"""Telegram's HTML, as strictly as Telegram reads it: the visible text and its entities, or why not.

Written against the behaviour of Telegram's own parser, which the tests compare it with. Offsets are UTF-16 units.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

Entity = dict[str, Any]

# What Telegram's parser calls a space: NUL is one, form feed is not.
_SPACES = r" \t\r\n\v\0"
_NAME = re.compile(rf"[^>{_SPACES}]*")
_ATTRIBUTE = re.compile(rf"[^=>/\"'{_SPACES}]*")
_TOKEN = re.compile(r"[A-Za-z0-9.-]*")
_BLANK = re.compile(r"[ \t\r\n\v]*")
_WORDS = re.compile(r"[^<&]+")
_REFERENCE = re.compile(r"&(?:#(?:[xX](?P<hex>[0-9a-fA-F]*)|(?P<dec>[0-9]*))|(?P<name>[A-Za-z]*));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_DATE_FORMAT = re.compile(r"r|w?[dD]?[tT]?")
_MAX_REFERENCE = 10


class MarkupError(ValueError):
    """Telegram would refuse this text; the message is the one it gives after "can't parse entities: "."""


def units(text: str) -> int:
    """How long Telegram thinks a text is: UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The visible text of `source` and its entities, by offset, the longer first. Raises MarkupError."""
    return _Parser(source).parse()


@dataclass(frozen=True, slots=True)
class _Open:
    """A tag that waits for its end: where it began, in units and in pieces of visible text."""

    name: str
    attributes: Mapping[str, str]
    offset: int
    piece: int


class _Parser:
    """One walk over the source; `at` is where it stands."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.pieces: list[str] = []
        self.units = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            if self.source.startswith("</", self.at):
                self._end_tag()
            elif self.source[self.at] == "<":
                self._start_tag()
            else:
                self._words()
        if self.open:
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        text = "".join(self.pieces)
        strings = [text, *(value for entity in self.entities for value in entity.values() if isinstance(value, str))]
        if any("\ud800" <= character <= "\udfff" for string in strings for character in string):
            raise MarkupError(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return text, sorted(self.entities, key=lambda entity: (entity["offset"], -entity["length"]))

    def _words(self) -> None:
        if found := _WORDS.match(self.source, self.at):
            piece = found[0]
        else:
            found = _reference_at(self.source, self.at)
            piece = _decode(found)
        self.at = found.end()
        self.pieces.append(piece)
        self.units += units(piece)

    def _start_tag(self) -> None:
        begin = self.at
        name = self._take(_NAME, skip=1).translate(_LOWER)
        if self._peek() == "\0":
            raise MarkupError(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if name not in _ENTITIES:
            raise MarkupError(f'Unsupported start tag "{name}" at byte offset {self._bytes(begin)}')
        attributes = self._attributes(name, begin)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(begin)}')
        self.at += 1
        self.open.append(_Open(name, attributes, self.units, len(self.pieces)))

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        found: dict[str, str] = {}
        self._take(_BLANK)
        while self._peek() != ">":
            name = self._take(_ATTRIBUTE)
            if not name:
                raise MarkupError(f'Empty attribute name in the tag "{tag}" at byte offset {self._bytes(begin)}')
            self._take(_BLANK)
            has_value = self._peek() == "="
            if has_value:
                self._take(_BLANK, skip=1)
            if self._peek() == "\0":
                raise MarkupError(f'Unclosed start tag "{tag}" at byte offset {self._bytes(begin)}')
            found[name] = self._value(begin) if has_value else ""
            self._take(_BLANK)
        return found

    def _value(self, begin: int) -> str:
        quote, start = self._peek(), self.at
        if quote in {'"', "'"}:
            value = self._take(re.compile(f"[^{quote}\0]*"), skip=1)
            self.at += self._peek() == quote
            value = _REFERENCE.sub(_decode, value)
        else:
            value = self._take(_TOKEN).translate(_LOWER)
            if self._peek() not in " \t\r\n\v\0>":
                raise MarkupError(f"Unexpected end of name token at byte offset {self._bytes(start)}")
        if self._peek() == "\0":
            raise MarkupError(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        return value

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise MarkupError(f"Unexpected end tag at byte offset {self._bytes(begin)}")
        name = self._take(_NAME, skip=2).translate(_LOWER)
        self._take(_BLANK)
        if self._peek() != ">":
            raise MarkupError(f"Unclosed end tag at byte offset {self._bytes(begin)}")
        self.at += 1
        tag = self.open.pop()
        if name not in {"", tag.name}:
            raise MarkupError(
                f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{tag.name}>", found "</{name}>"'
            )
        if self.units > tag.offset:
            self._close(tag)

    def _close(self, tag: _Open) -> None:
        visible = "".join(self.pieces[tag.piece :])
        kind = _ENTITIES[tag.name](tag.attributes, visible)
        if kind is None:
            return
        entity = {"type": kind.pop("type"), "offset": tag.offset, "length": self.units - tag.offset, **kind}
        inner = self.entities[-1] if self.entities else None
        if inner is not None and _is_code_block(inner, entity):
            inner.update(type="pre", language=inner.get("language") or entity["language"])
        else:
            self.entities.append(entity)

    def _take(self, pattern: re.Pattern[str], skip: int = 0) -> str:
        """Moves over what `pattern` finds `skip` characters ahead; the patterns used all match the empty string."""
        found = pattern.match(self.source, self.at + skip)
        taken = found[0] if found else ""
        self.at += skip + len(taken)
        return taken

    def _peek(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else "\0"

    def _bytes(self, at: int) -> int:
        return len(self.source[:at].encode("utf-8", "surrogatepass"))


def _reference_at(source: str, at: int) -> re.Match[str]:
    found = _REFERENCE.match(source, at)
    assert found is not None  # a lone ampersand matches
    return found


def _decode(found: re.Match[str]) -> str:
    """The character a reference stands for; the reference itself when Telegram does not know it."""
    if found["name"] is not None:
        return _NAMED.get(found["name"], found[0])
    digits, base = (found["hex"], 16) if found["hex"] is not None else (found["dec"], 10)
    code = int(digits or "0", base)
    if code == 0 or code >= 0x10FFFF or len(found[0].rstrip(";")) >= _MAX_REFERENCE:
        return found[0]
    return chr(code)


def _is_code_block(inner: Entity, outer: Entity) -> bool:
    """<pre> around <code class=language-x>, or the other way round, are one entity."""
    same = (inner["offset"], inner["length"]) == (outer["offset"], outer["length"])
    return same and (
        (inner["type"] == "code" and bool(inner.get("language")) and outer["type"] == "pre")
        or (inner["type"] == "pre" and outer["type"] == "code" and bool(outer.get("language")))
    )


# --- which entity a tag becomes ------------------------------------------------------------------

_Build = Callable[[Mapping[str, str], str], Entity | None]


def _plain(kind: str) -> _Build:
    return lambda _attributes, _visible: {"type": kind}


def _code(attributes: Mapping[str, str], _visible: str) -> Entity:
    language = attributes.get("class", "")
    return {"type": "code", "language": language[9:] if language.startswith("language-") else ""}


def _quote(attributes: Mapping[str, str], _visible: str) -> Entity:
    return {"type": "expandable_blockquote" if "expandable" in attributes else "blockquote"}


def _emoji(attributes: Mapping[str, str], _visible: str) -> Entity:
    number = attributes.get("emoji-id", "")
    if not re.fullmatch(r"-?[0-9]{1,19}", number) or not -(2**63) <= int(number) < 2**63 or int(number) == 0:
        raise MarkupError("Invalid custom emoji identifier specified")
    return {"type": "custom_emoji", "custom_emoji_id": number}


def _time(attributes: Mapping[str, str], _visible: str) -> Entity | None:
    moment, form = attributes.get("unix", ""), attributes.get("format", "")
    if not re.fullmatch(r"[0-9]{1,10}", moment) or int(moment) == 0:
        return None
    if not _DATE_FORMAT.fullmatch(form):
        raise MarkupError("Invalid date format used")
    return {"type": "date_time", "unix_time": int(moment), "date_time_format": form}


def _link(attributes: Mapping[str, str], visible: str) -> Entity | None:
    url = attributes.get("href") or visible
    if url.startswith("tg://user?"):
        numbers = parse_qs(urlsplit(url).query).get("id", [""])
        if not numbers[0].isdecimal():
            return None
        user = {"id": int(numbers[0]), "is_bot": False, "first_name": visible}
        return {"type": "text_mention", "user": user}
    checked = _checked(url)
    return {"type": "text_link", "url": checked} if checked else None


def _checked(url: str) -> str | None:
    """The link as Telegram stores it; None for what it silently drops. Close to its rules, not equal."""
    url = url if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", url) else f"http://{url}"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (raises when it is out of range)
    except ValueError:
        return None
    if parts.scheme == "tg":
        return url
    if parts.scheme not in {"http", "https"} or "." not in parts.netloc.strip(".") or " " in parts.netloc:
        return None
    parts = parts._replace(netloc=parts.netloc.lower(), path=parts.path.replace(" ", "%20") or "/")
    return parts.geturl()


_ENTITIES: dict[str, _Build] = {
    "b": _plain("bold"),
    "strong": _plain("bold"),
    "i": _plain("italic"),
    "em": _plain("italic"),
    "u": _plain("underline"),
    "ins": _plain("underline"),
    "s": _plain("strikethrough"),
    "strike": _plain("strikethrough"),
    "del": _plain("strikethrough"),
    "span": _plain("spoiler"),
    "tg-spoiler": _plain("spoiler"),
    "pre": _plain("pre"),
    "code": _code,
    "a": _link,
    "blockquote": _quote,
    "tg-emoji": _emoji,
    "tg-time": _time,
}
