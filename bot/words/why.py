"""One incident and its history -> the answer to /why: what the report said, why it is that severe, who says so, and
what chats were told of it and what not. Each is said once, in words for people who never saw our configuration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from itertools import groupby

from bot.model import Change, ChangeKind, Evidence, Incident, Told
from bot.words.markup import clean, escape, isolate, link
from bot.words.phrases import (
    CATEGORIES,
    CONCEPTS,
    CREDIBILITIES,
    GRADES,
    KINDS,
    LISTED_LINE,
    STATUSES,
    STEPS,
    concept_name,
    count,
    first_line,
    moment,
    quoted,
    tells_movement,
)
from bot.words.render import corroboration, source_name, taken_back

_WORDS = 20  # of a report
_FIRST = 2  # reasons that an alert gives too; the others follow in one line
_REPORTS = 10
_STEPS = 15  # of the history, a run of repetitions being one
_NAMES = 3  # of who repeated it
# changes that replace what an incident is called after, and those that replace why it is that severe
_TURNS = (ChangeKind.OPENED, ChangeKind.ESCALATED, ChangeKind.EASED, ChangeKind.RESOLVED)
_JUDGED = (ChangeKind.OPENED, ChangeKind.ESCALATED)
_OURS = (ChangeKind.WITHDRAWN, ChangeKind.MERGED)  # no source made these

History = Sequence[tuple[Change, datetime]]  # each change with when it was recorded


def why(incident: Incident, history: History, now: datetime, zone: tzinfo = UTC, *, asked: int | None = None) -> str:
    """The page, as Telegram HTML of any length; that an operator took the incident back comes first. `asked`: the
    number that was asked for, which may be of one that is part of this incident now."""
    head, rest = first_line(incident, limit=LISTED_LINE)
    ours = f"Number {asked} is part of {escape(incident.id)} now: both told of the same."
    ordered = sorted(history, key=lambda pair: pair[1])
    withdrawn = [taken_back(change, 200) for change, _ in ordered if change.kind is ChangeKind.WITHDRAWN]
    blocks = [
        [f"{head}<b>{escape(rest)}</b>", *withdrawn, *([ours] if asked not in {None, incident.number} else [])],
        [f"<b>What the report said</b>{_by(ordered, _TURNS, zone)}", *_said(incident)],
        [f"<b>Why {incident.severity.word}</b>{_by(ordered, _JUDGED, zone)}", *_reasons(incident)],
        ["<b>Who says so</b>", *_sources(incident, zone)],
        ["<b>What chats were told</b>", *_steps(ordered, zone)],
        [f"Id {escape(clean(incident.id, 16))}, update {incident.revision}, as of {moment(now, zone)}"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks)


def _by(ordered: History, kinds: tuple[ChangeKind, ...], zone: tzinfo) -> str:
    """Whose report made the last change of these kinds, and when: " (River News, 22 Nov 2026 06:10 UTC)"."""
    for change, at in reversed(ordered):
        if change.kind in kinds and change.incident.told:
            return f" ({reporter(change)}, {moment(at, zone)})"
    return ""


def reporter(change: Change) -> str:
    """HTML: who told what made this change; it is the last that the incident then knew."""
    return escape(source_name(change.incident.told[-1])) if change.incident.told else "source not kept"


def _said(incident: Incident) -> list[str]:
    """A line for each kind of news: the words that told it, and what each was read as."""
    if tells_movement(incident):
        return ["Left out: it may tell where relief will move."]
    read: dict[str, dict[str, list[str]]] = {}
    for evidence in _outermost(incident.evidence)[:_WORDS]:
        words = read.setdefault(_news(evidence, incident), {}).setdefault(concept_name(evidence.concept), [])
        if quoted(evidence).casefold() not in map(str.casefold, words):
            words.append(quoted(evidence))
    lines = [
        f"{news}: " + ", ".join(f"{', '.join(words)} ({meaning})" for meaning, words in meanings.items())
        for news, meanings in read.items()
    ]
    return [escape(line) for line in lines] or ["Its words were not kept."]


def _outermost(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Without what is a part of longer words: "food reached" says more than "reached"."""

    def within(inner: Evidence, outer: Evidence) -> bool:
        longer = outer.end - outer.start > inner.end - inner.start
        return longer and outer.start <= inner.start and inner.end <= outer.end

    return [e for e in evidence if not any(within(e, other) for other in evidence)]


def _news(evidence: Evidence, incident: Incident) -> str:
    """The kind of news that these words told; what may belong to several is counted to one that the incident is."""
    category, _ = CONCEPTS.get(evidence.concept, (None, ""))
    if category is None:
        return "Beside it"
    return CATEGORIES[category if category in incident.categories else incident.categories[0]].capitalize()


def _reasons(incident: Incident) -> list[str]:
    """What made it that severe, the strongest first; where it is; why it was taken for news; how certain it is.

    Two of the reasons that a judgement gives say nothing of severity: "place", and "recognised", which lists the claim
    and what else spoke for it, parted by commas."""
    known = {r.rule: r.because for r in incident.reasons}
    place, news = known.pop("place", ""), known.pop("recognised", "")
    because = [escape(isolate(clean(text, 200).rstrip("."))) for text in dict.fromkeys(known.values())]
    lines = [text[:1].upper() + text[1:] for text in because[:_FIRST]] or ["The reasons were not kept."]
    if because[_FIRST:]:
        lines.append(f"Also: {'; '.join(because[_FIRST:])}")
    if place:
        lines.append(f"Place: {escape(clean(place, 200))}")
    if news:
        claim, *beside = clean(news, 200).split(", ")
        told = ", ".join(concept_name(each) for each in beside)
        lines.append(escape(f"Taken for news: {claim}" + (f"; beside it {told}" if told else "")))
    return [*lines, f"Certainty: {incident.certainty.value} ({STATUSES[incident.status]})"]


def _sources(incident: Incident, zone: tzinfo) -> list[str]:
    """How far it is confirmed; then each source with its reports, the newest first."""
    credible = CREDIBILITIES.get(incident.credibility, "can't be judged yet")
    newest = sorted(incident.told, key=lambda t: t.seen, reverse=True)
    by_source: dict[str, list[Told]] = {}
    for told in newest[:_REPORTS]:
        by_source.setdefault(told.source_id, []).append(told)
    lines = [f"Credibility {incident.credibility} of 6, {credible}; {corroboration(incident)}"]
    for reports in by_source.values():
        lines += [_source(reports), *(_report(t, reports, incident, zone) for t in reports)]
    older = len(newest) - _REPORTS
    return lines + ([f"and {count(older, 'older report', 'older reports')}"] if older > 0 else [])


def _source(reports: Sequence[Told]) -> str:
    letter = clean(reports[0].grade, 2)
    independent = "independent" if any(t.independent for t in reports) else "not independent"
    reliable = GRADES.get(letter, "reliability unknown")
    return f"{escape(source_name(reports[0]))}: grade {escape(letter)}, {reliable}; {independent}"


def _report(told: Told, reports: Sequence[Told], incident: Incident, zone: tzinfo) -> str:
    at = moment(told.published, zone) if told.published else f"seen {moment(told.seen, zone)}"
    title = isolate(clean(told.title, 158)) or "without a title"
    what = "title and link left out" if tells_movement(incident) else link(told.url, title)
    copied = not told.independent and any(t.independent for t in reports)
    return f"- {at}: {what}" + (" (in another's words)" if copied else "")


def step(change: Change, limit: int) -> str:
    """HTML: what a change was, with at most `limit` units of why."""
    because = isolate(clean(change.because, limit))
    kind = KINDS[change.kind]
    return escape(STEPS.get(change.kind, kind).format(because=because)) if because else kind


def _steps(ordered: History, zone: tzinfo) -> list[str]:
    """Oldest first; what was not sent to chats says so, and why."""
    lines: list[str] = []
    for repeated, together in groupby(ordered, key=lambda pair: pair[0].kind is ChangeKind.REPEATED):
        run = list(together)
        lines += [_repeated(run, zone)] if repeated else [_changed(change, at, zone) for change, at in run]
    return lines[-_STEPS:] or ["Nothing was kept of that."]


def _repeated(run: History, zone: tzinfo) -> str:
    (first, at), (_, last) = run[0], run[-1]
    until, times = ("", "") if len(run) == 1 else (f" to {moment(last, zone)}", f" {len(run)} times")
    names = list(dict.fromkeys(reporter(change) for change, _ in run))
    more = " and others" if len(names) > _NAMES else ""
    said = f"{moment(at, zone)}{until}: {KINDS[first.kind]}{times} ({', '.join(names[:_NAMES])}{more})"
    return f"{said}; not sent: nothing new"


def _changed(change: Change, at: datetime, zone: tzinfo) -> str:
    by = f" ({reporter(change)})" if change.kind not in _OURS else ""
    unsent = "not sent at once" if change.catch_up else "not sent"
    withheld = f"; {unsent}: {escape(isolate(clean(change.withheld, 80)))}" if change.withheld else ""
    return f"{moment(at, zone)}: {step(change, 160)}{by}{withheld}"
