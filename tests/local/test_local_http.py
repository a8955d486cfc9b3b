"""The HTTP server: every body form, its control paths, bad input, and the command that starts it."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys

import httpx
import pytest

from bot.commands.local import _welcome
from bot.errors import InputError
from bot.local.core import BotApi
from bot.local.http import Server, serve
from bot.local.wire import MAX_BODY
from tests.local.conftest import ALICE, NEWS, ROOM


@pytest.fixture
async def client(server: Server):
    """An HTTP client at the server's address."""
    async with httpx.AsyncClient(base_url=server.address, timeout=5) as made:
        yield made


@pytest.mark.parametrize(
    "form",
    [
        {"json": {"chat_id": ALICE, "text": "héllo", "disable_notification": True}},
        {"data": {"chat_id": ALICE, "text": "héllo", "disable_notification": "true"}},
        {"data": {"chat_id": ALICE, "text": "héllo", "disable_notification": "true"}, "files": {"f": b"\xff"}},
        {"params": {"chat_id": ALICE, "text": "héllo", "disable_notification": "true"}},
    ],
    ids=["json", "urlencoded", "multipart", "query"],
)
async def test_every_form_of_a_call(client, api: BotApi, form: dict) -> None:
    """The same call, however its parameters travel."""
    answer = await client.post(f"/bot{api.token}/sendMessage", **form)
    assert answer.json()["result"]["text"] == "héllo"
    assert [(s.text, s.disable_notification) for s in api.sent] == [("héllo", True)]


async def test_get_and_keep_alive(client, api: BotApi) -> None:
    """A call may be a GET; one connection serves many."""
    for _ in range(3):
        answer = await client.get(f"/bot{api.token}/getMe")
        assert answer.json()["result"]["username"] == "access_watch_local_bot"
        assert "connection" not in answer.headers
    assert (await client.get("/bot1:wrong/getMe")).status_code == 401


async def test_a_user_writes_presses_and_blocks(client, api: BotApi) -> None:
    """/_chat puts it in, /_sent shows what came of it, from where one likes."""
    update = (await client.post("/_chat", json={"chat_id": 7, "text": "/start", "language_code": "fr"})).json()
    assert update["result"]["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 6}]
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    for text in ("one", "two"):
        await client.post(f"/bot{api.token}/sendMessage", json={"chat_id": 7, "text": text, "reply_markup": markup})
    lines = [json.loads(line) for line in (await client.get("/_sent?after=1")).text.splitlines()]
    assert [(line["seq"], line["text"], line["method"]) for line in lines] == [(2, "two", "sendMessage")]
    press = {"chat_id": 7, "press": {"message_id": lines[0]["message_id"], "data": "go"}}
    assert (await client.post("/_chat", json=press)).json()["result"]["callback_query"]["data"] == "go"
    await client.post("/_chat", json={"chat_id": 7, "block": True})
    answer = await client.post(f"/bot{api.token}/sendMessage", json={"chat_id": 7, "text": "x"})
    assert answer.status_code == 403


async def test_what_the_command_prints_can_be_sent(client, server: Server, api: BotApi) -> None:
    """Each example of a body, as it stands; one makes a forum with a topic."""
    bodies = re.findall(rf"curl {server.address}/_chat --json '(.+)'", _welcome(server))
    for body in bodies:
        answer = await client.post("/_chat", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 200, body
    (forum,) = [chat for chat in api.chats.values() if chat.is_forum]
    assert str(forum.id).startswith("-100")
    assert len(forum.topics) == 1


async def test_every_act_in_groups_and_channels(client, api: BotApi) -> None:
    """/_chat does all that people and administrators do, and answers with what it queued."""

    async def act(**form: object) -> dict:
        answer = (await client.post("/_chat", json=form)).json()
        assert answer["ok"], answer["description"]
        return answer["result"]

    forum = {"status": "administrator", "forum": True, "title": "Field team", "by": 9}
    added = await act(chat_id=ROOM, add_bot=forum | {"rights": {"can_delete_messages": False}})
    assert added["my_chat_member"]["new_chat_member"]["can_delete_messages"] is False
    assert added["my_chat_member"]["from"]["id"] == 9
    thread = (await act(chat_id=ROOM, open_topic="Sudan", user_id=9))["message_thread_id"]
    said = await act(chat_id=ROOM, text="/latest", user_id=8, thread_id=thread, language_code="ar")
    assert (said["message"]["message_thread_id"], said["message"]["from"]["language_code"]) == (thread, "ar")
    number = said["message"]["message_id"]
    assert (await act(chat_id=ROOM, text="x", anonymous=True))["message"]["sender_chat"]["id"] == ROOM
    answered = await act(chat_id=ROOM, text="y", reply_to=number)
    assert answered["message"]["reply_to_message"]["message_id"] == number
    edited = await act(chat_id=ROOM, edit={"message_id": number, "text": "/summary"})
    assert edited["edited_message"]["text"] == "/summary"
    assert "forum_topic_closed" in (await act(chat_id=ROOM, close_topic=thread))["message"]
    assert "forum_topic_reopened" in (await act(chat_id=ROOM, reopen_topic=thread))["message"]
    assert await act(chat_id=ROOM, delete_topic=thread)
    assert await act(chat_id=ROOM, set_member={"user_id": 8, "status": "administrator"})
    assert api.chats[ROOM].members[8].is_admin
    left = await act(chat_id=ROOM, set_bot={"status": "left", "by": 8})
    assert left["my_chat_member"]["new_chat_member"]["status"] == "left"
    assert "update_id" not in await act(chat_id=ROOM, text="/latest")
    await act(chat_id=NEWS, add_bot={"status": "administrator", "kind": "channel", "username": "alerts"})
    assert (await act(chat_id=NEWS, post="Bridge closed"))["channel_post"]["sender_chat"]["username"] == "alerts"


async def test_faults_come_and_go(client, api: BotApi) -> None:
    """/_fault adds one, /_clear takes all back."""
    call = {"url": f"/bot{api.token}/sendMessage", "json": {"chat_id": ALICE, "text": "x"}}
    await client.post("/_fault", json={"kind": "flood", "method": "sendMessage", "times": None, "retry_after": 9})
    assert (await client.post(**call)).json()["parameters"] == {"retry_after": 9}
    assert (await client.post("/_clear")).json()["result"] == 1
    assert (await client.post(**call)).status_code == 200


@pytest.mark.parametrize(
    ("path", "form", "sentence"),
    [
        ("/_chat", {"content": b"{"}, "not JSON"),
        ("/_chat", {"content": b"\xff"}, "not UTF-8"),
        ("/_chat", {"json": []}, "must be a JSON object"),
        ("/_chat", {"json": {"chat_id": 1}}, "exactly one"),
        ("/_chat", {"json": {"chat_id": 1, "text": "x", "block": True}}, 'this has "text", "block"'),
        ("/_chat", {"json": {"chat_id": 1, "block": True, "thread_id": 2}}, '"thread_id" can\'t stand beside "block"'),
        ("/_chat", {"json": {"chat_id": -5, "post": "x", "user_id": 2}}, "nothing can"),
        ("/_chat", {"json": {"chat_id": -5, "add_bot": {"rights": {"by": True}}}}, "add_bot.rights"),
        ("/_chat", {"json": {"chat_id": -5, "add_bot": {"rights": {"can_fly": True}}}}, "can_fly"),
        ("/_chat", {"json": {"chat_id": -5, "set_bot": {"status": "member"}}}, "bring it there with add_bot"),
        ("/_chat", {"json": {"chat_id": 1, "edit": {"message_id": 0, "text": "x"}}}, "no person's text"),
        ("/_chat", {"json": {"chat_id": 1, "text": "x", "nonsense": 1}}, "nonsense"),
        ("/_chat", {"json": {"chat_id": 1, "press": {"message_id": 1, "data": "x"}}}, "no button"),
        ("/_fault", {"json": {"kind": "nonsense"}}, "accept_then_close"),
        ("/nowhere", {}, "Nothing is at POST /nowhere"),
        ("/bot1:x/getMe", {"content": b"<x/>", "headers": {"content-type": "text/xml"}}, "text/xml"),
        ("/_chat", {"content": b'{"chat_id": 1, "text": "\\ud800"}'}, "surrogate"),
        ("/_chat", {"content": b"[" * 100_000}, "not JSON"),
        ("/_chat", {"content": b"x" * (MAX_BODY + 1)}, "larger than"),
    ],
)
async def test_bad_input_gets_a_sentence(client, path: str, form: dict, sentence: str) -> None:
    """400, and what was wrong; the server goes on."""
    answer = await client.post(path, **form)
    assert answer.status_code == 400
    assert sentence in answer.json()["description"]
    assert (await client.get("/_sent")).status_code == 200


async def test_other_verbs_are_refused(client, api: BotApi) -> None:
    """HEAD without a body, PUT with a sentence; nothing is done."""
    path = f"/bot{api.token}/sendMessage?chat_id={ALICE}&text=x"
    head, put = await client.head(path), await client.put(path)
    assert (head.status_code, head.content) == (400, b"")
    assert "send GET or POST" in put.json()["description"]
    assert api.sent == []


async def test_what_is_not_http(server: Server) -> None:
    """Answered with 400 and closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.address.rpartition(":")[2]))
    writer.write(b"\x00\x01 nonsense\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
async def test_other_hosts_are_refused(api: BotApi, host: str) -> None:
    """Whoever reaches the port can do anything, so only this machine may."""
    with pytest.raises(InputError, match=r"listens on 127\.0\.0\.1 only"):
        await serve(api, host)


COMMAND = """
import argparse, sys
from bot.commands import local
parser = argparse.ArgumentParser()
local.add_arguments(parser)
sys.exit(local.run(parser.parse_args(sys.argv[1:])))
"""


async def test_the_command() -> None:
    """It prints where it is, serves, and ends with 0 when interrupted."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", COMMAND, "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 8)).decode()
        address = re.search(r"http://127\.0\.0\.1:\d+", line)[0]
        async with httpx.AsyncClient() as client:
            made = await client.post(f"{address}/_chat", json={"chat_id": 1, "text": "/start"})
        assert made.json()["ok"]
        process.send_signal(signal.SIGINT)
        rest = (await process.stdout.read()).decode()
        assert "/_chat" in rest
        assert "/_sent" in rest
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()


def test_a_port_that_is_taken(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence and the remedy, status 2."""
    import argparse

    from bot.commands import local

    port = int(server.address.rpartition(":")[2])
    assert local.run(argparse.Namespace(port=port)) == 2
    assert "--port" in capsys.readouterr().err
