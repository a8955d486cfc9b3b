"""Checks of .ci/run that need the private material beside the project: `seed`, `feeds FOLDER`, `reliefweb FOLDER`,
`scorers FOLDER`, `general STREAM.jsonl.gz`, `attacks REPORTS.csv`."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.commands.judge import load_judge
from bot.errors import ParseError
from bot.judge.score import score
from bot.judge.wire import item_of, row_of
from bot.model import Assessment, Body, Item, Source
from bot.sources import KINDS

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config"


def seed() -> None:
    """The judgement on standard input is what the case that started the project asks for."""
    row = json.loads(sys.stdin.readline())
    wanted = {
        "relevant": True, "categories": ["siege", "aid_delivery", "route_closure"], "direction": "worsening",
        "severity": "extreme", "country": "SY", "people": 120_000,
    }  # fmt: skip
    wrong = {k: row[k] for k, v in wanted.items() if row[k] != v}
    if "Deir ez-Zor" not in (row["place"] or ""):
        wrong["place"] = row["place"]
    if wrong:
        sys.exit(f"the seed is judged wrongly: {wrong}")
    print(
        "relevant, siege + aid_delivery + route_closure, worsening, extreme, SY, Deir ez-Zor, 120000: as it should be"
    )


def feeds(samples: Path) -> None:
    """Every recorded feed parses: items, or a ParseError that says why; no other exception."""
    source = Source("ci", "ci", "feed", "https://recorded.invalid/", ("en",))
    now = datetime(2026, 11, 24, tzinfo=UTC)
    counts: Counter[str] = Counter()
    real_without = []
    for path in sorted(p for p in (samples / "feeds").rglob("*") if p.is_file()):
        corpus = path.parent.name in ("broken", "feedparser_corpus", "misc")
        try:
            page = KINDS["feed"].parse(source, Body("https://recorded.invalid/", path.read_bytes()), now)
            outcome = "with items" if page.items else "no items"
        except ParseError:
            outcome = "refused with a reason"
        counts[f"{'test corpus' if corpus else 'real'}: {outcome}"] += 1
        if not corpus and outcome != "with items":
            real_without.append(path.name)
    for key, n in sorted(counts.items()):
        print(f"{key:40} {n}")
    if real_without:
        print("real feeds without items:", ", ".join(real_without))
    real = sum(n for k, n in counts.items() if k.startswith("real"))
    if not real or len(real_without) > 0.05 * real:
        sys.exit("more than one real feed in twenty gave no items")


def reliefweb(samples: Path) -> None:
    """Recorded ReliefWeb answers, RSS and API, parse: every one that holds reports gives them, with dates."""
    source = Source("ci", "ci", "reliefweb", "https://api.reliefweb.int/v2/reports", ("en",))
    now = datetime(2026, 11, 24, tzinfo=UTC)
    for name in ("deep_connector_rss_feed_mock_data.xml", "deep_relief_web_mock_data_page_1_raw.json"):
        body = Body("https://recorded.invalid/", (samples / "reliefweb" / name).read_bytes())
        items = KINDS["reliefweb"].parse(source, body, now).items
        dated = sum(i.published is not None for i in items)
        print(f"{name:48} {len(items)} reports, {dated} dated")
        if not items or dated < len(items):
            sys.exit(f"{name}: reports or their dates were not read")


def scorers(folder: Path) -> None:
    """Our figures equal those of the scorer that lies beside the labels."""
    spec = importlib.util.spec_from_file_location("private_score", folder / "score.py")
    assert spec and spec.loader
    theirs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(theirs)
    gold = {r["id"]: r for r in map(json.loads, (folder / "dev.jsonl").read_text("utf-8").splitlines())}
    judge = load_judge(CONFIG)
    rows = {i: row_of(judge.judge(item_of({**r, "published": r.get("date")}))) for i, r in gold.items()}
    with tempfile.TemporaryDirectory() as tmp:
        out = Path(tmp) / "predictions.jsonl"
        out.write_text("\n".join(json.dumps(r) for r in rows.values()), "utf-8")
        if theirs.score(gold, theirs.load(out)) != score(gold, rows):
            sys.exit("our scorer and the private one disagree")
    print("the same figures from both")


def general(stream: Path) -> None:
    """General news that readers labelled (evaluation/general.tsv): what we call a report, and how much of it is one."""
    lines = (ROOT / "evaluation" / "general.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    wanted = {row[0]: (row[1], row[2] == "1") for row in rows}
    judge = load_judge(CONFIG)
    counts: Counter[tuple[str, bool, bool]] = Counter()
    called = texts = 0
    with gzip.open(stream, "rt", encoding="utf-8") as opened:
        for row in map(json.loads, opened):
            texts += 1
            report = isinstance(judge.judge(item_of(row)), Assessment)
            called += report
            if row["id"] in wanted:
                counts[(*wanted[row["id"]], report)] += 1
    print(f"{called} of {texts} texts are called reports ({called / texts:.1%})")
    for sample in "ABC":
        right, wrong, missed = (counts[sample, *key] for key in ((True, True), (False, True), (True, False)))
        share = f"precision {right / (right + wrong):.2f}, recall {right / (right + missed):.2f}"
        print(f"sample {sample}: {right} of {right + wrong} called reports are; {share}")
    if counts.total() < len(wanted):
        sys.exit(f"{len(wanted) - counts.total()} labelled texts are not in {stream}")


def attacks(reports: Path) -> None:
    """Short reports of attacks on relief workers in one country, every one of them relevant: the share recognised."""
    judge = load_judge(CONFIG)
    with reports.open(encoding="utf-8", newline="") as opened:
        texts = [row["Details"] for row in csv.DictReader(opened)]
    found = sum(isinstance(judge.judge(Item(id="r", text=text, lang="en")), Assessment) for text in texts)
    print(f"{found} of {len(texts)} recognised ({found / len(texts):.2f})")


CHECKS: dict[str, Callable[[Path], None]] = {
    "feeds": feeds,
    "reliefweb": reliefweb,
    "scorers": scorers,
    "general": general,
    "attacks": attacks,
}


def main(argv: list[str]) -> None:
    if argv[1] == "seed":
        seed()
    else:
        CHECKS[argv[1]](Path(argv[2]))


if __name__ == "__main__":
    main(sys.argv)
