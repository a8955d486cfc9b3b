"""Logs hold no secret: not in messages, arguments or tracebacks, in either format."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from bot import logs

REPOSITORY = Path(__file__).resolve().parents[1]
TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"https://api.telegram.org/bot{TOKEN}/sendMessage",
        f"https://api.telegram.org/bot{TOKEN.replace(':', '%3A')}/sendMessage",
        f"The token `{TOKEN}` was rejected",
        f"token={TOKEN!r}",
    ],
)
def test_redact_finds_tokens(text: str) -> None:
    """A token goes wherever it stands, also glued to 'bot'."""
    assert "AAbb" not in logs.redact(text)
    assert "[token]" in logs.redact(text)


@pytest.mark.parametrize("text", ["12:30:45 polled", "2026-11-24T16:00:00+00:00", "SY-12: opened", "127.0.0.1:8081"])
def test_redact_leaves_the_rest(text: str) -> None:
    """Times, incident numbers and ports stay."""
    assert logs.redact(text) == text


def _logged_everywhere(formatter: logging.Formatter) -> str:
    """What a logger of its own writes of a token in arguments, in arguments that do not fit, and in a traceback."""
    logger, buffer = logging.Logger("trial"), io.StringIO()
    handler = logging.StreamHandler(buffer)
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    logger.warning("asked https://api.telegram.org/bot%s/getMe", TOKEN, extra={"address": f"bot{TOKEN}"})
    logger.warning("wrong number of arguments", TOKEN)  # noqa: PLE1205 - that is the point
    try:
        int(f"https://me:hunter2@proxy.example/bot{TOKEN}")
    except ValueError:
        logger.exception("failed")
    return buffer.getvalue()


def test_console_log_holds_no_token() -> None:
    """Messages, arguments and tracebacks are all clean."""
    written = _logged_everywhere(logs.RedactingFormatter())

    assert "AAbb" not in written
    assert "hunter2" not in written
    assert written.count("[token]") == 3


def test_json_log_holds_no_token() -> None:
    """Each line is one JSON object with its extra fields, without the token."""
    written = _logged_everywhere(logs.JsonFormatter())

    assert "AAbb" not in written
    first, _, last = (json.loads(line) for line in written.splitlines())
    assert first["address"] == "bot[token]"
    assert (first["level"], first["logger"]) == ("warning", "trial")
    assert last["exception"].startswith("Traceback")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_configured_program_keeps_the_token_to_itself(log_format: str) -> None:
    """A whole program: nothing on standard output, no token on standard error, not even when it dies of an error."""
    program = (
        "import logging; from bot import logs\n"
        f"logs.configure('json'); logs.configure({log_format!r})\n"
        f"logging.getLogger('httpx').info('GET /bot{TOKEN}'); logging.getLogger('bot').info('started')\n"
        f"raise RuntimeError('/bot{TOKEN}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "AAbb" not in done.stderr
    assert done.stderr.count("started") == 1
    assert "GET" not in done.stderr
    assert "stopped by an error nobody caught" in done.stderr
