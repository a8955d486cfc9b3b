"""What people may ask: one file per command. The order here is the order in /help and in Telegram's menu."""

from __future__ import annotations

from telegram.ext import MessageHandler, filters

from handlers import (
    channel,
    history,
    invite,
    latest,
    mapping,
    members,
    mute,
    privacy,
    search,
    settings,
    show,
    sources,
    start,
    status,
    subscribe,
    summary,
    trend,
    whoami,
    why,
    withdraw,
)
from handlers.adapter import PRIVATE, Handler, answers, handlers_of, pressed
from handlers.asking import Command
from handlers.help import helping

COMMANDS: tuple[Command, ...] = (
    start.COMMAND,
    subscribe.COMMAND,
    subscribe.UNSUBSCRIBE,
    status.COMMAND,
    latest.COMMAND,
    summary.COMMAND,
    history.COMMAND,
    search.COMMAND,
    mapping.COMMAND,
    trend.COMMAND,
    why.COMMAND,
    mute.COMMAND,
    settings.COMMAND,
    sources.COMMAND,
    channel.COMMAND,
    privacy.COMMAND,
    privacy.FORGET,
    whoami.COMMAND,
    invite.COMMAND,
    withdraw.COMMAND,
    summary.PAGE,
    show.COMMAND,
    show.HIDE,
)
HELP, UNKNOWN, PLACE = helping(COMMANDS)
MENU: tuple[Command, ...] = tuple(c for c in (*COMMANDS, HELP) if c.shown)

HANDLERS: list[Handler] = [
    *(handler for command in (*COMMANDS, HELP) for handler in handlers_of(command)),
    pressed({c.name: c for c in (*COMMANDS, HELP)}),
    *members.HANDLERS,
    # what begins as a command is meant as one, also where Telegram sees none: /settings_zone_Asia/Damascus
    MessageHandler((filters.COMMAND | filters.Regex("^/")) & PRIVATE, answers(UNKNOWN)),
    MessageHandler(filters.TEXT & PRIVATE, answers(PLACE)),
]
