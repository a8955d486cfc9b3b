"""The tables of words: what is said of a place, a time, a concept."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.words.phrases import kind_of, moment
from tests.make import NOW, a_place


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "22 Nov 2026 14:00 UTC"),
        ("Africa/Abidjan", "22 Nov 2026 14:00 UTC"),
        ("Asia/Damascus", "22 Nov 2026 14:00 UTC (17:00)"),
        ("Asia/Kathmandu", "22 Nov 2026 14:00 UTC (19:45)"),
        ("Pacific/Auckland", "22 Nov 2026 14:00 UTC (23 Nov 03:00)"),
    ],
)
def test_a_moment_is_told_in_utc_and_by_the_clocks_of_the_chat(zone: str, said: str) -> None:
    """The day too where it is another one there."""
    assert moment(NOW, ZoneInfo(zone)) == said


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
