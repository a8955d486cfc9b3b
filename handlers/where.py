"""Places that people type: known ones, several of one name, misspelt ones, those in a question, and those that buttons
carry."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import InputError
from bot.judge.text import fold
from bot.model import Place
from bot.words.buttons import Button, Press, Rows
from bot.words.phrases import kind_of
from handlers.asking import Desk

CHOICES = 5


class UnclearError(InputError):
    """Which place is meant? With a button for each that may be."""

    def __init__(self, message: str, buttons: Rows) -> None:
        super().__init__(message)
        self.buttons = buttons


def key_word(place: Place) -> str:
    """A place as one word of a button: exact, whatever else bears its name."""
    return f"={place.key}"


def place_named(words: tuple[str, ...], desk: Desk, again: Callable[[Place], Press], *, first: bool = False) -> Place:
    """The place that these words name. With `first` also the one place that they speak of, and of several of one name
    the most trusted; else UnclearError. `again` makes the press that asks the same once more with the place made clear.
    """
    if len(words) == 1 and words[0].startswith("="):
        place = desk.places.by_key(words[0][1:])
        if place is None:
            raise InputError("I no longer know that place: write its name instead")
        return place
    name = " ".join(words)
    found = desk.places.lookup(name)
    if not found:
        near, spoken_of = desk.places.near(name, CHOICES), _spoken_of(name, desk)
        may_be = tuple(dict.fromkeys((*near, *spoken_of)))[:CHOICES]
        if first and spoken_of and len(may_be) == 1:
            return may_be[0]
        if may_be:
            unknown = f"I know no place called “{name[:60]}”. Did you mean one of these?"
            raise UnclearError(unknown if near else "Which place do you mean?", choices(may_be, desk, again))
        raise InputError(
            f"I know no place called “{name[:60]}”. Write a country, region, town or crossing, such as Syria or Rafah; "
            "/help lists what I can do."
        )
    clear = found[0].kind == "country" or (desk.places.is_own(found[0].key) and not desk.places.is_own(found[-1].key))
    if len(found) > 1 and not first and not clear:
        raise UnclearError(
            f"Several places are called “{name[:60]}”. Which one?", choices(found[:CHOICES], desk, again)
        )
    return found[0]


def _spoken_of(text: str, desk: Desk) -> tuple[Place, ...]:
    """The places that a sentence names: of each name the one most likely meant, then the others so called. Only where
    it names none, the country of a word such as "Syrian". On a phone names are often written without capitals."""
    for written in (text, text.title()):
        hits = desk.places.find(fold(written))
        hits = tuple(h for h in hits if not h.is_cue) or hits
        if hits:
            return tuple(dict.fromkeys([*(h.candidates[0] for h in hits), *(p for h in hits for p in h.candidates)]))
    return ()


def choices(places: tuple[Place, ...], desk: Desk, again: Callable[[Place], Press]) -> Rows:
    """A button for each place."""
    return tuple((Button(label(p, desk, places), again(p)),) for p in places)


def label(place: Place, desk: Desk, beside: tuple[Place, ...] = ()) -> str:
    """ "Tripoli (city), Libya", and what tells it from a namesake there: "San Juan (city), Cebu, Philippines".
    `beside`: what is offered with it, which may be found under another spelling only."""
    usual = _label(place, "", desk)
    others = {p.key: p for p in (*desk.places.lookup(place.name), *beside) if p.key != place.key}
    twins = [p for p in others.values() if _label(p, "", desk) == usual]
    if not twins:
        return usual
    region = _region(place, desk)
    alike = [p for p in twins if _region(p, desk) == region]
    return _label(place, f"{region}, {_position(place)}" if region and alike else region or _position(place), desk)


def _label(place: Place, which: str, desk: Desk) -> str:
    if place.kind == "country":
        return place.name
    kind = kind_of(place)
    name = f"{place.name} ({kind})" if kind else place.name
    return ", ".join(filter(None, (name, which, desk.places.country_name(place.country))))


def _region(place: Place, desk: Desk) -> str:
    """The name of the smallest area around it that the tables know below the country, or ""."""
    around = desk.places.by_key(place.within[0]) if place.within else None
    return around.name if around is not None and around.kind != "country" else ""


def _position(place: Place) -> str:
    """ "27.62 S 48.63 W", or "" where the tables have none."""
    if place.lat is None or place.lon is None:
        return ""
    return f"{abs(place.lat):.2f} {'SN'[place.lat >= 0]} {abs(place.lon):.2f} {'WE'[place.lon >= 0]}"


def area_name(area: str | None, desk: Desk) -> str:
    """What people call the area of a subscription or mute."""
    if area is None:
        return "all countries"
    place = desk.places.by_key(area)
    return label(place, desk) if place else area


def area_of(place: Place) -> tuple[str, tuple[str, ...]]:
    """(area, within) of a subscription to this place: a country's code, or the place's key with its ancestors below
    the country."""
    if place.kind == "country":
        return place.country, ()
    return place.key, tuple(k for k in place.within if k != place.country)
