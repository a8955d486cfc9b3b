"""`local`: our Bot API over HTTP on this machine, for trying and testing without an account."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

from bot.local.core import DEFAULT_TOKEN, BotApi
from bot.local.http import Server, serve

NAME = "local"
HELP = "serve our Bot API over HTTP on 127.0.0.1, for trying and testing"
EXAMPLE = "python -m bot local --port 8081"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, metavar="N", help="port to listen on (default: a free one)")


def run(args: argparse.Namespace) -> int:
    """Serves until interrupted. 0 when stopped, 2 when the port can't be used."""
    try:
        asyncio.run(_serve(args.port))
    except (OSError, OverflowError) as error:
        print(f"Port {args.port} can't be used ({error}): give another with --port", file=sys.stderr)
        return 2
    return 0


async def _serve(port: int) -> None:
    server = await serve(BotApi(), port=port)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(_welcome(server), flush=True)
    await stop.wait()
    await server.aclose()


def _welcome(server: Server) -> str:
    return f"""Bot API at {server.address} until you press Ctrl-C.
Start the bot against it:
  BOT_API_BASE_URL={server.address} TELEGRAM_BOT_TOKEN={DEFAULT_TOKEN} python -m bot run
Write to it as a user, then read what it sent:
  curl {server.address}/_chat --json '{{"chat_id": 1, "text": "/start"}}'
  curl {server.address}/_sent
Bring it into a forum, and open a topic there:
  curl {server.address}/_chat --json '{{"chat_id": -1001234567890, "add_bot": {{"forum": true}}}}'
  curl {server.address}/_chat --json '{{"chat_id": -1001234567890, "open_topic": "name"}}'
In groups (ids below 0), and in supergroups, forums and channels (ids of 13 digits that begin with -100), /_chat takes
one act beside "chat_id":
  "add_bot": {{"status": "administrator", "kind": "channel", "rights": {{"can_post_messages": false}}}}
  "set_bot": {{"status": "kicked"}}   "set_member": {{"user_id": 5, "status": "administrator"}}
  "text" with "user_id", "thread_id", "anonymous", "reply_to"   "edit": {{"message_id": 3, "text": ".."}}
  "post": "text of a channel post"   "press": {{"message_id": 3, "data": ".."}}   "block": true
  "open_topic": "name"   "close_topic": 7   "reopen_topic": 7   "delete_topic": 7"""
