"""The buttons under a summary: its pages, its other form, its countries. Each carries the moment of the first page, so
that what comes meanwhile moves nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model import EPOCH, Incident
from bot.words.buttons import Button, Press, Rows
from bot.words.markup import clean
from bot.words.summary import Form, grouped, ranked

_SEEN = re.compile(r"@([0-9a-z]{1,8})\.([0-9a-z]{1,12})")
_MINUTE = timedelta(minutes=1)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_COUNTRIES = 8  # with a button
_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What a summary is made from: all that was known at a moment (a whole minute), up to a change of the store."""

    at: datetime
    upto: int

    @classmethod
    def of(cls, at: datetime, upto: int) -> Seen:
        return cls(at.replace(second=0, microsecond=0), upto)

    @classmethod
    def read(cls, word: str) -> Seen | None:
        """The one that `word` was made of; None when it was made of none."""
        found = _SEEN.fullmatch(word)
        return cls(EPOCH + int(found[1], 36) * _MINUTE, int(found[2], 36)) if found else None

    @property
    def word(self) -> str:
        return f"@{_base36((self.at - EPOCH) // _MINUTE)}.{_base36(self.upto)}"


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


@dataclass(frozen=True, slots=True)
class View:
    """One page of a summary. `area`: the key of a place or country, None for everywhere; `chat_id`: only what this
    chat subscribes to; `pressed`: a button led here, so another leads back."""

    title: str
    seen: Seen
    area: str | None = None
    chat_id: int | None = None
    form: Form = Form.SHORT
    period: timedelta = timedelta(hours=24)
    page: int = 1
    pressed: bool = False

    @property
    def since(self) -> datetime:
        return self.seen.at - self.period

    @property
    def press(self) -> Press:
        """The press that shows it."""
        about = f"={self.area}" if self.area else "mine" if self.chat_id is not None else "all"
        form = ("full",) if self.form is Form.FULL and not self.area else ()  # a place is always told in full
        hours = f"{self.period // timedelta(hours=1)}h"
        return Press("page", (about, *form, hours, self.seen.word, f"p{self.page}"))


def buttons(view: View, pages: int, incidents: Sequence[Incident], country_name: Callable[[str], str]) -> Rows:
    """Under the page of `view`, of a summary of so many pages of these incidents (the worst first)."""
    if not incidents:
        return ()
    turns = [
        Button(f"{name} ({n} of {pages})", replace(view, page=n).press)
        for name, n in (("Back", view.page - 1), ("Next", view.page + 1))
        if 1 <= n <= pages
    ]
    short = replace(view, form=Form.SHORT, page=1)
    others: list[Button] = []
    if view.form is Form.SHORT:
        others.append(Button(f"All {len(incidents)}, by place", replace(short, form=Form.FULL).press))
    elif view.area is None:
        others.append(Button("In short", short.press))
    elif view.pressed:
        others.append(Button("All countries", replace(short, area=None).press))
    rows: list[tuple[Button, ...]] = [tuple(turns), tuple(others)]
    if view.form is Form.SHORT and view.chat_id is None:
        rows += _countries(view, incidents, country_name)
    return tuple(row for row in rows if row)


def _countries(
    view: View, incidents: Sequence[Incident], country_name: Callable[[str], str]
) -> list[tuple[Button, ...]]:
    groups = [(code, there) for code, there in grouped(ranked(incidents), lambda i: i.country or "") if code]
    if len(groups) < 2:
        return []
    made = [
        Button(
            f"{clean(country_name(code), 30)} ({len(there)})",
            replace(view, area=code, form=Form.FULL, page=1).press,
        )
        for code, there in groups[:_COUNTRIES]
    ]
    return [tuple(made[n : n + _IN_A_ROW]) for n in range(0, len(made), _IN_A_ROW)]
