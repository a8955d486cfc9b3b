"""/channel: set a channel (or a group) up from the private chat of one of its admins."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.chat import Room
from bot.errors import InputError
from bot.model import ChatKind
from bot.words.buttons import Button, Press, Rows, fits
from bot.words.markup import escape
from handlers import mute, privacy, settings, subscribe
from handlers.asking import Ask, Command, Desk, Reply

SETTING = {
    c.name: c for c in (subscribe.COMMAND, subscribe.UNSUBSCRIBE, mute.COMMAND, settings.COMMAND, privacy.FORGET)
}
_HINT = re.compile(rf"(<code>)?(?<![\w/])/({'|'.join(SETTING)})((?:_\w+)?)\b")


async def channel(ask: Ask, desk: Desk) -> str | Reply:
    """`/channel @name [subscribe|unsubscribe|mute|settings|forget ...]`: who asks is an admin there, as I must be."""
    if not ask.words:
        return (
            "To post in a channel: make me an admin of it who may post messages, then write its name here, such as "
            "<code>/channel @relief_news subscribe Sudan severe</code>. A private channel goes by its number, which I "
            "tell you when you make me its admin. In its place: unsubscribe, mute, settings, forget."
        )
    room = await _mine(ask, desk)
    if len(ask.words) == 1:
        return await _overview(room, ask, desk)
    command = SETTING.get(ask.words[1].lower())
    if command is None:
        raise InputError(f"After the channel write one of: {', '.join(SETTING)}")
    return await _as_if_there(command, room, ask, desk)


async def _mine(ask: Ask, desk: Desk) -> Room:
    """The channel, when both of us may act in it."""
    name = ask.words[0]
    room = await desk.rooms.find(name)
    if room is None:
        raise InputError(f"I can't see {name[:60]}: make me an admin there first, and write its @name or its number.")
    # first, as a channel shows its admins to none but its admins
    if room.kind is ChatKind.CHANNEL and not await desk.rooms.may_post(room.chat_id):
        raise InputError("I may not post there yet: give me the admin right to post messages, then write this again.")
    if not await desk.rooms.is_admin(room.chat_id, ask.user_id):
        raise InputError("Only an admin of that channel can change what I post there.")
    return room


async def _overview(room: Room, ask: Ask, desk: Desk) -> Reply:
    """What is posted there now, and what can be done."""
    said = await _as_if_there(subscribe.COMMAND, room, replace(ask, words=(ask.words[0], "subscribe")), desk)
    everywhere = (there(room.chat_id, subscribe.EVERYWHERE_SEVERE),)
    return Reply(said.html, tuple(dict.fromkeys((*said.buttons, everywhere))))


def there(chat_id: int, button: Button) -> Button:
    """The button that does in that chat, pressed in private, what this one would do in its own."""
    if button.press is None or button.press.command not in SETTING:
        return button
    return replace(button, press=Press("channel", (str(chat_id), button.press.command, *button.press.words)))


async def _as_if_there(command: Command, room: Room, ask: Ask, desk: Desk) -> Reply:
    """What the command says when it is asked about the channel; its buttons ask about the channel too."""
    there = replace(ask, command=command.name, words=ask.words[2:], chat_id=room.chat_id, kind=room.kind, thread_id=0)
    try:
        said = await command.answer(there, desk)
        reply, head = (said if isinstance(said, Reply) else Reply(said)), f"In {escape(room.title)}: "
    except InputError as e:
        reply, head = Reply(escape(str(e)), getattr(e, "buttons", ())), ""
    rows, written = _about(room, reply.buttons)
    return Reply("\n".join([head + _written_here(reply.html, room), *written]), rows)


def _written_here(html: str, room: Room) -> str:
    """Its hints at commands, such as /subscribe_SY, as they are to be written in the private chat. Of those Telegram
    would make only /channel tappable: as code they can be tapped to copy them."""

    def here(m: re.Match[str]) -> str:
        line = f"/channel {room.chat_id} {m[2]}{m[3].replace('_', ' ')}"
        return f"<code>{line}</code>" if m[3] and not m[1] else f"{m[1] or ''}{line}"

    return _HINT.sub(here, html)


def _about(room: Room, rows: Rows) -> tuple[Rows, list[str]]:
    """Buttons that act there, not in the private chat in which they are pressed; and what is to be written in the
    place of those that the channel's number makes too long for a button, as HTML."""
    moved = [[there(room.chat_id, b) for b in row] for row in rows]
    kept = tuple(tuple(b for b in row if b.press is None or fits(b.press)) for row in moved)
    long = [b for row in moved for b in row if b.press is not None and not fits(b.press)]
    return kept, [
        f"{escape(b.label)} - write: <code>/{escape(b.press.line)}</code>" for b in long if b.press is not None
    ]


COMMAND = Command(
    "channel", "post in a channel of yours", "/channel", channel, groups=False,
)  # fmt: skip
