"""Figures of judging against those last published in evaluation/figures.json.

    python -m bot eval evaluation/*.jsonl --json | python tools/figures.py check public
    python -m bot eval evaluation/*.jsonl --json | python tools/figures.py publish public

`check` prints both and exits 1 when a figure is more than FALL below the published one, unless
evaluation/figures.json names the decision that says why: "reasons": {"public.siege": "0007"}, and the file
docs/decisions/0007-*.md names that figure. `publish` writes the new ones.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "evaluation" / "figures.json"
FALL = 0.02
FEW = 20  # gold rows under which a language or attribute is told and not judged


def picked(figures: dict[str, Any]) -> dict[str, float]:
    """The figures that are published: higher is better, 0 to 1."""
    out = {"relevant": figures["relevant"]["f1"]}
    out |= {name: row["f1"] for name, row in figures["categories"].items()}
    for name in ("direction", "certainty", "country", "place", "people"):
        if figures[name]["n"] >= FEW:
            out[name] = figures[name]["accuracy"]
    if figures["people_invented"]["n"] >= FEW:
        out["people not invented"] = round(1 - figures["people_invented"]["accuracy"], 3)
    out["severity kappa"] = figures["severity"]["qwk"]
    out["severity within one"] = figures["severity"]["within_one"]
    for name, row in figures["by_language"].items():
        if row["gold"] >= FEW:
            out[f"relevant, {name}"] = row["f1"]
    return out


def fallen(name: str, now: dict[str, float], published: dict[str, Any]) -> list[str]:
    """A sentence for each figure that fell without a reason."""
    reasons = published.get("reasons", {})
    wrong = []
    for key, before in published.get(name, {}).items():
        after = now.get(key)
        if after is not None and after >= before - FALL:
            continue
        if not _explained(f"{name}.{key}", reasons.get(f"{name}.{key}", "")):
            wrong.append(f"{name}.{key}: {after} is more than {FALL} below the published {before}")
    return wrong


def _explained(figure: str, number: str) -> bool:
    files = list((ROOT / "docs" / "decisions").glob(f"{number}-*.md")) if number else []
    return any(figure in path.read_text(encoding="utf-8") for path in files)


def main(argv: list[str]) -> None:
    action, name = argv[1], argv[2]
    now = picked(json.load(sys.stdin))
    published = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    if action == "publish":
        published[name] = now
        FILE.write_text(json.dumps(published, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    for key, value in now.items():
        before = published.get(name, {}).get(key)
        print(f"{name:8} {key:24} {value:.3f}  published {'-' if before is None else f'{before:.3f}'}")
    wrong = fallen(name, now, published)
    if wrong or name not in published:
        sys.exit("\n".join(wrong) or f"no figures called {name} are published in {FILE.name}")


if __name__ == "__main__":
    main(sys.argv)
