"""HTTP/1.1 on asyncio streams: one request read, one reply written, parameters out of any body Telegram accepts."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

from bot.errors import InputError
from bot.local.params import Upload, is_utf8
from bot.local.state import Json

MAX_BODY = 1_000_000
_MAX_IGNORED = 10 * MAX_BODY
_TOO_LARGE = f"The body is larger than {MAX_BODY} bytes"
_CHUNK = 65_536

# Status, content type, body.
Reply = tuple[int, str, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `path` is decoded, `query` is not."""

    verb: str
    path: str
    query: str
    content_type: str
    body: bytes

    def params(self) -> Json:
        """Parameters of a Bot API call, from the query and from the body whatever its form. Raises InputError."""
        found: Json = dict(parse_qsl(self.query, keep_blank_values=True))
        kind = self.content_type.partition(";")[0].strip().lower()
        if not self.body:
            return found
        if kind == "application/json":
            return found | self.json()
        if kind == "multipart/form-data":
            return found | _multipart(self.content_type, self.body)
        if kind in {"", "application/x-www-form-urlencoded"}:
            return found | dict(parse_qsl(_decoded(self.body), keep_blank_values=True))
        raise InputError(f"A body of type {kind} can't be read: send JSON, urlencoded or multipart/form-data")

    def json(self) -> Json:
        """The body as a JSON object. Raises InputError."""
        try:
            value = json.loads(_decoded(self.body))
        except (ValueError, RecursionError) as error:
            raise InputError(f"The body is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise InputError("The body must be a JSON object")
        if not is_utf8(value):
            raise InputError("The body holds half a surrogate pair, which is no character")
        return value


async def read_request(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    """The next request, body included; None when the client hung up. Raises InputError above MAX_BODY."""
    head: h11.Request | None = None
    body, size = bytearray(), 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            size += len(event.data)
            if size <= MAX_BODY:
                body += event.data
            elif size > _MAX_IGNORED:  # read on until here, for who is still writing would not read our answer
                raise InputError(_TOO_LARGE)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            if size > MAX_BODY:
                raise InputError(_TOO_LARGE)
            return _request(head, bytes(body))
        else:
            return None


def _request(head: h11.Request, body: bytes) -> Request:
    try:
        target = urlsplit(head.target.decode("ascii"))
    except ValueError:
        raise InputError("The address of the request can't be read") from None
    content_type = next((value.decode("latin-1") for name, value in head.headers if name == b"content-type"), "")
    return Request(head.method.decode(), unquote(target.path), target.query, content_type, body)


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise InputError("The body is not UTF-8") from None


def _multipart(content_type: str, body: bytes) -> Json:
    """Fields by name; a file as an Upload."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    if not message.is_multipart():
        raise InputError("The multipart body can't be read: is its boundary the one of the Content-Type header?")
    found: Json = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            payload = part.get_payload(decode=True)
            content, file = payload if isinstance(payload, bytes) else b"", part.get_filename()
            found[name] = Upload(file, content) if file else _decoded(content)
    return found


def encode(connection: h11.Connection, reply: Reply, *, is_head: bool = False) -> bytes:
    """The bytes of a reply; the answer to a HEAD request has no body."""
    status, kind, body = reply
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    if connection.their_state is not h11.DONE:
        headers.append(("Connection", "close"))
    events: list[h11.Event] = [h11.Response(status_code=status, headers=headers), h11.EndOfMessage()]
    if not is_head:
        events.insert(1, h11.Data(data=body))
    return b"".join(connection.send(event) or b"" for event in events)


def as_json(value: Any, status: int = 200) -> Reply:
    return status, "application/json", json.dumps(value, ensure_ascii=False).encode()


def refuse(sentence: str) -> Reply:
    return as_json({"ok": False, "error_code": 400, "description": sentence}, 400)
