"""How well reports are folded into incidents, on stories with known answers, beside two simple ways of doing it.

    python tools/stories.py evaluation/stories/*.jsonl

Each file is replayed by itself (`bot replay`). B-cubed precision, recall and F1 are over the reports that were
recognised as reports at all: how many of those that share an incident with a report share its story, and the other way
round; `over all` counts a report that was missed as standing alone. The baselines group the same recognised reports:
`titles` joins a report to the group of the likest headline of the last 48 hours (rapidfuzz, 60 of 100), `key` groups by
what was judged: country, first category, direction. `rung` counts, of the moments at which a story should ring, those
at which it did, by kind.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

KINDS = ("opened", "escalated", "corroborated", "eased", "resolved", "contradicted")
WITHIN, ALIKE = timedelta(hours=48), 60.0
Row = dict[str, Any]


def b_cubed(clusters: Mapping[str, object], gold: Mapping[str, str]) -> tuple[float, float, float]:
    """Precision, recall, F1 over the ids of `gold`; one that is in no cluster stands alone."""
    by_cluster: dict[object, set[str]] = defaultdict(set)
    by_story: dict[str, set[str]] = defaultdict(set)
    for i, story in gold.items():
        by_cluster[clusters.get(i, i)].add(i)
        by_story[story].add(i)
    pairs = [(by_cluster[clusters.get(i, i)], by_story[story]) for i, story in gold.items()]
    precision = sum(len(c & s) / len(c) for c, s in pairs) / max(1, len(pairs))
    recall = sum(len(c & s) / len(s) for c, s in pairs) / max(1, len(pairs))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def replayed(path: Path) -> tuple[dict[str, str], list[Row]]:
    """Item id to incident, and the alerts, as `bot replay` prints them."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "replay", str(path)], capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    incidents = {item: row["id"] for row in rows if row["type"] == "incident" for item in row["items"]}
    return incidents, [row for row in rows if row["type"] == "alert"]


def judged(rows: list[Row]) -> dict[str, Row]:
    lines = "\n".join(json.dumps(row) for row in rows)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "judge", "-"], input=lines, capture_output=True, text=True, check=True
    )
    return {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}


def by_titles(rows: list[Row]) -> dict[str, int]:
    groups: dict[str, int] = {}
    for n, row in enumerate(rows):
        at = datetime.fromisoformat(row["fetched"])
        earlier = [r for r in rows[:n] if at - datetime.fromisoformat(r["fetched"]) <= WITHIN]
        scored = [(fuzz.token_set_ratio(row["title"], r["title"]), groups[r["id"]]) for r in earlier]
        best = max(scored, default=(0.0, n))
        groups[row["id"]] = best[1] if best[0] >= ALIKE else n
    return groups


def scored(path: Path) -> dict[str, Any]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    incidents, alerts = replayed(path)
    gold = {row["id"]: row["story"] for row in rows if row["relevant"]}
    found = {i: story for i, story in gold.items() if i in incidents}
    kept = [row for row in rows if row["id"] in found]
    key = {i: (r["country"], *r["categories"][:1], r["direction"]) for i, r in judged(kept).items()}
    rang = {(alert["items"][-1], alert["change"]) for alert in alerts if alert["sound"]}
    due = [(row["id"], row["sound"]) for row in rows if row["sound"] and row["id"] in found]
    opened = Counter(found[i] for i, change in rang if change == "opened" and i in found)
    return {
        "reports": len(gold),
        "recognised": len(found),
        "stories": len(set(found.values())),
        "incidents": len({incidents[i] for i in found}),
        "folded": b_cubed(incidents, found),
        "over all": b_cubed(incidents, gold)[2],
        "titles": b_cubed(by_titles(kept), found)[2],
        "key": b_cubed(key, found)[2],
        "opened once, more often, never": (
            sum(n == 1 for n in opened.values()),
            sum(n > 1 for n in opened.values()),
            len(set(found.values()) - set(opened)),
        ),
        "rung": {kind: (sum(d in rang for d in due if d[1] == kind), sum(d[1] == kind for d in due)) for kind in KINDS},
        "alerts": len(alerts),
    }


def main(paths: list[str]) -> None:
    for path in map(Path, paths):
        if not path.is_file():
            sys.exit(f"{path}: no such file; give stories as in evaluation/stories, one JSON object a line")
        figures = scored(path)
        precision, recall, f1 = figures["folded"]
        print(
            f"{path.stem}: {figures['recognised']} of {figures['reports']} reports recognised, "
            f"{figures['stories']} stories in {figures['incidents']} incidents\n"
            f"  B-cubed F1 {f1:.3f} (precision {precision:.3f}, recall {recall:.3f}); "
            f"over all {figures['over all']:.3f}; by titles {figures['titles']:.3f}, by key {figures['key']:.3f}\n"
            f"  stories opened once {figures['opened once, more often, never'][0]}, more often "
            f"{figures['opened once, more often, never'][1]}, never {figures['opened once, more often, never'][2]}; "
            f"{figures['alerts']} alerts in all\n"
            f"  rung: {', '.join(f'{kind} {a} of {b}' for kind, (a, b) in figures['rung'].items())}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
