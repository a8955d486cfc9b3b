"""Reads and validates config/ and the environment, once, at start, into frozen settings.

Every mistake is found in one go. problems.py words them, rows.py says what may stand in the TOML files,
environment.py what in the variables; files.py reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from bot.errors import ConfigError
from bot.model import Source
from bot.settings import files
from bot.settings.environment import Environment, read_dotenv, read_environment
from bot.settings.problems import sentences, shown, unknown_key
from bot.settings.rows import BotTable, Known, Network, SourceRow
from bot.sources import KINDS

__all__ = ["DOTENV", "BotSettings", "Settings", "default_root", "examine", "load", "read_sources"]

DOTENV = Path(__file__).resolve().parents[2] / ".env"


@dataclass(frozen=True, slots=True)
class BotSettings:
    """bot.toml. `keep_threads` counts from the end of an incident, `keep_away` from the day on which a chat was found
    to be away, the others from the row's own time."""

    operators: tuple[int, ...] = ()
    access: Literal["open", "invite"] = "open"
    contact: str = ""
    max_subscribers: int = 20_000
    bundle_above: int = 6
    keep_items: timedelta = timedelta(days=90)
    keep_deliveries: timedelta = timedelta(days=7)
    keep_threads: timedelta = timedelta(days=30)
    keep_away: timedelta = timedelta(days=180)
    allow_networks: tuple[Network, ...] = ()
    stale_after: Mapping[str, timedelta] = field(default_factory=lambda: {"other": timedelta(days=7)})
    tick: timedelta = timedelta(seconds=5)

    def stale(self, kind: str | None) -> timedelta:
        """How long an incident may go unconfirmed. `kind`: its asset, or the category when it has none."""
        return self.stale_after.get(kind or "other", self.stale_after["other"])


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the program is told from outside; secrets stay out of repr.

    `api_base_url` has no slash at its end and no `/bot`; `unused` names variables that are set and do nothing yet;
    `place_tables` maps a file's name without .tsv or .tsv.gz to its decoded text."""

    bot: BotSettings
    sources: tuple[Source, ...]
    token: str | None = field(repr=False)
    database_url: str = field(repr=False)
    api_base_url: str
    proxy_url: str | None = field(repr=False)
    telegram_proxy_url: str | None = field(repr=False)
    log_format: str
    unused: tuple[str, ...]
    config_root: Path
    keyword_files: Mapping[str, str] = field(repr=False)
    severity_toml: str = field(repr=False)
    patterns_toml: str = field(repr=False)
    place_tables: Mapping[str, str] = field(repr=False)
    reliefweb_appname: str = field(default="", repr=False)


def load(root: Path, environ: Mapping[str, str], dotenv: Path = DOTENV) -> Settings:
    """The settings of the folder `root` (usually config/); raises ConfigError with every mistake."""
    settings, problems = examine(root, environ, dotenv)
    if problems:
        raise ConfigError(problems)
    return settings


def examine(root: Path, environ: Mapping[str, str], dotenv: Path = DOTENV) -> tuple[Settings, tuple[str, ...]]:
    """As `load`, but hands the mistakes over beside what could be read, so that others' checks can be added."""
    env, problems = read_environment(environ, dotenv)
    if not root.is_dir():
        problems.append(f"{root}: there is no such folder; name the right one with --config or BOT_CONFIG")
        return _settings(root, env), tuple(problems)
    keyword_files = files.read_keywords(root, problems)
    bot, networks = _read_bot(root, problems)
    text = files.read_text(root, "sources.toml", "write one [[source]] table for each source", problems)
    known = Known(tuple(KINDS), keyword_files, networks)
    sources, wrong_rows = read_sources(text, known) if text else ((), ())
    problems += wrong_rows
    settings = _settings(
        root,
        env,
        bot=_bot_settings(bot),
        sources=tuple(replace(s, appname=env.reliefweb_appname) if s.kind == "reliefweb" else s for s in sources),
        keyword_files=keyword_files,
        severity_toml=files.read_text(root, "severity.toml", "it is required, put it back", problems),
        patterns_toml=files.read_text(root, "patterns.toml", "it is required, put it back", problems),
        place_tables=files.read_places(root, problems),
    )
    return settings, tuple(problems)


def default_root(environ: Mapping[str, str], dotenv: Path = DOTENV) -> Path:
    """Where config/ is when no --config is given: BOT_CONFIG of the environment, of .env, or "config"."""
    values, _ = read_dotenv(dotenv)
    return Path(environ.get("BOT_CONFIG") or values.get("BOT_CONFIG") or "config")


def read_sources(text: str, known: Known, name: str = "sources.toml") -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """The rows of a sources file that are right, and a sentence for each mistake."""
    problems: list[str] = []
    table = files.read_table(name, text, problems)
    if table is None:
        return (), tuple(problems)
    problems += [unknown_key(name, key, ["source"]) for key in table if key != "source"]
    rows = table.get("source", [])
    if not isinstance(rows, list) or (not rows and not problems):
        problems.append(f"{name}: there are no sources; write [[source]] above the keys of each")
        return (), tuple(problems)
    sources = [s for n, row in enumerate(rows, 1) for s in _row(_row_place(name, n, row), row, known, problems)]
    problems += _duplicates(name, rows)
    return tuple(sources), tuple(problems)


def _read_bot(root: Path, problems: list[str]) -> tuple[BotTable, Sequence[Network] | None]:
    """bot.toml, wrong keys left out, and the networks it opens, None when they are not known.
    Without the file everything has its default."""
    if not (root / "bot.toml").exists():
        return BotTable(), ()
    text = files.read_text(root, "bot.toml", "put it back", problems, may_be_empty=True)
    table = files.read_table("bot.toml", text, problems)
    if table is None:
        return BotTable(), None
    try:
        bot = BotTable.model_validate(table)
    except ValidationError as error:
        problems += sentences("bot.toml", BotTable, error)
        wrong = {details["loc"][0] for details in error.errors()}
        bot = BotTable.model_validate({key: value for key, value in table.items() if key not in wrong})
        return bot, None if "allow_networks" in wrong else bot.allow_networks
    return bot, bot.allow_networks


def _bot_settings(table: BotTable) -> BotSettings:
    return BotSettings(
        operators=tuple(table.operators),
        access=table.access,
        contact=table.contact,
        max_subscribers=table.max_subscribers,
        bundle_above=table.bundle_above,
        keep_items=table.retention.items,
        keep_deliveries=table.retention.deliveries,
        keep_threads=table.retention.threads,
        keep_away=table.retention.away,
        allow_networks=tuple(table.allow_networks),
        stale_after=table.stale_after.model_dump(),
        tick=table.tick,
    )


def _row(place: str, row: object, known: Known, problems: list[str]) -> list[Source]:
    try:
        return [SourceRow.model_validate(row, context=known).source()]
    except ValidationError as error:
        problems += sentences(place, SourceRow, error)
        return []


def _row_place(name: str, number: int, row: object) -> str:
    given = row.get("id") if isinstance(row, dict) else None
    return f"{name}, source {shown(given) if isinstance(given, str) and given else number}"


def _duplicates(name: str, rows: list[object]) -> list[str]:
    """Rows that repeat an earlier row's id, or its address."""
    problems = []
    for key, remedy in (("id", "give each its own id"), ("url", "keep only one of them")):
        seen: dict[str, int] = {}
        for number, row in enumerate(rows, 1):
            value = row.get(key) if isinstance(row, dict) else None
            if not isinstance(value, str):
                continue
            if value in seen:
                problems.append(
                    f"{name}, sources {seen[value]} and {number}: both have {key} = {shown(value)}; {remedy}"
                )
            seen.setdefault(value, number)
    return problems


def _settings(root: Path, env: Environment, **read: Any) -> Settings:
    nothing: dict[str, Any] = {
        "bot": BotSettings(),
        "sources": (),
        "keyword_files": {},
        "severity_toml": "",
        "patterns_toml": "",
        "place_tables": {},
    }
    return Settings(
        token=env.token,
        database_url=env.database_url,
        api_base_url=env.api_base_url,
        proxy_url=env.proxy_url,
        telegram_proxy_url=env.telegram_proxy_url,
        log_format=env.log_format,
        unused=env.unused,
        config_root=root,
        reliefweb_appname=env.reliefweb_appname,
        **(nothing | read),
    )
