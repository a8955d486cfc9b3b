"""Two incidents that prove to be one: what is known of both together, and what of the younger's news is none then.

Pure. Which two are one is for others to say; what becomes of their rows is the store's (bot/store/merging.py).
"""

from __future__ import annotations

from dataclasses import replace

from rapidfuzz import fuzz

from bot.judge.incidents import COPY, credibility
from bot.model import Category, Certainty, Change, ChangeKind, Incident, Place, State, Told

NOTHING_NEW = "nothing new for the chats"


def merged(younger: Incident, older: Incident) -> Change:
    """The change that makes `younger` a part of `older`, whose number it keeps.

    How things stand is told by the one that was heard of last; how severe it is, and why, by the worse one. ValueError
    for two that can't be one: the same, one taken back or merged already, an exercise and the real thing.
    """
    if younger.number == older.number or younger.exercise != older.exercise:
        raise ValueError(f"{younger.id} and {older.id} can't be one incident")
    if {younger.state, older.state} & {State.WITHDRAWN, State.MERGED}:
        raise ValueError(
            f"{younger.id} ({younger.state}) and {older.id} ({older.state}) can't be one incident any more"
        )
    last = younger if younger.updated > older.updated else older
    worse = younger if younger.severity > older.severity else older
    told = _told_by(younger, older)
    digit = min(younger.credibility, older.credibility, credibility(told, False))
    together = replace(
        older,
        categories=tuple(c for c in Category if c in older.categories or c in younger.categories),
        country=older.country or younger.country,
        place=_closer(older.place, younger.place),
        place_text=older.place_text or younger.place_text,
        severity=worse.severity,
        reasons=worse.reasons,
        certainty=min(older.certainty, younger.certainty, key=tuple(Certainty).index),
        direction=last.direction,
        status=last.status,
        state=last.state,
        resolved=last.resolved,
        evidence=last.evidence,
        people=max(filter(None, (older.people, younger.people)), default=None),
        asset=older.asset or younger.asset,
        opened=min(older.opened, younger.opened),
        updated=last.updated,
        corroborated=older.corroborated or younger.corroborated or digit <= 2,
        credibility=digit,
        contested=older.contested or younger.contested,
        told=told,
    )
    because = f"{younger.id} tells of the same and is part of this now"
    return Change(ChangeKind.MERGED, together, because, before=older.severity, withheld=NOTHING_NEW)


def tells_nothing_new(change: Change, older: Incident) -> bool:
    """Does this change of the younger one say only what whoever knows the older one, as it stood, knows already?"""
    incident = change.incident
    if change.kind is ChangeKind.OPENED:
        return incident.severity <= older.severity and incident.direction is older.direction
    return change.kind is ChangeKind.CORROBORATED and older.corroborated


def _told_by(younger: Incident, older: Incident) -> tuple[Told, ...]:
    """The reports of both in the order in which they were heard; the same words under another name, now that they
    stand side by side, are no second witness."""
    known = {(t.source_id, t.item_id) for t in younger.told}
    earlier = [t for t in older.told if (t.source_id, t.item_id) not in known]
    later = [replace(t, independent=t.independent and not _copied(t, earlier)) for t in younger.told]
    return tuple(sorted((*earlier, *later), key=lambda t: t.seen))


def _copied(told: Told, earlier: list[Told]) -> bool:
    return any(
        t.independent and t.owner != told.owner and t.title and fuzz.token_sort_ratio(told.title, t.title) >= COPY
        for t in earlier
    )


def _closer(a: Place | None, b: Place | None) -> Place | None:
    """The one that lies in the other; else the first that is known."""
    if a is None or b is None:
        return a or b
    return b if a.key in b.within and a.key != b.key else a
