"""Two requests, field by field. What may differ stands in one table, each line with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

from anymedia.testing.emulator import Part, ReceivedRequest

ACCEPTED_HEADERS: Mapping[str, str] = {
    "user-agent": "each client names itself: RFC 9110, 10.1.5",
    "x-stainless-*": "telemetry of the official client 3.54.0: `_base_client.platform_headers`",
    "x-goog-api-client": "telemetry of google-genai 3.4.0: `_api_client.append_library_version_headers`",
    "accept-encoding": "what a client can decompress is its own affair: RFC 9110, 12.5.3",
    "accept": "the official client says application/json; without it anything is accepted: RFC 9110, 12.5.1",
    "content-length": "follows from the boundary and from white space in JSON, which mean nothing: RFC 8259, 2",
    "transfer-encoding": "the other way to say where a body ends: RFC 9112, 6",
    "connection": "belongs to one hop: RFC 9110, 7.6.1",
    "sec-websocket-key": "made up for every connection: RFC 6455, 4.1",
}
"""Headers that need not be equal. Of `content-type` only the boundary may differ: RFC 2046, 5.1.1. What opens a
conversation has no content that it could be the type of: RFC 9110, 8.3."""
ACCEPTED_OF_PARTS = (
    "the order of parts with different names: RFC 7578, 5.2 keeps only that of equal names",
    "file names: RFC 7578, 4.2 has them chosen by the sender",
)


def differences(official: ReceivedRequest, ours: ReceivedRequest) -> list[str]:
    """One line for every field that is not equal and has no line in the tables above."""
    return [
        f"{field}: the official client sent {theirs!r:.300}, ours {mine!r:.300}"
        for field, theirs, mine in _fields(official, ours)
        if theirs != mine
    ]


def _fields(official: ReceivedRequest, ours: ReceivedRequest) -> Iterator[tuple[str, Any, Any]]:
    compared = ("method", "path", "query", "complete", *(() if ours.is_message else ("media_type",)))
    for name in compared:
        yield name, getattr(official, name), getattr(ours, name)
    theirs, mine = _headers(official), _headers(ours)
    for name in sorted(theirs.keys() | mine.keys()):
        yield f"header {name}", theirs.get(name), mine.get(name)
    yield from _bodies(official, ours)


def _bodies(official: ReceivedRequest, ours: ReceivedRequest) -> Iterator[tuple[str, Any, Any]]:
    if not official.parts and official.json is None and ours.json is None:
        yield "body", official.body, ours.body
    elif not official.parts:
        document, other = official.json or {}, ours.json or {}
        for name in sorted(document.keys() | other.keys()):
            yield f"json {name}", document.get(name, "nothing"), other.get(name, "nothing")
    else:
        theirs, mine = _parts(official), _parts(ours)
        for name in sorted(theirs.keys() | mine.keys()):
            yield f"part {name}", theirs.get(name), mine.get(name)


def _headers(request: ReceivedRequest) -> dict[str, str]:
    compared = {
        name: value
        for name, value in request.headers.items()
        if not any(fnmatch(name, accepted) for accepted in ACCEPTED_HEADERS)
    }
    if request.is_message:
        return {name: value for name, value in compared.items() if name != "content-type"}
    return {**compared, "content-type": request.headers.get("content-type", "").partition("boundary=")[0]}


def _parts(request: ReceivedRequest) -> dict[str, list[tuple[bool, str, bytes]]]:
    """Parts by name, those of one name in their order."""
    found: dict[str, list[tuple[bool, str, bytes]]] = {}
    for part in request.parts:
        found.setdefault(part.name, []).append(_compared(part))
    return found


def _compared(part: Part) -> tuple[bool, str, bytes]:
    return (part.filename is not None, part.media_type, part.data)
