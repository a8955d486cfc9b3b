"""`check`: validates configuration and lists every mistake at once."""

from __future__ import annotations

import argparse
import os
from collections import Counter

from bot import settings
from bot.errors import ConfigError
from bot.settings import Settings

NAME = "check"
HELP = "validate configuration; list every mistake: file, key, what to write instead"
EXAMPLE = "python -m bot check"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`check` takes the shared options only."""


def run(args: argparse.Namespace) -> int:
    """0 when everything in args.config and the environment is right, else 2; both are told on standard output."""
    found, wrong = settings.examine(args.config, os.environ)
    problems = (*wrong, *_judge_problems(found))
    for problem in problems:
        print(problem)
    if problems:
        print(
            f"{len(problems)} {'mistake' if len(problems) == 1 else 'mistakes'} in {args.config} and the environment."
        )
        return 2
    print(f"Configuration is right: {_summary(found)}.")
    return 0


def _judge_problems(found: Settings) -> tuple[str, ...]:
    """What the judge says of the words and rules; nothing when a file is missing, for then that was said already."""
    from bot import judge

    texts = (found.keyword_files, found.patterns_toml, found.severity_toml, found.place_tables)
    if not all(texts):
        return ()
    try:
        judge.load(*texts)
    except ConfigError as error:
        return error.problems
    return ()


def _summary(found: Settings) -> str:
    languages = Counter(lang for source in found.sources for lang in source.languages)
    by_language = ", ".join(f"{lang} {count}" for lang, count in sorted(languages.items()))
    token = "token given" if found.token else "no token (chat needs none)"
    return (
        f"{len(found.sources)} sources (by language: {by_language}), words in {len(found.keyword_files)} languages, "
        f"{len(found.place_tables)} tables of places, access {found.bot.access}, "
        f"{len(found.bot.operators)} operators, {token}"
    )
