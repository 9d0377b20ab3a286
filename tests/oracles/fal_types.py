"""What the types of fal's official client for JavaScript say of the input of a model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ai_sdk import FOLDER

TYPES = FOLDER / "node_modules" / "@fal-ai" / "client" / "src" / "types" / "endpoints.d.ts"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
FIELD = re.compile(r"^    (\w+)(\??): (.*);$", re.MULTILINE)
KINDS: Mapping[str, type] = {"string": str, "number": int, "boolean": bool}


def problem_with(endpoint: str, arguments: Mapping[str, Any]) -> str | None:
    """Why the type of this endpoint's input does not let the arguments pass."""
    fields = {name: (optional, kind) for name, optional, kind in _fields(endpoint)}
    missing = [name for name, (optional, _) in fields.items() if not optional and name not in arguments]
    unknown = [name for name in arguments if name not in fields]
    wrong = [name for name in arguments if name in fields and not _is(arguments[name], fields[name][1])]
    if missing or unknown or wrong:
        return f"{endpoint}: missing {missing}, unknown {unknown}, wrong {wrong}"
    return None


@cache
def _fields(endpoint: str) -> tuple[tuple[str, str, str], ...]:
    text = TYPES.read_text("utf-8")
    [name] = re.findall(rf'"{re.escape(endpoint)}": {{\s*input: (\w+);', text)
    while alias := re.search(rf"^export type {name} = (\w+);$", text, re.MULTILINE):
        name = alias[1]
    [body] = re.findall(rf"^export type {name} = {{\n(.*?)^}};$", text, re.MULTILINE | re.DOTALL)
    return tuple(FIELD.findall(COMMENT.sub("", body)))


def _is(value: Any, kind: str) -> bool:
    return any(_is_one(value, each) for each in _options(kind))


def _options(kind: str) -> Iterator[str]:
    return (each.strip() for each in kind.split("|"))


def _is_one(value: Any, kind: str) -> bool:
    if listed := re.fullmatch(r"Array<(.*)>", kind):
        return isinstance(value, list) and all(_is(each, listed[1]) for each in value)
    return value == kind[1:-1] if kind.startswith('"') else type(value) is KINDS.get(kind)
