"""How places and ways stand by now: what /status and /map are answered from."""

from __future__ import annotations

from collections.abc import Sequence

from bot.judge.ledger import standings
from bot.model import Place, Statement
from bot.words.status import Stands
from handlers.asking import Ask, Desk


async def stands_in(countries: Sequence[str], ask: Ask, desk: Desk) -> list[Stands]:
    """All that the ledger knows of these countries, of all for none, in no order. What a report says of the crossing
    "in Rafah" is said of Rafah crossing."""
    last: dict[str, Statement] = {}  # by the key of what it is about

    def subject(told: Statement) -> str:
        crossing = desk.places.crossing_of(told.place_key) if told.kind == "crossing" else None
        key = crossing.key if crossing is not None else told.place_key
        last[key] = told
        return key

    told = await desk.store.statements(countries, exercise=desk.exercise)
    return [
        Stands(desk.places.by_key(s.place_key) or _gone(s.place_key, last[s.place_key]), s)
        for s in standings(told, desk.stale, ask.now, subject)
    ]


def _gone(key: str, told: Statement) -> Place:
    """A place that the tables no longer hold."""
    return Place(key, told.place_name, "city", told.country, within=(told.country,))
