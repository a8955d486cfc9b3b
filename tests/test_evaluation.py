"""The public evaluation set: rows that can be used, in six languages, and a check of figures that can fail."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import figures  # noqa: E402
import stories  # noqa: E402

FOLDER = ROOT / "evaluation"
LANGUAGES = sorted(p.stem for p in FOLDER.glob("*.jsonl"))
VALUES = {
    "direction": {"worsening", "improving", "unchanged", "mixed"},
    "severity": {"minor", "moderate", "severe", "extreme"},
    "certainty": {"observed", "likely", "possible"},
}
CATEGORIES = {"siege", "aid_delivery", "route_closure"}


def rows(language: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (FOLDER / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()]


def test_no_language_is_missing() -> None:
    """Those that the README names, and whatever is added."""
    assert {"ar", "en", "es", "fr", "ru", "uk"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_follow_the_codebook(language: str) -> None:
    """Relevant texts have every label, others none; both kinds and all three categories are there."""
    found = rows(language)
    assert len(found) >= 30
    assert len({r["id"] for r in found}) == len(found)
    for row in found:
        assert row["lang"] == language
        assert row["title"] or row["text"], row["id"]
        if not row["relevant"]:
            assert (row["categories"], row["direction"], row["severity"], row["certainty"]) == ([], None, None, None)
            continue
        assert row["categories"]
        assert set(row["categories"]) <= CATEGORIES, row["id"]
        assert all(row[key] in allowed for key, allowed in VALUES.items()), row["id"]
        assert row["people"] is None or isinstance(row["people"], int)
    assert {c for r in found for c in r["categories"]} == CATEGORIES
    assert 0.3 < sum(bool(r["relevant"]) for r in found) / len(found) < 0.7


@pytest.mark.parametrize("path", sorted((FOLDER / "stories").glob("*.jsonl")), ids=lambda p: p.stem)
def test_stories_follow_the_codebook(path: Path) -> None:
    """In the order in which they are heard; places as the text spells them; near-misses are stories of their own."""
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [r["fetched"] for r in found] == sorted(r["fetched"] for r in found)
    assert len({r["id"] for r in found}) == len(found)
    sounds = {None, "opened", "escalated", "corroborated", "eased", "resolved", "contradicted"}
    for row in found:
        assert row["published"] <= row["fetched"]
        assert row["sound"] in sounds
        if row["relevant"]:
            assert set(row["categories"]) <= CATEGORIES
            assert all(row[key] in allowed for key, allowed in VALUES.items()), row["id"]
            assert not row["place"] or row["place"] in f"{row['title']} {row['text']}", row["id"]
        else:
            assert not row["categories"]


def test_b_cubed() -> None:
    """Two stories of two reports: one whole, one in two parts; a report that was missed stands alone."""
    gold = {"a": "x", "b": "x", "c": "y", "d": "y"}
    assert stories.b_cubed({"a": 1, "b": 1, "c": 2, "d": 3}, gold) == pytest.approx((1.0, 0.75, 6 / 7))
    assert stories.b_cubed({"a": 1, "b": 1, "c": 1}, gold) == pytest.approx((2 / 3, 0.75, 12 / 17))


def test_a_figure_that_falls_needs_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than two points is too much, unless a decision names the figure; a new figure is no fall."""
    (tmp_path / "docs" / "decisions").mkdir(parents=True)
    (tmp_path / "docs" / "decisions" / "0042-why.md").write_text("public.siege fell because ...", encoding="utf-8")
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    published = {"public": {"relevant": 0.9, "siege": 0.8}}
    assert figures.fallen("public", {"relevant": 0.881, "siege": 0.79, "new": 0.1}, published) == []
    (fell,) = figures.fallen("public", {"relevant": 0.87, "siege": 0.79}, published)
    assert fell.startswith("public.relevant: 0.87 is more than 0.02 below")
    assert len(figures.fallen("public", {"siege": 0.79}, published)) == 1, "a figure that is no longer there fell too"
    lower = {"relevant": 0.9, "siege": 0.7}
    assert len(figures.fallen("public", lower, published)) == 1
    assert figures.fallen("public", lower, published | {"reasons": {"public.siege": "0042"}}) == []
    assert len(figures.fallen("public", lower, published | {"reasons": {"public.siege": "0043"}})) == 1


def test_labels_of_general_news() -> None:
    """Ids and labels without the texts: each once, in one of three samples, with the codebook's values."""
    lines = (FOLDER / "general.tsv").read_text(encoding="utf-8").splitlines()
    found = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len({row[0] for row in found}) == len(found) > 1000
    for _, sample, relevant, categories, *labels, country in found:
        assert (sample in "ABC", relevant in "01", len(country) in (0, 2)) == (True, True, True)
        assert set(filter(None, categories.split(","))) <= CATEGORIES
        assert bool(categories) is (relevant == "1")
        given = zip(VALUES.values(), labels, strict=True)
        assert all(label in allowed if relevant == "1" else not label for allowed, label in given)
