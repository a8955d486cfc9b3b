"""`run`: the service."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

from bot import logs, settings
from bot.app import opened
from bot.settings import Settings

NAME = "run"
HELP = "Watch the configured sources and alert subscribed Telegram chats until stopped."
EXAMPLE = "TELEGRAM_BOT_TOKEN=123456:... python -m bot run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options yet."""


def run(args: argparse.Namespace) -> int:
    config = settings.load(args.config, os.environ)
    if config.token is None:
        print(
            "No bot token: put TELEGRAM_BOT_TOKEN=... (from @BotFather) into .env or the environment, "
            "or name a file that holds it in TELEGRAM_BOT_TOKEN_FILE.",
            file=sys.stderr,
        )
        return 2
    if config.bot.access == "invite":  # better no service than one that is open to all against its operator's word
        print(
            'bot.toml: access = "invite" is not built yet, so everybody could subscribe; write "open" if that is '
            "what you want, or wait for it.",
            file=sys.stderr,
        )
        return 2
    logs.configure(config.log_format)
    return asyncio.run(serve(config))


async def serve(config: Settings) -> int:
    """Until SIGINT or SIGTERM; exit code 1 when Telegram refused the token."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with opened(config) as app:
        try:
            await app.start()
            while app.deliver.stopped is None and not stop.is_set():
                await _either(stop)
        finally:
            await app.stop()
        if app.deliver.stopped is not None:
            print(f"Stopped: {app.deliver.stopped}", file=sys.stderr)
            return 1
    return 0


async def _either(stop: asyncio.Event) -> None:
    """Wait for the stop, at most a second: the deliver loop may have stopped by itself."""
    try:
        async with asyncio.timeout(1.0):
            await stop.wait()
    except TimeoutError:
        return
