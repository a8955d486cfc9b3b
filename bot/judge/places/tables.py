"""Rows of config/places/ to places and the names under which they are found.

Layers, most trusted first: own, country, admin1, city. Tables are tab separated lines; lines that start with # are
comments. Columns (see tools/gazetteer.py, which writes the first three):

    countries  iso2, name, lat, lon, alternates          admin1  P-code, name, iso2, lat, lon
    cities     GeoNames id, name, iso2, P-code of the admin 1, lat, lon, population, alternates
    cues       iso2, role (crisis, actor or nothing), names, cues            (by hand)
    own        key, name, kind, iso2, lat, lon, parent, alternates           (by hand)
    stop       words that are no place however they are written              (by hand)
    capitals   names that also stand for a government                        (by hand)
    regions    key, names, countries: several countries under one name       (by hand)

Lists within a column are separated by |. In `own`, a name that starts with ? is also something else: it counts only
beside other signs of its country; a `key` that exists already (PS:PS02) corrects that place and adds names to it.
In `cues`, a trailing * stands for any ending, and a lower-case term needs no capital.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from bot.errors import ConfigError
from bot.judge.places.names import MAX_WORDS, cue_forms, name_key, script_of
from bot.model import Place

MIN_LETTERS = 4  # of a name that only the generated tables know
TOWN = 15_000  # people below which a town only counts beside other signs of its country: so many bear common names
TWIN = 0.6  # degrees of latitude and longitude together within which a town of two tables is one
COLUMNS = {"countries": 5, "cues": 4, "admin1": 5, "cities": 8, "own": 8, "stop": 1, "capitals": 1, "regions": 3}


class Layer(IntEnum):
    """Where a place comes from; lower is more trusted."""

    OWN = 0
    COUNTRY = 1
    ADMIN1 = 2
    CITY = 3


@dataclass(frozen=True, slots=True)
class Region:
    """Several countries under one name, such as the Sahel; texts are not searched for it."""

    name: str
    countries: tuple[str, ...]


@dataclass(slots=True)
class Known:
    """What the tables hold, while and after they are read. `shy` pairs (name key, place key) need a country cue."""

    places: dict[str, Place] = field(default_factory=dict)
    layers: dict[str, Layer] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shy: set[tuple[str, str]] = field(default_factory=set)
    cues: dict[str, str] = field(default_factory=dict)
    uncased: set[str] = field(default_factory=set)
    roles: dict[str, str] = field(default_factory=dict)
    stop: frozenset[str] = frozenset()
    capitals: frozenset[str] = frozenset()
    regions: dict[str, Region] = field(default_factory=dict)

    def add(self, place: Place, layer: Layer, people: int = 0) -> None:
        self.places[place.key] = place
        self.layers[place.key] = min(layer, self.layers.get(place.key, layer))
        self.people[place.key] = max(people, self.people.get(place.key, 0))

    def call(self, key: str, name: str) -> None:
        """Let the place be found under this name key."""
        held = self.names.get(name)
        if held is None:
            self.names[name] = (key,)
        elif key not in held:
            self.names[name] = (*held, key)

    def call_weakly(self, key: str, name: str) -> None:
        """The same for names nobody has looked at: not too short, too long, a common word or a cue."""
        fits = len(name) - name.count(" ") >= MIN_LETTERS and name.count(" ") < MAX_WORDS
        if fits and name not in self.stop and name not in self.cues:
            self.call(key, name)


def read(tables: Mapping[str, Iterable[str]]) -> Known:
    """All tables, in an order in which later ones may refer to earlier ones. Raises ConfigError with every bad row."""
    problems: list[str] = []
    known = Known()
    rows = {name: list(_rows(name, tables.get(name, ()), problems)) for name in COLUMNS}
    known.stop = frozenset(name_key(row[0]) for row in rows["stop"])
    known.capitals = frozenset(name_key(row[0]) for row in rows["capitals"])
    for name, step in _STEPS.items():
        for row in rows[name]:
            try:
                step(known, row)
            except (ValueError, KeyError) as error:
                problems.append(f"places/{name}.tsv: row {row[0]!r}: {error}; correct that value")
    if problems:
        raise ConfigError(problems)
    return known


def _rows(table: str, lines: Iterable[str], problems: list[str]) -> Iterator[list[str]]:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        row = line.rstrip("\r\n").split("\t")
        if len(row) != COLUMNS[table]:
            problems.append(f"places/{table}.tsv line {number}: {len(row)} columns; write {COLUMNS[table]}")
        else:
            yield row


def _number(text: str) -> float | None:
    return float(text) if text else None


def _country(known: Known, row: list[str]) -> None:
    iso2, name, lat, lon, alternates = row
    known.add(Place(iso2, name, "country", iso2, _number(lat), _number(lon)), Layer.COUNTRY)
    for each in (name, *filter(None, alternates.split("|"))):
        known.call(iso2, name_key(each))


def _cue(known: Known, row: list[str]) -> None:
    iso2, role, names, cues = row
    if role not in ("", "crisis", "actor"):
        raise ValueError(f"role {role!r} is none of crisis, actor")
    if iso2 not in known.places:
        raise ValueError("not a country of countries.tsv")
    known.roles[iso2] = role
    for each in filter(None, names.split("|")):
        known.call(iso2, name_key(each))
    for each in filter(None, cues.split("|")):
        for form in cue_forms(each):
            known.cues[form] = iso2
            if each[0].islower() or script_of(form) == "Arab":
                known.uncased.add(form)


def _admin1(known: Known, row: list[str]) -> None:
    pcode, name, iso2, lat, lon = row
    place = Place(f"{iso2}:{pcode}", name, "admin1", iso2, _number(lat), _number(lon), pcode, (iso2,))
    known.add(place, Layer.ADMIN1)
    known.call_weakly(place.key, name_key(name))


def _city(known: Known, row: list[str]) -> None:
    number, name, iso2, pcode, lat, lon, people, alternates = row
    keys = alternates.split("|")  # folded already, the name's own key among them
    twin = _own_twin(known, iso2, keys, float(lat), float(lon))
    key = twin or f"gn:{number}"
    if twin is None:
        within = (f"{iso2}:{pcode}", iso2) if pcode else (iso2,)
        known.add(Place(key, name, "city", iso2, float(lat), float(lon), pcode or None, within), Layer.CITY)
    known.people[key] = int(people)
    for each in keys:
        if twin is None or each not in known.names:  # Gaza is the Strip, as our list says, though the town is too
            known.call_weakly(key, each)
            if twin is None and int(people) < TOWN:
                known.shy.add((each, key))


def _own_twin(known: Known, iso2: str, keys: list[str], lat: float, lon: float) -> str | None:
    """The town of our own list that this row is too: same country, a name in common, near; or None."""
    for name in keys:
        for key in known.names.get(name, ()):
            place = known.places[key]
            if known.layers[key] is Layer.OWN and place.kind == "city" and place.country == iso2:
                apart = abs((place.lat or lat) - lat) + abs((place.lon or lon) - lon)
                if apart < TWIN:
                    return key
    return None


def _own(known: Known, row: list[str]) -> None:
    key, name, kind, iso2, lat, lon, parent, alternates = row
    if iso2 not in known.places:
        raise ValueError(f"country {iso2!r} is not in countries.tsv")
    held = known.places.get(key)
    within = held.within if held else _ancestors(known, iso2, parent)
    pcode = held.pcode if held else next((k.partition(":")[2] for k in within if k.startswith(f"{iso2}:")), None)
    place = Place(key, name.lstrip("?"), kind, iso2, _number(lat), _number(lon), pcode, within)
    known.add(place, Layer.OWN)
    for each in (name, *filter(None, alternates.split("|"))):
        found_as = name_key(each.lstrip("?"))
        known.call(key, found_as)
        if each.startswith("?"):
            known.shy.add((found_as, key))


def _region(known: Known, row: list[str]) -> None:
    _, names, countries = row
    codes = tuple(filter(None, countries.split("|")))
    strange = [code for code in codes if code not in known.places]
    if strange or not codes:
        raise ValueError(f"countries {countries!r}: write codes of countries.tsv, such as TD|ML")
    each = names.split("|")
    known.regions |= {name_key(name): Region(each[0], codes) for name in each}


def _ancestors(known: Known, iso2: str, parent: str) -> tuple[str, ...]:
    if not parent:
        return (iso2,)
    key = parent if parent.startswith("own:") else f"{iso2}:{parent}"
    if key not in known.places:
        raise ValueError(f"parent {parent!r} is not known; a place of this list must stand above those within it")
    return (key, *known.places[key].within)


_STEPS = {"countries": _country, "cues": _cue, "admin1": _admin1, "own": _own, "cities": _city, "regions": _region}
