"""Native FLAC: the metadata, and the last frame. Layout: RFC 9639.

Frames carry no length, and finding one's end means decoding it. So the middle is not walked, and bytes lost there do
not show. The end is proven: the file must end with a frame whose two checksums are right and whose last sample is the
last the header declares; only zeros behind it do not show. (The header's MD5 is of decoded samples, which are never
made here.)
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_STREAM_INFO: Final = 34
_LIKELY_FRAME: Final = 256 * 1024
_LONGEST_FRAME: Final = 2 * 1024 * 1024
"""Bytes kept of the end of the file: where the header does not say how large a frame can be, and at most."""
_MOST_CHECKED: Final = _LONGEST_FRAME
"""How many bytes of likely last frames are checked before the file is given up; a true one is among the first."""
_LONGEST_HEADER: Final = 20
_RATE_BYTES: Final = {12: 1, 13: 2, 14: 2}
"""Codes of a frame's sample rate that are followed by the rate itself, in so many bytes."""
_SYNC: Final = re.compile(rb"\xff[\xf8\xf9]")


class _StreamInfo:
    def __init__(self, data: bytes) -> None:
        self.block_size = int.from_bytes(data[2:4])
        self.longest_frame = int.from_bytes(data[7:10])
        packed = int.from_bytes(data[10:18])
        self.rate = packed >> 44
        self.samples = packed & (2**36 - 1)


def walk_flac(tape: Tape) -> Walker:
    yield from tape.skip(4)
    info = yield from _metadata(tape)
    last_sample = _last_sample((yield from _tail(tape, info)), info)
    if last_sample is None:
        raise NotWhole(f"The file ends after {tape.offset} bytes, and not with a whole frame.")
    if info.samples and last_sample != info.samples:
        raise NotWhole(f"The file ends with sample {last_sample} of {info.samples}.")
    seconds = last_sample / info.rate
    return Found(media_type="audio/flac", duration_seconds=seconds, length_declared=info.samples > 0)


def _metadata(tape: Tape) -> Steps[_StreamInfo]:
    info: _StreamInfo | None = None
    is_last = False
    while not is_last:
        head = yield from tape.take(4)
        is_last, length = bool(head[0] & 0x80), int.from_bytes(head[1:])
        if info is None:
            if head[0] & 0x7F or length != _STREAM_INFO:
                raise NotWhole("The first block does not describe the stream.")
            info = _StreamInfo((yield from tape.take(length)))
        else:
            yield from tape.skip(length)
    if info is None or not info.rate:
        raise NotWhole("Nothing says how many samples a second has.")
    return info


def _tail(tape: Tape, info: _StreamInfo) -> Steps[bytes]:
    """The end of the file, as many bytes as the longest frame has."""
    most = min(info.longest_frame or _LIKELY_FRAME, _LONGEST_FRAME)
    tail = b""
    while piece := (yield from tape.some(1 << 20)):
        tail = bytes(piece[-most:]) if len(piece) >= most else (tail + piece)[-most:]
    return tail


def _last_sample(tail: bytes, info: _StreamInfo) -> int | None:
    """Number of the sample behind the frame the file ends with, if it ends with one.

    Looks from the end, and for a bounded time: a hostile file could have a likely header every few bytes.
    """
    left = _MOST_CHECKED
    for sync in reversed([match.start() for match in _SYNC.finditer(tail)]):
        left -= _LONGEST_HEADER
        end = _samples_to(tail[sync : sync + _LONGEST_HEADER].ljust(_LONGEST_HEADER, b"\0"), info)
        if end is not None and end == (info.samples or end):
            left -= len(tail) - sync
            if not _crc(tail[sync:], 16, 0x8005):
                return end
        if left < 0:
            break
    return None


def _samples_to(header: bytes, info: _StreamInfo) -> int | None:
    """Samples up to the end of the frame, if what these bytes begin with is the header of one."""
    block_code, rate_code = header[2] >> 4, header[2] & 0xF
    if block_code == 0 or rate_code == 15:
        return None
    number_end = 4 + max(1, 8 - (~header[4] & 0xFF).bit_length())
    block_size, at = _block_size(header, block_code, number_end)
    at += _RATE_BYTES.get(rate_code, 0)
    if _crc(header[: at + 1], 8, 0x07):
        return None
    number = _coded_number(header[4:number_end])
    return block_size + (number if header[1] & 1 else number * info.block_size)


def _block_size(header: bytes, code: int, at: int) -> tuple[int, int]:
    """Samples in the frame, and the offset behind what says so."""
    if code == 6:
        return header[at] + 1, at + 1
    if code == 7:
        return int.from_bytes(header[at : at + 2]) + 1, at + 2
    if code == 1:
        return 192, at
    return (576 << (code - 2) if code < 6 else 256 << (code - 8)), at


def _coded_number(coded: bytes) -> int:
    """A number coded as UTF-8 codes characters, up to 36 bits."""
    number = coded[0] if len(coded) == 1 else coded[0] & (0x7F >> len(coded))
    for byte in coded[1:]:
        number = number << 6 | byte & 0x3F
    return number


def _crc(data: bytes, width: int, polynomial: int) -> int:
    """Zero for data that ends with its own checksum."""
    table = _crc_table(width, polynomial)
    shift, mask = width - 8, (1 << width) - 1
    value = 0
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> shift ^ byte]
    return value


@lru_cache
def _crc_table(width: int, polynomial: int) -> list[int]:
    top, mask = 1 << (width - 1), (1 << width) - 1
    table = []
    for byte in range(256):
        value = byte << (width - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
        table.append(value)
    return table
