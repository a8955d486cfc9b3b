"""The Bot API itself: what a bot calls, and what the people in its chats do. No network here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.errors import InputError
from bot.local import methods
from bot.local.groups import Groups
from bot.local.params import Params
from bot.local.people import USER_ID
from bot.local.state import Json, Refusal, SentMessage

if TYPE_CHECKING:
    from bot.local.faults import Fault

__all__ = ["DEFAULT_TOKEN", "USER_ID", "BotApi", "SentMessage"]

DEFAULT_TOKEN = "1000001:local-token-that-opens-nothing"  # noqa: S105  (works on this machine only)


def _utc() -> datetime:
    return datetime.now(UTC)


class BotApi(Groups):
    """One bot and its chats. `sent` is the append-only ledger, `faults` the rules that faults.answer applies.

    The bot's side is `call`. The people's side is in People (they write, edit, press, block) and Groups (they bring
    the bot somewhere, change its rights, manage members and topics). `now` gives UTC."""

    def __init__(
        self,
        token: str = DEFAULT_TOKEN,
        *,
        username: str = "access_watch_local_bot",
        now: Callable[[], datetime] = _utc,
    ) -> None:
        number = token.partition(":")[0]
        if not number.isdecimal():
            raise InputError("A bot token is digits, a colon and a secret: give one like 1000001:local")
        bot = {"id": int(number), "is_bot": True, "first_name": "Access Watch", "username": username}
        super().__init__(bot, now)
        self.token = token
        self.faults: list[Fault] = []

    async def call(self, token: str, method: str, params: Mapping[str, Any]) -> tuple[int, Json]:
        """HTTP status and envelope of one call: {"ok": true, "result"} or {"ok": false, "error_code",
        "description", "parameters"?}. Parameters may be JSON values or strings that hold JSON."""
        try:
            self._authorize(token)
            return 200, {"ok": True, "result": await methods.run(self, method, Params(params))}
        except Refusal as refusal:
            envelope: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
            if refusal.parameters:
                envelope["parameters"] = refusal.parameters
            return refusal.status, envelope

    def _authorize(self, token: str) -> None:
        if token != self.token:
            raise Refusal(401, "Unauthorized")
