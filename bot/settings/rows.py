"""What may stand in bot.toml and sources.toml; each field's description is what a person is told to write."""

from __future__ import annotations

import codecs
import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from bot.model import Affiliation, Source
from bot.settings.problems import wrong

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SHORTEST = timedelta(minutes=1)

# ISO 3166-1 alpha-2, and XK, which Kosovo uses
_COUNTRY_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_COUNTRY_CODES.split())

_INTERVAL = re.compile(r"([0-9]{1,5}) ?(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are checked against: the kinds of source and languages there are, the networks that bot.toml opens.
    Networks are None, languages empty when their files are wrong: that was said there, not once more for each row."""

    kinds: Collection[str]
    languages: Collection[str]
    networks: Collection[Network] | None = ()


_Info = ValidationInfo[Known]


# --- the words that values are made of -----------------------------------------------------------


def interval(value: object) -> timedelta:
    """'90 s', '5 min', '1 h', '30 d'; raises PydanticCustomError."""
    match = _INTERVAL.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise wrong("is not an interval")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def web_address(url: str) -> str:
    """An http(s) URL with a host and without user or password; raises PydanticCustomError."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise wrong("is not a web address") from None
    # clients disagree about which host these name: http://inside\@outside/
    if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\\\x00-\x1f]", url):
        raise wrong("is not a web address")
    if parts.username is not None or parts.password is not None:
        raise wrong("holds a user name or password", "the address without the part before @")
    return url


def network(value: object) -> Network:
    """'127.0.0.0/8'; raises PydanticCustomError."""
    if isinstance(value, str):
        try:
            return ipaddress.ip_network(value)
        except ValueError:
            pass
    raise wrong("is not a network")


def _chat_id(value: int) -> int:
    if value == 0:
        raise wrong("is no chat id")
    return value


def _source_id(value: str) -> str:
    if not _ID.fullmatch(value):
        raise wrong("is not a short name")
    return value


def _domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise wrong("is not a domain")
    return value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise wrong("is not a country code")
    return value


def _kind(value: str, info: _Info) -> str:
    return _one_of(value, info.context.kinds, "is not a kind of source")


def _language(value: str, info: _Info) -> str:
    languages = info.context.languages
    return _one_of(value, languages or [value], "is not a language with a file in keywords/")


def _affiliation(value: object) -> Affiliation:
    return Affiliation(_one_of(value, [str(a) for a in Affiliation], "is not an affiliation"))


def _encoding(value: str) -> str:
    try:
        return codecs.lookup(value).name
    except (LookupError, ValueError):
        raise wrong("is not an encoding") from None


def _one_of(value: object, valid: Collection[str], reason: str) -> str:
    if not isinstance(value, str) or value not in valid:
        raise wrong(reason, " or ".join(f'"{word}"' for word in sorted(valid)) or None)
    return value


Interval = Annotated[timedelta, BeforeValidator(interval)]
_SPAN = 'a number and s, min, h or d, such as "15 min"'


# --- the files -----------------------------------------------------------------------------------


class Table(BaseModel):
    """A table whose unknown keys are mistakes and whose values are never converted ("5" is no number)."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SourceRow(Table):
    """One [[source]] of sources.toml."""

    id: Annotated[str, AfterValidator(_source_id)] = Field(
        description='a name of small letters, digits, - and _, at most 40, such as "bbc-world"'
    )
    name: str = Field(min_length=1, max_length=80, description='what readers see, such as "BBC World"')
    kind: Annotated[str, AfterValidator(_kind)] = Field(description='how it speaks, such as "feed"')
    url: Annotated[str, AfterValidator(web_address)] = Field(
        description='its address, such as "https://example.org/rss.xml"'
    )
    languages: list[Annotated[str, AfterValidator(_language)]] = Field(
        min_length=1, description='the languages it writes in, such as ["en"]'
    )
    owner: Annotated[str, AfterValidator(_domain)] = Field(
        description='the domain of whoever publishes it, such as "bbc.co.uk"'
    )
    every: Interval = Field(default=timedelta(minutes=15), description=_SPAN)
    grade: Literal["A", "B", "C", "D", "E", "F"] = Field(
        default="F", description='a letter from "A" (reliable) to "E" (not), or "F" (cannot be judged)'
    )
    affiliation: Annotated[Affiliation, BeforeValidator(_affiliation)] = Field(
        default=Affiliation.LOCAL, description="who speaks through it"
    )
    speaks_for_party_in: list[Annotated[str, AfterValidator(_country)]] = Field(
        default=[], description='two capital letters of ISO 3166-1 for each country, such as ["UA", "SY"]'
    )
    encoding: Annotated[str, AfterValidator(_encoding)] | None = Field(
        default=None, description='the name of an encoding, such as "windows-1251"'
    )
    exercise: bool = Field(default=False, description="true for a source that invents its news, else leave it out")
    note: str = Field(default="", description="a remark in quotes for whoever edits the file")

    @field_validator("every", mode="after")
    @classmethod
    def _not_too_often(cls, every: timedelta, info: _Info) -> timedelta:
        networks = info.context.networks
        if every < SHORTEST and networks is not None and not _is_ours(info.data.get("url", ""), networks):
            raise wrong("is too often", '"1 min" or longer; shorter only for a host in allow_networks of bot.toml')
        return every

    def source(self) -> Source:
        """The row as the pipeline knows it; the note stays in the file."""
        return Source(
            id=self.id,
            name=self.name,
            kind=self.kind,
            url=self.url,
            languages=tuple(self.languages),
            every=self.every,
            grade=self.grade,
            owner=self.owner,
            affiliation=self.affiliation,
            speaks_for_party_in=tuple(self.speaks_for_party_in),
            exercise=self.exercise,
            encoding=self.encoding,
        )


class RetentionTable(Table):
    """[retention]: how long rows are kept."""

    items: Interval = Field(default=timedelta(days=90), description='how long items are kept, such as "90 d"')
    deliveries: Interval = Field(
        default=timedelta(days=7), description='how long delivery records are kept, such as "7 d"'
    )
    threads: Interval = Field(
        default=timedelta(days=30),
        description='how long after an incident ends its first messages are remembered, such as "30 d"',
    )
    away: Interval = Field(
        default=timedelta(days=180), description='how long a chat that blocked the bot is kept, such as "180 d"'
    )


Stale = Annotated[Interval, Field(description='the time without news, such as "7 d"')]


class StaleTable(Table):
    """[stale_after]: per kind of asset, then for incidents without one."""

    road: Stale = timedelta(days=7)
    bridge: Stale = timedelta(days=30)
    crossing: Stale = timedelta(days=7)
    checkpoint: Stale = timedelta(days=3)
    corridor: Stale = timedelta(days=1)
    port: Stale = timedelta(days=14)
    airport: Stale = timedelta(days=7)
    airspace: Stale = timedelta(days=7)
    railway: Stale = timedelta(days=14)
    siege: Stale = timedelta(days=30)
    aid_delivery: Stale = timedelta(days=7)
    other: Stale = timedelta(days=7)


class BotTable(Table):
    """bot.toml."""

    operators: list[Annotated[int, AfterValidator(_chat_id)]] = Field(
        default=[], description="chat ids as whole numbers without quotes, such as [123456789]; /whoami prints yours"
    )
    access: Literal["open", "invite"] = Field(default="open", description='"open" or "invite"')
    contact: str = Field(default="", max_length=200, description='how to reach you, such as "access@example.org"')
    max_subscribers: int = Field(default=20_000, ge=1, description="a whole number of at least 1")
    bundle_above: int = Field(default=6, ge=0, description="a whole number, such as 6, or 0 for never")
    allow_networks: list[Annotated[Network, BeforeValidator(network)]] = Field(
        default=[], description='networks such as ["127.0.0.0/8"]'
    )
    tick: Interval = Field(default=timedelta(seconds=5), description=_SPAN)
    retention: RetentionTable = Field(default=RetentionTable(), description="a table [retention]")
    stale_after: StaleTable = Field(default=StaleTable(), description="a table [stale_after]")


def _is_ours(url: str, networks: Collection[Network]) -> bool:
    """Is the host an address in one of our networks? Names are not looked up, except localhost."""
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return any(address in net for net in networks)
