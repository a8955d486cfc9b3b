"""Figures of judgements against labels: precision, recall and F1, agreement, weighted kappa."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

CATEGORIES = ("siege", "aid_delivery", "route_closure")
SEVERITY = {"minor": 0, "moderate": 1, "severe": 2, "extreme": 3}
Row = Mapping[str, Any]


def prf(gold: set[str], predicted: set[str]) -> dict[str, float]:
    """Precision, recall, F1 (0 to 1, three places) and the number of gold ids."""
    hit = len(gold & predicted)
    total = len(gold) + len(predicted)
    return {
        "precision": round(hit / len(predicted), 3) if predicted else 0.0,
        "recall": round(hit / len(gold), 3) if gold else 0.0,
        "f1": round(2 * hit / total, 3) if total else 0.0,
        "gold": len(gold),
    }


def quadratic_kappa(pairs: list[tuple[int, int]], n: int = 4) -> float:
    """Cohen's kappa with quadratic weights of (gold, predicted) grades 0 to n-1."""
    if not pairs:
        return 0.0
    seen = [[0] * n for _ in range(n)]
    for a, b in pairs:
        seen[a][b] += 1
    rows = [sum(r) for r in seen]
    columns = [sum(seen[i][j] for i in range(n)) for j in range(n)]
    off = sum((i - j) ** 2 * seen[i][j] for i in range(n) for j in range(n))
    chance = sum((i - j) ** 2 * rows[i] * columns[j] / len(pairs) for i in range(n) for j in range(n))
    return round(1 - off / chance, 3) if chance else 1.0


def _words(name: str) -> list[str]:
    folded = (unicodedata.normalize("NFKD", w.casefold()) for w in re.split(r"[\s\-]+", name))
    return [w for w in ("".join(c for c in f if c.isalnum()) for f in folded) if w]


def same_place(gold: str | None, predicted: str | None) -> bool:
    """Written alike, or one inside the other as whole words with at most two more ('Rafah' in 'Rafah crossing')."""
    a, b = _words(gold or ""), _words(predicted or "")
    if not a or not b:
        return False
    inside = set(a) <= set(b) or set(b) <= set(a)
    return "".join(a) == "".join(b) or (abs(len(a) - len(b)) <= 2 and inside)


def _share(hits: list[bool]) -> dict[str, Any]:
    return {"accuracy": round(sum(hits) / len(hits), 3) if hits else None, "n": len(hits)}


def score(gold: Mapping[str, Row], predicted: Mapping[str, Row]) -> dict[str, Any]:
    """All figures; attributes are compared on the texts that are relevant in both."""
    p = {i: predicted.get(i, {"relevant": False}) for i in gold}
    relevant = {i for i in gold if gold[i]["relevant"]}
    found = {i for i in gold if p[i].get("relevant")}
    both = sorted(relevant & found)
    out: dict[str, Any] = {
        "n": len(gold),
        "missing": sum(i not in predicted for i in gold),
        "relevant": prf(relevant, found),
        "categories": {
            c: prf({i for i in relevant if c in gold[i]["categories"]}, {i for i in found if c in p[i]["categories"]})
            for c in CATEGORIES
        },
    }
    out |= _attributes(gold, p, both)
    by: dict[str, set[str]] = defaultdict(set)
    for i in gold:
        by[gold[i].get("lang", "?")].add(i)
    out["by_language"] = {k: prf(v & relevant, v & found) | {"n": len(v)} for k, v in sorted(by.items())}
    return out


def _attributes(gold: Mapping[str, Row], p: Mapping[str, Row], both: list[str]) -> dict[str, Any]:
    out: dict[str, Any] = {
        key: _share([gold[i][key] == p[i].get(key) for i in both if gold[i].get(key)])
        for key in ("direction", "certainty", "country")
    }
    hedged = [i for i in both if gold[i].get("certainty") != "observed"]
    out["certainty_hedged"] = _share([p[i].get("certainty") in ("likely", "possible") for i in hedged])
    pairs = [(SEVERITY[gold[i]["severity"]], SEVERITY.get(p[i].get("severity") or "", 0)) for i in both]
    out["severity"] = {
        "qwk": quadratic_kappa(pairs),
        "exact": _share([a == b for a, b in pairs])["accuracy"],
        "within_one": _share([abs(a - b) <= 1 for a, b in pairs])["accuracy"],
    }
    counted = [i for i in both if gold[i].get("people")]
    out["people"] = _share(
        [abs((p[i].get("people") or 0) - gold[i]["people"]) <= 0.05 * gold[i]["people"] for i in counted]
    )
    for key in ("people", "country"):
        out[f"{key}_invented"] = _share([bool(p[i].get(key)) for i in both if not gold[i].get(key)])
    placed = [i for i in both if gold[i].get("place") and gold[i].get("lang") in ("en", "fr", "es")]
    out["place"] = _share([same_place(gold[i]["place"], p[i].get("place")) for i in placed])
    return out


def report(figures: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = [f"texts {figures['n']}, without a judgement {figures['missing']}"]
    for name, row in [("relevant", figures["relevant"]), *figures["categories"].items()]:
        lines.append(
            f"{name:14} F1 {row['f1']:.3f}  precision {row['precision']:.3f}  "
            f"recall {row['recall']:.3f}  ({row['gold']})"
        )
    keys = (
        "direction",
        "certainty",
        "certainty_hedged",
        "country",
        "country_invented",
        "place",
        "people",
        "people_invented",
    )
    lines += [f"{key:16} {figures[key]['accuracy']}  of {figures[key]['n']}" for key in keys]
    s = figures["severity"]
    lines.append(f"severity         weighted kappa {s['qwk']}, exact {s['exact']}, within one {s['within_one']}")
    lines += [
        f"  {k}: F1 {r['f1']:.3f} on {r['n']} texts, {r['gold']} relevant" for k, r in figures["by_language"].items()
    ]
    return "\n".join(lines)
