"""docs/adding.md does what it says: each recipe is carried out with the files and commands that stand there."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from telegram import BotCommandScopeAllPrivateChats

import handlers
from bot.commands import check
from bot.model import Body, Source
from bot.sources import KINDS
from handlers.menu import introduce
from tests import world as worlds
from tests.adding.test_registries import NOW as SAMPLED
from tests.adding.test_registries import shown
from tests.make import NOW
from tests.world import World

ROOT = Path(__file__).resolve().parents[1]
DOC = (ROOT / "docs" / "adding.md").read_text("utf-8")
_BLOCK = re.compile(r"(?:^`([^`\n]+)`[^\n]*:\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code: the file that it is for (named in the line above it, or ''), its language, its text."""

    path: str
    kind: str
    text: str


def recipe(title: str) -> list[Block]:
    """The blocks of one chapter, in order."""
    (chapter,) = re.findall(rf"^## {title}$(.*?)(?=^## |\Z)", DOC, re.MULTILINE | re.DOTALL)
    return [Block(path or "", kind, text) for path, kind, text in _BLOCK.findall(chapter)]


def block(title: str, path: str) -> str:
    (found,) = (b.text for b in recipe(title) if b.path == path)
    return found


def edited(original: str, diff: str) -> str:
    """`original` with the lines of a diff: `+` goes behind the line above it, which must be there once; a `-` line is
    replaced wherever it stands."""
    anchor, removed = "", ""
    for line in diff.splitlines():
        mark, rest = line[0], line[1:]
        if mark == "-":
            removed = rest
        elif mark == " ":
            anchor = rest
        elif removed:
            assert f"{removed}\n" in original, f"not there any more: {removed}"
            original, removed = original.replace(f"{removed}\n", f"{rest}\n"), ""
        else:
            assert original.count(f"{anchor}\n") == 1, f"not there once: {anchor}"
            original = original.replace(f"{anchor}\n", f"{anchor}\n{rest}\n")
            anchor = rest
    return original


def put(root: Path, one: Block) -> None:
    """Do to the tree below `root` what a block says."""
    file = root / one.path
    if one.kind == "diff":
        file.write_text(edited(file.read_text("utf-8"), one.text), "utf-8")
    elif one.kind in ("toml", "tsv", "markdown") and file.exists():
        file.write_text(f"{file.read_text('utf-8')}\n{one.text}", "utf-8")
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(one.text, "utf-8")


def module(name: str, text: str, folder: Path) -> types.ModuleType:
    """A module made of a block."""
    file = folder / f"{name.rpartition('.')[2]}.py"
    file.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made  # dataclasses look their module up
    spec.loader.exec_module(made)
    return made


@pytest.fixture(name="config")
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of config/ that the world of the test is made of."""
    copy = Path(shutil.copytree(ROOT / "config", tmp_path / "tree" / "config"))
    monkeypatch.setattr(worlds, "CONFIG", copy)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "")
    return copy


def add_source(config: Path, kind: str, language: str) -> None:
    with (config / "sources.toml").open("a", encoding="utf-8") as f:
        f.write(
            f'\n[[source]]\nid = "added"\nname = "Added"\nkind = "{kind}"\nurl = "https://added.example/x"\n'
            f'languages = ["{language}"]\nowner = "added.example"\n'
        )


def checked(config: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` says."""
    capsys.readouterr()
    check.run(argparse.Namespace(config=config, online=False))
    return capsys.readouterr().out


# --- a kind of source ----------------------------------------------------------------------------


@pytest.fixture(name="table")
def _table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The doc's module, registered."""
    made = module("bot.sources.table", block("A kind of source", "bot/sources/table.py"), tmp_path)
    monkeypatch.setitem(KINDS, "table", made.KIND)
    yield
    sys.modules.pop("bot.sources.table")


SAMPLE = "tests/samples/table/two-roads.csv"


def test_kind_reads_its_sample(table: None) -> None:
    """The doc's payload gives the doc's items."""
    expected = json.loads(block("A kind of source", f"{SAMPLE}.expected.json"))
    url = expected["given"]["url"]
    content = block("A kind of source", SAMPLE).encode()
    read = KINDS["table"].parse(Source("s", "S", "table", url, ("en",)), Body(url, content), SAMPLED)
    assert [shown(i, e) for i, e in zip(read.items, expected["items"], strict=True)] == expected["items"]
    assert [[r.where, r.reason] for r in read.refused] == expected["refused"]


async def test_kind_tells_chats(table: None, tmp_path: Path) -> None:
    """What is published over HTTP as this kind is polled, judged, and told; a page of another sort is a failed poll."""
    async with World(tmp_path, NOW) as world:
        world.source("desk", "Monitoring Desk", every=worlds.timedelta(minutes=5))
        await world.subscribe(7)
        app = await world.open()
        desk = replace(app.watch.sources["desk"], kind="table")
        head, *rows = block("A kind of source", SAMPLE).splitlines(keepends=True)
        world.serve("desk", f"{head}w-0,2026-11-20,Market day,All calm.,\n".encode())
        assert (await app.watch.poll(desk)).items == 1
        today = "".join(rows).replace("2026-01-14T07:30", f"{NOW:%Y-%m-%dT%H:%M}")
        world.serve("desk", (head + today).encode())
        polled = await app.watch.poll(desk)
        assert (polled.items, polled.new) == (2, 2)
        await app.deliver.drain()
        (alert,) = world.told(7)
        assert alert.text.startswith("EXTREME: ")
        assert "Idlib" in alert.text
        world.serve("desk", b"<html>moved</html>")
        assert (await app.watch.poll(desk)).error == "a table without the columns date, id, title"


def test_kind_may_stand_in_a_row(table: None, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` takes a source of the new kind, and names the kinds there are when it is not registered."""
    add_source(config, "table", "en")
    assert "Configuration is right" in checked(config, capsys)
    del KINDS["table"]
    try:
        assert '"table" is not a kind of source' in checked(config, capsys)
    finally:
        KINDS["table"] = sys.modules["bot.sources.table"].KIND


# --- a language ----------------------------------------------------------------------------------


def test_language_pieces_are_those_of_the_file() -> None:
    """What the doc shows of the smallest file stands in it, to the letter."""
    whole = (ROOT / "tests" / "adding" / "it.toml").read_text("utf-8")
    pieces = [b.text for b in recipe("A language") if b.kind == "toml" and not b.path]
    assert len(pieces) >= 5
    assert [p for p in pieces if p not in whole] == []


async def test_language_is_heard(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the file `check` refuses its sources; with it, and the line of the country, an Italian text is told, in
    its country, and the neighbours' words are untouched."""
    add_source(config, "feed", "it")
    assert '"it" is not a language with a file in keywords/' in checked(config, capsys)
    shutil.copy(ROOT / "tests" / "adding" / "it.toml", config / "keywords")
    assert "Configuration is right" in checked(config, capsys)
    (cues,) = (b for b in recipe("A language") if b.kind == "tsv")
    put(config.parent, cues)
    async with World(tmp_path, NOW) as world:
        world.source("radio", "Radio")
        await world.subscribe(7)
        await world.polls()
        world.publish(
            "radio",
            "Gli insorti accerchiano un villaggio",
            "In Ciad, il villaggio è sotto assedio e i civili non hanno cibo.",
        )
        world.publish("radio", "Calcio", "La squadra ha vinto il campionato dopo un assedio alla porta, con molti gol.")
        await world.polls()
        (alert,) = world.told(7)
        assert "TD" in alert.text.splitlines()[0]
        assert "accerchiano" in await world.ask(7, "/why_1")


def test_language_examples(config: Path) -> None:
    """The file's own examples are judged as it says, and so are those of all others beside it."""
    from bot.commands.judge import load_judge
    from bot.model import Assessment, Item

    shutil.copy(ROOT / "tests" / "adding" / "it.toml", config / "keywords")
    judge = load_judge(config)
    wrong = []
    for code, language in judge.lexicon.languages.items():
        for e in language.examples:
            judged = judge.judge(Item(id=code, text=e.text, lang=code))
            if isinstance(judged, Assessment):
                said = e.is_ in judged.report.categories and e.direction in (None, judged.report.direction)
            else:
                said = e.is_ == "nothing"
            wrong += [] if said else [f"{code}: {e.text}"]
    assert wrong == []


# --- a command -----------------------------------------------------------------------------------


@pytest.fixture(name="worst")
def _worst(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The doc's module, and handlers/__init__.py with the doc's lines."""
    made = module("handlers.worst", block("A command", "handlers/worst.py"), tmp_path)
    monkeypatch.setattr(handlers, "worst", made, raising=False)
    text = edited((ROOT / "handlers" / "__init__.py").read_text("utf-8"), block("A command", "handlers/__init__.py"))
    names: dict[str, object] = {"__name__": "handlers"}
    exec(compile(text, "handlers/__init__.py", "exec"), names)  # the registry as the doc leaves it
    for name in ("COMMANDS", "HELP", "MENU", "HANDLERS"):
        monkeypatch.setattr(handlers, name, names[name])
    yield
    sys.modules.pop("handlers.worst")


async def test_command_answers(worst: None, tmp_path: Path) -> None:
    """It answers, stands in /help and in Telegram's menu, and its button says why; the doc's own test passes."""
    async with World(tmp_path, NOW) as world:
        assert "Nothing that I know of is open" in await world.ask(7, "/worst")
        assert "/worst - the worst of what is open (try /worst)" in await world.ask(7, "/help")
        bot = world.app.telegram.bot
        await introduce(bot, handlers.MENU, ())
        menu = await bot.get_my_commands(scope=BotCommandScopeAllPrivateChats())
        names = [c.command for c in menu]
        assert names.index("worst") == names.index("latest") + 1
    (text,) = (b.text for b in recipe("A command") if b.kind == "python" and not b.path)
    names_of_test: dict[str, object] = {"World": World, "NOW": NOW}
    exec(text, names_of_test)
    folder = tmp_path / "doc"
    folder.mkdir()
    await names_of_test["test_worst"](folder)


# --- a severity rule -----------------------------------------------------------------------------


async def test_rule_is_seen(config: Path, tmp_path: Path) -> None:
    """The sentence is minor before and severe after; the alert and /why name the rule's reason."""
    samples = config.parent / "tests" / "adding" / "rules.toml"
    samples.parent.mkdir(parents=True)
    samples.touch()
    edits = [b for b in recipe("A severity rule") if b.path]
    assert [b.path for b in edits] == [*["config/severity.toml"] * 3, "tests/adding/rules.toml"]
    sentence = re.search(r'text = "(.+)"', edits[-1].text)
    assert sentence is not None
    heads = []
    for n in range(2):
        folder = tmp_path / str(n)
        folder.mkdir()
        async with World(folder, NOW) as world:
            world.source("un", "UN Desk")
            await world.subscribe(7)
            await world.polls()
            world.publish("un", "Update", sentence[1])
            await world.polls()
            (alert,) = world.told(7)
            why = await world.ask(7, "/why_1")
        heads.append(alert.text.partition(":")[0])
        for edit in edits if n == 0 else ():
            put(config.parent, edit)
    assert heads == ["MINOR", "SEVERE"]
    assert "sick or wounded people cannot be taken out" in alert.text
    assert "\nSick or wounded people cannot be taken out\n" in why


# --- to the letter -------------------------------------------------------------------------------

TREE = ("bot", "handlers", "config", "tests", "tools", "docs", "evaluation", "pyproject.toml")


@pytest.mark.slow
@pytest.mark.parametrize("title", ["A kind of source", "A language", "A command", "A severity rule"])
def test_followed_to_the_letter(title: str, tmp_path: Path) -> None:
    """On a copy of the tree: every file written, every line added, every command run, in the order of the page; each
    prints the lines that the page shows."""
    for name in TREE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tmp_path / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "TELEGRAM_BOT_TOKEN": ""}
    said = None
    for one in recipe(title):
        if one.kind == "sh":
            ran = subprocess.run(
                ["sh", "-euc", one.text],
                cwd=tmp_path,
                env=environ,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert ran.returncode == 0, f"{one.text}\n{ran.stdout}\n{ran.stderr}"
            said = ran.stdout
        elif one.kind == "text":
            assert said is not None
            missing = [line for line in one.text.splitlines() if line.removesuffix("...").rstrip() not in said]
            assert missing == [], said
            said = None
        elif one.path:
            put(tmp_path, one)
