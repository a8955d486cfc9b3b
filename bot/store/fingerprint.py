"""Recognising a story that a source publishes again under a new id."""

from __future__ import annotations

import hashlib
import unicodedata
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.model import Item

MAX_CHARS = 20_000  # of a text; more is not looked at, so work is bounded whatever the input
_TRACKING = {"fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "ref", "ref_src"}


def fingerprint(item: Item) -> str:
    """SHA-256 of title and text without case and spacing, and the address without fragment and tracking parameters.

    The text and the rest of the query count, because `?id=7` and `?id=8` under one title may be two closures: told
    apart wrongly they are folded into one incident later, taken for one wrongly an alert is lost.
    """
    said = "\n".join((_fold(item.title), _fold(item.text), _address(item.url)))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text[:MAX_CHARS]).casefold().split())


def _address(url: str) -> str:
    """Without the scheme either: a site that moves to https tells nothing new."""
    try:
        parts = urlsplit(url)
        query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(k.lower())]
    except ValueError:  # such as a broken IPv6 address, or a thousand parameters
        return url
    return f"{parts.netloc.lower()}{parts.path}?{urlencode(query, errors='replace')}"


def _tracks(name: str) -> bool:
    return name.startswith("utm_") or name in _TRACKING
