"""Who is answered what: every command, typed and pressed, in every kind of chat, by every role, with access open and by
invitation. What is expected stands in docs/commands.md, written by hand, and is read from there.

Real App, SQLite and Bot API throughout; roles are what our Bot API says of people, and what bot.toml says of operators.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import handlers
from bot.chat import Pace, keyboard
from bot.model import ChatKind
from bot.words.buttons import Button, Press
from handlers.asking import Command
from tests.handlers.spoken import Spoken, spoken
from tests.make import NOW
from tools.commands_table import ALL, PAGE, renewed

pytestmark = pytest.mark.slow  # whole stories

STRANGER, OPERATOR, MEMBER, ADMIN, ANONYMOUS = 501, 7, 22, 21, 23
GROUP, OPERATORS, CHANNEL = -1_001_111_111_111, -1_002_222_222_222, -1_003_333_333_333
COMMANDS: dict[str, Command] = {c.name: c for c in (*handlers.COMMANDS, handlers.HELP)}


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody somewhere. `anonymous`: an admin who writes as the group."""

    chat: int
    user: int
    anonymous: bool = False


# the columns of the two tables
ASKERS = {
    "private chat": Asker(STRANGER, STRANGER),
    "operator in private": Asker(OPERATOR, OPERATOR),
    "member of a group": Asker(GROUP, MEMBER),
    "admin of a group": Asker(GROUP, ADMIN),
    "anonymous admin": Asker(GROUP, ANONYMOUS, anonymous=True),
    "operator in a group": Asker(GROUP, OPERATOR),
    "member of the operators' group": Asker(OPERATORS, MEMBER),
    "admin of the operators' group": Asker(OPERATORS, ADMIN),
}
# what the answer of each holds when it is given, as a pattern; none of it is part of a refusal
ANSWERS = {
    "start": "Access Watch tells you",
    "subscribe": "There is no subscription here yet.",
    "unsubscribe": "There is no subscription here.",
    "latest": "No change of access",
    "status": "Which place|Nothing is known",
    "summary": "No change reported in all countries",
    "why": "Which incident?",
    "mute": "nothing to mute|nothing is muted here",
    "settings": "Settings of this (chat|group)",
    "sources": "UN News",
    "channel": "To post in a channel",
    "privacy": "What I keep about this chat",
    "forget": "I kept nothing about this chat|everything about this chat is deleted",
    "whoami": "Your number, and that of this chat|The number of this group",
    "invite": "One invitation, good once",
    "withdraw": "Which incident?",
    "page": "No change reported in all countries",
    "show": "Which incident?",
    "hide": "Which incident?",
    "help": "What you can ask",
}


def tables() -> dict[str, list[list[str]]]:
    """The tables of docs/commands.md by their first heading, each with its rows, the headings first; of several with
    one heading, the rows of all."""
    found: dict[str, list[list[str]]] = {}
    for block in re.findall(r"(?:^\|.*\n)+", PAGE.read_text("utf-8"), re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]
        found.setdefault(rows[0][0], []).extend([rows[0], *rows[2:]])
    return found


TABLES = tables()
# what is said, in the page's own words
SAID = {word: re.search("“(.+?)”", said) for word, said in TABLES["word"]}


def sentence(word: str) -> str:
    found = SAID[word]
    assert found is not None, f"docs/commands.md quotes nothing for {word}"
    return found[1]


def expected(heading: str) -> dict[tuple[str, str], str]:
    """(command, column) to the word in that cell."""
    head, *rows = TABLES[heading]
    return {
        (name, column): word
        for row in rows
        for name in re.findall(r"`/?(\w+)`", row[0])
        for column, word in zip(head[1:], row[1:], strict=True)
    }


# --- the page ------------------------------------------------------------------------------------


def test_the_page_is_up_to_date() -> None:
    """Its table of commands is what the code says; `python tools/commands_table.py` writes it."""
    page = PAGE.read_text("utf-8")
    assert renewed(page, ALL) == page
    assert renewed(page, ALL[1:]) != page
    with pytest.raises(ValueError, match="needs the lines"):
        renewed("# No marks", ALL)


@pytest.mark.parametrize("heading", ["open", "invite"])
def test_every_command_and_role_has_its_cell(heading: str) -> None:
    """Each command stands in one row, each column is somebody this file knows, each word is explained."""
    head, *rows = TABLES[heading]
    names = [name for row in rows for name in re.findall(r"`/(\w+)`", row[0])]
    assert sorted(names) == sorted(COMMANDS), "docs/commands.md, “Who is answered”: one row for each command"
    assert head[1:] == list(ASKERS)
    assert set(expected(heading).values()) <= {word for word, _ in TABLES["word"]}


def test_what_refuses_is_told_from_what_answers() -> None:
    """No answer that is looked for could be part of a refusal."""
    refusals = [sentence(w) for w in ("admins", "operators", "invited", "private", "its admins", "post", "other")]
    assert len(set(refusals)) == 7
    assert not [(a, r) for a, r in itertools.product(ANSWERS.values(), refusals) if re.search(a, r, re.IGNORECASE)]


# --- every command, every role -------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """More is said here in a second than Telegram would let through."""
    monkeypatch.setattr(Pace, "OVERALL", 100_000)


@asynccontextmanager
async def peopled(folder: Path, access: str) -> AsyncIterator[Spoken]:
    """A group and an operators' group with their people; each who writes in private wrote before."""
    async with spoken(folder, NOW, operators=(OPERATOR, OPERATORS), access=access) as world:
        for group in (GROUP, OPERATORS):
            world.api.add_bot(group, kind="supergroup", by=ADMIN)
            world.api.set_member(group, ADMIN, "administrator")
            world.api.set_member(group, ANONYMOUS, "administrator", is_anonymous=True)
            world.api.set_member(group, MEMBER, "member")
        world.api.set_member(GROUP, OPERATOR, "member")
        await idle(world)
        yield world


async def idle(world: Spoken) -> None:
    """Nothing waits and nothing is being worked on, looked at often enough to have been handed over meanwhile."""
    app, quiet = world.app.telegram, 0
    async with asyncio.timeout(10):
        while quiet < 3:
            busy = len(world.api.updates) or app.update_queue.qsize() or app.update_processor.current_concurrent_updates
            quiet = 0 if busy else quiet + 1
            await asyncio.sleep(0.002)


async def typed(world: Spoken, name: str, by: Asker) -> str:
    """What is said after the command was typed; "" for nothing."""
    before = len(world.api.sent)
    how = {"anonymous": True} if by.anonymous else {"user_id": by.user}
    text = f"/{name}" if by.chat > 0 else f"/{name}@access_watch_local_bot"
    world.api.user_says(by.chat, text, **({} if by.chat > 0 else how))
    await idle(world)
    said = [m for m in world.api.sent[before:] if m.method == "sendMessage"]
    assert {m.chat_id for m in said} <= {by.chat}
    return "\n".join(m.text for m in said)


async def pressed(world: Spoken, name: str, by: Asker) -> tuple[str, str]:
    """(words over the chat, answer) to a button that carries the command alone."""
    telegram = world.app.telegram
    rows = ((Button(name, Press(name)),),)
    await telegram.bot.send_message(by.chat, "a button", reply_markup=keyboard(rows, by.chat, telegram.desk.seal))
    before = len(world.api.sent)
    message = world.api.sent[-1]
    assert message.reply_markup is not None
    data = message.reply_markup["inline_keyboard"][0][0]["callback_data"]
    world.api.user_presses(by.chat, message.message_id, data, user_id=by.user)
    await idle(world)
    notice, *rest = world.api.sent[before:]
    assert notice.method == "answerCallbackQuery", "first of all the waiting ends"
    assert bool(notice.text) is notice.show_alert
    return notice.text, "\n".join(m.text for m in rest)


def right(name: str, word: str, said: str) -> bool:
    """Is what was said what the page says? A command that this file does not know yet answers with anything."""
    answered = re.search(ANSWERS.get(name, "."), said, re.IGNORECASE) is not None
    if word == "yes":
        return answered and not any(sentence(w) in said for w in ("admins", "operators", "private"))
    return sentence(word) in said and not (answered and name in ANSWERS)


async def compare(world: Spoken, heading: str, *, let_in: bool) -> list[str]:
    """Where what happens is not what the table says, as lines."""
    wrong = []
    for (name, column), word in expected(heading).items():
        by, command = ASKERS[column], COMMANDS[name]
        if let_in:
            kind = ChatKind.PRIVATE if by.chat > 0 else ChatKind.GROUP
            await world.app.store.set_chat(by.chat, NOW.date(), kind=kind.value, admitted=True)
        if command.shown:
            said = await typed(world, name, by)
            as_told = said == "" if word == "private" else right(name, word, said)
            wrong += [] if as_told else [f"/{name} typed, {column}: {word} expected, said {said!r}"]
            if let_in:  # /forget ends it
                await world.app.store.set_chat(by.chat, NOW.date(), kind=kind.value, admitted=True)
        notice, answer = await pressed(world, name, by)
        by_notice = word not in ("yes",) and (name, word) != ("start", "invited")  # /start is asked, and says so itself
        said, other = (notice, answer) if by_notice else (answer, notice)
        wrong += [] if right(name, word, said) and not other else [
            f"/{name} pressed, {column}: {word} expected, said {notice!r} and {answer!r}"
        ]  # fmt: skip
    return wrong


async def test_open_to_everybody(tmp_path: Path) -> None:
    """Each command as the page's first table says."""
    async with peopled(tmp_path, "open") as world:
        assert await compare(world, "open", let_in=False) == []


async def test_by_invitation_to_who_was_let_in(tmp_path: Path) -> None:
    """As if it were open."""
    async with peopled(tmp_path, "invite") as world:
        assert await compare(world, "open", let_in=True) == []


async def test_by_invitation_to_who_was_not(tmp_path: Path) -> None:
    """Each command as the page's second table says; asking lets nobody in, and nothing is kept of who asked."""
    async with peopled(tmp_path, "invite") as world:
        assert await compare(world, "invite", let_in=False) == []
        assert [await world.app.store.chat(chat) for chat in (STRANGER, MEMBER, GROUP)] == [None] * 3


async def test_who_was_let_in_in_private_asks_in_every_group(tmp_path: Path) -> None:
    """Not so the other members, and not the other way round; what such an admin subscribes lets the group in."""
    async with peopled(tmp_path, "invite") as world:
        await world.app.store.set_chat(ADMIN, NOW.date(), admitted=True)
        assert right("latest", "yes", await typed(world, "latest", Asker(GROUP, ADMIN)))
        assert right("latest", "invited", await typed(world, "latest", Asker(GROUP, MEMBER)))
        assert "Done: I will tell this group" in await world.ask(GROUP, "/subscribe_SY", user_id=ADMIN)
        assert right("latest", "yes", await typed(world, "latest", Asker(GROUP, MEMBER)))
        assert right("latest", "invited", await typed(world, "latest", Asker(MEMBER, MEMBER)))


# --- a channel, through a private chat -----------------------------------------------------------


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    async with peopled(tmp_path, "open") as w:
        w.api.add_bot(CHANNEL, kind="channel", title="Relief", username="relief", by=ADMIN, status="administrator")
        w.api.set_member(CHANNEL, ADMIN, "administrator")
        w.api.set_member(CHANNEL, MEMBER, "member")
        await idle(w)
        yield w


CHANNEL_WORDS = ("subscribe", "unsubscribe", "mute", "settings", "forget", "latest", "why", "withdraw", "channel", "x")


@pytest.mark.parametrize("by_name", [True, False])
async def test_a_channel_by_its_admins(world: Spoken, by_name: bool) -> None:
    """Each command behind /channel, by role and by what the bot may do there, as the page's third table says."""
    head, *rows = TABLES["channel"]
    cells = expected("channel") | {
        (name, column): word for column, word in zip(head[1:], rows[-1][1:], strict=True) for name in CHANNEL_WORDS[5:]
    }
    for column, user, rights in zip(
        head[1:],
        (ADMIN, MEMBER, ADMIN, ADMIN),
        (("administrator", {}), ("administrator", {}), ("left", {}), ("administrator", {"can_post_messages": False})),
        strict=True,
    ):
        world.api.set_bot(CHANNEL, rights[0], by=ADMIN, **rights[1])
        await idle(world)
        for name in CHANNEL_WORDS:
            said = await world.ask(user, f"/channel {'@Relief' if by_name else CHANNEL} {name}")
            word = cells[name, column]
            if word == "yes":
                assert re.match("In Relief: |There is nothing to mute", said), (name, column, said)
            else:
                assert sentence(word) in said, (name, column, said)
    assert await world.app.store.chat(CHANNEL) is None, "asking alone keeps nothing"


async def test_a_private_channel_that_the_bot_left_can_not_be_seen(world: Spoken) -> None:
    """Nor one that is not there, nor a person."""
    world.api.add_bot(CHANNEL - 1, kind="channel", by=ADMIN, status="administrator")
    world.api.set_bot(CHANNEL - 1, "left", by=ADMIN)
    await idle(world)
    for name in (CHANNEL - 1, CHANNEL - 2, "@nobody", "relief", STRANGER, "<b>", "9" * 200):
        assert "I can't see " in await world.ask(ADMIN, f"/channel {name} subscribe all"), name


# --- pressing what an alert carries --------------------------------------------------------------


async def test_a_member_does_not_mute_a_group(world: Spoken) -> None:
    """“Mute here 8 h” under an alert in a group: refused over the chat, and nothing is muted or written; the admin's
    press is answered."""
    await world.ask(GROUP, "/subscribe_all", user_id=ADMIN)
    (alert,) = await world.happens("un", ("Sudan blocks aid", "Sudan's authorities blocked aid convoys for families."))
    assert alert.chat_id == GROUP
    before = len(world.api.sent)
    said = await world.press(GROUP, "Mute here 8 h", user_id=MEMBER)
    assert sentence("admins") in said
    (notice,) = world.api.sent[before:]
    assert (notice.method, notice.show_alert) == ("answerCallbackQuery", True)
    assert await world.app.store.mutes(GROUP, world.now) == []
    assert "What the report said" in await world.press(GROUP, "Why?", user_id=MEMBER)
    assert "Done: Sudan is quiet" in await world.press(GROUP, "Mute here 8 h", user_id=ANONYMOUS)
    assert len(await world.app.store.mutes(GROUP, world.now)) == 1
