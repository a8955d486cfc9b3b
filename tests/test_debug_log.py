"""The log of a whole run at DEBUG, of every library too: whatever goes wrong, it holds no token and no password; and
from INFO up no number of a private chat."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
from pathlib import Path

import pytest

from bot.local.core import DEFAULT_TOKEN
from bot.local.faults import Fault
from tests.test_proxy import Proxy
from tests.test_service import CONVOY, ROOT, SIEGE, Service, Stage

CHATS = (700_000_011, 700_000_012, 700_000_013)
USER, PASSWORD = "officer", "hunter2-of-telegram"
SOURCE_PASSWORD = "hunter3-of-sources"
SECRET = DEFAULT_TOKEN.partition(":")[2]
# `run` as it is, but for the levels: DEBUG for the root and for every logger there is or will be
EVERYTHING = """
import logging, sys
from bot import logs
from bot.__main__ import main

configure = logs.configure

def everything(log_format):
    configure(log_format)
    logging.getLogger().setLevel(logging.DEBUG)
    for name in ("httpx", "httpcore", "apscheduler", *logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.DEBUG)

logs.configure = everything
sys.exit(main(sys.argv[1:]))
"""
RECORD = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (\w+) +([\w.]+):", re.MULTILINE)
QUIET = ("httpx", "httpcore", "apscheduler", "sqlalchemy")  # speak from WARNING up; the last sees to that itself


class Chatty(Service):
    """The service at DEBUG, with Telegram and its sources behind proxies that want passwords."""

    def __init__(self, stage: Stage, log_format: str, telegram: int, sources: int) -> None:
        of = stage.service
        self.config, self.log = of.config, of.folder / "chatty.txt"
        self.process: asyncio.subprocess.Process | None = None
        self.environ = {
            **of.environ,
            "LOG_FORMAT": log_format,
            "BOT_API_BASE_URL": "http://telegram.invalid",
            "TELEGRAM_PROXY_URL": f"http://{USER}:{PASSWORD}@127.0.0.1:{telegram}",
            "PROXY_URL": f"http://{USER}:{SOURCE_PASSWORD}@127.0.0.1:{sources}",
        }

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", EVERYTHING, "--config", str(self.config), "run", cwd=ROOT, env=self.environ,
                stderr=log,
            )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("log_format", ["console", "json"])
async def test_a_log_at_debug_holds_no_secret(tmp_path: Path, log_format: str) -> None:
    """Answers and alerts; 409, floods, broken and missing answers, a time-out; a source that fails; and at last the
    token refused."""
    async with Stage(tmp_path) as stage:
        proxies = [Proxy(_port(stage.server.address)), Proxy(stage.outlets._server.sockets[0].getsockname()[1])]
        ports = [await proxy.start() for proxy in proxies]
        stage.service = Chatty(stage, log_format, *ports)
        await stage.service.start()
        code = await _a_bad_day(stage)
        for proxy in proxies:
            await proxy.stop()
        text = stage.service.log.read_text()
        assert code == 1, text[-2000:]
        _check(text, log_format)
        for proxy, password in zip(proxies, (PASSWORD, SOURCE_PASSWORD), strict=True):
            wanted = f"proxy-authorization: basic {_basic(password)}".lower()
            assert any(wanted in head.lower() for head in proxy.heads), "or there was nothing to hide"


async def _a_bad_day(stage: Stage) -> int:
    """Everything that can go wrong, in order; the exit code."""
    api, log = stage.api, stage.service.log
    for chat in CHATS:
        before = len(api.sent)
        api.user_says(chat, "/subscribe_all_minor")
        await stage.until(lambda n=before: len(api.sent) > n, "an answer")
    _put(stage)
    await stage.until(lambda: "un: 0 items" in log.read_text(), "a poll")
    api.faults.append(Fault("conflict", method="getUpdates", times=2))
    for kind in ("flood", "http_500", "broken_json", "refuse_before"):
        api.faults.append(Fault(kind, method="sendMessage", chat_id=CHATS[0]))
        api.user_says(CHATS[0], f"/why_{kind}")
    before = len(api.sent)
    api.user_says(CHATS[1], "/summary")
    await stage.until(lambda: len(api.sent) > before and not api.faults, "an answer after all faults")
    api.faults.append(Fault("accept_then_delay", method="sendMessage", chat_id=CHATS[1], seconds=40.0))
    api.user_says(CHATS[1], "/latest")
    await stage.until(lambda: "TimedOut" in log.read_text() or "ReadTimeout" in log.read_text(), "a time-out")
    stage.outlets.bodies.clear()
    await stage.until(lambda: "un: HTTP 404" in log.read_text() or "failure 1 in a row" in log.read_text(), "a failure")
    stage.publish(*SIEGE)
    _put(stage)
    await stage.until(lambda: any("Idlib" in m.text for m in api.sent), "the siege told")
    return await _refused(stage)


def _put(stage: Stage) -> None:
    """What the outlet tells, also under the whole address by which a proxy asks for it."""
    base = f"http://127.0.0.1:{stage.outlets._server.sockets[0].getsockname()[1]}"
    stage.outlets.bodies[f"{base}/un"] = stage.outlets.bodies["un"]


async def _refused(stage: Stage) -> int:
    """An alert for which the token is refused: the service stops by itself."""
    assert stage.service.process is not None
    stage.api.faults.append(Fault("unauthorized", method="sendMessage", times=None))
    stage.publish(*CONVOY)
    _put(stage)
    async with asyncio.timeout(60):
        return await stage.service.process.wait()


def _check(text: str, log_format: str) -> None:
    records = _records(text, log_format)
    levels = {level for level, _ in records}
    assert {"debug", "info", "warning"} <= levels
    assert sum(level == "debug" for level, _ in records) > 500, "every library speaks"
    for name in ("httpcore", "telegram", "aiosqlite", "apscheduler"):
        assert name in text
    for secret in (SECRET, PASSWORD, SOURCE_PASSWORD, _basic(PASSWORD), _basic(SOURCE_PASSWORD)):
        where = text.find(secret)
        assert where < 0, f"{secret}: {text[max(0, where - 300) : where + 100]}"
    for level, record in records:
        if level != "debug":
            assert not any(str(chat) in record for chat in CHATS), record


def _records(text: str, log_format: str) -> list[tuple[str, str]]:
    """(level, whole record with its traceback); what is no log line, such as the last words, counts as info, and the
    INFO of libraries that a run without this test leaves out as debug."""
    found = []
    if log_format == "json":
        for line in text.splitlines():
            record = json.loads(line) if line.startswith("{") else {"level": "info", "logger": ""}
            found.append((record["level"], record["logger"], line))
    else:
        starts = [*RECORD.finditer(text)]
        ends = [m.start() for m in starts[1:]] + [len(text)]
        found += [(m[1].lower(), m[2], text[m.start() : end]) for m, end in zip(starts, ends, strict=True)]
    return [("debug" if level == "info" and name.startswith(QUIET) else level, line) for level, name, line in found]


def _basic(password: str) -> str:
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
