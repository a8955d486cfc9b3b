"""Sending: one message to one chat, its pace, and what each answer of the Bot API means.

BadRequest is a subclass of NetworkError in python-telegram-bot, so the order of the table below matters.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
from telegram import (
    Bot,
    ChatMember,
    ChatMemberAdministrator,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
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

from bot.model import EPOCH, ChatKind, Deferred, Gone, Moved, NoTopic, Outcome, Sent, Stop, Unsendable
from bot.words.buttons import Rows, Seal, fits

log = logging.getLogger(__name__)

UNAUTHORIZED = "the token was refused; put the right one in TELEGRAM_BOT_TOKEN and start again"
UNREACHED, CONFLICT = "telegram", "conflict"
LASTS = timedelta(seconds=30)  # what is wrong for as long is told; a restart brings a moment of conflict
WELL_AFTER = timedelta(minutes=3)  # without a failure; longer than any pause between two tries
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NOT_SENT = (httpx.ConnectError, httpx.ProxyError, httpx.ConnectTimeout, httpx.PoolTimeout)
ADMIN_FOR = 60.0  # seconds for which we believe that somebody is, or is not, an admin
KNOWN_ADMINS = 10_000
AT_ONCE = 100  # messages in one deleteMessages
UNANSWERED = 3  # calls without an answer before we stop taking messages back
_NO_TOPIC = ("message thread not found", "topic_closed", "topic_deleted")
_GONE = (
    "chat not found",
    "user is deactivated",
    "bot was kicked",
    "peer_id_invalid",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "group is deactivated",
)


class Sender:
    """Sends HTML to a chat and says what became of it; never raises for an answer of the Bot API."""

    def __init__(self, bot: Bot, seal: Seal) -> None:
        self.bot, self.seal = bot, seal

    async def send(
        self,
        chat_id: int,
        html: str,
        *,
        reply_to: int | None = None,
        thread_id: int = 0,
        silent: bool = False,
        buttons: Rows = (),
    ) -> Outcome:
        """`html` within Telegram's limits; `reply_to` is dropped by Telegram when that message is gone, buttons by us
        when Telegram refuses one of them."""
        reply = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
        try:
            message = await self.bot.send_message(
                chat_id, html, parse_mode=ParseMode.HTML, reply_parameters=reply, link_preview_options=NO_PREVIEW,
                message_thread_id=thread_id or None, disable_notification=silent or None,
                reply_markup=keyboard(buttons, chat_id, self.seal),
            )  # fmt: skip
        except BadRequest as e:
            if buttons and "button" in e.message.lower():
                log.warning("a button was refused (%s); sent without", e.message)
                return await self.send(chat_id, html, reply_to=reply_to, thread_id=thread_id, silent=silent)
            return outcome(e)
        except (TelegramError, KeyError) as e:  # KeyError: an answer without 'result'
            return outcome(e)
        return Sent(message.message_id)

    async def take_back(self, chat_id: int, message_id: int) -> None:
        """Delete a message of ours that should not have gone out; tried once."""
        await _Tries(UNANSWERED).done(partial(self.bot.delete_message, chat_id, message_id))


def keyboard(rows: Rows, chat_id: int, seal: Seal) -> InlineKeyboardMarkup | None:
    """Buttons as Telegram takes them, signed for this chat; None without any. Presses too long for a button are left
    out."""
    made = []
    for row in rows:
        line = []
        for button in row:
            if button.press is None:
                line.append(InlineKeyboardButton(button.label, url=button.url))
            elif fits(button.press):
                line.append(InlineKeyboardButton(button.label, callback_data=seal.write(button.press, chat_id)))
        if line:
            made.append(line)
    return InlineKeyboardMarkup(made) if made else None


@dataclass(frozen=True, slots=True)
class Room:
    """A group or channel as Telegram describes it to us."""

    chat_id: int
    kind: ChatKind
    title: str


class Rooms:
    """What Telegram knows of chats and their people; an answer that can't be had is the careful one."""

    def __init__(self, bot: Bot, clock: Callable[[], float] = time.monotonic) -> None:
        self.bot, self._clock = bot, clock
        self._admins: dict[tuple[int, int], tuple[float, bool]] = {}

    async def is_admin(self, chat_id: int, user_id: int) -> bool:
        """May this person change settings of a group or channel? Asked at most once a minute per person."""
        until, known = self._admins.get((chat_id, user_id), (0.0, False))
        if self._clock() < until:
            return known
        try:
            member = await self.bot.get_chat_member(chat_id, user_id)
        except TelegramError as e:
            log.info("whether somebody is an admin can't be asked: %s", type(e).__name__)
            return False
        if len(self._admins) > KNOWN_ADMINS:
            self._admins.clear()
        known = member.status in (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
        self._admins[chat_id, user_id] = (self._clock() + ADMIN_FOR, known)
        return known

    async def may_post(self, chat_id: int) -> bool:
        """Are we an admin of this channel who may post?"""
        try:
            me = await self.bot.get_chat_member(chat_id, self.bot.id)
        except TelegramError:
            return False
        return isinstance(me, ChatMemberAdministrator) and me.can_post_messages is not False

    async def find(self, name: str) -> Room | None:
        """A group or channel by `@name` or id; None when there is none that we can see."""
        try:
            found = await self.bot.get_chat(name if name.startswith("@") else int(name))
        except (TelegramError, ValueError):
            return None
        kind = ChatKind.CHANNEL if found.type == found.CHANNEL else ChatKind.GROUP
        return None if found.type == found.PRIVATE else Room(found.id, kind, found.title or str(found.id))

    async def take_back(self, chat_id: int, message_ids: Sequence[int]) -> int:
        """Delete messages of ours; returns how many Telegram took back. It does so for 48 h, and refuses a whole list
        for one message that it would not delete: then each is tried by itself. Out of reach, it is asked UNANSWERED
        times and no more: somebody waits for the answer."""
        tries, count = _Tries(UNANSWERED), 0
        for start in range(0, len(message_ids), AT_ONCE):
            some = message_ids[start : start + AT_ONCE]
            if await tries.done(partial(self.bot.delete_messages, chat_id, some)):
                count += len(some)
                continue
            for number in some:
                count += await tries.done(partial(self.bot.delete_message, chat_id, number))
        return count


class _Tries:
    """Calls of which the ones without any answer are counted; after `left` of those no more are made."""

    def __init__(self, left: int) -> None:
        self.left = left

    async def done(self, call: Callable[[], Awaitable[bool]]) -> bool:
        if self.left <= 0:
            return False
        try:
            return await call()
        except TelegramError as e:
            log.info("messages could not be taken back: %s", type(e).__name__)
            self.left -= isinstance(e, NetworkError) and not isinstance(e, BadRequest)
            return False


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
            return Stop(UNAUTHORIZED)
        case Conflict():
            return Deferred("another instance uses this token", timedelta(seconds=30), counts=False)
        case Forbidden():
            return Gone(error.message)
        case BadRequest() if any(words in error.message.lower() for words in _NO_TOPIC):
            return NoTopic(error.message)
        case BadRequest():
            gone = any(words in error.message.lower() for words in _GONE)
            return Gone(error.message) if gone else Unsendable(error.message)
        case NetworkError() if "too many requests" in error.message.lower():
            return Deferred("flood: Telegram asked us to wait", timedelta(seconds=30), counts=False)
        case NetworkError() if isinstance(error.__cause__, _NOT_SENT):
            return Deferred("Telegram could not be reached", timedelta(seconds=10))
        case _:
            return Deferred(f"no clear answer: {type(error).__name__}", timedelta(seconds=30), ambiguous=True)


class Line:
    """The line on which we ask Telegram what people wrote: what is wrong with it, and for how long."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._wrong: tuple[str, str] | None = None
        self._since = self._last = EPOCH

    def failed(self, error: TelegramError) -> None:
        """It broke. The log hears of it once, and again when the reason is another or it was well meanwhile."""
        now, before = self._clock(), self._wrong if self._clock() - self._last <= WELL_AFTER else None
        self._wrong, self._last = _broken(error), now
        if before is None or before[0] != self._wrong[0]:
            self._since = now
        if before != self._wrong:
            log.warning("%s Trying again until it is right.", self._wrong[1])

    def mended(self) -> None:
        """Telegram answered."""
        self._wrong = None

    def trouble(self) -> tuple[str, str] | None:
        """UNREACHED or CONFLICT and the sentence that says so, when it lasts: one broken call is none."""
        now = self._clock()
        lasts = self._last - self._since >= LASTS and now - self._last <= WELL_AFTER
        return self._wrong if lasts else None


def _broken(error: TelegramError) -> tuple[str, str]:
    if isinstance(error, Conflict):
        return CONFLICT, (
            "Another program asks Telegram for this bot's messages with the same token, and each takes commands away "
            "from the other. Stop that one; if it is none of yours, the token has leaked: /revoke it at @BotFather."
        )
    why = type(error.__cause__ if isinstance(error.__cause__, httpx.HTTPError) else error).__name__
    return UNREACHED, (
        f"Telegram can't be reached ({why}). Look at the network, TELEGRAM_PROXY_URL and BOT_API_BASE_URL."
    )


class Pace(BaseRateLimiter[int]):
    """Telegram's limits under everything we send: 30 a second overall, 1 a second to one chat (short bursts of
    replies are let through). A chat for which Telegram asked us to wait is left alone for as long; when that comes
    from several chats at once, or is about no chat, everything waits."""

    OVERALL, CHAT, BURST = 30, 1.0, 3
    SEVERAL, AT_ONCE = 3, 30.0  # so many chats within so many seconds mean that it is about us all
    PATIENCE = 3.0  # seconds for which a message waits here for a chat that is left alone
    KNOWN = 1000  # chats; of more, those that may be written to at once are let go

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=self.OVERALL)
        self._by_chat: dict[Any, deque[float]] = {}
        self._resting: dict[Any, float] = {}  # until when a chat is left alone
        self._floods: dict[Any, float] = {}  # when Telegram last asked us to wait, by chat
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
        """Waits for its turn, then sends. A flood answer is raised to the caller; so is, unasked, that a chat is to be
        left alone for longer than a moment: who waited here for that would hold up all others."""
        chat_id = data.get("chat_id")
        if chat_id is not None:
            rest = self.rest(chat_id)
            if rest > self.PATIENCE:
                raise RetryAfter(math.ceil(rest))
            await asyncio.sleep(self._reserve(chat_id))
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as e:
            pause = e.retry_after
            self.flooded(chat_id, pause.total_seconds() if isinstance(pause, timedelta) else pause)
            raise

    def flooded(self, chat_id: Any, seconds: float) -> None:
        """Telegram asked us to wait, with a message to this chat, or with none."""
        now = self._clock()
        self._floods = {c: at for c, at in self._floods.items() if now - at < self.AT_ONCE} | {chat_id: now}
        self._resting = {c: until for c, until in self._resting.items() if until > now}
        if chat_id is None or len(self._floods) >= self.SEVERAL:
            self._paused_until = max(self._paused_until, now + seconds)
        else:
            self._resting[chat_id] = max(self._resting.get(chat_id, 0.0), now + seconds)

    def rest(self, chat_id: Any) -> float:
        """Seconds for which Telegram wants this chat to be left alone."""
        return self._resting.get(chat_id, 0.0) - self._clock()

    def _reserve(self, chat_id: Any) -> float:
        """Take the next free slot, so that one chat's wait holds up nobody else; seconds until it."""
        now = self._clock()
        delay = self.delay(chat_id, now)
        self._sent.append(now + delay)
        if chat_id not in self._by_chat and len(self._by_chat) >= self.KNOWN:
            self._by_chat = {c: slots for c, slots in self._by_chat.items() if slots[-1] + self.CHAT * self.BURST > now}
        self._by_chat.setdefault(chat_id, deque(maxlen=self.BURST)).append(now + delay)
        return delay

    def delay(self, chat_id: Any, now: float) -> float:
        """Seconds until one more message to this chat is within the limits."""
        until = max(self._paused_until, self._resting.get(chat_id, 0.0))
        if len(self._sent) == self.OVERALL:
            until = max(until, self._sent[0] + 1.0)
        recent: Sequence[float] = self._by_chat.get(chat_id, ())
        if len(recent) == self.BURST:
            until = max(until, recent[0] + self.CHAT * self.BURST)
        return max(0.0, until - now)
