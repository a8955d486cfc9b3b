"""RSS 0.9x to 2.0, RDF (RSS 1.0), Atom 0.3 and 1.0, and what passes for them.

Formats are not told apart: an entry is any <item> or <entry>, wherever it stands, and its fields are found by name,
whatever the prefix or the missing namespace. That reads more of the feeds that exist than their specifications do.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from lxml import etree

from bot.errors import ParseError
from bot.model import Refused
from bot.sources import markup
from bot.sources.feed.decode import prepare
from bot.sources.feed.entry import MAX_ENTRIES, Entry, surplus

MAX_CHILDREN = 200  # of an entry that are looked at
MAX_ROOTS = 2_000  # elements side by side where a document has one: entries without a feed around them

_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_ENTRIES = frozenset({"item", "entry"})
_TEXTS = ("description", "summary", "content:encoded", "content", "encoded", "xhtml:body", "body")
_IDS = ("guid", "id")
_DATES = (
    "pubdate", "published", "dc:date", "issued", "dcterms:issued", "dcterms:created", "created", "date",
    "updated", "modified", "dcterms:modified",
)  # fmt: skip
_LANGUAGES = ("dc:language", "language")
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML = "{http://www.w3.org/XML/1998/namespace}"

# names of these count without a prefix; compared in lower case, without what may trail
_CORE = frozenset(
    {
        "http://www.w3.org/2005/atom",
        "http://purl.org/atom/ns",
        "http://purl.org/rss/1.0",
        "http://channel.netscape.com/rdf/simple/0.9",
        "http://my.netscape.com/rdf/simple/0.9",
        "http://my.netscape.com/publish/formats/rss-0.91.dtd",
        "http://backend.userland.com/rss",
        "http://backend.userland.com/rss2",
        "http://blogs.law.harvard.edu/tech/rss",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns",
    }
)
_PREFIXES = {
    "http://purl.org/dc/elements/1.0": "dc",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
}

Fields = dict[str, list[etree._Element]]


def entries(text: str, base: str) -> Iterator[Entry | Refused]:
    """The entries in the order of the document; raises ParseError when there is no feed in it."""
    prepared = prepare(text)
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    # a root of our own, so that what stands outside or behind the feed's is read too
    document = f"<_>{prepared}</_>".encode("utf-8", "ignore")
    try:
        roots = list(islice(etree.fromstring(document, parser, base_url=base), MAX_ROOTS))
    except etree.LxmlError:
        roots = []
    found, language = _find(roots)
    names = [_name(root) for root in roots]
    if not (found or _ROOTS.intersection(names)) or "html" in names[:1]:
        raise ParseError(_looks(roots, prepared))
    return _entries(found, language, base, broken=_gave_up(parser))


def _find(roots: list[etree._Element]) -> tuple[list[etree._Element], str]:
    """Entries, and the language that stands before them."""
    found: list[etree._Element] = []
    language = roots[0].get(f"{_XML}lang", "") if roots else ""
    for element in chain.from_iterable(root.iter(etree.Element) for root in roots):
        name = _name(element)
        if name in _ENTRIES:
            found.append(element)
        elif name in _LANGUAGES and not found:
            language = (element.text or "").strip() or language
    return found, language


def _entries(found: list[etree._Element], language: str, base: str, *, broken: str) -> Iterator[Entry | Refused]:
    for number, element in enumerate(found[:MAX_ENTRIES], start=1):
        yield _entry(element, f"entry {number}", language, base)
    yield from surplus(len(found))
    if broken:
        yield Refused(f"after entry {len(found)}", broken)


def _entry(element: etree._Element, where: str, language: str, base: str) -> Entry:
    fields: Fields = {}
    for child in islice(element.iterchildren(etree.Element), MAX_CHILDREN):
        fields.setdefault(_name(child), []).append(child)
    titles = fields.get("title") or fields.get("dc:title") or []
    return Entry(
        where=where,
        id=next(_values(fields, _IDS), "") or _about(element),
        title=next(filter(str.strip, map(_html, titles)), ""),
        texts=tuple(_html(child) for name in _TEXTS for child in fields.get(name, ())),
        urls=tuple(_links(fields)),
        base=_base(_first_link(fields, element), base),
        dates=tuple(_values(fields, _DATES)),
        language=next(_values(fields, _LANGUAGES), "") or _language(titles, element) or language,
    )


def _values(fields: Fields, names: tuple[str, ...]) -> Iterator[str]:
    """Non-empty texts of the fields named, in the order of the names."""
    for name in names:
        for element in fields.get(name, ()):
            if text := (element.text or "").strip():
                yield text


def _html(element: etree._Element) -> str:
    """What an element says, as HTML or plain text; '' for what is no text at all (Atom's base64 content)."""
    kind = (element.get("type") or "").lower()
    if (element.get("mode") or "").lower() == "base64" or kind.startswith(
        ("image/", "audio/", "video/", "application/")
    ):
        return markup.flatten(element) if "xml" in kind or "html" in kind else ""
    return markup.flatten(element) if len(element) else element.text or ""


def _links(fields: Fields) -> Iterator[str]:
    """Best first: RSS's link, Atom's alternate, a guid that is an address."""
    links = fields.get("link", [])
    for link in links:
        if not link.get("href") and link.text:
            yield link.text
    for link in sorted(links, key=lambda link: "html" not in link.get("type", "html")):
        if link.get("rel", "alternate").lower() == "alternate" and link.get("href"):
            yield link.get("href", "")
    for guid in fields.get("guid", ()):
        text = (guid.text or "").strip()
        if guid.get("ispermalink", guid.get("isPermaLink", "true")).lower() != "false" and text.lower().startswith(
            "http"
        ):
            yield text
    for identity in fields.get("id", ()):
        if (identity.text or "").strip().lower().startswith(("http://", "https://")):
            yield identity.text or ""


def _first_link(fields: Fields, element: etree._Element) -> etree._Element:
    return next(iter(fields.get("link", ())), element)


def _base(element: etree._Element, base: str) -> str:
    """What links below `element` are relative to: xml:base, else the feed's own address."""
    try:
        return element.base or base
    except ValueError:
        return base


def _language(titles: list[etree._Element], entry: etree._Element) -> str:
    return next((found for element in (*titles, entry) if (found := element.get(f"{_XML}lang"))), "")


def _about(entry: etree._Element) -> str:
    """RSS 1.0 says rdf:about where others have a guid. (Listing the attributes would be quadratic in lxml.)"""
    return entry.get(f"{_RDF}about") or entry.get("about") or entry.get("rdf:about") or ""


def _name(element: etree._Element) -> str:
    """'title' for the formats' own elements, 'dc:date' for those of other vocabularies; in lower case."""
    space, _, local = str(element.tag).rpartition("}")
    uri = space[1:].lower().rstrip("/#")
    if uri in _CORE or (element.prefix is None and uri not in _PREFIXES):
        prefix, _, local = local.rpartition(":")  # a prefix that was never declared stays in the name
        prefix = "" if prefix in {"atom", "rss", "rdf"} else prefix
    else:
        prefix = _PREFIXES.get(uri) or element.prefix or ""
    return f"{prefix}:{local}".lower() if prefix else local.lower()


def _gave_up(parser: etree.XMLParser) -> str:
    """A sentence when the parser stopped at one of its limits, so that what follows was not read."""
    stops = ("Excessive depth", "huge text node", "Huge input", "xmlSAX2Characters", "Resource limit")
    log = parser.error_log
    stopped = any(stop.lower() in entry.message.lower() for entry in log for stop in stops)
    return "the rest is nested too deeply or holds too long a text" if stopped else ""


def _looks(roots: list[etree._Element], text: str) -> str:
    """What the body looks like, for a person who wonders why the source is silent."""
    if not text:
        return "the body is empty"
    if not roots:
        return f"it is no feed: neither XML nor JSON, it starts with “{markup.clip(markup.clean(text[:200]), 40)}”"
    if _name(roots[0]).rpartition(":")[2] == "html":
        heading = roots[0].find(".//{*}title")
        title = markup.line(heading.text or "", 80) if heading is not None else ""
        return f"it is an HTML page{f' titled “{title}”' if title else ''}, not a feed"
    return f"it is XML or HTML whose first element is <{_name(roots[0])[:40]}>, with no entry of a feed in it"
