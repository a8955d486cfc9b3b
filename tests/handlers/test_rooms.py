"""Groups, forums and channels: what the bot says and posts there, who may tell it to, and what becomes of it all when
topics close, rights go, groups move. Real App, SQLite and Bot API throughout, in the test's own time.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.local.core import SentMessage
from bot.local.members import Member
from bot.model import Severity
from tests.handlers.spoken import CONVOY, CONVOY_AGAIN, LIFELINE, NATIONWIDE, Spoken, spoken
from tests.handlers.test_roles import idle
from tests.make import NOW

pytestmark = pytest.mark.slow  # whole stories

# numbers that nothing else in a log could be
ADMIN, MEMBER, OTHER = 610_000_021, 610_000_022, 610_000_023
PEOPLE = (ADMIN, MEMBER, OTHER)
GROUP, BASIC, CHANNEL = -1_001_111_111_111, -620_000_001, -1_003_333_333_333
LATER = timedelta(hours=1)
MOVED = -1_004_444_444_444
BOT = "@access_watch_local_bot"


@pytest.fixture
async def world(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Spoken]:
    """ADMIN wrote to the bot in private, MEMBER and OTHER never did. Whatever a test does, no number of a person is
    in the log from INFO up."""
    caplog.set_level(logging.INFO)
    async with spoken(tmp_path, NOW) as w:
        await w.ask(ADMIN, "/help")
        yield w
    records = [r for phase in ("setup", "call", "teardown") for r in caplog.get_records(phase)]
    text = "\n".join(logging.Formatter().format(r) for r in records)
    assert not [person for person in PEOPLE if str(person) in text], text


async def group(world: Spoken, chat: int = GROUP, **how: Any) -> None:
    """ADMIN brings the bot into a group; MEMBER is there too."""
    world.api.add_bot(chat, title="Field team", by=ADMIN, **how)
    world.api.set_member(chat, MEMBER, "member")
    await idle(world)


async def channel(world: Spoken, by: int = ADMIN) -> None:
    """Somebody makes the bot an admin of a channel of theirs."""
    world.api.add_bot(CHANNEL, kind="channel", title="Relief", username="relief", by=by, status="administrator")
    await idle(world)


def said(world: Spoken, before: int = 0, chat: int | None = None) -> list[SentMessage]:
    """Messages sent since then, deletions and notices left out."""
    return [m for m in world.api.sent[before:] if m.method == "sendMessage" and chat in (None, m.chat_id)]


def rows(world: Spoken, query: str) -> list[tuple[Any, ...]]:
    """What a statement finds in the file of the store."""
    with sqlite3.connect(world.folder / "w.db") as connection:
        return connection.execute(query).fetchall()


# --- being brought in ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"kind": "supergroup"}, {"forum": True}, {"status": "administrator"}])
async def test_a_group_is_greeted_once(world: Spoken, how: dict[str, Any]) -> None:
    """In a forum in General; a change of rights or the same news twice is no second coming, nothing is kept of it."""
    before = len(world.api.sent)
    update = world.api.add_bot(GROUP, by=ADMIN, **how)
    await idle(world)
    world.api.redeliver(update)
    world.api.set_bot(GROUP, "administrator", by=ADMIN)
    world.api.set_bot(GROUP, "member", by=ADMIN)
    await idle(world)
    (welcome,) = said(world, before)
    assert (welcome.chat_id, welcome.message_thread_id) == (GROUP, None)
    assert "Admins choose what is posted here: /subscribe_SY_severe" in welcome.text
    assert await world.app.store.chat(GROUP) is None
    world.api.set_bot(GROUP, "left", by=MEMBER)
    await idle(world)
    assert said(world, before) == [welcome], "nothing was posted there, so nobody misses anything"


async def test_a_basic_group(world: Spoken) -> None:
    """Greeted, asked, subscribed and told like any other."""
    await group(world, BASIC)
    assert "Admins choose" in said(world)[-1].text
    assert "Only an admin" in await world.ask(BASIC, "/subscribe_SD", user_id=MEMBER)
    assert "Done: I will tell this group of" in await world.ask(BASIC, f"/subscribe_SD{BOT}", user_id=ADMIN)
    (alert,) = await world.happens("un", NATIONWIDE)
    assert (alert.chat_id, world.labels(BASIC)) == (BASIC, ["Why?", "Mute here 8 h", "Open source"])


# --- what is none of our business ----------------------------------------------------------------


@pytest.mark.parametrize("status", ["member", "administrator"])
async def test_what_is_not_for_the_bot_is_left_alone(world: Spoken, status: str) -> None:
    """Other bots' commands, plain words, replies to its messages, commands it does not know, edits - also where it
    sees everything, as an admin does."""
    await group(world, status=status)
    await world.ask(GROUP, "/latest", user_id=MEMBER)
    before = len(world.api.sent)
    for text in (
        "/start@otherbot", "/latest@otherbot", "/why_1@otherbot", "/subscribe_SY@otherbot", "/latest@", "rafah",
        "Rafah is closed", "see /latest", "/sumary", "/sumary" + BOT, "/", "/show_1", "/hide 1",
    ):  # fmt: skip
        world.api.user_says(GROUP, text, user_id=ADMIN)
    world.api.user_says(GROUP, "rafah", user_id=MEMBER, reply_to=world.api.sent[-1].message_id)
    written = world.api.user_says(GROUP, "/latest@otherbot", user_id=MEMBER)["message"]
    world.api.user_edits(GROUP, written["message_id"], "/latest")
    await idle(world)
    assert said(world, before) == []
    assert await world.app.store.chat(GROUP) is None
    for text in (f"/latest{BOT}", f"/latest{BOT.upper()}", "/LATEST"):
        assert "No change" in await world.ask(GROUP, text, user_id=MEMBER)


async def test_answers_reply_to_the_question(world: Spoken) -> None:
    """So that in a busy group everybody sees what is answered; also when the question is gone meanwhile."""
    await group(world)
    asked = world.api.user_says(GROUP, "/latest", user_id=MEMBER)["message"]
    await idle(world)
    assert said(world)[-1].reply_to_message_id == asked["message_id"]
    asked = world.api.user_says(GROUP, "/summary", user_id=MEMBER)["message"]
    del world.api.chats[GROUP].messages[asked["message_id"]]
    await idle(world)
    assert said(world)[-1].text.startswith("No change reported")


async def test_nothing_is_answered_inside_a_channel(world: Spoken) -> None:
    """Whoever posts a command there posts it for the readers; an edited post neither."""
    await channel(world)
    before = len(world.api.sent)
    post = world.api.channel_posts(CHANNEL, f"/latest{BOT}")["channel_post"]
    world.api.user_edits(CHANNEL, post["message_id"], "/subscribe_all")
    await idle(world)
    assert world.api.sent[before:] == []


# --- who may --------------------------------------------------------------------------------------


async def test_an_anonymous_admin(world: Spoken) -> None:
    """May what admins may; nobody is remembered as having set the group up, and then nobody can be told."""
    await group(world)
    assert "Done: I will tell this group" in await world.ask(GROUP, "/subscribe_all", anonymous=True)
    known = await world.app.store.chat(GROUP)
    assert known is not None
    assert known.steward is None
    world.api.chats[GROUP].bot = Member("kicked")
    await world.happens("un", CONVOY)
    assert rows(world, "SELECT kind, chat_id, state FROM delivery") == [("alert", GROUP, "dead")]


async def test_rights_are_believed_for_a_minute(world: Spoken) -> None:
    """Who was an admin a minute ago is asked about anew; and who has become one."""
    now = [0.0]
    world.app.telegram.desk.rooms._clock = lambda: now[0]
    await group(world)
    world.api.set_member(GROUP, MEMBER, "administrator")
    assert "Done" in await world.ask(GROUP, "/subscribe_SY", user_id=MEMBER)
    assert "Only an admin" in await world.ask(GROUP, "/subscribe_SY", user_id=OTHER)
    world.api.set_member(GROUP, MEMBER, "member")
    world.api.set_member(GROUP, OTHER, "administrator")
    now[0] = 59.9
    assert "Done" in await world.ask(GROUP, "/subscribe_SD", user_id=MEMBER)
    now[0] = 60.0
    assert "Only an admin" in await world.ask(GROUP, "/subscribe_TD", user_id=MEMBER)
    assert "Done" in await world.ask(GROUP, "/subscribe_TD", user_id=OTHER)
    assert [s.area for s in await world.app.store.subscriptions(GROUP)] == ["SD", "SY", "TD"]


# --- topics --------------------------------------------------------------------------------------


async def forum(world: Spoken) -> tuple[int, int]:
    """A forum with two topics: Syria in one, Sudan in the other."""
    await group(world, forum=True)
    syria, sudan = (world.api.open_topic(GROUP, name, by=ADMIN) for name in ("Syria", "Sudan"))
    for topic, text in ((syria, "/subscribe_SY"), (sudan, "/subscribe_SD")):
        said = await world.ask(GROUP, text, user_id=ADMIN, thread_id=topic)
        assert "I will tell this group in this topic of changes" in said
        assert world.api.sent[-1].message_thread_id == topic, "answered where it was asked"
    return syria, sudan


def places(sent: list[SentMessage]) -> list[tuple[int, int | None]]:
    return [(m.chat_id, m.message_thread_id) for m in sent]


async def test_each_topic_gets_its_own(world: Spoken) -> None:
    """General is a topic like the others; each lists and ends what is its own; buttons act in their topic."""
    syria, sudan = await forum(world)
    assert places(await world.happens("un", CONVOY)) == [(GROUP, syria)]
    assert places(await world.happens("un", NATIONWIDE, hours=1)) == [(GROUP, sudan)]
    assert "no subscription here yet" in await world.ask(GROUP, "/subscribe", user_id=ADMIN)
    assert "tell this group of changes in all" in await world.ask(GROUP, "/subscribe_all", user_id=ADMIN)
    assert world.api.sent[-1].message_thread_id is None
    sent = await world.happens("un", LIFELINE, hours=1)
    assert sorted(places(sent), key=str) == [(GROUP, syria), (GROUP, None)]
    listed = await world.ask(GROUP, "/subscribe", user_id=ADMIN, thread_id=sudan)
    assert "Sudan" in listed
    assert "Syria" not in listed
    assert "no more alerts about Sudan" in await world.press(GROUP, "Stop: Sudan", user_id=ADMIN)
    assert world.api.sent[-1].message_thread_id == sudan
    assert "1 subscription ended" in await world.ask(GROUP, "/unsubscribe", user_id=ADMIN)
    left = [(s.thread_id, s.area) for s in await world.app.store.subscriptions(GROUP)]
    assert left == [(syria, "SY")]


async def test_the_line_of_the_day_stays_in_its_topic(world: Spoken) -> None:
    """Also when the time zone is set somewhere else."""
    syria, _ = await forum(world)
    await world.ask(GROUP, "/settings daily 07:00", user_id=ADMIN, thread_id=syria)
    await world.ask(GROUP, "/settings zone Asia/Damascus", user_id=ADMIN)
    assert places(await world.later(hours=24)) == [(GROUP, syria)]


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_a_topic_that_is_gone(world: Spoken, is_deleted: bool) -> None:
    """What was posted there goes on in General, with a word there and to who set it up, once; no message replies into
    the closed topic, and from the first one in General on they are replies again. The other topic stays."""
    syria, sudan = await forum(world)
    await world.ask(GROUP, "/settings daily 07:00", user_id=ADMIN, thread_id=syria)
    (first,) = await world.happens("un", CLOSED_ROAD)
    assert first.message_thread_id == syria
    if is_deleted:
        world.api.delete_topic(GROUP, syria)
    else:
        world.api.close_topic(GROUP, syria, by=ADMIN)
    sent = await world.happens("un", WORSE, hours=1)
    sent += await world.later(minutes=0)
    assert sorted(places(sent)) == [(GROUP, None), (GROUP, None), (ADMIN, None)]
    (alert,) = [m for m in sent if "/why_" in m.text]
    (here,) = [m for m in sent if m.chat_id == GROUP and m is not alert]
    (there,) = [m for m in sent if m.chat_id == ADMIN]
    assert here.text.startswith("The topic in which I posted is closed or was deleted, so I post here from now on.")
    assert there.text.startswith(f"In the group {GROUP}: the topic in which I posted is closed")
    assert alert.reply_to_message_id is None
    (last,) = await world.happens("un", OVER, hours=1)
    assert last.message_thread_id is None
    assert last.reply_to_message_id == alert.message_id
    assert places(await world.happens("un", NATIONWIDE, hours=1)) == [(GROUP, sudan)]
    assert (GROUP, None) in places(await world.later(hours=24)), "the line of the day"


async def test_a_topic_that_is_closed_where_the_bot_may_write(world: Spoken) -> None:
    """An admin who manages topics posts on."""
    syria, _ = await forum(world)
    world.api.set_bot(GROUP, "administrator", by=ADMIN)
    world.api.close_topic(GROUP, syria, by=ADMIN)
    assert places(await world.happens("un", CONVOY)) == [(GROUP, syria)]


CLOSED_ROAD = ("Road closed", "The road to Homs in Syria was closed; 300 displaced families wait for food.")
WORSE = ("Homs cut off", "The road to Homs in Syria was closed, the last supply route; 90,000 displaced people wait.")
OVER = ("Road to Homs reopened", "The road to Homs in Syria was reopened on Monday and is open again.")


# --- no right to write ---------------------------------------------------------------------------

AWAY = [
    (GROUP, "restricted", {"can_send_messages": False}),
    (GROUP, "kicked", {}),
    (GROUP, "left", {}),
    (BASIC, "kicked", {}),
    (BASIC, "left", {}),
]


@pytest.mark.parametrize(("chat", "status", "rights"), AWAY, ids=lambda v: str(v))
async def test_a_group_that_is_away(world: Spoken, chat: int, status: str, rights: dict[str, bool]) -> None:
    """Paused and nothing tried; who set it up is told in private, the member who did it can't be; back, it goes on, says
    so once, and what was waiting comes."""
    await group(world, chat)
    await world.ask(chat, "/subscribe_all", user_id=ADMIN)
    before = len(world.api.sent)
    world.api.set_bot(chat, status, by=MEMBER, **rights)
    await idle(world)
    (told,) = said(world, before)
    assert told.chat_id == ADMIN
    assert told.text.startswith("I can no longer write in Field team, so alerts there are paused.")
    known = await world.app.store.chat(chat)
    assert known is not None
    assert not known.active
    assert await world.happens("un", CONVOY, hours=1) == []
    assert await world.happens("un", CONVOY_AGAIN, hours=1) == []
    before = len(world.api.sent)
    update = world.api.set_bot(chat, "member", by=MEMBER)
    await idle(world)
    world.api.redeliver(update)
    await idle(world)
    (back,) = said(world, before)
    assert (back.chat_id, "what was chosen before goes on" in back.text) == (chat, True)
    assert places(await world.happens("un", NATIONWIDE, hours=1)) == [(chat, None)]
    assert await world.app.store.chat(MEMBER) is None


async def test_what_waits_while_a_group_is_away_comes_when_it_is_back(world: Spoken) -> None:
    """It was written for the group before the right was taken."""
    await group(world)
    await world.ask(GROUP, "/subscribe_all", user_id=ADMIN)
    world.now += LATER
    world.publish("un", *CONVOY)
    (source,) = world.app.watch.sources.values()
    await world.app.watch.poll(source)
    world.api.set_bot(GROUP, "restricted", by=ADMIN, can_send_messages=False)
    await idle(world)
    assert await world.sends() == []
    world.api.set_bot(GROUP, "restricted", by=ADMIN, can_send_messages=True)
    await idle(world)
    (alert,) = await world.sends()
    assert (alert.chat_id, "Idlib" in alert.text) == (GROUP, True)


@pytest.mark.parametrize(("chat", "status", "rights"), AWAY, ids=lambda v: str(v))
async def test_a_group_that_is_away_and_nobody_said_so(
    world: Spoken, chat: int, status: str, rights: dict[str, bool]
) -> None:
    """Found by the first message that is refused, and told to who set it up, once; when the bot is back it goes on."""
    await group(world, chat)
    await world.ask(chat, "/subscribe_all", user_id=ADMIN)
    world.api.chats[chat].bot = Member(status, rights)
    sent = await world.happens("un", CONVOY, hours=1)
    sent += await world.happens("un", NATIONWIDE, hours=1)
    assert places(sent) == [(ADMIN, None)]
    assert sent[0].text.startswith(f"I can no longer write in the group or channel {chat}, so alerts there are paused.")
    before = len(world.api.sent)
    world.api.set_bot(chat, "member", by=ADMIN)
    await idle(world)
    assert places(said(world, before)) == [(chat, None)]
    assert places(await world.happens("un", LIFELINE, hours=1)) == [(chat, None)]


async def test_who_never_wrote_can_not_be_told(world: Spoken, caplog: pytest.LogCaptureFixture) -> None:
    """Neither at once nor by a notice: that is logged, breaks nothing, and keeps nothing of them but that they set the
    group up, until they have that deleted."""
    await group(world)
    world.api.set_member(GROUP, OTHER, "administrator")
    await world.ask(GROUP, "/subscribe_all", user_id=OTHER)
    world.api.set_bot(GROUP, "restricted", by=OTHER, can_send_messages=False)
    await idle(world)
    assert "whoever changed our rights can't be told: Forbidden" in caplog.text
    world.api.set_bot(GROUP, "member", by=OTHER)
    await idle(world)
    world.api.chats[GROUP].bot = Member("kicked")
    assert await world.happens("un", CONVOY, hours=1) == []
    assert "of notice: Gone" in caplog.text
    assert [await world.app.store.chat(person) for person in (OTHER, MEMBER)] == [None, None]
    assert rows(world, f"SELECT count(*) FROM delivery WHERE chat_id = {OTHER} OR body LIKE '%{OTHER}%'") == [(0,)]
    assert "nothing about this chat" in await world.ask(OTHER, "/forget")
    known = await world.app.store.chat(GROUP)
    assert known is not None
    assert known.steward is None


async def test_who_blocked_the_bot_keeps_what_they_have(world: Spoken) -> None:
    """They did write once: what they set stays until they are back."""
    await group(world)
    await world.ask(GROUP, "/subscribe_all", user_id=ADMIN)
    await world.ask(ADMIN, "/subscribe_SD")
    world.api.block(ADMIN)
    world.api.chats[GROUP].bot = Member("kicked")
    assert await world.happens("un", CONVOY, hours=1) == []
    assert [s.area for s in await world.app.store.subscriptions(ADMIN)] == ["SD"]
    await world.ask(ADMIN, "/start")
    assert places(await world.happens("un", NATIONWIDE, hours=1)) == [(ADMIN, None)]


# --- a group becomes a supergroup ----------------------------------------------------------------


async def moved(world: Spoken, *, how: str) -> list[SentMessage]:
    """A basic group with a mute and settings becomes a supergroup; what was sent while it did. `how`: which news of it
    reach the bot."""
    await group(world, BASIC)
    await world.ask(BASIC, "/subscribe_all", user_id=ADMIN)
    await world.ask(BASIC, "/settings zone Asia/Damascus", user_id=ADMIN)
    await world.ask(BASIC, "/mute Sudan 8h", user_id=ADMIN)
    await world.happens("un", CLOSED_ROAD)
    before = len(world.api.sent)
    told = world.api.migrate(BASIC, MOVED)
    world.api.updates.drop()
    seen = {"both": told, "old": told[:1], "new": told[1:], "none": ()}[how]
    for update in seen:
        world.api.redeliver(update)
    await idle(world)
    return said(world, before)


@pytest.mark.parametrize("how", ["both", "old", "new", "none"])
async def test_a_group_that_moves_keeps_everything(world: Spoken, how: str) -> None:
    """By Telegram's news in the old chat or the new, or by its answer to the next message; the message itself gets
    there, once."""
    assert await moved(world, how=how) == []
    assert (await world.app.store.chat(MOVED) is None) is (how == "none")
    (alert,) = await world.happens("un", CONVOY, hours=1)
    assert (alert.chat_id, "Idlib" in alert.text) == (MOVED, True)
    store = world.app.store
    assert await store.chat(BASIC) is None
    known = await store.chat(MOVED)
    assert known is not None
    assert (known.active, known.tz, known.steward) == (True, "Asia/Damascus", ADMIN)
    assert [(s.area, s.at_least) for s in await store.subscriptions(MOVED)] == [(None, Severity.MINOR)]
    assert [m.area for m in await store.mutes(MOVED, world.now)] == ["SD"]
    assert "What the report said" in await world.press(MOVED, "Why?", user_id=MEMBER), "a new message's buttons"
    assert "all countries" in await world.ask(MOVED, "/subscribe", user_id=ADMIN)
    assert "Only an admin" in await world.ask(MOVED, "/unsubscribe", user_id=MEMBER)


async def test_a_group_that_moves_is_not_greeted_again(world: Spoken) -> None:
    """Telegram tells of the supergroup that the bot came in; it goes on there without a word."""
    await moved(world, how="both")
    before = len(world.api.sent)
    chat = world.api.chats[MOVED]
    world.api.tell_membership(chat, Member("left"), Member("member"), {"id": ADMIN, "is_bot": False, "first_name": "A"})
    await idle(world)
    assert said(world, before) == []


async def test_a_story_goes_on_without_a_reply_where_the_group_moved(world: Spoken) -> None:
    """Numbers of messages begin anew in a supergroup: what has the old number there is somebody else's message."""
    await moved(world, how="both")
    for _ in range(30):
        world.api.user_says(MOVED, "people talk", user_id=MEMBER)
    (worse,) = await world.happens("un", WORSE, hours=1)
    assert worse.reply_to_message_id is None
    (last,) = await world.happens("un", OVER, hours=1)
    assert last.reply_to_message_id == worse.message_id


async def test_forgetting_a_group_that_moved_takes_back_only_our_own(world: Spoken) -> None:
    """An admin may delete what others wrote, so the numbers of the old group must not be used in the new one."""
    await moved(world, how="both")
    world.api.set_bot(MOVED, "administrator", by=ADMIN)
    for _ in range(30):
        world.api.user_says(MOVED, "people talk", user_id=MEMBER)
    await world.happens("un", CONVOY, hours=1)
    theirs = {n for n, m in world.api.chats[MOVED].messages.items() if m.get("text") == "people talk"}
    assert "I took back 1 of" in await world.ask(MOVED, "/forget", user_id=ADMIN)
    assert theirs <= set(world.api.chats[MOVED].messages)


# --- channels ------------------------------------------------------------------------------------


async def test_a_channel_is_set_up_by_a_button(world: Spoken) -> None:
    """Made an admin there, the bot writes in private, with the number; nothing is said in the channel but alerts, and
    those carry the source's address only."""
    await channel(world)
    welcome = said(world)[-1]
    assert welcome.chat_id == ADMIN
    assert f"I may post in the channel Relief, number {CHANNEL}." in welcome.text
    assert world.labels(ADMIN) == ["Everywhere, severe and extreme"]
    done = await world.press(ADMIN, "Everywhere, severe and extreme")
    assert done.startswith("In Relief: Done: I will tell that channel of changes in all countries that are severe or")
    assert places(said(world)[-1:]) == [(ADMIN, None)]
    (alert,) = await world.happens("un", LIFELINE)
    assert alert.chat_id == CHANNEL
    (row,) = (alert.reply_markup or {})["inline_keyboard"]
    assert [(b["text"], b["url"]) for b in row] == [("Open source", "https://un.example/0")]
    assert alert.text.splitlines()[-1].startswith("Id SY-1, update 1, as of "), "nobody there is answered"
    known = await world.app.store.chat(CHANNEL)
    assert known is not None
    assert (known.kind, known.steward) == ("channel", ADMIN)


async def test_nothing_that_is_posted_in_a_channel_holds_a_command(world: Spoken) -> None:
    """Neither alerts, nor what a mute held back, nor the line a day: nobody there is answered."""
    await channel(world)
    for words in ("subscribe all", "settings daily 07:00", "mute 2h"):
        await world.ask(ADMIN, f"/channel {CHANNEL} {words}")
    posts = [*await world.happens("un", CLOSED_ROAD, minutes=20), *await world.happens("un", LIFELINE, minutes=20)]
    posts += [*await world.later(hours=3), *await world.later(hours=24)]
    assert [post.chat_id for post in posts] == [CHANNEL] * 3
    assert "you have not been told yet" in posts[1].text
    assert [word for post in posts for word in post.text.split() if word.startswith("/")] == []


@pytest.mark.parametrize("name", ["@relief", "@RELIEF", str(CHANNEL)])
async def test_a_channel_is_set_up_by_its_name(world: Spoken, name: str) -> None:
    """Everything that a chat may set, but the discreet form; it concerns the channel and never the private chat."""
    await channel(world)
    store = world.app.store
    overview = await world.ask(ADMIN, f"/channel {name}")
    assert overview.startswith("In Relief: There is no subscription here yet.")
    assert "There is nothing to mute" in await world.ask(ADMIN, f"/channel {name} mute 8h")
    assert "in Sudan that are severe" in await world.ask(ADMIN, f"/channel {name} subscribe Sudan severe")
    assert "Which one?" in await world.ask(ADMIN, f"/channel {name} subscribe tripoli aid")
    assert "In Relief: Done" in await world.press(ADMIN, "Tripoli (city), Libya")
    assert [s.area for s in await store.subscriptions(CHANNEL)] == ["SD", "gn:2210247"]
    assert "no more alerts about Tripoli" in await world.ask(ADMIN, f"/channel {name} unsubscribe =gn:2210247")
    await world.ask(ADMIN, f"/channel {name} subscribe Sudan severe")
    assert "Subscribed here to:\n- Sudan" in await world.press(ADMIN, "All that is posted there")
    assert "In Relief: Done: Sudan is quiet" in await world.ask(ADMIN, f"/channel {name} mute Sudan 8h")
    assert "In Relief: Done: no mute" in await world.press(ADMIN, "End all mutes")
    page = await world.ask(ADMIN, f"/channel {name} settings")
    assert page.startswith("In Relief: Settings of this channel\nTime zone: UTC")
    assert "discreet" not in page.lower()
    assert [x for x in world.labels(ADMIN) if "iscreet" in x] == []
    assert "Line a day, also when nothing happened: 07:00" in await world.press(ADMIN, "Line a day: 07:00")
    assert "discreet form needs a button" in await world.ask(ADMIN, f"/channel {name} settings discreet on")
    assert places(await world.later(hours=24)) == [(CHANNEL, None)]
    listed = await world.ask(ADMIN, f"/channel {name}")
    assert "Sudan" in listed
    assert "no more alerts about Sudan" in await world.press(ADMIN, "Stop: Sudan")
    assert "In Relief: Done: everything about this chat is deleted" in await world.ask(ADMIN, f"/channel {name} forget")
    assert await store.chat(CHANNEL) is None
    assert await store.chat(ADMIN) is None, "the private chat itself has set nothing"


async def test_what_is_too_long_for_a_button_is_to_be_copied(world: Spoken) -> None:
    """The channel's number takes its part of the 64 bytes; what is written there works."""
    await channel(world)
    await world.ask(ADMIN, f"/channel {CHANNEL} subscribe all")
    await world.ask(ADMIN, f"/channel {CHANNEL} mute =own:deir-ez-zor-airport 22:00-06:00")
    assert world.labels(ADMIN) == ["End all mutes"]
    (line,) = re.findall(r"\nEnd: Deir ez-Zor .+, nights - write: <code>(/channel .+)</code>", world.html[-1])
    assert "In Relief: Done: no mute any more" in await world.ask(ADMIN, line)


async def test_hints_about_a_channel_are_for_the_channel(world: Spoken) -> None:
    """Whatever command is named in an answer can be written as it stands; nothing there subscribes the private chat by
    mistake."""
    await channel(world)
    store = world.app.store
    here = f"/channel {CHANNEL}"
    answers = [await world.ask(ADMIN, text) for text in (
        here, f"{here} unsubscribe", f"{here} mute", f"{here} unsubscribe Sudan", f"{here} subscribe severe",
        f"{here} subscribe Sudan", f"{here} mute", f"{here} settings severity", f"{here} mute 99d", f"{here} settings",
    )]  # fmt: skip
    assert not [a for a in answers if any(f"/{c}" in a for c in ("subscribe", "unsubscribe", "mute", "settings"))]
    copied = [re.findall(r"<code>(/channel [^<]+)</code>", html) for html in world.html[-len(answers) :]]
    assert copied[0][0] == f"{here} subscribe SY"
    assert len(copied[0]) == 5
    assert copied[1] == [f"{here} subscribe all severe"]
    assert copied[-1][0] == f"{here} settings zone Asia/Damascus"
    assert len(copied[-1]) == 4
    hints = [line.partition(" - ")[0] for line in answers[0].splitlines() if line.startswith("/channel")]
    assert hints[1:4] == [f"{here} subscribe {x}" for x in ("SD severe", "Rafah crossing", "Gaza aid")]
    for hint in hints:
        assert "In Relief: Done" in await world.ask(ADMIN, hint), hint
    assert await store.chat(ADMIN) is None
    assert len(await store.subscriptions(CHANNEL)) == len(hints) == 5


@pytest.mark.parametrize("rights", [("administrator", {"can_post_messages": False}), ("left", {}), ("kicked", {})])
@pytest.mark.parametrize("is_told", [True, False])
async def test_a_channel_where_the_right_to_post_is_lost(
    world: Spoken, rights: tuple[str, dict[str, bool]], is_told: bool
) -> None:
    """Paused, and told in private to who set it up, by the news or by the first refusal; given back, it goes on and
    says so there. Nobody is asked to set up what is set up."""
    await channel(world)
    await world.ask(ADMIN, f"/channel {CHANNEL} subscribe all")
    before = len(world.api.sent)
    if is_told:
        world.api.set_bot(CHANNEL, rights[0], by=OTHER, **rights[1])
    else:
        world.api.chats[CHANNEL].bot = Member(rights[0], rights[1])
    await idle(world)
    await world.happens("un", CONVOY, hours=1)
    await world.happens("un", NATIONWIDE, hours=1)
    (told,) = said(world, before)
    assert (told.chat_id, "alerts there are paused" in told.text) == (ADMIN, True)
    before = len(world.api.sent)
    world.api.set_bot(CHANNEL, "administrator", by=OTHER)
    await idle(world)
    (back,) = said(world, before)
    assert back.text.startswith("I may write in Relief again: alerts there go on.")
    assert back.chat_id == ADMIN
    assert places(await world.happens("un", LIFELINE, hours=1)) == [(CHANNEL, None)]
    assert await world.app.store.chat(OTHER) is None


async def test_a_channel_without_the_right_to_post(world: Spoken) -> None:
    """An admin who may not post is no use: nobody is written to before that right is given."""
    before = len(world.api.sent)
    world.api.add_bot(
        CHANNEL, kind="channel", title="Relief", by=ADMIN, status="administrator", can_post_messages=False
    )
    await idle(world)
    assert said(world, before) == []
    world.api.set_bot(CHANNEL, "administrator", by=ADMIN)
    await idle(world)
    assert "I may post in the channel Relief" in said(world, before)[0].text


async def test_a_channel_of_somebody_who_never_wrote(world: Spoken, caplog: pytest.LogCaptureFixture) -> None:
    """They can't be told its number; nothing breaks, nothing is kept of them, and they can set it up later."""
    before = len(world.api.sent)
    await channel(world, by=OTHER)
    assert said(world, before) == []
    assert "can't be told: Forbidden" in caplog.text
    assert await world.app.store.chat(OTHER) is None
    assert "In Relief: Done" in await world.ask(OTHER, "/channel @relief subscribe all")


async def test_a_group_by_its_number(world: Spoken) -> None:
    """/channel serves the admins of groups too; what is named is then General."""
    await group(world, forum=True)
    said = await world.ask(ADMIN, f"/channel {GROUP} subscribe all")
    assert said.startswith("In Field team: Done: I will tell this group of changes in all countries")
    assert places(await world.happens("un", CONVOY)) == [(GROUP, None)]
    assert "Only an admin of that channel" in await world.ask(MEMBER, f"/channel {GROUP} forget")


# --- twice, and in order -------------------------------------------------------------------------


async def test_an_update_that_comes_twice_is_worked_off_once(world: Spoken) -> None:
    """Commands, presses, edits: no second answer, and nothing that was undone is done again."""
    await group(world)
    subscribing = world.api.user_says(GROUP, "/subscribe_SY", user_id=ADMIN)
    await idle(world)
    data = (world.api.sent[-1].reply_markup or {})["inline_keyboard"][0][0]["callback_data"]
    pressing = world.api.user_presses(GROUP, world.api.sent[-1].message_id, data, user_id=ADMIN)
    await idle(world)
    assert await world.app.store.subscriptions(GROUP) == []
    before = len(world.api.sent)
    for update in (subscribing, pressing, subscribing):
        world.api.redeliver(update)
    world.api.user_edits(GROUP, subscribing["message"]["message_id"], "/subscribe_SD")
    await idle(world)
    assert world.api.sent[before:] == []
    assert await world.app.store.subscriptions(GROUP) == []


class Held:
    """Holds back the bot's messages to one chat until it is let go."""

    def __init__(self, world: Spoken, chat: int) -> None:
        self.go, self.waits, self._chat = asyncio.Event(), asyncio.Event(), chat
        self._call = world.api.call
        world.api.call = self.call  # type: ignore[method-assign]

    async def call(self, token: str, method: str, params: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        if method == "sendMessage" and int(params["chat_id"]) == self._chat:
            self.waits.set()
            await self.go.wait()
        return await self._call(token, method, params)


async def answered(world: Spoken, chat: int, before: int) -> None:
    async with asyncio.timeout(5):
        while not said(world, before, chat):
            await asyncio.sleep(0.005)


async def test_a_chat_is_answered_in_order_and_others_meanwhile(world: Spoken) -> None:
    """A slow answer holds up what comes after it in its chat, and nobody else."""
    held, before = Held(world, ADMIN), len(world.api.sent)
    questions = ("/help", "/privacy", "/subscribe_SY", "/subscribe", "/unsubscribe", "/subscribe")
    for text in questions:
        world.api.user_says(ADMIN, text)
    await held.waits.wait()
    world.api.user_says(OTHER, "/latest")
    await answered(world, OTHER, before)
    assert said(world, before, ADMIN) == []
    assert await world.app.store.subscriptions(ADMIN) == [], "not even begun"
    held.go.set()
    await idle(world)
    begun = [m.text.partition("\n")[0] for m in said(world, before, ADMIN)]
    assert begun[:2] == ["What you can ask", begun[1]]
    assert begun[1].startswith("What I keep about this chat")
    assert begun[2].startswith("Done: I will tell you of changes in Syria")
    assert begun[3] == "Subscribed here to:"
    assert begun[4].startswith("Done: 1 subscription ended")
    assert begun[5].startswith("There is no subscription here yet")


async def test_a_chat_that_asks_much_does_not_take_every_place(world: Spoken) -> None:
    """However many questions of one chat wait behind a slow answer, the others are answered."""
    held, before = Held(world, ADMIN), len(world.api.sent)
    for _ in range(20):
        world.api.user_says(ADMIN, "/help")
    await held.waits.wait()
    world.api.user_says(OTHER, "/latest")
    try:
        await answered(world, OTHER, before)
    finally:
        held.go.set()
        await idle(world)
    assert len(said(world, before, ADMIN)) == 20
