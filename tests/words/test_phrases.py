"""The tables of words: what is said of a place, a time, a concept."""

from __future__ import annotations

import pytest

from bot.words.phrases import kind_of
from tests.make import a_place


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("Bab al-Hawa crossing", "crossing", ""),
        ("Bab al-Hawa", "crossing", "crossing"),
        ("معبر باب الهوى", "crossing", ""),
        ("paso de Rafah", "crossing", ""),
        ("пункт пропуска Рафах, КПП", "crossing", ""),
        ("Passage du Nord", "crossing", ""),
        ("перехід Рафах", "crossing", ""),
        ("Gaza City", "city", ""),
        ("Manbij", "city", "city"),
        ("Port Sudan", "city", "city"),
        ("Odesa port", "port", ""),
        ("Airportville", "airport", "airport"),
        ("Aéroport de Kaboul", "airport", ""),
        ("Syria", "country", ""),
        ("Damascus", "admin1", "region"),
        ("Hebei Province", "admin1", ""),
        ("somewhere", "spaceport", "spaceport"),
    ],
)
def test_the_kind_of_a_place_is_said_once(name: str, kind: str, said: str) -> None:
    """A name that says it, in any of our languages, is enough; part of a word is not."""
    assert kind_of(a_place(name, kind=kind)) == said
