"""The tables of words, and the first line that alerts, summaries and answers share."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from bot.model import MOVES, Category, ChangeKind, Direction, Evidence, Incident, Place, Severity, State, Status
from bot.words.markup import clean, isolate, length

FIRST_LINE = 70  # visible UTF-16 units: what a lock screen shows of an alert
LISTED_LINE = 140  # the same line within an answer, which no lock screen cuts: only what is absurdly long gives way
_PLACE_ROOM = 8  # of them the place's name gets at least these

SEVERITIES = {
    Severity.EXTREME: "EXTREME",
    Severity.SEVERE: "SEVERE",
    Severity.MODERATE: "MODERATE",
    Severity.MINOR: "MINOR",
}
# arrow (never alone: screen readers skip it), one word, in a sentence
DIRECTIONS = {
    Direction.WORSENING: ("↓", "worse", "change for the worse"),
    Direction.IMPROVING: ("↑", "better", "change for the better"),
    Direction.UNCHANGED: ("=", "unchanged", "no change"),
    Direction.MIXED: ("↕", "mixed", "change better in part, worse in part"),
}
CATEGORIES = {
    Category.SIEGE: "siege",
    Category.AID_DELIVERY: "aid delivery",
    Category.ROUTE_CLOSURE: "route closure",
}
STATUSES = {
    Status.OCCURRED: "reported as happened",
    Status.ANNOUNCED: "announced, not yet reported as happened",
    Status.REQUESTED: "asked for, not reported as happened",
    Status.DENIED: "denied",
    Status.RUMOURED: "rumoured, not reported as happened",
}
# behind the phrase of the first line, where the thing told is no plain fact
HEDGES = {
    Status.ANNOUNCED: " (announced)",
    Status.REQUESTED: " (asked for)",
    Status.DENIED: " (denied)",
    Status.RUMOURED: " (rumoured)",
}
KINDS = {
    ChangeKind.OPENED: "new incident",
    ChangeKind.ESCALATED: "more severe",
    ChangeKind.EASED: "got better",
    ChangeKind.CORROBORATED: "now told by independent sources",
    ChangeKind.CONTRADICTED: "denied by another source",
    ChangeKind.RESOLVED: "resolved",
    ChangeKind.WITHDRAWN: "withdrawn",
    ChangeKind.REPEATED: "told again",
    ChangeKind.MERGED: "taken together with another incident",
}
GRADES = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability unknown",
}
CREDIBILITIES = {
    1: "confirmed by an authority or by independent sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "can't be judged yet",
}
# model.Report.asset -> what it is called, and what it is when no one gets through
ASSETS = {
    "road": ("road", "closed"),
    "bridge": ("bridge", "cut"),
    "crossing": ("crossing", "closed"),
    "checkpoint": ("checkpoint", "closed"),
    "corridor": ("corridor", "closed"),
    "port": ("port", "closed"),
    "airport": ("airport", "closed"),
    "airspace": ("airspace", "closed"),
    "railway": ("railway", "cut"),
}

# model.Place.kind -> what it is called, and the words of a name, in any of our languages, that say so already
PLACE_KINDS = {
    "territory": ("territory", "territory territoire territorio إقليم территория територія"),
    "admin1": (
        "region",
        "region région región province provincia governorate governorat oblast state estado district department "
        "département departamento prefecture county wilaya محافظة ولاية إقليم область край район провинция провінція",
    ),
    "city": ("city", "city cité ciudad مدينة город місто"),
    "locality": ("", "locality"),
    "crossing": ("crossing", "crossing checkpoint paso passage معبر переход перехід кпп кпвв"),
    "port": ("port", "port harbour harbor puerto ميناء مرفأ порт"),
    "airport": (
        "airport",
        "airport airbase base airfield aéroport aeropuerto مطار قاعدة аэропорт авиабаза аеропорт авіабаза",
    ),
    "camp": ("camp", "camp camps campo campamento مخيم лагерь табір"),
    "road": ("road", "road highway route carretera autopista طريق дорога шоссе шосе трасса"),
}

_WORSE, _BETTER, _SAME, _MIXED = Direction.WORSENING, Direction.IMPROVING, Direction.UNCHANGED, Direction.MIXED
_SIEGE, _AID, _ROUTE = Category.SIEGE, Category.AID_DELIVERY, Category.ROUTE_CLOSURE


@dataclass(frozen=True, slots=True)
class Phrase:
    """One row: what happened, for an incident of this category and direction whose evidence has all of `needs`
    (concepts of config/patterns.toml). `ahead`: how it is told while it is only announced; `ends`: it is the phrase
    for a resolved incident."""

    category: Category
    direction: Direction
    needs: tuple[str, ...]
    words: str
    ahead: str = ""
    ends: bool = False


# The first that fits names the incident: telling details first, then what each category is called without any.
PHRASES = (
    Phrase(_ROUTE, _WORSE, ("lifeline",), "last supply route cut", "supply route to be cut"),
    Phrase(_ROUTE, _BETTER, ("lifeline",), "supply route reopened", "supply route to reopen"),
    Phrase(_ROUTE, _WORSE, ("asset.crossing", "close"), "{asset} {shut}", "{asset} to be {shut}"),
    Phrase(_ROUTE, _BETTER, ("asset.crossing", "open"), "{asset} reopened", "{asset} to reopen"),
    Phrase(_ROUTE, _WORSE, ("gate", "close"), "{asset} {shut}", "{asset} to be {shut}"),
    Phrase(_ROUTE, _BETTER, ("gate", "open"), "{asset} reopened", "{asset} to reopen"),
    Phrase(_ROUTE, _WORSE, ("asset.port", "close"), "{asset} {shut}", "{asset} to be {shut}"),
    Phrase(_ROUTE, _BETTER, ("asset.port", "open"), "{asset} reopened", "{asset} to reopen"),
    Phrase(_ROUTE, _WORSE, ("asset.airport", "close"), "{asset} {shut}", "{asset} to be {shut}"),
    Phrase(_ROUTE, _BETTER, ("asset.airport", "open"), "{asset} reopened", "{asset} to reopen"),
    Phrase(_AID, _WORSE, ("relief.move", "harm"), "aid convoy attacked"),
    Phrase(_AID, _WORSE, ("relief.agent", "harm"), "aid workers harmed"),
    Phrase(_AID, _WORSE, ("relief.medic", "harm"), "medics harmed"),
    Phrase(_SIEGE, _WORSE, ("siege.act",), "under siege"),
    Phrase(_SIEGE, _WORSE, ("impose", "siege.state"), "under siege"),
    Phrase(_SIEGE, _WORSE, ("siege.weak",), "people surrounded"),
    Phrase(_SIEGE, _BETTER, ("siege.end",), "siege lifted", ends=True),
    Phrase(_SIEGE, _BETTER, ("lift", "siege.state"), "siege lifted", ends=True),
    Phrase(_SIEGE, _BETTER, ("siege.end",), "siege eased", "siege to be eased"),
    Phrase(_SIEGE, _BETTER, ("lift", "siege.state"), "siege eased", "siege to be eased"),
    Phrase(_AID, _WORSE, ("relief.move", "refuse"), "aid convoy blocked", "aid convoy to be blocked"),
    Phrase(_AID, _WORSE, ("relief.agent", "refuse"), "aid agency stopped", "aid agency to be stopped"),
    Phrase(_AID, _BETTER, ("relief.move", "refuse"), "aid convoy let through", "aid convoy to be let in"),
    Phrase(_AID, _BETTER, ("evacuate",), "people evacuated", "people to be evacuated"),
    Phrase(_AID, _BETTER, ("relief.move", "arrive"), "aid convoy arrived", "aid convoy to arrive"),
    Phrase(_SIEGE, _BETTER, (), "siege lifted", ends=True),
    Phrase(_AID, _BETTER, (), "aid let in again", ends=True),
    Phrase(_SIEGE, _WORSE, (), "under siege"),
    Phrase(_SIEGE, _BETTER, (), "siege eased", "siege to be eased"),
    Phrase(_SIEGE, _SAME, (), "still under siege"),
    Phrase(_SIEGE, _MIXED, (), "siege: mixed reports"),
    Phrase(_AID, _WORSE, (), "aid blocked", "aid to be blocked"),
    Phrase(_AID, _BETTER, (), "aid delivered", "aid to be delivered"),
    Phrase(_AID, _SAME, (), "aid access unchanged"),
    Phrase(_AID, _MIXED, (), "aid: mixed reports"),
    Phrase(_ROUTE, _WORSE, (), "{asset} {shut}", "{asset} to be {shut}"),
    Phrase(_ROUTE, _BETTER, (), "{asset} reopened", "{asset} to reopen"),
    Phrase(_ROUTE, _SAME, (), "{asset} still {shut}"),
    Phrase(_ROUTE, _MIXED, (), "{asset}: mixed reports"),
)

# concept of config/patterns.toml -> the kind of news whose claims it is part of, and what its words were read as
CONCEPTS: dict[str, tuple[Category | None, str]] = {
    "siege.act": (_SIEGE, "besieged or cut off"),
    "siege.state": (_SIEGE, "a siege"),
    "siege.epithet": (_SIEGE, "besieged"),
    "siege.total": (_SIEGE, "nothing gets in or out"),
    "siege.weak": (_SIEGE, "surrounded or trapped"),
    "siege.end": (_SIEGE, "a siege that ends"),
    "impose": (_SIEGE, "imposed or tightened"),
    "lift": (_SIEGE, "lifted, broken or eased"),
    "soldiers": (_SIEGE, "soldiers who are surrounded"),
    "relief": (_AID, "aid"),
    "relief.move": (_AID, "aid on its way"),
    "cargo": (_AID, "a load on its way"),
    "goods": (_AID, "goods such as medicine or flour"),
    "relief.agent": (_AID, "who brings aid"),
    "relief.medic": (_AID, "medics or rescuers"),
    "relief.said": (_AID, "an agency that speaks of it"),
    "relief.in": (_AID, "aid let in"),
    "relief.out": (_AID, "aid stopped"),
    "stopped": (_AID, "work or access stopped"),
    "resumed": (_AID, "work or access allowed"),
    "access": (_AID, "humanitarian access"),
    "arrive": (_AID, "arrives or is handed out"),
    "refuse": (_AID, "stopped or turned back"),
    "harm": (_AID, "attacked"),
    "release": (_AID, "set free"),
    "kill": (_AID, "people killed"),
    "exit": (_SIEGE, "leave"),
    "evacuate": (_AID, "taken out"),
    "asset.road": (_ROUTE, "a road"),
    "asset.bridge": (_ROUTE, "a bridge"),
    "asset.crossing": (_ROUTE, "a crossing"),
    "asset.border": (_ROUTE, "a border"),
    "asset.checkpoint": (_ROUTE, "a checkpoint"),
    "asset.corridor": (_ROUTE, "a corridor"),
    "asset.port": (_ROUTE, "a port"),
    "asset.airport": (_ROUTE, "an airport"),
    "asset.airspace": (_ROUTE, "airspace"),
    "asset.railway": (_ROUTE, "a railway"),
    "close": (_ROUTE, "closed or cut"),
    "damage": (_ROUTE, "destroyed or under fire"),
    "gate": (_ROUTE, "a town with a crossing of its name"),
    "open": (_ROUTE, "opened"),
    "route.closed": (_ROUTE, "a way that closes"),
    "route.opened": (_ROUTE, "a way that opens"),
    "lifeline": (_ROUTE, "the only or last way in"),
    "main": (_ROUTE, "a main road"),
    "complete": (None, "all of it"),
    "partial": (None, "a part of it"),
    "small": (None, "one building, vehicle or team"),
    "short": (None, "for minutes or hours"),
    "people": (None, "the people affected"),
    "household": (None, "families"),
    "need": (None, "what people lack"),
    "starvation": (None, "hunger"),
    "crisis": (None, "fighting, parties or people in flight"),
    "disaster": (None, "a disaster"),
    "accident": (None, "an accident"),
    "prison": (None, "a prison"),
    "standoff": (None, "a stand-off at a building"),
    "money": (None, "money"),
    "trade": (None, "oil or sanctions"),
    "travel": (None, "trade or travel"),
    "military": (None, "military goods or positions"),
    "said": (None, "who says it"),
    "according": (None, "whose words they are"),
    "since": (None, "since then"),
    "after": (None, "over by then"),
    "numbered": (None, "the number of a document"),
    "continuing": (None, "goes on"),
    "negation": (None, "not"),
    "requested": (None, "asked for"),
    "announced": (None, "to come"),
    "rumoured": (None, "not certain"),
    "denied": (None, "denied"),
    "history": (None, "long past"),
    "scale.big": (None, "very many people"),
    # no concept, but judged beside them
    "more than one claim": (None, "more than one change of access"),
}
# how a change is told in a history, where who reported it and when stand beside it; the other kinds as in KINDS
STEPS = {
    ChangeKind.ESCALATED: "{because}",
    ChangeKind.RESOLVED: "resolved: {because}",
    ChangeKind.WITHDRAWN: "withdrawn by an operator",
    ChangeKind.MERGED: "{because}",
}

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def phrase(incident: Incident) -> str:
    """What happened, in at most 25 characters."""
    seen = {e.concept for e in incident.evidence}
    resolved = incident.state is State.RESOLVED
    direction = Direction.IMPROVING if resolved else incident.direction
    asset, shut = ASSETS.get(incident.asset or "", ("route", "closed"))
    for row in PHRASES:
        fits = row.category in incident.categories and row.direction is direction and seen.issuperset(row.needs)
        if fits and (resolved or not row.ends):
            words = row.ahead if row.ahead and incident.status is Status.ANNOUNCED and not resolved else row.words
            return words.format(asset=asset, shut=shut)
    return "access changed"


def hedge(incident: Incident) -> str:
    """What stands behind the phrase where the thing told is no plain fact, such as " (announced)", or ""."""
    if incident.state is State.RESOLVED:
        return ""
    return " (contested)" if incident.contested else HEDGES.get(incident.status, "")


def turn(incident: Incident) -> str:
    """What stands before the severity of news that isn't bad: "RESOLVED", "BETTER", "WITHDRAWN", or ""."""
    if incident.state is State.WITHDRAWN:
        return "WITHDRAWN"
    if incident.state is State.RESOLVED:
        return "RESOLVED"
    return "BETTER" if incident.direction is Direction.IMPROVING else ""


def first_line(
    incident: Incident, *, late: bool = False, country_name: str = "", limit: int = FIRST_LINE
) -> tuple[str, str]:
    """The line that stands alone on a lock screen, plain, as (head, rest), at most `limit` units together:
    ("EXTREME: ", "last supply route cut - Deir ez-Zor, SY"), ("RESOLVED (EXTREME): ", "siege lifted - ...")."""
    head = _head(incident, late)
    code = clean(incident.country or "", 3)
    tail = f", {code}" if code and incident.where != incident.country else ""
    room = limit - length(f"{head} - {tail}")
    doubt = hedge(incident)
    what = clean(phrase(incident), room - length(doubt) - _PLACE_ROOM) + doubt
    where = place_name(incident, room - length(what), country_name)
    return head, f"{what} - {where}{tail}"


def listed_line(incident: Incident, *, late: bool = False) -> str:
    """The first line as one of many in an answer, plain."""
    return "".join(first_line(incident, late=late, limit=LISTED_LINE))


def _head(incident: Incident, late: bool) -> str:
    word = SEVERITIES[incident.severity]
    # nothing is late in an exercise, and the line is short
    late = late and not incident.exercise
    good = turn(incident)
    marks = [*([word] if good else []), *(["LATE"] if late else [])]
    text = (good or word) + (f" ({', '.join(marks)})" if marks else "")
    return f"EXERCISE {text}: " if incident.exercise else f"{text}: "


def place_name(incident: Incident, limit: int, country_name: str = "") -> str:
    """Where, plain, at most `limit` units; the country when no place is named."""
    only_country = incident.place is None and not incident.place_text and incident.country
    foreign = country_name if only_country and country_name else incident.where
    return isolate(clean(foreign, limit - 2)) if isolate(foreign) != foreign else clean(foreign, limit)


def kind_of(place: Place) -> str:
    """What kind of place it is, for people: "crossing", "region"; "" for a country, and where its name says so."""
    called, words = PLACE_KINDS.get(place.kind, (place.kind, place.kind))
    told = place.kind == "country" or not set(_folded(words)).isdisjoint(_folded(place.name))
    return "" if told else called


def _folded(text: str) -> list[str]:
    """Its words, without case and accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.findall(r"\w+", plain)


def tells_movement(incident: Incident) -> bool:
    """May the sources' words give away where relief will move? Then their titles, words and links aren't shown.

    An incident holds no time window of its own, so an announced movement counts as future for as long as it is no
    more than announced, also one that joined what happened already; a later report that relief came shows everything
    again.
    """
    announced = max((t.seen for t in incident.told if t.moving), default=None)
    if announced is not None:
        came = (t.direction is Direction.IMPROVING and not t.moving and t.seen > announced for t in incident.told)
        return not any(came)
    return incident.status is Status.ANNOUNCED and any(e.concept in MOVES for e in incident.evidence)


def moment(time: datetime, zone: tzinfo = UTC) -> str:
    """ "22 Nov 2026 06:10 UTC", and what clocks in `zone` show where that differs: "... 22:10 UTC (23 Nov 01:10)"."""
    t, local = time.astimezone(UTC), time.astimezone(zone)
    text = f"{t.day} {MONTHS[t.month - 1]} {t.year} {t:%H:%M} UTC"
    if not local.utcoffset():
        return text
    day = f"{local.day} {MONTHS[local.month - 1]} " if local.date() != t.date() else ""
    return f"{text} ({day}{local:%H:%M})"


def span(stretch: timedelta) -> str:
    """ "40 min", "24 h", "7 days": whole units, rounded down."""
    minutes = max(0, int(stretch.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def count(number: int, one: str, many: str) -> str:
    """ "1 source", "3 sources"."""
    return f"{number:,} {one if number == 1 else many}"


def concept_name(concept: str) -> str:
    """What words of this concept were read as; of one without a plain name its own, in words."""
    return CONCEPTS[concept][1] if concept in CONCEPTS else clean(concept.replace(".", " "), 40)


def quoted(evidence: Evidence) -> str:
    """The matched words, plain, in quotation marks."""
    return f"“{isolate(clean(evidence.text, 60))}”"
