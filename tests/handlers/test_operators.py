"""Operators: invitations, taking an incident back, and what they are told of the service. Real App, SQLite and Bot API
throughout, in the test's own time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.local.core import SentMessage
from bot.local.faults import Fault
from bot.model import Severity, Source, State, Subscription
from tests.handlers.spoken import CLOSED, CONVOY, LIFELINE, NATIONWIDE, Spoken, spoken
from tests.make import NOW

pytestmark = pytest.mark.slow  # whole stories

OPERATOR, STRANGER, FRIEND = 7, 501, 502
GROUP, ADMIN, MEMBER = -1_001_111_111_111, 21, 22


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    """Anybody may subscribe; one operator."""
    async with spoken(tmp_path, NOW, operators=(OPERATOR,), contact="desk@relief.example") as w:
        yield w


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Spoken]:
    """By invitation only; one operator."""
    async with spoken(tmp_path, NOW, operators=(OPERATOR,), contact="desk@relief.example", access="invite") as w:
        yield w


def to(chat: int, sent: list[SentMessage]) -> list[str]:
    return [m.text for m in sent if m.chat_id == chat]


async def codes(world: Spoken) -> tuple[str, str]:
    """What /invite gives, as what the two links make people send: to the bot, in a group."""
    said = await world.ask(OPERATOR, "/invite")
    person = re.search(r"https://t\.me/access_watch_local_bot\?start=([A-Za-z0-9_-]{1,64})\n", said)
    group = re.search(r"https://t\.me/access_watch_local_bot\?startgroup=([A-Za-z0-9_-]{1,64})(\n|$)", said)
    assert person
    assert group
    assert "good once, until 29 Nov 2026 14:00 UTC" in said
    return f"/start {person[1]}", f"/start@access_watch_local_bot {group[1]}"


async def _brought_in(world: Spoken) -> str:
    """Somebody brings the bot into a group; what it says to that."""
    before = len(world.api.sent)
    world.api.add_bot(GROUP, kind="supergroup", by=MEMBER)
    return await world._answer(before)


# --- invitations ---------------------------------------------------------------------------------


async def test_only_operators_invite(world: Spoken) -> None:
    """Nobody else, and what is open to everybody says so."""
    assert "Only the operators of this bot" in await world.ask(STRANGER, "/invite")
    assert "/whoami prints your number" in await world.ask(STRANGER, "/withdraw 1 because")
    assert "nobody needs it" in await world.ask(OPERATOR, "/invite")
    assert "/withdraw" in await world.ask(OPERATOR, "/help")
    assert "/withdraw" not in await world.ask(STRANGER, "/help")


async def test_without_an_invitation_nothing_is_answered(closed: Spoken) -> None:
    """Commands and place names alike; but who may be asked, what is kept and how to have it deleted is said to all."""
    for text in ("/subscribe_SY", "/subscribe", "/latest", "/summary", "/why_1", "/mute 8h", "/settings", "/sources",
                 "rafah", "/unsubscribe"):  # fmt: skip
        said = await closed.ask(STRANGER, text)
        assert said == "This bot is by invitation: ask whoever runs it for a link (desk@relief.example).", text
    assert "by invitation" in await closed.ask(STRANGER, "/start")
    assert "What I keep" in await closed.ask(STRANGER, "/privacy")
    assert "501" in await closed.ask(STRANGER, "/whoami")
    assert "kept nothing" in await closed.ask(STRANGER, "/forget")
    assert await closed.app.store.chat(STRANGER) is None
    assert "Access in" not in await closed.ask(STRANGER, "/xyzzy")


async def test_help_for_a_stranger_lists_what_he_may_use(closed: Spoken) -> None:
    """And how to get in; whoever is in sees the rest, in a group too."""
    said = await closed.ask(STRANGER, "/help")
    listed = re.findall(r"^/(\w+) - ", said, re.MULTILINE)
    assert listed == ["start", "privacy", "forget", "whoami", "help"]
    assert said.splitlines()[-1] == (
        "The rest is for those who were let in. This bot is by invitation: ask whoever runs it for a link "
        "(desk@relief.example)."
    )
    for name in listed:
        assert "by invitation" not in await closed.ask(STRANGER, f"/{name}") or name in ("start", "help")
    await _brought_in(closed)
    assert "/latest - " not in await closed.ask(GROUP, "/help", user_id=MEMBER)
    mine, _ = await codes(closed)
    await closed.ask(FRIEND, mine)
    for chat in (FRIEND, OPERATOR):
        said = await closed.ask(chat, "/help")
        assert "/latest - " in said
        assert "by invitation" not in said


async def test_whoami_tells_how_to_become_an_operator_to_others_only(world: Spoken) -> None:
    """In private and in a group."""
    said = await world.ask(OPERATOR, "/whoami")
    assert said == "Your number, and that of this chat: 7\nYou are an operator of this bot."
    await _brought_in(world)
    world.api.set_member(GROUP, OPERATOR, "member")
    world.api.set_member(GROUP, MEMBER, "member")
    said = await world.ask(GROUP, "/whoami", user_id=OPERATOR)
    assert said.splitlines()[1:] == ["You are an operator of this bot and a member of this group."]
    said = await world.ask(STRANGER, "/whoami")
    assert said.splitlines()[1:] == [
        "Whoever runs the bot can make you an operator: this number goes into operators of bot.toml."
    ]
    said = await world.ask(GROUP, "/whoami", user_id=MEMBER)
    assert said.splitlines()[2:] == [
        "Whoever runs the bot can make its admins operators: this number goes into operators of bot.toml."
    ]


async def test_buttons_ask_for_an_invitation_too(closed: Spoken) -> None:
    """Who was let in and forgotten again has old buttons, and they are refused with words over the chat."""
    mine, _ = await codes(closed)
    await closed.ask(FRIEND, mine)
    await closed.ask(FRIEND, "/subscribe_all")
    await closed.happens("un", CLOSED, minutes=20)
    closed.now += timedelta(hours=49)
    await closed.ask(FRIEND, "/forget")
    for label in ("Why?", "Mute here 8 h", "How it stands now"):
        assert "by invitation" in await closed.press(FRIEND, label)
        assert closed.api.sent[-1].show_alert
    assert "by invitation" in await closed.ask(FRIEND, "/start"), "to be forgotten ends the invitation"


async def test_an_invitation_lets_one_person_in_once(closed: Spoken) -> None:
    """The second to come, and the first coming again, find it used."""
    mine, _ = await codes(closed)
    said = await closed.ask(FRIEND, mine)
    assert said.startswith("Your invitation was used: welcome.")
    assert "Done: I will tell you" in await closed.ask(FRIEND, "/subscribe_SY")
    said = await closed.ask(STRANGER, mine)
    assert said.startswith("This invitation was used before, or is too old. This bot is by invitation")
    assert "by invitation" in await closed.ask(STRANGER, "/subscribe_SY")
    again = await closed.ask(FRIEND, mine)
    assert again.startswith("You are in already.\n")
    assert "Access Watch tells you" in again, "who is in stays in"
    other, _ = await codes(closed)
    assert "in already" in await closed.ask(FRIEND, other)
    assert "welcome" in await closed.ask(STRANGER, other), "a link that nobody needed is good for the next"


async def test_who_subscribed_before_invitations_stays_in(closed: Spoken) -> None:
    """A bot that was open and asks for invitations now keeps nobody from muting or ending their own alerts."""
    await closed.open()
    await closed.app.store.subscribe(Subscription(FRIEND, "SD", Severity.MINOR), closed.now.date())
    assert "is quiet until" in await closed.ask(FRIEND, "/mute 8h")
    assert "1 subscription ended" in await closed.ask(FRIEND, "/unsubscribe")
    assert "by invitation" in await closed.ask(FRIEND, "/subscribe SD"), "who has left is out"


async def test_an_invitation_is_good_for_a_week(closed: Spoken) -> None:
    """To the minute; a made-up one was never good."""
    mine, _ = await codes(closed)
    other, _ = await codes(closed)
    closed.now += timedelta(days=7, minutes=-1)
    assert "welcome" in await closed.ask(FRIEND, mine)
    closed.now += timedelta(minutes=1)
    assert "too old" in await closed.ask(STRANGER, other)
    assert "used before, or is too old" in await closed.ask(STRANGER, "/start inv-AAAAAAAAAAAAAAAAAAAAAA")
    assert "used before, or is too old" in await closed.ask(STRANGER, "/start inv-")


async def test_only_a_hash_of_an_invitation_is_kept(closed: Spoken) -> None:
    """Who reads the database can't let anybody in."""
    mine, _ = await codes(closed)
    code = mine.partition("inv-")[2]
    for file in closed.folder.glob("w.db*"):
        assert code.encode() not in file.read_bytes()


async def test_an_invitation_for_a_group(closed: Spoken) -> None:
    """An admin opens the link; then the group is in, and so its members may ask there - but not in private."""
    _, theirs = await codes(closed)
    closed.api.add_bot(GROUP, kind="supergroup", by=ADMIN)
    closed.api.set_member(GROUP, ADMIN, "administrator")
    closed.api.set_member(GROUP, MEMBER, "member")
    assert "by invitation" in await closed.ask(GROUP, "/latest", user_id=MEMBER)
    assert "by invitation" in await closed.ask(GROUP, "/subscribe_SY", user_id=ADMIN)
    said = await closed.ask(GROUP, theirs, user_id=MEMBER)
    assert said.startswith("Only an admin of this group can let it in. The invitation is still good")
    assert await closed.app.store.chat(GROUP) is None
    assert "welcome" in await closed.ask(GROUP, theirs, user_id=ADMIN)
    assert "This group is in already." in await closed.ask(GROUP, theirs, user_id=ADMIN)
    assert "Done: I will tell this group" in await closed.ask(GROUP, "/subscribe_all", user_id=ADMIN)
    assert "Only an admin" in await closed.ask(GROUP, "/subscribe_SD", user_id=MEMBER)
    assert "No change of access" in await closed.ask(GROUP, "/latest", user_id=MEMBER)
    assert "by invitation" in await closed.ask(MEMBER, "/latest")
    assert "used before" in await closed.ask(MEMBER, theirs.replace("@access_watch_local_bot", ""))
    assert [m.chat_id for m in await closed.happens("un", CLOSED, minutes=20)] == [GROUP]


async def test_a_group_that_nobody_invited_is_told_so(closed: Spoken) -> None:
    """When the bot is added; whoever was invited may take it along."""
    closed.api.user_says(OPERATOR, "hello")
    await closed._settled(len(closed.api.sent))
    before = len(closed.api.sent)
    closed.api.add_bot(GROUP, kind="supergroup", by=MEMBER)
    assert "by invitation: an admin of this group needs a link" in await closed._answer(before)
    mine, _ = await codes(closed)
    await closed.ask(FRIEND, mine)
    before = len(closed.api.sent)
    closed.api.add_bot(GROUP - 1, kind="supergroup", by=FRIEND)
    assert "Admins choose what is posted here" in await closed._answer(before)


# --- taking an incident back ---------------------------------------------------------------------


async def test_a_withdrawal_reaches_everybody_who_was_told(world: Spoken) -> None:
    """As a reply with sound, with the reason; also who muted or raised the minimum since; nobody else hears of it; and
    a second withdrawal changes nothing."""
    await world.ask(STRANGER, "/subscribe_all")
    await world.ask(FRIEND, "/subscribe_SY")
    await world.ask(503, "/subscribe_SD")
    await world.ask(504, "/subscribe_all")
    told = {m.chat_id: m.message_id for m in await world.happens("un", CONVOY, minutes=20)}
    assert set(told) == {STRANGER, FRIEND, 504}
    await world.ask(FRIEND, "/mute 8h")
    await world.ask(504, "/settings severity extreme")

    said = await world.ask(OPERATOR, "/withdraw SY-1 the outlet took its <report> back")
    assert said == "Done: SY-1 is withdrawn. 3 chats that had been told of it will hear so."
    before = len(world.api.sent)
    await world.app.deliver.drain()
    sent = world.api.sent[before:]
    assert {m.chat_id: m.reply_to_message_id for m in sent} == told
    for m in sent:
        assert m.text.startswith("WITHDRAWN (MODERATE): aid convoy blocked - Idlib, SY")
        assert m.text.splitlines()[1] == "An operator took this report back: the outlet took its <report> back."
        assert m.text.count("took its <report> back") == 1
        assert not m.disable_notification
    assert await world.ask(OPERATOR, "/withdraw 1 once more") == "Incident SY-1 is withdrawn already."
    await world.app.deliver.drain()
    assert not await world.later(hours=9), "what was muted meanwhile is told once"
    (incident,) = await world.app.store.incidents()
    assert incident.state is State.WITHDRAWN


async def test_who_was_not_told_yet_never_hears(world: Spoken) -> None:
    """An alert that waits, and one that is held back by a mute, die with the incident."""
    await world.ask(STRANGER, "/subscribe_all")
    await world.ask(STRANGER, "/mute 8h")
    await world.ask(FRIEND, "/subscribe_all")
    world.api.faults.append(Fault("flood", method="sendMessage", chat_id=FRIEND, retry_after=1))
    assert not await world.happens("un", CONVOY, minutes=20)
    world.api.faults.clear()
    assert "0 chats that had been told" in await world.ask(OPERATOR, "/withdraw 1 an old report")
    assert not await world.later(hours=9)


async def test_a_withdrawn_incident_is_told_of_as_such_and_not_joined(world: Spoken) -> None:
    """/why says it, /summary leaves it out, and the same thing reported again is a new incident."""
    await world.ask(STRANGER, "/subscribe_all")
    await world.happens("un", CONVOY, minutes=20)
    await world.ask(OPERATOR, "/withdraw 1 an old report")
    await world.app.deliver.drain()
    why = await world.ask(STRANGER, "/why_1")
    assert why.startswith("WITHDRAWN")
    assert why.splitlines()[1] == "An operator took this report back: an old report."
    assert "Idlib" not in await world.ask(STRANGER, "/summary")
    (again,) = await world.happens("un", (CONVOY[0] + " again", CONVOY[1]), hours=1)
    assert again.reply_to_message_id is None
    assert "Id SY-2" in again.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/withdraw", "Which incident?"),
        ("/withdraw 1", "Why? The reason is told to everybody"),
        ("/withdraw 1 ?", "Why?"),
        ("/withdraw 99 a mistake of ours", "There is no incident 99."),
        ("/withdraw 1 " + "x" * 161, "Nothing was withdrawn: a reason has room for 160 characters."),
        ("/withdraw 1 " + "long " * 800, "Nothing was withdrawn: a reason has room for 160 characters."),
        ("/withdraw twelve a mistake of ours", "Which incident?"),
        ("/withdraw 99999999999999 a mistake", "Which incident?"),
    ],
)
async def test_mistakes_in_withdrawing(world: Spoken, typed: str, said: str) -> None:
    """Each says what to write; nothing is taken back."""
    await world.ask(STRANGER, "/subscribe_all")
    await world.happens("un", CONVOY, minutes=20)
    assert said in await world.ask(OPERATOR, typed)
    (incident,) = await world.app.store.incidents()
    assert incident.state is State.OPEN


async def test_a_reason_of_full_length_is_told_whole(world: Spoken) -> None:
    """In the alert and in /why."""
    await world.ask(STRANGER, "/subscribe_all")
    await world.happens("un", CONVOY, minutes=20)
    reason = ("the outlet took it back " * 7)[:160].strip()
    assert "is withdrawn" in await world.ask(OPERATOR, f"/withdraw 1 {reason}")
    before = len(world.api.sent)
    await world.app.deliver.drain()
    assert reason in to(STRANGER, world.api.sent[before:])[0]
    assert reason in await world.ask(STRANGER, "/why_1")


async def test_a_discreet_chat_hears_of_a_withdrawal_discreetly(world: Spoken) -> None:
    """It names no place either."""
    await world.ask(STRANGER, "/subscribe_all")
    await world.ask(STRANGER, "/settings discreet on")
    await world.happens("un", CONVOY, minutes=20)
    await world.ask(OPERATOR, "/withdraw 1 an old report from Idlib")
    before = len(world.api.sent)
    await world.app.deliver.drain()
    assert to(STRANGER, world.api.sent[before:]) == ["1 update, moderate, taken back"]
    assert "an old report from Idlib" in await world.press(STRANGER, "Show")


# --- what operators are told ---------------------------------------------------------------------


async def _operator_there(world: Spoken) -> None:
    """The operator wrote to the bot once, as Telegram wants it."""
    await world.ask(OPERATOR, "/whoami")
    await world.later(minutes=0)


async def test_the_start_is_told(world: Spoken) -> None:
    """With the number of sources, and when the service was last alive."""
    await _operator_there(world)
    await world.app.oversee.started(None)
    assert to(OPERATOR, await world.later(minutes=0)) == ["Access Watch has started, with 1 source. First start."]
    await world.app.oversee.ended()
    world.now += timedelta(minutes=1)
    await world.app.oversee.started(world.now)
    (text,) = to(OPERATOR, await world.later(hours=3))
    assert text.endswith("It was last alive 22 Nov 2026 14:01 UTC, 0 min ago.")


async def _fail(world: Spoken, hours: float, *idents: str) -> list[SentMessage]:
    """Polls every hour, of which these sources' fail; what is sent meanwhile."""
    sent = []
    for ident in idents:
        world.outlets.bodies.pop(ident, None)
    for _ in range(int(hours)):
        world.now += timedelta(hours=1)
        await world.polls()
        sent += await world.later(minutes=0)
    return sent


async def test_a_dead_source_is_told_once_and_its_recovery_once(tmp_path: Path) -> None:
    """Not before six hours; subscribers hear nothing of it."""
    async with spoken(tmp_path, NOW, operators=(OPERATOR,)) as world:
        await _two_more(world)
        await _operator_there(world)
        await world.ask(STRANGER, "/subscribe_all")
        assert not await _fail(world, 5, "two")
        (dead,) = await _fail(world, 1)
        assert dead.chat_id == OPERATOR
        assert dead.text.startswith("Two (two) has not been heard since 22 Nov 2026 14:00 UTC: ")
        assert not await _fail(world, 12)
        world.serve("two", b"<rss version='2.0'><channel><title>two</title></channel></rss>")
        (back,) = await _fail(world, 1)
        assert back.chat_id == OPERATOR
        assert back.text.startswith("Right again after 13 h: Two (two) has not been heard since")
        assert not await _fail(world, 3)


async def _two_more(world: Spoken) -> None:
    """Three sources: two beside "un"."""
    for ident, name in (("two", "Two"), ("three", "Three")):
        world.entries[ident] = []
        world.serve(ident, b"<rss version='2.0'><channel><title>x</title></channel></rss>")
        source = Source(ident, name, "feed", f"{world.base}/{ident}", ("en",), owner=ident)
        world.app.watch.sources[ident] = source  # type: ignore[index]
    await world.polls()


async def test_all_sources_dead_is_one_thing(tmp_path: Path) -> None:
    """One that was dead before is still dead and not called right; and while they come back one by one, nothing is
    told until most are there."""
    async with spoken(tmp_path, NOW, operators=(OPERATOR,)) as world:
        await _two_more(world)
        await _operator_there(world)
        (first,) = await _fail(world, 6, "two")
        assert first.text.startswith("Two (two)")
        sent = await _fail(world, 8, "un", "three")
        assert [m.text for m in sent] == ["No source at all can be read: is this machine's network down, or its proxy?"]
        feed = b"<rss version='2.0'><channel><title>x</title></channel></rss>"
        world.serve("un", feed)
        assert not await _fail(world, 2), "one of three is back"
        world.serve("three", feed)
        (over,) = await _fail(world, 1)
        assert over.text.startswith("Right again after ")
        assert over.text.count("\n") == 0
        world.serve("two", feed)
        (last,) = await _fail(world, 1)
        assert "Two (two)" in last.text


async def test_sending_that_is_stuck(world: Spoken) -> None:
    """Told once when an alert waits for five minutes, and once when it went."""
    await _operator_there(world)
    await world.ask(STRANGER, "/subscribe_all")
    world.api.faults.append(Fault("flood", method="sendMessage", chat_id=STRANGER, times=None, retry_after=1))
    assert not await world.happens("un", CONVOY, minutes=20)
    assert not await world.later(minutes=4)
    world.now += timedelta(minutes=2)
    (stuck,) = to(OPERATOR, await world.later(minutes=0))
    assert stuck == "Sending is stuck: 1 message waits, the oldest since 22 Nov 2026 14:20 UTC."
    assert not await world.later(minutes=10)
    world.api.faults.clear()
    sent = await world.later(minutes=1)
    assert to(STRANGER, sent)[0].startswith("MODERATE")
    (right,) = to(OPERATOR, sent + await world.later(minutes=1))
    assert right.startswith("Right again after ")
    assert not await world.later(minutes=5)


async def test_a_message_that_telegram_refuses_for_good(world: Spoken) -> None:
    """Operators hear that something was lost, and why."""
    await _operator_there(world)
    await world.ask(STRANGER, "/subscribe_all")

    call = world.api.call

    async def strict(token, method, params):  # type: ignore[no-untyped-def]
        if method == "sendMessage" and params.get("chat_id") in (STRANGER, str(STRANGER)):
            return 400, {"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities: <x>"}
        return await call(token, method, params)

    world.api.call = strict  # type: ignore[method-assign]
    await world.happens("un", CONVOY, minutes=20)
    (lost,) = to(OPERATOR, await world.later(minutes=1))
    assert lost == "1 message was refused by Telegram for good and not delivered: Can't parse entities: <x>."


async def test_operators_are_no_subscribers(world: Spoken) -> None:
    """What they are told makes no subscription; /forget and the purge leave nothing but what is needed."""
    await _operator_there(world)
    await world.app.oversee.started(None)
    await world.later(minutes=0)
    assert await world.app.store.subscriptions(OPERATOR) == []
    assert not to(OPERATOR, await world.happens("un", LIFELINE, minutes=20))
    assert await world.app.store.subscriber_count() == 0


async def test_a_long_list_of_troubles_is_one_message(world: Spoken) -> None:
    """Telegram takes no more than 4,096 characters, and what is told is remembered as told."""
    await _operator_there(world)
    for n in range(60):
        ident = f"s{n}"
        world.app.watch.sources[ident] = Source(  # type: ignore[index]
            ident, f"Source {n} " + "x" * 50, "feed", f"{world.base}/{ident}", ("en",), owner=ident
        )
    for n in range(61):  # as many more, which are heard
        ident = f"good{n}"
        world.serve(ident, b"<rss version='2.0'><channel><title>x</title></channel></rss>")
        world.app.watch.sources[ident] = Source(  # type: ignore[index]
            ident, ident, "feed", f"{world.base}/{ident}", ("en",), owner=ident
        )
    async with world.app.store.writing() as tx:
        for n in range(60):
            for _ in range(6):
                await tx.failed(f"s{n}", "HTTP 503, a long reason " + "y" * 150, world.now, world.now)
    (one,) = to(OPERATOR, await world.later(minutes=0))
    assert one.splitlines()[-1] == "and 50 more: /sources"
    assert len(one) <= 4096
    assert not await world.later(hours=2)


# --- an operators' group -------------------------------------------------------------------------


async def test_an_operators_group(tmp_path: Path) -> None:
    """It hears what operators hear; its admins withdraw there, its members don't; what may be done in private only
    stays so."""
    async with spoken(tmp_path, NOW, operators=(GROUP,)) as world:
        world.api.add_bot(GROUP, kind="supergroup", by=ADMIN)
        world.api.set_member(GROUP, ADMIN, "administrator")
        world.api.set_member(GROUP, MEMBER, "member")
        await world.ask(STRANGER, "/subscribe_all")
        (alert,) = await world.happens("un", CONVOY, minutes=20)
        await world.app.oversee.started(None)
        assert to(GROUP, await world.later(minutes=0)) == ["Access Watch has started, with 1 source. First start."]
        assert "Only the operators" in await world.ask(GROUP, "/withdraw 1 a mistake", user_id=MEMBER)
        assert "Only the operators" in await world.ask(ADMIN, "/withdraw 1 a mistake")
        world.api.user_says(GROUP, "/invite", user_id=ADMIN)  # whose link all members would read: no answer
        assert "SY-1 is withdrawn" in await world.ask(GROUP, "/withdraw 1 a mistake", user_id=ADMIN)
        assert not any("start=" in m.text for m in world.api.sent)
        before = len(world.api.sent)
        await world.app.deliver.drain()
        (taken_back,) = world.api.sent[before:]
        assert taken_back.chat_id == STRANGER
        assert taken_back.reply_to_message_id == alert.message_id


async def test_an_operator_in_a_group_of_others(tmp_path: Path) -> None:
    """Is one by their own number, wherever they write; not as an anonymous admin, who has none."""
    async with spoken(tmp_path, NOW, operators=(OPERATOR,)) as world:
        world.api.add_bot(GROUP, kind="supergroup", by=ADMIN)
        world.api.set_member(GROUP, OPERATOR, "member")
        await world.app.store.subscribe(Subscription(STRANGER, None, Severity.MINOR), NOW.date())
        await world.happens("un", NATIONWIDE, minutes=20)
        assert "Only the operators" in await world.ask(GROUP, "/withdraw 1 a mistake", user_id=OPERATOR, anonymous=True)
        assert "SD-1 is withdrawn" in await world.ask(GROUP, "/withdraw 1 a mistake", user_id=OPERATOR)
