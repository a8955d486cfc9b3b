"""Buttons: what a press carries comes back whole, only in its own chat and only as we wrote it; and everything that a
handler or an alert puts under a message is short enough."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from telegram import Bot

from bot.chat import Room, Rooms, keyboard
from bot.errors import InputError
from bot.local.core import DEFAULT_TOKEN
from bot.model import ChatKind, Severity, Status, Subscription
from bot.store import Store
from bot.words import render
from bot.words.buttons import LIMIT, Button, Press, Rows, Seal, fits
from bot.words.summary import Form
from bot.words.turning import Seen, View
from handlers import channel as channels
from handlers.asking import Ask, Desk
from handlers.mute import mute
from handlers.settings import settings as show_settings
from handlers.settings import zones_by_country
from handlers.subscribe import SHORT, subscribe, unsubscribe
from handlers.summary import again as summary_again
from handlers.where import UnclearError, area_of, choices
from tests.judge.loaded import JUDGE
from tests.make import NOW, a_told, an_incident, evidence

SEAL = Seal.of(DEFAULT_TOKEN)
CHAT = 501
CHANNEL = -1_001_234_567_890
WORD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="*"), min_size=1, max_size=30).filter(
    lambda w: w.split() == [w]
)
PRESSES = st.builds(Press, st.from_regex(r"[a-z_]{1,32}", fullmatch=True), st.lists(WORD, max_size=5).map(tuple))
SHORT_PRESSES = st.builds(
    Press, st.sampled_from(["why", "mute", "subscribe"]), st.lists(WORD.map(lambda w: w[:4]), max_size=2).map(tuple)
).filter(fits)
CHATS = st.integers(-(10**13), 10**13)


@given(PRESSES, CHATS)
@example(Press("subscribe", ("=own:deir-ez-zor-airport", "siege", "route", "moderate")), CHAT)
def test_a_press_comes_back_or_is_refused_when_it_is_made(press: Press, chat_id: int) -> None:
    """At most 64 bytes, whatever the script; one that is longer can't be written, and `fits` knows it before."""
    if not fits(press):
        with pytest.raises(ValueError, match="64 bytes"):
            SEAL.write(press, chat_id)
        return
    payload = SEAL.write(press, chat_id)
    assert len(payload.encode()) <= LIMIT == 64
    assert SEAL.read(payload, chat_id) == press


@pytest.mark.parametrize("word", ["", " ", "two words", "tab\tbed", "a\u2028b", "star*red", "half \ud83d", "\ud83d"])
def test_what_is_no_word_makes_no_press(word: str) -> None:
    """What would not come back as it was, or could not be sent, is refused when it is made."""
    with pytest.raises(ValueError, match="no command line"):
        Press("why", (word,))


@pytest.mark.parametrize("command", ["", "Why", "why 1", "why*", "warum-nicht", "x" * 33])
def test_what_is_no_command_makes_no_press(command: str) -> None:
    """Commands are as Telegram takes them."""
    with pytest.raises(ValueError, match="no command line"):
        Press(command)


@settings(max_examples=300)
@given(SHORT_PRESSES, CHATS, st.data())
def test_any_changed_byte_is_refused(press: Press, chat_id: int, data: st.DataObject) -> None:
    """Of line, sign or signature; also where the change makes bytes that are no text."""
    payload = SEAL.write(press, chat_id).encode()
    at = data.draw(st.integers(0, len(payload) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda b: b != payload[at]))
    changed = payload[:at] + bytes([other]) + payload[at + 1 :]
    for how in ("replace", "surrogateescape"):
        with pytest.raises(InputError, match="type the command"):
            SEAL.read(changed.decode(errors=how), chat_id)


@given(SHORT_PRESSES, CHATS, CHATS)
def test_another_chat_can_not_use_it(press: Press, chat_id: int, other: int) -> None:
    """A button forwarded, or its payload sent from elsewhere, does nothing."""
    if other == chat_id:
        return
    with pytest.raises(InputError):
        SEAL.read(SEAL.write(press, chat_id), other)


@given(SHORT_PRESSES, CHATS, st.binary(min_size=1, max_size=40).filter(lambda key: key != SEAL.key))
def test_another_key_does_not_fit(press: Press, chat_id: int, key: bytes) -> None:
    """A new token ends all old buttons; the same token, after a restart, does not."""
    payload = SEAL.write(press, chat_id)
    with pytest.raises(InputError):
        Seal(key).read(payload, chat_id)
    assert Seal.of(DEFAULT_TOKEN).read(payload, chat_id) == press


@settings(max_examples=300)
@given(st.text(st.characters(), max_size=80) | st.text("why 1*AZ_-\ud800\0", max_size=80), CHATS)
@example("", CHAT)
@example("*", CHAT)
@example("why 1*\ud800", CHAT)
@example("\ud800*AAAAAAAA", CHAT)
@example("why 1*ÄÄÄÄÄÄÄÄ", CHAT)
def test_what_we_never_wrote_is_an_input_error(payload: str, chat_id: int) -> None:
    """And no other error, whatever it is: a payload comes from outside."""
    with pytest.raises(InputError):
        SEAL.read(payload, chat_id)


def test_the_signature_is_not_the_token_and_does_not_show_it() -> None:
    """Two tokens that differ in one letter sign differently, and the key is no part of either."""
    other = Seal.of(DEFAULT_TOKEN[:-1] + "x")
    assert other.key != SEAL.key
    assert DEFAULT_TOKEN.encode() not in SEAL.key
    assert SEAL.write(Press("why", ("1",)), CHAT) != other.write(Press("why", ("1",)), CHAT)


def test_a_keyboard_leaves_out_what_does_not_fit() -> None:
    """A row that is left with nothing goes too; addresses stay."""
    rows = ((Button("long", Press("why", ("1" * 60,))),), (Button("out", url="https://a.example/"),))
    made = keyboard(rows, CHAT, SEAL)
    assert made is not None
    assert [[b.text for b in row] for row in made.inline_keyboard] == [["out"]]
    assert keyboard(rows[:1], CHAT, SEAL) is None


# --- everything that is made ---------------------------------------------------------------------

PLACES = JUDGE.gazetteer._known.places  # all of the real gazetteer
LONG = sorted(PLACES, key=lambda key: -len(key.encode()))[:40]
OPTIONS = [
    (*kinds, *level)
    for kinds in chain(*(combinations(SHORT, n) for n in range(4)))
    for level in ((), *((s.word,) for s in Severity))
]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A real one, over a store of its own and the real gazetteer; nothing is sent."""
    store = await Store.open(f"sqlite:///{tmp_path / 'b.db'}")
    rooms = Rooms(Bot(DEFAULT_TOKEN))
    yield Desk(store, JUDGE.gazetteer, {}, lambda: NOW, rooms, SEAL)
    await store.aclose()


def ask(command: str, *words: str, chat_id: int = CHAT, kind: ChatKind = ChatKind.PRIVATE) -> Ask:
    return Ask(command, words, chat_id, NOW, kind=kind)


def too_long(rows: Rows) -> list[str]:
    """The presses of these buttons that no button can carry."""
    return [b.press.line for row in rows for b in row if b.press is not None and not fits(b.press)]


def test_every_place_fits_into_every_question_about_places() -> None:
    """/summary, /mute and /unsubscribe with the longest key of the gazetteer; none holds what no press may hold."""
    for key in LONG:
        for press in (
            summary_again(PLACES[key]),
            Press("mute", (f"={key}", "22:00-06:00")),
            Press("mute", (f"={key}", "22:00-06:00", "off")),
            Press("unsubscribe", (f"={key}",)),
            Press("subscribe", (f"={key}",)),
        ):
            assert fits(press), press.line
    assert all(Press("why", (f"={key}",)).words for key in PLACES), "every key is one word"


def test_every_page_of_a_summary_fits() -> None:
    """Of the longest key and period, on a late page of a database of many years; what was known comes back as it was."""
    seen = Seen.of(NOW.replace(year=2060, second=59), 10**8)
    for key in (*LONG, None):
        for form in Form:
            assert fits(View("", seen, key, None, form, timedelta(days=90), page=999).press)
    for upto in (0, 1, 35, 36, 10**11):
        assert Seen.read(replace(seen, upto=upto).word) == replace(seen, upto=upto)
    assert Seen.read("@") is Seen.read("rafah") is None


async def test_every_choice_of_a_place_fits(desk: Desk) -> None:
    """Several places of one name, and misspelt ones, with every kind and severity that can be typed beside them, also
    in a long form: the button says it shortly."""
    names = [name for name, keys in JUDGE.gazetteer._known.names.items() if len(keys) > 1]
    asked = 0
    for n, name in enumerate(names):
        options = OPTIONS[n % len(OPTIONS)]
        asked += await _choices_fit(desk, name.split(), options)
    assert asked > 200, "names that are not clear are there"
    for key in LONG:
        name = PLACES[key].name + "x"
        for options in (("siege", "route", "moderate"), ("aid", "sieges", "routes", "siege", "moderate")):
            await _choices_fit(desk, name.split(), options)


async def _choices_fit(desk: Desk, name: list[str], options: tuple[str, ...]) -> int:
    for command, answer in (("subscribe", subscribe), ("unsubscribe", unsubscribe)):
        try:
            await answer(ask(command, *name, *options), desk)
        except UnclearError as e:
            assert e.buttons
            assert not too_long(e.buttons)
            return 1
        except InputError:
            return 0
    return 0


async def test_a_choice_asks_what_was_typed(desk: Desk) -> None:
    """The press of a choice, taken apart as a typed command, makes the subscription that the words asked for."""
    for options in OPTIONS:
        with pytest.raises(UnclearError) as unclear:
            await subscribe(ask("subscribe", "tripoli", *options), desk)
        press = unclear.value.buttons[1][0].press
        assert press is not None
        await subscribe(ask(press.command, *press.words), desk)
        (made,) = await desk.store.subscriptions(CHAT)
        levels = [s for s in Severity if s.word in options]
        kinds = {SHORT[w] for w in options if w in SHORT} or set(SHORT.values())
        assert made.at_least is (levels[0] if levels else Severity.MINOR)
        assert set(made.categories) == kinds


async def test_every_answer_about_subscriptions_mutes_and_settings_fits(desk: Desk) -> None:
    """With the longest keys, all time zones that are suggested, and in the discreet form."""
    today = NOW.date()
    for key in LONG:
        area, within = area_of(PLACES[key])
        await desk.store.subscribe(Subscription(CHAT, area, Severity.MODERATE, within=within), today)
    listed = await subscribe(ask("subscribe"), desk)
    assert not isinstance(listed, str)
    assert len(listed.buttons) == 20
    rest = await mute(ask("mute", "all", "8h"), desk)
    assert not isinstance(rest, str)
    overview = await mute(ask("mute"), desk)
    assert not isinstance(overview, str)
    for rows in (listed.buttons, rest.buttons, overview.buttons):
        assert not too_long(rows)
    page = await show_settings(ask("settings"), desk)
    zones = {zone for some in zones_by_country().values() for zone in some}
    assert not too_long((*page.buttons, *((Button(z, Press("settings", ("zone", z))),) for z in zones)))


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("number", [1, 99_999_999_999])
def test_the_buttons_of_alerts_fit(number: int, *, hidden: bool) -> None:
    """Up to the longest number that can be asked about."""
    rows = render.buttons(an_incident(number=number), ChatKind.PRIVATE, hidden=hidden)
    assert rows
    assert not too_long(rows)


async def test_what_a_channel_makes_too_long_is_written_out(desk: Desk) -> None:
    """The number of a channel takes room: what is then no button is said as a command to write."""
    room = Room(CHANNEL, ChatKind.CHANNEL, "Relief & News")
    for key in LONG[:3]:
        area, within = area_of(PLACES[key])
        await desk.store.subscribe(
            Subscription(CHANNEL, area, Severity.MINOR, within=within), NOW.date(), kind=ChatKind.CHANNEL
        )
    about = Ask("channel", (str(CHANNEL), "subscribe"), CHAT, NOW, user_id=CHAT)
    said = await channels._as_if_there(channels.subscribe.COMMAND, room, about, desk)
    assert not too_long(said.buttons)
    for key in LONG[:3]:
        pressed = any(b.press and f"={key}" in b.press.words for row in said.buttons for b in row)
        assert pressed or f"write: <code>/channel {CHANNEL} unsubscribe ={key}</code>" in said.html
    asked = Ask("channel", (str(CHANNEL), "subscribe", "tripoli", "aid", "route", "moderate"), CHAT, NOW, user_id=CHAT)
    said = await channels._as_if_there(channels.subscribe.COMMAND, room, asked, desk)
    assert re.search(f"write: <code>/channel {CHANNEL} subscribe =gn:[0-9]+ aid route moderate</code>", said.html)


# --- an alert's own buttons ----------------------------------------------------------------------


def labels(rows: Rows) -> list[str]:
    return [b.label for row in rows for b in row]


def test_an_alert_in_a_chat_has_three_buttons() -> None:
    """Why?, Mute here 8 h, Open source; a channel gets the address alone."""
    rows = render.buttons(an_incident(), ChatKind.PRIVATE)
    assert labels(rows) == ["Why?", "Mute here 8 h", "Open source"]
    assert [b.press.line for b in rows[0] if b.press] == ["why 12", "mute #12 8h"]
    assert rows[0][2].url == "https://river.example/a?id=1&x=2"
    assert labels(render.buttons(an_incident(), ChatKind.GROUP)) == labels(rows)
    assert labels(render.buttons(an_incident(), ChatKind.CHANNEL)) == ["Open source"]


@pytest.mark.parametrize(
    "url",
    [
        "", "javascript:alert(1)", "tg://resolve?domain=x", "https://user@evil.example/", "https://[broken",
        "https://a.example/\u202egpj", "ftp://a.example/x", "https://a.example/a b", "https://a.example/" + "x" * 2048,
    ],
)  # fmt: skip
def test_an_address_that_can_not_be_trusted_is_no_button(url: str) -> None:
    """It may lead elsewhere than it says."""
    assert labels(render.buttons(an_incident(told=(a_told(url=url),)), ChatKind.PRIVATE)) == ["Why?", "Mute here 8 h"]


def test_a_movement_of_relief_that_is_to_come_has_no_address() -> None:
    """Who opens the source would read when and where."""
    coming = an_incident(status=Status.ANNOUNCED, evidence=evidence("relief.move", "arrive"))
    assert "Open source" not in labels(render.buttons(coming, ChatKind.PRIVATE))
    assert "Open source" not in labels(render.buttons(coming, ChatKind.CHANNEL))


def test_choices_are_told_apart_by_their_labels(desk: Desk) -> None:
    """Two towns of one name carry their countries, and each press names its own."""
    rows = choices(JUDGE.gazetteer.lookup("tripoli")[:2], desk, summary_again)
    assert labels(rows) == ["Tripoli (city), Libya", "Tripoli (city), Lebanon"]
    assert len({b.press for row in rows for b in row}) == 2
