"""`check`: validates configuration and lists every mistake at once; `--online` also asks each source."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from bot import settings
from bot.clock import now
from bot.commands.table import columns
from bot.errors import ConfigError, FetchError, SourceError
from bot.model import Cursor, Source
from bot.settings import Settings
from bot.sources.reading import Fetch, Heard, hear
from bot.web.guard import Guard, parse
from bot.words.phrases import count, span

NAME = "check"
HELP = (
    "Validate configuration; list every mistake: file, key, what to write instead (exit 2). With --online also ask "
    "each source once and print how it answers; exit 1 when some do not speak."
)
EXAMPLE = "python -m bot check --online"
AT_ONCE = 8
NEARLY_ALL = 0.9  # of all sources, and at least
A_FEW = 3  # of them: failing in the same way has one cause, which is not theirs
OLD = timedelta(days=30)  # a source whose newest item is older answers, but has nothing to say


class Outcome(StrEnum):
    """What became of asking a source. The first two speak."""

    OK = "ok"
    OLD = "old"
    EMPTY = "empty"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Probe:
    """One source asked once. `newest`: how old its newest dated item is, None when none is dated; `ms`: milliseconds
    from the question to the items; `note`: the way where there are several, where it moved to, or what went wrong."""

    source: Source
    outcome: Outcome
    ms: int
    items: int = 0
    newest: timedelta | None = None
    note: str = ""

    @property
    def speaks(self) -> bool:
        return self.outcome in (Outcome.OK, Outcome.OLD)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--online", action="store_true", help="also ask each source once, and print how it answers")


def run(args: argparse.Namespace) -> int:
    """0 when everything in args.config and the environment is right, else 2; 1 when it is right and online some
    sources do not speak. A source that can't be reached as things stand is a warning. All is told on standard output.
    """
    found, wrong = settings.examine(args.config, os.environ)
    problems = (*wrong, *_judge_problems(found))
    for problem in problems:
        print(problem)
    if problems:
        print(f"{count(len(problems), 'mistake', 'mistakes')} in {args.config} and the environment.")
        return 2
    print(f"Configuration is right: {_summary(found)}.")
    for sentence in never_read(found):
        print(sentence)
    for name in found.unused:
        print(f"{name} is set, but this version does not use it: updates are polled and nothing listens on a port.")
    if not args.online:
        return 0
    print(f"Asking {count(len(found.sources), 'source', 'sources')}, {AT_ONCE} at once ...", file=sys.stderr)
    probes = asyncio.run(_ask(found))
    print(report(probes))
    return 0 if all(probe.speaks for probe in probes) else 1


def never_read(found: Settings) -> list[str]:
    """A sentence for each source whose address, as it is written, the fetcher will refuse, and what to write. What a
    name leads to is known only when it is asked."""
    guard = Guard([str(n) for n in found.bot.allow_networks], proxied=found.proxy_url is not None)
    sentences = []
    for source in found.sources:
        try:
            guard.check(parse(source.url))
        except FetchError as error:
            sentences.append(
                f'Warning: sources.toml, source "{source.id}" will never be read: {error.reason}; if it is yours, '
                "write its network into allow_networks of bot.toml, as narrow as possible"
            )
    return sentences


async def probe_all(sources: Sequence[Source], fetch: Fetch, clock: Callable[[], datetime] = now) -> list[Probe]:
    """Asks each source once by `fetch`, AT_ONCE side by side; in the order of `sources`."""
    free = asyncio.Semaphore(AT_ONCE)

    async def probe(source: Source) -> Probe:
        async with free:
            return await _probe(source, fetch, clock())

    return await asyncio.gather(*map(probe, sources))


def report(probes: Sequence[Probe]) -> str:
    """The table, and under it who does not speak, and who has nothing new; before it the one cause, where there is."""
    rows = [
        (p.source.id, p.outcome.value, str(p.items), span(p.newest) if p.newest is not None else "-", str(p.ms), p.note)
        for p in probes
    ]
    why, alike = _common_cause(probes)
    silent = [p.source.id for p in probes if not p.speaks and (p.outcome, p.note) != (Outcome.FAILED, why)]
    old = [p.source.id for p in probes if p.outcome is Outcome.OLD]
    summary = [f"Speaking: {sum(p.speaks for p in probes)} of {len(probes)}."]
    summary += [f"Not speaking: {', '.join(silent)}."] if silent else []
    summary += [f"Nothing new for {span(OLD)}: {', '.join(old)}."] if old else []
    table = f"{columns(('id', 'outcome', 'items', 'newest', 'ms', 'note'), rows)}\n\n{' '.join(summary)}"
    if why is None:
        return table
    head = "Nothing could be reached" if alike == len(probes) else f"{alike} of {len(probes)} could not be reached"
    whose = "the proxy (PROXY_URL)" if why.startswith("the proxy") else "the network here"
    return f"{head}: {why}. That is {whose}, not the sources.\n\n{table}"


def _common_cause(probes: Sequence[Probe]) -> tuple[str | None, int]:
    """Why nearly all sources failed in the same way, and how many did; (None, 0) where that is not so."""
    failed = Counter(p.note for p in probes if p.outcome is Outcome.FAILED)
    why, alike = max(failed.items(), key=lambda pair: pair[1], default=("", 0))
    return (why, alike) if alike >= max(A_FEW, NEARLY_ALL * len(probes)) else (None, 0)


async def _ask(found: Settings) -> list[Probe]:
    from bot.app import web_of

    async with web_of(found) as web:
        return await probe_all(found.sources, web.fetch)


async def _probe(source: Source, fetch: Fetch, at: datetime) -> Probe:
    start = time.monotonic()
    try:
        heard: Heard | SourceError = await hear(source, fetch, Cursor(), at)
    except SourceError as error:
        heard = error
    return _judged(source, heard, round((time.monotonic() - start) * 1000), at)


def _judged(source: Source, heard: Heard | SourceError, ms: int, at: datetime) -> Probe:
    """What an answer, or its failure, says of the source."""
    if isinstance(heard, SourceError):
        return Probe(source, Outcome.FAILED, ms, note=heard.reason)
    items = heard.page.items
    newest = max((item.published.end for item in items if item.published), default=None)
    age = max(at - newest, timedelta()) if newest else None
    outcome = Outcome.EMPTY if not items else Outcome.OLD if age is not None and age > OLD else Outcome.OK
    refused = count(len(heard.page.refused), "entry", "entries") + " left out" if heard.page.refused else ""
    notes = (heard.way or "", _moved(source, heard), refused)
    return Probe(source, outcome, ms, len(items), age, "; ".join(filter(None, notes)))


def _moved(source: Source, heard: Heard) -> str:
    """Where a redirect led; without the query where that may hold the name by which a publisher knows us."""
    if heard.body.url == heard.asked:
        return ""
    parts = urlsplit(heard.body.url)._replace(fragment="")
    return f"moved to {(parts._replace(query='') if source.appname else parts).geturl()}"


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
    by_language = ", ".join(f"{lang} {number}" for lang, number in sorted(languages.items()))
    token = "token given" if found.token else "no token (chat needs none)"
    return (
        f"{len(found.sources)} sources (by language: {by_language}), words in {len(found.keyword_files)} languages, "
        f"{len(found.place_tables)} tables of places, access {found.bot.access}, "
        f"{len(found.bot.operators)} operators, {token}"
    )
