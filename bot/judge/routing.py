"""Is this change to be pushed at all? Who is told is one SQL statement of the store; this says when nobody is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import Change, ChangeKind, Item

OLD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Listening:
    """How we came to hear of an item: at a source's first poll, in an exercise, in a recorded replay."""

    first_poll: bool = False
    exercise_mode: bool = False
    replay: bool = False


def withheld(change: Change, item: Item, how: Listening, now: datetime) -> str | None:
    """Why no chat is told of this change; None when it is to be pushed."""
    if change.kind is ChangeKind.REPEATED:
        return "told again: nothing new for the chats"
    if how.exercise_mode or how.replay:
        return None
    if change.incident.exercise:
        return "exercise: never pushed as real"
    if how.first_poll:
        return "from before we listened: first poll of this source"
    if item.published is not None and now - item.published.end > OLD:
        return "from before we listened: older than 24 h at first sight"
    return None


def decide(change: Change, item: Item, how: Listening, now: datetime) -> Change:
    """The change with its `withheld` reason filled in."""
    return replace(change, withheld=withheld(change, item, how, now))
