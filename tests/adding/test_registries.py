"""Whatever stands in a registry has its sample, its help and its page: kinds, languages, commands, severity rules."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import handlers
from bot.judge.lexicon import Language
from bot.judge.patterns import load_patterns
from bot.judge.severity import Rule, holds
from bot.model import Assessment, Body, Item, Source
from bot.sources import KINDS
from handlers.asking import Command, Who
from tests.judge.loaded import CONFIG, JUDGE

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "samples"
NOW = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
LISTED = (*handlers.COMMANDS, handlers.HELP)
RULE_SAMPLES = tomllib.loads((Path(__file__).parent / "rules.toml").read_text("utf-8"))["sample"]


def page(name: str) -> str:
    path = ROOT / "docs" / name
    return path.read_text("utf-8") if path.exists() else ""


# --- kinds of source -----------------------------------------------------------------------------


def payloads(kind: str) -> list[Path]:
    folder = SAMPLES / kind
    return sorted(p for p in folder.glob("*") if not p.name.endswith(".expected.json"))


@pytest.mark.parametrize("kind", KINDS)
def test_kind_has_samples(kind: str) -> None:
    """A kind has a payload of ours in tests/samples/<kind>/ that gives items."""
    assert payloads(kind), f"write tests/samples/{kind}/<name>, and <name>.expected.json beside it"
    expected = [json.loads(p.with_name(f"{p.name}.expected.json").read_text("utf-8")) for p in payloads(kind)]
    assert any(e["items"] for e in expected), f"no sample of {kind} gives an item"


@pytest.mark.parametrize(
    "payload", [p for kind in KINDS for p in payloads(kind)], ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_sample(payload: Path) -> None:
    """The payload parses to the items and refusals beside it, whatever its kind; no test needs writing for a new one."""
    kind, expected = (
        payload.parent.name,
        json.loads(payload.with_name(f"{payload.name}.expected.json").read_text("utf-8")),
    )
    given = expected.get("given", {"url": "https://sample.example/"})
    languages = tuple(given.get("languages", ["en"]))
    source = Source("s", "Sample", kind, given["url"], languages, encoding=given.get("encoding"))
    read = KINDS[kind].parse(
        source, Body(given["url"], payload.read_bytes(), content_type=given.get("content_type", "")), NOW
    )
    assert [(r.where, r.reason) for r in read.refused] == [tuple(r) for r in expected["refused"]]
    assert [shown(i, e) for i, e in zip(read.items, expected["items"], strict=True)] == expected["items"]


def shown(item: Item, expected: dict[str, Any]) -> dict[str, Any]:
    """An item with the keys that the expectation has; a date as it is written there: one moment, or both ends."""
    ends = (item.published.start.isoformat(), item.published.end.isoformat()) if item.published else ()
    both = "/" in (expected.get("published") or "")
    published = ("/".join(ends) if both else ends[0]) if ends else None
    return {key: published if key == "published" else getattr(item, key) for key in expected}


@pytest.mark.parametrize("kind", KINDS)
def test_kind_has_its_paragraph(kind: str) -> None:
    """docs/sources.md says what the kind is for."""
    assert f"`{kind}`" in page("sources.md"), f"name `{kind}` in docs/sources.md and say what it is for"


# --- languages -----------------------------------------------------------------------------------

LANGUAGES = [pytest.param(language, id=code) for code, language in JUDGE.lexicon.languages.items()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_fills_every_concept(language: Language) -> None:
    """A concept without a word makes every pattern with it deaf, and nothing else would say so. A few come from the
    place tables or from other concepts."""
    text = (CONFIG / "keywords" / f"{language.code}.toml").read_text("utf-8")
    filled = {name for name, terms in tomllib.loads(text)["concepts"].items() if terms}
    concepts = load_patterns((CONFIG / "patterns.toml").read_text("utf-8")).concepts
    assert {name for name, meaning in concepts.items() if "not by words" not in meaning} - filled == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_has_examples(language: Language) -> None:
    """Of each category one that worsens and one that improves; five sentences that hold our words and are nothing."""
    counts = Counter((e.is_, e.direction) for e in language.examples)
    wanted = {(c, d) for c in ("siege", "aid_delivery", "route_closure") for d in ("worsening", "improving")}
    assert wanted - set(counts) == set()
    assert sum(n for (is_, _), n in counts.items() if is_ == "nothing") >= 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_has_its_own_small_words(language: Language) -> None:
    """Most function words of a file are in no other file of its script: else they could not tell it apart."""
    others = [x for x in JUDGE.lexicon.languages.values() if x.script == language.script and x is not language]
    own = language.function_words - frozenset().union(*(x.function_words for x in others))
    assert len(own) >= max(5, len(language.function_words) // 2)


# --- commands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", LISTED, ids=lambda c: c.name)
def test_command_can_be_found(command: Command) -> None:
    """A name that Telegram takes, a line of help, and an example that works when it is tapped; an operator's, which may
    need a sentence, when it is typed."""
    assert re.fullmatch(r"[a-z0-9_]{1,32}", command.name)
    assert 3 <= len(command.help) <= 256, "the line in /help and in Telegram's menu"
    tapped, typed = rf"/{command.name}(_\w+)?", rf"/{command.name} .+"
    form = f"{tapped}|{typed}" if command.who is Who.OPERATOR else tapped
    assert re.fullmatch(form, command.example), "spaces are written _ so that it can be tapped"


@pytest.mark.parametrize("command", handlers.MENU, ids=lambda c: c.name)
def test_command_has_its_row(command: Command) -> None:
    """docs/commands.md tells of every command that is listed."""
    assert re.search(rf"/{command.name}\b", page("commands.md")), f"docs/commands.md has no row for /{command.name}"


def test_names_are_taken_once() -> None:
    """Two commands of one name: the first would answer for both."""
    assert [n for n, many in Counter(c.name for c in LISTED).items() if many > 1] == []


# --- severity rules ------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", JUDGE.rules, ids=lambda r: r.name)
def test_rule_has_its_sentence(rule: Rule) -> None:
    """tests/adding/rules.toml has a text in which the rule fires, and the severity that comes of it."""
    mine = [s for s in RULE_SAMPLES if s["rule"] == rule.name]
    assert mine, f'write a [[sample]] with rule = "{rule.name}" into tests/adding/rules.toml'
    for sample in mine:
        judged = JUDGE.judge(Item(id="sample", text=sample["text"]))
        assert isinstance(judged, Assessment), judged.reason
        assert holds(rule, judged.report), sample["text"]
        assert judged.severity.word == sample["severity"], [r.rule for r in judged.reasons]


def test_rules_have_reasons_of_their_own() -> None:
    """/why names each rule and gives its reason: no two alike, none empty; and no sentence is left without its rule."""
    names, reasons = [r.name for r in JUDGE.rules], [r.because.strip() for r in JUDGE.rules]
    assert len(set(names)) == len(names)
    assert len(set(reasons)) == len(reasons)
    assert min(map(len, reasons)) >= 10
    assert {s["rule"] for s in RULE_SAMPLES} <= set(names)
