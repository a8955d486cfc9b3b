"""Exercise feeds read from files instead of the web; {{-30h}} in them becomes a time relative to now."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from bot.errors import FetchError
from bot.model import Body, Cursor, Request

_TIME = re.compile(r"\{\{-(\d+)([hm])(\|iso)?\}\}")


class ExerciseWeb:
    """Answers for https://exercise.invalid/NAME with the file `folder`/NAME; the only web that `chat` knows."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.folder, self.clock = folder, clock

    async def fetch(self, request: Request, cursor: Cursor = Cursor()) -> Body:  # noqa: B008 - frozen
        """Always the whole feed, so the cursor is not looked at."""
        name = request.url.rpartition("/")[2]
        try:
            text = (self.folder / name).read_text(encoding="utf-8")
        except OSError as e:
            raise FetchError(f"no exercise feed {name}: {e.strerror}") from e
        return Body(request.url, at(text, self.clock()).encode())


def at(text: str, now: datetime) -> str:
    """`text` with its relative times written out: RFC 822, or ISO 8601 where it says |iso."""

    def written(m: re.Match[str]) -> str:
        moment = now - timedelta(**{"hours" if m[2] == "h" else "minutes": int(m[1])})
        return moment.isoformat(timespec="seconds") if m[3] else format_datetime(moment)

    return _TIME.sub(written, text)
