"""Who wants to hear of an incident, as clauses of SQL: up and down the hierarchy of places.

A subscription covers an incident when its area is everywhere, the incident's country, its place or one of the place's
ancestors; or when the incident's place is an ancestor of the area below the country: all crossings of a region closed
concern the one crossing that a chat follows, a report that names the country alone does not.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, func, or_, select, union

from bot.judge.routing import FROM_OUTAGE
from bot.model import SILENT, Category, Incident, Severity
from bot.store.codec import mask
from bot.store.schema import EVERYWHERE, change, chat, held, incident, incident_place, subscription, told


def areas_of(of: Incident) -> list[str]:
    """Areas that this incident lies in, everywhere among them."""
    place = (of.place.key, *of.place.within) if of.place else ()
    return sorted({EVERYWHERE, of.country or EVERYWHERE, *place})


def wanting(of: Incident, severity: Severity) -> CompoundSelect[Any]:
    """(chat_id, thread_id) of active chats whose subscription this change meets, and of those told of the incident
    before, or about to be told of it in a catch-up."""
    covered: ColumnElement[bool] = subscription.c.area.in_(areas_of(of))
    if of.place is not None and of.place.kind != "country":
        covered = or_(covered, _lies_in(of.place.key))
    asked = (
        select(subscription.c.chat_id, subscription.c.thread_id)
        .join(chat, chat.c.chat_id == subscription.c.chat_id)
        .where(
            covered,
            subscription.c.at_least <= severity.value,
            subscription.c.categories.bitwise_and(mask(of.categories)) != 0,
            chat.c.at_least <= severity.value,
            chat.c.active,
        )
    )
    return union(asked, _told_of(of.number), _held_of(of.number))


def _told_of(number: int) -> Any:
    """(chat_id, thread_id) of active chats that were told of an incident."""
    return (
        select(told.c.chat_id, told.c.thread_id)
        .join(chat, chat.c.chat_id == told.c.chat_id)
        .where(told.c.number == number, chat.c.active)
    )


def _held_of(number: int) -> Any:
    """(chat_id, thread_id) of active chats that will be told of an incident when they are quiet no longer."""
    return (
        select(held.c.chat_id, held.c.thread_id)
        .join(change, change.c.id == held.c.change_id)
        .join(chat, chat.c.chat_id == held.c.chat_id)
        .where(change.c.number == number, chat.c.active)
    )


def covers() -> ColumnElement[bool]:
    """Does the row of `subscription` cover the row of `incident`? The same rule, for two tables joined, but for the
    severity: that is the caller's to compare."""
    area = subscription.c.area
    inside = exists().where(incident_place.c.number == incident.c.number, incident_place.c.place_key == area)
    inside = inside.correlate(incident, subscription)  # by itself it looks one level up only
    near = or_(area == EVERYWHERE, area == incident.c.country, inside, _lies_in(incident.c.place_key))
    # incident.categories is a list of names, none of which is part of another
    kinds = [
        and_(subscription.c.categories.bitwise_and(mask([c])) != 0, incident.c.categories.contains(c.value))
        for c in Category
    ]
    return and_(near, or_(*kinds))


def pushed() -> ColumnElement[bool]:
    """Is the row of `change` news that whoever wanted it was told, at once or in a catch-up?"""
    told_later = or_(change.c.withheld.is_(None), change.c.withheld == FROM_OUTAGE)
    return and_(change.c.kind.not_in(SILENT), told_later)


def _lies_in(place_key: Any) -> ColumnElement[bool]:
    """Is this place an ancestor of the subscription's area? By replace(), as LIKE takes capitals and _ for others."""
    within = subscription.c.within
    return func.replace(within, "|" + place_key + "|", "") != within
