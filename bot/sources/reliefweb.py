"""The kind `reliefweb`: reports by ReliefWeb's API v2, or by its RSS where the API does not let us in.

The API answers only to names that ReliefWeb approved (https://apidoc.reliefweb.int/parameters#appname): to others it
says 403, and 410 for a version that is switched off. The RSS needs no name, holds fewer reports, and says country and
organisation inside the text. Both ways give a report the same id and title, so that changing from one to the other
makes nothing news again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from bot.errors import FetchError, ParseError
from bot.model import Body, Item, Page, Period, Refused, Request, Source
from bot.sources import feed
from bot.sources.feed import xmlfeed
from bot.sources.feed.dates import moment
from bot.sources.feed.decode import decode
from bot.sources.feed.entry import AHEAD, MAX_ENTRIES, Entry, item, surplus

API, AS_CONFIGURED = "API", "RSS, as configured"
NEWEST = 50  # reports asked for
# Items have no place yet for the publishing organisation and the format; they are asked for so that payloads hold them
FIELDS = (
    "title", "body-html", "url", "url_alias", "date.original", "date.created", "language.code",
    "country.name", "country.shortname", "country.iso3", "country.primary", "source.name", "format.name",
)  # fmt: skip

_SITE = "https://reliefweb.int/"
_RSS = "/updates/rss.xml"
_DAY = timedelta(days=1)
_NO_LANGUAGE = "ot"  # ReliefWeb's code for "other"
# what the RSS writes above a report's own words: <div class="tag country">Country: Sudan</div>, sources, dates
_LABEL = re.compile(r'<div\s+class="(?:tag|date)\s[^"<>]{0,80}">[^<]{0,5000}</div>', re.IGNORECASE)
_NO_WORDS = re.compile(r"<p>\s*Please refer to the (?:attached|linked) [^<>]{1,40}</p>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReliefWeb:
    """See bot.sources.Kind and bot.sources.FallsBack."""

    def request(self, source: Source) -> Request:
        if urlsplit(source.url).path.endswith(".xml"):
            return _rss(source.url, AS_CONFIGURED)
        if not source.appname:
            return _rss(_rss_of(source.url), "RSS: no RELIEFWEB_APPNAME is set")
        return Request(_question(source), (("Accept", "application/json"),), way=API)

    def fallback(self, source: Source, error: FetchError) -> Request | None:
        why = _shut_out(error)
        if why is None or self.request(source).way != API:
            return None
        return _rss(_rss_of(source.url), f"RSS: {why}")

    def parse(self, source: Source, body: Body, now: datetime) -> Page:
        text = decode(source, body)
        if text.lstrip("\ufeff \t\r\n")[:1] == "{":
            return feed.page(_reports(text, source, now))
        return feed.page(item(_unlabelled(entry), source, now) for entry in xmlfeed.entries(text, _SITE))


KIND = ReliefWeb()


# --- what is asked -------------------------------------------------------------------------------


def _question(source: Source) -> str:
    """The row's address, whose own parameters (filters, a limit) stay, with what we need added to it."""
    parts = urlsplit(source.url)
    said = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "appname"]
    ours = [("sort[]", "date.created:desc"), ("limit", str(NEWEST))]
    added = [(k, v) for k, v in ours if k not in dict(said)] + [("fields[include][]", name) for name in FIELDS]
    return urlunsplit(parts._replace(query=urlencode([*said, *added, ("appname", source.appname)]), fragment=""))


def _rss_of(url: str) -> str:
    """The RSS of the site whose API this is: the same host without "api."."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.removeprefix("api."), _RSS, "", ""))


def _rss(url: str, way: str) -> Request:
    return Request(url, (("Accept", feed.ACCEPT),), way)


def _shut_out(error: FetchError) -> str | None:
    """Why the API does not serve us; None for a fault that may pass, or a request that is wrong in itself."""
    match error.status:
        case 403:
            return "the API refused the appname (403)"
        case 410:
            return "this version of the API is switched off (410)"
        case 400 | 406 if "appname" in error.said.lower():
            return f"the API can't use the appname ({error.status})"
        case _:
            return None


# --- what the API answers ------------------------------------------------------------------------

Said = Annotated[str, BeforeValidator(lambda value: value if isinstance(value, str) else "")]
_Each = BeforeValidator(lambda value: value if isinstance(value, list) else [])
_Parts = BeforeValidator(lambda value: value if isinstance(value, dict) else {})


class _Dates(BaseModel):
    original: Said = ""
    created: Said = ""


class _Country(BaseModel):
    name: Said = ""
    shortname: Said = ""
    primary: Annotated[bool, BeforeValidator(lambda value: value is True)] = False


class _Language(BaseModel):
    code: Said = ""


class _Report(BaseModel):
    """`fields` of one of `data`; see UN-OCHA/rwint-api-indexer, Resources/Report.php. What is absent is empty."""

    title: Said = ""
    body: Annotated[Said, Field(alias="body-html")] = ""
    url: Said = ""
    url_alias: Said = ""
    date: Annotated[_Dates, _Parts] = _Dates()
    country: Annotated[list[_Country], _Each] = []
    language: Annotated[list[_Language], _Each] = []


def _reports(text: str, source: Source, now: datetime) -> Iterator[Item | Refused]:
    """The reports in the API's order; raises ParseError when it sent something else. Its `links` and `href` repeat
    our name and are not looked at."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError("it starts like JSON, but is broken or nested too deeply") from error
    found = document.get("data")
    if not isinstance(found, list):
        raise ParseError("it is JSON, but not a list of ReliefWeb's reports")
    for number, raw in enumerate(found[:MAX_ENTRIES], start=1):
        yield _item(raw, f"report {number}", source, now)
    yield from surplus(len(found))


def _item(raw: Any, where: str, source: Source, now: datetime) -> Item | Refused:
    try:
        report = _Report.model_validate(raw["fields"])
    except (ValidationError, TypeError, KeyError):
        return Refused(where, "is not a report as the API describes it")
    number = str(raw.get("id", ""))
    node = f"{_SITE}node/{number}" if number.isascii() and number.isdigit() else ""
    made = item(_entry(report, where, node, source), source, now)
    return replace(made, published=_published(report.date, now)) if isinstance(made, Item) else made


def _entry(report: _Report, where: str, node: str, source: Source) -> Entry:
    """Without an id of its own: an entry is then known by its address, as in the RSS, whose guid is that."""
    return Entry(
        where=where,
        title=escape(_titled(report), quote=False),
        texts=(report.body,),
        urls=(report.url_alias, report.url, node),
        base=_SITE,
        language=_spoken(report, source),
    )


def _titled(report: _Report) -> str:
    """The title with the main country before it where it is not in it, as the RSS writes it: many do not say where."""
    main = next((c for c in report.country if c.primary), _Country())
    names = [name for name in (main.shortname, main.name) if name]
    told = any(name.casefold() in report.title.casefold() for name in names)
    return f"{names[0]}: {report.title}" if names and not told else report.title


def _spoken(report: _Report, source: Source) -> str:
    """Of the languages that the source's row lists the first in which the report is published; else any of its own."""
    codes = [one.code for one in report.language if one.code != _NO_LANGUAGE]
    return next((code for code in (*source.languages, *codes) if code in codes), "")


def _published(dates: _Dates, now: datetime) -> Period | None:
    """When the organisation published it, a day as a rule; when ReliefWeb posted it, where that is the same day or
    the organisation's date is missing or still to come."""
    original, created = moment(dates.original), moment(dates.created)
    if created is not None and created > now + AHEAD:
        created = None
    if original is None or original > now + AHEAD or (created and original <= created < original + _DAY):
        return Period.at(created) if created else None
    midnight = (original.hour, original.minute, original.second) == (0, 0, 0)
    return Period(original, original + _DAY - timedelta(microseconds=1)) if midnight else Period.at(original)


# --- what the RSS says ---------------------------------------------------------------------------


def _unlabelled(entry: Entry | Refused) -> Entry | Refused:
    """The entry with a report's own words only, without ReliefWeb's lines above them."""
    if isinstance(entry, Refused):
        return entry
    return replace(entry, texts=tuple(_NO_WORDS.sub("", _LABEL.sub("", text)) for text in entry.texts))
