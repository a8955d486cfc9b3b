"""What stands beside a name: 'crossing' and the like, 'province', 'in', or the capitals of a dateline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.judge.places.names import Word
from bot.judge.text import Folded

# words that together with the name before them name a thing there: Rafah border crossing, Nuseirat refugee camp
_THING_AFTER = frozenset(
    """crossing checkpoint airport airbase port harbour harbor camp corridor bridge road highway hospital""".split()
)
_BEFORE_THING = frozenset("""border international military air land refugee displacement idp main""".split())
_BASE = frozenset(("base", "field"))  # air base
_THING_BEFORE = frozenset("""معبر مطار ميناء مخيم حاجز جسر аэропорт порт лагерь кпп""".split())
_REGION_AFTER = frozenset(
    """province governorate state region oblast district division county department prefecture
    область области областью обл провинция провинции провинцию мухафаза мухафазе мухафазы""".split()
)
_REGION_BEFORE = frozenset(
    """province provincia gouvernorat governorate departement departamento estado municipio محافظه ولايه اقليم ريف
    провинция провинции провинцию мухафаза мухафазе мухафазы""".split()
)
_IN = frozenset(
    """in into to near inside around from across within reach reaching of at en dans a au vers pres de hacia
    в во на из под к до около у في الي من قرب داخل نحو""".split()
)
_LINK = frozenset(("of", "de", "d", "du", "del"))
# those of them after which an unknown name with a capital is a place: 'to' and 'a' stand before people too
LOCATIVE = _IN - set("to of from across within reach reaching a au de из к hacia في الي من قرب داخل نحو".split())
IN_WEIGHT, DATELINE_WEIGHT = 1.3, 0.4


@dataclass(frozen=True, slots=True)
class Around:
    """Indexes of the first and last word of the name with its thing; `is_region`: 'province' stands beside it;
    `is_in`: a word of place stands before it; `weight` is what the hit is worth."""

    first: int
    last: int
    is_region: bool
    is_in: bool
    weight: float


def around(folded: Folded, found: Sequence[Word], first: int, last: int) -> Around:
    """Read the neighbours of the name that stands at words first to last."""
    before = found[first - 1].key if first else ""
    after = _next(folded, found, last)
    linked = found[first - 2].key if first > 1 and before in _LINK else ""
    is_region = after in _REGION_AFTER or before in _REGION_BEFORE or linked in _REGION_BEFORE
    start = first - 1 if before in _THING_BEFORE else first
    end = _thing_end(folded, found, last)
    is_in = before in _IN
    weight = IN_WEIGHT if is_in else 1.0
    if not is_in and end == last and _is_dateline(folded, found, first, last):
        weight = DATELINE_WEIGHT
    return Around(start, end, is_region, is_in, weight)


def _next(folded: Folded, found: Sequence[Word], at: int) -> str:
    """The key of the word after, when only a space parts them."""
    if at + 1 >= len(found) or folded.text[found[at].end : found[at + 1].start] != " ":
        return ""
    return found[at + 1].key


def _thing_end(folded: Folded, found: Sequence[Word], last: int) -> int:
    word = _next(folded, found, last)
    if word in _THING_AFTER:
        return last + 1
    if word in _BEFORE_THING:
        thing = _next(folded, found, last + 1)
        if thing in _THING_AFTER or (thing in _BASE and word in ("air", "military")):
            return last + 2
    return last


def _is_dateline(folded: Folded, found: Sequence[Word], first: int, last: int) -> bool:
    """BEIRUT (Agency) or BEIRUT Major powers: a name in capitals where what stands around it is not."""
    start, end = folded.span(found[first].start, found[last].end)
    before, after = folded.original[max(0, start - 20) : start], folded.original[end : end + 40]
    shouted = len(before) > 5 and not any(letter.islower() for letter in before)
    return folded.original[start:end].isupper() and any(letter.islower() for letter in after) and not shouted
