"""/mute: rest from alerts, of one place or of all, for some hours or every night. What is held back comes afterwards in
one message; extreme news comes at once, without sound."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.errors import InputError
from bot.judge.routing import zone_of
from bot.model import Chat, Mute, Place
from bot.store import ALL
from bot.words.buttons import Button, Press, Rows
from bot.words.markup import escape
from bot.words.phrases import moment
from handlers.asking import Ask, Command, Desk, Reply, Who
from handlers.where import area_name, area_of, key_word, place_named

_HOW_LONG = re.compile(r"(\d{1,3}) ?(min|m|h|d)", re.IGNORECASE)
_NIGHTS = re.compile(r"(\d{1,2})[:.]?(\d{2})?-(\d{1,2})[:.]?(\d{2})?")
_ONE_TIME = re.compile(r"\d ?[ap]\.?m\b|^\d{1,2}[:.]\d{2}$", re.IGNORECASE)  # 10pm, or 22:00 without an end
_UNITS = {"m": "minutes", "min": "minutes", "h": "hours", "d": "days"}
USUAL = timedelta(hours=8)
LONGEST = timedelta(days=30)
DAY = 24 * 60
MOST = 20  # mutes with a button of their own


async def mute(ask: Ask, desk: Desk) -> str | Reply:
    """`/mute [place] [8h or 22:00-06:00] [off]`; alone it shows what rests."""
    chat = await desk.store.chat(ask.chat_id)
    if chat is None:
        raise InputError("There is nothing to mute: this chat has no subscription. /subscribe makes one.")
    if not ask.words:
        return await _shown(ask, desk, chat)
    if ask.words[-1].lower() in ("off", "end", "none"):
        return await _end(ask, desk, chat)
    words, wanted = _when(ask, ask.words)
    area = await _area(words, ask, desk)
    await desk.store.mute(Mute(ask.chat_id, area, wanted.until, wanted.start, wanted.end))
    return Reply(_done(wanted, area, chat, desk), _ends(await desk.store.mutes(ask.chat_id, ask.now), desk))


async def _end(ask: Ask, desk: Desk, chat: Chat) -> str | Reply:
    """End all mutes, or those of a place; where a time stands between, only those of its form, whatever time it is."""
    words, nightly = ask.words[:-1], None
    if words:
        before, wanted = _when(ask, words)
        words, nightly = before, wanted.nightly if before != words else None
    area = await _area(words, ask, desk) if words else ALL
    ended = await desk.store.unmute(ask.chat_id, ask.now, area, nightly=nightly)
    left = await desk.store.mutes(ask.chat_id, ask.now)
    if not ended:
        return "That was not muted. /mute shows what is." if left else "Nothing was muted."
    done = "Done: no mute any more." if not left else "Done: that is not muted any more."
    lines = [f"{done} What was held back comes in one message.", *(["Still muted here:"] if left else [])]
    return Reply("\n".join([*lines, *_listed(left, chat, desk)]), _ends(left, desk))


def _when(ask: Ask, typed: tuple[str, ...]) -> tuple[tuple[str, ...], Mute]:
    """The words before the time, and the time; 8 hours when none is named."""
    for count in (1, 2, 3):  # "22:00-06:00" or "22:00 - 06:00"
        nights = _NIGHTS.fullmatch("".join(typed[-count:]))
        if nights is not None:
            start, end = _minute(nights[1], nights[2]), _minute(nights[3], nights[4])
            if start == end:
                raise InputError("A quiet time begins and ends at different times, such as /mute 22:00-06:00")
            return typed[:-count], Mute(ask.chat_id, None, None, start, end)
    if _ONE_TIME.search(typed[-1]):
        raise InputError("Write times of the day as 22:00-06:00")
    words, stretch = typed, USUAL
    for count in (2, 1):  # "8 h" or "8h"
        long = _HOW_LONG.fullmatch(" ".join(typed[-count:]))
        if long is not None:
            words, stretch = typed[:-count], timedelta(**{_UNITS[long[2].lower()]: int(long[1])})
            break
    if not timedelta(0) < stretch <= LONGEST:
        raise InputError("A mute lasts from 1min to 30d, for example /mute 8h; /unsubscribe ends alerts for good.")
    return words, Mute(ask.chat_id, None, ask.now + stretch)


def _minute(hours: str, minutes: str | None) -> int:
    minute = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or minute > DAY:
        raise InputError("Write times of the day as 22:00-06:00")
    return minute % DAY


async def _area(words: tuple[str, ...], ask: Ask, desk: Desk) -> str | None:
    """The area of a place that was typed, or of the incident that a button was under (#12); None for everything."""
    if not words or words[0].lower() == "all":
        return None
    if re.fullmatch(r"#\d{1,11}", words[0]):
        incident = await desk.store.incident(int(words[0][1:]))
        if incident is None:
            raise InputError("I no longer know that incident: write /mute and the name of the place")
        place = incident.place
        if place is None and incident.country is None:
            raise InputError("That report names no place. /mute 8h gives rest from everything.")
        return area_of(place)[0] if place is not None else str(incident.country)
    rest = ask.words[len(words) :]

    def again(place: Place) -> Press:
        return Press("mute", (key_word(place), *rest))

    return area_of(place_named(words, desk, again))[0]


def _done(wanted: Mute, area: str | None, chat: Chat, desk: Desk) -> str:
    lines = [f"Done: {_what(area, desk)} is quiet {_span(wanted, chat)}."]
    lines.append("What happens meanwhile comes afterwards in one message; extreme news comes at once, without sound.")
    if wanted.nightly and chat.tz == "UTC":
        lines.append("These are UTC times: /settings sets your time zone.")
    return "\n".join(lines)


def _what(area: str | None, desk: Desk) -> str:
    """As HTML."""
    return "everything" if area is None else escape(area_name(area, desk))


def _span(m: Mute, chat: Chat) -> str:
    if m.until is not None:
        local = m.until.astimezone(zone_of(chat.tz))
        return f"until {moment(m.until)}" + (f" ({local:%H:%M} {chat.tz})" if chat.tz != "UTC" else "")
    assert m.start is not None
    assert m.end is not None
    return f"every day from {_clock(m.start)} to {_clock(m.end)} ({chat.tz})"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


async def _shown(ask: Ask, desk: Desk, chat: Chat) -> Reply:
    found = await desk.store.mutes(ask.chat_id, ask.now)
    lines = _listed(found, chat, desk)
    head = (
        "Muted here:"
        if lines
        else "Nothing is muted here. Tap one, or write a place too, such as <code>/mute Rafah 8h</code>"
    )
    rows: Rows = (
        (Button("8 h", Press("mute", ("8h",))), Button("24 h", Press("mute", ("24h",)))),
        (Button("Every night 22:00-06:00", Press("mute", ("22:00-06:00",))),),
    )
    return Reply("\n".join([head, *lines]), (*rows, *_ends(found, desk)))


def _listed(found: list[Mute], chat: Chat, desk: Desk) -> list[str]:
    return [f"- {_what(m.area, desk)}: quiet {_span(m, chat)}" for m in found]


def _ends(found: list[Mute], desk: Desk) -> Rows:
    """A button that ends each mute, and one for all. The time in a press only says of which form the mute is."""
    if not found:
        return ()

    def end(m: Mute) -> Button:
        name = "everything" if m.area is None else area_name(m.area, desk)
        form = "22:00-06:00" if m.nightly else "8h"
        words = (f"={m.area}" if m.area else "all", form, "off")
        return Button(f"End: {name}"[:50] + (", nights" if m.nightly else ""), Press("mute", words))

    return (*((end(m),) for m in found[:MOST]), (Button("End all mutes", Press("mute", ("off",))),))


COMMAND = Command("mute", "rest: [place] [8h or 22:00-06:00] [off]", "/mute_8h", mute, who=Who.ADMIN)
