"""The paths of our Bot API server that Telegram has not: what users do, what went out, which faults strike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import InputError
from bot.local import faults
from bot.local.core import BotApi
from bot.local.wire import Reply, Request, as_json


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @classmethod
    def read(cls, request: Request) -> Any:
        """The body as this form; InputError naming each wrong field."""
        try:
            return cls.model_validate(request.json())
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())
            raise InputError(f"The body can't be used: {wrong}") from None


class _Press(_Form):
    message_id: int
    data: str


class _Act(_Form):
    chat_id: int
    text: str | None = None
    press: _Press | None = None
    block: bool = False
    user_id: int | None = None
    language_code: str = "en"


class _Rule(_Form):
    kind: str
    method: str | None = None
    chat_id: int | None = None
    times: int | None = 1
    skip: int = 0
    seconds: float = 0.2
    retry_after: int = 1
    migrate_to: int = -1_000_000_000_001
    taken: bool = False


def _chat(core: BotApi, request: Request) -> Reply:
    act: _Act = _Act.read(request)
    if (act.text is not None) + (act.press is not None) + act.block != 1:
        raise InputError('Give exactly one of "text", "press" and "block"')
    who = {"language_code": act.language_code}
    if act.text is not None:
        update = core.user_says(act.chat_id, act.text, user_id=act.user_id, **who)
    elif act.press is not None:
        update = core.user_presses(act.chat_id, act.press.message_id, act.press.data, user_id=act.user_id, **who)
    else:
        update = core.user_blocks(act.chat_id, **who)
    return as_json({"ok": True, "result": update})


def _sent(core: BotApi, request: Request) -> Reply:
    after = dict(parse_qsl(request.query)).get("after", "0")
    if not after.isdecimal() or len(after) > 18:
        raise InputError("after= is how many entries to leave out: a whole number")
    lines = [
        json.dumps({"seq": seq, **entry.as_json()}, ensure_ascii=False)
        for seq, entry in enumerate(core.sent[int(after) :], int(after) + 1)
    ]
    return 200, "application/x-ndjson", "".join(f"{line}\n" for line in lines).encode()


def _fault(core: BotApi, request: Request) -> Reply:
    rule: _Rule = _Rule.read(request)
    core.faults.append(faults.Fault(**rule.model_dump()))
    return as_json({"ok": True, "result": len(core.faults)})


def _clear(core: BotApi, _request: Request) -> Reply:
    count = len(core.faults)
    core.faults.clear()
    return as_json({"ok": True, "result": count})


CONTROLS: dict[tuple[str, str], Callable[[BotApi, Request], Reply]] = {
    ("POST", "/_chat"): _chat,
    ("GET", "/_sent"): _sent,
    ("POST", "/_fault"): _fault,
    ("POST", "/_clear"): _clear,
}
