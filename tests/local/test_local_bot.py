"""A real python-telegram-bot against our Bot API: polling, replies, edits, buttons, and Telegram's refusals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import BotCommand, BotCommandScopeChat, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
)
from telegram.request import HTTPXRequest

from bot.errors import InputError
from bot.local.core import BotApi
from bot.local.http import Server
from bot.local.methods import METHODS
from bot.local.request import LocalRequest
from tests.local.conftest import ALICE, ROOM


def keyboard(data: str) -> InlineKeyboardMarkup:
    """One button."""
    return InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data=data)]])


async def until(true: Callable[[], bool]) -> None:
    """Lets the loop run until it is so; the caller's assert says what was missing."""
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answers /start with the payload and a button."""
    await update.message.reply_html(f"<b>Welcome</b> {context.args}", reply_markup=keyboard("more"), do_quote=True)


async def pressed(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
    """Answers a press and edits the message it came from."""
    await update.callback_query.answer("Thanks")
    await update.callback_query.edit_message_text("More")


def application(api: BotApi, server: Server, transport: str) -> Application:
    """A real Application with three handlers, on one of the transports."""
    if transport == "in process":
        builder = ApplicationBuilder().request(LocalRequest(api)).get_updates_request(LocalRequest(api))
    else:
        builder = ApplicationBuilder().base_url(server.base_url)
        builder = builder.request(HTTPXRequest()).get_updates_request(HTTPXRequest())
    made = builder.token(api.token).build()
    made.add_handler(CommandHandler("start", start))
    made.add_handler(CallbackQueryHandler(pressed))
    return made


@pytest.mark.parametrize("transport", ["in process", "over HTTP"])
async def test_a_polled_conversation(transport: str, api: BotApi, server: Server) -> None:
    """/start is fetched and answered, the button is pressed, the answer is edited, a block is told."""
    blocked = []

    async def membership(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        blocked.append(update.my_chat_member.new_chat_member.status)

    app = application(api, server, transport)
    app.add_handler(ChatMemberHandler(membership))
    async with app:
        await app.start()
        await app.updater.start_polling(timeout=5, allowed_updates=Update.ALL_TYPES)
        asked = api.user_says(ALICE, "/start r_gaza", language_code="ar")["message"]["message_id"]
        await until(lambda: bool(api.sent))
        answer = api.sent[0]
        api.user_presses(ALICE, answer.message_id, "more")
        await until(lambda: len(api.sent) == 3)
        api.user_blocks(ALICE)
        await until(lambda: bool(blocked))
        await app.updater.stop()
        await app.stop()
    assert (answer.text, answer.parse_mode, answer.reply_to_message_id) == ("Welcome ['r_gaza']", "HTML", asked)
    assert answer.entities == ({"type": "bold", "offset": 0, "length": 7},)
    assert [(s.method, s.text) for s in api.sent[1:]] == [
        ("answerCallbackQuery", "Thanks"),
        ("editMessageText", "More"),
    ]
    assert blocked == ["kicked"]


async def test_what_is_sent_is_in_the_ledger(bot, api) -> None:
    """Text, silence and the reply are recorded; ids count up in a chat shared with its people."""
    first = await bot.send_message(ALICE, "one", disable_notification=True)
    second = await bot.send_message(ALICE, "two", reply_to_message_id=first.message_id)
    assert (first.message_id, second.message_id) == (2, 3)
    assert second.reply_to_message.text == "one"
    assert [(s.text, s.disable_notification, s.reply_to_message_id) for s in api.sent] == [
        ("one", True, None),
        ("two", False, 2),
    ]


REFUSALS = [
    ("message text is empty", {"text": ""}),
    ("text must be non-empty", {"text": " \n"}),
    ("message is too long", {"text": "😀" * 2048 + "x"}),
    ("unsupported start tag", {"text": "fewer <5 people", "parse_mode": "HTML"}),
    ("unsupported parse_mode", {"text": "*x*", "parse_mode": "MarkdownV2"}),
    ("button_data_invalid", {"text": "x", "reply_markup": keyboard("é" * 33)}),
    ("message to be replied not found", {"text": "x", "reply_to_message_id": 99}),
    ("parse entities", {"text": "<a href='https://example.org/&#xd800;'>x</a>", "parse_mode": "HTML"}),
    ("parse messageentity", {"text": "x", "entities": [{"type": "bold"}]}),
    ("chat not found", {"text": "x", "chat_id": 777}),
    ("chat not found", {"text": "x", "chat_id": "@nowhere"}),
]


@pytest.mark.parametrize(("reason", "asked"), REFUSALS)
async def test_refusals(bot, api, reason: str, asked: dict) -> None:
    """What Telegram refuses is refused with its words, and nothing is recorded."""
    with pytest.raises(BadRequest, match=f"(?i){reason}"):
        await bot.send_message(**{"chat_id": ALICE} | asked)
    assert api.sent == []


async def test_the_limits_themselves_are_allowed(bot, api) -> None:
    """4096 units after parsing, 64 bytes of data, a missing reply when the bot does not insist."""
    await bot.send_message(ALICE, "<b>" + "😀" * 2048 + "</b>", parse_mode="HTML", reply_markup=keyboard("é" * 32))
    await bot.send_message(ALICE, "x", reply_to_message_id=99, allow_sending_without_reply=True)
    assert [len(s.text) for s in api.sent] == [2048, 1]
    assert api.sent[1].reply_to_message_id is None


async def test_edits(bot, api) -> None:
    """Text and buttons can change; the same again, someone else's and a missing message can't."""
    message = await bot.send_message(ALICE, "a", reply_markup=keyboard("x"))
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("a", ALICE, message.message_id, reply_markup=keyboard("x"))
    await bot.edit_message_text("b", ALICE, message.message_id, reply_markup=keyboard("x"))
    await bot.edit_message_reply_markup(ALICE, message.message_id, reply_markup=None)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("b", ALICE, message.message_id)
    with pytest.raises(BadRequest, match="can't be edited"):
        await bot.edit_message_text("b", ALICE, 1)
    assert await bot.delete_message(ALICE, message.message_id)
    with pytest.raises(BadRequest, match="to edit not found"):
        await bot.edit_message_text("c", ALICE, message.message_id)
    with pytest.raises(BadRequest, match="to delete not found"):
        await bot.delete_message(ALICE, message.message_id)
    assert [s.reply_markup is None for s in api.sent] == [False, False, True, True]


async def test_blocked_and_migrated_chats(bot, api) -> None:
    """A blocked chat is Forbidden until its person writes again; a moved one tells its new id."""
    api.block(ALICE)
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.send_message(ALICE, "x")
    api.user_says(ALICE, "back")
    await bot.send_message(ALICE, "x")
    api.migrate(-7, -1_000_000_000_007)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-7, "x")
    assert (await bot.send_message(moved.value.new_chat_id, "x")).chat.type == "supergroup"
    kinds = [next(k for k in u.to_dict() if k != "update_id") for u in await bot.get_updates()]
    assert kinds == ["message", "my_chat_member", "message", "message", "message"]


async def test_updates_stay_until_acknowledged(bot, api) -> None:
    """The same updates come again until a higher offset; a long poll wakes for a new one; kinds can be left out."""
    (first,) = await bot.get_updates()
    assert await bot.get_updates(offset=first.update_id) == (first,)
    poll = asyncio.create_task(bot.get_updates(offset=first.update_id + 1, timeout=5, allowed_updates=["message"]))
    await asyncio.sleep(0.05)
    api.user_blocks(ALICE)
    api.user_says(ALICE, "second")
    assert [u.message.text for u in await poll] == ["second"]


async def test_an_empty_poll_ends_after_its_timeout(api) -> None:
    """The answer is an empty list; a negative offset forgets all but the last."""
    api.user_says(ALICE, "last")
    _, envelope = await api.call(api.token, "getUpdates", {"offset": "-1"})
    assert [u["message"]["text"] for u in envelope["result"]] == ["last"]
    assert await api.call(api.token, "getUpdates", {"offset": 3, "timeout": 0}) == (200, {"ok": True, "result": []})


async def test_two_polls_conflict(bot) -> None:
    """The newer ends the older with 409, and goes on."""
    (seen,) = await bot.get_updates()
    older = asyncio.create_task(bot.get_updates(offset=seen.update_id + 1, timeout=5))
    await asyncio.sleep(0.05)
    assert await bot.get_updates(offset=seen.update_id + 1) == ()
    with pytest.raises(Conflict, match="only one bot instance"):
        await older


async def test_polling_beside_a_webhook_conflicts(bot) -> None:
    """A webhook is stored, shown and excludes polling until it is deleted."""
    await bot.set_webhook("https://bot.example.org/hook")
    assert (await bot.get_webhook_info()).url == "https://bot.example.org/hook"
    with pytest.raises(Conflict, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates() == ()


async def test_the_profile(bot) -> None:
    """Commands by scope and language, descriptions by language."""
    commands = [BotCommand("latest", "What changed")]
    scope = BotCommandScopeChat(ALICE)
    await bot.set_my_commands(commands, scope=scope, language_code="ar")
    assert list(await bot.get_my_commands(scope=scope, language_code="ar")) == commands
    assert await bot.get_my_commands() == ()
    await bot.delete_my_commands(scope=scope, language_code="ar")
    assert await bot.get_my_commands(scope=scope, language_code="ar") == ()
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([BotCommand("Not-One", "x")])
    await bot.set_my_description("Alerts", language_code="fr")
    await bot.set_my_short_description("Short")
    assert (await bot.get_my_description("fr")).description == "Alerts"
    assert (await bot.get_my_short_description()).short_description == "Short"


async def test_chats_and_members(bot, api) -> None:
    """getChat and getChatMember answer with what python-telegram-bot needs."""
    api.user_says(-5, "/start@access_watch_local_bot", user_id=ALICE)
    api.set_member(-5, 9, "administrator")
    assert (await bot.get_chat(-5)).type == "group"
    assert (await bot.get_chat_member(-5, 9)).status == "administrator"
    assert (await bot.get_chat_member(-5, ALICE)).status == "member"
    with pytest.raises(BadRequest, match=r"(?i)member not found"):
        await bot.get_chat_member(-5, 10)
    assert bot.username == "access_watch_local_bot"


async def test_unknown_token_and_method(api) -> None:
    """401 and 404."""
    assert (await api.call("1:wrong", "getMe", {}))[0] == 401
    assert (await api.call(api.token, "sendRocket", {}))[0] == 404
    assert (await api.call(api.token, "GETME", {}))[0] == 200


async def test_a_method_we_do_not_offer(bot) -> None:
    """python-telegram-bot sees an invalid token, as it does for any 404."""
    with pytest.raises((InvalidToken, TelegramError)):
        await bot.send_dice(ALICE)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud800", "[", "{}", "HTML"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
NAMES = [
    "chat_id",
    "message_id",
    "text",
    "parse_mode",
    "entities",
    "reply_markup",
    "reply_parameters",
    "commands",
    "scope",
    "offset",
    "limit",
    "url",
    "user_id",
    "message_ids",
    "message_thread_id",
    "language_code",
    "menu_button",
    "action",
    "name",
]


@settings(deadline=None)
@given(
    st.sampled_from(sorted(METHODS)),
    st.sampled_from([ALICE, ROOM]),
    st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4),
)
def test_any_parameters_get_an_envelope(method: str, chat: int, params: dict) -> None:
    """Whatever is sent, the answer is an envelope with the same status inside, and can be written as JSON."""
    api = BotApi()
    api.user_says(ALICE, "hello")
    api.add_bot(ROOM, forum=True)
    defaults = {"chat_id": chat, "text": "x"}
    status, envelope = asyncio.run(api.call(api.token, method, defaults | params))
    assert envelope["ok"] == (status == 200)
    assert status == 200 or (status == envelope["error_code"] and envelope["description"])
    json.dumps(envelope, ensure_ascii=False).encode()


def test_pressing_what_is_not_there(api) -> None:
    """The person at the keyboard is told."""
    with pytest.raises(InputError, match="no button"):
        api.user_presses(ALICE, 1, "x")
