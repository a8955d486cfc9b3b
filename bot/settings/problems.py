"""Mistakes in configuration as sentences: file, key, what is wrong, what to write instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.logs import redact

_SHOWN = 80

# pydantic's names for what a person sees in the file
_REASONS = {
    "string_type": "is not text in quotes",
    "int_type": "is not a whole number",
    "bool_type": "is neither true nor false",
    "list_type": "is not a list in [ ]",
    "model_type": "is not a table",
    "literal_error": "is none of the words that may stand here",
    "greater_than_equal": "is too small",
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
}


def wrong(reason: str, write: str | None = None) -> PydanticCustomError:
    """What a validator raises. `reason` continues 'key = value ...'; `write` replaces the field's description."""
    return PydanticCustomError("wrong", "{reason}", {"reason": reason, "write": write})


def sentences(place: str, model: type[BaseModel], error: ValidationError) -> list[str]:
    """One sentence for each mistake. `place`: the file and the row in it; fields' descriptions say what to write."""
    found = error.errors(include_url=False)
    misspelt = {_meant(model, details) for details in found if details["type"] == "extra_forbidden"}
    return [_sentence(place, model, d) for d in found if d["type"] != "missing" or d["loc"] not in misspelt]


def unknown_key(place: str, key: str, valid: Iterable[str]) -> str:
    """The sentence for a key that does not exist, with the nearest that does."""
    names = list(valid)
    near = _nearest(key, names)
    hint = f"did you mean {near}?" if near else f"the keys are {', '.join(names)}"
    return f"{place}: unknown key {shown(key).strip(chr(34))}; {hint}"


def shown(value: object) -> str:
    """A value much as the file has it: short, on one line, without secrets."""
    if isinstance(value, dict):
        return "a table"
    text = redact(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _sentence(place: str, model: type[BaseModel], details: ErrorDetails) -> str:
    kind, loc, context = details["type"], details["loc"], details.get("ctx", {})
    owner, write = _described(model, loc)
    if kind == "extra_forbidden":
        table = ".".join(str(part) for part in loc[:-1])
        return unknown_key(f"{place}, [{table}]" if table else place, str(loc[-1]), owner.model_fields)
    if not loc:
        return f"{place}: {_REASONS.get(kind, 'is wrong')}; write key = value lines"
    if kind == "missing":
        return f"{place}: {_name(loc)} is missing; write {write}"
    reason = context.get("reason") or _REASONS.get(kind, "is wrong")
    return f"{place}: {_name(loc)} = {shown(details['input'])} {reason}; write {context.get('write') or write}"


def _nearest(key: str, names: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(key, names, n=1)), None)


def _meant(model: type[BaseModel], details: ErrorDetails) -> tuple[int | str | None, ...]:
    """Where the key stands that an unknown one was probably meant to be: it is not missing as well."""
    owner, _ = _described(model, details["loc"])
    return (*details["loc"][:-1], _nearest(str(details["loc"][-1]), owner.model_fields))


def _described(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[type[BaseModel], str]:
    """The model that holds the key at `loc`, and what the key's field says to write."""
    description = ""
    for part in loc:
        field = model.model_fields.get(str(part))
        if field is None:
            break
        description = field.description or ""
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            model = field.annotation
    return model, description


def _name(loc: tuple[int | str, ...]) -> str:
    name = str(loc[0])
    for part in loc[1:]:
        name += f", entry {part + 1}" if isinstance(part, int) else f".{part}"
    return name
