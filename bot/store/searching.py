"""Looking incidents up by words: what of an incident is looked through, and how what a person typed is found in it.

Titles and places stand folded in a table of their own, a word behind a space each: spellings of one word (case,
accents, Arabic letter forms, yo) are alike there. LIKE over all facts knows none of that, finds the names of fields
too, and takes two to four times as long.
"""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, and_

from bot.judge.text import ARABIC, fold
from bot.model import Incident
from bot.store.schema import incident_words
from bot.words.phrases import tells_movement

MOST = 8  # words of a question that are looked for
_WORD = re.compile(r"\w+")


def searchable(incident: Incident) -> str:
    """Where it is and, the newest first, what reports of it are called; not the titles that alerts leave out."""
    titles = () if tells_movement(incident) else (t.title for t in reversed(incident.told))
    place = incident.place.name if incident.place else ""
    return " " + " ".join(words_of(" ".join(dict.fromkeys((place, incident.place_text or "", *titles)))))


def words_of(text: str) -> list[str]:
    """Its words as they are looked for; see judge.text.fold."""
    return _WORD.findall(fold(text).text)


def holds(text: str) -> ColumnElement[bool] | None:
    """Do all words of a question stand in the row of `incident_words`, each as it begins there? None for no word."""
    words = words_of(text)[:MOST]
    if not words:
        return None
    # an Arabic word begins with what other languages write before it: "and", "the", "to"
    begun = [w if ARABIC.search(w) else f" {w}" for w in words]
    return and_(*(incident_words.c.words.contains(w, autoescape=True) for w in begun))
