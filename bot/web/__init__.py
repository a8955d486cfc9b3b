"""Fetching from hostile places: the only folder that imports httpx and httpcore.

guard     where a fetch may go: the URL as written, and the address that is connected to
decode    gunzip that never makes more bytes than it may
faults    what went wrong on the network, in plain words
fetcher   `Web`, which puts them together
"""

from bot.web.fetcher import Web, body_hash
from bot.web.guard import Resolver

__all__ = ["Resolver", "Web", "body_hash"]
