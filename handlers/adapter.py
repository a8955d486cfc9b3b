"""What the command files share: an Update becomes an Ask, a Reply becomes messages. The only framework of ours.

A command file holds a pure-looking function `async (ask, desk) -> str` and `COMMAND = Command(name, help, example,
function)`. Answers are HTML; InputError is shown to the person; anything else is logged and owned up to.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telegram import Update
from telegram.constants import ParseMode
from telegram.ext import BaseHandler, CallbackContext, CommandHandler, MessageHandler, filters

from bot.chat import NO_PREVIEW
from bot.errors import InputError
from bot.judge.places import Gazetteer
from bot.model import Source
from bot.store import Store
from bot.words.markup import escape, split

log = logging.getLogger(__name__)

Context = CallbackContext[Any, Any, Any, Any]
Handler = BaseHandler[Update, Context, None]
MAX_ASK = 256  # characters of a question that are looked at


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: the command's name, the words behind it, who asks and when."""

    command: str
    words: tuple[str, ...]
    chat_id: int
    now: datetime

    @property
    def text(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Desk:
    """All that an answer may look at."""

    store: Store
    places: Gazetteer
    sources: Mapping[str, Source]
    clock: Callable[[], datetime]
    contact: str = ""
    max_subscribers: int = 0
    exercise: bool = False


Answer = Callable[[Ask, Desk], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command as /help, Telegram's menu and the docs show it. `example` works when tapped."""

    name: str
    help: str
    example: str
    answer: Answer

    def handlers(self) -> list[Handler]:
        """`/name words` and the tappable `/name_words`, where each _ stands for a space."""
        callback = answers(self.name, self.answer)
        tapped = MessageHandler(filters.Regex(rf"^/{self.name}_\w") & PRIVATE, callback)
        return [CommandHandler(self.name, callback, PRIVATE), tapped]


PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE


def words_of(text: str, command: str) -> tuple[str, ...]:
    """The words behind a command: '/why_12' and '/why 12' are ('12',)."""
    rest = re.sub(rf"^/{command}(?:@\w+)?", "", text[:MAX_ASK])
    head, _, tail = rest.partition(" ")
    return tuple(f"{head.replace('_', ' ')} {tail}".split())


def answers(command: str, answer: Answer) -> Callable[[Update, Context], Coroutine[Any, Any, None]]:
    """A python-telegram-bot callback that asks `answer` and sends what it says."""

    async def callback(update: Update, context: Context) -> None:
        message, chat = update.effective_message, update.effective_chat
        if message is None or chat is None:
            return
        desk: Desk = desk_of(context)
        words = words_of(message.text or "", command) if command else tuple((message.text or "")[:MAX_ASK].split())
        for part in split(await _said(answer, Ask(command, words, chat.id, desk.clock()), desk)):
            await message.reply_text(part, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW)

    return callback


def desk_of(context: Context) -> Desk:
    """The desk that the composition root gave the Application; see bot.app.DeskApplication."""
    desk = getattr(context.application, "desk", None)
    assert isinstance(desk, Desk)
    return desk


async def _said(answer: Answer, ask: Ask, desk: Desk) -> str:
    """One of three places that catch broadly: an answer that fails says so, the bot goes on."""
    try:
        return await answer(ask, desk)
    except InputError as e:
        return escape(str(e))
    except Exception:
        log.exception("/%s failed", ask.command)
        return "Sorry, that went wrong on our side. It is in the operators' log; please try again in a minute."
