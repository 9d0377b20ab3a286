"""JSON Schemas of what goes in and what comes out: the arguments of a call, and the document of a result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, get_args

from ..errors import AnymediaError, Charged
from ..media import Json, MediaFile
from ..operations import OPERATIONS, Request, field_types, needed_fields, request_fields
from ..parameters import CallParameters
from ..results import SCHEMA, STATUS_OF_CODE
from .tables import sentence

Schema = dict[str, Json]
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
TEXT: Final[Schema] = {"type": "string"}
FILE: Final[Schema] = {"type": "string", "description": "The path of a file, or its https address."}
TYPES: Final[dict[object, Schema]] = {
    str: TEXT,
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    MediaFile: FILE,
    tuple[MediaFile, ...]: {"anyOf": [FILE, {"type": "array", "items": FILE}]},
    tuple[int, int]: {"type": "string", "pattern": "^[0-9]+x[0-9]+$"},
}
OPTION_TYPES: Final[dict[str, Schema]] = {
    "str | None": TEXT,
    "PathInput | None": TEXT,
    "bool": {"type": "boolean"},
    "bool | None": {"type": "boolean"},
    "float | None": {"type": "number", "minimum": 0},
    "Money | None": {"type": ["number", "string"], "description": "US dollars."},
    "Mapping[str, Mapping[str, Any]] | None": {"type": "object", "additionalProperties": {"type": "object"}},
}
"""What stands in JSON for the options of every call; a function, which some of them take, cannot."""


def text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def request_schema() -> Schema:
    """The keyword arguments of `generate_media` for one prompt, by mode. Names of earlier tools are left out."""
    operations = {name: _arguments(kind) for name, kind in OPERATIONS.items()}
    return {
        "$schema": DRAFT,
        "title": "The arguments of anymedia.generate_media",
        "description": "What each model allows is a matter of the model: `anymedia models --json` has it as schemas.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in operations],
        "$defs": {"options": {"properties": dict(_options())}, **operations},
    }


def _arguments(kind: type[Request]) -> Schema:
    fields, types = request_fields(kind), field_types(kind)
    asked = {
        _spelled(kind, name): {**TYPES[types[name]], "description": sentence(str(each.metadata["help"]))}
        for name, each in fields.items()
    }
    mode: Schema = {"const": kind.operation}
    needed = ["mode", *(_spelled(kind, name) for name in needed_fields(kind))]
    return {
        "type": "object",
        "properties": {"mode": mode, **asked},
        "required": needed,
        "allOf": [{"$ref": "#/$defs/options"}],
        "unevaluatedProperties": False,
    }


def _spelled(kind: type[Request], name: str) -> str:
    """What an operation is about is the prompt of the call, whatever its field is called."""
    return "prompt" if name == kind.main_input else name


def _options() -> Iterator[tuple[str, Schema]]:
    for name, annotation in CallParameters.__annotations__.items():
        known = OPTION_TYPES.get(getattr(annotation, "__forward_arg__", str(annotation)))
        if known is not None:
            yield name, known


# --- Results ----------------------------------------------------------------------------------------------------


def result_schema() -> Schema:
    """The document that `--json` and `document()` give, for one prompt or many."""
    texts = {"type": "array", "items": TEXT}
    entry = _closed(
        index={"type": "integer", "minimum": 0},
        status={"enum": _statuses()},
        success={"type": "boolean"},
        files={"type": "array", "items": _file()},
        text=_or_null(TEXT),
        resources={"type": "array", "items": _closed(kind=TEXT, id=TEXT)},
        backend=_or_null(TEXT),
        model=_or_null(TEXT),
        job_id=_or_null(TEXT),
        idempotency_key=_or_null(TEXT),
        cost=_closed(
            amount=_or_null({"type": "string", "pattern": r"^\d+(\.\d+)?$"}), currency={"const": "USD"}, source=TEXT
        ),
        continuation_id=_or_null(TEXT),
        adjustments={"type": "array", "items": _closed(field=TEXT, asked=True, got=True, why=TEXT)},
        why=texts,
        warnings=texts,
        error=_or_null(_error()),
    )
    counts = {name: {"type": "integer", "minimum": 0} for name in ("total", "succeeded", "failed")}
    operation = _or_null({"enum": list(OPERATIONS)})
    whole = _closed(
        schema={"const": SCHEMA},
        success={"type": "boolean"},
        operation=operation,
        mode=_or_null(TEXT),
        **counts,
        results={"type": "array", "items": entry},
    )
    return {"$schema": DRAFT, "title": "What became of one prompt or many", **whole}


def _closed(**properties: Json) -> Schema:
    """An object with exactly these keys."""
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _file() -> Schema:
    whole, number = _or_null({"type": "integer", "minimum": 1}), _or_null({"type": "number", "minimum": 0})
    return _closed(
        path=TEXT,
        media_type=TEXT,
        size={"type": "integer", "minimum": 1},
        sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
        width=whole,
        height=whole,
        duration_seconds=number,
    )


def _error() -> Schema:
    return _closed(
        code={"enum": _codes()},
        message=TEXT,
        next=_or_null(TEXT),
        retryable={"type": "boolean"},
        charged={"enum": list(get_args(Charged))},
    )


def _codes() -> list[str]:
    """The codes of all errors, those of the command line's last resort included."""
    return sorted({kind.code for kind in _tree(AnymediaError)})


def _statuses() -> list[str]:
    return sorted({"done", *(STATUS_OF_CODE.get(code, code) for code in _codes())})


def _tree(kind: type[AnymediaError]) -> Iterator[type[AnymediaError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == AnymediaError.__module__:
            yield from _tree(below)
