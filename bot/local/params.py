"""Parameters of a Bot API call as they come: JSON values, or strings that hold JSON, as in a form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.local.state import Json, bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    content: bytes


class Params:
    """Reads parameters with Telegram's tolerance: "5" is 5, "true" is true, absent and null are the same."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        value = self._values.get(name)
        if value is None:
            return default
        value = value.name if isinstance(value, Upload) else value
        text = value if isinstance(value, str) else json.dumps(value)
        _check_utf8(text)
        return text

    def integer(self, name: str) -> int | None:
        """None when absent, or when it is no whole number (a @username, say)."""
        value = self._values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        try:
            return int(value)
        except ValueError:
            return None

    def chat(self, name: str) -> int | str | None:
        """A chat as bots name it: its id, or a @username as text. None when absent."""
        number = self.integer(name)
        return number if number is not None else self.text(name) or None

    def flag(self, name: str) -> bool:
        return self.text(name).lower() in {"true", "1", "yes"}

    def upload(self, name: str) -> Upload | None:
        """None when absent, or when it is no file but the id or address of one."""
        value = self._values.get(name)
        return value if isinstance(value, Upload) else None

    def object(self, name: str) -> Json | None:
        found: Json | None = self._json(name, dict)
        return found

    def items(self, name: str) -> list[Any] | None:
        found: list[Any] | None = self._json(name, list)
        return found

    def _json(self, name: str, kind: type) -> Any:
        value = self._values.get(name)
        if value in (None, ""):
            return None
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                raise bad_request(f"can't parse {name} JSON object") from None
        if not isinstance(value, kind):
            raise bad_request(f"can't parse {name}: expected {'an Object' if kind is dict else 'an Array'}")
        _check_utf8(value)
        return value


def is_utf8(value: Any) -> bool:
    """Whether every string in a JSON value can be written; JSON escapes can smuggle in half a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_utf8(value: Any) -> None:
    if not is_utf8(value):
        raise bad_request("strings must be encoded in UTF-8")
