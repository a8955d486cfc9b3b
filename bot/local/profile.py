"""What a bot tells Telegram about itself: its commands, its name and descriptions, its menu button."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.local import access
from bot.local.markup import units
from bot.local.params import Params
from bot.local.state import Json, bad_request
from bot.local.world import World

# Which fields of a BotCommandScope say whom it is for: https://core.telegram.org/bots/api#botcommandscope
_SCOPES: dict[str, tuple[str, ...]] = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_MENU_BUTTONS = ("default", "commands", "web_app")


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
    world.profile.commands[_audience(world, params)] = commands
    return True


def get_commands(world: World, params: Params) -> list[Json]:
    """Those set for exactly this scope and language: Telegram falls back for people, not for bots."""
    return world.profile.commands.get(_audience(world, params), [])


def delete_commands(world: World, params: Params) -> bool:
    world.profile.commands.pop(_audience(world, params), None)
    return True


def _audience(world: World, params: Params) -> tuple[str, str]:
    """Scope and language as a key; a chat given by name counts as its id."""
    scope = params.object("scope") or {"type": "default"}
    kind = str(scope.get("type", ""))
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    inside = Params(scope)
    values = [str(access.to_read(world, inside).id) if field == "chat_id" else "" for field in _SCOPES[kind]]
    if "user_id" in _SCOPES[kind]:
        user_id = inside.integer("user_id")
        if not user_id or user_id < 0:
            raise bad_request("can't parse BotCommandScope: Invalid user_id specified")
        values[-1] = str(user_id)
    return " ".join([kind, *values]), _language(params)


def _language(params: Params) -> str:
    language = params.text("language_code")
    if not re.fullmatch(r"(?:[a-z]{2})?", language):
        raise bad_request("invalid language code specified")
    return language


# --- name and descriptions -----------------------------------------------------------------------


def setting(field: str, limit: int) -> Callable[[World, Params], bool]:
    """The method that sets one text, of at most `limit` UTF-16 units, for all or for one language."""

    def set_text(world: World, params: Params) -> bool:
        text = params.text(field)
        if units(text) > limit:
            raise bad_request(f"{field} is too long")
        world.profile.descriptions[field, _language(params)] = text
        if field == "name" and not _language(params) and text:
            world.bot["first_name"] = text
        return True

    return set_text


def getting(field: str) -> Callable[[World, Params], Json]:
    """The method that gives it back. A bot always has a name; the others may be empty."""

    def get_text(world: World, params: Params) -> Json:
        text = world.profile.descriptions.get((field, _language(params)), "")
        return {field: text or (world.bot["first_name"] if field == "name" else "")}

    return get_text


# --- the menu button -----------------------------------------------------------------------------


def set_menu_button(world: World, params: Params) -> bool:
    button: dict[str, Any] = params.object("menu_button") or {"type": "default"}
    if button.get("type") not in _MENU_BUTTONS:
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    world.profile.menu_buttons[_private(world, params)] = button
    return True


def get_menu_button(world: World, params: Params) -> Json:
    buttons = world.profile.menu_buttons
    return buttons.get(_private(world, params)) or buttons.get(None) or {"type": "commands"}


def _private(world: World, params: Params) -> int | None:
    if params.chat("chat_id") is None:
        return None
    chat = access.to_read(world, params)
    if chat.kind != "private":
        raise bad_request("chat not found")
    return chat.id
