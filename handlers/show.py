"""The buttons of the discreet form: show an alert in full, and hide it again. Not typed, so not in /help."""

from __future__ import annotations

from datetime import datetime

from bot.errors import InputError
from bot.model import SILENT, Change
from bot.words import render
from bot.words.buttons import Button, Press
from handlers.asking import Ask, Command, Desk, Reply, zone_here
from handlers.why import number_of


async def show(ask: Ask, desk: Desk) -> Reply:
    """The alert as it stands now, in the place of its discreet form."""
    change, at = await _last(ask, desk)
    country = change.incident.country
    text = render.alert(
        change, now=ask.now, to=ask.kind, zone=await zone_here(ask, desk), committed=at,
        country_name=desk.places.country_name(country) if country else "",
        sources=list(desk.sources.values()),
    )  # fmt: skip
    hide = (Button("Hide", Press("hide", ask.words[:1])),)
    return Reply(text, (hide, *render.buttons(change.incident, ask.kind)))


async def hide(ask: Ask, desk: Desk) -> Reply:
    """The discreet form again."""
    change, _ = await _last(ask, desk)
    return Reply(render.discreet(change), render.buttons(change.incident, ask.kind, hidden=True))


async def _last(ask: Ask, desk: Desk) -> tuple[Change, datetime]:
    """The last change of the incident that told something new, and when it was."""
    number = number_of(ask.words)
    history = [(c, at) for c, at in await desk.store.history(number) if c.kind not in SILENT]
    if not history or (history[-1][0].incident.exercise and not desk.exercise):
        raise InputError(f"I no longer know incident {number}. /latest lists the newest.")
    return history[-1]


COMMAND = Command("show", "show an alert in full", "/show_1", show, in_place=True, shown=False)
HIDE = Command("hide", "hide it again", "/hide_1", hide, in_place=True, shown=False)
