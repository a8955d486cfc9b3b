"""The words of each language and what they mean: data files in, one matcher per language out.

A term is a word or phrase as published; `*` at the end of a word stands for any ending. Terms are folded as texts
are and found in one pass by an automaton; boundaries, endings and Arabic prefixes are checked at each hit.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ahocorasick_rs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ConfigError
from bot.judge.people import Numerals
from bot.judge.text import Folded, fold_term, script

# and, so, with, to, like (+ the): written as one word with what follows
_PROCLITIC = re.compile(r"(?:[وف]?[بلك]?(?:ال)?|[وف]?لل)")
_WORD = re.compile(r"\w+")
FOREIGN = 0.1  # share of little words of ours that a text needs whose source says that it is in no language of ours
_NO_TERM = re.compile(r"[()\[\]|?+\\]|(?:^|\s)\*|\*\w")  # other signs; a star that is not the end of a word


class FalseFriend(BaseModel):
    """Words that look like ours and mean something else. scope: 'phrase' hides the words it covers,
    'sentence' and 'text' silence every report there."""

    model_config = ConfigDict(extra="forbid")
    why: str
    terms: list[str]
    scope: str = Field("phrase", pattern="^(phrase|sentence|text)$")


class Example(BaseModel):
    """A sentence written for the file: what it must be judged as. `is`: a category, or 'nothing'."""

    model_config = ConfigDict(extra="forbid")
    text: str
    is_: str = Field(alias="is", pattern="^(siege|aid_delivery|route_closure|nothing)$")
    direction: str | None = Field(None, pattern="^(worsening|improving|unchanged|mixed)$")


class LanguageFile(BaseModel):
    """config/keywords/<lang>.toml."""

    model_config = ConfigDict(extra="forbid")
    language: str = Field(pattern="^[a-z]{2,3}$")
    script: str = Field(pattern="^(Latn|Arab|Cyrl)$")
    function_words: list[str] = Field(min_length=5)
    letters: str = ""  # that no neighbour of the same script has
    provisional: bool = False  # no native reader has checked it: severity.toml caps what it finds
    concepts: dict[str, list[str]]
    false_friend: list[FalseFriend] = []
    multipliers: dict[str, int] = {}
    numbers: dict[str, int] = {}  # written out: two, half a million
    example: list[Example] = Field(min_length=8)


@dataclass(frozen=True, slots=True)
class Hit:
    """A term found: [start, end) in the folded text, the concept it carries."""

    start: int
    end: int
    concept: str


@dataclass(frozen=True, slots=True)
class Term:
    """A folded term cut at its stars: 'lay* siege to' is ('lay', ' siege to'); `open_end`: it ended with a star."""

    parts: tuple[str, ...]
    open_end: bool
    concept: str


def parse_term(term: str, concept: str) -> Term:
    """A data-file term as a Term; the stars are kept through folding."""
    parts = [fold_term(p) if i == 0 else _keep_space(p) for i, p in enumerate(term.split("*"))]
    open_end = len(parts) > 1 and parts[-1] == ""
    return Term(tuple(p for p in parts if p), open_end, concept)


def _keep_space(part: str) -> str:
    folded = fold_term(part)
    return f" {folded}" if part.startswith(" ") and folded else folded


class Language:
    """One language's matcher. `find` gives concept hits; `scopes` are its false friends by hit concept."""

    def __init__(self, data: LanguageFile) -> None:
        self.code = data.language
        self.script = data.script
        self.function_words = frozenset(fold_term(w) for w in data.function_words)
        self.letters = data.letters
        self.provisional = data.provisional
        self.numerals = Numerals(
            {fold_term(k): v for k, v in data.numbers.items()}, {fold_term(k): v for k, v in data.multipliers.items()}
        )
        self.examples = tuple(data.example)
        self.false_friends = {f"false.{i}": f for i, f in enumerate(data.false_friend)}
        named = [(c, t) for c, terms in data.concepts.items() for t in terms]
        named += [(key, t) for key, friend in self.false_friends.items() for t in friend.terms]
        self._by_stem: dict[str, list[Term]] = defaultdict(list)
        for concept, text in named:
            term = parse_term(text, concept)
            self._by_stem[term.parts[0]].append(term)
        self._stems = list(self._by_stem)
        self._automaton = ahocorasick_rs.AhoCorasick(self._stems, store_patterns=False)

    def find(self, folded: Folded) -> list[Hit]:
        """All hits in text order, phrase false friends hiding what they cover; O(text + hits)."""
        text = folded.text
        hits = []
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            if not self._starts_word(text, start):
                continue
            for term in self._by_stem[self._stems[index]]:
                stop = _stop(text, end, term)
                if stop is not None:
                    hits.append(Hit(start, stop, term.concept))
        return self._settle(hits)

    def _starts_word(self, text: str, start: int) -> bool:
        if start == 0 or not text[start - 1].isalnum():
            return True
        if self.script != "Arab":
            return False
        begin = start
        while begin > 0 and start - begin < 5 and text[begin - 1].isalnum():
            begin -= 1
        return _PROCLITIC.fullmatch(text, begin, start) is not None

    def _settle(self, hits: list[Hit]) -> list[Hit]:
        """Longer phrases win over shorter ones of the same family inside them; phrase false friends win over all."""
        hits.sort(key=lambda h: (h.start, -h.end))
        hidden = [h for h in hits if self._scope(h) == "phrase"]
        out: list[Hit] = []
        for h in hits:
            if self._scope(h) == "phrase":
                continue
            if any(f.start <= h.start and h.end <= f.end for f in hidden):
                continue
            if any(o.start <= h.start and h.end <= o.end and o.concept == h.concept for o in out[-4:]):
                continue
            out.append(h)
        return out

    def _scope(self, hit: Hit) -> str | None:
        friend = self.false_friends.get(hit.concept)
        return friend.scope if friend else None


def _stop(text: str, end: int, term: Term) -> int | None:
    """Where the term ends in the text when its first part ends at `end`; None when the rest does not follow."""
    last = len(term.parts) - 1
    for i in range(len(term.parts)):
        if i > 0:
            part = term.parts[i]
            while end < len(text) and text[end].isalnum():
                end += 1
            if not text.startswith(part, end):
                return None
            end += len(part)
        if i == last and term.open_end:
            while end < len(text) and text[end].isalnum():
                end += 1
    if end < len(text) and text[end].isalnum():
        return None
    return end


class Lexicon:
    """All languages; chooses the one a text is in."""

    def __init__(self, languages: Iterable[Language]) -> None:
        self.languages = {language.code: language for language in languages}

    def choose(self, folded: Folded, hint: str) -> Language | None:
        """The text's language: its script, then function words, then the hint; None when we have none for it."""
        seen = script(folded.text)
        able = [x for x in self.languages.values() if x.script == seen]
        if not able:
            return None
        head = folded.text[:1500]
        words = Counter(m.group() for m in _WORD.finditer(head))
        scores = {
            x.code: sum(words[w] for w in x.function_words) + sum(head.count(c) for c in x.letters) + (x.code == hint)
            for x in able
        }
        best = max(able, key=lambda x: scores[x.code])
        if hint and hint not in self.languages and scores[best.code] < FOREIGN * words.total():
            return None
        return best if scores[best.code] or not hint else self.languages.get(hint, best)


def load_languages(files: Mapping[str, str], concepts: frozenset[str]) -> list[Language]:
    """`files`: language code -> TOML text. Every mistake of every file in one ConfigError."""
    problems: list[str] = []
    languages = []
    for code, text in sorted(files.items()):
        name = f"keywords/{code}.toml"
        try:
            data = LanguageFile.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as e:
            problems.append(f"{name}: not valid TOML: {e}; mend that line")
            continue
        except ValidationError as e:
            problems += [f"{name}: {'.'.join(map(str, x['loc']))}: {x['msg']}" for x in e.errors()]
            continue
        problems += _mistakes(name, code, data, concepts)
        languages.append(Language(data))
    if problems:
        raise ConfigError(problems)
    return languages


def _mistakes(name: str, code: str, data: LanguageFile, concepts: frozenset[str]) -> list[str]:
    out = []
    if data.language != code:
        out.append(f'{name}: language = "{data.language}": write "{code}", the name of the file')
    for concept in sorted(set(data.concepts) - concepts):
        out.append(f'{name}: concepts."{concept}" is none of the concepts in patterns.toml; write one of those')
    groups = [*data.concepts.items(), *((f"false_friend ({f.why})", f.terms) for f in data.false_friend)]
    for concept, terms in groups:
        for term in terms:
            if len(fold_term(term.replace("*", ""))) < 2 or _NO_TERM.search(term):
                out.append(
                    f'{name}: {concept}: "{term}": write a plain word or phrase of two letters or more, alternatives '
                    f"as terms of their own; only * at the end of a word has a meaning"
                )
    return out
