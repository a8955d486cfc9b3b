"""Many lines -> pages, each one message: nothing is cut within a line, nothing is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.words.markup import MESSAGE_LIMIT, length

ENTRIES = 20  # lines of incidents on a page: Telegram shows no more than 100 links and bold words in one message
_TAG = re.compile(r"<[^>]*>")
_ROOM = 40  # for "page 12 of 34" and the line breaks around it


@dataclass(frozen=True, slots=True)
class Block:
    """Lines under a heading, all HTML; the heading stands again on each page on which its lines go on."""

    heading: str
    lines: tuple[str, ...]


def pages(head: str, lead: Sequence[str], blocks: Sequence[Block], foot: Sequence[str]) -> tuple[str, ...]:
    """Each at most MESSAGE_LIMIT visible units: `head` stands on every page, `lead` on the first, `foot` on the last.
    A line must be shorter than a page by head and heading."""
    room = MESSAGE_LIMIT - _size([head]) - _ROOM
    made, size, entries = [list(lead)], _size(lead), 0
    for heading, line, first in _each(blocks):
        new = ["", heading, line] if first else [line]
        if size + _size(new) > room or entries == ENTRIES:
            made.append([])
            size = entries = 0
            new = ["", heading if first else f"{heading} (continued)", line]
        made[-1] += new
        size += _size(new)
        entries += 1
    if foot and size + _size(["", *foot]) > room:
        made.append([])
    made[-1] += ["", *foot] if foot else []
    number = len(made)
    return tuple(
        "\n".join([head + (f", page {n} of {number}" if number > 1 else ""), *page]).rstrip()
        for n, page in enumerate(made, 1)
    )


def _each(blocks: Sequence[Block]) -> Iterator[tuple[str, str, bool]]:
    """(heading, line, is it the first under it)."""
    for block in blocks:
        for n, line in enumerate(block.lines):
            yield block.heading, line, n == 0


def _size(lines: Sequence[str]) -> int:
    """At least the visible units of these lines of our own HTML, found fast: entities count as they are written."""
    return length(_TAG.sub("", "\n".join(lines))) + 1
