"""Reads the files under config/ as text and tables; each that cannot be read is a sentence, not a traceback."""

from __future__ import annotations

import gzip
import re
import tomllib
import zlib
from pathlib import Path
from typing import Any

_LANGUAGE = re.compile(r"[a-z]{2,3}")


def read_text(root: Path, name: str, remedy: str, problems: list[str], *, may_be_empty: bool = False) -> str:
    """The text of the file `name` under `root`; empty, with a sentence, when it cannot be had."""
    try:
        text = decoded(root / name)
    except FileNotFoundError:
        problems.append(f"{name}: the file is missing; {remedy}")
        return ""
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        problems.append(f"{name}: cannot be read ({_why(error)}); save it as UTF-8 text that this user may read")
        return ""
    if not text.strip() and not may_be_empty:
        problems.append(f"{name}: the file is empty; {remedy}")
        return ""
    return text


def decoded(path: Path) -> str:
    """UTF-8 with or without a byte order mark, gunzipped when the name says so."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")


def read_table(name: str, text: str, problems: list[str]) -> dict[str, Any] | None:
    """A TOML text as a table, or None with a sentence that names the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(
            f'{name}: is not TOML: {error}; write key = "text", key = 5 or key = ["one", "two"] on that line, or close '
            "what is left open above it"
        )
    except RecursionError:
        problems.append(f"{name}: is not TOML that can be read: nested too deeply; write plain tables")
    return None


def read_keywords(root: Path, problems: list[str]) -> dict[str, str]:
    """keywords/<language>.toml: language to text."""
    files = {}
    for path in sorted((root / "keywords").glob("*.toml")):
        name = f"keywords/{path.name}"
        if _LANGUAGE.fullmatch(path.stem):
            files[path.stem] = read_text(root, name, "put the file back", problems)
        else:
            problems.append(
                f"{name}: is not named after a language; write its two or three letters, as keywords/en.toml"
            )
    if not files:
        problems.append("keywords/: there is no language file; at least one such as keywords/en.toml is required")
    return files


def read_places(root: Path, problems: list[str]) -> dict[str, str]:
    """places/<name>.tsv or .tsv.gz: name to decoded text."""
    tables: dict[str, str] = {}
    for path in sorted([*(root / "places").glob("*.tsv"), *(root / "places").glob("*.tsv.gz")]):
        table = path.name.removesuffix(".gz").removesuffix(".tsv")
        if table in tables:
            problems.append(f"places/{path.name}: there is also an uncompressed {table}.tsv; keep only one of them")
            continue
        tables[table] = read_text(root, f"places/{path.name}", "put the file back", problems)
    if not tables:
        problems.append("places/: there is no table of places; at least one .tsv or .tsv.gz file is required")
    return tables


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    if isinstance(error, gzip.BadGzipFile | EOFError | zlib.error):
        return "not a whole gzip file"
    return (getattr(error, "strerror", None) or "no reason given").lower()
