"""The shipped judge, loaded once for all tests."""

from __future__ import annotations

from pathlib import Path

from bot.judge import load
from bot.settings import files

CONFIG = Path(__file__).resolve().parents[2] / "config"
_problems: list[str] = []
KEYWORDS = files.read_keywords(CONFIG, _problems)
PLACES = files.read_places(CONFIG, _problems)
assert not _problems, _problems
JUDGE = load(KEYWORDS, (CONFIG / "patterns.toml").read_text(), (CONFIG / "severity.toml").read_text(), PLACES)
