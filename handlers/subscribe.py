"""/subscribe and /unsubscribe: which places, which kinds of change, from which severity upwards."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches

from bot.errors import InputError
from bot.model import ANY_CATEGORY, Category, ChatKind, Place, Severity, Subscription
from bot.store import ALL
from bot.words.buttons import Button, Press, Rows
from bot.words.markup import escape
from bot.words.phrases import CATEGORIES
from handlers.asking import Ask, Command, Desk, Reply, Who
from handlers.where import area_name, area_of, key_word, place_named

EVERYWHERE = {"all", "everywhere", "world"}
LEVELS = {s.word: s for s in Severity}
KINDS = {
    "siege": Category.SIEGE,
    "sieges": Category.SIEGE,
    "aid": Category.AID_DELIVERY,
    "route": Category.ROUTE_CLOSURE,
    "routes": Category.ROUTE_CLOSURE,
}
SHORT = {w: KINDS[w] for w in ("siege", "aid", "route")}
MOST = 50  # subscriptions of one chat
LATELY, OFFERED = timedelta(days=7), 6  # of whose news countries are offered, and how many
EVERYWHERE_SEVERE = Button("Everywhere, severe and extreme", Press("subscribe", ("all", "severe")))


async def subscribe(ask: Ask, desk: Desk) -> str | Reply:
    """`/subscribe [place|country|all] [siege] [aid] [routes] [minor|moderate|severe|extreme]`; alone it shows what
    the chat has."""
    if not ask.words:
        return await _shown(ask, desk)
    words, at_least, kinds = _split(ask.words)
    if not words:
        raise InputError(f"Which place? For example /subscribe_SY_{at_least.word} or /subscribe_all_{at_least.word}")
    area, within = _area(words, ask, desk)
    await _room(ask, desk)
    wanted = Subscription(ask.chat_id, area, at_least, kinds, ask.thread_id, within)
    await desk.store.subscribe(wanted, ask.now.date(), kind=ask.kind, steward=ask.steward)
    if desk.invite_only:
        await desk.store.set_chat(ask.chat_id, ask.now.date(), admitted=True)
    chat = await desk.store.chat(ask.chat_id)
    wider = _wider(wanted, await desk.store.subscriptions(ask.chat_id), desk)
    return _done(wanted, wider, chat.at_least if chat else at_least, ask, desk)


def _wider(wanted: Subscription, mine: list[Subscription], desk: Desk) -> list[Subscription]:
    """Those of the same topic to what lies around the wanted place that let through more than it does."""
    place = desk.places.by_key(wanted.area) if wanted.area else None
    around = (None, *place.within) if place else ()
    here = [s for s in mine if s.thread_id == wanted.thread_id and s.area in around]
    return [s for s in here if s.at_least < wanted.at_least or not set(s.categories) <= set(wanted.categories)]


def _goes_on(wider: Subscription, wanted: Subscription, desk: Desk) -> str:
    """That the wider subscription still brings what the wanted one leaves out, and how to narrow it."""
    place = desk.places.by_key(wider.area) if wider.area else None
    words = (place.name if place else "all", *_rest(max(wider.at_least, wanted.at_least), wanted.categories))
    around, within = escape(area_name(wider.area, desk)), escape(area_name(wanted.area, desk))
    return (
        f"Still subscribed here to {around}: {_kinds(wider.categories)}, {_from(wider.at_least)}. So those keep coming "
        f"from {within} too. To get less, stop that, or narrow it: <code>/subscribe {escape(' '.join(words))}</code>"
    )


def _done(wanted: Subscription, wider: list[Subscription], least: Severity, ask: Ask, desk: Desk) -> Reply:
    """`least`: what the chat's settings let through of any subscription."""
    who = {ChatKind.PRIVATE: "you", ChatKind.GROUP: "this group", ChatKind.CHANNEL: "that channel"}[ask.kind]
    where = " in this topic" if ask.thread_id else ""
    done = (
        f"Done: I will tell {who}{where} of {_kinds(wanted.categories)} in {escape(area_name(wanted.area, desk))} that "
        f"are {_from(wanted.at_least)}."
    )
    if least > wanted.at_least:
        done += f"\nBut the least severity set for everything here is {least.word}: /settings changes it."
    done = "\n".join([done, *(_goes_on(s, wanted, desk) for s in wider)])
    stops = ((Button("Stop this", _press("unsubscribe", wanted)),), *((_stop(s, desk),) for s in wider))
    if ask.kind is ChatKind.CHANNEL:
        return Reply(done, (*stops, (Button("All that is posted there", Press("channel", (str(ask.chat_id),))),)))
    html = f"{done}\n/summary shows how things stand now; /subscribe alone lists everything; /mute gives rest."
    return Reply(html, (*stops, (Button("How it stands now", _press("summary", wanted)),)))


def _press(command: str, wanted: Subscription, *more: str) -> Press:
    return Press(command, (f"={wanted.area}" if wanted.area else "all", *more))


def _stop(s: Subscription, desk: Desk) -> Button:
    return Button(f"Stop: {area_name(s.area, desk)}"[:60], _press("unsubscribe", s))


async def unsubscribe(ask: Ask, desk: Desk) -> str:
    """`/unsubscribe [place]`; alone it ends all subscriptions here."""
    thread = ask.thread_id if ask.kind is ChatKind.GROUP else None
    if not ask.words:
        count = await desk.store.unsubscribe(ask.chat_id, ALL, thread_id=thread)
        if not count:
            return "There is no subscription here. /subscribe_all_severe would make one."
        return f"Done: {count} subscription{'s' * (count > 1)} ended, no more alerts. /forget also deletes what I keep."
    words, _, _ = _split(ask.words)
    area, _ = _area(words, ask, desk)
    name = escape(area_name(area, desk))
    if await desk.store.unsubscribe(ask.chat_id, area, thread_id=thread):
        left = [s for s in await desk.store.subscriptions(ask.chat_id) if thread is None or s.thread_id == thread]
        more = f" Still subscribed: {escape('; '.join(area_name(s.area, desk) for s in left[:5]))}." if left else ""
        return f"Done: no more alerts about {name}.{more}"
    return f"There is no subscription for {name} here. /subscribe shows what there is."


async def _shown(ask: Ask, desk: Desk) -> str | Reply:
    mine = [s for s in await desk.store.subscriptions(ask.chat_id) if s.thread_id == ask.thread_id]
    if not mine:
        html = (
            "There is no subscription here yet. Tap one, or write your own:\n"
            "/subscribe_SY - all changes in Syria\n/subscribe_SD_severe - Sudan, severe and extreme only\n"
            "/subscribe_Rafah_crossing - one crossing\n/subscribe_Gaza_aid - aid deliveries only\n"
            "/subscribe_all_extreme - everywhere, extreme only"
        )
        return Reply(html, await _offers(ask, desk))
    lines = ["Subscribed here to:"]
    buttons = []
    for s in mine:
        lines.append(f"- {escape(area_name(s.area, desk))}: {_kinds(s.categories)}, {_from(s.at_least)}")
        buttons.append((_stop(s, desk),))
    return Reply("\n".join(lines), tuple(buttons[:20]))


async def _offers(ask: Ask, desk: Desk) -> Rows:
    """Buttons for the countries in the news, the worst first, and for everywhere."""
    incidents = await desk.store.summary(ask.now - LATELY, exercise=desk.exercise)
    found = (desk.places.country(i.country) for i in incidents if i.country)
    countries = list(dict.fromkeys(place for place in found if place))[:OFFERED]
    buttons = [Button(place.name, Press("subscribe", (key_word(place),))) for place in countries]
    return (*(tuple(buttons[n : n + 2]) for n in range(0, len(buttons), 2)), (EVERYWHERE_SEVERE,))


def _split(words: tuple[str, ...]) -> tuple[tuple[str, ...], Severity, tuple[Category, ...]]:
    """Splits off a trailing severity and trailing kinds; without them, everything from minor up."""
    at_least = Severity.MINOR
    if words and words[-1].lower() in LEVELS:
        at_least, words = LEVELS[words[-1].lower()], words[:-1]
    kinds = []
    while words and words[-1].lower() in KINDS:
        kinds.append(KINDS[words[-1].lower()])
        words = words[:-1]
    return words, at_least, tuple(c for c in Category if c in kinds) or ANY_CATEGORY


def _area(words: tuple[str, ...], ask: Ask, desk: Desk) -> tuple[str | None, tuple[str, ...]]:
    """(area, within) of what was typed; None for everywhere."""
    if " ".join(words).lower() in EVERYWHERE:
        return None, ()
    _spelt(words, ask, desk)
    _, at_least, kinds = _split(ask.words)
    rest = _rest(at_least, kinds)

    def again(place: Place) -> Press:
        return Press(ask.command, (key_word(place), *rest))

    return area_of(place_named(words, desk, again))


def _spelt(words: tuple[str, ...], ask: Ask, desk: Desk) -> None:
    """InputError when all but the last word name a place, and the last is a severity or kind but for its spelling."""
    place, last = " ".join(words[:-1]), words[-1].lower()
    if place.lower() not in EVERYWHERE and (not desk.places.lookup(place) or desk.places.lookup(" ".join(words))):
        return
    near = get_close_matches(last, [*LEVELS, *KINDS], n=1, cutoff=0.75)
    if near:
        meant = "_".join((ask.command, *words[:-1], near[0]))
        raise InputError(f"I don't know “{last[:40]}”. Did you mean /{meant}?")


def _rest(at_least: Severity, kinds: tuple[Category, ...]) -> list[str]:
    """The words behind a place, said shortly, whatever was typed: the payload of a button has 64 bytes."""
    words = [w for w, kind in SHORT.items() if kind in kinds and set(kinds) != set(ANY_CATEGORY)]
    return words + ([at_least.word] if at_least is not Severity.MINOR else [])


async def _room(ask: Ask, desk: Desk) -> None:
    mine = await desk.store.subscriptions(ask.chat_id)
    full = desk.max_subscribers and await desk.store.subscriber_count() >= desk.max_subscribers
    if full and not mine:
        raise InputError("This bot has no room for more subscribers. /latest and /summary work without a subscription.")
    if len(mine) >= MOST:
        raise InputError(
            f"One chat may have {MOST} subscriptions: end one with /unsubscribe, or subscribe to a country."
        )


def _kinds(categories: tuple[Category, ...]) -> str:
    if set(categories) == set(Category):
        return "changes"
    return "changes of the kind " + " and ".join(CATEGORIES[c] for c in categories)


def _from(at_least: Severity) -> str:
    return (
        "of any severity" if at_least is Severity.MINOR else f"{at_least.word} or worse" if at_least < 3 else "extreme"
    )


COMMAND = Command(
    "subscribe", "alerts for a country, town or crossing", "/subscribe_SY_severe", subscribe, who=Who.ADMIN
)
UNSUBSCRIBE = Command("unsubscribe", "end alerts, for one place or all", "/unsubscribe", unsubscribe, who=Who.ADMIN)
