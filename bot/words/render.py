"""One change -> one alert: what, where, when, who, why, who says so, and what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from bot.model import Affiliation, Category, Change, ChangeKind, ChatKind, Direction, Incident, Source, State, Told
from bot.words.buttons import Button, Press, Rows
from bot.words.markup import clean, escape, isolate, link, linkable, units
from bot.words.phrases import (
    ASSETS,
    CATEGORIES,
    DIRECTIONS,
    KINDS,
    STATUSES,
    count,
    first_line,
    kind_of,
    moment,
    place_name,
    tells_movement,
)

ALERT_LIMIT = 700  # visible UTF-16 units
_NAMED_OWNERS = 3
_DELAYED = timedelta(minutes=10)  # from here on an alert says when it was sent as well as when it was true

# Which line gives way first, one step of its variants (longest first) each time it is named; "" leaves it out. First
# goes what other lines or /why tell again; where it is and when it was reported stay as long as they can.
SHORTEN = (
    "title", "what", "when", "why", "changed", "where", "when", "withdrawn", "title", "why", "changed", "who", "title",
)  # fmt: skip


def alert(
    change: Change,
    *,
    now: datetime,
    to: ChatKind = ChatKind.PRIVATE,
    zone: tzinfo = UTC,
    committed: datetime | None = None,
    maybe_repeat: bool = False,
    country_name: str = "",
    sources: Sequence[Source] = (),
    dry: str = "",
) -> str:
    """The alert as Telegram HTML, at most ALERT_LIMIT visible units.

    `to`, `zone`: the kind of chat that it is for, and the time zone set there; `committed`: when the change was
    recorded, the time as of which the alert is true (`now` without it); `maybe_repeat`: an earlier attempt may have
    arrived; `sources`: the rows of configuration, to tell who speaks for a party to the conflict; `dry`: of a shadow
    run, whom it would have gone to.

    Words and links that may give away a future movement of relief are left out: see phrases.tells_movement. The
    place's local time isn't told, as places carry no time zone.
    """
    incident = change.incident
    withdrawn = incident.state is State.WITHDRAWN
    head, rest = first_line(incident, late=change.late, country_name=country_name)
    lines = {
        "first": [f"{head}<b>{escape(rest)}</b>"],
        "dry": [f"DRY RUN: {escape(dry)}."] if dry else [],
        "exercise": ["This is an exercise, not a real event."] if incident.exercise else [],
        "repeat": ["May be a repeat: delivery was not confirmed."] if maybe_repeat else [],
        "withdrawn": [taken_back(change, 200), taken_back(change, 60)] if withdrawn else [],
        "what": [_what(incident), _what_short(incident)],
        "unsafe": ["Not confirmed as safe."] if invites_travel(incident) else [],
        "where": [_where(incident, country_name), ""],
        "when": [_when(incident, zone), _when_short(incident, zone), ""],
        "who": [f"<b>Who:</b> about {count(incident.people, 'person', 'people')}" if incident.people else "", ""],
        "why": [_why(incident, 2), _why(incident, 1), ""],
        "changed": [] if withdrawn else [_changed(change, 160), _changed(change, 60), ""],
        "sources": [f"<b>Sources:</b> {named_owners(incident, _NAMED_OWNERS)}; {corroboration(incident, sources)}"],
        "title": [_newest(incident, 200), _newest(incident, 90), _newest(incident, 0), ""],
        "last": [_last(incident, now, committed, to, zone)],
    }
    return _fitted(lines)


def discreet(change: Change) -> str:
    """The alert for a lock screen that others may see: that there is something, and how severe, in words that name no
    place and no event."""
    good = change.incident.direction is Direction.IMPROVING or change.incident.state is State.RESOLVED
    turned = ", taken back" if change.incident.state is State.WITHDRAWN else ", for the better" if good else ""
    return f"1 update, {change.incident.severity.word}{turned}"


def buttons(incident: Incident, kind: ChatKind, *, hidden: bool = False) -> Rows:
    """The alert's own buttons. A channel gets the address only: whoever presses there would be answered in public.
    `hidden`: the alert is in its discreet form, and a button shows it."""
    if hidden:
        return ((Button("Show", Press("show", (str(incident.number),))),),)
    row: list[Button] = []
    if kind.answers and incident.number > 0:
        row.append(Button("Why?", Press("why", (str(incident.number),))))
        row.append(Button("Mute here 8 h", Press("mute", (f"#{incident.number}", "8h"))))
    newest = max(incident.told, key=lambda t: t.seen, default=None)
    if newest is not None and linkable(newest.url) and not tells_movement(incident):
        row.append(Button("Open source", url=newest.url))
    return (tuple(row),) if row else ()


def _fitted(lines: dict[str, list[str]]) -> str:
    """The longest variants that keep within ALERT_LIMIT when lines give way in the order of SHORTEN."""

    def text() -> str:
        return "\n".join(variants[0] for variants in lines.values() if variants and variants[0])

    for name in SHORTEN:
        if units(text()) <= ALERT_LIMIT:
            break
        del lines[name][:1]
    return text()


def _what(incident: Incident) -> str:
    return f"{_what_short(incident)}; severity {incident.severity.word}, certainty {incident.certainty.value}"


def _what_short(incident: Incident) -> str:
    what = " and ".join(CATEGORIES[c] for c in incident.categories)
    if incident.asset in ASSETS:
        what += f" ({ASSETS[incident.asset][0]})"
    _, _, direction = DIRECTIONS[incident.direction]
    state = {State.RESOLVED: "; resolved", State.DORMANT: "; not confirmed lately"}.get(incident.state, "")
    return f"<b>What:</b> {what}; {direction}; {STATUSES[incident.status]}{state}"


def invites_travel(incident: Incident) -> bool:
    """Someone may take this news as leave to travel."""
    opens = incident.direction is Direction.IMPROVING or incident.state is State.RESOLVED
    return opens and incident.state is not State.WITHDRAWN and set(incident.categories) != {Category.AID_DELIVERY}


def _where(incident: Incident, country_name: str) -> str:
    where = escape(place_name(incident, 60, country_name))
    if incident.place is not None and incident.place.kind != "country":
        about = clean(", ".join(filter(None, (kind_of(incident.place), incident.place.pcode))), 30)
        where += f" ({escape(about)})" if about else ""
    country = clean(country_name or incident.country or "", 40)
    told_already = clean(incident.where, 40) in {country, incident.country}
    return f"<b>Where:</b> {where}" + (f", {escape(country)}" if country and not told_already else "")


def _when(incident: Incident, zone: tzinfo) -> str:
    dated = [t.published for t in incident.told if t.published is not None]
    parts = [f"reported {moment(max(dated), zone)}" if dated else "no date of publication given"]
    if len(dated) > 1 and min(dated) != max(dated):
        parts.append(f"first published {moment(min(dated), zone)}")
    return f"<b>When:</b> {'; '.join(parts)}; opened {moment(incident.opened, zone)}"


def _when_short(incident: Incident, zone: tzinfo) -> str:
    newest = max((t.published for t in incident.told if t.published is not None), default=None)
    return f"<b>When:</b> {f'reported {moment(newest, zone)}' if newest else f'opened {moment(incident.opened, zone)}'}"


def _why(incident: Incident, reasons: int) -> str:
    because = [escape(isolate(clean(r.because, 120).rstrip("."))) for r in incident.reasons[:reasons]]
    return f"<b>Why {incident.severity.word}:</b> {'; '.join(because)}" if because else ""


def _changed(change: Change, limit: int) -> str:
    kind = KINDS[change.kind]
    if change.before is not None and change.before is not change.incident.severity:
        kind += f", was {change.before.word}"
    because = escape(isolate(clean(change.because, limit)))
    return f"<b>Changed:</b> {kind}" + (f": {because}" if because else "")


def taken_back(change: Change, limit: int) -> str:
    """HTML: that an operator took the incident back, and why, when this is the change that did."""
    because = escape(isolate(clean(change.because, limit).rstrip("."))) if change.kind is ChangeKind.WITHDRAWN else ""
    return "An operator took this report back" + (f": {because}." if because else ".")


def owners(incident: Incident) -> list[Told]:
    """One report for each distinct owner, independent owners first, better grades first."""
    ranked = sorted(incident.told, key=lambda t: (not t.independent, t.grade))
    first: dict[str, Told] = {}
    for told in ranked:
        first.setdefault(told.owner or told.source_id, told)
    return list(first.values())


def grade(told: Told, incident: Incident) -> str:
    """The Admiralty rating: letter of the source, digit of what it says here."""
    return f"{clean(told.grade, 2)}{incident.credibility % 10}"


def source_name(told: Told) -> str:
    """Plain, at most 38 units."""
    return isolate(clean(told.source_name or told.source_id, 36))


def named_owners(incident: Incident, most: int) -> str:
    """HTML: "UN News (A2), Radio X (C2) and 3 more"."""
    all_of_them = owners(incident)
    names = [f"{escape(source_name(t))} ({escape(grade(t, incident))})" for t in all_of_them[:most]]
    more = len(all_of_them) - most
    return (", ".join(names) + (f" and {more} more" if more > 0 else "")) or "none kept"


def corroboration(incident: Incident, sources: Sequence[Source] = ()) -> str:
    """How many independent sources, or that there is no telling: "uncorroborated: one source, ..."."""
    known = owners(incident)
    independent = sum(t.independent for t in known)
    if incident.corroborated:
        return count(independent, "independent source", "independent sources")
    partial = {s.id for s in sources if incident.country in s.speaks_for_party_in or s.affiliation is Affiliation.PARTY}
    if known and all(t.source_id in partial for t in incident.told):
        if len(known) == 1:
            return "uncorroborated: one source, which speaks for a party to the conflict"
        return f"uncorroborated: {len(known)} sources, which all speak for a party to the conflict"
    if independent:
        number = "one independent source" if independent == 1 else f"{independent} independent sources"
        return f"uncorroborated: {number}"
    return "uncorroborated: no independent source"


def _newest(incident: Incident, limit: int) -> str:
    """The newest report's title (at most `limit` units; 0: none) as a link, and who published it."""
    if not incident.told:
        return ""
    if tells_movement(incident):
        return "Title and link left out: they may tell where relief will move."
    told = max(incident.told, key=lambda t: t.seen)
    return said(told, limit)


def said(told: Told, limit: int) -> str:
    """HTML: the linked title, then the source's name; the linked name alone without a title or room for one."""
    name = source_name(told)
    title = isolate(clean(told.title, limit - 2)) if limit else ""
    return f"{link(told.url, title)} - {escape(name)}" if title else link(told.url, name)


def _last(incident: Incident, now: datetime, committed: datetime | None, to: ChatKind, zone: tzinfo) -> str:
    as_of = committed or now
    parts = [f"Id {escape(clean(incident.id, 16))}", f"update {incident.revision}"]
    if incident.number > 0 and to.answers:
        parts.append(f"/why_{incident.number}")
    parts.append(f"as of {moment(as_of, zone)}")
    if now - as_of >= _DELAYED:
        parts.append(f"sent {moment(now, zone)}")
    return ", ".join(parts)
