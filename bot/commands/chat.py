"""`chat`: the same program with a local chat in the terminal instead of Telegram."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from dataclasses import replace
from itertools import count
from pathlib import Path

from bot import logs, settings
from bot.app import App, opened
from bot.clock import now
from bot.errors import ConfigError, InputError
from bot.local.core import DEFAULT_TOKEN, BotApi, SentMessage
from bot.local.exercise import ExerciseWeb
from bot.local.request import LocalRequest
from bot.model import Source
from bot.settings import Settings
from bot.settings.rows import Known
from bot.sources import KINDS

NAME = "chat"
HELP = "Try the bot in this terminal: exercise sources (invented news), its own empty database, no account, no network."
EXAMPLE = "python -m bot chat --once"
ME = 1  # the local chat's id
LOOK = 0.02  # seconds between looks at whether something is worked on
SURE = 3  # looks in a row at which nothing is: between being fetched and worked on, an update is nowhere


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="one whole cycle, then exit: alerts, /latest, /summary")
    parser.add_argument("--live", action="store_true", help="the configured sources over the network, not exercises")


def run(args: argparse.Namespace) -> int:
    config = settings.load(args.config, os.environ)
    logs.configure("console")
    logging.getLogger().setLevel(logging.ERROR)
    once = args.once or not sys.stdin.isatty()
    with tempfile.TemporaryDirectory(prefix="access-watch-") as folder:
        config = replace(
            config, database_url=f"sqlite+aiosqlite:///{Path(folder) / 'chat.db'}", token=DEFAULT_TOKEN,
            api_base_url="http://local.invalid",
        )  # fmt: skip
        return asyncio.run(talk(config, once=once, live=args.live))


def exercise_sources(config: Settings) -> tuple[Source, ...]:
    """The invented outlets of config/exercise/sources.toml; ConfigError as for the real ones."""
    path = config.config_root / "exercise" / "sources.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as e:
        raise ConfigError([f"exercise/sources.toml: {e.strerror}; restore it from the repository"]) from e
    known = Known(frozenset(KINDS), frozenset(config.keyword_files))
    sources, problems = settings.read_sources(text, known, "exercise/sources.toml")
    if problems:
        raise ConfigError(problems)
    return sources


async def talk(config: Settings, *, once: bool, live: bool) -> int:
    """The whole program around one local chat that subscribes to everything."""
    api = BotApi(DEFAULT_TOKEN)
    sources = config.sources if live else exercise_sources(config)
    fetches = None if live else ExerciseWeb(config.config_root / "exercise", now)
    async with opened(
        config, sources=sources, request=lambda: LocalRequest(api, 25.0), fetches=fetches, exercise=not live
    ) as app:
        terminal = Terminal(api, app)
        terminal.welcome(live)
        api.user_says(ME, "/subscribe_all_minor")
        await app.telegram.initialize()
        await app.telegram.start()
        assert app.telegram.updater is not None
        await app.telegram.updater.start_polling(drop_pending_updates=False)
        try:
            await terminal.answered()
            terminal.skip()
            await terminal.check(live)
            await (terminal.cycle() if once else terminal.converse(live))
        finally:
            await app.telegram.updater.stop()
            await app.telegram.stop()
            await app.telegram.shutdown()
    return 0


class Terminal:
    """One local chat: prints what the bot sends, passes on what is typed."""

    def __init__(self, api: BotApi, app: App) -> None:
        self.api, self.app, self.shown = api, app, 0
        self.buttons: list[tuple[int, str]] = []  # of what was printed last: message, payload

    def welcome(self, live: bool) -> None:
        what = "the configured sources, over the network" if live else "exercise sources: invented news on real places"
        print(f"Access Watch in this terminal, on {what}.")
        print("This chat is subscribed to everything. Nothing leaves this machine; Telegram is not involved.\n")

    async def check(self, live: bool) -> None:
        """Read all sources and push what they change."""
        names = self.app.watch.sources
        print(f"Checking {len(names)} sources ...", flush=True)
        if live:
            polled = await asyncio.gather(*(self.app.watch.poll(s) for s in names.values()))
        else:
            polled = list(await self.app.watch.rehearse())
        for p in polled:
            print(f"  {p.source.name}: " + (f"not read - {p.error}" if p.error else f"{p.items} items"))
        sent = await self.app.deliver.drain()
        print(f"{sent} alerts pushed to this chat:" if sent else "Nothing to alert about.")
        self.show()

    async def cycle(self) -> None:
        """What --once shows after the alerts."""
        for text in ("/latest", "/summary_48h"):
            await self.ask(text)
        print("That was the whole cycle. In a terminal you can type here; README.md says how to run it for real.")

    async def converse(self, live: bool) -> None:
        """Until /quit or the end of input."""
        print("Type a command (/help lists them), a place such as rafah, the number of a button, /check to read the")
        print("sources again, or /quit.")
        loop = asyncio.get_running_loop()
        while True:
            print("> ", end="", flush=True)
            line = await loop.run_in_executor(None, sys.stdin.readline)
            text = line.strip()
            if not line or text == "/quit":
                return
            if text == "/check":
                await self.check(live)
            elif text.isdigit():
                await self.press(int(text))
            elif text:
                await self.ask(text, echo=False)

    async def ask(self, text: str, *, echo: bool = True) -> None:
        if echo:
            print(f"\n> {text}")
        self.api.user_says(ME, text)
        await self.answered()
        self.show()

    async def press(self, number: int) -> None:
        """The button of that number, as it was printed."""
        if not 0 < number <= len(self.buttons):
            print(f"There is no button {number} under what was printed last.")
            return
        message_id, payload = self.buttons[number - 1]
        try:
            self.api.user_presses(ME, message_id, payload)
        except InputError:
            print("That button is gone: its message was changed or taken back.")
            return
        await self.answered()
        self.show()

    async def answered(self) -> None:
        """Wait until what was typed or pressed is worked off, however many messages come of it; 10 s at most."""
        telegram, quiet = self.app.telegram, 0
        async with asyncio.timeout(10):
            while quiet < SURE:
                working = telegram.update_queue.qsize() or telegram.update_processor.current_concurrent_updates
                quiet = 0 if working or len(self.api.updates) else quiet + 1
                await asyncio.sleep(LOOK)

    def skip(self) -> None:
        self.shown = len(self.api.sent)

    def show(self) -> None:
        """Print what was sent since the last time, each message with a rule at its side and its buttons numbered."""
        for message in self.api.sent[self.shown :]:
            if message.photo is not None:
                print(f"\n[picture {message.message_id}] written to {_kept(message.photo)}")
            if not message.text:
                continue
            mark = "reply" if message.reply_to_message_id else "message"
            print(f"\n[{'edited ' if message.method.startswith('edit') else ''}{mark} {message.message_id}]")
            print("\n".join(f"  | {line}" for line in message.text.splitlines()))
            self._show_buttons(message)
        self.skip()
        print(flush=True)

    def _show_buttons(self, message: SentMessage) -> None:
        rows = (message.reply_markup or {}).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row]
        if buttons:
            self.buttons = [(message.message_id, b["callback_data"]) for b in buttons if "callback_data" in b]
            number = count(1)
            labels = [f"({next(number)}) {b['text']}" if "callback_data" in b else f"<{b['text']}>" for b in buttons]
            print(f"  {'  '.join(labels)}")


def _kept(png: bytes) -> str:
    """A picture as a file that outlives this chat, for a terminal shows none."""
    with tempfile.NamedTemporaryFile(prefix="access-watch-", suffix=".png", delete=False) as file:
        file.write(png)
    return file.name
