"""Sending: one message to one chat, its pace, and what each answer of the Bot API means.

BadRequest is a subclass of NetworkError in python-telegram-bot, so the order of the table below matters.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import httpx
from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import BaseRateLimiter

from bot.model import Deferred, Gone, Moved, Outcome, Sent, Stop, Unsendable

log = logging.getLogger(__name__)

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GONE = (
    "chat not found",
    "user is deactivated",
    "bot was kicked",
    "peer_id_invalid",
    "not enough rights",
    "have no rights",
)


class Sender:
    """Sends HTML to a chat and says what became of it; never raises for an answer of the Bot API."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot

    async def send(self, chat_id: int, html: str, *, reply_to: int | None = None) -> Outcome:
        """`html` within Telegram's limits; `reply_to` is dropped by Telegram when that message is gone."""
        reply = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
        try:
            message = await self.bot.send_message(
                chat_id, html, parse_mode=ParseMode.HTML, reply_parameters=reply, link_preview_options=NO_PREVIEW
            )
        except (TelegramError, KeyError) as e:  # KeyError: an answer without 'result'
            return outcome(e)
        return Sent(message.message_id)


def outcome(error: Exception) -> Outcome:
    """The class of an error that python-telegram-bot raised for a send."""
    match error:
        case RetryAfter():
            pause = error.retry_after
            wait = pause if isinstance(pause, timedelta) else timedelta(seconds=pause)
            return Deferred("flood: Telegram asked us to wait", wait, counts=False)
        case ChatMigrated():
            return Moved(error.new_chat_id)
        case InvalidToken():
            return Stop("the token was refused; put the right one in TELEGRAM_BOT_TOKEN and start again")
        case Conflict():
            return Deferred("another instance uses this token", timedelta(seconds=30), counts=False)
        case Forbidden():
            return Gone(error.message)
        case BadRequest():
            gone = any(words in error.message.lower() for words in _GONE)
            return Gone(error.message) if gone else Unsendable(error.message)
        case NetworkError() if "too many requests" in error.message.lower():
            return Deferred("flood: Telegram asked us to wait", timedelta(seconds=30), counts=False)
        case NetworkError() if isinstance(error.__cause__, _NOT_SENT):
            return Deferred("Telegram could not be reached", timedelta(seconds=10))
        case _:
            return Deferred(f"no clear answer: {type(error).__name__}", timedelta(seconds=30), ambiguous=True)


class Pace(BaseRateLimiter[int]):
    """Telegram's limits under everything we send: 30 a second overall, 1 a second to one chat (short bursts of
    replies are let through), everything paused while Telegram asked us to wait."""

    OVERALL, CHAT, BURST = 30, 1.0, 3

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=self.OVERALL)
        self._by_chat: dict[Any, deque[float]] = defaultdict(lambda: deque(maxlen=self.BURST))
        self._paused_until = 0.0

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        self._by_chat.clear()

    async def process_request(  # noqa: PLR0917 - the signature of BaseRateLimiter
        self,
        callback: Callable[..., Coroutine[Any, Any, bool | dict[str, Any] | list[dict[str, Any]]]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> bool | dict[str, Any] | list[dict[str, Any]]:
        """Waits for its turn, then sends; a flood answer pauses everybody and is raised to the caller."""
        if "chat_id" in data:
            await asyncio.sleep(self._reserve(data["chat_id"]))
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as e:
            pause = e.retry_after
            seconds = pause.total_seconds() if isinstance(pause, timedelta) else pause
            self._paused_until = max(self._paused_until, self._clock() + seconds)
            raise

    def _reserve(self, chat_id: Any) -> float:
        """Take the next free slot, so that one chat's wait holds up nobody else; seconds until it."""
        now = self._clock()
        delay = self.delay(chat_id, now)
        self._sent.append(now + delay)
        self._by_chat[chat_id].append(now + delay)
        return delay

    def delay(self, chat_id: Any, now: float) -> float:
        """Seconds until one more message to this chat is within the limits."""
        until = self._paused_until
        if len(self._sent) == self.OVERALL:
            until = max(until, self._sent[0] + 1.0)
        recent = self._by_chat[chat_id]
        if len(recent) == self.BURST:
            until = max(until, recent[0] + self.CHAT * self.BURST)
        return max(0.0, until - now)
