"""Logging without secrets: every line is cleaned of bot tokens and passwords after it was formatted.

The cleaning sits in the formatter, behind messages, arguments and tracebacks alike; httpx and python-telegram-bot
put the token into URLs and error texts, so a filter on messages alone would let it through.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from types import TracebackType

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# No \b before the digits: there is no word boundary inside "/bot123456:AA...".
_TOKEN = re.compile(r"(?<!\d)\d{3,}(?::|%3[Aa])[A-Za-z0-9_-]{20,}")
_USERINFO = re.compile(r"://[^/\s@\"']+@")

# They log whole URLs, a line per job, or what they are about to look at, at INFO.
_CHATTY = ("httpx", "httpcore", "apscheduler", "alembic")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """`text` with bot tokens and the user:password part of URLs replaced."""
    return _USERINFO.sub("://[hidden]@", _TOKEN.sub("[token]", text))


class RedactingFormatter(logging.Formatter):
    """One line for people: time in UTC, level, logger, message; the traceback below it."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(_printable(record)))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - logging's name
        # logging keeps this text on the record, where other handlers find it
        return redact(super().formatException(ei))


class JsonFormatter(RedactingFormatter):
    """One JSON object a line: time, level, logger, message, then `extra` fields and the exception if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        record = _printable(record)
        line: dict[str, object] = {
            "time": self.formatTime(record, self.datefmt),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False, default=str))


def configure(log_format: str) -> None:
    """Log to standard error from INFO up, as "console" or "json"; calling it again replaces the earlier choice."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else RedactingFormatter())
    root = logging.getLogger()
    for earlier in [h for h in root.handlers if isinstance(h.formatter, RedactingFormatter)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _log_uncaught


def _printable(record: logging.LogRecord) -> logging.LogRecord:
    """A record whose arguments do not fit its message would be printed raw by logging itself, token and all; and what
    Telegram answered is one line, not the way by which it came through python-telegram-bot."""
    error = record.exc_info[1] if record.exc_info else None
    if record.name.startswith("telegram.") and type(error).__module__ == "telegram.error":
        record = logging.makeLogRecord(vars(record) | {"exc_info": None, "exc_text": None})
        record.msg = f"{record.msg} ({type(error).__name__})"
    try:
        record.getMessage()
    except (TypeError, ValueError, KeyError):
        record = logging.makeLogRecord(vars(record))
        record.msg, record.args = "%s (arguments that do not fit: %r)", (record.msg, record.args)
    return record


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("bot").critical("stopped by an error nobody caught", exc_info=(kind, error, trace))
