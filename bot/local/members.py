"""Who someone is in a chat: status and rights, and the ChatMember object that says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import InputError

STATUSES = ("creator", "administrator", "member", "restricted", "left", "kicked")

_ADMINISTRATOR = (
    "can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members "
    "can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories"
).split()
_OF_A_KIND = {
    "group": ("can_pin_messages",),
    "supergroup": ("can_pin_messages", "can_manage_topics"),
    "channel": ("can_post_messages", "can_edit_messages"),
}
_RESTRICTED = (
    "can_send_messages can_send_audios can_send_documents can_send_photos can_send_videos can_send_video_notes "
    "can_send_voice_notes can_send_polls can_send_other_messages can_add_web_page_previews can_react_to_messages "
    "can_edit_tag can_change_info can_invite_users can_pin_messages can_manage_topics"
).split()
# An administrator of whom nothing more is said has every right but this one, and is not anonymous.
_NOT_BY_DEFAULT = frozenset({"can_promote_members"})


@dataclass(frozen=True, slots=True)
class Member:
    """A status, and the rights that were set apart from what the status brings along."""

    status: str
    rights: Mapping[str, bool] = field(default_factory=dict)

    @property
    def is_inside(self) -> bool:
        """Whether they are in the chat. Someone restricted is, unless is_member says otherwise."""
        if self.status == "restricted":
            return self.rights.get("is_member", True)
        return self.status not in {"left", "kicked"}

    @property
    def is_admin(self) -> bool:
        return self.status in {"creator", "administrator"}

    def can(self, right: str) -> bool:
        """Whether a right is theirs. What an administrator was not denied is granted, to someone restricted what was
        not granted is denied; a plain member may send and no more."""
        if self.status == "creator":
            return True
        if self.status == "administrator":
            return self.rights.get(right, right not in _NOT_BY_DEFAULT)
        if self.status == "restricted":
            return self.rights.get(right, False)
        return self.is_inside and right.startswith("can_send_")

    def as_json(self, user: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """The ChatMember object of `user`, with every field that the status and the kind of chat require."""
        shown: dict[str, Any] = {"status": self.status, "user": dict(user)}
        shown |= {right: self.can(right) for right in _rights(self.status, kind)}
        if self.is_admin:
            shown["is_anonymous"] = self.rights.get("is_anonymous", False)
        if self.status == "administrator":
            shown["can_be_edited"] = False
        if self.status in {"restricted", "kicked"}:
            shown["until_date"] = 0
        if self.status == "restricted":
            shown["is_member"] = self.is_inside
        return shown


def checked(status: str, kind: str, rights: Mapping[str, bool]) -> Member:
    """A member of a chat of this kind. InputError for a status or a right that it does not know."""
    if status not in STATUSES:
        raise InputError(f"No member's status is {status!r}: use one of {', '.join(STATUSES)}")
    if status == "restricted" and kind != "supergroup":
        raise InputError(f"Only a supergroup restricts its members: give an id of -10^12 or below, not a {kind}")
    known = set(_rights(status, kind))
    if unknown := sorted(set(rights) - known):
        which = f"use one of {', '.join(sorted(known))}" if known else "give none"
        raise InputError(f"{', '.join(unknown)}: no right of someone who is {status} in a {kind}; {which}")
    return Member(status, dict(rights))


def _rights(status: str, kind: str) -> tuple[str, ...]:
    if status == "administrator":
        return (*_ADMINISTRATOR, *_OF_A_KIND.get(kind, ()), "is_anonymous")
    if status == "restricted":
        return (*_RESTRICTED, "is_member")
    return ("is_anonymous",) if status == "creator" else ()
