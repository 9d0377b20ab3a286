"""What is written about the settings, from their declarations: JSON Schema, example file and reference table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TextIO

from ..errors import OutputRefused
from ..media import Json
from ..operations import OPERATIONS
from .kinds import Kind, MapOf, Record
from .loading import FOREIGN_PREFIXES, OTHER_VARIABLES, as_json
from .place import dotted
from .settings import Declared, Settings, declared

ORDER = (
    "Later wins: defaults, `anymedia.toml` in the user's configuration folder, `anymedia.toml` in the current folder "
    "or its nearest parent up to a `.git` or the home folder, the file that `ANYMEDIA_CONFIG` names, environment "
    "variables, arguments. A relative folder in a file starts at that file. A project's file may not send a key to "
    "another machine, nor let agents out of the project, nor name keys outside it, nor start programs, nor load "
    "weights. Keys of providers never stand in it."
)
HEADING = f"""\
# Settings of anymedia. Every line that begins with "#" and no space is a setting with its default, or with an
# example where the default is no value: remove the "#" to change it. `anymedia config show --origin` shows what
# counts and why. Keys of providers never stand here: `anymedia auth status` shows where they come from.
# Operations: {", ".join(OPERATIONS)}.
"""


def json_schema() -> dict[str, Json]:
    """JSON Schema (2020-12) of `anymedia.toml`, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "anymedia.toml",
        **_object_schema(Settings),
    }


def _object_schema(settings: type[Any]) -> dict[str, Json]:
    properties = {each.name: _field_schema(each) for each in fields(settings)}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _field_schema(each: Field[Any]) -> dict[str, Json]:
    description = {"description": each.metadata["help"]}
    if "group" in each.metadata:
        return {**_object_schema(each.metadata["group"]), **description}
    default = as_json(each.metadata["default"])
    return {**each.metadata["kind"].schema(), **description, **({} if default is None else {"default": default})}


def example() -> str:
    """An `anymedia.toml` with every setting commented out, with its description and its default or an example."""
    settings = list(declared())
    lines = [HEADING]
    for each in (each for each in settings if len(each.key) == 1 and not isinstance(each.kind, MapOf)):
        lines += _commented(each)
    sections = dict.fromkeys(_section(each) for each in settings if _section(each))
    for section in sections:
        lines.append(f"[{section}]")
        for each in settings:
            if _section(each) == section:
                lines += _commented(each)
    return "\n".join(lines)


def _section(each: Declared) -> str:
    """The TOML table that a setting's lines stand in."""
    return dotted(each.key if isinstance(each.kind, MapOf) else each.key[:-1])


def _commented(each: Declared) -> list[str]:
    note = f"# {each.help} ({_default(each.field)}{_in_environment(each)})"
    match each.kind:
        case MapOf(each=Record() as record):
            return [note, *_commented_record(each, record)]
        case MapOf():
            return [note, *_assignments(each.kind.example()), ""]
        case kind:
            value = as_json(each.default)
            return [note, *_assignments({each.key[-1]: kind.example() if value is None else value}), ""]


def _commented_record(each: Declared, record: Record) -> Iterator[str]:
    kind = each.kind
    assert isinstance(kind, MapOf)
    yield f"#[{dotted((*each.key, kind.keys.example()))}]"
    for part in fields(record.of):
        yield f"# {part.metadata['help']} ({_default(part)})"
        value = None if part.metadata["default"] is MISSING else as_json(part.metadata["default"])
        yield from _assignments({part.name: part.metadata["kind"].example() if value in (None, {}) else value})
    yield ""


def _assignments(values: Mapping[str, Json]) -> list[str]:
    return [f"#{dotted((name,))} = {_toml(value)}" for name, value in values.items()]


def _toml(value: Json) -> str:
    """A value in TOML; its text, numbers, truth values and lists are written as in JSON."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{dotted((name,))} = {_toml(each)}" for name, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _default(part: Field[Any]) -> str:
    """In words: `default: no cap`, or `needed`."""
    if part.metadata["default"] is MISSING:
        return "needed"
    return f"default: {_default_value(part)}"


def _default_value(part: Field[Any]) -> str:
    unset = part.metadata["unset"]
    value = as_json(part.metadata["default"])
    return unset or ("none" if value is None or value == {} else _toml(value))


def _in_environment(each: Declared) -> str:
    return f"; variable: {variable}" if (variable := _variable(each)) else ""


def _variable(each: Declared) -> str:
    """The environment variable, or the pattern of those of a table."""
    if isinstance(each.kind, MapOf):
        return f"ANYMEDIA_{'_'.join(each.key).upper()}_<{each.kind.keys.name.upper()}>" if each.variables else ""
    return next(iter(each.variables))


def write_example(path: Path) -> None:
    """Write `example()` to a new file, with the folders above it. Raise `OutputRefused` if it exists or cannot be."""
    text = example()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(path, error) from None
    try:
        with path.open("x", encoding="utf-8") as file:
            _write_or_remove(file, text, path)
    except FileExistsError:
        raise OutputRefused(f"{path} exists.", next="Edit it, or move it away first.") from None
    except OSError as error:
        raise _cannot_write(path, error) from None


def _write_or_remove(file: TextIO, text: str, path: Path) -> None:
    try:
        file.write(text)
        file.flush()
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _cannot_write(path: Path, error: OSError) -> OutputRefused:
    return OutputRefused(f"{path} cannot be written: {error.strerror}.", next="Name a place you may write to.")


def reference_markdown() -> str:
    """Tables of every setting and every other variable, for the documentation."""
    rows = [row for each in declared() for row in _rows(each)]
    others = [(f"`{name}`", use) for name, use in OTHER_VARIABLES.items()]
    others += [(f"`{prefix}...`", f"not read here: {use}") for prefix, use in FOREIGN_PREFIXES.items()]
    parts = [
        ORDER,
        _markdown_table(("key", "type", "default", "variable", "description"), rows),
        _markdown_table(("other variable", "what for"), others),
    ]
    return "\n\n".join(parts) + "\n"


def _rows(each: Declared) -> Iterator[tuple[str, ...]]:
    key = dotted(each.key)
    kind: Kind = each.kind
    if isinstance(kind, MapOf):
        key, kind = f"{key}.<{kind.keys.name}>", kind.each
    variable = f"`{_variable(each)}`" if _variable(each) else ""
    yield f"`{key}`", kind.name, _default_value(each.field), variable, each.help
    if isinstance(kind, Record):
        for part in fields(kind.of):
            default = "needed" if part.metadata["default"] is MISSING else _default_value(part)
            yield f"`{key}.{part.name}`", part.metadata["kind"].name, default, "", part.metadata["help"]


def _markdown_table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
