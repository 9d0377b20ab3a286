"""From what users pass to requests: file paths become media, `1024x768` a size, `16:9` stays; options go apart."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

from .desk import Options
from .engine.inputs import LONGEST_PATH, MediaInput, media_file
from .errors import InvalidParameter, OutputRefused, UnsupportedParameter, did_you_mean, shown
from .media import Json, MediaFile
from .operations import Request, field_types, input_field, needed_fields, request_fields
from .results import Result

_SIZE = re.compile(r"\s*(\d{1,6})\s*[x×*]\s*(\d{1,6})\s*", re.IGNORECASE)
INTERNAL = {"run", "batch", "batch_cap", "parent", "attempts", "adjustments"}
"""Options that this package sets itself."""
LARGEST = 2**64
"""No parameter counts so far: seeds of 64 bits are the largest numbers."""
MOST_FIELDS = 1000
"""Of one provider's options."""
OPTION_NAMES = tuple(each.name for each in fields(Options))


def request_from(kind: type[Request], main: Json, parameters: Mapping[str, Json]) -> tuple[Request, Options]:
    """Build the request of an operation and its options from loose values.

    Reads no file. Raise `UnsupportedParameter` for a name that is neither, `InvalidParameter` for a value of the wrong
    type.
    """
    known = request_fields(kind)
    unknown = [name for name in parameters if name not in (*known, *OPTION_NAMES, "provider_options")]
    if unknown:
        raise UnsupportedParameter(
            f"{kind.operation} has no parameter {shown(unknown[0])}.",
            next=did_you_mean(unknown[0], sorted({*known, *OPTION_NAMES} - INTERNAL)),
        )
    if kind.main_input is not None and parameters.get(kind.main_input) is not None:
        raise InvalidParameter(f"`{kind.main_input}` is given twice.")
    _check_something_to_look_at(kind, parameters)
    types = field_types(kind)
    values = {name: typed(name, value, types[name]) for name, value in parameters.items() if name in known}
    if kind.main_input is not None:
        values[kind.main_input] = typed(kind.main_input, main, str)
    needed = [name for name in needed_fields(kind) if values.get(name) is None]
    if needed:
        raise InvalidParameter(
            f"{kind.operation.replace('_', ' ')} needs `{needed[0]}`: {known[needed[0]].metadata['help']}."
        )
    if parameters.get("provider_options") is not None:
        values["provider_options"] = _provider_options(parameters["provider_options"])
    return kind(**values), options_from(parameters)


def _check_something_to_look_at(kind: type[Request], parameters: Mapping[str, Json]) -> None:
    """Raise for an empty list, as of a pattern that matched nothing: a question about nothing is paid for too."""
    name = input_field(kind)
    if kind.makes == "text" and name is not None and _is_empty_list(parameters.get(name)):
        raise InvalidParameter(f"`{name}` is empty: there is nothing to look at.", next="Pass at least one file.")


def _is_empty_list(value: Json) -> bool:
    return isinstance(value, list | tuple) and not value


def options_from(parameters: Mapping[str, Json]) -> Options:
    """The options among loose parameters, with paths and money made out of strings."""
    given = {name: parameters[name] for name in OPTION_NAMES if parameters.get(name) is not None}
    for name, value in given.items():
        _check_option(name, value)
        given[name] = str.__str__(value) if name in _TEXTS else value
    for name in ("output", "output_dir"):
        if name in given:
            given[name] = _path(name, given[name])
    if "max_cost" in given:
        given["max_cost"] = money("max_cost", given["max_cost"])
    return Options(**given)


_TEXTS = {"backend", "model", "idempotency_key", "agent", "run", "batch", "parent"}
_FLAGS = {"overwrite", "marks", "adapt", "allow_unknown_cost", "allow_retired", "fallback"}


def _check_option(name: str, value: Json) -> None:
    """Raise `InvalidParameter` for an option of the wrong type. Paths and money are checked where they are read."""
    if name in _TEXTS and (not isinstance(value, str) or not value.strip() or not _is_unicode(value)):
        raise InvalidParameter(f"`{name}` must be text, got {shown(value)}.")
    if name in _FLAGS and not isinstance(value, bool):
        raise InvalidParameter(f"`{name}` must be true or false, got {shown(value)}.")
    if name == "wait" and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**9):
        raise InvalidParameter(f"`wait` must be a number of seconds, got {shown(value)}.")
    if name in ("on_progress", "on_chunk") and not callable(value):
        raise InvalidParameter(f"`{name}` must be a function, got {type(value).__name__}.")


def typed(name: str, value: Json, hint: Any) -> Json:
    """`value` as the type of its field, or `InvalidParameter`. `None` means "not asked for"."""
    if value is None:
        return None
    if hint is MediaFile:
        return _media(name, value)
    if hint == tuple[MediaFile, ...]:
        many = value if isinstance(value, list | tuple) else [value]
        return tuple(_media(name, each) for each in many) if many else None
    if hint == tuple[int, int]:
        return _size(name, value)
    return _plain(name, value, hint)


def _plain(name: str, value: Json, hint: Any) -> Json:
    wanted = get_args(hint) if isinstance(hint, UnionType) else (get_origin(hint) or hint,)
    if isinstance(value, bool) and bool not in wanted:
        raise InvalidParameter(f"`{name}` must be {_words(wanted)}, got {shown(value)}.")
    if isinstance(value, int) and wanted == (float,):
        return _bare(name, value)
    if isinstance(value, float) and wanted == (int,) and value.is_integer():
        return int(value)
    if not isinstance(value, wanted):
        raise InvalidParameter(f"`{name}` must be {_words(wanted)}, got {shown(value)}.")
    return _bare(name, value)


def _bare(name: str, value: Json) -> Json:
    """The plain text or number of a value, without what a class of the caller's adds to it. Raise for what is none."""
    if isinstance(value, str):
        text = str.__str__(value)
        if not _is_unicode(text):
            raise InvalidParameter(f"`{name}` must be Unicode text, got {shown(text)}.")
        return text
    if isinstance(value, int) and not isinstance(value, bool):
        if not -LARGEST < int.__index__(value) < LARGEST:
            raise InvalidParameter(f"`{name}` must be a number that somebody uses, got {shown(value)}.")
        return int.__index__(value)
    return value


def _is_unicode(text: str) -> bool:
    """Half a surrogate pair is no text: nothing can send it or write it down."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _words(wanted: tuple[type, ...]) -> str:
    words = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    return " or ".join(words.get(each, each.__name__) for each in wanted)


def _media(name: str, value: MediaInput | Result) -> MediaFile:
    if isinstance(value, Result):
        if not value.files:
            raise InvalidParameter(f"`{name}` must be a file, and {value.job_id} made none.")
        return media_file(value.files[0])
    if isinstance(value, str | bytes | MediaFile | os.PathLike):
        return media_file(value)
    raise InvalidParameter(f"`{name}` must be a path, bytes, a MediaFile or a Result, got {type(value).__name__}.")


def _size(name: str, value: Json) -> Json:
    if isinstance(value, str):
        if match := _SIZE.fullmatch(value):
            return (int(match[1]), int(match[2]))
    elif isinstance(value, list | tuple) and len(value) == 2 and all(type(side) is int for side in value):
        return tuple(value)
    raise InvalidParameter(f"`{name}` must be width x height, such as 1024x768, got {shown(value)}.")


def _path(name: str, value: Json) -> Path:
    try:
        text = os.fspath(value)
    except (TypeError, RuntimeError):
        raise InvalidParameter(f"`{name}` must be a path, got {type(value).__name__}.") from None
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidParameter(f"`{name}` must be a path, got {shown(text)}.")
    if not _can_be_named(text):
        raise OutputRefused(f"`{name}` cannot be a path: {shown(text)}.", next="Choose a shorter one.")
    return Path(text)


def _can_be_named(text: str) -> bool:
    """Whether a file can have this name: bytes that are no UTF-8 can stand in one, half a surrogate pair cannot."""
    try:
        return len(os.fsencode(text)) <= LONGEST_PATH
    except UnicodeEncodeError:
        return False


def money(name: str, value: Json) -> Decimal:
    """US dollars from a number or a string."""
    amount = _decimal(value)
    if amount is None or not amount.is_finite() or amount < 0:
        raise InvalidParameter(f"`{name}` must be an amount of US dollars, got {shown(value)}.")
    return amount


def _decimal(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return Decimal(str.__str__(value) if isinstance(value, str) else str(value))
    except (InvalidOperation, ValueError):
        return None


def _provider_options(value: Json) -> Json:
    fits = _is_object(value) and all(_is_object(inner) for inner in value.values())
    if not fits or not all(isinstance(name, str) for each in (value, *value.values()) for name in each):
        raise InvalidParameter("`provider_options` must be {backend: {field: value}}.")
    options = {name: dict(inner) for name, inner in value.items()}
    try:
        json.dumps(options, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidParameter(f"`provider_options` must be JSON: {error!s:.200}.") from None
    return options


def _is_object(value: Json) -> bool:
    return isinstance(value, Mapping) and len(value) <= MOST_FIELDS
