"""/subscribe and /unsubscribe: which countries, from which severity upwards."""

from __future__ import annotations

from bot.errors import InputError
from bot.model import Severity
from bot.store import ALL
from bot.words.markup import escape
from handlers.adapter import Ask, Command, Desk

EVERYWHERE = {"all", "everywhere", "world"}
LEVELS = {s.word: s for s in Severity}


async def subscribe(ask: Ask, desk: Desk) -> str:
    """`/subscribe [country|all] [minor|moderate|severe|extreme]`; alone it shows what the chat has."""
    if not ask.words:
        return await _shown(ask, desk)
    words, at_least = _level(ask.words)
    country = _country(" ".join(words), desk)
    if country is None and not words:
        raise InputError(f"Which country? For example /subscribe_SY_{at_least.word} or /subscribe_all_{at_least.word}")
    await _room(ask, desk)
    await desk.store.subscribe(ask.chat_id, country, at_least, ask.now.date())
    return (
        f"Done: I will tell you of changes in {escape(_name(country, desk))} that are {_from(at_least)}.\n"
        f"/summary{'_' + country if country else ''} shows how things stand now; "
        f"/unsubscribe{'_' + country if country else ''} stops this."
    )


async def unsubscribe(ask: Ask, desk: Desk) -> str:
    """`/unsubscribe [country]`; alone it ends all subscriptions of the chat."""
    if not ask.words:
        count = await desk.store.unsubscribe(ask.chat_id, ALL)
        if not count:
            return "You had no subscription. /subscribe_all_severe would make one."
        return f"Done: {count} subscription{'s' * (count > 1)} ended, no more alerts. /forget also deletes what I keep."
    words, _ = _level(ask.words)
    country = _country(" ".join(words), desk)
    if await desk.store.unsubscribe(ask.chat_id, country):
        return f"Done: no more alerts about {escape(_name(country, desk))}."
    return f"You had no subscription for {escape(_name(country, desk))}. /subscribe shows what you have."


async def _shown(ask: Ask, desk: Desk) -> str:
    mine = await desk.store.subscriptions(ask.chat_id)
    if not mine:
        return (
            "You have no subscription yet. Tap one, or write your own:\n"
            "/subscribe_SY - all changes in Syria\n/subscribe_SD_severe - Sudan, severe and extreme only\n"
            "/subscribe_all_extreme - everywhere, extreme only"
        )
    lines = ["You are subscribed to:"]
    for s in sorted(mine, key=lambda s: s.country or ""):
        lines.append(
            f"- {escape(_name(s.country, desk))}, {_from(s.at_least)} (stop: /unsubscribe_{s.country or 'all'})"
        )
    return "\n".join(lines)


def _level(words: tuple[str, ...]) -> tuple[tuple[str, ...], Severity]:
    """Splits off a trailing severity word; without one, everything from minor up."""
    if words and words[-1].lower() in LEVELS:
        return words[:-1], LEVELS[words[-1].lower()]
    return words, Severity.MINOR


def _country(name: str, desk: Desk) -> str | None:
    """ISO code of a country typed by name or code; None for everywhere or no words."""
    if not name or name.lower() in EVERYWHERE:
        return None
    found = [p for p in desk.places.lookup(name) if p.kind in ("country", "territory")]
    found = found or list(desk.places.lookup(name)[:1])
    if found and found[0].kind in ("country", "territory"):
        return found[0].country
    if found:
        raise InputError(
            f"{found[0].name} is a place in {desk.places.country_name(found[0].country)}; for now I subscribe by "
            f"country: /subscribe_{found[0].country}"
        )
    raise InputError(f"I know no country called “{name}”. Write its name or its two-letter code, such as /subscribe_SY")


async def _room(ask: Ask, desk: Desk) -> None:
    full = desk.max_subscribers and await desk.store.subscriber_count() >= desk.max_subscribers
    if full and not await desk.store.subscriptions(ask.chat_id):
        raise InputError("This bot has no room for more subscribers. /latest and /summary work without a subscription.")


def _name(country: str | None, desk: Desk) -> str:
    return desk.places.country_name(country) if country else "all countries"


def _from(at_least: Severity) -> str:
    return (
        "of any severity" if at_least is Severity.MINOR else f"{at_least.word} or worse" if at_least < 3 else "extreme"
    )


COMMAND = Command("subscribe", "alerts for a country, from a severity upwards", "/subscribe_SY_severe", subscribe)
UNSUBSCRIBE = Command("unsubscribe", "end alerts, for one country or all", "/unsubscribe", unsubscribe)
