"""/why ID: why an incident was told, from the words matched to the sources."""

from __future__ import annotations

from bot.errors import InputError
from bot.model import Incident
from bot.words.why import why as page
from handlers.asking import Ask, Command, Desk, zone_here


async def why(ask: Ask, desk: Desk) -> str:
    """`/why 12` or `/why SY-12`."""
    number = number_of(ask.words)
    incident = await desk.store.incident(number)
    if incident is None or (incident.exercise and not desk.exercise):
        raise InputError(f"There is no incident {number}. /latest lists the newest.")
    check_country(ask.words[-1], incident)
    history = await desk.store.history(incident.number)
    return page(incident, history, ask.now, await zone_here(ask, desk), asked=number)


def number_of(words: tuple[str, ...]) -> int:
    """The number of an incident, written as 12, SY-12 or #12."""
    number = words[-1].lstrip("#").rpartition("-")[2] if words else ""
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        raise InputError(
            "Which incident? Write its number, as in the last line of an alert: /why_1. /latest lists some."
        )
    return int(number)


def check_country(word: str, incident: Incident) -> None:
    """InputError when a country was written before the number and it is another one: another incident is meant."""
    country = word.lstrip("#").rpartition("-")[0].upper()
    if country and f"{country}-{incident.number}" != incident.id:
        raise InputError(
            f"There is no {country[:8]}-{incident.number}; number {incident.number} is {incident.id}, "
            f"{incident.where}. Write {incident.id} if you mean that."
        )


COMMAND = Command("why", "why I told you: words, rules, sources", "/why_1", why)
