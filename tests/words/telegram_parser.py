"""Telegram's own HTML parser (tdjson, offline), as the Bot API server applies it to messages."""

from __future__ import annotations

import json
from typing import Any

import tdjson


def _execute(request: dict[str, Any]) -> dict[str, Any]:
    answer = tdjson.td_execute(json.dumps(request).encode())
    assert answer is not None
    return json.loads(answer)  # type: ignore[no-any-return]


_execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})


def parse(html: str) -> tuple[str, list[dict[str, Any]]]:
    """The text that a phone shows and its entities; AssertionError with Telegram's words when it refuses."""
    answer = _execute({"@type": "parseTextEntities", "text": html, "parse_mode": {"@type": "textParseModeHTML"}})
    assert answer["@type"] == "formattedText", f"{answer.get('message')}: {html!r}"
    return answer["text"], answer.get("entities", [])


def shown(html: str) -> str:
    """The text alone."""
    return parse(html)[0]


def links(html: str) -> list[str]:
    """The addresses that explicit links lead to."""
    return [e["type"]["url"] for e in parse(html)[1] if e["type"]["@type"] == "textEntityTypeTextUrl"]
