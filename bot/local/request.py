"""python-telegram-bot's transport into our Bot API, in process: a real Application runs against it."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.local import faults
from bot.local.core import BotApi
from bot.local.params import Upload


class LocalRequest(BaseRequest):
    """Give one to ApplicationBuilder as `request` and `get_updates_request`; the base URL does not matter.

    What goes wrong is raised as HTTPXRequest raises it, cause included: who sends reads the cause to know whether
    a message may have been taken. `read_timeout` is in seconds, None waits for ever."""

    def __init__(self, api: BotApi, read_timeout: float | None = 5.0) -> None:
        self._api = api
        self._read_timeout = read_timeout

    @property
    def read_timeout(self) -> float | None:
        return self._read_timeout

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(  # noqa: PLR0917  (BaseRequest's signature)
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """HTTP status and body. Raises TimedOut after `read_timeout`, NetworkError when the connection drops."""
        *_, bot, name = unquote(urlsplit(url).path).split("/")
        params = _params(request_data) if request_data else {}
        wait = self._read_timeout if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        await asyncio.sleep(0)  # a network would let others run here; a poll without timeout relies on it
        try:
            async with asyncio.timeout(wait):
                return await faults.answer(self._api, bot.removeprefix("bot"), name, params)
        except TimeoutError:
            raise TimedOut from httpx.ReadTimeout("")
        except faults.Dropped:
            lost = httpx.RemoteProtocolError("Server disconnected without sending a response.")
            raise NetworkError(f"httpx.{type(lost).__name__}: {lost}") from lost


def _params(data: RequestData) -> dict[str, Any]:
    """Parameters as a form would carry them, files among them."""
    found: dict[str, Any] = dict(data.json_parameters)
    for name, (file, content, _) in (data.multipart_data or {}).items():
        found[name] = Upload(file, content if isinstance(content, bytes) else content.read())
    return found
