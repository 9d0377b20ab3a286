"""A published document, asked about whole exchanges: what was sent and what was answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from published import Document
from published_schemas import Violation

from anymedia.testing.emulator import Emulator, ReceivedRequest


def against_exchanges(
    document: Document, exchanges: Iterable[tuple[ReceivedRequest, Mapping[str, Any]]]
) -> Iterator[Violation]:
    """What the document holds against each request, and against the reply that the recorder wrote of it."""
    for request, reply in exchanges:
        yield from document.against_request(request)
        yield from document.against_reply(
            request,
            status=reply["status"],
            media_type=reply["headers"].get("content-type", ""),
            body=reply.get("json"),
        )


def against_refusal_by(
    document: Document, emulator: Emulator, request: ReceivedRequest, *, key: str
) -> list[Violation]:
    """Send a request that is refused; what the document holds against the answer."""
    with closing(HTTPConnection(urlsplit(emulator.url).netloc)) as connection:
        headers = {**request.headers, "authorization": f"Bearer {key}"}
        connection.request(request.method, request.target, request.body, headers)
        reply = connection.getresponse()
        assert reply.status >= 400, f"{request.body!r} was not refused"
        media_type, body = reply.headers["content-type"], json.loads(reply.read())
    return document.against_reply(request, status=reply.status, media_type=media_type, body=body)
