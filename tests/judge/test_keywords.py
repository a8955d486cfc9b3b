"""Every language file's own example sentences are judged as the file says."""

from __future__ import annotations

import pytest

from bot.errors import ConfigError
from bot.judge import load
from bot.judge.lexicon import Language, LanguageFile
from bot.judge.patterns import load_patterns
from bot.judge.text import fold
from bot.model import Assessment, Dismissal, Item
from tests.judge.loaded import CONFIG, JUDGE, KEYWORDS, PLACES

EXAMPLES = [(code, e) for code, lang in JUDGE.lexicon.languages.items() for e in lang.examples]


@pytest.mark.parametrize(("code", "example"), EXAMPLES, ids=lambda v: v if isinstance(v, str) else v.text[:40])
def test_example(code: str, example) -> None:
    """A language file is right when its own sentences are judged as it says."""
    judged = JUDGE.judge(Item(id="example", text=example.text, lang=code))
    if example.is_ == "nothing":
        assert isinstance(judged, Dismissal), [e.text for e in judged.report.evidence]
        return
    assert isinstance(judged, Assessment), judged.reason
    assert example.is_ in judged.report.categories
    if example.direction:
        assert judged.report.direction == example.direction


def test_three_languages_in_three_scripts() -> None:
    """English, Arabic and Russian are there, each in its own script."""
    scripts = {code: lang.script for code, lang in JUDGE.lexicon.languages.items()}
    assert scripts["en"] == "Latn"
    assert scripts["ar"] == "Arab"
    assert scripts["ru"] == "Cyrl"


def _language(**concepts: list[str]) -> Language:
    examples = [{"text": "x", "is": "nothing"}] * 8
    data = {"language": "xx", "script": "Latn", "function_words": list("abcde"), "concepts": concepts}
    return Language(LanguageFile.model_validate({**data, "example": examples}))


@pytest.mark.parametrize(
    ("term", "text", "found"),
    [
        ("siege", "the siege of", "siege"),
        ("siege", "besieged", None),
        ("besieg*", "Besieged town", "Besieged"),
        ("lay* siege to", "they laying siege to it", "laying siege to"),
        ("lay* siege to", "they lay a siege to it", None),
        ("air drop", "an air-drop today", "air-drop"),
        ("re open*", "re-opened now", "re-opened"),
        ("café", "the CAFE", "CAFE"),
    ],
)
def test_terms(term: str, text: str, found: str | None) -> None:
    """Word boundaries, stars, hyphens and accents: what a term finds, in the original's own letters."""
    folded = fold(text)
    hits = _language(siege=[term]).find(folded)
    assert [folded.original[slice(*folded.span(h.start, h.end))] for h in hits] == ([found] if found else [])


def test_arabic_prefixes() -> None:
    """And-the-siege is written as one word, and is still the word siege."""
    folded = fold("والحصار مستمر وبالمعبر")
    ar = JUDGE.lexicon.languages["ar"]
    assert any(folded.text[h.start : h.end] == "حصار" for h in ar.find(folded))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('"siege.act" = [', '"siege.akt" = ['), '"siege.akt" is none of the concepts'),
        (('language = "en"', 'language = "de"'), 'write "en"'),
        (('"blockade"', '"block(ade|ing)"'), "only * at the end of a word has a meaning"),
        (('script = "Latn"', 'script = "Latin"'), "script"),
        (("[multipliers]", "[multipliers"), "not valid TOML"),
    ],
)
def test_mistakes_are_named(change: tuple[str, str], says: str) -> None:
    """A mistake in a keywords file names the file and what to write instead."""
    text = KEYWORDS["en"].replace(*change, 1)
    patterns, severity = (CONFIG / n for n in ("patterns.toml", "severity.toml"))
    with pytest.raises(ConfigError) as caught:
        load({"en": text}, patterns.read_text(), severity.read_text(), PLACES)
    assert any("keywords/en.toml" in p and says in p for p in caught.value.problems), caught.value.problems


def test_patterns_name_known_concepts() -> None:
    """Every shipped pattern combines concepts that exist."""
    text = (CONFIG / "patterns.toml").read_text()
    assert len(load_patterns(text).pattern) > 20
    with pytest.raises(ConfigError, match="is no concept"):
        load_patterns(text.replace('all = ["siege.act"]', 'all = ["seige.act"]'))
