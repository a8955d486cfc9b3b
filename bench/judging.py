"""How fast texts are judged: `python bench/judging.py FILE.jsonl [--texts N]`.

FILE has lines as `judge` reads them ("id", "text", ...). Everything is timed in one process on the same texts, and only
the ratios carry over to other machines:

- the matching of terms alone: our automaton, beside one `re` alternation of the same terms on the same folded texts;
- the same automaton with twice as many terms, of which the second half stands in no text;
- a whole judgement, from text to reasons; and the share of texts that are reports;
- `judge FILE` as a command with one process and with as many as there are cores, start included;
- the most memory this process had, and the time from start to the first judgement.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.commands.judge import load_judge
from bot.judge.lexicon import Language, LanguageFile
from bot.judge.text import Folded, fold, fold_term
from bot.judge.wire import item_of
from bot.model import Dismissal
from bot.settings import files

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="JSON lines as judge reads them")
    parser.add_argument("--texts", type=int, default=20_000, help="how many of them, at most (20000)")
    args = parser.parse_args(argv)
    with args.file.open(encoding="utf-8") as lines:
        rows = [line for line, _ in zip(lines, range(args.texts), strict=False)]

    began = time.perf_counter()
    judge = load_judge(ROOT / "config")
    items = [item_of(json.loads(line)) for line in rows]
    judge.judge(items[0])
    print(f"texts                          {len(items)}")
    print(f"config read, first judgement   {time.perf_counter() - began:.2f} s")

    data = _language_files()
    by_language: dict[str, list[Folded]] = defaultdict(list)
    for item in items:
        folded = fold(item.words)
        chosen = judge.lexicon.choose(folded, item.lang)
        if chosen is not None:
            by_language[chosen.code].append(folded)
    ours = _best(lambda: [judge.lexicon.languages[c].find(f) for c, texts in by_language.items() for f in texts])
    doubled = {code: Language(_doubled(data[code])) for code in by_language}
    twice = _best(lambda: [doubled[c].find(f) for c, texts in by_language.items() for f in texts])
    plain = {code: _alternation(data[code]) for code in by_language}
    theirs = _best(lambda: [[*plain[c].finditer(f.text)] for c, texts in by_language.items() for f in texts])
    print(f"terms                          {sum(len(_terms(d)) for d in data.values())} in {len(data)} languages")
    print(f"matching alone                 {len(items) / ours:,.0f} texts/s")
    print(
        f"  one re alternation           {len(items) / theirs:,.0f} texts/s: ours is {theirs / ours:.1f} times as fast"
    )
    print(f"  twice as many terms          {len(items) / twice:,.0f} texts/s: {twice / ours:.2f} times the time")

    judged: list[object] = []
    whole = _best(lambda: judged.extend(judge.judge(i) for i in items))
    reports = sum(not isinstance(j, Dismissal) for j in judged) / len(judged)
    print(f"whole judgement                {len(items) / whole:,.0f} texts/s; {reports:.1%} are reports")
    print(f"most memory                    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")

    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.jsonl"
        part.write_text("".join(rows), encoding="utf-8")
        one, many = (_command(part, jobs) for jobs in (1, cores))
    print(f"judge FILE, 1 process          {one:.1f} s")
    print(f"judge FILE, {cores} processes        {many:.1f} s: {one / many:.2f} times as fast")


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def _command(file: Path, jobs: int) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "bot", "judge", "--jobs", str(jobs), str(file)]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _language_files() -> dict[str, LanguageFile]:
    import tomllib

    texts = files.read_keywords(ROOT / "config", [])
    return {code: LanguageFile.model_validate(tomllib.loads(text)) for code, text in texts.items()}


def _terms(data: LanguageFile) -> list[str]:
    return [t for terms in data.concepts.values() for t in terms] + [t for f in data.false_friend for t in f.terms]


def _doubled(data: LanguageFile) -> LanguageFile:
    """The same terms, and each once more with an end that no text holds."""
    concepts = {c: [*terms, *(t.rstrip("*") + "qz" for t in terms)] for c, terms in data.concepts.items()}
    return data.model_copy(update={"concepts": concepts})


def _alternation(data: LanguageFile) -> re.Pattern[str]:
    """What one would write without an automaton: the longest first, a star as any ending."""
    words = sorted({fold_term(t.replace("*", "\0")) for t in _terms(data)}, key=len, reverse=True)
    before = r"\b(?:[وف]?[بلك]?(?:ال)?|[وف]?لل)" if data.script == "Arab" else r"\b"
    return re.compile(before + "(?:" + "|".join(re.escape(w).replace("\0", r"\w*") for w in words) + r")\b")


if __name__ == "__main__":
    main()
