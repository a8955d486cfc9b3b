"""Is this change to be pushed at all, and when? Who is told is one SQL statement of the store; this says when nobody
is, when somebody is told later, and until when a chat is quiet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.model import Change, ChangeKind, Item, Mute

OLD = timedelta(hours=24)
LATE = timedelta(hours=6)  # news from an outage is pushed up to this age; older news comes in one message
BEFORE = "from before we listened"  # how the reasons begin for which backlog is not pushed
FROM_OUTAGE = "from an outage: told in one message with others"  # the one withheld change that chats hear of
MARKED = timedelta(minutes=30)  # from this age news from an outage is marked as late
OUTAGE = timedelta(minutes=30)  # a source not heard for as long, and for three of its intervals, was missed
OUTAGE_POLLS = 3


@dataclass(frozen=True, slots=True)
class Listening:
    """How we came to hear of an item: at a source's first poll, in an exercise, in a recorded replay, or after a time
    in which the source was not heard (`missed_from`). `tell_only`: the chats of a shadow run."""

    first_poll: bool = False
    exercise_mode: bool = False
    replay: bool = False
    missed_from: datetime | None = None
    tell_only: tuple[int, ...] = ()


def missed_from(last_heard: datetime | None, every: timedelta, now: datetime) -> datetime | None:
    """Since when a source was not heard, when that is longer than usual; None when it was."""
    if last_heard is None or now - last_heard <= max(OUTAGE, OUTAGE_POLLS * every):
        return None
    return last_heard - every  # what it published just before may not have been in the feed yet


def decide(change: Change, item: Item, how: Listening, now: datetime) -> Change:
    """The change with `withheld`, `late` and `catch_up` filled in."""
    if change.kind is ChangeKind.REPEATED:
        return replace(change, withheld="told again: nothing new for the chats")
    if how.exercise_mode or how.replay:
        return change
    if change.incident.exercise:
        return replace(change, withheld="exercise: never pushed as real")
    if how.first_poll:
        return replace(change, withheld=f"{BEFORE}: first poll of this source")
    if item.published is None:
        return change
    age = now - item.published.end
    if how.missed_from is not None and item.published.end >= how.missed_from:
        if age <= LATE:
            return replace(change, late=age > MARKED)
        return replace(change, withheld=FROM_OUTAGE, catch_up=True)
    if age > OLD:
        return replace(change, withheld=f"{BEFORE}: older than 24 h at first sight")
    return change


def zone_of(name: str) -> ZoneInfo:
    """A chat's time zone; UTC where this machine does not know its name (a backup can come from one that did)."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def quiet_until(mutes: Iterable[Mute], zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the last of these mutes that rest now ends, in UTC; None when none rests now. `zone`: the chat's."""
    ends = [end for m in mutes if (end := _rests_until(m, zone, now)) is not None]
    return max(ends, default=None)


def _rests_until(m: Mute, zone: ZoneInfo, now: datetime) -> datetime | None:
    if m.until is not None:
        return m.until if m.until > now else None
    assert m.start is not None
    assert m.end is not None
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    inside = m.start <= minute < m.end if m.start < m.end else minute >= m.start or minute < m.end
    if not inside:
        return None
    # in the hour that autumn repeats, the second time round, `local` has fold=1: then the end is still to come today
    again = local.replace(hour=m.end // 60, minute=m.end % 60, second=0, microsecond=0).astimezone(UTC)
    return again if again > now else next_local(m.end, zone, now)


def next_local(minute: int, zone: ZoneInfo, after: datetime, weekday: int | None = None) -> datetime:
    """The first moment after `after` at which clocks in `zone` show this minute of the day, in UTC; with `weekday` (0:
    Monday) on that day only. A time that the spring change leaves out comes when the clocks have gone over it; one that
    autumn repeats comes once, first."""
    day = after.astimezone(zone).date()
    for ahead in range(9):
        wall = datetime.combine(day + timedelta(days=ahead), datetime.min.time()) + timedelta(minutes=minute)
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment > after and weekday in (None, wall.weekday()):
            return moment
    raise AssertionError("a minute of the day comes every day")
