"""Requests as canonical JSON for the ledger, and back. Media is stored by path and hash, or as a blob."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from ..media import Json, MediaFile
from ..operations import OPERATIONS, Request, field_types

Keep = Callable[[MediaFile], str]
"""Stores the bytes of a file that is only in memory and returns its SHA-256."""


def to_json(request: Request, keep: Keep) -> Json:
    """The request as JSON that `from_json` can turn back. `keep` is called for media that is only in memory."""
    asked = {name: _encode(value, keep) for name, value in request.asked_for().items()}
    document = {"operation": request.operation, **asked}
    if request.provider_options:
        document["provider_options"] = {name: dict(value) for name, value in request.provider_options.items()}
    return document


def from_json(document: Json, blob: Callable[[str], Path]) -> Request:
    """The request again. `blob` tells where the bytes with a SHA-256 are."""
    kind = OPERATIONS[document["operation"]]
    known = {each.name for each in fields(kind)}
    types = field_types(kind)
    values = {name: _decode(value, types.get(name), blob) for name, value in document.items() if name in known}
    return kind(**values)


def request_hash(document: Json) -> str:
    """The same for two requests that ask for the same thing with the same bytes."""
    text = json.dumps(_without_paths(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def differences(one: Json, other: Json) -> list[str]:
    """The parameters in which two requests differ, by name."""
    names = sorted(one.keys() | other.keys())
    return [name for name in names if _without_paths(one.get(name)) != _without_paths(other.get(name))]


def _encode(value: Json, keep: Keep) -> Json:
    if isinstance(value, MediaFile):
        return encode_media(value, keep)
    if isinstance(value, tuple):
        return [_encode(item, keep) for item in value]
    return value


def encode_media(file: MediaFile, keep: Keep) -> Json:
    """A file as `{"$media": ...}` with its path or its blob."""
    facts: dict[str, Json] = {"media_type": file.media_type, "size": file.size, "sha256": file.sha256}
    if file.duration is not None:
        facts["duration"] = file.duration  # recordings are billed by it
    if file.url is not None:
        return {"$media": {**facts, "url": file.url}}
    if file.path is not None:
        return {"$media": {**facts, "path": str(file.path)}}
    return {"$media": {**facts, "$blob": keep(file)}}


def _decode(value: Json, hint: Json, blob: Callable[[str], Path]) -> Json:
    if isinstance(value, dict) and "$media" in value:
        return decode_media(value, blob)
    if isinstance(value, list):
        return tuple(_decode(item, None, blob) for item in value)
    return value


def decode_media(value: Json, blob: Callable[[str], Path]) -> MediaFile:
    facts = dict(value["$media"])
    digest = facts.pop("$blob", None)
    path = blob(digest) if digest is not None else facts.pop("path", None)
    return MediaFile(path=None if path is None else Path(path), **facts)


def _without_paths(value: Json) -> Json:
    """Where a file lies does not change what is asked for; its bytes do."""
    if isinstance(value, dict):
        kept = {name: _without_paths(item) for name, item in value.items()}
        if "$media" in value:
            media = value["$media"]
            return {"$media": media["sha256"] or media.get("url")}
        return kept
    return [_without_paths(item) for item in value] if isinstance(value, list) else value
