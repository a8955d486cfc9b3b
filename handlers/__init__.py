"""What people may ask: one file per command. The order here is the order in /help and in Telegram's menu."""

from __future__ import annotations

from telegram.ext import MessageHandler, filters

from handlers import latest, members, privacy, start, subscribe, summary, why
from handlers.adapter import PRIVATE, Command, Handler, answers
from handlers.help import helping

COMMANDS: tuple[Command, ...] = (
    start.COMMAND,
    subscribe.COMMAND,
    subscribe.UNSUBSCRIBE,
    latest.COMMAND,
    summary.COMMAND,
    why.COMMAND,
    privacy.COMMAND,
    privacy.FORGET,
)
HELP, UNKNOWN = helping(COMMANDS)

HANDLERS: list[Handler] = [
    *(handler for command in (*COMMANDS, HELP) for handler in command.handlers()),
    *members.HANDLERS,
    MessageHandler(filters.COMMAND & PRIVATE, answers("", UNKNOWN.answer)),
    MessageHandler(filters.TEXT & PRIVATE, answers("", summary.summary)),
]
