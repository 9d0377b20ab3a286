"""Finds a declared parameter in a request that arrived: in JSON, in a form, in the query, or in the path."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from ...media import Json, MediaFile
from ...spec.wire import Compute, Inline
from ..emulator.messages import ReceivedRequest


def carries(request: ReceivedRequest, wire_name: str, value: Json) -> bool:
    """Whether a request holds `value`, as the declaration encodes it, under `wire_name` (dots lead into objects)."""
    wire_name, *others = wire_name.split()
    if others:
        return all(carries(request, name, each) for name, each in zip((wire_name, *others), value, strict=False))
    files = list(_files_in(value))
    if files:
        return all(_carries_file(request, file) for file in files)
    return (
        any(_same(found, value) for found in _in_json(request.json, wire_name.split(".")))
        or _as_text(value) in _in_form(request, wire_name)
        or (isinstance(value, list) and list(map(_as_text, value)) == _in_form(request, wire_name))
        or _as_text(value) in _in_query(request, wire_name)
        or _as_text(value) in filter(None, unquote(request.path).split("/"))
    )


def fingerprint(request: ReceivedRequest) -> Json:
    """What makes two requests the same: boundaries and lengths do not."""
    parts = [(part.name, part.data) for part in request.parts]
    return (request.method, request.target, parts or request.body)


def _files_in(value: Json) -> Iterator[MediaFile]:
    match value:
        case MediaFile():
            yield value
        case Inline(file=file):
            yield file
        case list() | tuple():
            for item in value:
                yield from _files_in(item)
        case Mapping():
            for item in value.values():
                yield from _files_in(item)


def _carries_file(request: ReceivedRequest, file: MediaFile) -> bool:
    content = file.read_bytes()
    whole = request.body == content or any(part.data == content for part in request.parts)
    return whole or base64.b64encode(content) in request.body


def _in_json(document: Json, path: list[str]) -> Iterator[Json]:
    """Every value at the end of `path`, wherever in the document the path begins."""
    match document:
        case dict():
            yield from _at(document, path)
            for item in document.values():
                yield from _in_json(item, path)
        case list():
            for item in document:
                yield from _in_json(item, path)


def _at(document: Json, path: list[str]) -> Iterator[Json]:
    """What stands at the end of a path; a list on the way stands for each of its items."""
    match document:
        case _ if not path:
            yield document
        case dict() if path[0] in document:
            yield from _at(document[path[0]], path[1:])
        case list():
            for item in document:
                yield from _at(item, path)


def _in_form(request: ReceivedRequest, wire_name: str) -> list[str]:
    return [part.text for part in request.parts if part.name in (wire_name, f"{wire_name}[]")]


def _in_query(request: ReceivedRequest, wire_name: str) -> list[str]:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    return [text for name, text in pairs if name == wire_name]


def _same(found: Json, value: Json) -> bool:
    if isinstance(found, bool) or isinstance(value, bool):
        return found is value
    if isinstance(value, list | tuple):
        return isinstance(found, list) and len(found) == len(value) and all(map(_same, found, value))
    return bool(found == value)


def _as_text(value: Json) -> str:
    """A value in a form or a query: `true`, not `True`."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def arguments_of(computation: Compute) -> dict[str, Json]:
    """The arguments of a computation with files by their bytes, to be compared."""
    return {name: comparable(value) for name, value in computation.arguments.items()}


def comparable(value: Json) -> Json:
    match value:
        case MediaFile():
            return value.read_bytes()
        case Path():
            return value.read_bytes() if value.is_file() else str(value)
        case list() | tuple():
            return [comparable(item) for item in value]
    return value
