"""Pictures on demand: drawn in a thread, one at a time, each once a day.

What draws is loaded when a picture is first asked for.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import bot.map
from bot.map.plan import Plan, Weeks

if TYPE_CHECKING:
    from bot.map.lettering import Fonts
    from bot.map.outlines import Outlines

DATA = Path(bot.map.__file__).parent / "data"
KEPT = 32  # pictures, each of at most 150 kB


class Pictures:
    """`drawn`: how many were drawn; the others were at hand."""

    def __init__(self) -> None:
        self.drawn = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._one = asyncio.Lock()

    async def map(self, plan: Plan) -> bytes:
        """PNG. Of the same incidents in the same area on the same day the one that was drawn first: its "as of" is
        then earlier than what the caller writes beside it, and nothing changed in between."""
        return await self._once(replace(plan, as_of=_day(plan.as_of)), lambda: self._map(plan))

    async def weeks(self, weeks: Weeks) -> bytes:
        """PNG, in the same way."""
        return await self._once(replace(weeks, as_of=_day(weeks.as_of)), lambda: self._weeks(weeks))

    async def _once(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        async with self._one:
            if key not in self._kept:
                self._kept[key] = await asyncio.to_thread(make)
                self.drawn += 1
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _map(self, plan: Plan) -> bytes:
        from bot.map.draw import drawn

        return drawn(plan, self._outlines, self._fonts)

    def _weeks(self, weeks: Weeks) -> bytes:
        from bot.map.chart import drawn

        return drawn(weeks, self._fonts)

    @cached_property
    def _outlines(self) -> Outlines:
        from bot.map.outlines import Outlines

        return Outlines.read((DATA / "outlines.json.gz").read_bytes())

    @cached_property
    def _fonts(self) -> Fonts:
        from bot.map.lettering import Fonts

        return Fonts((DATA / "DejaVuSans.ttf").read_bytes(), (DATA / "DejaVuSans-Bold.ttf").read_bytes())


def _day(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time(), moment.tzinfo)
