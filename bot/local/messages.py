"""Sending, editing and deleting messages, with Telegram's refusals in Telegram's order and words."""

from __future__ import annotations

from typing import Any

from bot.local import access, topics
from bot.local.markup import Entity, MarkupError, parse_html, units
from bot.local.params import Params
from bot.local.state import Chat, Json, SentMessage, bad_request
from bot.local.world import World

Place = tuple[int | None, int | None]  # the message replied to, the topic

MAX_TEXT = 4096
MAX_CALLBACK_DATA = 64
MAX_BUTTONS = 100
MAX_NOTICE = 200
MAX_DELETIONS = 100


def send_message(world: World, params: Params) -> Json:
    text, entities = _read_text(params)
    markup = read_markup(params)
    chat = access.to_write(world, params)
    place = read_place(params, chat)
    access.check_may_post(chat)
    _check_length(text)
    return put(world, params, "sendMessage", place, chat, _content(text, entities, markup))


def put(  # noqa: PLR0917
    world: World, params: Params, method: str, place: Place, chat: Chat, content: Json, photo: bytes | None = None
) -> Json:
    """A new message of the bot, once it is clear that it may be sent."""
    reply_to, thread_id = place
    access.check_reachable(chat)
    placed = topics.placed(chat, thread_id, reply_to)
    access.check_topic_open(chat, placed.get("message_thread_id"))
    sender = {"sender_chat": chat.as_json()} if chat.kind == "channel" else {"from": dict(world.bot)}
    message = chat.add({**sender, "date": world.seconds(), **placed, **content})
    chat.own.add(message["message_id"])
    _note(world, params, method, message, reply_to_message_id=reply_to, photo=photo)
    return message


def edit_text(world: World, params: Params) -> Json:
    text, entities = _read_text(params)
    content = _content(text, entities, read_markup(params))
    message = _editable(world, params)
    _check_length(text)
    return _edit(world, params, "editMessageText", message, content)


def edit_markup(world: World, params: Params) -> Json:
    markup = read_markup(params)
    message = _editable(world, params)
    content = _content(message["text"], message.get("entities", []), markup)
    return _edit(world, params, "editMessageReplyMarkup", message, content)


def delete_message(world: World, params: Params) -> bool:
    chat = access.to_write(world, params)
    message = chat.messages.get(params.integer("message_id") or 0)
    if message is None:
        raise bad_request("message to delete not found")
    access.check_may_delete(world, chat, message)
    _delete(world, params, "deleteMessage", chat, message)
    return True


def delete_messages(world: World, params: Params) -> bool:
    """Those that are missing are passed over; one that can't be deleted keeps all the others, as in TDLib's
    MessagesManager::delete_messages."""
    wanted = _read_identifiers(params)
    chat = access.to_write(world, params)
    found = [chat.messages[number] for number in dict.fromkeys(wanted) if number in chat.messages]
    for message in found:
        access.check_may_delete(world, chat, message)
    for message in found:
        _delete(world, params, "deleteMessages", chat, message)
    return True


def answer_callback(world: World, params: Params) -> bool:
    place = world.presses.get(params.text("callback_query_id"))
    if place is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if units(params.text("text")) > MAX_NOTICE:
        raise bad_request("MESSAGE_TOO_LONG")
    chat_id, message_id = place
    shown = {"chat": {"id": chat_id}, "message_id": message_id, "text": params.text("text")}
    _note(world, params, "answerCallbackQuery", shown, show_alert=params.flag("show_alert"))
    return True


def read_place(params: Params, chat: Chat) -> Place:
    return _read_reply(params, chat), access.read_thread(params, chat)


def _read_identifiers(params: Params) -> list[int]:
    wanted = params.items("message_ids") or []
    if not wanted:
        raise bad_request("message identifiers are not specified")
    if len(wanted) > MAX_DELETIONS:
        raise bad_request("too many message identifiers specified")
    numbers = [Params({"message_id": number}).integer("message_id") or 0 for number in wanted]
    if min(numbers) <= 0:
        raise bad_request("invalid message identifier specified")
    return numbers


def _read_text(params: Params) -> tuple[str, list[Entity]]:
    if not params.text("text"):
        raise bad_request("message text is empty")
    text, entities = read_formatted(params, "text", "entities")
    if not text.strip():
        raise bad_request("text must be non-empty")
    return text, entities


def read_formatted(params: Params, name: str, entities_name: str) -> tuple[str, list[Entity]]:
    """A text parameter without its markup, and its formatting."""
    text, mode = params.text(name), params.text("parse_mode").lower()
    entities: list[Entity] = []
    if mode == "html":
        try:
            text, entities = parse_html(text)
        except MarkupError as error:
            raise bad_request(f"can't parse entities: {error}") from None
    elif mode:
        raise bad_request("unsupported parse_mode (this server reads HTML only)")
    else:
        entities = _read_entities(params, entities_name)
    return text, entities


def _read_entities(params: Params, name: str) -> list[Entity]:
    entities = params.items(name) or []
    for entity in entities:
        if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
            raise bad_request("can't parse MessageEntity: expected an Object with a type")
        if not all(isinstance(entity.get(key), int) for key in ("offset", "length")):
            raise bad_request("can't parse MessageEntity: offset and length must be of type Number")
    return entities


def _check_length(text: str) -> None:
    if units(text) > MAX_TEXT:
        raise bad_request("message is too long")


def read_markup(params: Params) -> Json | None:
    markup = params.object("reply_markup")
    rows = (markup or {}).get("inline_keyboard", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    buttons = [button for row in rows for button in row]
    if len(buttons) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    for button in buttons:
        _check_button(button)
    return markup if buttons or "inline_keyboard" not in (markup or {}) else None


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    if not button.get("text"):
        raise bad_request('can\'t parse inline keyboard button: field "text" must be non-empty')
    if not set(button) - {"text", "style", "icon_custom_emoji_id"}:
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(str(data).encode("utf-8", "replace")) <= MAX_CALLBACK_DATA:
        raise bad_request("BUTTON_DATA_INVALID")


def _read_reply(params: Params, chat: Chat) -> int | None:
    inside = Params(params.object("reply_parameters") or {})
    wanted = inside.integer("message_id") or params.integer("reply_to_message_id")
    if not wanted or wanted in chat.messages:
        return wanted or None
    if inside.flag("allow_sending_without_reply") or params.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _editable(world: World, params: Params) -> Json:
    """The bot's own message; in a channel any post, for an administrator who may edit them."""
    chat = access.to_write(world, params)
    message_id = params.integer("message_id") or 0
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to edit not found")
    may_edit_all = chat.kind == "channel" and chat.bot.is_admin and chat.bot.can("can_edit_messages")
    if "photo" in message and "text" not in message:
        raise bad_request("there is no text in the message to edit")
    if "text" not in message or not (message_id in chat.own or may_edit_all):
        raise bad_request("message can't be edited")
    return message


def _content(text: str, entities: list[Entity], markup: Json | None) -> Json:
    """The part of a message that an edit replaces."""
    content: Json = {"text": text}
    if entities:
        content["entities"] = entities
    if markup:
        content["reply_markup"] = markup
    return content


def _edit(world: World, params: Params, method: str, message: Json, content: Json) -> Json:
    replaced = ("text", "entities", "reply_markup")
    if content == {key: message[key] for key in replaced if key in message}:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    for key in replaced:
        message.pop(key, None)
    message.update(content, edit_date=world.seconds())
    _note(world, params, method, message)
    return message


def _delete(world: World, params: Params, method: str, chat: Chat, message: Json) -> None:
    del chat.messages[message["message_id"]]
    gone = {key: message[key] for key in ("chat", "message_id", "message_thread_id") if key in message}
    _note(world, params, method, gone | {"text": ""})


def _note(
    world: World,
    params: Params,
    method: str,
    message: Json,
    *,
    reply_to_message_id: int | None = None,
    show_alert: bool = False,
    photo: bytes | None = None,
) -> None:
    """Puts what was just done into the ledger."""
    world.sent.append(
        SentMessage(
            chat_id=message["chat"]["id"],
            message_id=message["message_id"],
            method=method,
            text=message["text"] if "text" in message else message.get("caption", ""),
            at=world.now(),
            parse_mode=params.text("parse_mode") or None,
            entities=tuple(message.get("entities") or message.get("caption_entities", ())),
            reply_to_message_id=reply_to_message_id,
            disable_notification=params.flag("disable_notification"),
            reply_markup=message.get("reply_markup"),
            message_thread_id=message.get("message_thread_id"),
            show_alert=show_alert,
            photo=photo,
        )
    )
