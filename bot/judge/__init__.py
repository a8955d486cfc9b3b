"""What it means: Item -> Assessment | Dismissal. Pure: no clock, file, network or log; configuration comes as text.

`load` builds a Judge from the texts of config/; `Judge.judge` does one item: recognise (words to claims), places,
severity. Everything it decides carries a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.errors import ConfigError
from bot.judge.lexicon import Hit, Lexicon, load_languages
from bot.judge.patterns import Pattern, load_patterns
from bot.judge.places import Gazetteer, PlaceHit
from bot.judge.recognise import Where, recognise
from bot.judge.severity import CERTAINTY, Rule, assess, load_rules
from bot.judge.text import Folded, fold
from bot.model import Assessment, Dismissal, Item, Judgement


@dataclass(frozen=True, slots=True)
class Judge:
    """The whole of judging; share one, it keeps no state."""

    lexicon: Lexicon
    patterns: tuple[Pattern, ...]
    rules: tuple[Rule, ...]
    gazetteer: Gazetteer
    crisis_countries: frozenset[str]

    def judge(self, item: Item) -> Judgement:
        """What the item reports and how bad it is, or the reason why it reports nothing of ours."""
        report = recognise(item, self.lexicon, self.patterns, self._named)
        if isinstance(report, Dismissal):
            return report
        severity, reasons = assess(report, self.rules)
        return Assessment(item, report, severity, CERTAINTY[report.status], (*reasons, *report.reasons))

    def language_of(self, item: Item) -> str | None:
        """The language whose words read this text; None when there is none for its script."""
        chosen = self.lexicon.choose(fold(item.words), item.lang)
        return chosen.code if chosen else None

    def _named(self, folded: Folded) -> _Named:
        return _Named(self.gazetteer, self.crisis_countries, folded)


@dataclass(frozen=True)
class _Named:
    """The places that one text names, found when they are first asked for."""

    gazetteer: Gazetteer
    crisis_countries: frozenset[str]
    folded: Folded

    @cached_property
    def _hits(self) -> tuple[PlaceHit, ...]:
        return self.gazetteer.find(self.folded)

    def assets(self) -> list[Hit]:
        """As recognise.Names says."""
        if not self.gazetteer.may_name_asset(self.folded):
            return []
        named = ((hit, self.gazetteer.asset(hit)) for hit in self._hits)
        at = self.folded.index
        return [Hit(at(hit.start), at(hit.end), concept) for hit, concept in named if concept]

    def where(self, claims: Sequence[tuple[int, int]]) -> Where:
        """As recognise.Names says."""
        found = self.gazetteer.settle(self._hits, focus=claims, folded=self.folded)
        in_crisis = found.country in self.crisis_countries
        return Where(found.place, found.place_text, found.country, found.reason, in_crisis, found.mentions)


def load(
    keyword_files: Mapping[str, str], patterns_toml: str, severity_toml: str, place_tables: Mapping[str, str]
) -> Judge:
    """Texts of config/ in, Judge out; one ConfigError with every mistake of every file."""
    problems: list[str] = []
    patterns = load_patterns(patterns_toml)
    concepts = frozenset(patterns.concepts)
    try:
        languages = load_languages(keyword_files, concepts)
    except ConfigError as e:
        problems += e.problems
    try:
        rules = load_rules(severity_toml, concepts)
    except ConfigError as e:
        problems += e.problems
    if problems:
        raise ConfigError(problems)
    gazetteer = Gazetteer.from_rows({name: text.splitlines() for name, text in place_tables.items()})
    return Judge(Lexicon(languages), tuple(patterns.pattern), rules, gazetteer, patterns.crisis_countries)


__all__ = ["Judge", "load"]
