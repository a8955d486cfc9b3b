"""HTML, as publishers put it into titles and summaries, to plain text, with bounded work whatever comes.

Input is cut first. lxml's HTML parser is the only one measured that stays linear on nesting bombs; it does so by
giving up with an empty document, and then a plain regular expression over the first characters has to do.
"""

from __future__ import annotations

import html
import re
from itertools import groupby

from lxml import etree

MAX_CHARS = 200_000  # of one fragment; the rest is never looked at
FALLBACK_CHARS = 32_000  # of a fragment that the parser gave up on
BREAK = "\n\n"  # what a block leaves in raw text; `tidy` makes it one newline

# the last two are the next entries of a feed that forgot to close this one
_SKIPPED = frozenset({"script", "style", "template", "svg", "iframe", "object", "select", "item", "entry"})
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl",
        "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre", "section", "table", "tbody", "td",
        "tfoot", "th", "thead", "title", "tr", "ul",
    }
)  # fmt: skip
_TAG = re.compile(r"<[a-zA-Z/!?]")
_MARKUP = re.compile(r"<[a-zA-Z/!?]|&[#a-zA-Z]")
# what is left when a publisher escaped twice: only what is surely HTML, so that "<name@example.org>" stays
_ESCAPED_TWICE = re.compile(
    r"</?(?:a|b|blockquote|br|div|em|figure|font|h[1-6]|i|img|li|ol|p|span|strong|table|td|tr|ul)\b[^<>]{0,1000}>"
    r"|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
# controls, bidi marks and overrides, zero-width (but ZWNJ and ZWJ, which Persian and emoji need), tags, surrogates
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_PILED_MARKS = re.compile(f"({_MARK}{{4}}){_MARK}+")


def plain(fragment: str, limit: int) -> str:
    """The words of an HTML fragment or of plain text, at most `limit` characters; blocks are set apart by a newline."""
    text = fragment[:MAX_CHARS].replace("\0", "")
    if _MARKUP.search(text):
        text = _strip(text)
        if _ESCAPED_TWICE.search(text):
            text = _strip(text)
    return clip(tidy(clean(text)), limit)


def line(fragment: str, limit: int) -> str:
    """`plain` on one line, for titles."""
    return clip(" ".join(plain(fragment, MAX_CHARS).split()), limit)


def clean(text: str) -> str:
    """Without characters that are invisible, reorder text or pile up on one letter; cut `text` before calling."""
    return _PILED_MARKS.sub(r"\1", _UNWANTED.sub("", text))


def tidy(text: str) -> str:
    """Spaces collapsed; a blank line becomes one newline, a single newline a space."""
    lines = (" ".join(part.split()) for part in text.split("\n"))
    return "\n".join(" ".join(group) for filled, group in groupby(lines, key=bool) if filled)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words where it can be: half a number would be another number."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    words = head.rsplit(None, 1)[0] if not text[limit - 1].isspace() else head
    return (words if len(head) - len(words) <= 100 else head).rstrip() + "…"


def flatten(element: etree._Element) -> str:
    """The text below an element of an HTML or XML tree, raw but for BREAK where a block starts or ends."""
    out: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        name = _local(node)
        if event == "end":
            out.append(BREAK if name in _BLOCKS else "")
            out.append((node.tail or "") if node is not element else "")
        elif name in _SKIPPED:
            walk.skip_subtree()
        else:
            out.append(BREAK if name in _BLOCKS else "")
            out.append(node.text or "")
    return "".join(out)


def _local(node: etree._Element) -> str:
    """'div' of '{http://www.w3.org/1999/xhtml}div', 'x:div' and 'DIV'."""
    return node.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(node.tag, str) else "script"


def _words(node: etree._Element) -> bool:
    return bool((node.text or "").strip() or (node.tail or "").strip())


def _strip(text: str) -> str:
    """One layer of HTML off; raw, with BREAKs."""
    if not _TAG.search(text):
        return html.unescape(text)
    text = text.replace("<![CDATA[", "").replace("]]>", "")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode("utf-8", "ignore"), parser)
    except etree.LxmlError:
        root = None
    if root is None or not any(map(_words, root.iter())):
        return html.unescape(_ANY_TAG.sub(" ", text[:FALLBACK_CHARS]))
    return flatten(root)
