"""PNG and APNG: every chunk to IEND, every checksum. Layout: W3C PNG (third edition)."""

from __future__ import annotations

from struct import unpack_from
from typing import Final
from zlib import crc32

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_LONGEST: Final = 2**31 - 1
_KEPT: Final = {b"IHDR": 13, b"acTL": 8, b"fcTL": 26}
"""Chunks that are read, and their only size; of all others just the checksum matters."""


def walk_png(tape: Tape) -> Walker:
    yield from tape.skip(len(SIGNATURE))
    kind, header = yield from _chunk(tape)
    if kind != b"IHDR":
        raise NotWhole("The first chunk is not the header.")
    width, height = unpack_from(">II", header)
    if not width or not height:
        raise NotWhole(f"The picture is {width} x {height} pixels.")
    declared, shown, seconds, has_pixels = None, 0, 0.0, False
    while kind != b"IEND":
        kind, data = yield from _chunk(tape)
        has_pixels |= kind == b"IDAT"
        if kind == b"acTL":
            (declared,) = unpack_from(">I", data)
        elif kind == b"fcTL":
            shown += 1
            seconds += _delay(data)
    yield from tape.expect_end()
    if not has_pixels:
        raise NotWhole("There is no pixel data.")
    if declared is None:
        return Found(media_type="image/png", width=width, height=height, frames=1)
    if shown != declared:
        raise NotWhole(f"The animation has {shown} of {declared} frames.")
    return Found(media_type="image/png", width=width, height=height, frames=shown, duration_seconds=seconds)


def _chunk(tape: Tape) -> Steps[tuple[bytes, bytes]]:
    """Kind and, if it is one of those that are read, data of the next chunk."""
    head = yield from tape.take(8)
    (length,) = unpack_from(">I", head)
    kind = head[4:]
    if length > _LONGEST or not kind.isalpha():
        raise NotWhole(f"There is no chunk at byte {tape.offset - 8}.")
    if length != _KEPT.get(kind, length):
        raise NotWhole(f"The chunk {kind.decode()} has {length} bytes.")
    data = b""
    checksum = crc32(kind)
    if kind in _KEPT:
        data = yield from tape.take(length)
        checksum = crc32(data, checksum)
    else:
        checksum = yield from _checksum(tape, length, checksum)
    if (yield from tape.take(4)) != checksum.to_bytes(4):
        raise NotWhole(f"The chunk {kind.decode()} before byte {tape.offset} is damaged: its checksum differs.")
    return kind, data


def _checksum(tape: Tape, length: int, checksum: int) -> Steps[int]:
    left = length
    while left:
        piece = yield from tape.some(left)
        if not piece:
            raise NotWhole(f"The file ends after {tape.offset} bytes; {left} more of a chunk should follow.")
        checksum = crc32(piece, checksum)
        left -= len(piece)
    return checksum


def _delay(control: bytes) -> float:
    """Seconds one frame is shown; a denominator of 0 stands for 100."""
    numerator, denominator = unpack_from(">HH", control, 20)
    return float(numerator / (denominator or 100))
