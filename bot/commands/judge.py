"""`judge`: items as JSON lines in, judgements out, in input order."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bot.errors import ConfigError, InputError
from bot.judge import Judge, load
from bot.judge.wire import item_of, row_of
from bot.model import Dismissal, Item, Judgement
from bot.settings import files

NAME = "judge"
HELP = """Judge items: JSON lines in ("id", "text"; "title", "lang", "published", "source", "url" if known), one
judgement a line out, in input order."""
EXAMPLE = 'python -m bot judge --explain --text "The siege of the town was lifted; 20,000 civilians can leave."'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", default="-", help="JSON lines, - for standard input")
    parser.add_argument("--text", help="judge this text instead of a file")
    parser.add_argument("--explain", action="store_true", help="for people: words, rules and what spoke against")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (1)")


def run(args: argparse.Namespace) -> int:
    judge = load_judge(args.config)
    if args.text is not None:
        print(_said(judge, judge.judge(Item(id="text", text=args.text)), args.explain))
        return 0
    for line in judged_lines(judge, _lines(args.file), args.explain, args.jobs):
        print(line)
    return 0


def load_judge(config: Path) -> Judge:
    """The judge of a configuration folder, without the rest of the settings."""
    problems: list[str] = []
    keywords = files.read_keywords(config, problems)
    patterns, severity = (
        files.read_text(config, name, "restore it from the repository", problems)
        for name in ("patterns.toml", "severity.toml")
    )
    places = files.read_places(config, problems)
    if problems:
        raise ConfigError(problems)
    return load(keywords, patterns, severity, places)


def _lines(name: str) -> Iterator[str]:
    try:
        source = sys.stdin if name == "-" else Path(name).open(encoding="utf-8", errors="replace")  # noqa: SIM115
    except OSError as e:
        raise InputError(f"{name}: {e.strerror}; give a file of JSON lines, or - for standard input") from e
    with source:
        yield from source


_JUDGE: Judge | None = None  # of a worker process, which shares no memory with its parent
_EXPLAIN = False


def judged_lines(judge: Judge, lines: Iterable[str], explained: bool, jobs: int) -> Iterator[str]:
    """One output line per non-empty input line, in order; a bad line becomes an error at its place."""
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    if jobs < 2:
        yield from (_one(judge, explained, n, line) for n, line in numbered)
        return
    with multiprocessing.get_context("fork").Pool(jobs, _start, (judge, explained)) as pool:
        yield from pool.imap(_work, numbered, chunksize=64)


def _start(judge: Judge, explained: bool) -> None:
    global _JUDGE, _EXPLAIN
    _JUDGE, _EXPLAIN = judge, explained


def _work(numbered: tuple[int, str]) -> str:
    assert _JUDGE is not None
    return _one(_JUDGE, _EXPLAIN, *numbered)


def _one(judge: Judge, explained: bool, number: int, line: str) -> str:
    try:
        judged = judge.judge(item_of(_parsed(line)))
    except InputError as e:
        return json.dumps({"line": number, "error": str(e)}, ensure_ascii=False)
    return _said(judge, judged, explained)


def _said(judge: Judge, judged: Judgement, explained: bool) -> str:
    return (
        explain(judged, judge.language_of(judged.item)) if explained else json.dumps(row_of(judged), ensure_ascii=False)
    )


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError, ValueError) as e:
        raise InputError(f"not valid JSON: {e}") from e


def explain(judged: Judgement, language: str | None) -> str:
    """For people: the verdict, the language whose words read the text, its words and its rules."""
    read = f"read as {language}" if language else "no language of ours"
    head = judged.item.words[:90].replace("\n", " ")
    if isinstance(judged, Dismissal):
        words = ", ".join(f"“{e.text}” ({e.concept})" for e in judged.evidence)
        return f"{judged.item.id}: no report - {judged.reason}\n  text: {head} ({read})\n  words: {words or 'none'}\n"
    r = judged.report
    where = f"{r.place_text or 'no place'}, {r.country or 'no country'}"
    out = [
        f"{judged.item.id}: {' + '.join(r.categories)}, {r.direction}, {judged.severity.word}, {judged.certainty}",
        f"  text: {head} ({read})",
        f"  where: {where}; people: {r.people or 'not stated'}; status: {r.status}",
        "  words: " + ", ".join(f"“{e.text}” ({e.concept})" for e in r.evidence),
    ]
    return "\n".join([*out, *(f"  because {x.rule}: {x.because}" for x in judged.reasons), ""])
