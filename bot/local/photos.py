"""Sending pictures, with Telegram's refusals: a file with the call, PNG only, for that is what we make."""

from __future__ import annotations

import hashlib
import struct

from bot.local import access
from bot.local.markup import units
from bot.local.messages import put, read_formatted, read_markup, read_place
from bot.local.params import Params
from bot.local.state import Json, bad_request
from bot.local.world import World

MAX_CAPTION = 1024
MAX_SIDES = 10_000  # width and height together: https://core.telegram.org/bots/api#sendphoto
MAX_RATIO = 20
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def send_photo(world: World, params: Params) -> Json:
    caption, entities = read_formatted(params, "caption", "caption_entities")
    markup = read_markup(params)
    chat = access.to_write(world, params)
    place = read_place(params, chat)
    access.check_may_post(chat, "photos", "can_send_photos")
    file = params.upload("photo")
    if file is None:
        raise bad_request("there is no photo in the request")
    if units(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    content: Json = {"photo": [_size(file.content)]}
    if caption:
        content |= {"caption": caption} | ({"caption_entities": entities} if entities else {})
    if markup:
        content["reply_markup"] = markup
    return put(world, params, "sendPhoto", place, chat, content, file.content)


def _size(content: bytes) -> Json:
    """A PhotoSize; the id is the content's, so that the same picture has the same."""
    if not content.startswith(_SIGNATURE) or len(content) < 24:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = struct.unpack(">II", content[16:24])
    if width + height > MAX_SIDES or max(width, height) > MAX_RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    name = hashlib.sha256(content).hexdigest()[:32]
    return {"file_id": name, "file_unique_id": name[:16], "width": width, "height": height, "file_size": len(content)}
