"""The whole bot in relative time: the story of Deir ez-Zor, from the first report to the siege broken.

Real parts throughout: SQLite on disk, our Bot API, python-telegram-bot, feeds over HTTP on loopback.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.model import Affiliation, Severity, State
from tests.words.golden import assert_golden
from tests.world import World

pytestmark = pytest.mark.slow  # whole stories

JANUARY = datetime(2017, 1, 17, 12, 0, tzinfo=UTC)
CHAT = 501


@pytest.fixture
async def world(tmp_path: Path):
    async with World(tmp_path, JANUARY) as w:
        w.source("state", "State TV", grade="D", affiliation=Affiliation.STATE, speaks_for_party_in=("SY",))
        w.source("un", "UN News", grade="A", affiliation=Affiliation.UN)
        w.source("local", "Local Radio", grade="C")
        yield w


async def test_deir_ez_zor(world: World) -> None:
    """One incident throughout: first report by a party's state outlet, a retelling, the WFP's suspension that
    confirms, and in September the siege broken."""
    await world.subscribe(CHAT)
    await world.polls()  # first polls of empty feeds: from now on we listen

    world.now += timedelta(hours=1)
    world.publish(
        "state", "Militants cut Deir ez-Zor in two and sever its air base",
        "Helicopters, the only source of aid for 120,000 besieged civilians after all other routes were blocked, "
        "can no longer land in Deir ez-Zor.",
    )  # fmt: skip
    await world.polls()
    (first,) = world.told(CHAT)
    assert first.text.startswith("EXTREME")
    assert "Deir ez-Zor, SY" in first.text.splitlines()[0]
    assert "120,000" in first.text
    assert "uncorroborated" in first.text.lower()
    assert "State TV" in first.text

    world.now += timedelta(hours=3)
    world.publish("state", "Besieged Deir ez-Zor: civilians short of food as air base stays cut off", "")
    await world.polls()
    assert len(world.told(CHAT)) == 1, "a retelling rings nothing"

    world.now += timedelta(hours=20)
    world.publish(
        "un", "WFP suspends air drops to besieged Deir ez-Zor",
        "The World Food Programme suspended its air drops of food to civilians in Deir ez-Zor because of fighting.",
    )  # fmt: skip
    await world.polls()
    _, confirmed = world.told(CHAT)
    assert confirmed.reply_to_message_id == first.message_id
    assert "uncorroborated" not in confirmed.text.lower()
    assert "UN News" in confirmed.text

    world.now += timedelta(days=230)
    world.publish(
        "local", "Siege of Deir ez-Zor broken", "The siege of Deir ez-Zor was broken; food reached civilians."
    )
    await world.polls()
    *_, last = world.told(CHAT)
    assert len(world.told(CHAT)) == 3
    assert last.reply_to_message_id == first.message_id
    assert last.text.startswith("RESOLVED")

    (incident,) = await world.app.store.incidents()
    assert incident.state is State.RESOLVED
    assert incident.severity is Severity.EXTREME
    assert incident.people == 120_000
    assert {t.source_id for t in incident.told} == {"state", "un", "local"}
    assert_golden("deir_ez_zor", "\n\n".join(m.text for m in world.told(CHAT)))


async def test_conversation(world: World) -> None:
    """Commands in a private chat, right ones and wrong ones, each answered with what to do next."""
    await world.polls()
    world.now += timedelta(hours=1)
    world.publish(
        "un", "Rafah crossing closed", "The Rafah crossing was closed to aid convoys for displaced people in Gaza."
    )
    assert "/subscribe" in await world.ask(CHAT, "/start")
    assert "no subscription" in await world.ask(CHAT, "/subscribe")
    assert "Syria" in await world.ask(CHAT, "/subscribe_SY_severe")
    assert "severe or worse" in await world.ask(CHAT, "/subscribe")
    assert "no place called" in await world.ask(CHAT, "/subscribe Atlantis")
    assert "Which one?" in await world.ask(CHAT, "/subscribe aleppo severe")
    assert "Aleppo (city), Syria that are severe or worse" in await world.press(CHAT, "Aleppo (city), Syria")
    await world.polls()
    assert not world.told(CHAT), "another country rings nothing"
    assert "Rafah" in await world.ask(CHAT, "/latest")
    assert "Rafah" in await world.ask(CHAT, "rafah")
    assert "Rafah" in await world.ask(CHAT, "رفح")
    assert "No change" in await world.ask(CHAT, "دير الزور")
    assert "no place called" in await world.ask(CHAT, "qwertyuiop")
    assert "Rafah" in await world.ask(CHAT, "/summary_7d")
    assert "/summary_7d" in await world.ask(CHAT, "/summary_900d")
    assert "UN News" in await world.ask(CHAT, "/why_1")
    assert "/latest" in await world.ask(CHAT, "/why_99")
    assert "Which incident" in await world.ask(CHAT, "/why")
    assert "/summary" in await world.ask(CHAT, "/sumary")
    assert "/help" in await world.ask(CHAT, "/xyzzy")
    assert "/forget" in await world.ask(CHAT, "/help")
    assert "What I keep" in await world.ask(CHAT, "/privacy")
    assert "deleted" in await world.ask(CHAT, "/forget")
    assert "nothing about this chat" in await world.ask(CHAT, "/forget")
    assert "no subscription" in await world.ask(CHAT, "/unsubscribe")


async def test_blocked_and_back(world: World) -> None:
    """A chat that blocks us is left alone, and hears again when it comes back."""
    await world.subscribe(CHAT)
    await world.polls()
    world.now += timedelta(hours=1)
    world.api.block(CHAT)
    world.publish("un", "Aid convoy blocked", "Troops blocked an aid convoy for displaced families in Idlib, Syria.")
    await world.polls()
    assert not world.told(CHAT)
    await world.ask(CHAT, "/start")
    world.now += timedelta(hours=1)
    world.publish("un", "Siege of Homs", "Troops besieged Homs in Syria; 50,000 civilians are trapped without food.")
    await world.polls()
    assert any("Homs" in m.text for m in world.told(CHAT))


async def test_one_bad_feed_costs_only_itself(world: World) -> None:
    """A page that is no feed is a failure of that source, noted; the others are read."""
    await world.subscribe(CHAT)
    await world.polls()
    world.now += timedelta(hours=1)
    world.serve("local", b"<html><body>Service unavailable</body></html>")
    world.publish("un", "Aid convoy blocked", "Troops blocked an aid convoy for displaced families in Idlib, Syria.")
    await world.polls()
    assert len(world.told(CHAT)) == 1
    health = {h.source_id: h for h in await world.app.store.health()}
    assert health["local"].fails == 1
    assert health["local"].last_error
    assert health["un"].fails == 0


async def test_worse_again_after_it_was_better(world: World) -> None:
    """A crossing closed, opened and closed once more is told three times; an echo of the first closure is not."""
    await world.subscribe(CHAT)
    await world.polls()
    said = [
        ("Rafah crossing closed", "The Rafah crossing was closed to aid convoys for displaced people in Gaza."),
        ("Rafah crossing reopened", "The Rafah crossing reopened to aid convoys for displaced people in Gaza."),
        (
            "Rafah crossing closed again",
            "The Rafah crossing was closed to aid convoys for displaced people in Gaza once more.",
        ),
    ]
    for number, (title, text) in enumerate(said, 1):
        world.now += timedelta(hours=2)
        world.publish("un", title, text)
        await world.polls()
        assert len(world.told(CHAT)) == number, title
    assert "worse again" in world.told(CHAT)[-1].text
    assert not world.told(CHAT)[-1].text.startswith("RESOLVED")
    (incident,) = await world.app.store.incidents()
    assert incident.state is State.OPEN
