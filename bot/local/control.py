"""The paths of our Bot API server that Telegram has not: what users do, what went out, which faults strike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.errors import InputError
from bot.local import faults
from bot.local.core import USER_ID, BotApi
from bot.local.state import Json
from bot.local.wire import Reply, Request, as_json

# The keywords of BotApi.add_bot and its like that are rights, and no others.
_Rights = dict[Annotated[str, StringConstraints(pattern=r"^(can|is)_\w+$")], bool]


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


class _Edit(_Form):
    message_id: int
    text: str


class _AddBot(_Form):
    status: str = "member"
    kind: str | None = None
    title: str | None = None
    username: str | None = None
    forum: bool = False
    by: int = USER_ID
    rights: _Rights = {}


class _SetBot(_Form):
    status: str
    by: int = USER_ID
    rights: _Rights = {}


class _SetMember(_Form):
    user_id: int
    status: str
    rights: _Rights = {}


class _Act(_Form):
    """One act in one chat: exactly one of ACTS, and what MODIFIERS allows beside it."""

    chat_id: int
    text: str | None = None
    post: str | None = None
    press: _Press | None = None
    edit: _Edit | None = None
    block: bool = False
    add_bot: _AddBot | None = None
    set_bot: _SetBot | None = None
    set_member: _SetMember | None = None
    open_topic: str | None = None
    close_topic: int | None = None
    reopen_topic: int | None = None
    delete_topic: int | None = None
    user_id: int | None = None
    language_code: str | None = None
    thread_id: int | None = None
    anonymous: bool = False
    reply_to: int | None = None

    def given(self, names: Iterable[str]) -> list[str]:
        """Those of the fields that were given; a flag that is false is not."""
        return [name for name in names if getattr(self, name) is not None and getattr(self, name) is not False]


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
    done = act.given(ACTS)
    if len(done) != 1:
        raise InputError(f"Give exactly one of {_listed(ACTS)}; this has {_listed(done) or 'none'}")
    (name,) = done
    allowed = MODIFIERS.get(name, ())
    if idle := [given for given in act.given(_MODIFIERS) if given not in allowed]:
        beside = f"only {_listed(allowed)}" if allowed else "nothing"
        raise InputError(f'{_listed(idle)} can\'t stand beside "{name}": {beside} can')
    return as_json({"ok": True, "result": ACTS[name](core, act)})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


# --- acts: one each, reading the field of its own name -------------------------------------------


def _beside(act: _Act, *names: str) -> Json:
    return {name: getattr(act, name) for name in act.given(names)}


def _text(core: BotApi, act: _Act) -> Json:
    return core.user_says(act.chat_id, str(act.text), **_beside(act, *MODIFIERS["text"]))


def _post(core: BotApi, act: _Act) -> Json:
    return core.channel_posts(act.chat_id, str(act.post))


def _press(core: BotApi, act: _Act) -> Json:
    assert act.press is not None
    return core.user_presses(act.chat_id, act.press.message_id, act.press.data, **_beside(act, *MODIFIERS["press"]))


def _edit(core: BotApi, act: _Act) -> Json:
    assert act.edit is not None
    return core.user_edits(act.chat_id, act.edit.message_id, act.edit.text)


def _block(core: BotApi, act: _Act) -> Json:
    return core.user_blocks(act.chat_id, **_beside(act, *MODIFIERS["block"]))


def _add_bot(core: BotApi, act: _Act) -> Json:
    assert act.add_bot is not None
    form = act.add_bot.model_dump()
    return core.add_bot(act.chat_id, **form.pop("rights"), **form)


def _set_bot(core: BotApi, act: _Act) -> Json:
    assert act.set_bot is not None
    form = act.set_bot
    return core.set_bot(act.chat_id, form.status, by=form.by, **form.rights)


def _set_member(core: BotApi, act: _Act) -> bool:
    assert act.set_member is not None
    form = act.set_member
    core.set_member(act.chat_id, form.user_id, form.status, **form.rights)
    return True


def _open_topic(core: BotApi, act: _Act) -> Json:
    return {"message_thread_id": core.open_topic(act.chat_id, str(act.open_topic), **_by(act))}


def _close_topic(core: BotApi, act: _Act) -> Json:
    assert act.close_topic is not None
    return core.close_topic(act.chat_id, act.close_topic, **_by(act))


def _reopen_topic(core: BotApi, act: _Act) -> Json:
    assert act.reopen_topic is not None
    return core.reopen_topic(act.chat_id, act.reopen_topic, **_by(act))


def _delete_topic(core: BotApi, act: _Act) -> bool:
    assert act.delete_topic is not None
    core.delete_topic(act.chat_id, act.delete_topic)
    return True


def _by(act: _Act) -> dict[str, int]:
    return {} if act.user_id is None else {"by": act.user_id}


ACTS: dict[str, Callable[[BotApi, _Act], Json | bool]] = {
    "text": _text,
    "post": _post,
    "press": _press,
    "edit": _edit,
    "block": _block,
    "add_bot": _add_bot,
    "set_bot": _set_bot,
    "set_member": _set_member,
    "open_topic": _open_topic,
    "close_topic": _close_topic,
    "reopen_topic": _reopen_topic,
    "delete_topic": _delete_topic,
}
MODIFIERS: dict[str, tuple[str, ...]] = {
    "text": ("user_id", "language_code", "thread_id", "anonymous", "reply_to"),
    "press": ("user_id", "language_code"),
    "block": ("language_code",),
    "open_topic": ("user_id",),
    "close_topic": ("user_id",),
    "reopen_topic": ("user_id",),
}
_MODIFIERS = MODIFIERS["text"]


# --- the other paths -----------------------------------------------------------------------------


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
