"""Faults on the way to our Bot API: rules by method and chat, one small function for each kind.

`answer` stands between a transport and BotApi.call. What it returns is the raw HTTP answer; `Dropped` asks the
transport to close the connection without one. "Taken" means that the core did what was asked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.errors import InputError

if TYPE_CHECKING:
    from bot.local.core import BotApi

Answer = tuple[int, bytes]
Take = Callable[[], Awaitable[Answer]]

_SORRY = b"<html>\r\n<head><title>500 Internal Server Error</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"


class Dropped(Exception):  # noqa: N818  (an outcome asked for)
    """Close the connection without an answer."""


@dataclass(slots=True)
class Fault:
    """One rule. `kind` is a key of KINDS; `method` and `chat_id` narrow it; `times` is how often it strikes (None:
    always), after letting `skip` matching calls through. `seconds`: delay of accept_then_delay; `retry_after`: of
    flood; `taken`: whether http_500, broken_json and not_ok do what was asked before they spoil the answer."""

    kind: str
    method: str | None = None
    chat_id: int | None = None
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.2
    retry_after: int = 1
    migrate_to: int = -1_000_000_000_001
    taken: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"No fault is called {self.kind!r}: use one of {', '.join(KINDS)}")

    def matches(self, method: str, params: Mapping[str, Any]) -> bool:
        if self.method is not None and self.method.lower() != method.lower():
            return False
        return self.chat_id is None or str(params.get("chat_id")) == str(self.chat_id)


async def answer(api: BotApi, token: str, method: str, params: Mapping[str, Any]) -> Answer:
    """HTTP status and body for one call, spoiled by the first of `api.faults` that applies. Raises Dropped."""

    async def take() -> Answer:
        status, envelope = await api.call(token, method, params)
        return status, json.dumps(envelope).encode()

    fault = _strike(api.faults, method, params)
    return await (take() if fault is None else KINDS[fault.kind](fault, take))


def _strike(faults: list[Fault], method: str, params: Mapping[str, Any]) -> Fault | None:
    """The rule to apply, counted down, and removed when it is used up."""
    for fault in faults:
        if not fault.matches(method, params):
            continue
        if fault.skip > 0:
            fault.skip -= 1
            continue
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                faults.remove(fault)
        return fault
    return None


# --- kinds ---------------------------------------------------------------------------------------

Kind = Callable[[Fault, Take], Awaitable[Answer]]


def _refused(status: int, description: str, **parameters: int) -> Answer:
    envelope: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        envelope["parameters"] = parameters
    return status, json.dumps(envelope).encode()


def _refusing(status: int, description: str) -> Kind:
    async def refuse(_fault: Fault, _take: Take) -> Answer:
        return _refused(status, description)

    return refuse


async def _flood(fault: Fault, _take: Take) -> Answer:
    text = f"Too Many Requests: retry after {fault.retry_after}"
    return _refused(429, text, retry_after=fault.retry_after)


async def _migrated(fault: Fault, _take: Take) -> Answer:
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    return _refused(400, text, migrate_to_chat_id=fault.migrate_to)


async def _http_500(fault: Fault, take: Take) -> Answer:
    if fault.taken:
        await take()
    return 500, _SORRY


async def _broken_json(fault: Fault, take: Take) -> Answer:
    if fault.taken:
        await take()
    return 200, b'{"ok": true, "result": {"message_'


async def _not_ok(fault: Fault, take: Take) -> Answer:
    if fault.taken:
        await take()
    return 200, _refused(500, "Internal Server Error")[1]


async def _accept_then_close(_fault: Fault, take: Take) -> Answer:
    await take()
    raise Dropped


async def _accept_then_delay(fault: Fault, take: Take) -> Answer:
    taken = await take()
    await asyncio.sleep(fault.seconds)
    return taken


async def _refuse_before(_fault: Fault, _take: Take) -> Answer:
    raise Dropped


KINDS: dict[str, Kind] = {
    "flood": _flood,
    "flood_bare": _refusing(429, "Too Many Requests"),
    "migrated": _migrated,
    "blocked": _refusing(403, "Forbidden: bot was blocked by the user"),
    "deactivated": _refusing(403, "Forbidden: user is deactivated"),
    "kicked": _refusing(403, "Forbidden: bot was kicked from the group chat"),
    "chat_not_found": _refusing(400, "Bad Request: chat not found"),
    "thread_not_found": _refusing(400, "Bad Request: message thread not found"),
    "topic_closed": _refusing(400, "Bad Request: TOPIC_CLOSED"),
    "unauthorized": _refusing(401, "Unauthorized"),
    "conflict": _refusing(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    ),
    "http_500": _http_500,
    "bad_gateway": _refusing(502, "Bad Gateway"),
    "broken_json": _broken_json,
    "not_ok": _not_ok,
    "accept_then_close": _accept_then_close,
    "accept_then_delay": _accept_then_delay,
    "refuse_before": _refuse_before,
}
