"""How the bytes of a reply go wrong on their way out, each way a generator of bytes and pauses; it does no I/O.

After the last item the connection is closed in good order.
"""

import http.client
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from anymedia.testing.emulator.messages import Json, Reply

MEBIBYTE = 1 << 20
_MARK = "@@media@@"


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Nothing is sent for that many seconds."""

    seconds: float


Delivery = Callable[[Reply], Iterator[bytes | Pause]]
Speech = Callable[[Sequence[Json]], Iterator[str]]
"""How the events of accepted work are put into messages of a conversation."""

SHORTEST_MEDIA = 64
"""Characters of a text that is taken for base64 by its length."""


def plainly(events: Sequence[Json]) -> Iterator[str]:
    """A message for each event."""
    return map(json.dumps, events)


def nonsense_event(number: int) -> Speech:
    """The same, but for one message that is no JSON."""

    def speak(events: Sequence[Json]) -> Iterator[str]:
        for position, text in enumerate(plainly(events)):
            yield text[: len(text) // 2] if position == number else text

    return speak


def broken_events(events: Sequence[Json]) -> Iterator[str]:
    """The same, with long texts spoiled."""
    for event in events:
        yield json.dumps({name: _spoiled(value) for name, value in event.items()})


def _spoiled(value: Json) -> Json:
    return "!*" + value[2:] if isinstance(value, str) and len(value) >= SHORTEST_MEDIA else value


def head(reply: Reply, *extra: tuple[str, str]) -> bytes:
    """Status line and headers, with `Connection: close` and the given framing headers."""
    lines = [f"HTTP/1.1 {reply.status} {http.client.responses.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in (*reply.headers, *extra, ("connection", "close"))]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def truncated(keep: int) -> Delivery:
    """The first `keep` bytes of the body; no length was announced, so HTTP itself sees nothing wrong."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        yield head(reply) + reply.body[:keep]

    return deliver


def fewer_pieces(keep: int) -> Delivery:
    """The first `keep` pieces of the body, such as events; no length was announced, so HTTP sees nothing wrong."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        yield head(reply) + b"".join(reply.pieces[:keep])

    return deliver


def wrong_length(by: int) -> Delivery:
    """The whole body under a Content-Length that is `by` bytes off: above 0 the body ends early for the client,
    below 0 it goes on after its end."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        yield head(reply, ("content-length", str(len(reply.body) + by))) + reply.body

    return deliver


def broken_chunks(reply: Reply) -> Iterator[bytes | Pause]:
    """A chunked body, all of it, without the last chunk that says so."""
    yield head(reply, ("transfer-encoding", "chunked"))
    yield f"{len(reply.body):x}\r\n".encode() + reply.body + b"\r\n"


def drip(bytes_per_second: float) -> Delivery:
    """The body byte by byte; an idle time-out never fires, only a deadline ends it."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        yield head(reply, ("content-length", str(len(reply.body))))
        yield from _slowly(reply.body, bytes_per_second)

    return deliver


def slow_headers(bytes_per_second: float) -> Delivery:
    """Status line and headers byte by byte, then the whole body at once."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        yield from _slowly(head(reply, ("content-length", str(len(reply.body)))), bytes_per_second)
        yield reply.body

    return deliver


def _slowly(data: bytes, bytes_per_second: float) -> Iterator[bytes | Pause]:
    for position in range(len(data)):
        yield data[position : position + 1]
        yield Pause(seconds=1 / bytes_per_second)


def gzip_bomb(unpacked: int) -> Delivery:
    """A small gzip body that unpacks to a valid JSON reply whose media is `unpacked` bytes of base64."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        before, after = _around_media(reply)
        packer = zlib.compressobj(level=9, wbits=zlib.MAX_WBITS | 16)
        yield head(reply, ("content-encoding", "gzip"))
        yield packer.compress(before)
        for _ in range(unpacked // MEBIBYTE):
            yield packer.compress(b"A" * MEBIBYTE)
        yield packer.compress(after) + packer.flush()

    return deliver


def oversized(size: int) -> Delivery:
    """A valid JSON reply whose media is `size` bytes of base64, sent as it is."""

    def deliver(reply: Reply) -> Iterator[bytes | Pause]:
        before, after = _around_media(reply)
        yield head(reply, ("content-length", str(len(before) + len(after) + size))) + before
        for start in range(0, size, MEBIBYTE):
            yield b"A" * min(MEBIBYTE, size - start)
        yield after

    return deliver


def endless(reply: Reply) -> Iterator[bytes | Pause]:
    """A JSON reply whose media never ends, as fast as the client reads."""
    before, _ = _around_media(reply)
    yield head(reply) + before
    while True:
        yield b"A" * MEBIBYTE


def _around_media(reply: Reply) -> tuple[bytes, bytes]:
    """The JSON text before and after the first media string; two empty strings when the reply carries no media."""
    before, found, after = json.dumps(_marked(reply.json, reply.media_fields)).partition(_MARK)
    return (before.encode(), after.replace(_MARK, "").encode()) if found else (b"", b"")


def _marked(document: Json, media_fields: tuple[str, ...]) -> Json:
    match document:
        case dict():
            return {
                key: _MARK if key in media_fields and isinstance(value, str) else _marked(value, media_fields)
                for key, value in document.items()
            }
        case list():
            return [_marked(item, media_fields) for item in document]
        case _:
            return document
