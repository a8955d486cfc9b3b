"""Whose words a report repeats: the agency that it credits, in the ways in which desks do. One agency on three sites is
one source."""

from __future__ import annotations

import re

from bot.model import Item

# owner, named as in config/sources.toml -> how it is credited, in any case
_CREDITS = {
    "afp.com": ("afp", "agence france-presse", "أ ف ب", "فرانس برس", "афп"),
    "reuters.com": ("reuters", "رويترز", "рейтер", "рейтерс"),
    "apnews.com": ("ap", "associated press", "أ ب", "أسوشيتد برس"),
    "efe.com": ("efe",),
    "dpa.com": ("dpa", "د ب أ"),
    "ansa.it": ("ansa",),
    "aa.com.tr": ("anadolu", "aa", "الأناضول"),
    "xinhuanet.com": ("xinhua", "шинхуа", "شينخوا"),
    "tass.com": ("tass", "тасс"),
    "ria.ru": ("риа новости", "ria novosti"),
    "interfax.ru": ("интерфакс", "interfax"),
    "ukrinform.net": ("укринформ", "укрінформ", "ukrinform"),
    "europapress.es": ("europa press",),
    "sana.sy": ("sana", "سانا"),
    "suna-sd.net": ("suna", "سونا"),
    "saba.ye": ("saba", "سبأ"),
    "wafa.ps": ("wafa", "وفا"),
    "kyodonews.net": ("kyodo",),
}
_OWNERS = {name: owner for owner, names in _CREDITS.items() for name in names}
_NAMES = "|".join(sorted(map(re.escape, _OWNERS), key=len, reverse=True))
_SHORT = ("aa", "ap", "dpa", "saba", "sana")  # also what an army, a state or an agreement is called
_LONG = "|".join(sorted(map(re.escape, _OWNERS.keys() - set(_SHORT)), key=len, reverse=True))
_CREDIT = re.compile(
    rf"^[^\n(]{{0,60}}\(\s*({_NAMES})\s*\)\s*[.:–—-]"  # GENEVA (AFP) - ...
    rf"|^[^\n(]{{0,60}}\(\s*({_LONG})\s*\)"  # BEIRUT (AFP) Militants ...
    rf"|\(\s*({_LONG})\s*\)\s*[.…]?\s*\Z"  # ... (AFP)
    rf"|[–—-]\s*({_NAMES})\s*[.…]?\s*$"  # ... - Reuters
    rf"|^\s*({_LONG})\s*[:–—-]\s"  # TASS - ...
    rf"|/\s*({_LONG})\s*/",  # /Interfax/
    re.IGNORECASE | re.MULTILINE,
)


def credited(item: Item) -> str | None:
    """The owner whose words these are by the item's own account; None when it credits nobody."""
    found = _CREDIT.search(item.words)
    return _OWNERS[next(filter(None, found.groups())).lower()] if found else None
