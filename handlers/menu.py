"""What Telegram itself shows of the bot: its menu of commands, for each kind of reader, and its description."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from handlers.asking import Command, Who

log = logging.getLogger(__name__)

SHORT = "Alerts when humanitarian access changes: sieges, aid deliveries, roads and crossings. With who says so."
DESCRIPTION = (
    "I read news sources in several languages and tell you when humanitarian access changes: a town besieged or "
    "relieved, an aid convoy let through or turned back, a road, crossing, port or airport closed or opened.\n\n"
    "Every alert says who reports it and why I think so. It is never a promise that a road is safe.\n\n"
    "Who subscribes to such alerts can be a secret that matters: /privacy says what I keep."
)


async def introduce(bot: Bot, commands: Sequence[Command], operators: Iterable[int]) -> None:
    """Set menus and descriptions. One that can't be set is logged: it stops nothing, and the next start tries again."""
    menus: list[tuple[BotCommandScope, list[Command]]] = [
        (BotCommandScopeAllPrivateChats(), [c for c in commands if c.who is not Who.OPERATOR]),
        (BotCommandScopeAllGroupChats(), [c for c in commands if c.who is Who.ANYBODY and c.groups]),
        (BotCommandScopeAllChatAdministrators(), [c for c in commands if c.who is not Who.OPERATOR and c.groups]),
        *((BotCommandScopeChat(o), [c for c in commands if c.groups or o > 0]) for o in operators),
    ]
    for scope, some in menus:
        try:
            await bot.set_my_commands([BotCommand(c.name, c.help) for c in some], scope=scope)
        except TelegramError as e:
            log.warning("a menu of commands could not be set: %s", type(e).__name__)
    try:
        await bot.set_my_short_description(SHORT)
        await bot.set_my_description(DESCRIPTION)
    except TelegramError as e:
        log.warning("the description could not be set: %s", type(e).__name__)
