"""`eval`: judge the texts of a labelled file and print the figures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bot.commands.judge import load_judge
from bot.errors import InputError
from bot.judge.score import report, score
from bot.judge.wire import item_of, row_of

NAME = "eval"
HELP = "Judge the texts of a labelled file (relevant, categories, direction, severity, ...) and print the figures."
EXAMPLE = "python -m bot eval labelled.jsonl --fold 3,4"
_LABELS_USED = ("id", "title", "text", "lang", "url", "source")  # and date, read as published; no label is looked at


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("gold", type=Path, nargs="+", help="JSON lines with labels; several files are taken as one")
    parser.add_argument("--fold", help="only these folds, such as 3,4")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")


def run(args: argparse.Namespace) -> int:
    gold: dict[str, dict[str, Any]] = {}
    for path in args.gold:
        for row in _rows(path, args.fold):
            if str(row["id"]) in gold:
                raise InputError(f"{path}: a second text has the id {row['id']}; give each its own")
            gold[str(row["id"])] = row
    if not gold:
        names, folds = ", ".join(map(str, args.gold)), f" in folds {args.fold}" if args.fold else ""
        raise InputError(f"{names}: no labelled texts{folds}; check the file and --fold")
    judge = load_judge(args.config)
    predicted = {i: row_of(judge.judge(item_of(_unlabelled(row)))) for i, row in gold.items()}
    figures = score(gold, predicted)
    print(json.dumps(figures) if args.json else report(figures))
    return 0


def _unlabelled(row: dict[str, Any]) -> dict[str, Any]:
    return {**{k: row.get(k) for k in _LABELS_USED}, "published": row.get("published") or row.get("date")}


def _rows(path: Path, folds: str | None) -> list[dict[str, Any]]:
    try:
        wanted = {int(f) for f in folds.split(",")} if folds else None
    except ValueError:
        raise InputError(f'--fold "{folds}": write numbers with commas, such as --fold 3,4') from None
    out = []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.strip():
                continue
            row = json.loads(line)
            if "id" not in row or "relevant" not in row:
                raise InputError(f'{path}, line {number}: a labelled row needs "id" and "relevant"')
            if wanted is None or row.get("fold") in wanted:
                out.append(row)
    except OSError as e:
        raise InputError(f"{path}: {e.strerror}; give a file of labelled JSON lines") from e
    except json.JSONDecodeError as e:
        raise InputError(f"{path}: not valid JSON lines: {e}") from e
    return out
