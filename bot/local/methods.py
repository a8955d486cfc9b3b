"""The Bot API methods we offer: one function each, listed in METHODS. A method missing there answers 404."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from bot.local import chats, messages, photos, profile
from bot.local.params import Params
from bot.local.state import Json, Refusal
from bot.local.world import World

MAX_LONG_POLL = 50

Method = Callable[[World, Params], Any | Awaitable[Any]]


async def run(world: World, name: str, params: Params) -> Any:
    """What the method answers with; Refusal when Telegram would refuse, 404 when we do not offer it."""
    method = _BY_NAME.get(name.lower())
    if method is None:
        raise Refusal(404, "Not Found: method not found")
    result = method(world, params)
    return await result if inspect.isawaitable(result) else result


# --- updates and the webhook ---------------------------------------------------------------------


async def get_updates(world: World, params: Params) -> list[Json]:
    if world.profile.webhook_url:
        raise Refusal(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    allowed = params.items("allowed_updates")
    if allowed is not None:
        world.updates.allow([str(kind) for kind in allowed])
    limit = min(max(params.integer("limit") or 100, 1), 100)
    timeout = min(max(params.integer("timeout") or 0, 0), MAX_LONG_POLL)
    return await world.updates.take(params.integer("offset") or 0, limit, timeout)


def set_webhook(world: World, params: Params) -> bool:
    world.profile.webhook_url = params.text("url")
    if params.flag("drop_pending_updates"):
        world.updates.drop()
    return True


def delete_webhook(world: World, params: Params) -> bool:
    world.profile.webhook_url = ""
    if params.flag("drop_pending_updates"):
        world.updates.drop()
    return True


def webhook_info(world: World, _params: Params) -> Json:
    return {
        "url": world.profile.webhook_url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    }


def _done(_world: World, _params: Params) -> bool:
    return True


METHODS: dict[str, Method] = {
    "getMe": profile.get_me,
    "getUpdates": get_updates,
    "sendMessage": messages.send_message,
    "sendPhoto": photos.send_photo,
    "editMessageText": messages.edit_text,
    "editMessageReplyMarkup": messages.edit_markup,
    "deleteMessage": messages.delete_message,
    "deleteMessages": messages.delete_messages,
    "answerCallbackQuery": messages.answer_callback,
    "sendChatAction": chats.send_action,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_member,
    "getChatAdministrators": chats.get_administrators,
    "leaveChat": chats.leave_chat,
    "setMyCommands": profile.set_commands,
    "getMyCommands": profile.get_commands,
    "deleteMyCommands": profile.delete_commands,
    "setMyName": profile.setting("name", 64),
    "getMyName": profile.getting("name"),
    "setMyDescription": profile.setting("description", 512),
    "getMyDescription": profile.getting("description"),
    "setMyShortDescription": profile.setting("short_description", 120),
    "getMyShortDescription": profile.getting("short_description"),
    "setChatMenuButton": profile.set_menu_button,
    "getChatMenuButton": profile.get_menu_button,
    "deleteWebhook": delete_webhook,
    "setWebhook": set_webhook,
    "getWebhookInfo": webhook_info,
    "logOut": _done,
    "close": _done,
}

# Telegram reads method names whatever their case.
_BY_NAME = {name.lower(): method for name, method in METHODS.items()}
