"""Which incident a report joins: signs for and against, on sentences of ours about places of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from bot.judge.agency import credited
from bot.judge.incidents import also_tells_of, fold
from bot.judge.likeness import figures
from bot.judge.places.names import skeleton
from bot.model import Assessment, ChangeKind, Dismissal, Incident, Item, Period, Severity, Source, State, Status
from bot.words.phrases import tells_movement
from tests.judge.loaded import JUDGE
from tests.make import NOW, a_source

HOUR = timedelta(hours=1)


def report(text: str, at: datetime = NOW, item_id: str = "1", url: str = "", lang: str = "en") -> Assessment:
    item = Item(item_id, "", text, url, lang, "s", Period.at(at), at)
    judged = JUDGE.judge(item)
    assert not isinstance(judged, Dismissal), judged.reason
    return judged


def told_all(*texts: str, every: timedelta = HOUR, sources: tuple[Source, ...] = ()) -> list[Incident]:
    """What becomes of these, one after the other, as the store keeps it: by number."""
    known: dict[int, Incident] = {}
    for n, text in enumerate(texts):
        at = NOW + n * every
        lang = "ar" if "\u0600" < text[0] < "\u0700" else "ru" if "\u0400" < text[0] < "\u0500" else "en"
        source = sources[n] if sources else a_source(id=f"s{n}", name=f"s{n}", owner=f"s{n}")
        change = fold(report(text, at, str(n), f"https://x.example/{n}", lang), source, known.values(), at)
        if change is not None:
            number = change.incident.number or len(known) + 1
            known[number] = replace(change.incident, number=number)
    return list(known.values())


ONE = [
    # one closure, in three scripts, one of a village that no table holds
    (
        "The road to the village of Torquma in Yemen was closed by fighters; residents lack food.",
        "اليمن: مسلحون يغلقون الطريق إلى قرية طرقمة",
        "Йемен: боевики закрыли дорогу к селу Торкума, жители без еды.",
    ),
    # only the country, while nothing else is told of it
    (
        "Fighters besieged the town of Kidal in Mali; civilians are trapped without food.",
        "Mali: a town is under siege for the second day, civilians lack water.",
    ),
    # another place beside the one that is told of
    (
        "An air strike destroyed the bridge at Burj Rahal near Tyre in Lebanon, cutting the road.",
        "Lebanon: the bridge north of Tyre was destroyed and the road is cut.",
    ),
    # weeks later, what turns it
    (
        "Soldiers stopped aid trucks at El Fasher, Sudan; no food reaches the town.",
        "Aid trucks reached El Fasher in Sudan with food.",
    ),
]
TWO = [
    # the same days, another town
    ("Fighters closed the road to Timbuktu in Mali.", "Fighters closed the road to Kidal in Mali."),
    # somewhere in the world, with no name in common
    ("Fighters closed the road to Timbuktu in Mali.", "The road to the village of Ostrelka was closed by fighting."),
    # an attack is over when it is done
    (
        "Two aid workers were killed in an attack near Goma, DR Congo.",
        "Gunmen killed an aid worker in an attack near Goma, DR Congo.",
    ),
    # two crossings four kilometres apart
    ("Kerem Shalom crossing into Gaza was closed.", "Rafah crossing into Gaza was reopened."),
    # the same words and the same numbers of another town
    (
        "Sudan: fighters closed the road to El Fasher; 200 trucks with aid wait.",
        "Sudan: fighters closed the road to Kadugli; 200 trucks with aid wait.",
    ),
    # in so wide a territory its name says next to nothing
    (
        "Israel bans 37 aid groups from working in Gaza.",
        "Fuel for hospitals in Gaza was not let in, doctors say; patients suffer.",
    ),
]


@pytest.mark.parametrize("texts", ONE)
def test_one_story(texts: tuple[str, ...]) -> None:
    """Whatever the language and however the place is named."""
    days = 20 if "El Fasher" in texts[0] else 0.1
    assert len(told_all(*texts, every=timedelta(days=days))) == 1


@pytest.mark.parametrize("texts", TWO)
def test_two_stories(texts: tuple[str, ...]) -> None:
    """Near in words or place, and not the same thing."""
    days = 5 if "killed" in texts[0] else 0.1
    assert len(told_all(*texts, every=timedelta(days=days))) == 2


def test_any_order_ends_in_the_same_incident() -> None:
    """Members, categories, place and severity, whichever is heard first."""
    texts = (
        "Fighters besieged the town of Idlib in Syria; 40,000 civilians are trapped without food.",
        "All roads to Idlib in Syria were closed by fighters.",
        "An aid convoy was refused entry to Idlib in Syria, the UN said.",
        "Idlib: 120,000 people besieged in the Syrian town go without food.",
    )
    ends = set()
    for order in permutations(texts):
        (one,) = told_all(*order)
        ends.add((one.categories, one.place, one.severity, one.people, len(one.told)))
    assert len(ends) == 1
    assert ends.pop()[2] is Severity.EXTREME


def test_an_edited_page_joins_whatever_it_says_now() -> None:
    """The same address of the same source: an update, and it replaces itself."""
    first = report("Fighters closed the road to Timbuktu in Mali.", item_id="1", url="https://x.example/1")
    opened = fold(first, a_source(id="s"), [], NOW)
    assert opened is not None
    known = [replace(opened.incident, number=1)]
    later = NOW + HOUR
    edited = report("The road to Kidal in Mali is closed by fighters.", later, "1", "https://x.example/1")
    change = fold(edited, a_source(id="s"), known, later)
    assert change is not None
    assert change.incident.number == 1
    assert len(change.incident.told) == 1


def test_two_that_one_report_tells_of_are_one() -> None:
    """What was kept apart is found to be one when a report is plainly of both."""
    apart = told_all(
        "Mali: fighters closed the road from Timbuktu to Kidal.", "Fighters closed the road to Kidal in Mali."
    )
    assert len(apart) == 1 or also_tells_of(
        report("The road from Timbuktu to Kidal in Mali is closed by fighters.", NOW + 2 * HOUR), apart[0], apart, NOW
    )


def test_worse_again_rings_in_the_same_chain_for_three_days() -> None:
    """Later it is another incident."""
    opened, shut = "The road to Timbuktu in Mali was reopened.", "Fighters closed the road to Timbuktu in Mali."
    assert len(told_all(shut, opened, shut, every=timedelta(hours=30))) == 1
    assert len(told_all(shut, opened, shut, every=timedelta(days=5))) == 2


def test_a_credible_denial_contests() -> None:
    """It rings once for what was told as severe, and is no second witness; a party's own outlet says nothing new."""
    siege = "Fighters besieged the town of Idlib in Syria; civilians are trapped without food."
    denial = "The army denied that Idlib in Syria is besieged."
    opened = told_all(siege)[0]
    assert opened.severity is Severity.SEVERE
    changes = [
        fold(report(denial, NOW + HOUR, "2"), source, [opened], NOW + HOUR)
        for source in (
            a_source(id="x", name="X", owner="x", grade="B"),
            a_source(id="y", name="Y", owner="y", grade="B", speaks_for_party_in=("SY",)),
        )
    ]
    assert [c.kind for c in changes if c] == [ChangeKind.CONTRADICTED, ChangeKind.REPEATED]
    contested = changes[0].incident if changes[0] else None
    assert contested is not None
    assert contested.contested
    assert contested.state is State.OPEN
    assert sum(t.independent for t in contested.told) == 1
    again = fold(report(denial, NOW + 2 * HOUR, "3"), a_source(id="z", owner="z", grade="B"), [contested], NOW + HOUR)
    assert again is not None
    assert again.kind is ChangeKind.REPEATED


def test_one_agency_on_two_sites_is_one_witness() -> None:
    """Both credit it; a third outlet with words of its own is the second witness."""
    siege = "Fighters besieged the town of Idlib in Syria; civilians are trapped without food"
    sites = tuple(a_source(id=i, name=i, owner=i, grade="B") for i in "abc")
    (one,) = told_all(
        f"BEIRUT (AFP) {siege}.", f"{siege} and water. - AFP", "Idlib in Syria is besieged.", sources=sites
    )
    assert [t.owner for t in one.told] == ["afp.com", "afp.com", "c"]
    assert one.credibility == 2


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("BEIRUT (AFP) Militants closed the road.", "afp.com"),
        ("The Arakan Army (AA) closed the road.", None),
        ("The Darfur Peace Agreement (DPA) was signed.", None),
        ("GENEVA (AFP) - The road is shut.", "afp.com"),
        ("The road is shut - Reuters", "reuters.com"),
        ("ТАСС: дорога закрыта", "tass.com"),
        ("بيروت (رويترز) - أغلق الطريق", "reuters.com"),
        ("Reuters reporters were stopped on the road.", None),
        ("The AP said so.", None),
    ],
)
def test_credit(text: str, owner: str | None) -> None:
    assert credited(Item("1", text=text)) == owner


def test_one_outlet_is_never_two_witnesses() -> None:
    """Whatever agencies it credits."""
    siege, one = "Fighters besieged the town of Idlib in Syria; civilians are trapped without food", a_source(owner="o")
    (told,) = told_all(f"{siege}.", f"BEIRUT (AFP) {siege}", f"{siege} - Reuters", sources=(one, one, one))
    assert told.credibility > 2


def test_what_agrees_corroborates() -> None:
    """That it is to open tomorrow does not confirm that it is shut."""
    (told,) = told_all(
        "Rafah crossing was closed; aid trucks wait.", "Rafah crossing will be reopened for aid tomorrow."
    )
    assert not told.corroborated


def test_a_round_up_makes_no_one_of_two_towns() -> None:
    both = told_all("Fighters closed the road to El Fasher, Sudan.", "Fighters closed the road to Kadugli, Sudan.")
    assert len(both) == 2
    roundup = report("Fighters closed the roads to El Fasher and Kadugli in Sudan.", NOW + 2 * HOUR)
    assert all(also_tells_of(roundup, i, both, NOW + 2 * HOUR) is None for i in both)


def test_closed_again_rings_without_a_date() -> None:
    """A feed that dates nothing is no echo for ever."""
    known: list[Incident] = []
    kinds = []
    for n, text in enumerate(("was closed", "was reopened", "was closed")):
        at = NOW + 10 * n * HOUR
        dated = report(f"The road to Timbuktu in Mali {text}.", at, str(n))
        change = fold(replace(dated, item=replace(dated.item, published=None)), a_source(), known, at)
        assert change is not None
        kinds.append(change.kind)
        known = [replace(change.incident, number=1)]
    assert kinds == [ChangeKind.OPENED, ChangeKind.RESOLVED, ChangeKind.ESCALATED]


def test_a_page_that_many_items_share_is_no_edit() -> None:
    """A live page: its address stands under news of many places."""
    page = "https://x.example/live"
    first = fold(report("Fighters closed the road to Gao in Mali.", url=page), a_source(id="s"), [], NOW)
    assert first is not None
    known = [replace(first.incident, number=1)]
    other = report("The town of Kidal in Mali is under siege; civilians lack food.", NOW + HOUR, "2", page)
    change = fold(other, a_source(id="s"), known, NOW + HOUR)
    assert change is not None
    assert change.kind is ChangeKind.OPENED


def test_an_announced_convoy_stays_hidden_in_what_happened_already() -> None:
    """Until it is told that relief came."""
    happened, leaves = (
        "Soldiers stopped aid trucks at El Fasher, Sudan.",
        ("Sudan: an aid convoy will leave for El Fasher tomorrow at 06:00 by the northern road."),
    )
    (one,) = told_all(happened, leaves)
    assert len(one.told) == 2
    assert one.status is Status.OCCURRED
    assert tells_movement(one)
    (came,) = told_all(happened, leaves, "An aid convoy reached El Fasher in Sudan with food.", every=5 * HOUR)
    assert not tells_movement(came)


def test_endless_figures_stop_nothing() -> None:
    """A feed cannot end its own poll by a number."""
    assert 100 in figures(Item("1", text="9" * 5_000 + " people, 100 lorries, " + "100 " * 2_000))


def test_figures_are_no_years_and_no_hours() -> None:
    assert figures(Item("1", text="In 2024, at 14:30, 98,000 of 1.200 refugees in 32 lorries, No. 7, 2.5 km")) == (
        98_000, 1_200, 32,
    )  # fmt: skip


@pytest.mark.parametrize(
    "names",
    [
        ("Qasmieh", "Kasmiyé", "القاسمية", "Касмие"), ("Khubza", "Khoubza", "خبزة"), ("Ulang", "أولانق", "Уланг"),
        ("El Fasher", "Al-Fashir", "الفاشر", "Эль-Фашер"), ("Semalka", "سيمالكا", "Сималку"),
    ],
)  # fmt: skip
def test_skeleton_of_a_name_in_three_scripts(names: tuple[str, ...]) -> None:
    assert len({skeleton(name) for name in names}) == 1
