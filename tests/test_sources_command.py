"""`sources list` and `sources show`: what is configured and how it does, and one source the way the bot reads it."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.clock import now
from bot.model import Cursor
from bot.store import Store
from tests.web.server import Server, answer, serving
from tests.world import rss

REPOSITORY = Path(__file__).parents[1]
SAMPLES = REPOSITORY / "tests" / "samples"
ROWS = """
[[source]]
id = "valley"
name = "Valley Radio"
kind = "feed"
url = "BASE/valley"
languages = ["en", "ar"]
every = "1 h"
grade = "D"
owner = "valley.example"
affiliation = "state"
speaks_for_party_in = ["SY", "UA"]

[[source]]
id = "relief"
name = "Relief"
kind = "reliefweb"
url = "BASE/v2/reports"
languages = ["en"]
grade = "A"
owner = "relief.example"
affiliation = "aggregator"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of config/ with two sources, and a database that isn't there."""
    folder = tmp_path / "config"
    shutil.copytree(REPOSITORY / "config", folder)
    (folder / "bot.toml").write_text('allow_networks = ["127.0.0.0/8"]\n')
    point(folder, "http://127.0.0.1:9")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'w.db'}")
    monkeypatch.setenv("RELIEFWEB_APPNAME", "")
    return folder


def point(folder: Path, base: str) -> None:
    (folder / "sources.toml").write_text(ROWS.replace("BASE", base))


async def lived(path: Path) -> None:
    """The memory of a service: one source heard by its second way, the other failing twice."""
    store = await Store.open(f"sqlite:///{path}")
    try:
        async with store.writing() as tx:
            at = now()
            await tx.polled("relief", Cursor(), at, at - timedelta(minutes=12, seconds=5), None, way="RSS: no name")
            await tx.polled("valley", Cursor(), at, at - timedelta(hours=5, minutes=1), None)
            await tx.failed("valley", "the server answered 404 Not Found", at, at)
            await tx.failed("valley", "the server answered 404 Not Found", at, at)
    finally:
        await store.aclose()


# --- list ----------------------------------------------------------------------------------------


def test_list(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each source with what the file says of it; no database is made only to look."""
    assert main(["--config", str(config), "sources", "list"]) == 0

    heading, valley, relief, *rest = capsys.readouterr().out.splitlines()
    assert heading.split() == ["id", "name", "kind", "languages", "every", "grade", "affiliation", "owner"]
    assert re.split(r"\s{2,}", valley) == [
        "valley", "Valley Radio", "feed", "en,ar", "1 h", "D", "state (SY,UA)", "valley.example",
    ]  # fmt: skip
    assert relief.split()[0] == "relief"
    assert "There is no database yet" in rest[-1]
    assert not (tmp_path / "w.db").exists()


async def test_list_after_a_life(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the file's words: when each was last heard and how, and what fails."""
    await lived(tmp_path / "w.db")
    assert await asyncio.to_thread(main, ["--config", str(config), "sources", "list"]) == 0

    heading, valley, relief = capsys.readouterr().out.splitlines()
    assert heading.endswith("last heard")
    assert valley.endswith("5 h ago, failing (2 times: the server answered 404 Not Found)")
    assert relief.endswith("12 min ago (RSS: no name)")


async def test_list_as_json(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line; what only a database knows is null without one."""
    command = ["--config", str(config), "sources", "list", "--json"]
    assert await asyncio.to_thread(main, command) == 0
    before = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    await lived(tmp_path / "w.db")
    assert await asyncio.to_thread(main, command) == 0
    after = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    valley = before[0]
    assert (valley["id"], valley["every"], valley["languages"]) == ("valley", 3600, ["en", "ar"])
    assert (valley["grade"], valley["affiliation"], valley["speaks_for_party_in"]) == ("D", "state", ["SY", "UA"])
    assert [row["last_heard"] for row in before] == [row["fails"] for row in before] == [None, None]
    assert [(row["fails"], row["last_error"], row["way"]) for row in after] == [
        (2, "the server answered 404 Not Found", None),
        (0, None, "RSS: no name"),
    ]
    assert all(row["last_heard"].endswith("+00:00") for row in after)


async def test_list_beside_a_running_service(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking needs no lock: the service holds it."""
    await lived(tmp_path / "w.db")
    service = await Store.open(f"sqlite:///{tmp_path / 'w.db'}")
    try:
        assert await asyncio.to_thread(main, ["--config", str(config), "sources", "list"]) == 0
    finally:
        await service.aclose()
    assert "12 min ago" in capsys.readouterr().out


# --- show ----------------------------------------------------------------------------------------


async def shown(config: Path, server: Server, *words: str) -> int:
    point(config, server.base)
    return await asyncio.to_thread(main, ["--config", str(config), "sources", "show", *words])


async def test_show_a_configured_source(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By its id, through the real fetcher; its items are lines on standard output and nothing else is."""
    feed = rss("valley", [("Road closed", "The road is closed.", now())])
    async with serving({"/valley": answer(feed)}) as server:
        assert await shown(config, server, "valley") == 0

    out, err = capsys.readouterr()
    (item,) = map(json.loads, out.splitlines())
    assert (item["title"], item["source"], err) == ("Road closed", "valley", "")


async def test_show_says_by_which_way(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A kind with two ways tells on standard error which was taken and why."""
    routes = {"/updates/rss.xml": answer((SAMPLES / "reliefweb" / "rss.xml").read_bytes())}
    async with serving({**routes}) as server:
        assert await shown(config, server, "relief") == 0
        out, err = capsys.readouterr()
        assert err == "Read by RSS: no RELIEFWEB_APPNAME is set\n"
        assert len([line for line in out.splitlines() if "title" in json.loads(line)]) == 2

        assert await shown(config, server, f"{server.base}/updates/rss.xml", "--kind", "reliefweb") == 0
        assert capsys.readouterr().err == "Read by RSS, as configured\n"


async def test_show_a_failure(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line with the reason, exit 1."""
    async with serving({}) as server:
        assert await shown(config, server, "valley") == 1

    assert json.loads(capsys.readouterr().out) == {
        "error": "FetchError",
        "reason": "the server answered 404 Not Found",
    }


def test_show_a_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of a kind is parsed as if it had been fetched."""
    sample = SAMPLES / "reliefweb" / "api.json"
    assert main(["--config", str(config), "sources", "show", str(sample), "--kind", "reliefweb"]) == 0

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["title"].partition(":")[0] for row in rows if "title" in row} == {"DR Congo", "Q&A", "Yemen", "Sudan"}
    assert [row["refused"] for row in rows if "refused" in row] == ["report 5", "report 6", "report 7"]
