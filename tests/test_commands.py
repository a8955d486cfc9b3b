"""The command line: every subcommand explains itself, and wrong input is answered with what to write instead."""

from __future__ import annotations

import importlib
import json

import pytest

from bot.__main__ import COMMANDS, main
from tests.world import rss


@pytest.mark.parametrize("name", COMMANDS)
def test_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` says what a subcommand does, with an example."""
    with pytest.raises(SystemExit) as left:
        main([name, "--help"])
    assert left.value.code == 0
    module = importlib.import_module(f"bot.commands.{'eval_' if name == 'eval' else name}")
    said = " ".join(capsys.readouterr().out.split())
    assert " ".join(module.EXAMPLE.split())[:60] in said
    assert f"bot {name}" in module.EXAMPLE


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["judge", "nowhere.jsonl"], "nowhere.jsonl"),
        (["eval", "nowhere.jsonl"], "nowhere.jsonl"),
        (["eval", "nowhere.jsonl", "--fold", "x"], "--fold 3,4"),
        (["replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--config", "nowhere", "check"], "no such folder"),
    ],
)
def test_wrong_input(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 and a sentence, never a traceback."""
    assert main(words) == 2
    out = capsys.readouterr()
    assert says in out.err + out.out


def test_sources_show(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file's items as JSON lines, ready for judge; a page that is no feed is one line and exit 1."""
    from tests.make import NOW

    feed = tmp_path / "feed.xml"
    feed.write_bytes(rss("un", [("Siege lifted", "The siege was lifted.", NOW)]))
    assert main(["sources", "show", str(feed)]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["title"], row["url"]) == ("Siege lifted", "https://un.example/0")
    feed.write_text("<html><body>no feed</body></html>")
    assert main(["sources", "show", str(feed)]) == 1
    assert set(json.loads(capsys.readouterr().out)) == {"error", "reason"}


def test_replay(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    """Recorded items become incidents and alerts, dated by when they were fetched."""
    rows = [
        {"id": "a", "title": "Siege of Idlib", "text": "Troops besieged Idlib in Syria; civilians are trapped without food.",
         "source": "www.one.example", "published": "2026-01-01T10:00:00Z", "fetched": "2026-01-01T10:01:00Z"},
        {"id": "b", "title": "Besieged Idlib lacks water", "text": "Residents of besieged Idlib in Syria have no food.",
         "source": "two.example", "published": "2026-01-01T12:00:00Z", "fetched": "2026-01-01T12:01:00Z"},
        {"id": "c", "title": "Football", "text": "", "source": "two.example", "fetched": "2026-01-01T13:00:00Z"},
    ]  # fmt: skip
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(map(json.dumps, reversed(rows))))
    assert main(["replay", str(file)]) == 0
    out = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (incident,) = [r for r in out if r["type"] == "incident"]
    assert incident["items"] == ["a", "b"]
    alerts = [r for r in out if r["type"] == "alert"]
    assert [(a["change"], a["at"]) for a in alerts] == [
        ("opened", "2026-01-01T10:01:00+00:00"),
        ("corroborated", "2026-01-01T12:01:00+00:00"),
    ]
    assert alerts[0]["text"].startswith("SEVERE")


async def test_a_button_number_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """The terminal chat goes on: it says so, and presses nothing. So with the button of a message that is gone."""
    from types import SimpleNamespace

    from bot.commands.chat import Terminal
    from bot.local.core import BotApi

    terminal = Terminal(BotApi(), SimpleNamespace())  # type: ignore[arg-type]  # the app is not asked
    await terminal.press(99)
    assert "There is no button 99" in capsys.readouterr().out
    terminal.buttons = [(7, "latest*AAAAAAAA")]
    await terminal.press(1)
    assert "That button is gone" in capsys.readouterr().out
