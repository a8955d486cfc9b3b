"""The bot in groups and channels: who brings it there, what it sees of them, what it may do, what it is refused."""

from __future__ import annotations

import pytest
from telegram import ChatMemberAdministrator, ChatMemberRestricted
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.errors import InputError
from bot.local.core import USER_ID, BotApi
from tests.local.conftest import ALICE, NEWS, ROOM, TEAM, button, fresh

BOB = 502


async def test_the_bot_is_brought_into_a_group(bot, api) -> None:
    """my_chat_member from left to member, by that person, then what everybody sees; the chat has its title."""
    api.add_bot(ROOM, title="Field team", username="@Field_Team", by=BOB)
    _, joined, seen = await fresh(bot)
    told = joined.my_chat_member
    assert (told.from_user.id, told.chat.type, told.chat.title) == (BOB, "supergroup", "Field team")
    assert (told.old_chat_member.status, told.new_chat_member.status) == ("left", "member")
    assert told.new_chat_member.user.id == bot.id
    assert [user.id for user in seen.message.new_chat_members] == [bot.id]
    found = await bot.get_chat("@field_TEAM")
    assert (found.id, found.title, found.username, found.is_forum) == (ROOM, "Field team", "Field_Team", None)


async def test_the_kind_of_a_chat(bot, api) -> None:
    """By its id, unless it is made a channel or a forum."""
    api.add_bot(TEAM)
    api.add_bot(ROOM, forum=True)
    api.add_bot(NEWS, kind="channel", title="Alerts", status="administrator")
    kinds = [(await bot.get_chat(chat)).type for chat in (ALICE, TEAM, ROOM, NEWS)]
    assert kinds == ["private", "group", "supergroup", "channel"]
    assert (await bot.get_chat(ROOM)).is_forum
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.get_chat("@nowhere")
    with pytest.raises(BadRequest, match="Chat_id is empty"):
        await bot.get_chat("")


async def test_rights_are_told_and_kept(bot, api) -> None:
    """Promotion, restriction and demotion carry the rights of both states, as getChatMember does."""
    api.add_bot(ROOM)
    api.set_bot(ROOM, "administrator", can_delete_messages=False)
    api.set_bot(ROOM, "restricted", can_send_messages=False, can_send_polls=True)
    api.set_bot(ROOM, "member")
    changes = [update.my_chat_member for update in await fresh(bot) if update.my_chat_member]
    states = [(change.old_chat_member.status, change.new_chat_member.status) for change in changes]
    assert states == [
        ("left", "member"),
        ("member", "administrator"),
        ("administrator", "restricted"),
        ("restricted", "member"),
    ]
    promoted, limited = changes[1].new_chat_member, changes[2].new_chat_member
    assert isinstance(promoted, ChatMemberAdministrator)
    assert (promoted.can_delete_messages, promoted.can_restrict_members, promoted.can_manage_topics) == (
        False,
        True,
        True,
    )
    assert (promoted.can_promote_members, promoted.can_post_messages, promoted.is_anonymous) == (False, None, False)
    assert changes[2].old_chat_member == promoted
    assert isinstance(limited, ChatMemberRestricted)
    assert (limited.can_send_messages, limited.can_send_polls, limited.is_member) == (False, True, True)
    assert (await bot.get_chat_member(ROOM, bot.id)).status == "member"


async def test_members_and_administrators(bot, api) -> None:
    """Every status; the owner is who brought the bot; bots are no part of the list."""
    api.add_bot(ROOM, status="administrator")
    api.user_says(ROOM, "/start", user_id=BOB)
    api.set_member(ROOM, 7, "administrator", is_anonymous=True, can_change_info=False)
    for user_id, status in ((8, "restricted"), (9, "left"), (10, "kicked")):
        api.set_member(ROOM, user_id, status)
    statuses = [(await bot.get_chat_member(ROOM, user)).status for user in (USER_ID, 7, BOB, 8, 9, 10, bot.id, ALICE)]
    assert statuses == [
        "creator",
        "administrator",
        "member",
        "restricted",
        "left",
        "kicked",
        "administrator",
        "left",
    ]
    owner, admin = await bot.get_chat_administrators(ROOM)
    assert (owner.user.id, owner.status, owner.is_anonymous) == (USER_ID, "creator", False)
    assert (admin.user.id, admin.is_anonymous, admin.can_change_info) == (7, True, False)
    with pytest.raises(BadRequest, match="Member not found"):
        await bot.get_chat_member(ROOM, 999)
    with pytest.raises(BadRequest, match="Invalid user_id specified"):
        await bot.get_chat_member(ROOM, 0)
    with pytest.raises(BadRequest, match="There are no administrators in the private chat"):
        await bot.get_chat_administrators(ALICE)


async def test_a_channel_shows_its_members_to_administrators_only(bot, api) -> None:
    """The list is closed to a bot that was demoted, its own entry is not."""
    api.add_bot(NEWS, kind="channel", status="administrator", by=BOB, can_post_messages=False)
    assert [admin.user.id for admin in await bot.get_chat_administrators(NEWS)] == [BOB]
    mine = await bot.get_chat_member(NEWS, bot.id)
    assert (mine.can_post_messages, mine.can_edit_messages, mine.can_manage_topics) == (False, True, None)
    api.set_bot(NEWS, "member")
    assert (await bot.get_chat_member(NEWS, bot.id)).status == "member"
    for ask in (bot.get_chat_member(NEWS, BOB), bot.get_chat_administrators(NEWS)):
        with pytest.raises(BadRequest, match="Member list is inaccessible"):
            await ask


async def test_privacy_mode(bot, api) -> None:
    """Of a group the bot sees commands that may be its own, replies to it and service messages; the rest is kept."""
    api.add_bot(ROOM)
    question = await bot.send_message(ROOM, "Which place?")
    await fresh(bot)
    hidden = api.user_says(ROOM, "hello all", user_id=BOB)
    api.user_says(ROOM, "/latest@other_bot", user_id=BOB)
    api.user_says(ROOM, "see /latest", user_id=BOB)
    api.user_says(ROOM, "nice", user_id=BOB, reply_to=hidden["message"]["message_id"])
    assert await fresh(bot) == ()
    assert "update_id" not in hidden
    api.user_says(ROOM, "/latest", user_id=BOB)
    api.user_says(ROOM, "/latest@Access_Watch_Local_Bot sudan", user_id=BOB)
    api.user_says(ROOM, "Rafah", user_id=BOB, reply_to=question.message_id)
    seen = await fresh(bot)
    assert [update.message.text for update in seen] == ["/latest", "/latest@Access_Watch_Local_Bot sudan", "Rafah"]
    assert seen[2].message.reply_to_message.from_user.id == bot.id
    assert seen[0].message.message_id == hidden["message"]["message_id"] + 4
    api.set_bot(ROOM, "administrator")
    api.user_says(ROOM, "hello bot", user_id=BOB)
    assert [update.message.text for update in await fresh(bot) if update.message] == ["hello bot"]


async def test_an_anonymous_administrator(bot, api) -> None:
    """Writes as the group through Telegram's account for it, but presses under their own name."""
    api.add_bot(ROOM, title="Field team")
    await bot.send_message(ROOM, "x", reply_markup=button("more"))
    await fresh(bot)
    api.user_says(ROOM, "/subscribe", anonymous=True)
    api.user_presses(ROOM, api.sent[0].message_id, "more", user_id=BOB)
    said, pressed = await fresh(bot)
    author = said.message.from_user
    assert (author.id, author.is_bot, author.username) == (1_087_968_824, True, "GroupAnonymousBot")
    assert (said.message.sender_chat.id, said.message.sender_chat.title) == (ROOM, "Field team")
    assert pressed.callback_query.from_user.id == BOB
    assert pressed.callback_query.message.chat.id == ROOM
    with pytest.raises(InputError, match="private"):
        api.user_says(ALICE, "x", anonymous=True)


async def test_a_start_payload(bot, api) -> None:
    """A deep link arrives as a command with a word after it."""
    await fresh(bot)
    api.user_says(ALICE, "/start s_gaza-1")
    (update,) = await fresh(bot)
    assert (update.message.text, update.message.entities[0].length) == ("/start s_gaza-1", 6)


async def test_edits_and_posts(bot, api) -> None:
    """edited_message, channel_post without an author, edited_channel_post; nobody edits what the bot wrote."""
    first = api.user_says(ALICE, "/lastest")["message"]["message_id"]
    api.add_bot(NEWS, kind="channel", title="Alerts", status="administrator")
    await fresh(bot)
    api.user_edits(ALICE, first, "/latest")
    post = api.channel_posts(NEWS, "Bridge closed")["channel_post"]["message_id"]
    api.user_edits(NEWS, post, "Bridge open")
    edited, posted, changed = await fresh(bot)
    assert (edited.edited_message.message_id, edited.edited_message.text) == (first, "/latest")
    assert edited.edited_message.edit_date is not None
    assert (posted.channel_post.text, posted.channel_post.from_user) == ("Bridge closed", None)
    assert posted.channel_post.sender_chat.id == posted.channel_post.chat.id == NEWS
    assert changed.edited_channel_post.text == "Bridge open"
    own = await bot.send_message(ALICE, "x")
    for act in (lambda: api.user_edits(ALICE, own.message_id, "y"), lambda: api.user_says(NEWS, "x")):
        with pytest.raises(InputError):
            act()
    with pytest.raises(InputError, match="not a channel"):
        api.channel_posts(ALICE, "x")


async def test_a_bot_posts_in_its_channel(bot, api) -> None:
    """Without an author, by name too; another's post can be edited by who may edit, and only then."""
    api.add_bot(NEWS, kind="channel", username="alerts", status="administrator", can_edit_messages=False)
    sent = await bot.send_message("@alerts", "Bridge closed")
    assert (sent.chat.id, sent.from_user, sent.sender_chat.id) == (NEWS, None, NEWS)
    await bot.edit_message_text("Bridge open", NEWS, sent.message_id)
    post = api.channel_posts(NEWS, "By hand")["channel_post"]["message_id"]
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("x", NEWS, post)
    api.set_bot(NEWS, "administrator")
    assert (await bot.edit_message_text("By machine", NEWS, post)).text == "By machine"
    assert [(s.method, s.chat_id) for s in api.sent] == [
        ("sendMessage", NEWS),
        ("editMessageText", NEWS),
        ("editMessageText", NEWS),
    ]


REFUSED = [
    (TEAM, {}, "kicked", {}, Forbidden, "Forbidden: bot was kicked from the group chat"),
    (TEAM, {}, "left", {}, Forbidden, "Forbidden: bot is not a member of the group chat"),
    (ROOM, {}, "kicked", {}, Forbidden, "Forbidden: bot was kicked from the supergroup chat"),
    (ROOM, {}, "left", {}, Forbidden, "Forbidden: bot is not a member of the supergroup chat"),
    (
        ROOM,
        {},
        "restricted",
        {"can_send_messages": False},
        BadRequest,
        "Not enough rights to send text messages to the chat",
    ),
    (NEWS, {"kind": "channel"}, "kicked", {}, Forbidden, "Forbidden: bot was kicked from the channel chat"),
    (NEWS, {"kind": "channel"}, "left", {}, Forbidden, "Forbidden: bot is not a member of the channel chat"),
    (NEWS, {"kind": "channel"}, "member", {}, BadRequest, "Need administrator rights in the channel chat"),
    (
        NEWS,
        {"kind": "channel"},
        "administrator",
        {"can_post_messages": False},
        BadRequest,
        "Need administrator rights in the channel chat",
    ),
]


@pytest.mark.parametrize(("chat", "made", "status", "rights", "error", "sentence"), REFUSED)
async def test_where_the_bot_may_not_send(bot, api, chat, made, status, rights, error, sentence) -> None:
    """Telegram's sentence for each kind of chat, for text and for "typing"; nothing is recorded."""
    api.add_bot(chat, **made)
    api.set_bot(chat, status, **rights)
    for ask in (bot.send_message(chat, "x"), bot.send_chat_action(chat, "typing")):
        with pytest.raises(error) as refused:
            await ask
        assert type(refused.value) is error
        assert refused.value.message == sentence
    assert api.sent == []
    api.set_bot(chat, "administrator")
    assert (await bot.send_message(chat, "x")).text == "x"


async def test_a_chat_the_bot_is_not_in(bot, api) -> None:
    """It learns nothing more from it, but keeps seeing a public one; it is told when it is removed and comes back."""
    api.add_bot(ROOM)
    api.add_bot(NEWS, kind="channel", username="alerts")
    await fresh(bot)
    for chat in (ROOM, NEWS):
        api.set_bot(chat, "left", by=BOB)
    api.user_says(ROOM, "/latest", user_id=BOB)
    api.channel_posts(NEWS, "x")
    changes = [update.my_chat_member for update in await fresh(bot)]
    assert [(c.from_user.id, c.new_chat_member.status) for c in changes] == [(BOB, "left"), (BOB, "left")]
    with pytest.raises(Forbidden, match="not a member of the supergroup"):
        await bot.get_chat(ROOM)
    assert (await bot.get_chat("@alerts")).id == NEWS
    api.add_bot(ROOM)
    assert [u.my_chat_member.old_chat_member.status for u in await fresh(bot) if u.my_chat_member] == ["left"]
    api.set_bot(ROOM, "restricted", is_member=False)
    with pytest.raises(Forbidden, match="not a member of the supergroup"):
        await bot.send_message(ROOM, "x")


async def test_the_bot_leaves(bot, api) -> None:
    """The change is its own doing; nobody leaves a private chat."""
    api.add_bot(ROOM)
    await fresh(bot)
    assert await bot.leave_chat(ROOM)
    (update,) = await fresh(bot)
    assert (update.my_chat_member.from_user.id, update.my_chat_member.new_chat_member.status) == (bot.id, "left")
    with pytest.raises(Forbidden, match="not a member of the supergroup"):
        await bot.send_message(ROOM, "x")
    with pytest.raises(BadRequest, match="Chat member status can't be changed in private chats"):
        await bot.leave_chat(ALICE)


async def test_someone_met_in_a_group_only(bot, api) -> None:
    """Can be looked up but not written to until they write first; a stranger is not found at all."""
    api.user_says(ROOM, "/start", user_id=BOB)
    assert (await bot.get_chat(BOB)).type == "private"
    with pytest.raises(Forbidden) as refused:
        await bot.send_message(BOB, "x")
    assert refused.value.message == "Forbidden: bot can't initiate conversation with a user"
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(999, "x")
    api.user_says(BOB, "/start")
    assert (await bot.send_message(BOB, "x")).text == "x"


async def test_a_migrated_group(bot, api) -> None:
    """Title, owner, members and the bot's standing go along; the old id tells the new one for ever."""
    api.add_bot(TEAM, title="Field team", status="administrator", by=BOB)
    api.migrate(TEAM, ROOM)
    for ask in (bot.send_message, bot.send_message):
        with pytest.raises(ChatMigrated) as moved:
            await ask(TEAM, "x")
        assert moved.value.new_chat_id == ROOM
    assert (await bot.get_chat(ROOM)).title == "Field team"
    assert (await bot.get_chat_member(ROOM, bot.id)).status == "administrator"
    assert (await bot.get_chat_member(ROOM, BOB)).status == "creator"
    for act in (lambda: api.user_says(TEAM, "x"), lambda: api.add_bot(TEAM), lambda: api.set_bot(TEAM, "left")):
        with pytest.raises(InputError, match="has moved"):
            act()


async def test_the_same_update_again(bot, api) -> None:
    """Comes once more though it was acknowledged, with the same id, before what is new."""
    update = api.user_says(ALICE, "/latest")
    await fresh(bot)
    api.redeliver(update)
    later = api.user_says(ALICE, "/summary")
    again = await fresh(bot)
    assert [u.update_id for u in again] == [update["update_id"], later["update_id"]]
    assert await fresh(bot) == ()
    hidden = api.user_says(ROOM, "words", user_id=BOB)
    with pytest.raises(InputError, match="never reached"):
        api.redeliver(hidden)


def test_acts_that_make_no_sense() -> None:
    """Each is refused with what to do instead, and changes nothing."""
    api = BotApi()
    api.add_bot(ROOM)
    acts = [
        (lambda: api.add_bot(5), "negative id"),
        (lambda: api.add_bot(-5, kind="channel"), "group"),
        (lambda: api.add_bot(-6, forum=True), "supergroup"),
        (lambda: api.add_bot(ROOM, kind="channel"), "already"),
        (lambda: api.add_bot(-7, status="restricted"), "supergroup"),
        (lambda: api.set_bot(-8, "member"), "add_bot"),
        (lambda: api.set_bot(ROOM, "boss"), "administrator"),
        (lambda: api.set_bot(ROOM, "administrator", can_fly=True), "can_fly"),
        (lambda: api.set_bot(ROOM, "member", can_post_messages=True), "give none"),
        (lambda: api.set_member(ROOM, 3, "administrator", can_post_messages=True), "can_post_messages"),
        (lambda: api.user_says(ROOM, "x", reply_to=99), "no message 99"),
    ]
    for act, sentence in acts:
        with pytest.raises(InputError, match=sentence):
            act()
    assert set(api.chats) == {ROOM}
    assert api.chats[ROOM].bot.status == "member"
