"""What people say to the bot in a private chat, and what it does then: places, mutes, settings, buttons, the discreet
form, the line of the day, catching up, forgetting. Real App, SQLite and Bot API throughout, in the test's own time."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.local.core import SentMessage
from bot.local.faults import Fault
from bot.local.state import bad_request
from bot.model import Category, Severity, Subscription
from handlers import MENU
from handlers.menu import DESCRIPTION, SHORT, introduce
from tests.handlers.spoken import (
    CLOSED,
    COMING,
    CONVOY,
    CONVOY_AGAIN,
    LIFELINE,
    NATIONWIDE,
    Spoken,
    spoken,
)
from tests.make import NOW
from tests.world import rss

pytestmark = pytest.mark.slow  # whole stories

CHAT = 501


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    async with spoken(tmp_path, NOW) as w:
        yield w


async def wants(world: Spoken, chat: int = CHAT) -> list[tuple[str | None, Severity, tuple[Category, ...]]]:
    """What is stored of a chat's subscriptions."""
    return [(s.area, s.at_least, s.categories) for s in await world.app.store.subscriptions(chat)]


def texts(sent: list[SentMessage], chat: int = CHAT) -> list[str]:
    return [m.text for m in sent if m.chat_id == chat and m.text]


ALL_KINDS = tuple(Category)
AID = (Category.AID_DELIVERY,)


# --- /subscribe ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "area", "at_least", "kinds"),
    [
        ("/subscribe Syria", "SY", Severity.MINOR, ALL_KINDS),
        ("/subscribe_SY_severe", "SY", Severity.SEVERE, ALL_KINDS),
        ("/Subscribe sy Extreme", "SY", Severity.EXTREME, ALL_KINDS),
        ("/SUBSCRIBE_SY", "SY", Severity.MINOR, ALL_KINDS),
        ("/subscribe@access_watch_local_bot Sudan", "SD", Severity.MINOR, ALL_KINDS),
        ("/subscribe_SD_aid@access_watch_local_bot", "SD", Severity.MINOR, AID),
        ("/subscribe all moderate", None, Severity.MODERATE, ALL_KINDS),
        ("/subscribe everywhere", None, Severity.MINOR, ALL_KINDS),
        ("/subscribe_Rafah_crossing", "own:rafah-crossing", Severity.MINOR, ALL_KINDS),
        ("/subscribe rafah crossing aid severe", "own:rafah-crossing", Severity.SEVERE, AID),
        ("/subscribe Sudan routes siege", "SD", Severity.MINOR, (Category.SIEGE, Category.ROUTE_CLOSURE)),
        ("/subscribe سوريا severe", "SY", Severity.SEVERE, ALL_KINDS),
        ("/subscribe معبر رفح", "own:rafah-crossing", Severity.MINOR, ALL_KINDS),
        ("/subscribe دير الزور", "gn:170794", Severity.MINOR, ALL_KINDS),
        ("/subscribe Дейр-эз-Зор extreme", "gn:170794", Severity.EXTREME, ALL_KINDS),
        ("/subscribe Сирия", "SY", Severity.MINOR, ALL_KINDS),
        ("/subscribe_Сирии", "SY", Severity.MINOR, ALL_KINDS),
    ],
)
async def test_a_place_that_is_clear(
    world: Spoken, typed: str, area: str | None, at_least: Severity, kinds: tuple[Category, ...]
) -> None:
    """In any script, case and form, with the name of the bot or without."""
    said = await world.ask(CHAT, typed)
    assert said.startswith("Done: I will tell you of ")
    assert await wants(world) == [(area, at_least, kinds)]
    listed = await world.ask(CHAT, "/subscribe")
    assert ("of any severity" in listed) is (at_least is Severity.MINOR)
    assert "gn:" not in said + listed
    assert "own:" not in said + listed


async def test_places_that_are_not_clear_are_asked_about_with_buttons(world: Spoken) -> None:
    """One button for each, told apart; the press keeps what was typed beside the name."""
    said = await world.ask(CHAT, "/subscribe tripoli aid severe")
    assert said == "Several places are called “tripoli”. Which one?"
    assert world.labels(CHAT) == ["Tripoli (city), Libya", "Tripoli (city), Lebanon"]
    assert not await wants(world)
    said = await world.press(CHAT, "Tripoli (city), Lebanon")
    assert said.startswith("Done: I will tell you of changes of the kind aid delivery in Tripoli (city), Lebanon")
    assert await wants(world) == [("gn:266826", Severity.SEVERE, AID)]


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        (
            "Santa Ana",  # one in another country, one in a region of its own
            {"Santa Ana (city), United States", "Santa Ana (city), El Salvador"},
        ),
        (
            "São José",  # two in one region
            {
                "São José (city), Santa Catarina, 27.61 S 48.63 W, Brazil",
                "São José (city), Santa Catarina, 28.21 S 49.16 W, Brazil",
            },
        ),
        ("Springfild", {"Springfield (city), 37.22 N 93.30 W, United States"}),  # guessed, and of no region we know
    ],
)
async def test_namesakes_are_told_apart(world: Spoken, typed: str, labels: set[str]) -> None:
    """By their region, else by where they lie; and no country is called by its code."""
    await world.ask(CHAT, f"/subscribe {typed}")
    offered = world.labels(CHAT)
    assert labels <= set(offered)
    assert len(offered) == len(set(offered))
    chosen = min(labels)
    assert f"in {chosen} that" in await world.press(CHAT, chosen)


async def test_a_misspelt_place_is_guessed_with_at_most_five_buttons(world: Spoken) -> None:
    """The likest first; nothing is subscribed until one is pressed."""
    said = await world.ask(CHAT, "/subscribe Damascs severe")
    assert "no place called “Damascs”. Did you mean one of these?" in said
    assert 1 <= len(world.labels(CHAT)) <= 5
    assert world.labels(CHAT)[0].startswith("Damascus")
    assert not await wants(world)
    await world.press(CHAT, world.labels(CHAT)[0])
    ((area, at_least, _),) = await wants(world)
    assert at_least is Severity.SEVERE
    place = world.app.telegram.desk.places.by_key(area or "")
    assert place is not None
    assert place.name == "Damascus"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/subscribe severe", "Which place? For example /subscribe_SY_severe"),
        ("/subscribe aid", "Which place?"),
        ("/subscribe qwertyuiop", "I know no place called “qwertyuiop”."),
        ("/subscribe <b>&", "I know no place called “<b>&”."),
        ("/subscribe " + "x" * 4000, "I know no place called “" + "x" * 60 + "”."),
        ("/subscribe =own:atlantis", "I no longer know that place: write its name instead"),
        ("/subscribe =", "I no longer know that place"),
        ("/unsubscribe =own:atlantis", "I no longer know that place"),
        ("/summary =own:atlantis", "I no longer know that place"),
        ("/subscribe *", "I know no place called “*”."),
    ],
)
async def test_what_can_not_be_subscribed_to(world: Spoken, typed: str, said: str) -> None:
    """Each mistake is answered with what to write instead, and nothing is stored."""
    assert said in await world.ask(CHAT, typed)
    assert await world.app.store.chat(CHAT) is None


async def test_a_button_whose_place_is_gone_says_so(world: Spoken) -> None:
    """The tables of places change between versions; old buttons stay in the chats."""
    await world.app.store.subscribe(Subscription(CHAT, "gn:1", Severity.MINOR), NOW.date())
    assert "- gn:1: changes" in await world.ask(CHAT, "/subscribe")
    assert "I no longer know that place" in await world.press(CHAT, "Stop: gn:1")
    assert "1 subscription ended" in await world.ask(CHAT, "/unsubscribe"), "and there is a way out"


async def test_subscribing_again_changes_and_stop_ends(world: Spoken) -> None:
    """One subscription per place; the button under the answer and those of the list end one each."""
    await world.ask(CHAT, "/subscribe_SY_severe")
    await world.ask(CHAT, "/subscribe_SY_aid")
    assert await wants(world) == [("SY", Severity.MINOR, AID)]
    await world.ask(CHAT, "/subscribe_SD")
    assert "no more alerts about Sudan" in await world.press(CHAT, "Stop this")
    await world.ask(CHAT, "/subscribe all extreme")
    listed = await world.ask(CHAT, "/subscribe")
    assert listed.splitlines() == [
        "Subscribed here to:",
        "- all countries: changes, extreme",
        "- Syria: changes of the kind aid delivery, of any severity",
    ]
    assert "no more alerts about all countries" in await world.press(CHAT, "Stop: all countries")
    assert "no more alerts about Syria" in await world.press(CHAT, "Stop: Syria")
    assert "There is no subscription for Syria" in await world.press(CHAT, "Stop: Syria")
    assert "no subscription" in await world.ask(CHAT, "/unsubscribe")


@pytest.mark.parametrize(
    ("first", "then", "goes_on", "stop", "narrow"),
    [
        ("all", "Sudan severe", "all countries: changes, of any severity", "all countries", "/subscribe all severe"),
        ("all moderate", "Sudan aid", "all countries: changes, moderate or worse", "all countries",
         "/subscribe all aid moderate"),
        ("Palestine", "Rafah crossing extreme", "Palestine: changes, of any severity", "Palestine",
         "/subscribe Palestine extreme"),
    ],
)  # fmt: skip
async def test_what_a_wider_subscription_still_brings_is_said(
    world: Spoken, first: str, then: str, goes_on: str, stop: str, narrow: str
) -> None:
    """And how to have less: a button ends the wider one, a command narrows it, and then nothing is said any more."""
    await world.ask(CHAT, f"/subscribe {first}")
    said = await world.ask(CHAT, f"/subscribe {then}")
    assert f"Still subscribed here to {goes_on}. So those keep coming from " in said
    assert said.splitlines()[1].endswith(narrow)
    assert "Done" in await world.ask(CHAT, narrow)
    assert "Still subscribed" not in await world.ask(CHAT, f"/subscribe {then}")
    await world.ask(CHAT, f"/subscribe {first}")
    await world.ask(CHAT, f"/subscribe {then}")
    assert "no more alerts about" in await world.press(CHAT, f"Stop: {stop}")
    assert len(await wants(world)) == 1


@pytest.mark.parametrize("first", ["all extreme", "all severe", "Syria", "Kadugli"])
async def test_what_brings_nothing_more_is_not_spoken_of(world: Spoken, first: str) -> None:
    """Another country, a place within, or what is as narrow."""
    await world.ask(CHAT, f"/subscribe {first}")
    assert "Still" not in await world.ask(CHAT, "/subscribe Sudan severe")


async def test_from_the_start_to_a_subscription_by_buttons(world: Spoken) -> None:
    """Nothing need be typed: the countries in the news are offered, the worst first, and everywhere."""
    await world.ask(CHAT, "/start")
    assert world.labels(CHAT) == ["Choose a country or place", "Newest changes", "How it stands"]
    said = await world.press(CHAT, "Choose a country or place")
    assert said.startswith("There is no subscription here yet.")
    assert world.labels(CHAT) == ["Everywhere, severe and extreme"]
    for news in (CONVOY, CLOSED, CONVOY_AGAIN):
        await world.happens("un", news, minutes=20)
    await world.ask(CHAT, "/subscribe")
    assert world.labels(CHAT) == ["Palestine", "Syria", "Everywhere, severe and extreme"]
    await world.press(CHAT, "Syria")
    assert await wants(world) == [("SY", Severity.MINOR, ALL_KINDS)]
    await world.ask(CHAT, "/start")
    assert "Subscribed here to:" in await world.press(CHAT, "What is subscribed here")
    assert world.labels(CHAT) == ["Stop: Syria"]
    await world.press(CHAT, "Stop: Syria")
    await world.ask(CHAT, "/subscribe")
    await world.press(CHAT, "Everywhere, severe and extreme")
    assert await wants(world) == [(None, Severity.SEVERE, ALL_KINDS)]


async def test_there_is_an_end_to_subscriptions(world: Spoken) -> None:
    """Fifty for one chat; a country instead is the way on."""
    desk = world.app.telegram.desk
    for n in range(50):
        await desk.store.subscribe(Subscription(CHAT, f"gn:{n}", Severity.MINOR), NOW.date())
    assert "may have 50 subscriptions" in await world.ask(CHAT, "/subscribe_SY")
    assert len(world.labels(CHAT)) == 0
    await world.ask(CHAT, "/subscribe")
    assert len(world.labels(CHAT)) == 20


async def test_how_it_stands_now_is_asked_by_a_button(world: Spoken) -> None:
    """It asks about the place just subscribed to, and other places of the name are offered."""
    await world.happens("un", CLOSED, minutes=20)
    await world.ask(CHAT, "/subscribe Rafah crossing")
    said = await world.press(CHAT, "How it stands now")
    assert said.startswith("Access in Rafah crossing, last 24 h")
    await world.ask(CHAT, "gaza")
    assert world.labels(CHAT) == ["Open or closed?", "Gaza (region), Mozambique"]
    assert "Gaza in 24 h" in await world.press(CHAT, "Gaza (region), Mozambique")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/settings_zone_Asia/Damascus", "Write it with spaces, such as /settings zone Asia/Damascus"),
        ("/settings_daily_07:00", "Write it with spaces, such as /settings daily 07:00"),
        ("/mute_22:00-06:00", "Write it with spaces, such as /mute 22:00-06:00"),
        ("/why_1@another_bot", "Write it with spaces, such as /why 1@another bot"),
        ("/sumary", "I know no command “/sumary”. Did you mean /summary?"),
        ("/Атлантида", "I know no command “/атлантида”. /help lists what I know."),
        ("/", "I know no command “/”. /help lists what I know."),
    ],
)
async def test_what_begins_as_a_command_is_never_a_place(world: Spoken, typed: str, said: str) -> None:
    """Telegram sees a command in letters, digits and _ only: the rest is explained."""
    assert await world.ask(CHAT, typed) == said


# --- /mute ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/mute 8h", "everything is quiet until 22 Nov 2026 22:00 UTC."),
        ("/mute_90min", "everything is quiet until 22 Nov 2026 15:30 UTC."),
        ("/mute 8 h", "everything is quiet until 22 Nov 2026 22:00 UTC."),
        ("/mute 30D", "everything is quiet until 22 Dec 2026 14:00 UTC."),
        ("/mute all", "everything is quiet until 22 Nov 2026 22:00 UTC."),
        ("/mute all 1m", "everything is quiet until 22 Nov 2026 14:01 UTC."),
        ("/mute Syria", "Syria is quiet until 22 Nov 2026 22:00 UTC."),
        ("/mute Rafah crossing 2 d", "Rafah crossing, Palestine is quiet"),
        ("/mute رفح 24h", "quiet until 23 Nov 2026 14:00 UTC."),
        ("/mute 22:00-06:00", "everything is quiet every day from 22:00 to 06:00 (UTC)."),
        ("/mute Sudan 22-6", "Sudan is quiet every day from 22:00 to 06:00 (UTC)."),
        ("/mute 13.30-14.15", "everything is quiet every day from 13:30 to 14:15 (UTC)."),
        ("/mute 20:00-24:00", "everything is quiet every day from 20:00 to 00:00 (UTC)."),
        ("/mute 0h", "A mute lasts from 1min to 30d"),
        ("/mute 31d", "A mute lasts from 1min to 30d"),
        ("/mute 999d", "A mute lasts from 1min to 30d"),
        ("/mute 22:00-22:00", "begins and ends at different times"),
        ("/mute 0:00-24:00", "begins and ends at different times"),
        ("/mute 22:70-06:00", "Write times of the day as 22:00-06:00"),
        ("/mute 25:00-06:00", "Write times of the day as 22:00-06:00"),
        ("/mute 24:30-06:00", "Write times of the day as 22:00-06:00"),
        ("/mute 22:00", "Write times of the day as 22:00-06:00"),
        ("/mute Rafah 25:99", "Write times of the day as 22:00-06:00"),
        ("/mute Atlantis 8h", "I know no place called “Atlantis”."),
        ("/mute 8 hours", "I know no place called “8 hours”."),
        ("/mute #99 8h", "I no longer know that incident"),
        ("/mute off", "Nothing was muted."),
        ("/mute Rafah off", "Nothing was muted."),
        ("/mute Atlantis off", "I know no place called “Atlantis”."),
        ("/mute 22:00-22:00 off", "begins and ends at different times"),
    ],
)
async def test_mutes_and_their_mistakes(world: Spoken, typed: str, said: str) -> None:
    """Right ones are stored and listed, wrong ones say what to write."""
    await world.ask(CHAT, "/subscribe_all")
    answer = await world.ask(CHAT, typed)
    assert said in answer
    stored = await world.app.store.mutes(CHAT, world.now)
    assert bool(stored) is answer.startswith("Done: ")
    listed = await world.ask(CHAT, "/mute")
    assert listed.startswith("Muted here:" if stored else "Nothing is muted here.")


async def test_mute_needs_a_subscription(world: Spoken) -> None:
    """Of a chat that nothing is kept about nothing is begun to be kept."""
    assert "nothing to mute" in await world.ask(CHAT, "/mute 8h")
    assert await world.app.store.chat(CHAT) is None


async def test_a_place_to_mute_that_is_not_clear(world: Spoken) -> None:
    """The press keeps the time."""
    await world.ask(CHAT, "/subscribe_all")
    assert "Which one?" in await world.ask(CHAT, "/mute tripoli 3h")
    said = await world.press(CHAT, "Tripoli (city), Libya")
    assert "Tripoli (city), Libya is quiet until 22 Nov 2026 17:00 UTC." in said


async def test_what_is_muted_comes_afterwards_in_one_message(world: Spoken) -> None:
    """Moderate and severe news is held; extreme news comes at once, without sound, as does its story's next part; other
    places are told as ever."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/mute Syria 8h")
    assert not await world.happens("un", CONVOY, minutes=20)
    assert not await world.happens("un", CONVOY_AGAIN, minutes=20)
    (extreme,) = await world.happens("un", LIFELINE, minutes=20)
    assert extreme.text.startswith("EXTREME")
    assert extreme.disable_notification
    (elsewhere,) = await world.happens("un", CLOSED, minutes=20)
    assert elsewhere.text.startswith("SEVERE")
    assert not elsewhere.disable_notification
    assert not await world.later(hours=6, minutes=39)
    (after,) = await world.later(minutes=1)
    assert after.text.startswith("2 changes you have not been told yet: you had muted this")
    assert "Idlib, SY; new incident" in after.text
    assert "Homs, SY; new incident" in after.text
    assert not await world.later(hours=1)
    (next_,) = await world.happens(
        "un", ("Convoy reaches Idlib", "The aid convoy for displaced families arrived in Idlib, Syria."), hours=1
    )
    assert next_.reply_to_message_id == after.message_id, "the story goes on under the message that told it"


async def test_ending_a_mute_tells_at_once(world: Spoken) -> None:
    """By command or by its button; a longer mute in place of a shorter one holds on."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/mute 8h")
    await world.happens("un", CONVOY, minutes=20)
    said = await world.press(CHAT, "End all mutes")
    assert said == "Done: no mute any more. What was held back comes in one message."
    (told,) = await world.later(minutes=0)
    assert "Idlib" in told.text
    await world.ask(CHAT, "/mute")
    said = await world.press(CHAT, "24 h")
    assert "until 23 Nov 2026 14:20 UTC" in said
    await world.happens("un", CLOSED, minutes=20)
    assert "Nothing was muted" not in await world.ask(CHAT, "/mute off")
    assert len(await world.later(minutes=0)) == 1
    (loud,) = await world.happens("un", NATIONWIDE, minutes=20)
    assert not loud.disable_notification


async def test_one_mute_is_ended_alone(world: Spoken) -> None:
    """By its place, or by a button of its own; what was held for it comes, what another mute covers waits on."""
    await world.ask(CHAT, "/subscribe_all")
    for typed in ("/mute Syria 8h", "/mute Rafah crossing 24h", "/mute Syria 20:00-06:00", "/mute 1:00-2:00"):
        await world.ask(CHAT, typed)
    assert world.labels(CHAT) == [
        "End: everything, nights", "End: Syria", "End: Syria, nights", "End: Rafah crossing, Palestine",
        "End all mutes",
    ]  # fmt: skip
    assert not await world.happens("un", CONVOY, minutes=20)
    assert not await world.happens("un", CLOSED, minutes=20)
    said = await world.press(CHAT, "End: Syria")
    assert said.splitlines()[:2] == [
        "Done: that is not muted any more. What was held back comes in one message.",
        "Still muted here:",
    ]
    assert len(said.splitlines()) == 5
    (told,) = await world.later(minutes=0)
    assert "Idlib" in told.text
    assert "Rafah" not in told.text
    assert await world.press(CHAT, "End: Syria") == "That was not muted. /mute shows what is."
    assert "that is not muted any more" in await world.ask(CHAT, "/mute Rafah crossing off")
    (told,) = await world.later(minutes=0)
    assert "Rafah crossing" in told.text
    assert "That was not muted" in await world.ask(CHAT, "/mute 3h off"), "only nights are left"
    assert "that is not muted any more" in await world.ask(CHAT, "/mute all off")
    assert "no mute any more" in await world.press(CHAT, "End: Syria, nights")
    assert "Nothing is muted" in await world.ask(CHAT, "/mute")


async def test_a_place_whose_mute_ends_is_asked_about_when_it_is_not_clear(world: Spoken) -> None:
    """The press still says off."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/mute =gn:266826 8h")
    await world.ask(CHAT, "/mute Sudan 8h")
    assert "Which one?" in await world.ask(CHAT, "/mute tripoli off")
    assert "That was not muted" in await world.press(CHAT, "Tripoli (city), Libya")
    await world.ask(CHAT, "/mute tripoli off")
    assert "that is not muted any more" in await world.press(CHAT, "Tripoli (city), Lebanon")


async def test_quiet_nights_follow_the_chats_own_clock(world: Spoken) -> None:
    """22:00 to 06:00 in Damascus is 19:00 to 03:00 UTC."""
    await world.ask(CHAT, "/subscribe_all")
    assert "These are UTC times: /settings sets your time zone." in await world.ask(CHAT, "/mute 22:00-06:00")
    assert "Time zone: Asia/Damascus" in await world.ask(CHAT, "/settings zone Asia/Damascus")
    said = await world.ask(CHAT, "/mute 22:00-06:00")
    assert "every day from 22:00 to 06:00 (Asia/Damascus)" in said
    assert "UTC" not in said
    (evening,) = await world.happens("un", CONVOY, hours=4, minutes=59)
    assert not evening.disable_notification
    assert not await world.happens("un", CLOSED, minutes=1)
    (night,) = await world.happens("un", LIFELINE, hours=1)
    assert night.disable_notification
    world.now = NOW + timedelta(hours=12, minutes=59)
    assert not await world.sends()
    (morning,) = await world.later(minutes=1)
    assert "Rafah" in morning.text
    (day,) = await world.happens("un", NATIONWIDE, minutes=1)
    assert not day.disable_notification


async def test_a_mute_that_is_longest_counts(world: Spoken) -> None:
    """The country until tonight, the town until tomorrow: the town's news comes tomorrow."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/mute Syria 2h")
    await world.ask(CHAT, "/mute Idlib 20h")
    await world.happens("un", CONVOY, minutes=20)
    await world.happens("un", CONVOY_AGAIN, minutes=20)
    (first,) = await world.later(hours=2)
    assert "Homs" in first.text
    assert "Idlib" not in first.text
    (second,) = await world.later(hours=18)
    assert "Idlib" in second.text


# --- an alert's own buttons ----------------------------------------------------------------------


async def test_an_alerts_buttons(world: Spoken) -> None:
    """Why?, Mute here 8 h - of the place - and the address of the source."""
    await world.ask(CHAT, "/subscribe_all")
    (alert,) = await world.happens("un", CLOSED, minutes=20)
    assert world.labels(CHAT) == ["Why?", "Mute here 8 h", "Open source"]
    rows = (alert.reply_markup or {})["inline_keyboard"]
    assert rows[0][2]["url"] == "https://un.example/0"
    why = await world.press(CHAT, "Why?")
    assert "What the report said" in why
    assert "UN News" in why
    muted = await world.press(CHAT, "Mute here 8 h")
    assert muted.startswith("Done: Rafah crossing, Palestine ")
    assert "is quiet until 22 Nov 2026 22:20 UTC" in muted
    (mute,) = await world.app.store.mutes(CHAT, world.now)
    assert mute.area == "own:rafah-crossing"


async def test_mute_here_without_a_place_is_the_country(world: Spoken) -> None:
    """A report of the whole country mutes the country."""
    await world.ask(CHAT, "/subscribe_all")
    await world.happens("un", NATIONWIDE, minutes=20)
    assert "Sudan is quiet until" in await world.press(CHAT, "Mute here 8 h")
    (mute,) = await world.app.store.mutes(CHAT, world.now)
    assert mute.area == "SD"


async def test_a_movement_that_is_to_come_has_no_open_source(world: Spoken) -> None:
    """Neither in the alert nor behind Show; nor do its words appear."""
    await world.ask(CHAT, "/subscribe_all")
    (alert,) = await world.happens("un", COMING, minutes=20)
    assert world.labels(CHAT) == ["Why?", "Mute here 8 h"]
    why = await world.press(CHAT, "Why?")
    for text in (alert.text, why):
        assert "06:00" not in text
        assert "Thursday" not in text
        assert "un.example" not in text
    assert not any("un.example" in html for html in world.html)


async def test_an_address_that_leads_elsewhere_is_no_button(world: Spoken) -> None:
    """A feed may hold anything."""
    await world.ask(CHAT, "/subscribe_all")
    world.now += timedelta(minutes=20)
    feed = rss("un", [(*CLOSED, world.now)]).replace(
        b"https://un.example/0", escape("https://un@evil.example/0").encode()
    )
    world.serve("un", feed)
    await world.polls()
    assert world.labels(CHAT) == ["Why?", "Mute here 8 h"]


async def test_an_address_that_telegram_refuses_costs_its_button_only(
    world: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Show still shows."""

    def refuse(button: dict[str, str]) -> None:
        if "url" in button:
            raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")

    monkeypatch.setattr("bot.local.messages._check_button", refuse)
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/settings discreet on")
    await world.happens("un", CLOSED, minutes=20)
    assert "Rafah" in await world.press(CHAT, "Show")
    assert world.labels(CHAT) == ["Hide", "Why?", "Mute here 8 h"]


async def test_a_button_pressed_while_we_were_away_is_done_all_the_same(world: Spoken) -> None:
    """Telegram no longer takes the answer to the press itself after a while; what it asks for is done."""
    await world.ask(CHAT, "/subscribe_all")
    await world.happens("un", CLOSED, minutes=20)

    class Forgetful(dict):  # type: ignore[type-arg]
        def __setitem__(self, key: str, value: object) -> None:
            """Telegram knows no press for long."""

    world.api.presses = Forgetful()
    assert "What the report said" in await world.press(CHAT, "Why?")


async def test_a_button_of_another_chat_does_nothing(world: Spoken) -> None:
    """Its payload, put under a message of another chat, is refused with words over the chat."""
    await world.ask(CHAT, "/subscribe_SY")
    await world.ask(502, "/subscribe_SY")
    rows = next(m for m in reversed(world.api.sent) if m.chat_id == CHAT).reply_markup
    theirs = world.api.chats[502].messages
    theirs[max(theirs)]["reply_markup"] = rows
    before = len(world.api.sent)
    world.api.user_presses(502, max(theirs), rows["inline_keyboard"][0][0]["callback_data"])
    said = await world._answer(before)
    assert "from another chat" in said
    assert world.api.sent[-1].show_alert
    assert await wants(world, 502) == [("SY", Severity.MINOR, ALL_KINDS)]


# --- /settings -----------------------------------------------------------------------------------


async def test_times_are_told_by_the_clocks_of_the_chat_too(world: Spoken) -> None:
    """In alerts, catch-ups and every answer that tells a time, behind UTC; a chat without a time zone has UTC alone."""
    await world.ask(502, "/subscribe_all")
    await world.ask(CHAT, "/subscribe_all")
    page = await world.ask(CHAT, "/settings zone Asia/Damascus")
    assert (
        "Time zone: Asia/Damascus (for mutes and the line a day; other times are UTC, with yours in brackets)" in page
    )
    alerts = {m.chat_id: m.text for m in await world.happens("un", CLOSED, minutes=20)}
    assert "as of 22 Nov 2026 14:20 UTC (17:20)" in alerts[CHAT]
    assert "(17:20)" not in alerts[502]
    answers = [await world.ask(CHAT, question) for question in ("/latest", "/summary", "/why_1", "/sources", "rafah")]
    await world.ask(CHAT, "/settings discreet on")
    await world.happens("un", LIFELINE)
    for said in (*answers, await world.press(CHAT, "Show")):
        assert said.count("UTC (17:2") == said.count("UTC") > 0, said
    await world.ask(CHAT, "/settings discreet off")
    await world.ask(CHAT, "/mute 1h")
    await world.happens("un", CONVOY)
    (held,) = await world.later(hours=2)
    assert held.text.endswith("As of 22 Nov 2026 16:20 UTC (19:20).")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/settings", "Time zone: UTC"),
        ("/settings zone Asia/Damascus", "Time zone: Asia/Damascus"),
        ("/settings zone asia/damascus", "Time zone: Asia/Damascus"),
        ("/settings tz Damascus", "Time zone: Asia/Damascus"),
        ("/settings_zone_Khartoum", "Time zone: Africa/Khartoum"),
        ("/settings timezone America/New_York", "Time zone: America/New_York"),
        ("/settings zone New York", "Time zone: America/New_York"),
        ("/settings zone America/Argentina/Buenos Aires", "Time zone: America/Argentina/Buenos_Aires"),
        ("/settings daily 07:00", "Line a day, also when nothing happened: 07:00"),
        ("/settings daily 7:05", "Line a day, also when nothing happened: 07:05"),
        ("/settings Daily 19.30", "Line a day, also when nothing happened: 19:30"),
        ("/settings_daily_off", "Line a day, also when nothing happened: off"),
        ("/settings discreet on", "the rest behind a button): on"),
        ("/settings discreet NO", "the rest behind a button): off"),
        ("/settings_severity_severe", "Minimum severity, for all subscriptions: severe"),
        ("/settings severity MINOR", "Minimum severity, for all subscriptions: minor"),
    ],
)
async def test_settings(world: Spoken, typed: str, said: str) -> None:
    """Each answer is the page as it stands then, and it is stored."""
    assert said in await world.ask(CHAT, typed)
    assert said in await world.ask(CHAT, "/settings")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/settings zone Asia/Damascos", "I know no time zone “Asia/Damascos”. Did you mean Asia/Damascus?"),
        ("/settings zone Damaskus", "Did you mean Asia/Damascus?"),
        ("/settings zone", "I know no time zone “”. Write a name such as Asia/Damascus"),
        ("/settings zone ../../etc/passwd", "I know no time zone “../../etc/passwd”."),
        ("/settings zone <b>", "I know no time zone “<b>”."),
        ("/settings daily", "When? Write a time of the day, such as /settings daily 07:00"),
        ("/settings daily 25:00", "When?"),
        ("/settings daily 7", "When?"),
        ("/settings daily 07:60", "When?"),
        ("/settings discreet", "Write /settings discreet on, or /settings discreet off"),
        ("/settings discreet perhaps", "Write /settings discreet on"),
        ("/settings severity", "Severity is minor, moderate, severe or extreme"),
        ("/settings severity worst", "Severity is minor, moderate, severe or extreme"),
        ("/settings colour red", "I know no setting “colour”. Write, for example: /settings zone"),
    ],
)
async def test_mistakes_in_settings(world: Spoken, typed: str, said: str) -> None:
    """Each says what to write; nothing is kept of a chat that set nothing."""
    assert said in await world.ask(CHAT, typed)
    assert await world.app.store.chat(CHAT) is None


async def test_settings_by_buttons_change_the_page_in_place(world: Spoken) -> None:
    """Nothing new is sent; time zones of the countries that are subscribed to are offered."""
    await world.ask(CHAT, "/subscribe_SY")
    await world.ask(CHAT, "/subscribe Rafah")
    await world.ask(CHAT, "/settings")
    assert world.labels(CHAT) == [
        "• minor", "moderate", "severe", "extreme", "Line a day: 07:00", "Discreet: on",
        "Summary a day: 07:00", "Summary a week: 07:00", "Asia/Damascus", "Asia/Gaza", "Asia/Hebron",
    ]  # fmt: skip
    messages = len(world.api.chats[CHAT].messages)
    for label, said in (
        ("Asia/Damascus", "Time zone: Asia/Damascus"),
        ("Line a day: 07:00", "happened: 07:00"),
        ("Discreet: on", "button): on"),
        ("extreme", "subscriptions: extreme"),
        ("Discreet: off", "button): off"),
        ("Line a day: off", "happened: off"),
    ):
        assert said in await world.press(CHAT, label)
        assert world.api.sent[-1].method == "editMessageText"
    assert len(world.api.chats[CHAT].messages) == messages
    assert "• extreme" in world.labels(CHAT)
    assert "Asia/Damascus" not in world.labels(CHAT)


async def test_pressing_what_is_set_already_is_no_error(world: Spoken) -> None:
    """Telegram calls the edit one that changes nothing."""
    await world.ask(CHAT, "/settings severity severe")
    before = len(world.api.sent)
    world.api.user_presses(CHAT, world.api.sent[-1].message_id, _payload(world.api.sent[-1], "• severe"))
    await world.ask(CHAT, "/settings")
    assert [m.method for m in world.api.sent[before:] if m.text] == ["sendMessage"]


def _payload(message: SentMessage, label: str) -> str:
    rows = (message.reply_markup or {})["inline_keyboard"]
    return next(b["callback_data"] for row in rows for b in row if b["text"] == label)


async def test_the_minimum_severity_stands_above_all_subscriptions(world: Spoken) -> None:
    """And going on with less brings back what was subscribed to."""
    await world.ask(CHAT, "/subscribe_all_minor")
    await world.ask(CHAT, "/settings severity severe")
    assert not await world.happens("un", CONVOY, minutes=20)
    assert len(await world.happens("un", CLOSED, minutes=20)) == 1
    await world.ask(CHAT, "/settings severity minor")
    assert len(await world.happens("un", CONVOY_AGAIN, minutes=20)) == 1


# --- the discreet form ---------------------------------------------------------------------------


async def test_the_discreet_form_shows_and_hides(world: Spoken) -> None:
    """What arrives names no place and no event; Show puts the alert in its place, Hide takes it back."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/settings discreet on")
    before = len(world.html)
    (alert,) = await world.happens("un", CLOSED, minutes=20)
    assert alert.text == "1 update, severe"
    assert world.html[before:] == ["1 update, severe"]
    assert world.labels(CHAT) == ["Show"]
    shown = await world.press(CHAT, "Show")
    assert shown.startswith("SEVERE: ")
    assert "Rafah crossing" in shown
    assert world.api.sent[-1].message_id == alert.message_id
    assert world.labels(CHAT) == ["Hide", "Why?", "Mute here 8 h", "Open source"]
    assert await world.press(CHAT, "Hide") == "1 update, severe"
    assert world.api.sent[-1].message_id == alert.message_id
    assert world.labels(CHAT) == ["Show"]


async def test_a_discreet_story_is_a_chain_and_show_tells_how_it_stands(world: Spoken) -> None:
    """The update replies to the first message; either's Show tells the newest."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/settings discreet on")
    (first,) = await world.happens("un", CLOSED, minutes=20)
    (second,) = await world.happens(
        "un", ("Rafah crossing reopens", "The Rafah crossing into Gaza was reopened to aid convoys."), hours=1
    )
    assert second.reply_to_message_id == first.message_id
    assert second.text == "1 update, severe, for the better"
    assert "Not confirmed as safe." in await world.press(CHAT, "Show")
    before = len(world.api.sent)
    world.api.user_presses(CHAT, first.message_id, _payload(first, "Show"))
    assert "RESOLVED (SEVERE)" in await world._answer(before)


async def test_nothing_on_a_lock_screen_names_a_place(world: Spoken) -> None:
    """Of all that comes unasked: alerts, what was muted, what an outage kept, the line of the day, withdrawals."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/settings discreet on")
    await world.ask(CHAT, "/settings daily 20:00")
    sent = await world.happens("un", CLOSED, minutes=20)
    await world.ask(CHAT, "/mute 2h")
    sent += await world.happens("un", CONVOY, minutes=20)
    sent += await world.happens("un", LIFELINE, minutes=20)
    sent += await world.later(hours=3)
    world.entries["un"].append((*NATIONWIDE, world.now))
    sent += await world.happens("un", CONVOY_AGAIN, hours=9)
    sent += await world.later(minutes=3)
    unasked = texts(sent)
    assert len(unasked) == 6
    for text in unasked:
        for word in (
            "Rafah",
            "Idlib",
            "Syria",
            "Sudan",
            "Deir",
            "Homs",
            "aid",
            "crossing",
            "convoy",
            "UN News",
            "road",
        ):
            assert word not in text, text
    away = "1 update while you were away, at worst moderate: /latest"
    assert unasked[:4] == ["1 update, severe", "1 update, extreme", away, "1 update, moderate"]
    assert sorted(unasked[4:])[0] == away, "what the outage kept"
    assert sorted(unasked[4:])[1].startswith("5 changes in 24 h, at worst extreme; ")


# --- the line of the day -------------------------------------------------------------------------


async def test_the_line_of_the_day(world: Spoken) -> None:
    """At the chat's own time, once; with what changed where it is subscribed, and how much was heard."""
    for place in ("SY", "SD", "Rafah crossing"):
        await world.ask(CHAT, f"/subscribe {place}")
    await world.ask(CHAT, "/settings zone Asia/Damascus")
    await world.ask(CHAT, "/settings daily 07:00")
    world.now = datetime(2026, 11, 23, 3, 55, tzinfo=NOW.tzinfo)
    await world.polls()
    assert not await world.later(minutes=4)
    (line,) = await world.later(minutes=1)
    assert line.text == "No change in your 3 places in 24 h; 1 of 1 source heard, last check 06:55."
    assert not await world.later(minutes=1)
    assert not await world.later(hours=20)
    await world.happens("un", CLOSED, hours=1)
    await world.happens("un", ("Port closed", "The port of Hodeidah in Yemen was closed."), minutes=5)
    world.now += timedelta(hours=2, minutes=50)
    await world.polls()
    (line,) = await world.later(minutes=10)
    assert line.text.splitlines()[0].startswith("1 change in your 3 places in 24 h; 1 of 1 source heard")
    assert line.text.splitlines()[1].startswith("- SEVERE: ")
    assert "Rafah crossing" in line.text


async def test_a_line_that_was_missed_comes_once_and_late(world: Spoken) -> None:
    """After two days of silence there is one line, not three."""
    await world.ask(CHAT, "/subscribe_SY")
    await world.ask(CHAT, "/settings daily 07:00")
    assert len(await world.later(days=3)) == 1
    assert not await world.later(minutes=1)
    world.now = datetime(2026, 11, 26, 7, 0, tzinfo=NOW.tzinfo)
    assert len(await world.sends()) == 1


async def test_off_is_off_and_a_new_time_counts(world: Spoken) -> None:
    """From the next one on."""
    await world.ask(CHAT, "/subscribe_SY")
    await world.ask(CHAT, "/settings daily 20:00")
    await world.ask(CHAT, "/settings daily 16:00")
    assert not await world.later(hours=1, minutes=59)
    assert len(await world.later(minutes=1)) == 1
    await world.ask(CHAT, "/settings daily off")
    assert not await world.later(days=2)


@pytest.mark.parametrize(
    ("zone", "at", "start", "days"),
    [
        ("Europe/Berlin", "01:00", datetime(2026, 3, 27, 12), 4),  # clocks go forward on 29 March, at 02:00
        ("Europe/Berlin", "02:30", datetime(2026, 3, 27, 12), 4),  # a time that this day does not have
        ("Europe/Berlin", "02:30", datetime(2026, 10, 23, 12), 4),  # and one that 25 October has twice
        ("America/New_York", "19:30", datetime(2026, 3, 6, 12), 4),
        ("Asia/Beirut", "00:30", datetime(2026, 3, 27, 12), 4),
    ],
)
async def test_the_line_of_the_day_over_the_change_of_clocks(
    tmp_path: Path, zone: str, at: str, start: datetime, days: int
) -> None:
    """One line for each day of the chat's own calendar, none left out and none twice."""
    async with spoken(tmp_path, start.replace(tzinfo=NOW.tzinfo)) as world:
        await world.ask(CHAT, "/subscribe_SY")
        await world.ask(CHAT, f"/settings zone {zone}")
        await world.ask(CHAT, f"/settings daily {at}")
        seen = []
        for _ in range(days * 48):
            seen += [world.now.astimezone(ZoneInfo(zone)) for _ in await world.later(minutes=30)]
        assert len({t.date() for t in seen}) == len(seen) == days
        usual = [f"{t:%H:%M}" for t in seen if f"{t:%H:%M}" == at]
        assert len(usual) >= days - 1


async def test_a_discreet_line_of_the_day(world: Spoken) -> None:
    """How much, not what."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/settings discreet on")
    await world.ask(CHAT, "/settings daily 16:00")
    await world.happens("un", CLOSED, hours=1)
    (line,) = await world.later(hours=1)
    assert line.text == "1 change in 24 h, at worst severe; 0 of 1 source heard, last check 15:00."


# --- after an outage -----------------------------------------------------------------------------


async def test_catching_up_after_an_outage(world: Spoken) -> None:
    """For eleven hours nothing was read. News of an hour and of five is pushed, marked LATE; that of ten comes in one
    message, two minutes later; nothing twice."""
    await world.ask(CHAT, "/subscribe_all")
    world.now += timedelta(hours=1)
    old = world.now
    for news, hours in ((CONVOY, 0), (CONVOY_AGAIN, 1), (CLOSED, 5), (NATIONWIDE, 9)):
        world.entries["un"].append((*news, old + timedelta(hours=hours)))
    world.serve("un", rss("un", world.entries["un"]))
    world.now = old + timedelta(hours=10)
    before = len(world.api.sent)
    await world.polls()
    pushed = world.api.sent[before:]
    firsts = sorted(m.text.splitlines()[0] for m in pushed)
    assert len(firsts) == 2
    assert firsts[0].startswith("MODERATE (LATE): ")
    assert firsts[1].startswith("SEVERE (LATE): ")
    assert not any(m.disable_notification for m in pushed)
    assert not await world.later(minutes=1)
    (one,) = await world.later(minutes=1)
    assert one.text.startswith("2 changes you have not been told yet: I was not running or could not read this source")
    assert "Idlib" in one.text
    assert "Homs" in one.text
    assert not await world.later(hours=1)
    await world.polls()
    assert not await world.later(hours=1)


async def test_a_catch_up_does_not_break_the_quiet_of_a_night(world: Spoken) -> None:
    """An outage that ends at two in the morning is caught up with when the chat's night is over, once."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/mute 22:00-06:00")
    world.entries["un"].append((*CONVOY, world.now + timedelta(hours=1)))
    world.serve("un", rss("un", world.entries["un"]))
    world.now += timedelta(hours=12)
    await world.polls()
    assert not await world.later(minutes=3)
    assert not await world.later(hours=3, minutes=56)
    (one,) = await world.later(minutes=1)
    assert "Idlib" in one.text


# --- /sources, /whoami ---------------------------------------------------------------------------


async def test_sources_says_who_is_heard(world: Spoken) -> None:
    """Then who is silent."""
    said = await world.ask(CHAT, "/sources")
    assert (
        said.splitlines()[0]
        == "Sources, as of 22 Nov 2026 14:00 UTC: 1 of 1 source heard, last check 22 Nov 2026 14:00 UTC"
    )
    assert "UN News; grade A; en; heard 0 min ago" in said
    world.now += timedelta(hours=3)
    said = await world.ask(CHAT, "/sources")
    assert "Silent" in said
    assert "UN News; grade A; en; not heard since 22 Nov 2026 14:00 UTC" in said


async def test_whoami_in_a_private_chat(world: Spoken) -> None:
    """The number that bot.toml wants."""
    assert "Your number, and that of this chat: 501" in await world.ask(CHAT, "/whoami")
    assert await world.app.store.chat(CHAT) is None


# --- /forget -------------------------------------------------------------------------------------


async def _rows(world: Spoken, chat: int) -> dict[str, int]:
    """Rows of every table that name this chat, in whatever column."""
    found = {}
    connection = sqlite3.connect(world.folder / "w.db")
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        where = " OR ".join(f'"{c}" = {chat} OR "{c}" LIKE \'%{chat}%\'' for c in columns)
        count = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]
        if count:
            found[table] = count
    connection.close()
    return found


async def test_forget_takes_back_what_it_can_and_deletes_everything(world: Spoken) -> None:
    """Alerts and answers of the last 48 h go from the phone, older ones stay; no row names the chat any more; another
    chat loses nothing; and nothing more is sent."""
    chat = 987_654_321
    await world.ask(chat, "/subscribe_all")
    await world.ask(502, "/subscribe_all")
    (old, _) = await world.happens("un", CONVOY, minutes=20)
    world.now += timedelta(hours=48)
    await world.polls()
    await world.happens("un", CLOSED, minutes=20)
    await world.ask(chat, "/settings daily 07:00")
    await world.ask(chat, "/mute Syria 8h")
    await world.happens("un", CONVOY_AGAIN, minutes=20)
    await world.ask(chat, "/latest")
    young = [m.message_id for m in world.api.sent if m.chat_id == chat and world.now - m.at < timedelta(hours=48)]
    assert len(young) == 4
    before = set(world.api.chats[chat].own) & set(world.api.chats[chat].messages)
    assert set(young) <= before
    assert await _rows(world, chat)

    said = await world.ask(chat, "/forget")
    assert said.startswith(
        "Done: everything about this chat is deleted, and nothing more will be sent. I took back 4 of"
    )
    left = set(world.api.chats[chat].own) & set(world.api.chats[chat].messages)
    assert left == (before - set(young)) | {world.api.sent[-1].message_id}
    assert old.message_id in world.api.chats[old.chat_id].messages
    assert await _rows(world, chat) == {}
    assert (await world.app.store.chat(502)) is not None
    sent = await world.happens("un", LIFELINE, minutes=20)
    sent += await world.later(days=2)
    assert {m.chat_id for m in sent} == {502}
    assert "kept nothing about this chat" in await world.ask(chat, "/forget")


async def test_forgetting_leaves_no_trace_in_the_files(world: Spoken) -> None:
    """Not in the database nor in what it writes beside it."""
    chat = 987_654_321
    await world.ask(chat, "/subscribe_SY")
    await world.happens("un", CONVOY, minutes=20)
    await world.ask(chat, "/forget")
    needles = (str(chat).encode(), chat.to_bytes(4, "big"), chat.to_bytes(8, "big"))
    for file in world.folder.glob("w.db*"):
        content = file.read_bytes()
        assert not any(n in content for n in needles), file.name


async def test_forget_at_the_edge_of_48_hours(world: Spoken) -> None:
    """One message that Telegram holds to be too old keeps none of the others."""
    await world.ask(CHAT, "/subscribe_all")
    world.now += timedelta(seconds=90)
    await world.ask(CHAT, "/settings severity severe")
    world.now += timedelta(hours=48) - timedelta(seconds=90)
    await world.ask(CHAT, "/latest")
    assert "I took back 2 of my messages" in await world.ask(CHAT, "/forget")


async def test_forget_when_telegram_takes_nothing_back(world: Spoken) -> None:
    """Then it does not say that it did."""
    await world.ask(CHAT, "/subscribe_all")
    world.api.faults += [Fault("http_500", method=m, times=None) for m in ("deleteMessages", "deleteMessage")]
    said = await world.ask(CHAT, "/forget")
    assert "everything about this chat is deleted" in said
    assert "took back" not in said
    assert await world.app.store.chat(CHAT) is None


async def test_buttons_from_before_forgetting(world: Spoken) -> None:
    """They still lead to what may be asked by anybody, and begin to keep nothing by themselves."""
    await world.ask(CHAT, "/subscribe_all")
    (alert,) = await world.happens("un", CLOSED, minutes=20)
    world.now += timedelta(hours=49)  # too old to be taken back
    await world.ask(CHAT, "/forget")
    assert "What the report said" in await world.press(CHAT, "Why?")
    assert "nothing to mute" in await world.press(CHAT, "Mute here 8 h")
    assert "There is no subscription for all countries here" in await world.press(CHAT, "Stop this")
    assert "Access in all countries" in await world.press(CHAT, "How it stands now")
    assert await world.app.store.chat(CHAT) is None
    assert alert.message_id in world.api.chats[CHAT].messages


# --- what Telegram shows of us -------------------------------------------------------------------


async def test_menus_and_descriptions(tmp_path: Path) -> None:
    """Each kind of reader sees what they may use; operators see all; and what they are told works."""
    async with spoken(tmp_path, NOW, operators=(7, -99)) as world:
        world.api.user_says(7, "hello")
        world.api.add_bot(-99, kind="group")
        app = world.app
        await introduce(app.telegram.bot, MENU, app.telegram.desk.operators)
        menus = {scope: [c["command"] for c in some] for (scope, _), some in world.api.profile.commands.items()}
        everybody = set(menus["all_private_chats"])
        assert {"start", "subscribe", "mute", "settings", "forget", "channel", "help"} <= everybody
        assert not {"invite", "withdraw", "show", "hide"} & everybody
        assert set(menus["all_group_chats"]) == {
            "start",
            "status",
            "latest",
            "summary",
            "history",
            "search",
            "map",
            "trend",
            "why",
            "sources",
            "privacy",
            "whoami",
            "help",
        }
        assert set(menus["all_chat_administrators"]) == everybody - {"channel"}
        assert set(menus["chat 7"]) == everybody | {"invite", "withdraw"}
        assert set(menus["chat -99"]) == everybody - {"channel"} | {"withdraw"}
        assert world.api.profile.descriptions["description", ""] == DESCRIPTION
        assert world.api.profile.descriptions["short_description", ""] == SHORT
        for name in menus["chat 7"]:
            assert "I know no command" not in await world.ask(7, f"/{name}")


async def test_a_menu_that_can_not_be_set_stops_nothing(tmp_path: Path) -> None:
    """An operator who never wrote to the bot has no chat yet: the others get their menus."""
    async with spoken(tmp_path, NOW, operators=(8, 7)) as world:
        world.api.user_says(7, "hello")
        await introduce(world.app.telegram.bot, MENU, (8, 7))
        scopes = {scope for scope, _ in world.api.profile.commands}
        assert "chat 7" in scopes
        assert "chat 8" not in scopes
        assert world.api.profile.descriptions


# --- slips of the finger -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("subscribe sudan", "Commands begin with a stroke: /subscribe_sudan"),
        ("Latest", "Commands begin with a stroke: /Latest"),
        ("/subscribe Sudan sever", "Did you mean /subscribe_Sudan_severe?"),
        ("/subscribe all extrem", "Did you mean /subscribe_all_extreme?"),
        ("/subscribe Rafah crossing", "in Rafah crossing, Palestine"),
        ("/subscribe Gaza aid", "aid delivery in Gaza Strip"),
    ],
)
async def test_what_is_nearly_a_command_is_told_how_to_be_one(world: Spoken, typed: str, said: str) -> None:
    """A hint that works when tapped, and nothing in the way of what was right."""
    assert said in await world.ask(CHAT, typed)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("is the road to El Fasher open?", "El Fasher"),
        ("Is the road to el fasher open", "El Fasher"),
        ("ما وضع معبر رفح؟", "Rafah crossing"),
        ("что с КПП Рафах?", "Rafah crossing"),
        ("why is Rafah crossing closed?", "Rafah crossing"),
        ("¿Está abierta la frontera de Sudán?", "Sudan"),
        ("is the Syrian border open?", "Syria"),
        ("/summary is the road to El Fasher open?", "El Fasher"),
    ],
)
async def test_a_question_that_names_one_place_is_about_that_place(world: Spoken, typed: str, place: str) -> None:
    """In any language, with capitals or without."""
    said = await world.ask(CHAT, typed)
    told = f"in {place} in " if typed.startswith("/summary") else f"how {place} stands"
    assert told in said.splitlines()[0]
    assert world.labels(CHAT) == (["Open or closed?"] if typed.startswith("/summary") else [])


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("is the road to Tripoli open?", ["Tripoli (city), Libya", "Tripoli (city), Lebanon"]),
        (
            "can I go from Bamako to Mopti?",
            ["Bamako (city), Mali", "Mopti (city), Mali", "Bamako (region), Mali", "Mopti (region), Mali"],
        ),
        ("gaza cty", ["Gaza City, Palestine", "Gaza Strip (territory), Palestine"]),
    ],
)
async def test_a_question_that_may_mean_several_places_is_asked_back(
    world: Spoken, typed: str, labels: list[str]
) -> None:
    """What is most likely meant by each name comes first; a button asks about one."""
    assert "Did you mean one of these?" in (said := await world.ask(CHAT, typed)) or said == "Which place do you mean?"
    assert world.labels(CHAT) == labels
    told = "No change" if typed == "gaza cty" else "Nothing is known"
    assert told in await world.press(CHAT, labels[0])


async def test_a_question_with_many_places_offers_five(world: Spoken) -> None:
    """And to subscribe is never taken from a sentence without asking."""
    await world.ask(CHAT, "Rafah crossing, Kerem Shalom, Bab al-Hawa, Khartoum, Mariupol or El Fasher?")
    assert len(world.labels(CHAT)) == 5
    assert await world.ask(CHAT, "/subscribe the road to El Fasher severe") == "Which place do you mean?"
    assert not await wants(world)
    await world.press(CHAT, "El Fasher (city), Sudan")
    ((_, at_least, _),) = await wants(world)
    assert at_least is Severity.SEVERE


@pytest.mark.parametrize("typed", ["is the road open?", "what can you do", "هل الطريق مفتوح؟", "привет, как дела?"])
async def test_a_question_that_names_no_place(world: Spoken, typed: str) -> None:
    """Is told what may be asked."""
    said = await world.ask(CHAT, typed)
    assert said.startswith(f"I know no place called “{typed}”. Write a country, region, town or crossing")
    assert world.labels(CHAT) == []


@pytest.mark.parametrize("typed", ["/mute 22:00 - 06:00", "/mute 22:00 -06:00", "/mute Rafah 22:00- 06:00"])
async def test_blanks_in_a_quiet_time(world: Spoken, typed: str) -> None:
    """Phones put them there."""
    await world.ask(CHAT, "/subscribe_all")
    assert "every day from 22:00 to 06:00" in await world.ask(CHAT, typed)


async def test_half_days_are_told_how_to_be_written(world: Spoken) -> None:
    """They are not taken for a place."""
    await world.ask(CHAT, "/subscribe_all")
    assert "Write times of the day as 22:00-06:00" in await world.ask(CHAT, "/mute 10pm-6am")


async def test_what_goes_on_after_unsubscribing_is_said(world: Spoken) -> None:
    """To end "all" is not to end everything."""
    await world.ask(CHAT, "/subscribe_all")
    await world.ask(CHAT, "/subscribe_Sudan")
    assert "Still subscribed: Sudan." in await world.ask(CHAT, "/unsubscribe all")
    assert "Still" not in await world.ask(CHAT, "/unsubscribe Sudan")
