"""The shadow run: `run --dry` as a process beside the service, on the same configuration."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.local.core import DEFAULT_TOKEN
from bot.local.faults import Fault
from tests.test_service import CHATS, ROOT, SIEGE, Service, Stage

OPERATOR = 7


class Dry(Service):
    """The same configuration and environment as a service, started with --dry."""

    def __init__(self, of: Service) -> None:
        self.config, self.environ, self.log = of.config, of.environ, of.folder / "dry.txt"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "--config", str(self.config), "run", "--dry", cwd=ROOT, env=self.environ,
                stderr=log,
            )  # fmt: skip


@pytest.mark.slow
async def test_a_shadow_run_beside_the_service(tmp_path: Path) -> None:
    """Operators are told what would have been sent and to how many; subscribers get each alert once, from the service
    alone; nobody else asks for updates, so commands are answered as ever; each run has a database of its own."""
    async with Stage(tmp_path) as stage:
        bot = stage.service.config / "bot.toml"
        bot.write_text(bot.read_text() + f"operators = [{OPERATOR}]\n", encoding="utf-8")
        calls: Counter[str] = Counter()
        call = stage.api.call

        async def counted(token, method, params):  # type: ignore[no-untyped-def]
            status, envelope = await call(token, method, params)
            calls[f"{method} {status}"] += 1
            return status, envelope

        stage.api.call = counted  # type: ignore[method-assign]
        stage.api.user_says(OPERATOR, "hello")
        await stage.service.start()
        await stage.subscribed()
        dry = Dry(stage.service)
        data = tmp_path / "data"
        await dry.start()
        try:
            await stage.until(lambda: (data / "bot-dry.db").exists(), "a database of its own")
            await stage.until(lambda: "un: 0 items" in dry.log.read_text(), "the shadow's first poll")
            stage.publish(*SIEGE)
            await stage.until(lambda: all(stage.alerts("Idlib").values()), "the siege told to three chats")
            await stage.until(lambda: bool(_dry_runs(stage)), "the siege told to the operator")
            before = len(stage.api.sent)
            stage.api.user_says(CHATS[0], "/latest")
            await stage.until(lambda: len(stage.api.sent) > before, "an answer of the service")
            assert "Idlib" in stage.api.sent[before].text
            assert calls["getUpdates 200"]
            assert not calls["getUpdates 409"]
        finally:
            ends = [await run.end(signal.SIGTERM) for run in (dry, stage.service)]
        assert ends == [0, 0]
        (told,) = _dry_runs(stage)
        assert told.splitlines()[0].startswith("SEVERE: ")
        assert "DRY RUN: it would have gone to 3 chats." in told
        assert "Number 1 of this shadow run; the service counts for itself." in told
        assert "SY-1" not in told, "a number of the service"
        assert "/why" not in told
        assert stage.alerts("Idlib") == dict.fromkeys(CHATS, 1)
        assert not any("DRY RUN" in m.text for m in stage.api.sent if m.chat_id != OPERATOR)
        assert "Conflict" not in dry.log.read_text() + stage.service.log.read_text()
        assert sorted(f.name for f in data.glob("*.db")) == ["bot-dry.db", "bot.db"]
        assert DEFAULT_TOKEN.partition(":")[2] not in dry.log.read_text()


def _dry_runs(stage: Stage) -> list[str]:
    return [m.text for m in stage.api.sent if m.chat_id == OPERATOR and "DRY RUN" in m.text]


@pytest.mark.slow
async def test_a_shadow_run_without_a_service(tmp_path: Path) -> None:
    """Nothing was ever subscribed to: it says that nobody else was told, and asks for no update at all."""
    async with Stage(tmp_path) as stage:
        bot = stage.service.config / "bot.toml"
        bot.write_text(bot.read_text() + f"operators = [{OPERATOR}]\n", encoding="utf-8")
        asked = Fault("conflict", method="getUpdates", times=1)
        stage.api.faults.append(asked)
        stage.api.user_says(OPERATOR, "hello")
        dry = Dry(stage.service)
        await dry.start()
        try:
            await stage.until(lambda: dry.log.exists() and "un: 0 items" in dry.log.read_text(), "the first poll")
            stage.publish(*SIEGE)
            await stage.until(lambda: bool(_dry_runs(stage)), "the siege told to the operator")
        finally:
            end = await dry.end(signal.SIGTERM)
        assert end == 0
        assert "DRY RUN: nobody else was told." in _dry_runs(stage)[0]
        assert asked in stage.api.faults, "the fault that waits for getUpdates never struck"
        assert {m.chat_id for m in stage.api.sent} == {OPERATOR}
        assert not (tmp_path / "data" / "bot.db").exists()


@pytest.mark.slow
async def test_a_shadow_run_needs_operators(tmp_path: Path) -> None:
    """Exit 2 and one sentence that says where to put which number; no database is made."""
    async with Stage(tmp_path) as stage:
        environ = {**os.environ, **stage.service.environ}
        p = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "--config", str(stage.service.config), "run", "--dry", cwd=ROOT, env=environ,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await p.communicate()
        assert p.returncode == 2
        assert len(said.decode().strip().splitlines()) == 1
        assert "/whoami" in said.decode()
        assert "operators of bot.toml" in said.decode()
        assert not (tmp_path / "data").exists()
        assert not stage.api.sent
