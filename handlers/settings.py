"""/settings: time zone, what comes every day or week, discreet form, minimum severity."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import InputError
from bot.judge.routing import next_local
from bot.model import Chat, ChatKind, Digest, Severity
from bot.words.buttons import Button, Press, Rows
from bot.words.markup import escape
from handlers.asking import Ask, Command, Desk, Reply, Who

_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)")
ZONES = 5
USUAL_DAILY = "07:00"
EXAMPLES = ("zone Asia/Damascus", "daily 07:00", "digest 07:00", "discreet on", "severity severe")
# what is typed -> what it sets, and its button
DIGESTS = {
    "daily": (Digest.LINE, "Line a day"),
    "digest": (Digest.DAY, "Summary a day"),
    "weekly": (Digest.WEEK, "Summary a week"),
}
DIGESTS_TOLD = {Digest.LINE: "off", Digest.DAY: "every day at {}", Digest.WEEK: "every Monday at {}"}
OF = {ChatKind.PRIVATE: "this chat", ChatKind.GROUP: "this group", ChatKind.CHANNEL: "this channel"}


async def settings(ask: Ask, desk: Desk) -> Reply:
    """`/settings [zone NAME | daily, digest or weekly HH:MM or off | discreet on or off | severity WORD]`; alone it
    shows them."""
    chat = await desk.store.chat(ask.chat_id) or Chat(ask.chat_id, ask.kind)
    if ask.words:
        changed = _changes(ask, chat)
        await desk.store.set_chat(ask.chat_id, ask.now.date(), kind=ask.kind.value, **changed)
        chat = await desk.store.chat(ask.chat_id) or chat
    return Reply(_page(chat, ask.kind), _buttons(chat, await _zones(ask, desk)))


def _changes(ask: Ask, chat: Chat) -> dict[str, Any]:
    """Columns of the chat that these words change."""
    word, value = ask.words[0].lower(), " ".join(ask.words[1:])
    match word:
        case "zone" | "tz" | "timezone":
            return _calendar(_zone(value), chat.daily, chat.digest, ask)
        case "daily" | "digest" | "weekly":
            minute = _minute(word, value)
            digest = DIGESTS[word][0] if minute is not None else Digest.LINE
            return _calendar(chat.tz, minute, digest, ask) | {"digest": digest.value, "daily_thread": ask.thread_id}
        case "discreet":
            if ask.kind is ChatKind.CHANNEL:
                raise InputError("The discreet form needs a button, and a channel has none of mine.")
            return {"discreet": _on(value)}
        case "severity":
            if value.lower() not in [s.word for s in Severity]:
                raise InputError("Severity is minor, moderate, severe or extreme: /settings_severity_severe")
            return {"at_least": Severity.of(value).value}
    raise InputError(f"I know no setting “{word[:40]}”. Write, for example: {', '.join(_examples(ask.kind))}")


def _examples(kind: ChatKind) -> list[str]:
    """What may be written; a channel has no discreet form."""
    return [f"/settings {e}" for e in EXAMPLES if kind is not ChatKind.CHANNEL or not e.startswith("discreet")]


def _calendar(tz: str, daily: int | None, digest: Digest, ask: Ask) -> dict[str, Any]:
    """Time zone, time of the day and day of the week belong together: each changes when the next one is due."""
    due = next_local(daily, ZoneInfo(tz), ask.now, digest.weekday) if daily is not None else None
    return {"tz": tz, "daily": daily, "daily_next": due}


def _minute(word: str, value: str) -> int | None:
    if value.lower() in ("off", "no", "none"):
        return None
    found = _TIME.fullmatch(value)
    if found is None:
        raise InputError(f"When? Write a time of the day, such as /settings {word} 07:00, or /settings {word} off")
    return int(found[1]) * 60 + int(found[2])


def _on(value: str) -> bool:
    if value.lower() not in ("on", "off", "yes", "no"):
        raise InputError("Write /settings discreet on, or /settings discreet off")
    return value.lower() in ("on", "yes")


def _zone(value: str) -> str:
    """The IANA name of a time zone, however it was typed."""
    names = {name.lower(): name for name in available_timezones()}
    typed = value.strip().lower().replace(" ", "_")
    if typed in names:
        return names[typed]
    cities = {name.rpartition("/")[2].lower(): name for name in sorted(names.values(), reverse=True) if "/" in name}
    if typed in cities:
        return cities[typed]
    near = get_close_matches(typed, [*names, *cities], n=1)
    hint = f" Did you mean {names.get(near[0]) or cities[near[0]]}?" if near else ""
    raise InputError(
        f"I know no time zone “{value[:40]}”.{hint} Write a name such as Asia/Damascus or Africa/Khartoum."
    )


async def _zones(ask: Ask, desk: Desk) -> list[str]:
    """Time zones of the countries that the chat subscribes to."""
    countries = []
    for s in await desk.store.subscriptions(ask.chat_id):
        place = desk.places.by_key(s.area) if s.area else None
        if place is not None and place.country not in countries:
            countries.append(place.country)
    found = zones_by_country()
    return [zone for country in countries for zone in found.get(country, ())[:2]][:ZONES]


def zones_by_country() -> dict[str, list[str]]:
    """ISO 3166 code to the names of its time zones, from the tz database (zone1970.tab)."""
    by_country: dict[str, list[str]] = {}
    text = resources.files("tzdata.zoneinfo").joinpath("zone1970.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            codes, _, zone = line.split("\t")[:3]
            for code in codes.split(","):
                by_country.setdefault(code, []).append(zone)
    return by_country


def _page(chat: Chat, kind: ChatKind) -> str:
    at = "off" if chat.daily is None else _clock(chat.daily)
    discreet = "Discreet form (\u201c1 update, severe\u201d, the rest behind a button)"
    lines = [
        f"<b>Settings of {OF[kind]}</b>",
        f"Time zone: {escape(chat.tz)} (for mutes and the line a day; other times are UTC, with yours in brackets)",
        f"Line a day, also when nothing happened: {at if chat.digest is Digest.LINE else 'off'}",
        f"Summary of what is subscribed here: {DIGESTS_TOLD[chat.digest].format(at)}",
        *(() if kind is ChatKind.CHANNEL else (f"{discreet}: {'on' if chat.discreet else 'off'}",)),
        f"Minimum severity, for all subscriptions: {chat.at_least.word}",
        f"Write, for example: {', '.join(f'<code>{e}</code>' for e in _examples(kind))}",
    ]
    return "\n".join(lines)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _buttons(chat: Chat, zones: list[str]) -> Rows:
    levels = tuple(
        Button(("• " if s is chat.at_least else "") + s.word, Press("settings", ("severity", s.word))) for s in Severity
    )
    usual = USUAL_DAILY if chat.daily is None else _clock(chat.daily)
    comes = {word: chat.daily is not None and digest is chat.digest for word, (digest, _) in DIGESTS.items()}
    times = {word: "off" if comes[word] else usual for word in DIGESTS}
    daily, *digests = [
        Button(f"{label}: {times[word]}", Press("settings", (word, times[word])))
        for word, (_, label) in DIGESTS.items()
    ]
    row = [daily]
    if chat.kind is not ChatKind.CHANNEL:
        turn = "off" if chat.discreet else "on"
        row.append(Button(f"Discreet: {turn}", Press("settings", ("discreet", turn))))
    places = tuple((Button(zone, Press("settings", ("zone", zone))),) for zone in zones if zone != chat.tz)
    return (levels, tuple(row), tuple(digests), *places)


COMMAND = Command(
    "settings", "time zone, line or summary a day, discreet form, least severity", "/settings", settings, who=Who.ADMIN,
    in_place=True,
)  # fmt: skip
