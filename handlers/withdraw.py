"""/withdraw: an operator takes an incident back, and everybody who was told is told so, with sound."""

from __future__ import annotations

from dataclasses import replace

from bot.errors import InputError
from bot.model import Change, ChangeKind, Incident, State
from bot.words.markup import escape
from bot.words.phrases import count
from handlers.asking import Ask, Command, Desk, Who
from handlers.why import check_country, number_of

LONGEST = 160  # characters of a reason: what an alert and /why have room for, and less than is read of a command


async def withdraw(ask: Ask, desk: Desk) -> str:
    """`/withdraw SY-12 reason`: the reason is part of what everybody is told."""
    number, reason = number_of(ask.words[:1]), " ".join(ask.words[1:])
    if len(reason) < 3:
        raise InputError(f"Why? The reason is told to everybody: /withdraw {number} the outlet took its report back")
    if len(reason) > LONGEST:
        raise InputError(f"Nothing was withdrawn: a reason has room for {LONGEST} characters. Write it shorter.")
    async with desk.store.writing() as tx:
        incident = await tx.incident(number)
        if incident is None:
            raise InputError(f"There is no incident {number}. /latest lists the newest.")
        if incident.number != number:  # more than the operator named would be taken back
            raise InputError(
                f"Number {number} is a part of {incident.id} now. To take all of that back, write "
                f"/withdraw {incident.id} and the reason."
            )
        check_country(ask.words[0], incident)
        if incident.state is State.WITHDRAWN:
            return f"Incident {escape(incident.id)} is withdrawn already."
        saved = await tx.save(withdrawn(incident, reason, ask), ask.now)
        told = await tx.withdraw(saved.change_id, saved.change, ask.now)
    who = count(told, "chat", "chats")
    return f"Done: {escape(incident.id)} is withdrawn. {who} that had been told of it will hear so."


def withdrawn(incident: Incident, reason: str, ask: Ask) -> Change:
    """The change that takes an incident back."""
    after = replace(incident, state=State.WITHDRAWN, updated=ask.now, revision=incident.revision + 1)
    return Change(ChangeKind.WITHDRAWN, after, reason, before=incident.severity)


COMMAND = Command(
    "withdraw", "take an incident back and tell everybody who was told", "/withdraw 12 it was an old report", withdraw,
    who=Who.OPERATOR,
)  # fmt: skip
