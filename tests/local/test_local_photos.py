"""sendPhoto, by a real python-telegram-bot in process and over HTTP, with Telegram's refusals."""

from __future__ import annotations

import base64
import json
import struct

import httpx
import pytest
from telegram import Bot
from telegram.error import BadRequest, NetworkError

from bot.local.core import BotApi
from bot.local.faults import Fault
from bot.local.http import Server
from tests.local.conftest import ALICE, ROOM, button


def png(width: int = 1080, height: int = 1280, more: bytes = b"\xff\x00\r\n--") -> bytes:
    """As much of one as tells its size, and bytes that are no text."""
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + more


async def test_a_photo_with_its_caption(bot: Bot, api: BotApi) -> None:
    """The file arrives whole; the message says what Telegram says of a photo."""
    message = await bot.send_photo(ALICE, png(), "<b>Sudan</b> &amp; more", parse_mode="HTML", reply_markup=button("x"))
    assert (message.caption, message.text) == ("Sudan & more", None)
    assert [(e.type, e.offset, e.length) for e in message.caption_entities] == [("bold", 0, 5)]
    (size,) = message.photo
    assert (size.width, size.height, size.file_size) == (1080, 1280, len(png()))
    (sent,) = api.sent
    assert (sent.method, sent.text, sent.photo) == ("sendPhoto", "Sudan & more", png())
    assert sent.reply_markup is not None
    again = await bot.send_photo(ALICE, png(), reply_to_message_id=message.message_id)
    assert again.photo[0].file_unique_id == size.file_unique_id, "the same picture has the same id"
    assert again.reply_to_message is not None
    assert await bot.delete_message(ALICE, message.message_id)


@pytest.mark.parametrize(
    ("photo", "caption", "refusal"),
    [
        (b"GIF89a", "x", "IMAGE_PROCESS_FAILED"),
        (png(9000, 1001), "x", "PHOTO_INVALID_DIMENSIONS"),
        (png(2100, 100), "x", "PHOTO_INVALID_DIMENSIONS"),
        (png(), "é" * 1025, "message caption is too long"),
        (png(), "<b>x", "can't parse entities"),
        ("some-file-id", "x", "there is no photo in the request"),
    ],
)
async def test_what_telegram_refuses(bot: Bot, api: BotApi, photo: bytes | str, caption: str, refusal: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){refusal}"):
        await bot.send_photo(ALICE, photo, caption, parse_mode="HTML")
    assert api.sent == []


async def test_a_caption_is_no_text_to_edit(bot: Bot) -> None:
    message = await bot.send_photo(ALICE, png(), "x")
    with pytest.raises(BadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("y", ALICE, message.message_id)


async def test_a_group_may_allow_words_and_no_photos(bot: Bot, api: BotApi) -> None:
    api.add_bot(ROOM, by=ALICE)
    await bot.send_photo(ROOM, png())
    api.set_bot(ROOM, "restricted", can_send_messages=True, can_send_photos=False)
    await bot.send_message(ROOM, "words")
    with pytest.raises(BadRequest, match=r"(?i)not enough rights to send photos to the chat"):
        await bot.send_photo(ROOM, png())


@pytest.mark.parametrize(("kind", "taken"), [("accept_then_close", True), ("refuse_before", False)])
async def test_faults_strike_photos_too(bot: Bot, api: BotApi, kind: str, taken: bool) -> None:
    api.faults.append(Fault(kind, method="sendPhoto", chat_id=ALICE))
    with pytest.raises(NetworkError):
        await bot.send_photo(ALICE, png())
    assert len(api.sent) == taken


async def test_the_ledger_gives_the_picture(api: BotApi, server: Server) -> None:
    """GET /_sent lists it with the file in base64, beside messages that have none."""
    async with httpx.AsyncClient(base_url=server.address) as client:
        files = {"photo": ("map.png", png(), "image/png")}
        await client.post(f"/bot{api.token}/sendPhoto", data={"chat_id": ALICE, "caption": "x"}, files=files)
        await client.post(f"/bot{api.token}/sendMessage", json={"chat_id": ALICE, "text": "y"})
        lines = (await client.get("/_sent")).text.splitlines()
    photo, words = (json.loads(line) for line in lines)
    assert (photo["text"], base64.b64decode(photo["photo"])) == ("x", png())
    assert words["photo"] is None
