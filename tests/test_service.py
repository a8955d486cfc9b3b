"""The real service: `python -m bot run` as a process, our Bot API over HTTP, a feed on loopback that changes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Self

import pytest

from bot.local.core import DEFAULT_TOKEN, BotApi
from bot.local.faults import Fault
from bot.local.http import serve
from tests.world import CONFIG, Outlets, rss

ROOT = Path(__file__).resolve().parents[1]
CHATS = (11, 12, 13)
SOURCE = """
[[source]]
id = "{name}"
name = "{name}"
kind = "feed"
url = "{base}/{name}"
languages = ["en"]
every = "1 s"
grade = "A"
owner = "{name}.example"
affiliation = "un"
"""


class Service:
    """The service as an operator runs it, with a configuration folder of its own."""

    def __init__(self, folder: Path, api_url: str, outlets: Outlets, base: str) -> None:
        self.folder, self.outlets = folder, outlets
        self.config = folder / "config"
        copytree(CONFIG, self.config)
        (self.config / "sources.toml").write_text(SOURCE.format(name="un", base=base), encoding="utf-8")
        (self.config / "bot.toml").write_text('allow_networks = ["127.0.0.0/8"]\ntick = "1 s"\n', encoding="utf-8")
        self.environ = {
            **os.environ,
            "TELEGRAM_BOT_TOKEN": DEFAULT_TOKEN,
            "BOT_API_BASE_URL": api_url,
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'data' / 'bot.db'}",
        }
        self.process: asyncio.subprocess.Process | None = None
        self.log = folder / "log.txt"

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "--config", str(self.config), "run", cwd=ROOT, env=self.environ, stderr=log
            )

    async def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        return await self.process.wait()

    async def command(self, *words: str) -> tuple[int, str]:
        p = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "--config", str(self.config), *words, cwd=ROOT, env=self.environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        out, _ = await p.communicate()
        return p.returncode or 0, out.decode()


class Stage:
    """Bot API over HTTP, outlets and the service, taken down together."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.api = BotApi(DEFAULT_TOKEN)
        self.entries: list[tuple[str, str, datetime]] = []

    async def __aenter__(self) -> Self:
        self.server = await serve(self.api)
        self.outlets = Outlets()
        base = await self.outlets.start()
        self.outlets.bodies["un"] = rss("un", [])
        self.service = Service(self.folder, self.server.base_url.removesuffix("/bot"), self.outlets, base)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self.service.process is not None and self.service.process.returncode is None:
            await self.service.end(signal.SIGKILL)
        await self.outlets.stop()
        await self.server.aclose()

    def publish(self, title: str, text: str) -> None:
        self.entries.append((title, text, datetime.now(UTC)))
        self.outlets.bodies["un"] = rss("un", self.entries)

    def alerts(self, words: str) -> dict[int, int]:
        """Copies of the alert with these words that each chat got."""
        return {c: sum(m.chat_id == c and words in m.text and "Id " in m.text for m in self.api.sent) for c in CHATS}

    async def until(self, true, what: str) -> None:
        for _ in range(600):
            if true():
                return
            await asyncio.sleep(0.05)
        pytest.fail(
            f"waited 30 s for: {what}\n{self.service.log.read_text()[-3000:]}\n{[m.text[:80] for m in self.api.sent]}"
        )

    async def subscribed(self) -> None:
        for chat in CHATS:
            before = len(self.api.sent)
            self.api.user_says(chat, "/subscribe_all_minor")
            await self.until(lambda n=before: len(self.api.sent) > n, f"the answer to chat {chat}")
        polled = len(self.outlets.asked)
        await self.until(lambda: len(self.outlets.asked) > polled + 1, "two polls after the first")


@pytest.fixture
async def stage(tmp_path: Path):
    async with Stage(tmp_path) as s:
        yield s


SIEGE = ("Siege of Idlib", "Troops besieged Idlib in Syria; 50,000 civilians are trapped without food.")
CONVOY = ("Convoy blocked near El Fasher", "Troops blocked an aid convoy for displaced families in El Fasher, Sudan.")
CLOSED = ("Rafah crossing closed", "The Rafah crossing into Gaza was closed to aid convoys for displaced people.")


@pytest.mark.slow
async def test_three_chats_a_changing_feed_and_a_restart(stage: Stage) -> None:
    """Each alert reaches each of three chats once, across an orderly restart; the log holds no token."""
    await stage.service.start()
    await stage.subscribed()
    stage.publish(*SIEGE)
    await stage.until(lambda: all(stage.alerts("Idlib").values()), "the siege told to three chats")
    code, said = await stage.service.command("health")
    assert code == 0, said
    assert await stage.service.end(signal.SIGTERM) == 0

    stage.publish(*CONVOY)  # while nobody watches
    await stage.service.start()
    await stage.until(lambda: all(stage.alerts("El Fasher").values()), "the convoy told after the restart")
    stage.publish(*CLOSED)
    await stage.until(lambda: all(stage.alerts("Rafah").values()), "the crossing told to three chats")
    assert await stage.service.end(signal.SIGTERM) == 0

    for words in ("Idlib", "El Fasher", "Rafah"):
        assert stage.alerts(words) == dict.fromkeys(CHATS, 1), words
    assert DEFAULT_TOKEN.partition(":")[2] not in stage.service.log.read_text()


@pytest.mark.slow
async def test_killed_between_commit_and_send(stage: Stage) -> None:
    """kill -9 while alerts are committed and Telegram does not answer: all arrive after the restart, and a copy
    that may be a second one says so."""
    await stage.service.start()
    await stage.subscribed()
    stage.api.faults.append(Fault("accept_then_delay", method="sendMessage", seconds=60.0, times=2))
    stage.publish(*SIEGE)
    await stage.until(lambda: sum(stage.alerts("Idlib").values()) >= 2, "two sends under way, unanswered")
    await stage.service.end(signal.SIGKILL)
    stage.api.faults.clear()
    first = stage.alerts("Idlib")

    await stage.service.start()
    again = sum(first.values()) + 2  # the two that were never answered go out once more
    await stage.until(lambda: sum(stage.alerts("Idlib").values()) >= again, "the unanswered two told again")
    assert all(stage.alerts("Idlib").values()), "nothing lost"
    assert await stage.service.end(signal.SIGTERM) == 0
    for chat, copies in stage.alerts("Idlib").items():
        assert copies <= 1 + first[chat]
        texts = [m.text for m in stage.api.sent if m.chat_id == chat and "Idlib" in m.text and "Id " in m.text]
        assert all("may be a repeat" in t.lower() for t in texts[1:]), texts


@pytest.mark.slow
async def test_telegram_out_of_reach_at_the_start(stage: Stage) -> None:
    """Sources are read all the same, the log says once what is wrong, and as soon as Telegram answers people do get
    answers, without a restart."""
    stage.api.faults.append(Fault("refuse_before", times=None))
    await stage.service.start()
    await stage.until(lambda: len(stage.outlets.asked) > 3, "polls, though Telegram can't be reached")
    stage.api.faults[:] = [Fault("bad_gateway", times=None)]
    await stage.until(lambda: stage.service.log.read_text().count("can't be reached") == 2, "another reason")
    stage.api.faults.clear()
    stage.api.user_says(CHATS[0], "/start")
    await stage.until(lambda: bool(stage.api.sent), "an answer")
    log = stage.service.log.read_text()
    assert [line.split("(")[1].split(")")[0] for line in log.splitlines() if "can't be reached" in line] == [
        "RemoteProtocolError", "NetworkError",
    ]  # fmt: skip
    assert "Traceback" not in log
    assert await stage.service.end(signal.SIGTERM) == 0


@pytest.mark.slow
@pytest.mark.parametrize("method", [None, "deleteWebhook", "getMe"])
async def test_a_stop_while_telegram_is_out_of_reach(stage: Stage, method: str | None) -> None:
    """An orderly one, from wherever in the start it is."""
    stage.api.faults.append(Fault("refuse_before", method=method, times=None))
    await stage.service.start()
    await stage.until(lambda: len(stage.outlets.asked) > 1, "polls")
    assert await stage.service.end(signal.SIGTERM) == 0
    assert "Traceback" not in stage.service.log.read_text()


@pytest.mark.slow
async def test_another_program_with_the_same_token(stage: Stage) -> None:
    """One line in the log, no traceback, and commands are answered when it has gone; also at the stop."""
    await stage.service.start()
    await stage.until(lambda: len(stage.outlets.asked) > 1, "polls")
    conflict = Fault("conflict", method="getUpdates", times=3)
    stage.api.faults.append(conflict)
    await stage.until(lambda: conflict not in stage.api.faults, "three conflicts")
    stage.api.user_says(CHATS[0], "/start")
    await stage.until(lambda: bool(stage.api.sent), "an answer")
    stage.api.faults.append(Fault("conflict", method="getUpdates", times=None))
    assert await stage.service.end(signal.SIGTERM) == 0
    log = stage.service.log.read_text()
    assert log.count("Another program asks Telegram") == 1
    assert "Traceback" not in log


@pytest.mark.slow
async def test_no_token(tmp_path: Path) -> None:
    """Without a token: one sentence naming the two ways to give it, exit 2."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TELEGRAM")}
    p = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=ROOT, env=environ, stderr=asyncio.subprocess.PIPE
    )
    _, said = await p.communicate()
    if (ROOT / ".env").exists():
        pytest.skip("this tree has a .env")
    assert p.returncode == 2
    assert b"TELEGRAM_BOT_TOKEN" in said
    assert b"TELEGRAM_BOT_TOKEN_FILE" in said


@pytest.mark.slow
async def test_chat_once() -> None:
    """`chat --once` shows the alerts of the exercise, as complete as the README's, and a summary, exit 0."""
    p = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "chat", "--once", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await p.communicate()
    said = out.decode()
    assert p.returncode == 0
    assert "EXERCISE EXTREME" in said
    assert "about 120,000 people" in said
    assert "Deir ez-Zor, SY" in said
    alerts, _, answers = said.partition("> /latest")
    assert "> /summary_48h" in answers
    number = alerts.count("| This is an exercise, not a real event.")
    assert number == 7
    for line in ("What: ", "Where: ", "When: reported ", "Why ", "Changed: ", "Sources: ", "Id "):
        assert alerts.count(f"| {line}") == number, f"an alert of the exercise has no line {line}"
    assert "…" not in answers


@pytest.mark.slow
async def test_judge_lines(tmp_path: Path) -> None:
    """JSON lines in, judgements out in order; a bad line is an error at its place and the rest goes on."""
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": 1, "text": "' + SIEGE[1] + '"}\nnot json\n{"id": 2}\n\n{"id": 3, "title": "Nothing"}\n')
    for jobs in ("1", "2"):
        p = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "judge", str(file), "--jobs", jobs, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await p.communicate()
        rows = [json.loads(line) for line in out.decode().splitlines()]
        assert [r.get("id", r.get("line")) for r in rows] == ["1", 2, 3, "3"]
        assert rows[0]["relevant"]
        assert rows[0]["people"] == 50_000
        assert "not valid JSON" in rows[1]["error"]
        assert "neither" in rows[2]["error"]
        assert rows[3]["dismissed"]
