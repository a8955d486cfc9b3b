"""/map and /trend as people meet them: the picture, the words under it, and the words alone where no picture goes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.local.core import SentMessage
from bot.local.faults import Fault
from bot.map.marks import ACCESS_COLOURS, SEVERITY_COLOURS
from bot.model import Access, Severity
from tests.handlers.spoken import CLOSED, CONVOY, LIFELINE, NATIONWIDE, Spoken, spoken
from tests.handlers.test_roles import idle
from tests.make import NOW
from tests.map.made import alike, opened

pytestmark = pytest.mark.slow  # whole stories

CHAT, ADMIN, GROUP = 501, 610_000_021, -1_001_111_111_111


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Spoken]:
    async with spoken(tmp_path, NOW) as w:
        for news in (CONVOY, CLOSED, LIFELINE, NATIONWIDE):
            await w.happens("un", news, minutes=5)
        yield w


async def told(world: Spoken, text: str) -> list[str]:
    """The lines of a map's caption and of what follows it."""
    return "\n".join(m.text for m in await asked(world, text)).splitlines()


async def asked(world: Spoken, text: str, chat: int = CHAT, **how: Any) -> list[SentMessage]:
    before = len(world.api.sent)
    await world.ask(chat, text, **how)
    return world.api.sent[before:]


async def test_a_map_is_a_picture_that_its_caption_tells(world: Spoken) -> None:
    """The worst first, each with the number it has on the map; news of a whole country is told and not pinned."""
    (sent,) = await asked(world, "/map")
    assert sent.method == "sendPhoto"
    assert sent.photo is not None
    assert opened(sent.photo).width == 1080
    assert sent.text.startswith("Access in all countries, last 7 days, as of 22 Nov 2026 14:20 UTC: 4 worse\n")
    lines = sent.text.splitlines()[1:]
    assert lines[0] == "1. worse, EXTREME: last supply route cut - Deir ez-Zor /why_3"
    assert lines[1] == "2. worse, SEVERE: crossing closed - Rafah crossing /why_2"
    assert [line for line in lines if "Sudan (no closer place)" in line]
    assert lines[-1] == "1 of 1 source heard, last check 22 Nov 2026 14:20 UTC."


@pytest.mark.parametrize(
    ("typed", "title", "told"),
    [
        ("/map Syria 7d", "Syria, last 7 days", {"1", "3"}),
        ("/map_SY_24h", "Syria, last 24 h", {"1", "3"}),
        ("/map سوريا", "Syria, last 7 days", {"1", "3"}),
        ("/map Levant", "Levant, last 7 days", {"1", "2", "3"}),
        ("/map the levant 30d", "Levant, last 30 days", {"1", "2", "3"}),
        ("/map rafah crossing", "Rafah crossing, last 7 days", {"2"}),
        ("/map all", "all countries, last 7 days", {"1", "2", "3", "4"}),
    ],
)
async def test_a_country_a_place_a_region(world: Spoken, typed: str, title: str, told: set[str]) -> None:
    (sent,) = await asked(world, typed)
    assert sent.photo is not None
    assert sent.text.startswith(f"Access in {title}, ")
    assert set(re.findall(r"/why_(\d+)", sent.text)) == told


OPENED = ("Bab al-Hawa reopened", "The Bab al-Hawa crossing in Syria was reopened to aid for displaced people.")
ROAD = ("Road to Homs closed", "The road to Homs in Syria was closed by fighting; displaced people wait.")


async def test_how_ways_stand_is_on_the_map_and_in_its_caption(world: Spoken) -> None:
    """Not how relief stands; the bad first, with who says so; of the area that is asked about."""
    states = [line for line in await told(world, "/map Gaza") if line.startswith("CLOSED")]
    assert states == [
        "CLOSED: Rafah crossing; since 22 Nov 2026 14:10 UTC (UN News, grade A); 1 independent source /why_2"
    ]
    await world.happens("un", OPENED, minutes=5)
    await world.happens("un", ROAD, minutes=5)
    lines = await told(world, "/map Syria")
    about = [line.split(";")[0] for line in lines if re.match(r"[A-Z]{4,}\b", line)]
    assert about == [
        "BESIEGED: Deir ez-Zor", "CLOSED: a road at Homs", "CLOSED: an airport at Deir ez-Zor", "OPEN: Bab al-Hawa crossing"
    ]  # fmt: skip
    assert not any("relief to" in line or "Rafah" in line for line in lines)
    assert lines[-2] == "Open means that it was last reported open. Ask on the spot before you move."
    everywhere = await told(world, "/map")
    assert any(line.startswith("CLOSED: Rafah crossing") for line in everywhere)
    assert any(line.startswith("CLOSED: a road at Homs") for line in everywhere)


async def test_a_state_is_a_square_beside_the_symbol_of_its_news(world: Spoken) -> None:
    """Both are seen; what stands without news of the period is a map too; long unknown it is on none."""

    def painted(sent: SentMessage, colour: tuple[int, int, int]) -> int:
        assert sent.photo is not None
        counts = opened(sent.photo).crop((0, 122, 1080, 1022)).getcolors(1 << 20)
        return sum(n for n, c in counts or () if alike(c, colour))  # type: ignore[arg-type, misc]

    closed = ACCESS_COLOURS[Access.CLOSED]
    (sent,) = await asked(world, "/map rafah crossing")
    both = painted(sent, closed), painted(sent, SEVERITY_COLOURS[Severity.SEVERE])
    assert min(both) > 200, both
    for _ in range(6):
        await world.later(days=1)
    (later,) = await asked(world, "/map Rafah crossing 1d")
    assert painted(later, closed) > 200
    for _ in range(9):
        await world.later(days=1)
    (unknown,) = await asked(world, "/map rafah crossing 7d")
    assert "UNKNOWN since" not in unknown.text
    assert "UNKNOWN since" in (await asked(world, "/map rafah crossing 30d"))[0].text


async def test_where_nothing_can_be_pinned_there_is_no_empty_map(world: Spoken) -> None:
    """An empty map would look like calm."""
    (sent,) = await asked(world, "/map Sahel")
    assert (sent.method, sent.photo) == ("sendMessage", None)
    assert "no change reported" in sent.text
    assert "That isn't proof that nothing changed." in sent.text
    (country,) = await asked(world, "/map Sudan")
    assert (country.method, country.photo) == ("sendMessage", None)
    assert "aid" in country.text
    assert "Sudan (no closer place)" in country.text


async def test_an_unknown_place_and_period_are_answered_as_in_summary(world: Spoken) -> None:
    for words in ("nowhereville", "Sudan 900d"):
        one, two = [await asked(world, f"/{command} {words}") for command in ("map", "summary")]
        assert [m.text.replace("/map_7d", "/summary_7d") for m in one] == [m.text for m in two]
    assert "I know no place called “nowhereville”" in (await asked(world, "/map nowhereville"))[0].text


async def test_other_places_of_that_name_are_offered_and_lead_to_their_map(world: Spoken) -> None:
    await world.happens("un", ("Road closed", "The road to Tripoli in Lebanon was closed to aid."), minutes=5)
    (first,) = await asked(world, "/map tripoli")
    labels = [label for label in world.labels(CHAT) if label.endswith(("Lebanon", "Libya"))]
    assert labels
    before = len(world.api.sent)
    await world.press(CHAT, labels[0])
    sent = world.api.sent[-1]
    assert len(world.api.sent) > before
    assert sent.text.startswith("Access in Tripoli, last 7 days")
    assert {first.photo is None, sent.photo is None} == {True, False}, "one of the two has news"


async def test_two_equal_asks_cost_one_drawing(world: Spoken) -> None:
    """Other chats included; news makes another picture."""
    pictures = world.app.telegram.desk.pictures
    first = (await asked(world, "/map Syria"))[0].photo
    world.api.user_says(502, "hello")
    assert (await asked(world, "/map_SY", 502))[-1].photo == first
    assert pictures.drawn == 1
    await world.happens("un", ("Road closed", "The road to Homs in Syria was closed."), minutes=5)
    assert (await asked(world, "/map Syria"))[0].photo != first
    assert pictures.drawn == 2


@pytest.mark.parametrize("fault", ["http_500", "bad_gateway", "broken_json"])
async def test_where_a_picture_fails_the_words_are_sent(world: Spoken, fault: str) -> None:
    world.api.faults.append(Fault(fault, method="sendPhoto"))
    (sent,) = await asked(world, "/map Syria")
    assert sent.method == "sendMessage"
    assert sent.text.startswith("Access in Syria")
    assert "1. worse, EXTREME" in sent.text


async def test_a_flood_answer_is_waited_for(world: Spoken) -> None:
    world.api.faults.append(Fault("flood", method="sendPhoto", retry_after=1))
    assert [m.method for m in await asked(world, "/map Syria")] == ["sendPhoto"]


async def test_a_group_that_allows_no_pictures_gets_the_words(world: Spoken) -> None:
    world.api.user_says(ADMIN, "hello")
    world.api.add_bot(GROUP, title="Field team", by=ADMIN)
    await idle(world)
    (picture,) = await asked(world, "/map Syria", GROUP, user_id=ADMIN)
    assert picture.photo is not None
    assert picture.reply_to_message_id is not None, "in a group, as an answer to who asked"
    world.api.set_bot(GROUP, "restricted", can_send_messages=True, can_send_photos=False)
    await idle(world)
    (words,) = await asked(world, "/map Syria", GROUP, user_id=ADMIN)
    assert (words.method, words.text) == ("sendMessage", picture.text)


async def test_forget_takes_a_map_back(world: Spoken) -> None:
    """Where somebody asked about is as telling as an answer in words."""
    await world.ask(CHAT, "/subscribe Syria")
    (sent,) = await asked(world, "/map Syria")
    gone = await asked(world, "/forget")
    if not any(m.method.startswith("delete") for m in gone):
        before = len(world.api.sent)
        await world.press(CHAT, world.labels(CHAT)[0])
        gone = world.api.sent[before:]
    assert sent.message_id in {m.message_id for m in gone if m.method.startswith("delete")}


async def test_trend_is_a_chart_that_its_caption_tells(world: Spoken) -> None:
    """What opened, by week; the weeks before we listened are not called calm."""
    (sent,) = await asked(world, "/trend")
    assert sent.photo is not None
    assert "last 90 days" in sent.text
    assert sent.text.splitlines()[0].endswith(": 4 incidents")
    assert "16 Nov (so far): ▼▼▼▼ 4 worse" in sent.text
    assert "24 Aug to 9 Nov: none reported; who was heard is not known" in sent.text
    assert sent.text.endswith("No news is not calm: a week without reports may be one in which nobody could report.")
    (syria,) = await asked(world, "/trend_SY_30d")
    assert "16 Nov (so far): ▼▼ 2 worse" in syria.text
    (sahel,) = await asked(world, "/trend Sahel")
    assert (sahel.photo, "0 incidents" in sahel.text) == (None, True)
    (withdrawn,) = await asked(world, "/trend nowhereville")
    assert "I know no place" in withdrawn.text
