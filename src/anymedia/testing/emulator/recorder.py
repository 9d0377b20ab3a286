"""Writes both sides of every exchange as JSON lines: keys redacted, media shortened to size and hash."""

import base64
import binascii
import hashlib
import json
import time
from pathlib import Path

from anymedia.testing.emulator.messages import Json, Part, ReceivedRequest, Reply

SECRET_HEADERS = frozenset({"authorization", "x-api-key", "xi-api-key", "x-goog-api-key", "api-key", "cookie"})
REDACTED = "[redacted]"
SHORTEST_KEY = 8
"""A shorter key is a placeholder; taking every "k" out of a line would leave nothing to read."""
LONGEST_TEXT = 256
"""Longer strings are shortened when they are base64; other text is kept whole."""


class Recorder:
    """Appends to one file, a line per exchange, written before the reply leaves."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, request: ReceivedRequest, reply: Reply | None, *, key: str | None) -> None:
        """Record one exchange; `reply` is None when a fault cut the request short. `key` is the caller's, and is
        taken out wherever it stands."""
        document = {
            "at": round(time.time(), 3),
            "fault": request.fault,
            "billed": request.billed,
            "request": _request_document(request),
            "reply": None if reply is None else _reply_document(reply),
        }
        line = json.dumps(document, ensure_ascii=False)
        if key is not None and len(key) >= SHORTEST_KEY:
            line = line.replace(key, REDACTED)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _request_document(request: ReceivedRequest) -> Json:
    document = {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": {name: REDACTED if name in SECRET_HEADERS else value for name, value in request.headers.items()},
        "complete": request.complete,
        "body_bytes": len(request.body),
    }
    if request.parts:
        return document | {"parts": [_part_document(part) for part in request.parts]}
    if request.json is not None:
        return document | {"json": shortened(request.json)}
    return document


def _part_document(part: Part) -> Json:
    document = {"name": part.name, "filename": part.filename, "media_type": part.media_type}
    return document | ({"text": part.text} if part.filename is None else {"media": described(part.data)})


def _reply_document(reply: Reply) -> Json:
    document = {"status": reply.status, "headers": dict(reply.headers), "body_bytes": len(reply.body)}
    if reply.status == 101:
        return document | {"events": shortened(list(reply.events))}
    if reply.json is not None:
        return document | {"json": shortened(reply.json)}
    return document | {"body": described(reply.body)}


def shortened(document: Json) -> Json:
    """The document with every long base64 text or data URI replaced by its size and hash."""
    match document:
        case dict():
            return {key: shortened(value) for key, value in document.items()}
        case list():
            return [shortened(item) for item in document]
        case str() if len(document) > LONGEST_TEXT:
            return _shortened_text(document)
        case _:
            return document


def _shortened_text(text: str) -> str:
    start = text.index(",") + 1 if text.startswith("data:") and "," in text else 0
    try:
        data = base64.b64decode(text[start:], validate=True)
    except (binascii.Error, ValueError):
        return text
    return text[:start] + described(data)


def described(data: bytes) -> str:
    """Size and hash, for example `<70 bytes sha256:ab12...>`."""
    return f"<{len(data)} bytes sha256:{hashlib.sha256(data).hexdigest()}>"
