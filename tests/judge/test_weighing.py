"""What the words around a claim make of it, on sentences of the shipped languages."""

from __future__ import annotations

import pytest

from bot.judge.text import fold
from bot.judge.wire import item_of
from bot.model import Assessment, Dismissal, Judgement
from tests.judge.loaded import JUDGE


def judged(text: str, title: str = "", lang: str = "en", date: str = "2026-05-01") -> Judgement:
    return JUDGE.judge(item_of({"id": "t", "text": text, "title": title, "lang": lang, "published": date}))


def report(text: str, **more: str) -> Assessment:
    found = judged(text, **more)
    assert isinstance(found, Assessment), found.reason
    return found


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Soldiers denied the evacuation of patients from the hospital in Gaza.", "worsening"),
        ("Two aid workers were wounded while handing out food to displaced families in Darfur.", "worsening"),
        ("The crossing between Sudan and Chad reopened to aid trucks after ten weeks of closure.", "improving"),
        ("The army ended the two-year encirclement of Kadugli in Sudan on Monday.", "improving"),
        ("The road to Goma has been closed since January by fighting with M23 rebels.", "unchanged"),
        ("Gunmen kidnapped three aid workers in Mali; they were released a day later.", "worsening"),
        ("Militants freed two kidnapped aid workers in Burkina Faso on Sunday.", "improving"),
        ("The fleet may impose a naval blockade of Yemen, diplomats fear.", "worsening"),
        ("Militias are trying to encircle the city of El Fasher in Sudan.", "worsening"),
        ("The UN called for the siege of El Fasher in Sudan to end.", "unchanged"),
        ("The humanitarian corridor from Mariupol did not work on Monday, Ukrainian officials said.", "worsening"),
    ],
)
def test_which_claim_governs(text: str, direction: str) -> None:
    assert report(text).report.direction == direction


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("UNICEF says that 40 children were killed in air strikes on Kharkiv in Ukraine.", "no claim"),
        ("At least 59 people were killed in the fighting in Darfur: Red Cross.", "no claim"),
        ("The ministry will withhold $65 million of aid for Gaza.", "money"),
        ("A ship carrying 77 tonnes of small arms and food arrived in Port Sudan.", "military"),
        ("Airlines cancelled flights to Kyiv airport, leaving tourists stranded.", "travel"),
    ],
)
def test_company_that_keeps_a_claim_out(text: str, why: str) -> None:
    found = judged(text)
    assert isinstance(found, Dismissal), found
    assert why in found.reason


def test_a_workers_death_that_a_speaker_tells() -> None:
    """Who speaks is not harmed, but of whom he speaks may be."""
    assert (
        report("The UN says two aid workers were killed in an ambush in South Sudan.").report.direction == "worsening"
    )


def test_since_a_year_is_no_history() -> None:
    open_again = "Israel partly reopened the Rafah crossing, closed since 2007 for most people of Gaza."
    assert isinstance(judged(open_again), Assessment)
    assert isinstance(judged("Israel closed the Rafah crossing to people of Gaza in 2007."), Dismissal)


def test_the_number_of_a_resolution_is_no_year() -> None:
    told = "Lebanon called on Israel to lift the blockade of its ports under resolution 1701."
    assert isinstance(judged(told), Assessment)


@pytest.mark.parametrize(
    ("text", "asset"),
    [
        ("Bab al-Hawa was closed on Monday; refugees wait on both sides.", "crossing"),
        ("Rafah reopened on Sunday for patients from Gaza.", "crossing"),
        ("Закрыт Баб-эль-Хава, беженцы ждут по обе стороны.", "crossing"),
    ],
)
def test_routes_that_are_called_by_their_names(text: str, asset: str) -> None:
    found = report(text, lang="ru" if text[0] == "З" else "en")
    assert "route_closure" in found.report.categories
    assert found.report.asset == asset


def test_what_stands_far_down_is_not_what_a_text_is_about() -> None:
    claim = "Soldiers blocked the road to the camp of displaced people in Darfur."
    filler = "The conference discussed the budget of the museum and thanked its hosts. " * 12
    assert isinstance(judged(claim + " " + filler), Assessment)
    assert isinstance(judged(filler + claim), Dismissal)


def test_a_country_in_crisis_is_no_proof_beside_a_storm() -> None:
    assert isinstance(judged("Thousands of residents were evacuated in the Philippines before the typhoon."), Dismissal)


def test_provisional_words_never_push_above_moderate() -> None:
    found = report("O cerco à cidade de El Fasher, no Sudão, deixa 260 mil civis sem comida.", lang="pt")
    assert found.severity.word == "moderate"
    assert "provisional language" in [r.rule for r in found.reasons]


def test_a_language_that_is_not_ours() -> None:
    """The source says so, and few little words speak against it; without its word the script alone decides."""
    text = fold("Der Hilfskonvoi erreichte nach Wochen die belagerte Stadt, sagte ein Sprecher der Behörden am Montag.")
    assert JUDGE.lexicon.choose(text, "de") is None
    assert JUDGE.lexicon.choose(text, "") is not None


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("On 12 May an aid convoy reached El Fasher in Sudan.", "observed"),
        ("May 2025: Soldiers turned back an aid convoy near Homs in Syria.", "observed"),
        ("No aid convoy has reached El Fasher in Sudan since May.", "observed"),
        ("An aid convoy may reach El Fasher in Sudan on Friday.", "possible"),
        ("Aid trucks could not enter Gaza on Monday due to shelling.", "observed"),
        ("Aid trucks are due to enter Gaza on Monday.", "likely"),
    ],
)
def test_a_hedge_is_a_hedge(text: str, certainty: str) -> None:
    """The month of May, 'due to', 'could not' are none."""
    assert report(text).certainty == certainty
