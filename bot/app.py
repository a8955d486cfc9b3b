"""The composition root: builds every object once, ties the loops to the scheduler, owns start and stop."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from telegram import Update
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder, ExtBot, SimpleUpdateProcessor
from telegram.request import BaseRequest, HTTPXRequest

import handlers
from bot.chat import Line, Pace, Rooms, Sender
from bot.clock import now
from bot.deliver import Deliver
from bot.judge import Judge
from bot.judge import load as load_judge
from bot.model import Source
from bot.oversee import Oversee
from bot.settings import Settings
from bot.store import Store
from bot.store.sqlite import database_path
from bot.watch import Fetches, Watch
from bot.web import Web
from bot.words.buttons import Seal
from handlers.asking import Desk
from handlers.menu import introduce

log = logging.getLogger(__name__)

USER_AGENT = "AccessWatch/0.1 (humanitarian access alerts; {contact})"
BEAT = timedelta(seconds=20)
MANY = 10_000  # updates taken in, most of which wait for their chat's turn
GRACE = 10.0  # seconds; less than the supervisors of docs/operating.md allow before they kill
SEEN = 1000  # update ids remembered
UPDATES = [Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER]  # edited messages ask nothing
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds between two tries to reach Telegram
OVERSEE = timedelta(seconds=20)


class DeskApplication(Application[Any, Any, Any, Any, Any, Any]):
    """python-telegram-bot's Application with the desk that answers are given from."""

    desk: Desk


class InOrder(SimpleUpdateProcessor):
    """Updates of different chats side by side, those of one chat one after the other; one that Telegram sends twice
    is taken once."""

    def __init__(self, at_once: int) -> None:
        super().__init__(MANY)  # what waits for its chat's turn takes no place of the others
        self._places = asyncio.Semaphore(at_once)
        self._locks: dict[int, asyncio.Lock] = {}
        self._users: Counter[int] = Counter()
        self._seen: deque[int] = deque(maxlen=SEEN)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        if not isinstance(update, Update):
            await super().do_process_update(update, coroutine)
        elif update.update_id not in self._seen:
            self._seen.append(update.update_id)
            async with self._turn(update.effective_chat.id if update.effective_chat else 0), self._places:
                await super().do_process_update(update, coroutine)
        elif asyncio.iscoroutine(coroutine):
            coroutine.close()

    @asynccontextmanager
    async def _turn(self, chat_id: int) -> AsyncIterator[None]:
        self._users[chat_id] += 1
        try:
            async with self._locks.setdefault(chat_id, asyncio.Lock()):
                yield
        finally:
            self._users[chat_id] -= 1
            if not self._users[chat_id]:
                del self._users[chat_id], self._locks[chat_id]


class Jobs:
    """The ticker's jobs that are under way. APScheduler ends them by cancelling and does not wait: a send whose outcome
    is then not recorded goes out twice, and a write cut off twice over can keep the process from ever ending."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[Any]] = set()

    def tracked(self, work: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[None]]:
        """`work` as a job."""

        async def job() -> None:
            task = asyncio.current_task()
            assert task is not None
            self._under_way.add(task)
            try:
                await work()
            finally:
                self._under_way.discard(task)

        return job

    async def end(self, grace: float) -> None:
        """Wait for what is under way, `grace` seconds at most; cancel the rest, and wait until it is gone."""
        if not self._under_way:
            return
        _, slow = await asyncio.wait(self._under_way, timeout=grace)
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class App:
    """Everything that runs, built and tied together; see `opened`."""

    store: Store
    watch: Watch
    deliver: Deliver
    oversee: Oversee
    telegram: DeskApplication
    scheduler: AsyncIOScheduler
    jobs: Jobs
    line: Line

    async def start(self) -> None:
        """Recover what a crash left, begin to watch and to deliver. Who listens as well calls `reach`."""
        recovered = await self.store.recover(now())
        if recovered:
            log.warning("%d messages were under way when we stopped; they go out again, marked", recovered)
        await self.oversee.started((await self.store.heartbeats()).get("service"))
        await self.store.beat("service", now())
        self.scheduler.start()

    async def reach(self) -> None:
        """Begin to listen, however long it takes until Telegram can be reached; InvalidToken when it refuses the token.
        A shadow run listens to nobody: the service beside it does."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self.telegram.initialize()
                break
            except InvalidToken:
                raise
            except TelegramError as e:
                self.line.failed(e)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        self.line.mended()
        if not self.deliver.dry:
            await self._listen()

    async def _listen(self) -> None:
        await introduce(self.telegram.bot, handlers.MENU, self.telegram.desk.operators)
        await self.telegram.start()
        assert self.telegram.updater is not None
        await self.telegram.updater.start_polling(
            allowed_updates=UPDATES, drop_pending_updates=False, bootstrap_retries=-1,
            error_callback=self.line.failed,
        )  # fmt: skip

    async def stop(self) -> None:
        """Stop asking, then listening; what was committed goes out at the next start. What is being sent is given GRACE
        seconds to be answered and recorded."""
        self.deliver.end()
        if self.scheduler.running:
            self.scheduler.pause()
            await self.jobs.end(GRACE)
            self.scheduler.shutdown(wait=False)
        await self.watch.aclose()
        if self.telegram.updater is not None and self.telegram.updater.running:
            await self.telegram.updater.stop()
        if self.telegram.running:
            await self.telegram.stop()
        await self.telegram.shutdown()
        await self.telegram.bot.shutdown()  # where Telegram was never reached, the line before does nothing


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
    shadow_of: str | None = None,
) -> AsyncIterator[App]:
    """An App over the settings' database, closed at the end. `request` makes Telegram's transport, `fetches` reads
    sources: `chat` gives its own of both. `shadow_of`: the database of the service that a shadow run
    runs beside; it tells operators what would have been sent."""
    by_id = {s.id: s for s in (settings.sources if sources is None else sources)}
    async with AsyncExitStack() as stack:
        store = await Store.open(settings.database_url)
        stack.push_async_callback(store.aclose)
        dry = shadow_of is not None
        real = await _real(shadow_of, stack)
        if fetches is None:
            fetches = web_of(settings)
            stack.push_async_callback(fetches.aclose)
        judge = judge_of(settings)
        only = settings.bot.operators if dry else ()
        watch = Watch(store, fetches, judge, by_id, clock, tell_only=only)
        telegram = _telegram(settings, request)
        seal = Seal.of(settings.token or "")
        telegram.desk = Desk(
            store, judge.gazetteer, by_id, clock, Rooms(telegram.bot), seal, settings.bot.contact,
            settings.bot.max_subscribers, exercise, settings.bot.operators, settings.bot.access == "invite",
            settings.bot.stale,
        )  # fmt: skip
        deliver = Deliver(
            store, Sender(telegram.bot, seal), judge.gazetteer.country_name, tuple(by_id.values()), clock, real=real,
            dry=dry, bundle_above=0 if dry or exercise else settings.bot.bundle_above,
        )  # fmt: skip
        line = Line(clock)
        name = "The shadow run" if dry else "Access Watch"
        oversee = Oversee(store, by_id, settings.bot, clock, name=name, line=line.trouble)
        jobs = Jobs()
        scheduler = _scheduler(settings, store, watch, deliver, oversee, jobs)
        yield App(store, watch, deliver, oversee, telegram, scheduler, jobs, line)


async def _real(url: str | None, stack: AsyncExitStack) -> Store | None:
    """Beside a shadow run: the database of the service, to read; None when there is none."""
    if url is None or not database_path(url).exists():
        return None
    real = await Store.open(url, exclusive=False)
    stack.push_async_callback(real.aclose)
    return real


def _telegram(settings: Settings, request: Callable[[], BaseRequest] | None) -> DeskApplication:
    make = request or (lambda: HTTPXRequest(8, read_timeout=25, pool_timeout=15, proxy=settings.telegram_proxy_url))
    bot: ExtBot[Any] = ExtBot(
        settings.token or "", base_url=f"{settings.api_base_url}/bot",
        base_file_url=f"{settings.api_base_url}/file/bot", request=make(), get_updates_request=make(),
        rate_limiter=Pace(),
    )  # fmt: skip
    builder = ApplicationBuilder().application_class(DeskApplication).bot(bot).job_queue(None)
    application = builder.concurrent_updates(InOrder(8)).build()
    assert isinstance(application, DeskApplication)
    application.add_handlers(handlers.HANDLERS)
    return application


def _scheduler(  # noqa: PLR0917
    settings: Settings, store: Store, watch: Watch, deliver: Deliver, oversee: Oversee, jobs: Jobs
) -> AsyncIOScheduler:
    """A ticker only: what is due stands in the database, so a missed tick loses nothing."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    tick = settings.bot.tick.total_seconds()

    async def beat() -> None:
        if deliver.stopped is None:
            await store.beat("service", now())

    def every(seconds: float, name: str, work: Callable[[], Awaitable[Any]]) -> None:
        scheduler.add_job(jobs.tracked(work), "interval", seconds=seconds, id=name, name=name, next_run_time=now())

    every(tick, "watch", watch.tick)
    every(min(tick, 1.0), "deliver", deliver.drain)
    every(OVERSEE.total_seconds(), "oversee", oversee.tick)
    every(BEAT.total_seconds(), "beat", beat)
    return scheduler
