"""Telegram's own news about a chat: blocked, unblocked. About Telegram itself, so it takes the Update."""

from __future__ import annotations

from telegram import ChatMember, Update
from telegram.ext import ChatMemberHandler

from handlers.adapter import Context, Handler, desk_of

_OUT = {ChatMember.BANNED, ChatMember.LEFT}


async def my_chat_member(update: Update, context: Context) -> None:
    """Blocked: nothing more is sent until the chat comes back. Unblocked: subscriptions go on."""
    member = update.my_chat_member
    if member is None:
        return
    store = desk_of(context).store
    if member.new_chat_member.status in _OUT:
        await store.pause_chat(member.chat.id, "blocked by the user")
    else:
        await store.resume_chat(member.chat.id)


HANDLERS: list[Handler] = [ChatMemberHandler(my_chat_member, ChatMemberHandler.MY_CHAT_MEMBER)]
