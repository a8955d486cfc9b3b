"""Topics of a forum: service messages, where words stand, and what is refused when a topic is closed or gone."""

from __future__ import annotations

import pytest
from telegram.error import BadRequest

from bot.errors import InputError
from bot.local.core import BotApi
from tests.local.conftest import ALICE, ROOM, fresh

BOB = 502


@pytest.fixture
def sudan(api: BotApi) -> int:
    """A topic in a forum where the bot is a plain member."""
    api.add_bot(ROOM, forum=True)
    return api.open_topic(ROOM, "Sudan", by=BOB)


async def test_the_life_of_a_topic(bot, api, sudan: int) -> None:
    """Opened, closed and reopened as service messages in the topic; its deletion tells the bot nothing."""
    api.close_topic(ROOM, sudan, by=BOB)
    api.reopen_topic(ROOM, sudan)
    opened, closed, reopened = [update.message for update in (await fresh(bot))[-3:]]
    assert (opened.message_id, opened.from_user.id, opened.forum_topic_created.name) == (sudan, BOB, "Sudan")
    assert closed.forum_topic_closed is not None
    assert reopened.forum_topic_reopened is not None
    for message in (opened, closed, reopened):
        assert (message.message_thread_id, message.is_topic_message, message.chat.is_forum) == (sudan, True, True)
    api.delete_topic(ROOM, sudan)
    assert await fresh(bot) == ()


async def test_words_in_a_topic(bot, api, sudan: int) -> None:
    """They carry its number and count as replies to its first message; the general topic has no number."""
    await fresh(bot)
    api.user_says(ROOM, "/latest", user_id=BOB, thread_id=sudan)
    api.user_says(ROOM, "/latest", user_id=BOB)
    inside, outside = [update.message for update in await fresh(bot)]
    assert (inside.message_thread_id, inside.is_topic_message) == (sudan, True)
    assert inside.reply_to_message.forum_topic_created.name == "Sudan"
    assert (outside.message_thread_id, outside.is_topic_message, outside.reply_to_message) == (None, None, None)


async def test_the_bot_answers_in_a_topic(bot, api, sudan: int) -> None:
    """By its number, or by a reply, which goes where the message is; the ledger says where."""
    asked = api.user_says(ROOM, "/latest", user_id=BOB, thread_id=sudan)["message"]["message_id"]
    named = await bot.send_message(ROOM, "one", message_thread_id=sudan)
    replied = await bot.send_message(ROOM, "two", reply_to_message_id=asked)
    general = await bot.send_message(ROOM, "three")
    await bot.edit_message_text("four", ROOM, named.message_id)
    assert [m.message_thread_id for m in (named, replied, general)] == [sudan, sudan, None]
    assert replied.reply_to_message.message_id == asked
    assert [(s.text, s.message_thread_id, s.reply_to_message_id) for s in api.sent] == [
        ("one", sudan, None),
        ("two", sudan, asked),
        ("three", None, None),
        ("four", sudan, None),
    ]


@pytest.mark.parametrize("thread_id", [1, 999])
async def test_a_topic_that_is_not_there(bot, api, sudan: int, thread_id: int) -> None:
    """Neither an unknown number nor the general topic's can be named; nor can any where there are no topics."""
    for chat in (ROOM, ALICE):
        with pytest.raises(BadRequest) as refused:
            await bot.send_message(chat, "x", message_thread_id=thread_id)
        assert refused.value.message == "Message thread not found"
    assert api.sent == []


async def test_a_deleted_topic(bot, api, sudan: int) -> None:
    """It is not found, and its messages are gone."""
    inside = await bot.send_message(ROOM, "x", message_thread_id=sudan)
    outside = await bot.send_message(ROOM, "x")
    api.delete_topic(ROOM, sudan)
    with pytest.raises(BadRequest, match="Message thread not found"):
        await bot.send_message(ROOM, "x", message_thread_id=sudan)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("y", ROOM, inside.message_id)
    assert (await bot.edit_message_text("y", ROOM, outside.message_id)).text == "y"


async def test_a_closed_topic(bot, api, sudan: int) -> None:
    """Refused to a member, by number or by reply, and to an administrator who may not manage topics."""
    asked = api.user_says(ROOM, "/latest", user_id=BOB, thread_id=sudan)["message"]["message_id"]
    api.close_topic(ROOM, sudan)
    place = {"message_thread_id": sudan}
    for ask in (
        bot.send_message(ROOM, "x", **place),
        bot.send_message(ROOM, "x", reply_to_message_id=asked),
        bot.send_chat_action(ROOM, "typing", **place),
    ):
        with pytest.raises(BadRequest) as refused:
            await ask
        assert refused.value.message == "Topic_closed"
    _, envelope = await api.call(api.token, "sendMessage", {"chat_id": ROOM, "text": "x", **place})
    assert envelope["description"] == "Bad Request: TOPIC_CLOSED"
    assert (await bot.send_message(ROOM, "general")).text == "general"
    api.set_bot(ROOM, "administrator", can_manage_topics=False)
    with pytest.raises(BadRequest, match="Topic_closed"):
        await bot.send_message(ROOM, "x", **place)
    api.set_bot(ROOM, "administrator")
    assert (await bot.send_message(ROOM, "x", **place)).message_thread_id == sudan
    api.reopen_topic(ROOM, sudan)
    api.set_bot(ROOM, "member")
    assert (await bot.send_message(ROOM, "x", **place)).message_thread_id == sudan


def test_acts_that_make_no_sense(api, sudan: int) -> None:
    """People are told what to do instead."""
    api.add_bot(-1_000_000_000_099)
    acts = [
        (lambda: api.open_topic(-1_000_000_000_099, "x"), "forum=True"),
        (lambda: api.open_topic(ROOM, "x" * 129), "128"),
        (lambda: api.close_topic(ROOM, 999), "no topic 999"),
        (lambda: api.reopen_topic(ROOM, sudan), "open already"),
        (lambda: api.user_says(ROOM, "x", thread_id=999), "no topic 999"),
        (lambda: api.user_says(ALICE, "x", thread_id=sudan), "no topic"),
    ]
    for act, sentence in acts:
        with pytest.raises(InputError, match=sentence):
            act()
    api.close_topic(ROOM, sudan)
    with pytest.raises(InputError, match="only administrators"):
        api.user_says(ROOM, "x", thread_id=sudan, user_id=BOB)
    assert api.user_says(ROOM, "x", thread_id=sudan, anonymous=True)["message"]["message_thread_id"] == sudan
