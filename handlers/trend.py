"""/trend [country, place or region] [90d]: incidents opened week by week, as a chart, with the same in words."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import InputError
from bot.map.plan import Weeks
from bot.model import Place
from bot.words.buttons import Press
from bot.words.trend import starts, trend, weeks_of
from handlers.asking import Ask, Command, Desk, Picture, Reply, zone_here
from handlers.mapping import area_asked, namesakes
from handlers.summary import period_of
from handlers.where import key_word

USUAL, WEEK = timedelta(days=90), timedelta(days=7)


async def trend_(ask: Ask, desk: Desk) -> Reply:
    """Counted by when an incident opened and by what its first report told; what was withdrawn does not count."""
    words, period = period_of(ask, USUAL)
    if period < WEEK:
        raise InputError("A trend is counted by weeks: from 7d to 90d, for example /trend_30d")
    area = area_asked(words, desk, again)
    mondays = starts(ask.now - period, ask.now)
    opened = await desk.store.opened(mondays[0], area.place.key if area.place else None, exercise=desk.exercise)
    if area.place is None and area.countries:
        opened = [i for i in opened if i.country in area.countries]
    weeks = weeks_of(opened, await desk.store.heard([*mondays, ask.now]), ask.now - period, ask.now)
    exercise, zone = any(i.exercise for i in opened), await zone_here(ask, desk)
    caption, rest = trend(weeks, title=area.title, period=period, now=ask.now, zone=zone, exercise=exercise)
    buttons = namesakes(words, area, desk, again)
    if not opened:  # an empty chart would look like calm
        return Reply("\n".join(filter(None, (caption, rest))), buttons)
    chart = Weeks(f"New incidents, {area.title}", ask.now, weeks, exercise=exercise)
    return Reply(rest, buttons, Picture(await desk.pictures.weeks(chart), caption))


def again(place: Place) -> Press:
    """The press that asks for exactly this place."""
    return Press("trend", (key_word(place),))


COMMAND = Command("trend", "new incidents week by week: [place] [90d]", "/trend_90d", trend_)
