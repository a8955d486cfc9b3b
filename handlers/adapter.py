"""Between Telegram and the command files: an Update becomes an Ask, a Reply becomes messages. Our only framework.

A button is a command that nobody needs to type: it takes the same way, and meets the same access rules.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

from telegram import CallbackQuery, Message, Update
from telegram import Chat as TelegramChat
from telegram.constants import ParseMode
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.ext import BaseHandler, CallbackContext, CallbackQueryHandler, CommandHandler, MessageHandler, filters

from bot.chat import NO_PREVIEW, keyboard
from bot.errors import InputError
from bot.model import ChatKind
from bot.words.buttons import Rows
from bot.words.markup import escape, split
from handlers.access import refusal
from handlers.asking import Ask, Command, Desk, Picture, Reply

log = logging.getLogger(__name__)

Context = CallbackContext[Any, Any, Any, Any]
Handler = BaseHandler[Update, Context, None]
MAX_ASK = 256  # characters of a question that are looked at
LONGEST_WAIT = 30.0  # seconds for which an answer waits when Telegram asks us to
WHERE = (filters.ChatType.PRIVATE | filters.ChatType.GROUPS) & filters.UpdateType.MESSAGE
PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGE


def handlers_of(command: Command) -> list[Handler]:
    """`/name words` and the tappable `/name_words`, where each _ stands for a space; nothing for what only buttons
    ask."""
    if not command.shown:
        return []
    callback, where = answers(command), WHERE if command.groups else PRIVATE
    return [
        CommandHandler(command.name, callback, where),
        MessageHandler(_Tapped(command.name) & where, callback),
    ]


class _Tapped(filters.MessageFilter):
    """`/name_words`, with or without our own @name behind it; another bot's commands are none of our business."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._pattern = re.compile(rf"/{name}_\w+(?:@(\w+))?(?:\s|$)", re.IGNORECASE)

    def filter(self, message: Message) -> bool:
        found = self._pattern.match(message.text or "")
        return found is not None and (found[1] is None or found[1].lower() == message.get_bot().username.lower())


def words_of(text: str, command: str) -> tuple[str, ...]:
    """The words behind a command: '/why_12@bot' and '/why 12' are ('12',)."""
    head, _, tail = text[:MAX_ASK].partition(" ")
    rest = head.partition("@")[0]
    if rest.lower().startswith(f"/{command}"):  # CommandHandler takes any case
        rest = rest[len(command) + 1 :]
    return tuple(f"{rest.replace('_', ' ')} {tail}".split())


def answers(command: Command) -> Callable[[Update, Context], Coroutine[Any, Any, None]]:
    """A python-telegram-bot callback that asks `command` and sends what it says, where it was asked."""

    async def callback(update: Update, context: Context) -> None:
        message, chat = update.effective_message, update.effective_chat
        if message is None or chat is None:
            return
        desk = desk_of(context)
        text = message.text or ""
        words = words_of(text, command.name) if command.name else tuple(text[:MAX_ASK].split())
        asked = ask_of(message, chat, command.name, words, desk.clock())
        await post(await answered(command, asked, desk), message, asked, desk)

    return callback


def pressed(commands: Mapping[str, Command]) -> CallbackQueryHandler[Context, None]:
    """The handler of all buttons."""

    async def callback(update: Update, context: Context) -> None:
        query, desk = update.callback_query, desk_of(context)
        if query is None:
            return
        message = query.message
        if not isinstance(message, Message):
            await _notice(query, "That message is too old for its buttons: type the command instead")
            return
        try:
            press = desk.seal.read(query.data or "", message.chat.id)
            command = commands[press.command]
        except (InputError, KeyError, ValueError) as e:
            await _notice(query, str(e) if isinstance(e, InputError) else "I no longer know this button.")
            return
        asked = ask_of(message, message.chat, press.command, press.words, desk.clock(), query.from_user.id)
        refused = await refusal(command, asked, desk)
        await _notice(query, refused)
        if not refused:
            reply = await answered(command, asked, desk, checked=True)
            await (replace_with if command.in_place else post)(reply, message, asked, desk)

    return CallbackQueryHandler(callback)


async def _notice(query: CallbackQuery, words: str | None) -> None:
    """Words over the chat, or just the end of waiting. Telegram no longer takes it for a button that was pressed while
    we were away; what the button asks is done all the same."""
    try:
        await query.answer(words[:200] if words else None, show_alert=bool(words))
    except TelegramError as e:
        log.info("who pressed a button was not answered: %s", type(e).__name__)


def ask_of(  # noqa: PLR0917
    message: Message,
    chat: TelegramChat,
    command: str,
    words: tuple[str, ...],
    now: datetime,
    presser: int | None = None,
) -> Ask:
    """`presser`: who pressed a button of this message; without it, who wrote it."""
    kind = {chat.PRIVATE: ChatKind.PRIVATE, chat.CHANNEL: ChatKind.CHANNEL}.get(chat.type, ChatKind.GROUP)
    thread = message.message_thread_id if message.is_topic_message else None
    user = message.from_user.id if message.from_user else 0
    anonymous = presser is None and message.sender_chat is not None and message.sender_chat.id == chat.id
    return Ask(command, words, chat.id, now, thread or 0, kind, user if presser is None else presser, anonymous)


async def answered(command: Command, ask: Ask, desk: Desk, *, checked: bool = False) -> Reply:
    """One of three places that catch broadly: an answer that fails says so, the bot goes on."""
    try:
        refused = None if checked else await refusal(command, ask, desk)
        reply = escape(refused) if refused else await command.answer(ask, desk)
    except InputError as e:
        rows = getattr(e, "buttons", ())
        return Reply(escape(str(e)), rows)
    except Exception:
        log.exception("/%s failed", ask.command)
        return Reply("Sorry, that went wrong on our side. It is in the operators' log; please try again in a minute.")
    return reply if isinstance(reply, Reply) else Reply(reply)


async def post(reply: Reply, message: Message, ask: Ask, desk: Desk) -> None:
    """Send an answer where it was asked, in its topic, and remember the ids so that /forget can take it back."""
    parts = split(reply.html)
    sent = []
    if reply.picture is not None:
        shown = await _show(reply.picture, message, ask, desk, () if parts else reply.buttons)
        if shown is None:  # where pictures may not be sent, the words still say it
            parts = [*split(reply.picture.caption), *parts]
        else:
            sent.append(shown.message_id)
    for n, part in enumerate(parts, 1):

        async def send(rows: Rows, part: str = part) -> Message:
            return await message.reply_text(
                part, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW,
                reply_markup=keyboard(rows, message.chat.id, desk.seal),
                do_quote=ask.kind is ChatKind.GROUP, allow_sending_without_reply=True,
            )  # fmt: skip

        got = await _patiently(send, reply.buttons if n == len(parts) else ())
        if got is None:
            break
        sent.append(got.message_id)
    if sent and ask.command != "forget":
        await desk.store.remember_said(message.chat.id, sent, desk.clock())


async def _show(picture: Picture, message: Message, ask: Ask, desk: Desk, buttons: Rows) -> Message | None:
    """The picture with its caption; None where Telegram does not take it."""

    async def send(rows: Rows) -> Message:
        return await message.reply_photo(
            picture.png, picture.caption, parse_mode=ParseMode.HTML, filename="map.png",
            reply_markup=keyboard(rows, message.chat.id, desk.seal),
            do_quote=ask.kind is ChatKind.GROUP, allow_sending_without_reply=True,
        )  # fmt: skip

    sent = await _patiently(send, buttons)
    return sent if isinstance(sent, Message) else None


async def replace_with(reply: Reply, message: Message, ask: Ask, desk: Desk) -> None:
    """Put an answer in the place of the message whose button was pressed."""

    async def edit(rows: Rows) -> Any:
        return await message.edit_text(
            split(reply.html)[0], parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW,
            reply_markup=keyboard(rows, message.chat.id, desk.seal),
        )  # fmt: skip

    await _patiently(edit, reply.buttons)


async def _patiently(send: Callable[[Rows], Awaitable[Any]], rows: Rows) -> Any:
    """What Telegram answers; None when it does not take it. A flood answer is waited for, once; an address that
    Telegram takes for none costs its button only."""
    for _ in range(2):
        try:
            return await send(rows)
        except RetryAfter as e:
            pause = e.retry_after
            seconds = pause.total_seconds() if isinstance(pause, timedelta) else float(pause)
            if seconds > LONGEST_WAIT:
                break
            await asyncio.sleep(seconds)
        except BadRequest as e:
            if "button" in e.message.lower() and rows != (bare := _pressed_only(rows)):
                rows = bare
                continue
            if "not modified" not in e.message.lower():
                log.warning("an answer was not taken: %s", e.message)
            return None
        except TelegramError as e:
            log.warning("an answer was not taken: %s", type(e).__name__)
            return None
    log.warning("an answer was given up: Telegram asked us to wait too long")
    return None


def _pressed_only(rows: Rows) -> Rows:
    """Without the buttons that lead outside."""
    return tuple(tuple(b for b in row if b.url is None) for row in rows)


def desk_of(context: Context) -> Desk:
    """The desk that the composition root gave the Application; see bot.app.DeskApplication."""
    desk = getattr(context.application, "desk", None)
    assert isinstance(desk, Desk)
    return desk
