"""The queue behind getUpdates: kept until acknowledged by a higher offset, one reader at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

from bot.local.state import Json, Refusal

# Telegram leaves these out unless a bot names them in allowed_updates.
_ONLY_IF_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})


class Updates:
    """What waits for the bot, by update_id; what is redelivered comes first, once, whatever the offset."""

    def __init__(self) -> None:
        self._pending: deque[Json] = deque()
        self._again: list[Json] = []
        self._last_id = 0
        self._allowed: frozenset[str] | None = None
        self._turn = 0
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._pending) + len(self._again)

    def put(self, kind: str, content: Json) -> Json:
        """Queues an update unless the bot did not ask for its kind; returns it in any case."""
        self._last_id += 1
        update = {"update_id": self._last_id, kind: content}
        wanted = kind not in _ONLY_IF_ASKED if self._allowed is None else kind in self._allowed
        if wanted:
            self._pending.append(update)
            self._ring()
        return update

    def put_again(self, update: Json) -> None:
        """Queues an update that the bot may have acknowledged already."""
        self._again.append(update)
        self._ring()

    def allow(self, kinds: list[str]) -> None:
        """From now on only these kinds are queued; an empty list restores Telegram's default."""
        self._allowed = frozenset(kinds) if kinds else None

    def drop(self) -> None:
        self._pending.clear()
        self._again.clear()

    async def take(self, offset: int, limit: int, timeout: float) -> list[Json]:  # noqa: ASYNC109  (Telegram's name)
        """At most `limit` updates from `offset` on, waiting up to `timeout` seconds for the first.

        A newer call ends an older one that still waits, with 409, as Telegram does."""
        self._turn += 1
        turn = self._turn
        self._ring()
        self._acknowledge(offset)
        deadline = asyncio.get_running_loop().time() + timeout
        while not len(self) and (left := deadline - asyncio.get_running_loop().time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)
            if turn != self._turn:
                raise Refusal(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )
        again, self._again = self._again[:limit], self._again[limit:]
        return [*again, *list(self._pending)[: limit - len(again)]]

    def _acknowledge(self, offset: int) -> None:
        if offset < 0:
            while len(self._pending) > -offset:
                self._pending.popleft()
        while self._pending and self._pending[0]["update_id"] < offset:
            self._pending.popleft()

    def _ring(self) -> None:
        """Wakes whoever waits. An Event per wait, not a Condition: the user's side then needs no await."""
        self._news.set()
        self._news = asyncio.Event()
