"""What a bot tells of itself: commands for every scope, names and descriptions, the menu button, notices."""

from __future__ import annotations

import pytest
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeChatAdministrators,
    BotCommandScopeChatMember,
    BotCommandScopeDefault,
    MenuButtonCommands,
    MenuButtonDefault,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import BadRequest

from tests.local.conftest import ALICE, ROOM, button

SCOPES = [
    BotCommandScopeDefault(),
    BotCommandScopeAllPrivateChats(),
    BotCommandScopeAllGroupChats(),
    BotCommandScopeAllChatAdministrators(),
    BotCommandScopeChat(ALICE),
    BotCommandScopeChat(ROOM),
    BotCommandScopeChatAdministrators(ROOM),
    BotCommandScopeChatMember(ROOM, ALICE),
    BotCommandScopeChatMember(ROOM, 7),
]


async def test_commands_by_scope_and_language(bot, api) -> None:
    """Each pair is a list of its own; a chat's name stands for its id; deleting one leaves the others."""
    api.add_bot(ROOM, username="field_team")
    pairs = [(scope, language) for scope in SCOPES for language in ("", "ar")]
    for number, (scope, language) in enumerate(pairs):
        await bot.set_my_commands([BotCommand(f"c{number}", "What changed")], scope, language)

    async def names(scope: BotCommandScope, language: str) -> list[str]:
        return [command.command for command in await bot.get_my_commands(scope, language)]

    assert [await names(*pair) for pair in pairs] == [[f"c{number}"] for number in range(len(pairs))]
    assert await names(BotCommandScopeChatAdministrators("@field_team"), "ar") == ["c13"]
    await bot.delete_my_commands(BotCommandScopeDefault())
    assert [await names(*pair) for pair in pairs[:2]] == [[], ["c1"]]


async def test_scopes_that_are_refused(bot, api) -> None:
    """An unknown kind, chat, language or member."""
    commands = [BotCommand("latest", "What changed")]
    for scope, language, sentence in (
        (BotCommandScope("planet"), "", "(?i)unsupported type"),
        (BotCommandScopeChat(999), "", "Chat not found"),
        (BotCommandScopeChatMember(ALICE, 0), "", "(?i)invalid user_id"),
        (BotCommandScopeDefault(), "arabic", "Invalid language code specified"),
    ):
        with pytest.raises(BadRequest, match=sentence):
            await bot.set_my_commands(commands, scope, language)


async def test_names_and_descriptions(bot, api) -> None:
    """By language, up to their limits; the name without a language is the one that people see."""
    await bot.set_my_name("Watch")
    await bot.set_my_name("Veille", "fr")
    await bot.set_my_description("d" * 512)
    await bot.set_my_short_description("s" * 120, "uk")
    assert [(await bot.get_my_name(language)).name for language in ("", "fr", "uk")] == ["Watch", "Veille", "Watch"]
    assert (await bot.get_me()).first_name == "Watch"
    assert [(await bot.get_my_description(language)).description for language in ("", "fr")] == ["d" * 512, ""]
    assert (await bot.get_my_short_description("uk")).short_description == "s" * 120
    for ask in (
        bot.set_my_name("n" * 65),
        bot.set_my_description("d" * 513),
        bot.set_my_short_description("s" * 121),
    ):
        with pytest.raises(BadRequest, match="too long"):
            await ask


async def test_the_menu_button(bot, api) -> None:
    """For one chat, else for all, else the list of commands."""
    assert await bot.get_chat_menu_button(ALICE) == MenuButtonCommands()
    map_button = MenuButtonWebApp("Map", WebAppInfo("https://example.org/map"))
    await bot.set_chat_menu_button(menu_button=map_button)
    assert await bot.get_chat_menu_button(ALICE) == map_button
    await bot.set_chat_menu_button(ALICE, MenuButtonDefault())
    assert await bot.get_chat_menu_button() == map_button
    assert await bot.get_chat_menu_button(ALICE) == MenuButtonDefault()


async def test_notices(bot, api) -> None:
    """A press is answered by a passing notice or by one to be closed by hand; 200 characters fit."""
    sent = await bot.send_message(ALICE, "x", reply_markup=button("more"))
    press = api.user_presses(ALICE, sent.message_id, "more")["callback_query"]["id"]
    await bot.answer_callback_query(press, "n" * 200)
    await bot.answer_callback_query(press, "Stop", show_alert=True)
    assert [(s.text[:4], s.show_alert, s.message_id) for s in api.sent[1:]] == [
        ("nnnn", False, sent.message_id),
        ("Stop", True, sent.message_id),
    ]
    with pytest.raises(BadRequest, match="Message_too_long"):
        await bot.answer_callback_query(press, "n" * 201)


async def test_typing(bot, api) -> None:
    """Known actions are taken and leave nothing behind; others are refused."""
    assert await bot.send_chat_action(ALICE, "typing")
    with pytest.raises(BadRequest, match="Wrong parameter action in request"):
        await bot.send_chat_action(ALICE, "dancing")
    assert api.sent == []
