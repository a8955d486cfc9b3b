"""Buttons: a label on a command that nobody needs to type, signed and bound to the chat it was made for.

What a press carries is `command words*signature`, at most 64 bytes (Bot API, InlineKeyboardButton.callback_data). It
is read back only with the key and the chat it was made with, and is then asked as if it had been typed: with the same
parser, and only by those who may ask it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from bot.errors import InputError

LIMIT = 64  # bytes
_SIGNATURE = 8  # characters of base64: 48 bits, and every guess has to go through Telegram
_COMMAND = re.compile(r"[a-z_]{1,32}")


@dataclass(frozen=True, slots=True)
class Press:
    """A command and its words, as a person would type them; no word is empty or holds white space."""

    command: str
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _COMMAND.fullmatch(self.command) or not all(map(_is_word, self.words)):
            raise ValueError(f"no command line: {self.command!r} {self.words!r}")

    @property
    def line(self) -> str:
        return " ".join((self.command, *self.words))


@dataclass(frozen=True, slots=True)
class Button:
    """What a person taps: a press, or an address that opens outside."""

    label: str
    press: Press | None = None
    url: str | None = None


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs presses and reads them back; `key` is secret and the same after a restart."""

    key: bytes

    @classmethod
    def of(cls, token: str) -> Seal:
        """A key of its own from the bot's token: who changes the token ends all old buttons."""
        return cls(hashlib.sha256(b"buttons\0" + token.encode()).digest())

    def write(self, press: Press, chat_id: int) -> str:
        """The payload; ValueError when it would be longer than LIMIT bytes (see `fits`)."""
        payload = f"{press.line}*{self._sign(press.line, chat_id)}"
        if len(payload.encode()) > LIMIT:
            raise ValueError(f"longer than {LIMIT} bytes: {press.line!r}")
        return payload

    def read(self, payload: str, chat_id: int) -> Press:
        """InputError when it was not made by `write` with this key for this chat."""
        line, _, signature = payload.rpartition("*")
        if not hmac.compare_digest(signature.encode(errors="replace"), self._sign(line, chat_id).encode()):
            raise InputError(
                "This button is from an older version of me or from another chat: type the command instead"
            )
        command, *words = line.split(" ")
        return Press(command, tuple(words))

    def _sign(self, line: str, chat_id: int) -> str:
        signed = f"{chat_id}\0{line}".encode(errors="surrogatepass")  # what is read back may be anything
        digest = hmac.new(self.key, signed, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode()[:_SIGNATURE]


def fits(press: Press) -> bool:
    """Is it short enough to be a button?"""
    return len(press.line.encode()) + 1 + _SIGNATURE <= LIMIT


def _is_word(word: str) -> bool:
    """One word that UTF-8 can carry and that does not hold the sign between line and signature."""
    return word.split() == [word] and "*" not in word and not any("\ud800" <= c <= "\udfff" for c in word)
