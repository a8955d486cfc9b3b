"""`check --online`: every source asked once through the real fetcher and parser, against outlets on loopback."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.commands.check import AT_ONCE, Outcome, Probe, probe_all, report
from bot.commands.table import columns
from bot.model import Source
from tests.make import NOW, ago
from tests.web.server import Serve, Server, answer, redirect, serving, web
from tests.world import rss

REPOSITORY = Path(__file__).parents[1]
GOOD = answer(rss("good", [("Road open", "", ago(hours=30)), ("Road closed", "", ago(hours=3))]))


def row(server: Server, ident: str, **fields: object) -> Source:
    return Source(
        **{"id": ident, "name": ident, "kind": "feed", "url": f"{server.base}/{ident}", "languages": ("en",), **fields}
    )  # type: ignore[arg-type]


async def asked(routes: dict[str, bytes | Serve], *idents: str, **settings: object) -> dict[str, Probe]:
    async with serving({f"/{name}": route for name, route in routes.items()}) as server, web(**settings) as fetcher:
        probes = await probe_all([row(server, i) for i in idents or routes], fetcher.fetch, lambda: NOW)
    return {probe.source.id: probe for probe in probes}


async def test_how_sources_answer() -> None:
    """Good, with nothing new, empty, broken, gone, moved: each outcome, with what a person wants to know of it."""
    found = await asked(
        {
            "good": GOOD,
            "undated": answer(b"<rss><channel><item><title>Road open</title></item></channel></rss>"),
            "tired": answer(rss("tired", [("Road open", "", ago(days=45))])),
            "empty": answer(rss("empty", [])),
            "page": answer(b"<html><head><title>We have moved</title></head><body>Bye</body></html>"),
            "old-address": redirect("/good?format=rss"),
            "good?format=rss": GOOD,
        },
        *("good", "undated", "tired", "empty", "page", "gone", "old-address"),
    )

    assert {name: (p.outcome, p.items, p.newest) for name, p in found.items()} == {
        "good": (Outcome.OK, 2, timedelta(hours=3)),
        "undated": (Outcome.OK, 1, None),
        "tired": (Outcome.OLD, 1, timedelta(days=45)),
        "empty": (Outcome.EMPTY, 0, None),
        "page": (Outcome.FAILED, 0, None),
        "gone": (Outcome.FAILED, 0, None),
        "old-address": (Outcome.OK, 2, timedelta(hours=3)),
    }
    assert [name for name, p in found.items() if not p.speaks] == ["empty", "page", "gone"]
    assert found["good"].note == ""
    assert "We have moved" in found["page"].note
    assert found["gone"].note == "the server answered 404 Not Found"
    assert found["old-address"].note.startswith("moved to http://127.0.0.1:")
    assert found["old-address"].note.endswith("/good?format=rss")


async def test_slow_is_not_silent() -> None:
    """A source that takes its time within the deadline speaks; one that never answers fails, and holds up nobody."""

    async def dawdles(server: Server, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(GOOD), 200):
            writer.write(GOOD[start : start + 200])
            await writer.drain()
            await asyncio.sleep(0.01)

    async def never(server: Server, writer: asyncio.StreamWriter) -> None:
        await server.saw_close.wait()

    found = await asked({"never": never, "dawdles": dawdles, "good": GOOD}, deadline=3)

    assert {name: p.outcome for name, p in found.items()} == {
        "never": Outcome.FAILED,
        "dawdles": Outcome.OK,
        "good": Outcome.OK,
    }
    assert found["never"].note == "no answer within 3 s"


async def test_never_more_than_a_few_at_once() -> None:
    """Of twenty sources AT_ONCE are being asked at any time, and their order is kept."""
    under_way = [0]
    most = [0]

    async def counts(server: Server, writer: asyncio.StreamWriter) -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        await asyncio.sleep(0.02)
        under_way[0] -= 1
        writer.write(GOOD)
        await writer.drain()

    found = await asked({f"s{n}": counts for n in range(20)})

    assert list(found) == [f"s{n}" for n in range(20)]
    assert all(p.speaks for p in found.values())
    assert 1 < most[0] <= AT_ONCE


async def test_the_way_is_told_and_our_name_is_not() -> None:
    """A kind with two ways says which it took; where it was redirected to is told without the query."""
    async with serving({"/updates/rss.xml": GOOD, "/v2/here?appname=secret-name": answer(b'{"data": []}')}) as server:
        without = row(server, "without", kind="reliefweb", url=f"{server.base}/v2/reports")
        moved = row(server, "moved", kind="reliefweb", url=f"{server.base}/v2/reports", appname="secret-name")
        async with web() as fetcher:
            (first,) = await probe_all([without], fetcher.fetch, lambda: NOW)
            server.routes |= {path: redirect("/v2/here?appname=secret-name") for path in [_question(moved)]}
            (second,) = await probe_all([moved], fetcher.fetch, lambda: NOW)

    assert first.note == "RSS: no RELIEFWEB_APPNAME is set"
    assert second.note == f"API; moved to {server.base}/v2/here"
    assert "secret-name" not in report([first, second])


def _question(source: Source) -> str:
    from bot.sources import KINDS

    return KINDS[source.kind].request(source).url.removeprefix(source.url.removesuffix("/v2/reports"))


# --- the command ---------------------------------------------------------------------------------


async def checked(folder: Path, routes: dict[str, bytes | Serve], *idents: str) -> int:
    """`check --online` on a copy of config/ whose sources are these paths of a loopback server."""
    config = folder / "config"
    shutil.copytree(REPOSITORY / "config", config)
    (config / "bot.toml").write_text('allow_networks = ["127.0.0.0/8"]\n')
    async with serving({f"/{name}": route for name, route in routes.items()}) as server:
        rows = [
            f'[[source]]\nid = "{i}"\nname = "{i}"\nkind = "feed"\nurl = "{server.base}/{i}"\nlanguages = ["en"]\n'
            f'owner = "{i}.example"\n'
            for i in idents
        ]
        (config / "sources.toml").write_text("\n".join(rows))
        return await asyncio.to_thread(main, ["--config", str(config), "check", "--online"])


async def test_all_speak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, a line for each source, and that all speak."""
    assert await checked(tmp_path, {"a": GOOD, "b": GOOD}, "a", "b") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Configuration is right: 2 sources")
    assert lines[1].split() == ["id", "outcome", "items", "newest", "ms", "note"]
    assert [line.split()[:3] for line in lines[2:4]] == [["a", "ok", "2"], ["b", "ok", "2"]]
    assert "Speaking: 2 of 2." in lines


async def test_one_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, and which; the configuration is right all the same."""
    assert await checked(tmp_path, {"a": GOOD}, "a", "gone") == 1

    out = capsys.readouterr().out
    assert out.startswith("Configuration is right")
    assert "the server answered 404 Not Found" in out
    assert "Speaking: 1 of 2. Not speaking: gone." in out


@pytest.mark.parametrize(
    ("url", "networks", "warning"),
    [
        ("http://127.0.0.1/feed.xml", "", "127.0.0.1 is not a public address"),
        ("http://[::1]:8080/feed.xml", "", "::1 is not a public address"),
        ("http://10.1.2.3/feed.xml", '"127.0.0.0/8"', "10.1.2.3 is not a public address"),
        ("http://127.0.0.1/feed.xml", '"127.0.0.0/8"', ""),
        ("https://relief.example/feed.xml", "", ""),
    ],
)
def test_an_address_that_will_be_refused_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, networks: str, warning: str
) -> None:
    """Without asking anybody; it is no mistake, as all else works."""
    config = tmp_path / "config"
    shutil.copytree(REPOSITORY / "config", config)
    (config / "bot.toml").write_text(f"allow_networks = [{networks}]\n")
    row = f'[[source]]\nid = "a"\nname = "a"\nkind = "feed"\nurl = "{url}"\nlanguages = ["en"]\nowner = "a.example"\n'
    (config / "sources.toml").write_text(row)
    assert main(["--config", str(config), "check"]) == 0
    head, *rest = capsys.readouterr().out.splitlines()
    assert head.startswith("Configuration is right: 1 sources")
    assert rest == ([] if not warning else [
        f'Warning: sources.toml, source "a" will never be read: {warning}; if it is yours, write its network into '
        "allow_networks of bot.toml, as narrow as possible"
    ])  # fmt: skip


async def test_a_wrong_configuration_asks_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, the mistakes, and no table."""
    async with serving({"/a": GOOD}) as server:
        config = tmp_path / "config"
        shutil.copytree(REPOSITORY / "config", config)
        (config / "sources.toml").write_text(f'[[source]]\nid = "a"\nurl = "{server.base}/a"\n')
        assert await asyncio.to_thread(main, ["--config", str(config), "check", "--online"]) == 2
        assert server.connections == 0

    out = capsys.readouterr().out
    assert "kind is missing" in out
    assert "outcome" not in out


# --- tables --------------------------------------------------------------------------------------


def test_columns_are_aligned() -> None:
    """Cells stand under their heading; the last column is not padded."""
    assert columns(("id", "n", "note"), [("long-name", "1", ""), ("x", "10", "why")]) == (
        "id         n   note\nlong-name  1\nx          10  why"
    )


def test_report_names_who_is_old() -> None:
    """Sources with nothing new are named apart: they speak."""
    source = Source("tired", "Tired", "feed", "https://tired.example/", ("en",))
    said = report([Probe(source, Outcome.OLD, 5, 3, timedelta(days=45))])

    assert said.endswith("Speaking: 1 of 1. Nothing new for 30 days: tired.")


def failed(number: int, note: str) -> list[Probe]:
    source = Source("s", "S", "feed", "https://s.example/", ("en",))
    return [Probe(replace(source, id=f"s{n}"), Outcome.FAILED, 5, note=note) for n in range(number)]


def test_one_cause_is_told_first_and_no_source_is_blamed() -> None:
    """When all or nearly all fail in the same way; who fails in another way is still named."""
    said = report(failed(10, "could not resolve the name"))
    assert said.splitlines()[0] == (
        "Nothing could be reached: could not resolve the name. That is the network here, not the sources."
    )
    assert said.endswith("Speaking: 0 of 10.")
    other = Probe(Source("odd", "O", "feed", "https://o.example/", ("en",)), Outcome.FAILED, 5, note="404")
    said = report([*failed(9, "the proxy could not be reached: connection refused"), other])
    assert said.startswith(
        "9 of 10 could not be reached: the proxy could not be reached: connection refused. That is the proxy (PROXY_URL)"
    )
    assert said.endswith("Speaking: 0 of 10. Not speaking: odd.")


@pytest.mark.parametrize("number", [2, 8])
def test_some_failures_are_the_sources_own(number: int) -> None:
    """Two of two, and eight of ten, are told one by one."""
    good = [Probe(Source("g", "G", "feed", "https://g.example/", ("en",)), Outcome.OK, 5, 3)] * (
        2 if number == 8 else 0
    )
    said = report([*failed(number, "could not connect"), *good])
    assert said.startswith("id ")
    assert f"Not speaking: {', '.join(f's{n}' for n in range(number))}." in said
