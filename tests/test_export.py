"""`export`: what analysts get, checked by the rules of each format; and that it only reads."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.clock import now
from bot.model import Change, ChangeKind, Incident, Severity, State, Status, Subscription
from bot.store import Store
from bot.words.export import COLUMNS, LINKS, row
from bot.words.iso3 import ISO2, ISO3
from tests.make import NOW, a_place, a_told, ago, an_incident, evidence

ROOT = Path(__file__).resolve().parents[1]
CHAT = 987_654_321
EVIL = '=HYPERLINK("https://evil.example","x")'


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "watch.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


async def lived(path: Path, *incidents: Incident) -> None:
    """A service has stored these, with a subscriber who was told."""
    store = await Store.open(f"sqlite:///{path}")
    await store.subscribe(Subscription(CHAT, None, Severity.MINOR), NOW.date())
    for incident in incidents:
        async with store.writing() as tx:
            saved = await tx.save(Change(ChangeKind.OPENED, replace(incident, number=0), "first"), NOW)
            await tx.enqueue(saved.change_id, saved.change, NOW)
    await store.aclose()


async def exported(capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> str:
    assert await asyncio.to_thread(main, ["export", "--format", *words]) == 0
    return capsysbinary.readouterr().out.decode("utf-8")


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def mixed() -> list[Incident]:
    """In the west; without coordinates; without a place, resolved, of several sources."""
    bogota = a_place("Bogotá", key="co/b", country="CO", lat=4.61, lon=-74.08, pcode="CO11", within=("CO",))
    said = (a_told(item_id="2", source_id="un", source_name="UN | News", owner="un", grade="A", title="رفح", url="https://un.example/2",
                   seen=ago(minutes=5)), a_told(title=EVIL))  # fmt: skip
    return [
        an_incident(place=bogota, country="CO", told=(a_told(title=EVIL, source_name="@evil", url="javascript:x"),)),
        an_incident(place=a_place(lat=None, lon=None), told=said),
        an_incident(place=None, country=None, place_text="-the hills", state=State.RESOLVED, resolved=NOW, people=None),
    ]


async def test_csv(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A row of names, one row an incident in the order of numbers; what is not known is empty."""
    await lived(database, *mixed())
    west, here, nowhere = table(await exported(capsysbinary, "csv"))
    assert list(west) == list(COLUMNS)
    assert [r["id"] for r in (west, here, nowhere)] == ["CO-1", "SY-2", "ZZ-3"]
    assert (west["lon"], west["iso3"], west["pcode"], west["place"]) == ("-74.08", "COL", "CO11", "Bogotá")
    assert (here["lat"], here["lon"], here["people"], here["corroborated"]) == ("", "", "120000", "false")
    assert (here["sources"], here["owners"], here["grades"]) == ("River News|UN / News", "river|un", "C|A")
    assert (here["title"], here["links"]) == ("رفح", "https://un.example/2|https://river.example/a?id=1&x=2")
    assert (nowhere["country"], nowhere["iso3"], nowhere["people"]) == ("", "", "")
    assert (nowhere["state"], nowhere["resolved"]) == ("resolved", "2026-11-22T14:00:00Z")


async def test_no_cell_is_a_formula(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Whatever a publisher calls itself or its report; only numbers keep their sign. No link but to the web."""
    await lived(database, *mixed())
    rows = table(await exported(capsysbinary, "csv"))
    assert [rows[0]["title"], rows[0]["sources"], rows[2]["place"]] == [f"'{EVIL}", "'@evil", "'-the hills"]
    assert rows[0]["links"] == ""
    for cells in rows:
        assert not [c for name, c in cells.items() if c[:1] in {*"=+-@\t\r", "＝"} and name not in {"lat", "lon"}]


async def test_hxl(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """The same under a row of hashtags, one a column, each written as HXL 1.1 says and none of them twice."""
    await lived(database, *mixed())
    plain, tagged = await exported(capsysbinary, "csv"), await exported(capsysbinary, "hxl")
    names, tags, *rest = csv.reader(io.StringIO(tagged, newline=""))
    assert [names, *rest] == list(csv.reader(io.StringIO(plain, newline="")))
    assert len(set(tags)) == len(names)
    for tag in tags:
        assert re.fullmatch(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*", tag), tag
    core = "#event #status #severity #meta #country #loc #adm1 #geo #affected #access #date #description".split()
    assert {tag.partition("+")[0] for tag in tags} == set(core)


async def test_geojson(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """RFC 7946: longitude first, null where nothing is known, a box around all, and no member where none may be."""
    await lived(database, *mixed(), an_incident())
    found = json.loads(await exported(capsysbinary, "geojson"))
    assert_rfc7946(found)
    points = [f["geometry"] and f["geometry"]["coordinates"] for f in found["features"]]
    assert points == [[-74.08, 4.61], None, None, [40.1, 35.3]]
    assert found["bbox"] == [-74.08, 4.61, 40.1, 35.3]
    assert found["features"][1]["properties"]["sources"] == ["River News", "UN / News"]


def assert_rfc7946(found: dict[str, Any]) -> None:
    """Sections 3.1.1, 3.2, 3.3, 5 and 7.1."""
    assert set(found) <= {"type", "features", "bbox"}
    assert found["type"] == "FeatureCollection"
    west, south, east, north = found.get("bbox", (-180, -90, 180, 90))
    assert -180 <= west <= 180
    assert -180 <= east <= 180
    assert -90 <= south <= north <= 90
    for feature in found["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert feature["type"] == "Feature"
        assert isinstance(feature["id"], str)
        assert isinstance(feature["properties"], dict)
        if feature["geometry"] is not None:
            assert set(feature["geometry"]) == {"type", "coordinates"}
            assert feature["geometry"]["type"] == "Point"
            lon, lat = feature["geometry"]["coordinates"]
            assert west <= lon <= east
            assert south <= lat <= north


async def test_json(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """One array; each source with its reports, the newest first."""
    await lived(database, *mixed())
    rows = json.loads(await exported(capsysbinary, "json"))
    river, un = rows[1]["sources"]
    assert (river["name"], river["owner"], river["grade"]) == ("River News", "river", "C")
    assert un["reports"] == [
        {
            "title": "رفح", "link": "https://un.example/2", "published": "2026-11-22T12:00:00Z",
            "seen": "2026-11-22T13:55:00Z", "independent": True, "severity": "extreme", "direction": "worsening",
        }
    ]  # fmt: skip
    assert rows[0]["sources"][0]["reports"][0]["link"] is None


@pytest.mark.parametrize("how", ["csv", "hxl", "geojson", "json"])
async def test_nothing_at_all(database: Path, capsysbinary: pytest.CaptureFixture[bytes], how: str) -> None:
    """A database without an incident is no error: valid, and empty."""
    await lived(database)
    text = await exported(capsysbinary, how)
    found = {"csv": table, "hxl": lambda t: table(t)[1:], "json": json.loads, "geojson": lambda t: json.loads(t)["features"]}  # fmt: skip
    assert found[how](text) == []
    assert "bbox" not in text


@pytest.mark.parametrize("how", ["csv", "hxl", "geojson", "json"])
async def test_no_word_of_any_chat(database: Path, capsysbinary: pytest.CaptureFixture[bytes], how: str) -> None:
    await lived(database, *mixed())
    assert str(CHAT) not in await exported(capsysbinary, how)


@pytest.mark.parametrize("how", ["csv", "geojson", "json"])
async def test_what_tells_a_movement_is_left_out(
    database: Path, capsysbinary: pytest.CaptureFixture[bytes], how: str
) -> None:
    """As in an alert: no word of the source and no link, the place and the rest stay."""
    coming = an_incident(status=Status.ANNOUNCED, evidence=evidence("relief.move"), told=(a_told(title="at 06:00"),))
    await lived(database, coming)
    text = await exported(capsysbinary, how)
    assert "06:00" not in text.replace("T06:00", "")
    assert "river.example" not in text
    assert "Qasr Nahr" in text


async def test_which_are_written(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Real ones that stand; with --all those taken back, with --exercise those of exercises; never a merged one."""
    at = now()
    await lived(
        database,
        an_incident(updated=at - timedelta(days=9)),
        an_incident(state=State.WITHDRAWN, updated=at),
        an_incident(exercise=True, updated=at),
        an_incident(country="SD", updated=at - timedelta(hours=5)),
        an_incident(state=State.MERGED, into=1, updated=at),
    )

    async def ids(*words: str) -> list[str]:
        return [r["id"] for r in table(await exported(capsysbinary, "csv", *words))]

    assert await ids() == ["SY-1", "SD-4"]
    assert await ids("--all") == ["SY-1", "SY-2", "SD-4"]
    assert await ids("--exercise") == ["SY-3"]
    assert await ids("--since", "7d") == await ids("--since", "6h") == ["SD-4"]
    assert await ids("--since", "4h") == []
    assert await ids("--since", f"{at - timedelta(days=8):%Y-%m-%d}") == ["SD-4"]
    assert await ids("--since", "2020-01-01") == ["SY-1", "SD-4"]
    assert await ids("--country", "sd") == await ids("--country", "SDN") == ["SD-4"]


async def test_more_than_one_batch(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """All of them, each once, in order."""
    await lived(database, *[an_incident()] * 450)
    assert [r["id"] for r in table(await exported(capsysbinary, "csv"))] == [f"SY-{n}" for n in range(1, 451)]


async def test_beside_a_running_service(database: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """It takes no lock, waits for none, and leaves the database as it was."""
    await lived(database, *mixed())
    service = await Store.open(f"sqlite:///{database}")
    async with service.writing() as tx:  # the write lock is held
        await tx.save(Change(ChangeKind.OPENED, an_incident(number=0), "first"), NOW)
        assert len(table(await exported(capsysbinary, "csv"))) == 3
    assert len(table(await exported(capsysbinary, "csv"))) == 4
    await service.aclose()
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert await asyncio.to_thread(main, ["export", "--format", "csv", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


async def test_no_database(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor is one made."""
    assert "there is no database at" in await refused(capsys)
    assert not list(database.parent.glob("watch.db*"))


async def test_a_file_that_is_none(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database.write_text("Dear diary, " * 99)
    assert "can't be read as a database" in await refused(capsys)


@pytest.mark.parametrize(
    ("schema", "says"),
    [("9999", "newer version of Access Watch (schema 9999)"), ("0002", "start the service once")],
)
async def test_another_version(database: Path, capsys: pytest.CaptureFixture[str], schema: str, says: str) -> None:
    """Refused, and not migrated."""
    await lived(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    assert says in await refused(capsys)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(schema,)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "yesterday"), "--since yesterday: write a day, such as 2026-05-04"),
        (("--since", "2026-13-01"), "--since 2026-13-01: write"),
        (("--country", "Syria"), "--country Syria: write the ISO code of a country, such as SY"),
        (("--country", "QQ"), "--country QQ: write"),
    ],
)
async def test_wrong_words(
    database: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    await lived(database)
    assert says in await refused(capsys, *words)


def test_links_are_bounded_in_a_table() -> None:
    """The newest stay; JSON has all of them."""
    told = tuple(a_told(item_id=str(n), url=f"https://a.example/{n}", seen=ago(minutes=n)) for n in range(30))
    links = row(an_incident(told=told))["links"]
    assert links == tuple(f"https://a.example/{n}" for n in range(LINKS))


def test_every_country_that_we_know_has_three_letters() -> None:
    rows = (ROOT / "config" / "places" / "countries.tsv").read_text("utf-8").splitlines()
    ours = {line.partition("\t")[0] for line in rows if not line.startswith("#")}
    assert ours == set(ISO3)
    assert len(ISO2) == len(ISO3)


def test_the_page_explains_each_column() -> None:
    """docs/export.md has a row for each, with its hashtag."""
    page = (ROOT / "docs" / "export.md").read_text("utf-8")
    for name, tag in COLUMNS.items():
        assert f"| `{name}` | `{tag}` |" in page, f"docs/export.md has no row for {name}"
