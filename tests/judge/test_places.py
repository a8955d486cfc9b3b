"""Places: what sentences of ours settle on, what a person's words find, and that offsets point into the original."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.judge.places import Gazetteer
from bot.judge.text import fold
from bot.settings import files

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="module")
def shipped() -> Gazetteer:
    """The gazetteer of config/places."""
    problems: list[str] = []
    tables = files.read_places(CONFIG, problems)
    assert not problems
    return Gazetteer.from_rows({name: text.splitlines() for name, text in tables.items()})


# sentence, country, place key, place as written
SENTENCES = [
    ("Trucks queued at the Rafah crossing for a third day.", "PS", "own:rafah-crossing", "Rafah crossing"),
    ("Israeli forces opened fire on people waiting for flour in Gaza.", "PS", "PS:PS02", "Gaza"),
    ("Israeli soldiers turned an ambulance back at a checkpoint.", "PS", None, None),
    ("Israel's siege has left bakeries without flour.", "PS", None, None),
    ("A convoy reached Gaza City on Sunday.", "PS", "own:gaza-city", "Gaza City"),
    ("Tents burned in the Nuseirat refugee camp.", "PS", "own:nuseirat", "Nuseirat refugee camp"),
    ("Kerem Shalom stays shut, drivers say.", "PS", "own:kerem-shalom", "Kerem Shalom"),
    ("Fighters encircled the town of Manbij.", "SY", "own:manbij", "Manbij"),
    ("All roads into Deir ez-Zor have been cut.", "SY", "gn:170794", "Deir ez-Zor"),
    ("Clashes went on in Deir ez-Zor province.", "SY", "SY:SY09", "Deir ez-Zor province"),
    ("Aid was cut off in Aleppo province.", "SY", "SY:SY02", "Aleppo province"),
    ("Roads around Aleppo were cut.", "SY", "own:aleppo", "Aleppo"),
    ("BEIRUT (Agency) Trucks reached Madaya on Monday.", "SY", "own:madaya", "Madaya"),
    ("Lorries drove through Bab al-Hawa from Turkey.", "SY", "own:bab-al-hawa", "Bab al-Hawa"),
    ("Russian forces shelled the road to Kherson.", "UA", "own:kherson", "Kherson"),
    ("Civilians hide in the Azovstal plant in Mariupol.", "UA", "own:azovstal", "Azovstal plant"),
    ("Kyiv said that the way out of Avdiivka was closed.", "UA", "own:avdiivka", "Avdiivka"),
    ("The Saudi-led coalition closed Hodeidah port.", "YE", "own:hodeidah-port", "Hodeidah port"),
    ("Sana'a International Airport took its first flight.", "YE", "own:sanaa-airport", "Sana'a International Airport"),
    ("The Khartoum government let aid into El Fasher.", "SD", "own:el-fasher", "El Fasher"),
    ("Al Fashir has been under siege for a year.", "SD", "own:el-fasher", "Al Fashir"),
    ("Trucks wait at the Adre border crossing.", "SD", "own:adre", "Adre border crossing"),
    ("Azerbaijan reopened the Lachin corridor.", "AZ", "own:lachin-corridor", "Lachin corridor"),
    ("Flights to Goma airport were suspended.", "CD", "own:goma-airport", "Goma airport"),
    ("US officials said the DRC had closed the road to Goma.", "CD", "own:goma", "Goma"),
    ("South Sudan floods cut Bentiu off.", "SS", "own:bentiu", "Bentiu"),
    ("Gangs blocked the road out of Port-au-Prince.", "HT", "own:port-au-prince", "Port-au-Prince"),
    ("Boats carried rice to Sittwe in Rakhine State.", "MM", "own:sittwe", "Sittwe"),
    ("Yemen faces a blockade.", "YE", "YE", "Yemen"),
    ("The crossing near Tripoli was reopened.", "LY", "gn:2210247", "Tripoli"),
    ("Lebanese troops closed the road into Tripoli.", "LB", "gn:266826", "Tripoli"),
    ("Georgia closed its border crossings.", "GE", "GE", "Georgia"),
    ("Floods cut roads around Atlanta, Georgia.", "US", "gn:4180439", "Atlanta"),
    ("Palma was attacked, Mozambique said.", "MZ", "own:palma", "Palma"),
    ("Reading the report in March, most agencies asked for more aid.", None, None, None),
    ("Most of the same people got aid and nice food.", None, None, None),
    ("They told us to wait.", None, None, None),
    ("mariupol written small is no name", None, None, None),
    ("Vladimir Putin spoke on Monday.", None, None, None),
    ("Газ подорожал, совет собрался.", None, None, None),
    ("", None, None, None),
    ("دخلت قافلة مساعدات إلى تعز", "YE", "own:taiz", "تعز"),
    ("إغلاق معبر رفح أمام المساعدات", "PS", "own:rafah-crossing", "معبر رفح"),
    ("انقطعت الطريق إلى كادوقلي والدلنج", "SD", "own:kadugli", "كادوقلي"),
    ("المساعدات لا تصل للفاشر", "SD", "own:el-fasher", "للفاشر"),
    ("حصار بالسودان", "SD", "SD", "بالسودان"),
    ("سكان غزّة بلا ماء", "PS", "PS:PS02", "غزّة"),
    ("طائرات تقصف ريف دير الزور", "SY", "SY:SY09", "ريف دير الزور"),
    ("Жители Газы остались без воды", "PS", "PS:PS02", "Газы"),
    ("Колонна с людьми вышла из Мариуполя", "UA", "own:mariupol", "Мариуполя"),
    ("Конвой прибыл в Восточную Гуту", "SY", "own:eastern-ghouta", "Восточную Гуту"),
    ("Бои идут в Харьковской области", "UA", "UA:UA63", "Харьковской области"),
    ("Удары по Хан-Юнису продолжаются", "PS", "own:khan-younis", "Хан-Юнису"),
    ("Помощь сбросили над Идлибом", "SY", "own:idlib", "Идлибом"),
    ("Дорога к Алеппо закрыта", "SY", "own:aleppo", "Алеппо"),
    ("Сирийские войска перекрыли дорогу", "SY", None, None),
    ("Вертолеты летят в Степанакерт", "AZ", "own:stepanakert", "Степанакерт"),
    ("Гуманітарний коридор із Маріуполя закрито", "UA", "own:mariupol", "Маріуполя"),
    ("У Харкові не вистачає води", "UA", "own:kharkiv", "Харкові"),
    ("L'aide n'arrive plus à El Fasher.", "SD", "own:el-fasher", "El Fasher"),
    ("Des Syriens attendent près d'Alep.", "SY", "own:aleppo", "Alep"),
    ("El paso fronterizo de Rafah sigue cerrado.", "PS", "own:rafah", "Rafah"),
]


@pytest.mark.parametrize(("sentence", "country", "key", "written"), SENTENCES)
def test_a_sentence_settles(
    shipped: Gazetteer, sentence: str, country: str | None, key: str | None, written: str | None
) -> None:
    """Country, place and place as written, with a reason whatever comes out."""
    found = shipped.settle(shipped.find(fold(sentence)))
    got = (found.country, found.place.key if found.place else None, found.place_text)
    assert got == (country, key, written), found.reason
    assert found.reason


@pytest.mark.parametrize(
    ("sentence", "key", "written"),
    [
        ("Soldiers ringed the village of Torquma in Yemen.", "name:YE:torquma", "Torquma"),
        ("Torquma bridge in southern Lebanon is down.", "name:LB:torquma", "Torquma"),
        ("Ukraine: the crossing was closed\nNobody passed.", "UA", "Ukraine"),  # the next line begins with a capital
        ("WFP halts food aid in Torq Hamba, Ethiopia.", "name:ET:torq hamba", "Torq Hamba"),
        ("Aid to Sudan was halted in January.", "SD", "Sudan"),
        ("Сирия: мост у Торкумы взорван.", "name:SY:торкум", "Торкумы"),
        ("Украина: в Торкумском районе закрыли дорогу.", "name:UA:торкумск", "Торкумском"),
        ("Украина: в Торкумском театре ждали премьеры.", "UA", "Украина"),
        ("اليمن: مسلحون يطوقون قرية طرقمة", "name:YE:طرقمه", "طرقمة"),
        ("اليمن: قرية ممنوع الخروج منها", "YE", "اليمن"),
        ("Fighters said that nobody passes Torquma.", None, None),  # nothing says that it is a place
    ],
)
def test_a_name_that_no_table_holds(shipped: Gazetteer, sentence: str, key: str | None, written: str | None) -> None:
    """It is a place by what stands beside it, in the country that the rest tells, and has no coordinates."""
    folded = fold(sentence)
    found = shipped.settle(shipped.find(folded), folded=folded)
    assert (found.place.key if found.place else None, found.place_text) == (key, written), found.reason
    if key is not None and key.startswith("name:"):
        assert found.place is not None and found.place.lat is None and found.place.within[-1] == found.country


def test_a_small_town_needs_a_word_of_its_country(shipped: Gazetteer) -> None:
    """So many small towns bear the names of people and things."""
    assert shipped.settle(shipped.find(fold("A lorry waits in Nanoro."))).place is None
    assert shipped.settle(shipped.find(fold("Burkina Faso: a lorry waits in Nanoro."))).place_text == "Nanoro"


def test_the_place_beside_the_claim_wins(shipped: Gazetteer) -> None:
    """Of two crises in one text, the one beside the words of the claim is meant."""
    text = "In Ukraine, Kherson was shelled. " + "Other news follows here. " * 12 + "The road to Taiz has been closed."
    hits = shipped.find(fold(text))
    at = text.index("closed")
    near_taiz = shipped.settle(hits, focus=[(at, at + 6)])
    near_kherson = shipped.settle(hits, focus=[(text.index("shelled"), text.index("shelled") + 7)])
    assert (near_taiz.country, near_taiz.place_text) == ("YE", "Taiz")
    assert (near_kherson.country, near_kherson.place_text) == ("UA", "Kherson")


LOOKUPS = [
    ("rafah", ["own:rafah"]),
    ("RAFAH CROSSING", ["own:rafah-crossing"]),
    ("دير الزور", ["gn:170794"]),
    ("sudan", ["SD"]),
    ("SD", ["SD"]),
    ("ua", ["UA"]),
    ("Syrian", ["SY"]),
    ("drc", ["CD"]),
    ("palestine", ["PS"]),
    ("gaza", ["PS:PS02", "MZ:MZ02"]),
    ("tripoli", ["gn:2210247", "gn:266826"]),
    ("Мариуполя", ["own:mariupol"]),
    ("sana'a", ["own:sanaa"]),
    ("ukraine!", ["UA"]),
    ("no such place", []),
    ("  ", []),
    ("?", []),
]


@pytest.mark.parametrize(("typed", "keys"), LOOKUPS)
def test_lookup(shipped: Gazetteer, typed: str, keys: list[str]) -> None:
    """What a person types finds the most trusted and largest first, in any case; nothing finds nothing."""
    assert [place.key for place in shipped.lookup(typed)][: len(keys) or None] == keys


def test_countries_have_names(shipped: Gazetteer) -> None:
    """Short English names; an unknown code stands for itself."""
    assert shipped.country_name("SY") == "Syria"
    assert shipped.country_name("CD") == "DR Congo"
    assert shipped.country_name("ZZ") == "ZZ"
    assert shipped.country("ZZ") is None
    sudan = shipped.country("SD")
    assert sudan is not None
    assert sudan.within == ()


@pytest.mark.parametrize(
    ("typed", "within"),
    [
        ("Deir ez-Zor", ("SY:SY09", "SY")),
        ("Azovstal", ("own:mariupol", "UA:UA14", "UA")),
        ("Rafah crossing", ("own:rafah", "PS:PS02", "PS")),
        ("Gaza Strip", ("PS",)),
        ("Darfur", ("SD",)),
    ],
)
def test_ancestors_end_with_the_country(shipped: Gazetteer, typed: str, within: tuple[str, ...]) -> None:
    """`within` is filled, nearest first."""
    assert within in [place.within for place in shipped.lookup(typed)]


NAMES = st.sampled_from(
    [
        "Gaza",
        "Deir ez-Zor",
        "Sana'a",
        "d'Alep",
        "Kyiv’s",
        "غَزَّة",
        "وحلب",
        "Мариуполя",
        "Ёлки",
        "U.S.",
        "Rafah border crossing",
    ]
)
TEXTS = st.lists(st.one_of(NAMES, st.text(max_size=12)), max_size=12).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_offsets_point_into_the_original(shipped: Gazetteer, text: str) -> None:
    """Whatever the text, hits stand in order, do not overlap, and are the original's own characters."""
    hits = shipped.find(fold(text))
    end = 0
    for hit in hits:
        assert text[hit.start : hit.end] == hit.text
        assert end <= hit.start < hit.end <= len(text)
        assert hit.candidates
        end = hit.end
    found = shipped.settle(hits, focus=[(0, 1)])
    assert found.place is None or found.place.country == found.country


TABLES = {
    "countries": ["QA\tQatar\t25.3\t51.5\tقطر", "KW\tKuwait\t\t\t"],
    "admin1": ["QA01\tDoha Region\tQA\t25.3\t51.5"],
    "cities": ["7\tTowny\tQA\tQA01\t25.1\t51.2\t150000\ttowny|otherby", "8\tTowny\tKW\t\t29\t48\t140000\ttowny"],
    "own": ["own:gate\tTowny gate\tcrossing\tQA\t\t\tQA01\t?Gate"],
    "cues": ["QA\tcrisis\t\tQatari", "KW\t\t\tKuwaiti"],
    "stop": ["otherby"],
}


def test_small_tables_suffice() -> None:
    """Rows alone make a gazetteer; an ambiguous name needs a cue, a stop word is no name, a shy name needs company."""
    small = Gazetteer.from_rows(TABLES)

    def settled(text: str) -> str | None:
        place = small.settle(small.find(fold(text))).place
        return place.key if place else None

    assert settled("The road to Towny is shut.") is None
    assert settled("Kuwaiti lorries on the road to Towny.") == "gn:8"
    assert settled("Qatari lorries on the road to Towny.") == "gn:7"
    assert settled("Qatari lorries on the road to Otherby.") is None
    assert settled("Gate was closed.") is None
    assert settled("Gate was closed by Qatari guards.") == "own:gate"
    assert Gazetteer.from_rows({}).find(fold("Anything at all")) == ()


def test_bad_rows_are_all_named() -> None:
    """Each wrong row is refused with its file and what to write."""
    rows = {
        "countries": ["QA\tQatar\t25.3\t51.5\t", "short row"],
        "cues": ["QA\thero\t\t", "ZZ\t\t\tZeddish"],
        "own": ["own:a\tA\tcamp\tQA\tnorth\t\t\t", "own:b\tB\tcamp\tQA\t\t\town:nobody\t"],
        "regions": ["gulf\tGulf\tQA|XX", "none\tNone\t"],
    }
    with pytest.raises(ConfigError) as refused:
        Gazetteer.from_rows(rows)
    told = "\n".join(refused.value.problems)
    assert len(refused.value.problems) == 7
    for part in ("countries.tsv line 2", "hero", "ZZ", "own:a", "own:nobody", "regions.tsv: row 'gulf'", "row 'none'"):
        assert part in told


def test_regions_are_several_countries_under_one_name(shipped: Gazetteer) -> None:
    """In any case and script; a text is not searched for them, and none hides a country."""
    sahel = shipped.region("the SAHEL")
    assert sahel is not None
    assert (sahel.name, "TD" in sahel.countries) == ("Sahel", True)
    assert shipped.region("الساحل") == sahel
    assert shipped.region("Sudan") is None
    assert [p for name in shipped._known.regions for p in shipped.lookup(name) if p.kind == "country"] == []
    assert len(shipped.countries()) > 240


def test_every_country_that_a_place_lies_in_has_a_name(shipped: Gazetteer) -> None:
    """A button shows it, so it is a name, and neither the country's code nor another abbreviation."""
    problems: list[str] = []
    codes = set()
    for table, text in files.read_places(CONFIG, problems).items():
        column = {"countries": 0, "admin1": 2, "cities": 2, "own": 3}.get(table)
        rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
        codes |= {row[column] for row in rows} if column is not None else set()
    assert len(codes) > 200
    names = {code: shipped.country_name(code) for code in codes}
    assert not {code: name for code, name in names.items() if len(name) < 4 or name.isupper()}
