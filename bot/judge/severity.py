"""Report -> Severity with reasons, by the rules of config/severity.toml; and certainty from status."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ConfigError
from bot.model import Category, Certainty, Direction, Reason, Report, Severity, Status


class Rule(BaseModel):
    """One [[rule]] table; the head of config/severity.toml explains each key. Exactly one of severity, at_most."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    because: str
    severity: str | None = Field(None, pattern="^(minor|moderate|severe|extreme)$")
    at_most: str | None = Field(None, pattern="^(minor|moderate|severe|extreme)$")
    category: tuple[Category, ...] | None = None
    direction: tuple[Direction, ...] | None = None
    status: tuple[Status, ...] | None = None
    any_of: tuple[str, ...] | None = None
    all_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] | None = None
    in_claim: tuple[str, ...] | None = None
    people_at_least: int | None = None
    people_below: int | None = None
    place_kind: tuple[str, ...] | None = None
    provisional: bool | None = None


class RuleFile(BaseModel):
    """config/severity.toml."""

    model_config = ConfigDict(extra="forbid")
    rule: list[Rule] = Field(min_length=1)


# one line a condition: does this rule's value hold for this report?
CONDITIONS: dict[str, Callable[[Rule, Report], bool]] = {
    "category": lambda r, x: any(c in x.categories for c in r.category or ()),
    "direction": lambda r, x: x.direction in (r.direction or ()),
    "status": lambda r, x: x.status in (r.status or ()),
    "any_of": lambda r, x: any(c in x.concepts for c in r.any_of or ()),
    "all_of": lambda r, x: all(c in x.concepts for c in r.all_of or ()),
    "none_of": lambda r, x: not any(c in x.concepts for c in r.none_of or ()),
    "in_claim": lambda r, x: any(e.concept in (r.in_claim or ()) for e in x.evidence),
    "people_at_least": lambda r, x: x.people is not None and x.people >= (r.people_at_least or 0),
    "people_below": lambda r, x: x.people is not None and x.people < (r.people_below or 0),
    "provisional": lambda r, x: x.provisional == r.provisional,
    "place_kind": lambda r, x: x.place is not None and x.place.kind in (r.place_kind or ()),
}

CERTAINTY = {
    Status.OCCURRED: Certainty.OBSERVED,
    Status.ANNOUNCED: Certainty.LIKELY,
    Status.REQUESTED: Certainty.OBSERVED,  # a call for relief tells of a constraint in force
    Status.DENIED: Certainty.POSSIBLE,
    Status.RUMOURED: Certainty.POSSIBLE,
}


def load_rules(text: str, concepts: frozenset[str]) -> tuple[Rule, ...]:
    """config/severity.toml as text -> rules; ConfigError names every mistake."""
    try:
        rules = RuleFile.model_validate(tomllib.loads(text)).rule
    except tomllib.TOMLDecodeError as e:
        raise ConfigError([f"severity.toml: not valid TOML: {e}; mend that line"]) from e
    except ValidationError as e:
        raise ConfigError([f"severity.toml: {'.'.join(map(str, x['loc']))}: {x['msg']}" for x in e.errors()]) from e
    problems = [
        f'severity.toml: rule "{r.name}": write either severity or at_most, not both or neither'
        for r in rules
        if (r.severity is None) == (r.at_most is None)
    ]
    for r in rules:
        for c in {*(r.any_of or ()), *(r.all_of or ()), *(r.none_of or ()), *(r.in_claim or ())} - concepts:
            problems.append(f'severity.toml: rule "{r.name}": "{c}" is none of the concepts in patterns.toml')
    if problems:
        raise ConfigError(problems)
    return tuple(rules)


def holds(rule: Rule, report: Report) -> bool:
    return all(check(rule, report) for key, check in CONDITIONS.items() if getattr(rule, key) is not None)


def assess(report: Report, rules: tuple[Rule, ...]) -> tuple[Severity, tuple[Reason, ...]]:
    """The highest severity among the rules that hold, then capped; reasons: those that set it first."""
    fired = [r for r in rules if holds(r, report)]
    raised = [(Severity.of(r.severity), r) for r in fired if r.severity]
    capped = [(Severity.of(r.at_most), r) for r in fired if r.at_most]
    severity = max((s for s, _ in raised), default=Severity.MINOR)
    reasons = [r for s, r in sorted(raised, key=lambda pair: -pair[0])]
    limit = min((s for s, _ in capped), default=Severity.EXTREME)
    if limit < severity:
        reasons = [r for s, r in capped if s == limit] + [r for s, r in raised if s <= limit]
        severity = limit
    return severity, tuple(Reason(r.name, r.because) for r in reasons)
