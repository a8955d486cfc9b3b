"""The nouns of the pipeline; imports only the standard library.

    Source -fetch-> Body -parse-> Item -judge-> Assessment | Dismissal -fold-> Change(Incident) -route-> delivery

Everything that crosses a boundary between stages is one of the frozen dataclasses below. Times are aware
datetimes in UTC; countries are ISO 3166-1 alpha-2; offsets are code points of `Item.words`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any


class Category(StrEnum):
    """What kind of access change; the first that fits names the incident."""

    SIEGE = "siege"
    AID_DELIVERY = "aid_delivery"
    ROUTE_CLOSURE = "route_closure"


class Direction(StrEnum):
    """Did access get worse or better?"""

    WORSENING = "worsening"
    IMPROVING = "improving"
    UNCHANGED = "unchanged"
    MIXED = "mixed"


class Status(StrEnum):
    """Is the thing told a fact? Kept apart from direction: 'calls for reopening' improves nothing."""

    OCCURRED = "occurred"
    ANNOUNCED = "announced"
    REQUESTED = "requested"
    DENIED = "denied"
    RUMOURED = "rumoured"


class Certainty(StrEnum):
    """CAP 1.2 certainty."""

    OBSERVED = "observed"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Severity(IntEnum):
    """CAP 1.2 severity; comparable, `word` is the name people and JSON see."""

    MINOR = 0
    MODERATE = 1
    SEVERE = 2
    EXTREME = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Severity:
        return cls[word.upper()]


class State(StrEnum):
    """Where an incident is in its life; MERGED: it is part of another one now, see `Incident.into`."""

    OPEN = "open"
    DORMANT = "dormant"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class ChangeKind(StrEnum):
    """What a report did to what we believed; SILENT lists those that nobody is told of."""

    OPENED = "opened"
    ESCALATED = "escalated"
    EASED = "eased"
    CORROBORATED = "corroborated"
    CONTRADICTED = "contradicted"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    REPEATED = "repeated"
    MERGED = "merged"


SILENT = (ChangeKind.REPEATED, ChangeKind.MERGED)


class Affiliation(StrEnum):
    """Who speaks through a source."""

    UN = "un"
    NGO = "ngo"
    WIRE = "wire"
    LOCAL = "local"
    STATE = "state"
    PARTY = "party"
    AGGREGATOR = "aggregator"


# --- sources and what they say -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """One row of config/sources.toml. `grade` is the Admiralty letter; `speaks_for_party_in` lists the countries
    in which the outlet speaks for a party to the conflict; `owner` decides independence; `appname`: the name by which
    its publisher knows us, from the environment."""

    id: str
    name: str
    kind: str
    url: str
    languages: tuple[str, ...]
    every: timedelta = timedelta(minutes=15)
    grade: str = "F"
    owner: str = ""
    affiliation: Affiliation = Affiliation.LOCAL
    speaks_for_party_in: tuple[str, ...] = ()
    exercise: bool = False
    encoding: str | None = None
    appname: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Cursor:
    """What we remember of a source between polls; lives in the store."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a source kind asks for; the web adds conditional headers and manners. `way`: how the source is read by it,
    for people, where its kind knows more than one way."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    way: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A decoded (gunzipped) answer, at most the size cap; `url` is the one that answered, after redirects."""

    url: str
    content: bytes
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None
    wire_bytes: int = 0


@dataclass(frozen=True, slots=True)
class NotModified:
    """304, or the same bytes as last time."""

    url: str


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, both ends inclusive: a moment, a day, a month, a year."""

    start: datetime
    end: datetime

    @classmethod
    def at(cls, moment: datetime) -> Period:
        return cls(moment, moment)

    @property
    def is_moment(self) -> bool:
        return self.end - self.start <= timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Item:
    """What a publisher said, unjudged. `id` is unique within its source."""

    id: str
    title: str = ""
    text: str = ""
    url: str = ""
    lang: str = ""
    source: str = ""
    published: Period | None = None
    fetched: datetime | None = None

    @property
    def words(self) -> str:
        """The text that is judged and that offsets point into."""
        return f"{self.title}\n{self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry of a feed that could not become an Item, and why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a source kind read out of one body, newest last when the source dates its entries."""

    items: tuple[Item, ...]
    refused: tuple[Refused, ...] = ()


# --- judgements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of Item.words and the concept it was matched as."""

    start: int
    end: int
    text: str
    concept: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A named rule that fired and the sentence that says why it matters."""

    rule: str
    because: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the gazetteer. `kind`: country, territory, admin1, city, crossing, port, airport, camp, road,
    locality (a name that no table holds).
    `key` is unique; `within` lists the keys of its ancestors, nearest first, ending with the country's."""

    key: str
    name: str
    kind: str
    country: str
    lat: float | None = None
    lon: float | None = None
    pcode: str | None = None
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The item claims an access event: what, where, for how many, in whose words."""

    categories: tuple[Category, ...]
    direction: Direction
    status: Status
    evidence: tuple[Evidence, ...]
    place: Place | None = None
    place_text: str | None = None
    country: str | None = None
    people: int | None = None
    asset: str | None = None
    applies_to: str | None = None
    cause: str | None = None
    constraints: tuple[str, ...] = ()
    urgency: str | None = None
    when: str | None = None
    reasons: tuple[Reason, ...] = ()
    concepts: frozenset[str] = frozenset()
    mentions: tuple[str, ...] = ()  # keys of the exact places of that country that the text names
    provisional: bool = False  # read with words that no native reader has checked


@dataclass(frozen=True, slots=True)
class Assessment:
    """A report with its severity and certainty, and the rules that gave them."""

    item: Item
    report: Report
    severity: Severity
    certainty: Certainty
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Dismissal:
    """Why an item is no report; `evidence` is what spoke for it all the same."""

    item: Item
    reason: str
    evidence: tuple[Evidence, ...] = ()


Judgement = Assessment | Dismissal


# --- incidents -----------------------------------------------------------------------------------


MOVES = frozenset({"relief.move", "cargo", "relief.agent", "relief.medic"})  # concepts of relief on its way


@dataclass(frozen=True, slots=True)
class Told:
    """One report as an incident remembers it: who said what, when. `figures`: the numbers it tells, but years;
    `mentions`: keys of the places it names."""

    item_id: str
    source_id: str
    source_name: str
    owner: str
    grade: str
    independent: bool
    title: str
    url: str
    published: datetime | None
    seen: datetime
    severity: Severity
    direction: Direction
    figures: tuple[int, ...] = ()
    mentions: tuple[str, ...] = ()
    publisher: str = ""  # who owns the outlet, where `owner` is the agency that it credits
    moving: bool = False  # announces where relief will move


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that happened in the world; many reports tell of it. `number` is 0 until it is stored; `into`: the
    number of the older incident that this one was found to be a part of."""

    number: int
    categories: tuple[Category, ...]
    country: str | None
    place: Place | None
    place_text: str | None
    severity: Severity
    certainty: Certainty
    direction: Direction
    status: Status
    state: State
    people: int | None
    asset: str | None
    opened: datetime
    updated: datetime
    corroborated: bool
    credibility: int
    told: tuple[Told, ...]
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...] = ()
    resolved: datetime | None = None
    revision: int = 1
    exercise: bool = False
    contested: bool = False  # a source of its own denies it
    into: int | None = None

    @property
    def id(self) -> str:
        return f"{self.country or 'ZZ'}-{self.number}" if self.number else "none yet"

    @property
    def where(self) -> str:
        if self.place is not None:
            return self.place.name
        return self.place_text or self.country or "place not named"


@dataclass(frozen=True, slots=True)
class Change:
    """What a report did to what we believed. `incident` is as it stands after; `before` is its former severity;
    `withheld`: why it is not pushed; `late`: news from an outage of ours; `catch_up`: withheld now, and part of the
    one message that tells each chat what it missed."""

    kind: ChangeKind
    incident: Incident
    because: str
    before: Severity | None = None
    withheld: str | None = None
    late: bool = False
    catch_up: bool = False

    @property
    def sounds(self) -> bool:
        return self.kind not in SILENT and self.withheld is None


@dataclass(frozen=True, slots=True)
class Past:
    """A page of what is known of a place: incidents with the changes that told something new, each with when it was
    recorded. `total`: how many there are in all; `newer`: how many of them come before this page."""

    incidents: tuple[tuple[Incident, tuple[tuple[Change, datetime], ...]], ...]
    total: int
    newer: int = 0

    @property
    def older(self) -> int:
        """How many come after this page."""
        return self.total - self.newer - len(self.incidents)


# --- the state ledger ----------------------------------------------------------------------------

PLACE, RELIEF, WAY = "place", "relief", "route"  # kinds of subject; the others are assets: road, crossing, ...


class Access(StrEnum):
    """How it stands, the best first."""

    OPEN = "open"
    RESTRICTED = "restricted"
    CLOSED = "closed"
    BESIEGED = "besieged"
    UNKNOWN = "unknown"


class How(StrEnum):
    """What a report makes of the state it tells. WORSE and STILL never better what is known; BETTER always
    holds; SOME (a delivery got in) confirms that it is no more than restricted, where that is known."""

    WORSE = "worse"
    STILL = "still"
    BETTER = "better"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Statement:
    """One report's word on one subject. `at`: when it was published, or seen where that is earlier or not known;
    `number`: the incident that it was counted to; `independent`, `owner`, `grade`: see model.Told."""

    number: int
    place_key: str
    place_name: str
    country: str
    kind: str
    state: Access
    how: How
    at: datetime
    source_id: str
    source_name: str
    owner: str
    grade: str
    independent: bool
    url: str


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one state, with what said so in order; it holds until `expires` when nobody confirms it."""

    state: Access
    told: tuple[Statement, ...]
    expires: datetime

    @property
    def since(self) -> datetime:
        return self.told[0].at

    @property
    def at_least(self) -> bool:
        """Was it so already when it was first reported?"""
        return self.told[0].how is How.STILL

    @property
    def confirmed_at(self) -> datetime:
        return self.told[-1].at

    @property
    def witnesses(self) -> int:
        """Independent owners who told this very state."""
        return len({s.owner for s in self._claims if s.independent})

    @property
    def corroborated(self) -> bool:
        """Two independent owners say so, or an authority: as incidents are (model.Incident.corroborated)."""
        return self.witnesses > 1 or any(s.independent and s.grade == "A" for s in self._claims)

    @property
    def _claims(self) -> list[Statement]:
        return [s for s in self.told if s.how is not How.SOME]


@dataclass(frozen=True, slots=True)
class Standing:
    """How one subject stands: `runs` in order, the last one the newest; `state` is UNKNOWN once that one expired."""

    place_key: str
    kind: str
    state: Access
    runs: tuple[Run, ...]

    @property
    def last(self) -> Run:
        return self.runs[-1]


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of how many incidents in a period; one that changed twice in the same way counts once. `older`: found
    when a source was first read, so that nobody knows when they began; not among `opened`."""

    opened: int = 0
    worsened: int = 0
    eased: int = 0
    resolved: int = 0
    older: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How many items came in a period, and how many of them told of no change of access."""

    items: int = 0
    dismissed: int = 0


# --- chats ---------------------------------------------------------------------------------------

ANY_CATEGORY = tuple(Category)


class ChatKind(StrEnum):
    """Where we speak; a supergroup is a group."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"

    @property
    def answers(self) -> bool:
        """May a message there invite a question? In a channel nobody is answered: it would be before everybody."""
        return self is not ChatKind.CHANNEL


class Digest(StrEnum):
    """What a chat is sent unasked at its time: a line a day, a summary a day, or a summary every Monday."""

    LINE = "line"
    DAY = "day"
    WEEK = "week"

    @property
    def period(self) -> timedelta:
        return timedelta(days=7) if self is Digest.WEEK else timedelta(days=1)

    @property
    def weekday(self) -> int | None:
        """As in datetime.weekday: on which day alone it comes; None for every day."""
        return 0 if self is Digest.WEEK else None


@dataclass(frozen=True, slots=True)
class Chat:
    """What is kept of a chat. `daily`: minute of its local day for what `digest` says, None for none; `steward`: the
    private chat that set a group or channel up, told when we can't speak there any more."""

    chat_id: int
    kind: ChatKind = ChatKind.PRIVATE
    active: bool = True
    paused_reason: str | None = None
    admitted: bool = False
    at_least: Severity = Severity.MINOR
    tz: str = "UTC"
    daily: int | None = None
    discreet: bool = False
    steward: int | None = None
    digest: Digest = Digest.LINE


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a chat wants: changes in an area (None: everywhere; a country's code; a place's key) from a severity
    upwards, of some categories. `within`: the keys of the place's ancestors below the country; what happens to
    them happens to it. `thread_id`: the forum topic it is posted in, 0 for none."""

    chat_id: int
    area: str | None
    at_least: Severity
    categories: tuple[Category, ...] = ANY_CATEGORY
    thread_id: int = 0
    within: tuple[str, ...] = ()

    def covers(self, incident: Incident) -> bool:
        """Is this incident, as it stands, what the chat asked for? The same rule as bot.store.wanting."""
        place = incident.place
        around = (place.key, *place.within) if place else ()
        near = self.area is None or self.area in (incident.country, *around)
        near = near or (place is not None and place.kind != "country" and place.key in self.within)
        return near and incident.severity >= self.at_least and bool(set(incident.categories) & set(self.categories))


@dataclass(frozen=True, slots=True)
class Mute:
    """No alerts about an area (None: about anything): until a moment, or every day between two minutes of the chat's
    local day; `start` may lie after `end`, over midnight."""

    chat_id: int
    area: str | None
    until: datetime | None = None
    start: int | None = None
    end: int | None = None

    @property
    def nightly(self) -> bool:
        return self.until is None


class NoteKind(StrEnum):
    """What is sent beside alerts: what a chat missed, its line a day, a word to those who can act."""

    CATCH_UP = "catch_up"
    DAILY = "daily"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Alert:
    """One outbox row, claimed for sending: this chat is to be told this change. `chat` says in what form."""

    delivery_id: int
    chat_id: int
    part: int
    change: Change
    reply_to: int | None = None
    maybe_sent: bool = False
    attempts: int = 0
    committed: datetime | None = None
    thread_id: int = 0
    silent: bool = False
    chat: Chat | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One outbox row that is no alert. `body`: HTML of a notice; the other kinds are written when they are sent."""

    delivery_id: int
    chat_id: int
    kind: NoteKind
    body: str = ""
    maybe_sent: bool = False
    attempts: int = 0
    thread_id: int = 0
    silent: bool = False
    chat: Chat | None = None


Outgoing = Alert | Note


@dataclass(frozen=True, slots=True)
class Sent:
    """Telegram took it."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now. `ambiguous`: Telegram may have taken it; `counts`: an attempt of ours, not a pause of theirs."""

    reason: str
    after: timedelta
    ambiguous: bool = False
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Gone:
    """This chat can't be told any more: blocked, deleted, or never there."""

    reason: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat has a new id; the same message is to go there."""

    new_chat_id: int


@dataclass(frozen=True, slots=True)
class Unsendable:
    """This message can't be sent to this chat, other messages can."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoTopic:
    """The chat is there, its forum topic is closed or gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """No message can be sent at all until an operator acts: token revoked."""

    reason: str


Outcome = Sent | Deferred | Gone | Moved | Unsendable | NoTopic | Stop


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How a source has been doing; `last_ok` None means it was never heard."""

    source_id: str
    last_ok: datetime | None
    last_item: datetime | None
    fails: int
    last_error: str | None
    next_poll: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
