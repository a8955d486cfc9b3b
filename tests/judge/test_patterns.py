"""The grammar of config/patterns.toml, key by key, on sentences whose words stand for their concepts."""

from __future__ import annotations

import re

import pytest

from bot.errors import ConfigError
from bot.judge.lexicon import Hit
from bot.judge.patterns import Claim, Pattern, PatternFile, Sentence, claims, load_patterns

CONCEPTS = ("convoy", "arrive", "refuse", "food", "said", "accident", "negation", "asset.road", "asset.port", "close")
HEAD = "crisis_countries = []\n[concepts]\n" + "\n".join(f'"{c}" = "words for it"' for c in CONCEPTS)


def patterns(*keys: str) -> PatternFile:
    """A file with one pattern, an improving aid delivery of weight 2, with these further lines."""
    rest = 'name = "p"\ncategory = "aid_delivery"\ndirection = "improving"\nweight = 2\n'
    return load_patterns("\n".join([HEAD, "[[pattern]]", rest, *keys]))


def sentence(text: str) -> Sentence:
    """Words that are concepts are hits; all others are only words."""
    words = [(m.start(), m.end(), m.group()) for m in re.finditer(r"[\w.]+", text)]
    hits = tuple(Hit(a, b, w) for a, b, w in words if w in CONCEPTS)
    breaks = tuple(m.start() for m in re.finditer(",", text))
    return Sentence(0, 0, len(text), hits, tuple(a for a, _, _ in words), breaks)


def found(text: str, *keys: str) -> list[Claim]:
    return claims(sentence(text), patterns(*keys).pattern, set(), [])


@pytest.mark.parametrize(
    ("keys", "fits", "does_not"),
    [
        (('all = ["convoy", "arrive"]', "within = 2"), "arrive x y convoy", "arrive x y z convoy"),
        (('all = ["convoy", "arrive|refuse"]',), "convoy refuse", "convoy food"),
        (('all = ["asset", "close"]',), "asset.port close", "convoy close"),
        (('all = ["convoy", "arrive"]', "ordered = true"), "convoy arrive", "arrive convoy"),
        (('all = ["convoy"]', 'needs = ["food", "refuse"]'), "convoy x x x x x x x x x x food", "convoy"),
        (('all = ["convoy"]', 'unless = ["accident"]'), "convoy", "convoy x x x x x x x x x x accident"),
        (('all = ["convoy", "arrive"]', 'not_between = ["said"]'), "said convoy arrive", "convoy said arrive"),
        (('all = ["convoy", "arrive"]', 'not_between = ["said"]'), "convoy said x arrive convoy", "arrive said convoy"),
        (('all = ["convoy", "arrive"]',), "convoy arrive", "not_convoy arrive"),
        (('all = ["convoy", "arrive"]', 'negated = "none"'), "convoy arrive", "negation convoy arrive"),
    ],
)
def test_key(keys: tuple[str, ...], fits: str, does_not: str) -> None:
    assert found(fits, *keys)
    assert not found(does_not, *keys)


def test_the_next_sentence_may_give_what_is_needed() -> None:
    """But it gives none of the claim's own words, and takes nothing back."""
    wanted = patterns('all = ["convoy"]', 'needs = ["food"]', 'unless = ["accident"]').pattern
    assert claims(sentence("convoy"), wanted, {"food", "accident"}, [])
    assert not claims(sentence("food"), wanted, {"convoy", "food"}, [])


def test_the_closest_words_are_the_claim() -> None:
    (claim,) = found("convoy x x arrive x convoy", 'all = ["convoy", "arrive"]')
    assert [(h.start, h.concept) for h in claim.hits] == [(20, "convoy"), (11, "arrive")]


def test_negation_turns() -> None:
    (claim,) = found("negation x convoy arrive", 'all = ["convoy", "arrive"]', 'negated = "worsening"')
    assert (claim.direction, claim.negated) == ("worsening", True)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("convoy x x negation", "worsening"),
        ("convoy x x x x x negation", "improving"),
        ("convoy, x negation", "improving"),
        ("negation, convoy", "improving"),
    ],
)
def test_a_negation_behind_a_claim_of_one_word(text: str, direction: str) -> None:
    """It reaches a little back, and never across a comma."""
    (claim,) = found(text, 'all = ["convoy"]', 'negated = "worsening"')
    assert claim.direction == direction


@pytest.mark.parametrize("key", ['all = ["lorry"]', 'all = ["convoy|lorry"]', 'all = ["convoy"]\nneeds = ["lorry"]'])
def test_an_unknown_concept_is_named(key: str) -> None:
    with pytest.raises(ConfigError, match='pattern "p": "lorry" is no concept'):
        patterns(key)


def test_what_keeps_a_pattern_out_is_told() -> None:
    kept_out: list[tuple[Pattern, Hit]] = []
    read = patterns('all = ["convoy", "arrive"]', 'unless = ["accident"]').pattern
    assert claims(sentence("convoy arrive accident"), read, set(), kept_out) == []
    assert [(p.name, h.concept) for p, h in kept_out] == [("p", "accident")]
    assert claims(sentence("convoy x x x x x x x x x arrive accident"), read, set(), apart := []) == apart == []
