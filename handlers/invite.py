"""/invite: a link that lets one chat in, for operators."""

from __future__ import annotations

import secrets
from datetime import timedelta

from bot.words.markup import escape
from bot.words.phrases import moment
from handlers.asking import Ask, Command, Desk, Who
from handlers.start import INVITED, code_hash

GOOD_FOR = timedelta(days=7)


async def invite(ask: Ask, desk: Desk) -> str:
    """Two forms of one link, good once, for a week: for a person, or for a group. Only a hash of its code is kept."""
    code = secrets.token_urlsafe(16)
    until = ask.now + GOOD_FOR
    await desk.store.invite(code_hash(code), until)
    bot = escape(desk.rooms.bot.username)
    lines = [
        f"One invitation, good once, until {moment(until)}. Send one of these:",
        f"for a person: https://t.me/{bot}?start={INVITED}{code}",
        f"for a group, opened by one of its admins: https://t.me/{bot}?startgroup={INVITED}{code}",
    ]
    if not desk.invite_only:
        lines.append('Everybody may subscribe now (bot.toml: access = "open"), so nobody needs it.')
    return "\n".join(lines)


COMMAND = Command("invite", "a link that lets one chat in", "/invite", invite, who=Who.OPERATOR, groups=False)
