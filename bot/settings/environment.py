"""The environment and .env: which variables there are, what may stand in them, secrets in files of their own.

No value of a secret is ever part of a sentence here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from bot.settings.problems import shown
from bot.settings.rows import web_address

TELEGRAM_API = "https://api.telegram.org"
DATABASE = "sqlite:///data/access-watch.db"

SECRETS = ("TELEGRAM_BOT_TOKEN", "DATABASE_URL", "PROXY_URL", "TELEGRAM_PROXY_URL", "WEBHOOK_SECRET")
PLAIN = ("BOT_CONFIG", "LOG_FORMAT", "BOT_API_BASE_URL", "LISTEN", "WEBHOOK_URL", "RELIEFWEB_APPNAME")
NOT_USED_YET = ("LISTEN", "WEBHOOK_URL", "WEBHOOK_SECRET")  # known names behind which there is nothing so far
NAMES = (*SECRETS, *(f"{name}_FILE" for name in SECRETS), *PLAIN)

# The same shape that bot.logs.redact removes: a token that we accept never gets into a log.
_TOKEN = re.compile(r"[0-9]{3,}:[A-Za-z0-9_-]{20,}")
_APPNAME = re.compile(r"[A-Za-z0-9._~@-]{3,200}")
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTED = re.compile(r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?""")
_ESCAPES = {"n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says. Secrets are kept out of repr, so that no log prints them by accident."""

    token: str | None = field(default=None, repr=False)
    database_url: str = field(default=DATABASE, repr=False)
    api_base_url: str = TELEGRAM_API
    proxy_url: str | None = field(default=None, repr=False)
    telegram_proxy_url: str | None = field(default=None, repr=False)
    log_format: str = "console"
    reliefweb_appname: str = ""
    unused: tuple[str, ...] = ()


def read_environment(environ: Mapping[str, str], dotenv: Path) -> tuple[Environment, list[str]]:
    """The variables that hold, with one sentence for each that does not; a wrong one counts as not set."""
    file_values, problems = read_dotenv(dotenv)
    given = _Variables(environ, file_values, problems)
    return (
        Environment(
            token=given.secret("TELEGRAM_BOT_TOKEN", _check_token),
            database_url=given.secret("DATABASE_URL", _check_database) or DATABASE,
            api_base_url=(given.plain("BOT_API_BASE_URL", _check_address) or TELEGRAM_API).rstrip("/"),
            proxy_url=given.secret("PROXY_URL", _check_proxy),
            telegram_proxy_url=given.secret("TELEGRAM_PROXY_URL", _check_proxy),
            log_format=given.plain("LOG_FORMAT", _check_format) or "console",
            reliefweb_appname=given.plain("RELIEFWEB_APPNAME", _check_appname) or "",
            unused=tuple(n for n in NOT_USED_YET if environ.get(n) or file_values.get(n)),
        ),
        problems,
    )


def read_dotenv(path: Path) -> tuple[dict[str, str], list[str]]:
    """KEY=VALUE lines, with `export`, quotes and # comments; no file is an empty one. Lines are not quoted back:
    what stands on a broken line may be the token."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{path.name}: cannot be read ({_why(error)}); make it a UTF-8 text file that this user may read"]
    values: dict[str, str] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        pair = _pair(stripped)
        if pair is None:
            problems.append(f'{path.name}, line {number}: this is not a setting; write NAME=value or NAME="value"')
            continue
        values[pair[0]] = pair[1]
        problems += _misspelt(f"{path.name}, line {number}", pair[0])
    return values, problems


def _pair(line: str) -> tuple[str, str] | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    name, value = match[1], match[2]
    if value[:1] not in ("'", '"'):
        return name, re.split(r"(?:^|\s)#", value, maxsplit=1)[0].strip()
    quoted = _QUOTED.fullmatch(value)
    if quoted is None:
        return None
    if quoted[1] is not None:
        return name, quoted[1]
    return name, re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), quoted[2])


def _misspelt(place: str, name: str) -> list[str]:
    """Other programs may keep their own names in .env, so only a near miss is a mistake."""
    near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.85)
    return [] if name in NAMES or not near else [f"{place}: unknown name {name}; did you mean {near[0]}?"]


class _Variables:
    """The environment laid over .env, remembering which of them said what."""

    def __init__(self, environ: Mapping[str, str], dotenv: Mapping[str, str], problems: list[str]) -> None:
        self._layers = (("environment", environ), (".env", dotenv))
        self._problems = problems

    def plain(self, name: str, check: Callable[[str], str | None]) -> str | None:
        for origin, values in self._layers:
            if name in values:
                value = values[name].strip()
                return self._checked(f"{origin}, {name} = {shown(value)}", value, check)
        return None

    def secret(self, name: str, check: Callable[[str], str | None]) -> str | None:
        """NAME, or the content of the file that NAME_FILE names; the first layer that has either decides."""
        by_file = f"{name}_FILE"
        for origin, values in self._layers:
            value, path = values.get(name, "").strip(), values.get(by_file, "").strip()
            if value and path:
                self._problems.append(f"{origin}, {name} and {by_file} are both set; write only one of them")
                return None
            if path:
                place = f"{origin}, {by_file} = {shown(path)}"
                return self._checked(place, self._content(place, path), check)
            if name in values or by_file in values:
                return self._checked(f"{origin}, {name}", value, check)
        return None

    def _content(self, place: str, path: str) -> str:
        try:
            content = Path(path).read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError, ValueError) as error:
            self._problems.append(f"{place} cannot be read ({_why(error)}); write the path of a readable file")
            return ""
        if not content:
            self._problems.append(f"{place} is an empty file; put the secret into it")
        return content

    def _checked(self, place: str, value: str, check: Callable[[str], str | None]) -> str | None:
        if not value:
            return None
        problem = check(value)
        if problem is not None:
            self._problems.append(f"{place} {problem}")
            return None
        return value


def _check_token(value: str) -> str | None:
    if _TOKEN.fullmatch(value):
        return None
    return "does not look like a bot token; write the one that @BotFather gave you: digits, a colon, about 35 letters"


def _check_database(value: str) -> str | None:
    if re.match(r"sqlite(\+aiosqlite)?:///.", value):
        return None
    return f"is not a database that this program can use; write a path as {DATABASE}"


def _check_address(value: str) -> str | None:
    try:
        web_address(value)
    except PydanticCustomError:
        return f"is not a web address; write one such as {TELEGRAM_API}"
    return None


def _check_proxy(value: str) -> str | None:
    try:
        parts = urlsplit(value)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    return None if right else "is not the address of a proxy; write one such as http://proxy.example.org:3128"


def _check_format(value: str) -> str | None:
    return None if value in ("console", "json") else "is not a log format; write console or json"


def _check_appname(value: str) -> str | None:
    if _APPNAME.fullmatch(value):
        return None
    return "is not a name that ReliefWeb gives; write the approved one as it stands in their mail, one word"


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "no reason given").lower()
    return "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else "no path"
