"""What a map costs: processor seconds and bytes, for invented incidents in three crises.

usage: python bench/map.py [--times N] [--write docs/maps]

`--write` puts the pictures there; all of them are exercises. The first map of a process also loads Pillow, the outlines
and the fonts; that is told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bot.map.marks import Tracked, marks_of, unpinned
from bot.map.plan import Plan, Weeks
from bot.model import Access, Category, Certainty, Direction, Incident, Place, Severity, State, Status
from bot.pictures import Pictures
from bot.words.phrases import span
from bot.words.trend import Week

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
DIRECTIONS = {"v": Direction.WORSENING, "^": Direction.IMPROVING, "o": Direction.UNCHANGED}

# name, kind, country, lat, lon, direction, severity, and what is special: ? uncorroborated, ~ dormant
SUDAN = """
El Fasher,city,SD,13.63,25.35,v,extreme,
Babanusa,city,SD,11.33,27.82,v,extreme,?
Kadugli,city,SD,11.01,29.72,v,severe,
Dilling,city,SD,12.05,29.65,v,severe,?
Darfur,territory,SD,13.5,24.5,v,severe,
El Obeid,city,SD,13.18,30.22,o,severe,
Adre crossing,crossing,SD,13.47,22.2,^,severe,
Sudan,country,SD,15.99,29.94,v,severe,
Khartoum,city,SD,15.55,32.53,^,moderate,
Khartoum,city,SD,15.55,32.53,v,moderate,?
Zalingei,city,SD,12.91,23.47,v,moderate,
Zalingei,city,SD,12.91,23.47,v,moderate,?
Zalingei,city,SD,12.91,23.47,^,moderate,
Zalingei,city,SD,12.91,23.47,v,minor,?
Port Sudan,city,SD,19.62,37.22,^,moderate,
Kosti,city,SD,13.16,32.66,v,moderate,~
Renk crossing,crossing,SD,11.9,32.8,v,minor,~
"""
UKRAINE = """
Kherson,city,UA,46.64,32.61,v,extreme,
Покровськ,city,UA,48.28,37.18,v,extreme,?
Kharkiv,city,UA,49.99,36.23,v,severe,
Куп'янськ,city,UA,49.71,37.62,v,severe,
Zaporizhzhia,city,UA,47.84,35.14,v,severe,?
Kramatorsk,city,UA,48.74,37.56,v,severe,
Odesa port,port,UA,46.49,30.74,^,moderate,
Sumy,city,UA,50.91,34.8,v,moderate,
Nikopol,city,UA,47.57,34.4,o,moderate,
Orlivka-Isaccea crossing,crossing,UA,45.29,28.45,v,minor,
Shehyni crossing,crossing,UA,49.8,22.95,^,minor,
Ukraine,country,UA,49.0,31.4,v,moderate,?
"""
LEVANT = """
قطاع غزة,territory,PS,31.42,34.36,v,extreme,
Rafah crossing,crossing,PS,31.25,34.26,v,extreme,
Kerem Shalom crossing,crossing,PS,31.23,34.28,v,severe,
Jabalia,city,PS,31.53,34.48,v,extreme,?
Khan Younis,city,PS,31.34,34.3,o,severe,
Jenin,city,PS,32.46,35.3,v,severe,
دير الزور,city,SY,35.33,40.14,v,severe,
Bab al-Hawa crossing,crossing,SY,36.24,36.69,^,severe,
Suwayda,city,SY,32.71,36.57,v,severe,?
Homs,city,SY,34.73,36.72,^,moderate,
Southern Lebanon,territory,LB,33.3,35.4,v,severe,
Masnaa crossing,crossing,LB,33.7,35.93,v,moderate,
Tripoli,city,LB,34.44,35.83,^,minor,
Lebanon,country,LB,33.9,35.9,v,moderate,~
"""
CRISES: dict[str, tuple[str, tuple[str, ...], str, tuple[Tracked, ...]]] = {
    "sudan": ("Sudan", ("SD",), SUDAN, (
        Tracked("Adre crossing", 13.6, 21.9, Access.OPEN),
        Tracked("El Fasher", 13.63, 25.35, Access.BESIEGED),
        Tracked("Joda crossing", 11.6, 32.75, Access.RESTRICTED),
        Tracked("Argeen crossing", 22.0, 31.1, Access.UNKNOWN),
    )),
    "ukraine": ("Ukraine", ("UA",), UKRAINE, ()),
    "levant": ("Levant", ("PS", "LB", "SY"), LEVANT, (
        Tracked("Rafah crossing", 31.25, 34.26, Access.CLOSED),
        Tracked("Jenin", 32.46, 35.3, Access.RESTRICTED),
        Tracked("Nasib crossing", 32.55, 36.2, Access.OPEN),
        Tracked("Al-Qaim crossing", 34.4, 41.0, Access.CLOSED),
    )),
}  # fmt: skip


def invented(table: str) -> list[Incident]:
    """The rows as incidents of an exercise, the worst first as they stand."""
    made = []
    for number, row in enumerate(table.strip().splitlines(), 1):
        name, kind, country, lat, lon, direction, severity, special = row.split(",")
        place = Place(f"x:{number}", name, kind, country, float(lat), float(lon))
        state = State.DORMANT if special == "~" else State.OPEN
        made.append(
            Incident(
                number, (Category.SIEGE,), country, place, None, Severity.of(severity), Certainty.OBSERVED,
                DIRECTIONS[direction], Status.OCCURRED, state, None, None, NOW, NOW, special != "?", 2, (), (),
                exercise=True,
            )
        )  # fmt: skip
    return sorted(made, key=lambda i: -i.severity)


def plan(name: str, as_of: datetime) -> Plan:
    title, countries, table, states = CRISES[name]
    incidents = invented(table)
    return Plan(
        f"Access in {title}", span(timedelta(days=7)), as_of, marks_of(incidents), countries,
        unpinned=unpinned(incidents), states=states, exercise=True,
    )  # fmt: skip


def weeks() -> Weeks:
    first = NOW.date() - timedelta(days=NOW.weekday(), weeks=12)
    rows = [(3, 1, 0, 22), (2, 0, 0, 21), (0, 0, 0, 20), (5, 0, 1, 23), (6, 1, 0, 23), (8, 2, 0, 22), (0, 0, 0, 0),
            (4, 1, 0, 19), (7, 3, 0, 23), (3, 3, 1, 23), (2, 4, 0, 23), (1, 2, 0, 22), (2, 1, 0, 23)]  # fmt: skip
    made = tuple(Week(first + timedelta(weeks=n), *row) for n, row in enumerate(rows))
    return Weeks("New incidents, Sudan", NOW, made, exercise=True)


async def measure(times: int, folder: Path | None) -> None:
    pictures = Pictures()
    before, start = resident(), time.process_time()
    await pictures.map(plan("sudan", NOW))
    print(f"first map of a process, loading included: {time.process_time() - start:.2f} s of processor time")
    for name in CRISES:
        took, png = [], b""
        for n in range(times):
            start = time.process_time()
            png = await pictures.map(plan(name, NOW + timedelta(days=n + 1)))  # another day: nothing is at hand
            took.append(time.process_time() - start)
        print(f"{name:8} {statistics.median(took):.2f} s (at most {max(took):.2f}), {len(png)} bytes")
        if folder is not None:
            (folder / f"{name}.png").write_bytes(await pictures.map(plan(name, NOW)))
    start = time.process_time()
    png = await pictures.weeks(weeks())
    print(f"trend    {time.process_time() - start:.2f} s, {len(png)} bytes")
    if folder is not None:
        (folder / "trend.png").write_bytes(png)
    print(f"memory   +{(resident() - before) / 1e6:.0f} MB at most since before the first map")


def resident() -> int:
    """The most bytes of memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=7, metavar="N", help="maps of each crisis (7)")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="keep the pictures there")
    args = parser.parse_args()
    if args.write:
        args.write.mkdir(parents=True, exist_ok=True)
    asyncio.run(measure(args.times, args.write))


if __name__ == "__main__":
    main()
