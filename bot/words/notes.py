"""What is sent beside alerts: what a chat missed, its line a day, and words to operators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.model import Change, ChatKind, Incident, Source, SourceHealth, Subscription
from bot.words.entry import why_command
from bot.words.hearing import ears, silent_sources
from bot.words.markup import escape
from bot.words.phrases import KINDS, count, listed_line, moment, span
from bot.words.render import invites_travel

_LISTED = 15
_NUMBERED = 30  # told by their number alone
DAY = timedelta(hours=24)


def catch_up(
    missed: Sequence[tuple[Change, datetime, str]],
    now: datetime,
    *,
    to: ChatKind = ChatKind.PRIVATE,
    zone: tzinfo = UTC,
    discreet: bool = False,
    at_once: bool = False,
) -> str:
    """One message for all changes a chat was not told of when they came (each with when, and why not): one line per
    incident, as it stands after the last of them, the worst first. `at_once`: it was not told because so many came."""
    changes = [change for change, _, _ in missed]
    if not changes:
        return "Nothing that was held back for you is still to be told."
    last = {c.incident.number: (c, at) for c, at, _ in missed}
    worst = max(c.incident.severity for c, _ in last.values())
    if discreet:
        when = "at once" if at_once else "while you were away"
        return f"{count(len(last), 'update', 'updates')} {when}, at worst {worst.word}: /latest"
    why = " and ".join(dict.fromkeys(reason for _, _, reason in missed))
    ranked = sorted(last.values(), key=lambda pair: (pair[0].incident.severity, pair[1]), reverse=True)
    head = f"<b>{count(len(changes), 'change', 'changes')} you have not been told yet</b>: {escape(why)}"
    if at_once:
        head = f"<b>{count(len(changes), 'change', 'changes')} at once</b>, the worst first"
    lines = [_line(change, at, now, to) for change, at in ranked[:_LISTED]]
    if len(ranked) > _LISTED:
        rest = [change.incident for change, _ in ranked[_LISTED:]]
        whys = "".join(why_command(i, to) for i in rest[:_NUMBERED])
        lines.append(f"and {len(rest)} more incidents{_ask_summary(to)}{whys}")
    return "\n".join([head, *lines, f"As of {moment(now, zone)}."])


def _line(change: Change, at: datetime, now: datetime, to: ChatKind) -> str:
    incident = change.incident
    parts = [escape(listed_line(incident, late=change.late)), KINDS[change.kind], f"{span(now - at)} ago"]
    if not incident.corroborated:
        parts.append("uncorroborated")
    return f"- {'; '.join(parts)}{_unsafe(incident)}{why_command(incident, to)}"


def _ask_summary(to: ChatKind) -> str:
    return ": /summary" if to.answers else ""


def _unsafe(incident: Incident) -> str:
    """What stands behind news of an open way, which nobody is to take for leave to travel."""
    return "; not confirmed as safe" if invites_travel(incident) else ""


def daily(  # noqa: PLR0917
    changed: Sequence[Incident],
    subscriptions: Sequence[Subscription],
    sources: Sequence[Source],
    health: Sequence[SourceHealth],
    zone: ZoneInfo,
    now: datetime,
    *,
    to: ChatKind = ChatKind.PRIVATE,
    discreet: bool = False,
    period: timedelta = DAY,
) -> str:
    """The line a day: what changed in the period, worst first, and how much was heard, so that silence is told from
    calm."""
    what = count(len(changed), "change", "changes") if changed else "No change"
    heard = _ears(sources, health, zone, now)
    if discreet:
        worst = f", at worst {max(i.severity for i in changed).word}" if changed else ""
        return f"{what} in {span(period)}{worst}; {heard}."
    head = f"{what} in {places_of(subscriptions)} in {span(period)}; {heard}."
    lines = [f"- {escape(listed_line(i))}{_unsafe(i)}{why_command(i, to)}" for i in changed[:_LISTED]]
    if len(changed) > _LISTED:
        lines.append(f"and {len(changed) - _LISTED} more{_ask_summary(to)}")
    return "\n".join([head, *lines])


def places_of(subscriptions: Sequence[Subscription]) -> str:
    """How a chat is told of what it subscribes to."""
    areas = {s.area for s in subscriptions}
    if not areas or None in areas:
        return "all countries"
    return "your place" if len(areas) == 1 else f"your {len(areas)} places"


def _ears(sources: Sequence[Source], health: Sequence[SourceHealth], zone: ZoneInfo, now: datetime) -> str:
    """ "41 of 59 sources heard, last check 06:55", in the chat's time."""
    words, last = ears(sources, health, len(silent_sources(sources, health, now)))
    return words + (f", last check {last.astimezone(zone):%H:%M}" if last else "")
