"""WebP: RIFF chunks that fill the declared length exactly. Layout: RFC 9649."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from
from typing import Final

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_KEPT: Final = 40
"""Bytes of a chunk that are looked at: enough for every header here."""


def walk_webp(tape: Tape) -> Walker:
    head = yield from tape.take(12)
    end = int.from_bytes(head[4:8], "little") + 8
    size: tuple[int, int] | None = None
    frames, milliseconds, pictures = 0, 0, 0
    while tape.offset < end:
        kind, length = yield from _chunk_head(tape, end)
        content = yield from tape.take(min(length, _KEPT))
        yield from tape.skip(length - len(content) + length % 2)
        pictures += kind in (b"VP8 ", b"VP8L")
        if kind in _WEBP_SIZE and size is None:
            size = _WEBP_SIZE[kind](content)
        elif kind == b"ANMF":
            frames += 1
            milliseconds += int.from_bytes(content[12:15], "little")
    yield from tape.expect_end()
    if size is None or not (frames or pictures):
        raise NotWhole("There is no pixel data.")
    return Found(
        media_type="image/webp",
        width=size[0],
        height=size[1],
        frames=frames or 1,
        duration_seconds=milliseconds / 1000 if frames else None,
    )


def _chunk_head(tape: Tape, end: int) -> Steps[tuple[bytes, int]]:
    head = yield from tape.take(8)
    length = int.from_bytes(head[4:], "little")
    if tape.offset + length + length % 2 > end:
        raise NotWhole(f"The chunk at byte {tape.offset - 8} is longer than the file says it is.")
    return head[:4], length


def _lossy_size(content: bytes) -> tuple[int, int]:
    if len(content) < 10 or content[3:6] != b"\x9d\x01\x2a":
        raise NotWhole("The picture has no key frame.")
    width, height = unpack_from("<HH", content, 6)
    return width & 0x3FFF, height & 0x3FFF


def _lossless_size(content: bytes) -> tuple[int, int]:
    if len(content) < 5 or content[0] != 0x2F:
        raise NotWhole("The picture has no header.")
    bits = int.from_bytes(content[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _canvas_size(content: bytes) -> tuple[int, int]:
    if len(content) < 10:
        raise NotWhole("The picture has no header.")
    return int.from_bytes(content[4:7], "little") + 1, int.from_bytes(content[7:10], "little") + 1


_WEBP_SIZE: Final[dict[bytes, Callable[[bytes], tuple[int, int]]]] = {
    b"VP8X": _canvas_size,
    b"VP8 ": _lossy_size,
    b"VP8L": _lossless_size,
}
