"""The composition root: builds every object once, ties the loops to the scheduler, owns start and stop."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from telegram import BotCommand, Update
from telegram.ext import Application, ApplicationBuilder, ExtBot
from telegram.request import BaseRequest, HTTPXRequest

import handlers
from bot.chat import Pace, Sender
from bot.clock import now
from bot.deliver import Deliver
from bot.judge import Judge
from bot.judge import load as load_judge
from bot.model import Source
from bot.settings import Settings
from bot.store import Store
from bot.watch import Fetches, Watch
from bot.web import Web
from handlers.adapter import Desk

log = logging.getLogger(__name__)

USER_AGENT = "AccessWatch/0.1 (humanitarian access alerts; {contact})"
BEAT = timedelta(seconds=20)
UPDATES = [Update.MESSAGE, Update.MY_CHAT_MEMBER]


class DeskApplication(Application[Any, Any, Any, Any, Any, Any]):
    """python-telegram-bot's Application with the desk that answers are given from."""

    desk: Desk


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs, built and tied together; see `opened`."""

    store: Store
    watch: Watch
    deliver: Deliver
    telegram: DeskApplication
    scheduler: AsyncIOScheduler

    async def start(self) -> None:
        """Recover what a crash left, begin to listen, to watch and to deliver."""
        recovered = await self.store.recover(now())
        if recovered:
            log.warning("%d messages were under way when we stopped; they go out again, marked", recovered)
        await self.store.beat("service", now())
        await self.telegram.initialize()
        await self.telegram.bot.set_my_commands(
            [BotCommand(c.name, c.help) for c in (*handlers.COMMANDS, handlers.HELP)]
        )
        await self.telegram.start()
        assert self.telegram.updater is not None
        await self.telegram.updater.start_polling(
            allowed_updates=UPDATES, drop_pending_updates=False, bootstrap_retries=-1
        )
        self.scheduler.start()

    async def stop(self) -> None:
        """Stop asking, then listening; what was committed goes out at the next start."""
        if self.scheduler.running:
            self.scheduler.shutdown(wait=False)
        await self.watch.aclose()
        if self.telegram.updater is not None and self.telegram.updater.running:
            await self.telegram.updater.stop()
        if self.telegram.running:
            await self.telegram.stop()
        await self.telegram.shutdown()


def judge_of(settings: Settings) -> Judge:
    """The judge that these settings describe."""
    return load_judge(settings.keyword_files, settings.patterns_toml, settings.severity_toml, settings.place_tables)


def web_of(settings: Settings) -> Web:
    """The fetcher that these settings describe."""
    agent = USER_AGENT.format(contact=settings.bot.contact or "no contact configured")
    return Web(user_agent=agent, allow_networks=[str(n) for n in settings.bot.allow_networks], proxy=settings.proxy_url)


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    sources: tuple[Source, ...] | None = None,
    request: Callable[[], BaseRequest] | None = None,
    fetches: Fetches | None = None,
    clock: Callable[[], datetime] = now,
    exercise: bool = False,
) -> AsyncIterator[App]:
    """An App over the settings' database, closed at the end. `request` makes Telegram's transport, `fetches` reads
    sources: `chat` gives its own of both."""
    by_id = {s.id: s for s in (settings.sources if sources is None else sources)}
    store = await Store.open(settings.database_url)
    web = web_of(settings) if fetches is None else None
    try:
        judge = judge_of(settings)
        watch = Watch(store, fetches or web, judge, by_id, clock)  # type: ignore[arg-type]
        telegram = _telegram(settings, request)
        telegram.desk = Desk(
            store, judge.gazetteer, by_id, clock, settings.bot.contact, settings.bot.max_subscribers, exercise
        )
        deliver = Deliver(store, Sender(telegram.bot), judge.gazetteer.country_name, tuple(by_id.values()), clock)
        yield App(store, watch, deliver, telegram, _scheduler(settings, store, watch, deliver))
    finally:
        if web is not None:
            await web.aclose()
        await store.aclose()


def _telegram(settings: Settings, request: Callable[[], BaseRequest] | None) -> DeskApplication:
    make = request or (lambda: HTTPXRequest(8, read_timeout=25, pool_timeout=15, proxy=settings.telegram_proxy_url))
    bot: ExtBot[Any] = ExtBot(
        settings.token or "", base_url=f"{settings.api_base_url}/bot",
        base_file_url=f"{settings.api_base_url}/file/bot", request=make(), get_updates_request=make(),
        rate_limiter=Pace(),
    )  # fmt: skip
    builder = ApplicationBuilder().application_class(DeskApplication).bot(bot).job_queue(None)
    application = builder.concurrent_updates(8).build()
    assert isinstance(application, DeskApplication)
    application.add_handlers(handlers.HANDLERS)
    return application


def _scheduler(settings: Settings, store: Store, watch: Watch, deliver: Deliver) -> AsyncIOScheduler:
    """A ticker only: what is due stands in the database, so a missed tick loses nothing."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    tick = settings.bot.tick.total_seconds()

    async def beat() -> None:
        if deliver.stopped is None:
            await store.beat("service", now())

    scheduler.add_job(watch.tick, "interval", seconds=tick, id="watch", next_run_time=now())
    scheduler.add_job(deliver.drain, "interval", seconds=min(tick, 1.0), id="deliver", next_run_time=now())
    scheduler.add_job(beat, "interval", seconds=BEAT.total_seconds(), id="beat")
    return scheduler
