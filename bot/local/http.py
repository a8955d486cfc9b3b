"""Our Bot API over HTTP on the loopback interface, with a few paths of its own for what users do and what went out.

POST /bot<token>/<method>   as Telegram: JSON, urlencoded or multipart
POST /_chat                 {"chat_id", one act}: what people do, see below
GET  /_sent?after=N         the ledger from entry N on, as JSON lines
POST /_fault                a faults.Fault as an object
POST /_clear                takes all faults back

The acts of /_chat, and what may stand beside them:
  "text": "/start"                          "user_id", "language_code", "thread_id", "anonymous", "reply_to"
  "press": {"message_id", "data"}           "user_id", "language_code"
  "edit": {"message_id", "text"}
  "post": "text"                            in a channel
  "block": true                             "language_code"
  "add_bot": {"status", "kind", "title", "username", "forum", "by", "rights": {"can_post_messages": false, ..}}
  "set_bot": {"status", "by", "rights"}     promote, demote, restrict, remove (left), ban (kicked)
  "set_member": {"user_id", "status", "rights"}
  "open_topic": "name", "close_topic": N, "reopen_topic": N, "delete_topic": N        "user_id"
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress

import h11

from bot.errors import InputError
from bot.local import faults
from bot.local.control import CONTROLS
from bot.local.core import BotApi
from bot.local.wire import Reply, Request, encode, read_request, refuse


async def serve(core: BotApi, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Starts to listen; port 0 takes a free one. Raises InputError for a host that is not this machine's loopback,
    OSError when the port is taken."""
    if not _is_loopback(host):
        raise InputError(f"This server answers anyone who asks, so it listens on 127.0.0.1 only, not on {host}")
    server = Server(core)
    await server.listen(host, port)
    return server


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Server:
    """What `serve` gives: `address` (http://127.0.0.1:PORT), `base_url` for python-telegram-bot, `aclose()`."""

    def __init__(self, core: BotApi) -> None:
        self._core = core
        self._connections: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None
        self.address = ""

    @property
    def base_url(self) -> str:
        return f"{self.address}/bot"

    async def listen(self, host: str, port: int) -> None:
        self._listener = await asyncio.start_server(self._accept, host, port)
        bound = self._listener.sockets[0].getsockname()
        name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        self.address = f"http://{name}:{bound[1]}"

    async def aclose(self) -> None:
        """Stops listening and ends every connection, long polls included."""
        if self._listener is not None:
            self._listener.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers requests on one connection until either side has had enough."""
        connection = h11.Connection(h11.SERVER)
        try:
            with contextlib.suppress(faults.Dropped, ConnectionError):
                while await self._exchange(connection, reader, writer):
                    connection.start_next_cycle()
        finally:
            writer.close()

    async def _exchange(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """One request and its answer; whether another may follow."""
        request: Request | None = None
        try:
            request = await read_request(connection, reader)
            if request is None:
                return False
            reply = await self._route(request)
        except InputError as error:
            reply = refuse(str(error))
        except h11.RemoteProtocolError as error:
            reply = refuse(f"That is not HTTP/1.1: {error}")
        is_head = request is not None and request.verb == "HEAD"
        writer.write(encode(connection, reply, is_head=is_head))
        await writer.drain()
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE

    async def _route(self, request: Request) -> Reply:
        if request.verb not in {"GET", "POST"}:
            raise InputError(f"{request.verb} is not used here: send GET or POST")
        if request.path.startswith("/bot"):
            token, _, method = request.path.removeprefix("/bot").partition("/")
            status, body = await faults.answer(self._core, token, method, request.params())
            return status, "text/html" if body.startswith(b"<") else "application/json", body
        control = CONTROLS.get((request.verb, request.path))
        if control is None:
            known = ", ".join(f"{verb} {path}" for verb, path in CONTROLS)
            raise InputError(f"Nothing is at {request.verb} {request.path}: use POST /bot<token>/<method>, {known}")
        return control(self._core, request)
