"""`run`: the service."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace

from telegram.error import InvalidToken

from bot import logs, settings
from bot.app import App, opened
from bot.chat import UNAUTHORIZED
from bot.settings import Settings
from bot.store.sqlite import database_path

log = logging.getLogger(__name__)

NAME = "run"
HELP = "Watch the configured sources and alert subscribed Telegram chats until stopped."
EXAMPLE = "TELEGRAM_BOT_TOKEN=123456:... python -m bot run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry",
        action="store_true",
        help="a shadow run: judge live sources and tell only the operators what would have been sent, from a database "
        "of its own beside the real one; may run beside the service",
    )


def run(args: argparse.Namespace) -> int:
    config = settings.load(args.config, os.environ)
    if config.token is None:
        print(
            "No bot token: put TELEGRAM_BOT_TOKEN=... (from @BotFather) into .env or the environment, "
            "or name a file that holds it in TELEGRAM_BOT_TOKEN_FILE.",
            file=sys.stderr,
        )
        return 2
    if args.dry and not config.bot.operators:
        print(
            "A shadow run tells operators only: put your chat id (/whoami) into operators of bot.toml.", file=sys.stderr
        )
        return 2
    logs.configure(config.log_format)
    for name in config.unused:
        log.warning("%s is set, but this version does not use it", name)
    return asyncio.run(serve(config, dry=args.dry))


def shadow(database_url: str) -> str:
    """The database of a shadow run: beside the real one, with -dry in its name."""
    path = database_path(database_url)
    return f"sqlite+aiosqlite:///{path.with_name(f'{path.stem}-dry{path.suffix}')}"


async def serve(config: Settings, *, dry: bool = False) -> int:
    """Until SIGINT or SIGTERM; exit code 1 when Telegram refused the token. While Telegram can't be reached, sources
    are read and judged all the same, and what there is to tell waits."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    real = config.database_url if dry else None
    if dry:
        config = replace(config, database_url=shadow(config.database_url))
    async with opened(config, shadow_of=real) as app:
        try:
            await app.start()
            await _running(app, stop)
            if stop.is_set():
                await app.oversee.ended()
        finally:
            await app.stop()
    if app.deliver.stopped is not None:
        print(f"Stopped: {app.deliver.stopped}", file=sys.stderr)
        return 1
    return 0


async def _running(app: App, stop: asyncio.Event) -> None:
    """Until the stop, or until nothing can be sent any more."""
    reaching = asyncio.create_task(_reach(app), name="reach Telegram")
    try:
        while app.deliver.stopped is None and not stop.is_set():
            await _either(stop)
            if reaching.done():
                reaching.result()  # what it did not expect ends us
    finally:
        reaching.cancel()
        await asyncio.gather(reaching, return_exceptions=True)


async def _reach(app: App) -> None:
    """Begin to listen; a refused token stops everything, as it does when a message is sent with it."""
    try:
        await app.reach()
    except InvalidToken:
        app.deliver.stopped = UNAUTHORIZED
        return
    bot, sources = app.telegram.bot.username, len(app.watch.sources)
    log.info("running as @%s, reading %d sources; write /start to it in Telegram", bot, sources)


async def _either(stop: asyncio.Event) -> None:
    """Wait for the stop, at most a second: the deliver loop may have stopped by itself."""
    try:
        async with asyncio.timeout(1.0):
            await stop.wait()
    except TimeoutError:
        return
