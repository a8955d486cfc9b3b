"""Bytes of a feed to text: publishers mislabel encodings so often that labels are believed last.

Order: byte order mark, UTF-8 (which other encodings hardly ever form by chance), the HTTP header, the XML
declaration, what config/sources.toml says of the source, Latin-1.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from html.entities import html5

from bot.model import Body, Source

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAME = r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})"""
_HEADER = re.compile(_NAME, re.IGNORECASE)
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})""")
# Python codecs that are no charsets of documents: some are quadratic, some grow their input
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "charmap"})
# what publishers write, and the wider set they mean (WHATWG does the same)
_MEANT = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,300}>")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_START = re.compile(r"<\?xml\s|<(?:rss|feed|channel|rdf:RDF|atom:feed)[\s>]", re.IGNORECASE)
_START_WITHIN = 4096  # a PHP warning in front of the feed is shorter
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[<>]{0,1000}(?:>|(\[))", re.IGNORECASE)
# entities, and the & and < that stand for themselves: lxml would drop them and words around them
_REPAIRED = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]{0,31});|#([xX]?[0-9A-Fa-f]{1,40});?)?|<(?![A-Za-z_:/!?])")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


def decode(source: Source, body: Body) -> str:
    """The whole body as text; never fails, in the worst case it is Latin-1."""
    content = body.content
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if (wide := _wide(content[:4])) is not None:
        return content.decode(wide, "replace")
    if (text := _utf8(content)) is not None:
        return text
    for encoding in _labels(source, body):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    best = next(_labels(source, body), "latin-1")
    return content.decode(best, "replace")


def prepare(text: str) -> str:
    """`text` as an XML parser can take it: without declaration, DOCTYPE and control characters, HTML's entities
    as characters. What stands before the feed (a blank line, a PHP warning) is cut."""
    text = _CONTROLS.sub("", text).lstrip("\ufeff \t\r\n")
    if (start := _START.search(text, 0, _START_WITHIN)) is not None:
        text = text[start.start() :]
    text = _without_doctype(_DECLARATION.sub("", text, count=1)).lstrip()
    return _repaired(text)


def _wide(head: bytes) -> str | None:
    """UTF-16 and UTF-32 without a mark show by the zeros around the first ASCII character."""
    zeros = "".join("0" if byte == 0 else "x" for byte in head)
    return {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(zeros)


def _utf8(content: bytes) -> str | None:
    """UTF-8, also with a few broken characters: a cut body or one bad byte must not garble everything."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return text if text.count("\ufffd") * 20 <= foreign else None


def _labels(source: Source, body: Body) -> Iterator[str]:
    """Codecs that header, declaration and configuration name, without UTF-8, which the bytes have refuted."""
    header = _HEADER.search(body.content_type)
    declared = _DECLARED.search(body.content[:400])
    for name in (header and header[1], declared and declared[1].decode("ascii"), source.encoding):
        try:
            codec = codecs.lookup(name or "undefined").name
        except LookupError:
            continue
        if codec not in _NO_CHARSETS and not codec.startswith("utf-8") and _keeps_ascii(codec):
            yield _MEANT.get(codec, codec)


def _keeps_ascii(codec: str) -> bool:
    """Not UTF-16, which would have shown itself, nor 'zip' and 'hex', which Python calls codecs too."""
    try:
        return b"<".decode(codec) == "<"
    except (LookupError, UnicodeError):
        return False


def _without_doctype(text: str) -> str:
    """No DOCTYPE, so no entity of its own: neither bombs nor files."""
    found = _DOCTYPE.search(text, 0, _START_WITHIN)
    if found is None:
        return text
    end = found.end()
    if found[1] is not None:
        close = text.find("]", end)
        end = text.find(">", close) + 1 if close >= 0 else 0
    return text[: found.start()] + (text[end:] if end else "")


def _repaired(text: str) -> str:
    """The text with every entity a character, outside CDATA sections; a section that was cut off is closed."""
    first, *sections = text.split("<![CDATA[")
    out = [_REPAIRED.sub(_character, first)]
    for section in sections:
        inside, _, after = section.partition("]]>")
        out += ["<![CDATA[", inside, "]]>", _REPAIRED.sub(_character, after)]
    return "".join(out)


def _character(found: re.Match[str]) -> str:
    """Named entities of HTML as characters, unknown ones as they are written; numbers that are no character of XML as
    nothing (lxml would make half a surrogate of one, which is no text any more)."""
    name, number = found[1], found[2]
    if name is None and number is None:
        return html.escape(found[0])
    if number is not None:
        character = html.unescape(f"&#{number};")
        return "" if character == "\ufffd" else html.escape(_CONTROLS.sub("", character))
    if name in _XML_ENTITIES:
        return found[0]
    return html.escape(html5.get(f"{name};", found[0]))
