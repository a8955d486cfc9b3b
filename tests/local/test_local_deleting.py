"""Deleting messages: whose, how old, one and many; with the time that the test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from telegram.error import BadRequest, Forbidden

from bot.local.core import BotApi
from tests.local.conftest import ALICE, NEWS, ROOM, TEAM

BOB = 502
DAYS = timedelta(days=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock) -> BotApi:
    """A Bot API on that clock, where Alice has written once."""
    made = BotApi(now=clock)
    made.user_says(ALICE, "hello")
    return made


async def test_one_is_deleted(bot, api) -> None:
    """The bot's own and, in private, the other's; each is in the ledger; a second time it is not found."""
    own = await bot.send_message(ALICE, "x")
    for message_id in (own.message_id, 1):
        assert await bot.delete_message(ALICE, message_id)
        with pytest.raises(BadRequest) as refused:
            await bot.delete_message(ALICE, message_id)
        assert refused.value.message == "Message to delete not found"
    assert [(s.method, s.message_id, s.text) for s in api.sent[1:]] == [
        ("deleteMessage", own.message_id, ""),
        ("deleteMessage", 1, ""),
    ]


@pytest.mark.parametrize("chat", [ALICE, TEAM, ROOM, NEWS])
async def test_none_is_deleted_after_48_hours(bot, api, clock: Clock, chat: int) -> None:
    """One second before it still is, whatever the rights; the sentence differs by kind of chat."""
    if chat < 0:
        api.add_bot(chat, kind="channel" if chat == NEWS else None, status="administrator")
    first, second = await bot.send_message(chat, "x"), await bot.send_message(chat, "y")
    clock.now += 2 * DAYS - timedelta(seconds=1)
    assert await bot.delete_message(chat, first.message_id)
    clock.now += timedelta(seconds=1)
    with pytest.raises(BadRequest) as refused:
        await bot.delete_message(chat, second.message_id)
    everyone = "" if chat in {ROOM, NEWS} else " for everyone"
    assert refused.value.message == f"Message can't be deleted{everyone}"


async def test_other_peoples_messages(bot, api) -> None:
    """Only an administrator who may delete takes them away, and nobody what opened a topic."""
    api.add_bot(ROOM, forum=True)
    topic = api.open_topic(ROOM, "Sudan")
    said = api.user_says(ROOM, "words", user_id=BOB)["message"]["message_id"]
    for status, rights in (("member", {}), ("administrator", {"can_delete_messages": False})):
        api.set_bot(ROOM, status, **rights)
        with pytest.raises(BadRequest, match="Message can't be deleted"):
            await bot.delete_message(ROOM, said)
    own = await bot.send_message(ROOM, "x")
    assert await bot.delete_message(ROOM, own.message_id)
    api.set_bot(ROOM, "administrator")
    assert await bot.delete_message(ROOM, said)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(ROOM, topic)


async def test_its_own_posts_without_the_right_to_post(bot, api) -> None:
    """A channel lets nobody touch its posts who may neither post nor delete."""
    api.add_bot(NEWS, kind="channel", status="administrator")
    post = await bot.send_message(NEWS, "x")
    api.set_bot(NEWS, "administrator", can_post_messages=False, can_delete_messages=False)
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await bot.delete_message(NEWS, post.message_id)
    api.set_bot(NEWS, "administrator", can_delete_messages=False)
    assert await bot.delete_message(NEWS, post.message_id)


async def test_where_the_bot_is_not(bot, api) -> None:
    """Kicked, it deletes nothing."""
    api.add_bot(ROOM)
    own = await bot.send_message(ROOM, "x")
    api.set_bot(ROOM, "kicked")
    for ask in (bot.delete_message(ROOM, own.message_id), bot.delete_messages(ROOM, [own.message_id])):
        with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
            await ask


async def test_many_are_deleted(bot, api) -> None:
    """One entry each in the ledger; missing ones and repetitions are passed over."""
    own = [(await bot.send_message(ALICE, "x")).message_id for _ in range(3)]
    assert await bot.delete_messages(ALICE, [*own, own[0], 999])
    assert [(s.method, s.message_id) for s in api.sent[3:]] == [("deleteMessages", number) for number in own]
    assert await bot.delete_messages(ALICE, own)
    assert len(api.sent) == 6


async def test_one_too_old_keeps_them_all(bot, api, clock: Clock) -> None:
    """Telegram refuses the whole request when a message that is there can't be deleted."""
    old = await bot.send_message(ALICE, "x")
    clock.now += 2 * DAYS
    young = await bot.send_message(ALICE, "y")
    with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
        await bot.delete_messages(ALICE, [young.message_id, old.message_id])
    assert await bot.delete_messages(ALICE, [young.message_id])
    assert [(s.method, s.message_id) for s in api.sent[2:]] == [("deleteMessages", young.message_id)]


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ([], "Message identifiers are not specified"),
        (list(range(1, 102)), "Too many message identifiers specified"),
        ([1, 0], "Invalid message identifier specified"),
    ],
)
async def test_lists_that_are_refused(bot, numbers: list[int], sentence: str) -> None:
    """None, more than 100, and numbers that no message has."""
    with pytest.raises(BadRequest) as refused:
        await bot.delete_messages(ALICE, numbers)
    assert refused.value.message == sentence
