"""What a bot asks about a chat and its members, and how it takes its leave."""

from __future__ import annotations

from bot.local import access
from bot.local.members import Member
from bot.local.params import Params
from bot.local.state import Chat, Json, bad_request
from bot.local.world import World, user_json

# https://core.telegram.org/bots/api#sendchataction
_ACTIONS = frozenset(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker "
    "find_location record_video_note upload_video_note".split()
)


def get_chat(world: World, params: Params) -> Json:
    chat = access.to_read(world, params)
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    return chat.as_json() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def get_member(world: World, params: Params) -> Json:
    chat = _with_members(world, params)
    user_id = params.integer("user_id")
    if user_id is None or user_id <= 0:
        raise bad_request("invalid user_id specified")
    if user_id == world.bot["id"] and (chat.bot.is_inside or chat.kind != "channel"):
        return chat.bot.as_json(world.bot, chat.kind)
    _check_list_is_open(chat)
    member = chat.members.get(user_id)
    if member is None and chat.kind in {"supergroup", "channel"} and world.knows(user_id):
        member = Member("left")
    if member is None:
        raise bad_request("member not found")
    return member.as_json(user_json(user_id), chat.kind)


def get_administrators(world: World, params: Params) -> list[Json]:
    """Owner and administrators, without bots."""
    chat = _with_members(world, params)
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    _check_list_is_open(chat)
    admins = ((user_id, member) for user_id, member in chat.members.items() if member.is_admin)
    return [member.as_json(user_json(user_id), chat.kind) for user_id, member in admins]


def leave_chat(world: World, params: Params) -> bool:
    chat = access.to_write(world, params)
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    old, chat.bot = chat.bot, Member("left")
    world.tell_membership(chat, old, chat.bot, dict(world.bot))
    return True


def send_action(world: World, params: Params) -> bool:
    """Shown for five seconds and then forgotten, so it leaves no trace here either."""
    chat = access.to_write(world, params)
    if params.text("action").lower() not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    thread_id = access.read_thread(params, chat)
    access.check_may_post(chat)
    access.check_reachable(chat)
    access.check_topic_open(chat, thread_id)
    return True


def _with_members(world: World, params: Params) -> Chat:
    chat = access.to_read(world, params)
    if chat.kind == "group":
        access.check_inside(chat)
    return chat


def _check_list_is_open(chat: Chat) -> None:
    """Who is in a channel only its administrators know."""
    if chat.kind == "channel" and not chat.bot.is_admin:
        raise bad_request("member list is inaccessible")
