"""Judging: what our own sentences are judged as, and that any text at all is judged in bounds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.judge.text import MAX_CHARS, fold
from bot.judge.wire import item_of, period, row_of
from bot.model import Assessment, Dismissal, Item, Period, Severity
from tests.judge.loaded import JUDGE

DEIR_EZ_ZOR = (
    "Islamic State militants have split the besieged city of Deir ez-Zor in two and severed its air base from the "
    "last government-held districts. The base was the lifeline of an estimated 120,000 trapped civilians after all "
    "roads into the city were blocked. Helicopters, the only source of aid deliveries, are now unable to land."
)


def judged(text: str, lang: str = "en", published: str | None = None) -> Assessment | Dismissal:
    return JUDGE.judge(Item(id="t", text=text, lang=lang, published=period(published)))


def test_the_case_that_started_it() -> None:
    """One extreme, worsening report of all three kinds at Deir ez-Zor with 120,000 people."""
    a = judged(DEIR_EZ_ZOR)
    assert isinstance(a, Assessment)
    assert [str(c) for c in a.report.categories] == ["siege", "aid_delivery", "route_closure"]
    assert a.report.direction == "worsening"
    assert a.severity is Severity.EXTREME
    assert (a.report.country, a.report.place and a.report.place.name) == ("SY", "Deir ez-Zor")
    assert a.report.people == 120_000
    assert any("100,000" in r.because for r in a.reasons)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Some 120,000 civilians are besieged in the town.", 120_000),
        ("The siege has trapped 1.2 million people.", 1_200_000),
        ("The siege cost 120,000 dollars; civilians are trapped.", None),
        ("At least 40 civilians were killed in the besieged town, which has no food left.", None),
        ("In 2016 civilians in the besieged town starved.", None),
        ("Aid reached 3 thousand displaced people in the besieged town.", 3_000),
        ("Aid reached 600 families in the besieged town.", None),
        ("Three women are trapped in the besieged town without food.", None),
        ("Half a million people are trapped in the besieged town.", 500_000),
        ("Some two thousand civilians are trapped in the besieged town.", 2_000),
        ("В осажденном городе без еды остаются около двух тысяч мирных жителей, идут бои.", 2_000),
        ("Полмиллиона человек остаются в осажденном городе без воды.", 500_000),
        ("يعيش نصف مليون مدني في المدينة المحاصرة بلا غذاء ولا ماء.", 500_000),
        ("Medio millón de civiles siguen bajo asedio en la ciudad por la guerra.", 500_000),
    ],
)
def test_people(text: str, people: int | None) -> None:
    """Only stated figures of people affected: no money, no dead, no years."""
    a = judged(text, lang="")
    assert isinstance(a, Assessment)
    assert a.report.people == people


@pytest.mark.parametrize(
    ("text", "status", "certainty"),
    [
        ("The army blocked the aid convoy to the besieged town.", "occurred", "observed"),
        ("The aid convoy will reach the besieged town after both sides agreed to a truce.", "announced", "likely"),
        ("The army may block the aid convoy to the displaced in Syria.", "rumoured", "possible"),
    ],
)
def test_status_and_certainty(text: str, status: str, certainty: str) -> None:
    """A fact, a plan and a fear are told apart."""
    a = judged(text)
    assert isinstance(a, Assessment)
    assert (a.report.status, a.certainty) == (status, certainty)


def test_a_call_is_no_event() -> None:
    """'Calls for lifting the siege' holds the improving words and improves nothing."""
    a = judged("The UN called for an end to the siege of the town, where civilians starve.")
    assert isinstance(a, Assessment)
    assert a.report.direction == "unchanged"
    assert a.report.status == "requested"


def test_not_is_seen() -> None:
    """'No aid has reached' is the opposite of 'aid has reached'."""
    a = judged("No aid convoy has reached the displaced families in Darfur.")
    assert isinstance(a, Assessment)
    assert a.report.direction == "worsening"


def test_history_needs_a_publication_date() -> None:
    """A year long past is history in a text of 2020, and says nothing without a date."""
    text = "In 1994 the siege of the town trapped civilians without food."
    assert isinstance(judged(text), Assessment)
    old = judged(text, published="2020-05-01")
    assert isinstance(old, Dismissal)
    assert old.reason == "history: told of 1994"


def test_every_dismissal_says_why() -> None:
    """No words, false friends, weak words: each has its own reason."""
    assert isinstance(d := judged("The paint is blue."), Dismissal)
    assert d.reason == "no words of ours"
    assert isinstance(d := judged("他们包围了城市"), Dismissal)
    assert isinstance(d := judged("The marathon closed the road to the bridge on Sunday."), Dismissal)
    assert "false friend" in d.reason
    assert isinstance(d := judged("The ministry cut $65 million of aid for Gaza."), Dismissal)
    assert d.reason == 'money: "$65" beside what would be: supplies cut'


ANY = st.text(max_size=400) | st.text(alphabet="siege aidconvoyblked رفحص осада.,!?\n\u0301\u200b120", max_size=400)


@settings(max_examples=150, deadline=None)
@given(title=ANY, text=ANY, lang=st.text(max_size=4))
def test_any_text(title: str, text: str, lang: str) -> None:
    """Whatever the text and its language tag, there is a judgement and evidence points at its own words."""
    item = Item(id="x", title=title, text=text, lang=lang)
    result = JUDGE.judge(item)
    evidence = result.evidence if isinstance(result, Dismissal) else result.report.evidence
    for e in evidence:
        assert item.words[e.start : e.end] == e.text
    row_of(result)


def test_a_megabyte_of_marks_is_cut_first() -> None:
    """Combining marks without end: the work is bounded by MAX_CHARS, whatever comes."""
    folded = fold("siege " + "\u0301\u0327" * 500_000)
    assert len(folded.text) <= MAX_CHARS


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("2017-01-17", "2017-01-17T00:00:00", "2017-01-17T23:59:59"),
        ("2017-01", "2017-01-01T00:00:00", "2017-01-31T23:59:59"),
        ("2017", "2017-01-01T00:00:00", "2017-12-31T23:59:59"),
        ("2019/2020", "2019-01-01T00:00:00", "2020-12-31T23:59:59"),
        ("2017-01-17T10:00:00+03:00", "2017-01-17T07:00:00", "2017-01-17T07:00:00"),
    ],
)
def test_published_forms(value: str, start: str, end: str) -> None:
    """A day, a month, a year and a range are kept as what they are."""
    found = period(value)
    assert isinstance(found, Period)
    assert found.start == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert found.end.replace(microsecond=0) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [1484611200, "1484611200", "yesterday", "2017-13-01", "0000", None, True, "2017-02-30"]
)
def test_published_never_guessed(value: object) -> None:
    """What is no date is no date, numbers least of all."""
    assert period(value) is None


def test_rows_in() -> None:
    """A number as id, null as absence, unknown keys: all fine."""
    item = item_of({"id": 7, "title": "A", "text": None, "lang": None, "more": [1]})
    assert (item.id, item.title, item.text, item.lang) == ("7", "A", "", "")


def test_a_phrase_that_says_no_itself() -> None:
    """'No aid' and 'unable to reach' report what they say: their own 'no' does not turn them."""
    a = judged("There is no aid for the displaced families in Darfur, and relief agencies are unable to reach them.")
    assert isinstance(a, Assessment)
    assert a.report.direction == "worsening"
