"""Telegram's own news about a chat: added, removed, rights given and taken, a group that moved. About Telegram itself,
so these take the Update."""

from __future__ import annotations

import logging

from telegram import ChatMember, ChatMemberAdministrator, ChatMemberRestricted, ChatMemberUpdated, Update
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import ChatMemberHandler, MessageHandler, filters

from bot.chat import keyboard
from bot.model import Chat, ChatKind
from bot.words.buttons import Rows
from bot.words.markup import clean, escape
from handlers.access import is_let_in
from handlers.adapter import Context, Handler, desk_of
from handlers.asking import Ask, Desk
from handlers.channel import there
from handlers.subscribe import EVERYWHERE_SEVERE

log = logging.getLogger(__name__)

_OUT = {ChatMember.BANNED, ChatMember.LEFT}


async def my_chat_member(update: Update, context: Context) -> None:
    """May we speak here from now on? Then what waits goes on, else it stops, and whoever did it is told how to mend
    it."""
    news = update.my_chat_member
    if news is None:
        return
    desk = desk_of(context)
    before, now = may_speak(news.old_chat_member, news.chat.type), may_speak(news.new_chat_member, news.chat.type)
    known = await desk.store.chat(news.chat.id)  # as it was until now
    if now:
        await desk.store.resume_chat(news.chat.id)
    else:
        await desk.store.pause_chat(
            news.chat.id, "no right to write here" if not _is_out(news) else "removed or blocked"
        )
    if news.chat.type == news.chat.PRIVATE or before == now:
        return
    if known is not None and await desk.store.subscriptions(news.chat.id):
        await (_tell_it_goes_on if now else _tell_it_stops)(context, desk, news, known)
    elif not now:
        return  # nothing was posted there, so nobody misses anything
    elif news.chat.type == news.chat.CHANNEL:
        await _tell(context, desk, news.from_user.id, *_welcome_channel(news))
    elif _was_out(news):
        await _tell(context, desk, news.chat.id, await _welcome_group(news, desk))


def may_speak(member: ChatMember, chat_type: str) -> bool:
    """What this membership lets us do: in a channel only admins who may post speak."""
    if chat_type == "channel":
        return isinstance(member, ChatMemberAdministrator) and member.can_post_messages is not False
    if isinstance(member, ChatMemberRestricted):
        return member.is_member and member.can_send_messages
    return member.status not in _OUT


def _is_out(news: ChatMemberUpdated) -> bool:
    return news.new_chat_member.status in _OUT


def _was_out(news: ChatMemberUpdated) -> bool:
    return news.old_chat_member.status in _OUT


async def _welcome_group(news: ChatMemberUpdated, desk: Desk) -> str:
    who = Ask("", (), news.chat.id, desk.clock(), kind=ChatKind.GROUP, user_id=news.from_user.id)
    if not await is_let_in(who, desk):
        return "This bot is by invitation: an admin of this group needs a link from whoever runs it (/invite)."
    return (
        "I tell when humanitarian access changes. Admins choose what is posted here: /subscribe_SY_severe, or "
        "/subscribe alone for more; in a forum, write it in the topic where it shall be posted. "
        f"{'Once they have, everybody' if desk.invite_only else 'Everybody'} may ask /latest and /summary. "
        "/privacy says what I keep."
    )


def _welcome_channel(news: ChatMemberUpdated) -> tuple[str, Rows]:
    here = str(news.chat.id)
    html = (
        f"I may post in the channel {_name(news)}, number <code>{here}</code>. Nothing is posted until you choose: "
        f"<code>/channel {here} subscribe Sudan severe</code>, or tap:"
    )
    return html, ((there(news.chat.id, EVERYWHERE_SEVERE),),)


async def _tell_it_stops(context: Context, desk: Desk, news: ChatMemberUpdated, known: Chat) -> None:
    html = (
        f"I can no longer write in {_name(news)}, so alerts there are paused. Give me back the right to post messages; "
        "then they go on by themselves."
    )
    await _tell_those_who_can_act(context, desk, news, known, html)


async def _tell_it_goes_on(context: Context, desk: Desk, news: ChatMemberUpdated, known: Chat) -> None:
    """What was chosen before stands. A group hears so itself; nobody does where nothing had stopped: a group that
    becomes a supergroup sees us come in anew."""
    if known.active:
        return
    if news.chat.type == news.chat.CHANNEL:
        html = (
            f"I may write in {_name(news)} again: alerts there go on. <code>/channel {news.chat.id}</code> shows which."
        )
        await _tell_those_who_can_act(context, desk, news, known, html)
    else:
        html = "I may write here again, and what was chosen before goes on: /subscribe shows it."
        await _tell(context, desk, news.chat.id, html)


async def _tell_those_who_can_act(
    context: Context, desk: Desk, news: ChatMemberUpdated, known: Chat, html: str
) -> None:
    """Whoever did it, and whoever set the chat up."""
    for person in dict.fromkeys((news.from_user.id, known.steward or news.from_user.id)):
        await _tell(context, desk, person, html)


def _name(news: ChatMemberUpdated) -> str:
    return escape(clean(news.chat.title or str(news.chat.id), 60))


async def _tell(context: Context, desk: Desk, chat_id: int, html: str, rows: Rows = ()) -> None:
    """Said at once and not kept: whoever is told may never have written to us, and nothing of them is to be stored."""
    try:
        await context.bot.send_message(
            chat_id, html, parse_mode=ParseMode.HTML, reply_markup=keyboard(rows, chat_id, desk.seal)
        )
    except TelegramError as e:
        log.info("whoever changed our rights can't be told: %s", type(e).__name__)


async def migrated(update: Update, context: Context) -> None:
    """The group became a supergroup: everything of it goes on under the new number. Both chats say so, in any order;
    whichever is heard first moves it."""
    message = update.effective_message
    if message is None:
        return
    old, new = message.migrate_from_chat_id or message.chat.id, message.migrate_to_chat_id or message.chat.id
    if old != new:
        await desk_of(context).store.move_chat(old, new)


HANDLERS: list[Handler] = [
    ChatMemberHandler(my_chat_member, ChatMemberHandler.MY_CHAT_MEMBER),
    MessageHandler(filters.StatusUpdate.MIGRATE, migrated),
]
