"""The Bot API methods we offer: one function each, listed in METHODS. A method missing there answers 404."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from typing import Any

from bot.local import messages
from bot.local.markup import units
from bot.local.params import Params
from bot.local.state import Json, Refusal, World, bad_request

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


# --- the bot's profile ---------------------------------------------------------------------------


def get_me(world: World, _params: Params) -> Json:
    return world.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def set_commands(world: World, params: Params) -> bool:
    commands = params.items("commands") or []
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not isinstance(command, dict) or not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.profile.commands[_scope(params)] = commands
    return True


def get_commands(world: World, params: Params) -> list[Json]:
    return world.profile.commands.get(_scope(params), [])


def delete_commands(world: World, params: Params) -> bool:
    world.profile.commands.pop(_scope(params), None)
    return True


def _scope(params: Params) -> tuple[str, str]:
    scope = params.object("scope") or {"type": "default"}
    return " ".join(str(scope[key]) for key in sorted(scope)), params.text("language_code")


def _describe(field: str, limit: int) -> Method:
    def set_description(world: World, params: Params) -> bool:
        text = params.text(field)
        if units(text) > limit:
            raise bad_request(f"{field} is too long")
        world.profile.descriptions[field, params.text("language_code")] = text
        return True

    return set_description


def _described(field: str) -> Method:
    def get_description(world: World, params: Params) -> Json:
        return {field: world.profile.descriptions.get((field, params.text("language_code")), "")}

    return get_description


# --- chats ---------------------------------------------------------------------------------------


def get_chat(world: World, params: Params) -> Json:
    chat = world.reachable(params.integer("chat_id"))
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    return chat.as_json() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def get_member(world: World, params: Params) -> Json:
    chat = world.reachable(params.integer("chat_id"))
    user_id = params.integer("user_id")
    status = chat.members.get(user_id) if user_id is not None else None
    if user_id is None or status is None:
        raise bad_request("member not found")
    return member(user_id, status)


def member(user_id: int, status: str) -> Json:
    """A ChatMember object with the fields its status requires."""
    rights: dict[str, Json] = {
        "creator": {"is_anonymous": False},
        "kicked": {"until_date": 0},
        "administrator": dict.fromkeys(
            (
                "can_be_edited",
                "is_anonymous",
                "can_manage_chat",
                "can_delete_messages",
                "can_manage_video_chats",
                "can_restrict_members",
                "can_promote_members",
                "can_change_info",
                "can_invite_users",
                "can_post_stories",
                "can_edit_stories",
                "can_delete_stories",
            ),
            False,
        ),
    }
    user = {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"}
    return {"status": status, "user": user, **rights.get(status, {})}


def _done(_world: World, _params: Params) -> bool:
    return True


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "sendMessage": messages.send_message,
    "editMessageText": messages.edit_text,
    "editMessageReplyMarkup": messages.edit_markup,
    "deleteMessage": messages.delete_message,
    "answerCallbackQuery": messages.answer_callback,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyDescription": _describe("description", 512),
    "getMyDescription": _described("description"),
    "setMyShortDescription": _describe("short_description", 120),
    "getMyShortDescription": _described("short_description"),
    "getChat": get_chat,
    "getChatMember": get_member,
    "deleteWebhook": delete_webhook,
    "setWebhook": set_webhook,
    "getWebhookInfo": webhook_info,
    "logOut": _done,
    "close": _done,
}

# Telegram reads method names whatever their case.
_BY_NAME = {name.lower(): method for name, method in METHODS.items()}
