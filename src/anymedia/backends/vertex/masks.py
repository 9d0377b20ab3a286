"""From our masks to Google's: the transparent pixels of ours are to be changed, the white pixels of Google's are.

Reads PNG with the standard library. Pure: bytes in, bytes out, but for reading the file it is given.
"""

import struct
import zlib
from collections.abc import Iterator

from ...media import MediaFile
from ...spec import Control

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY_WITH_ALPHA, COLOUR_WITH_ALPHA = 4, 6
CHANNELS = {GREY_WITH_ALPHA: 2, COLOUR_WITH_ALPHA: 4}
MOST_PIXELS = 50_000_000


def white_where_transparent(control: Control, mask: MediaFile) -> bytes:
    """A grey PNG that is white where `mask` is transparent. A mask without transparency is Google's kind already.

    Raise `ValueError` for a PNG with transparency that is not of 8 bits a channel, or interlaced, or broken.
    """
    content = mask.unchanged_bytes()
    if content[:8] != SIGNATURE:
        return content
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", content[16:29])
    if kind not in CHANNELS:
        return content
    if depth != 8 or interlaced or width * height > MOST_PIXELS:
        raise ValueError("a transparent mask must be a PNG of 8 bits a channel, not interlaced, of at most 50 MP")
    try:
        pixels = zlib.decompress(b"".join(_chunks(content, b"IDAT")))
    except zlib.error as error:
        raise ValueError(f"the mask is a broken PNG: {error}") from None
    if len(pixels) < height * (1 + width * CHANNELS[kind]):
        raise ValueError("the mask is a broken PNG: rows are missing")
    rows = b"".join(b"\0" + row for row in _inverted_alpha(pixels, width, height, CHANNELS[kind]))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunks(content: bytes, wanted: bytes) -> Iterator[bytes]:
    at = len(SIGNATURE)
    while at + 8 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        if content[at + 4 : at + 8] == wanted:
            yield content[at + 8 : at + 8 + length]
        at += 12 + length


def _inverted_alpha(pixels: bytes, width: int, height: int, channels: int) -> Iterator[bytes]:
    """The rows of the last channel, each filter of PNG undone, inverted. Channels are filtered one by one."""
    above = bytearray(width)
    inverted = bytes(255 - value for value in range(256))
    for start in range(0, height * (1 + width * channels), 1 + width * channels):
        row = bytearray(pixels[start + channels : start + 1 + width * channels : channels])
        _undo(pixels[start], row, above)
        above = row
        yield bytes(row.translate(inverted))


def _undo(filter_type: int, row: bytearray, above: bytearray) -> None:
    """Undo one of the five filters of PNG (RFC 2083, 6) in place."""
    left = corner = 0
    for at, (value, up) in enumerate(zip(row, above, strict=True)) if filter_type else ():
        match filter_type:
            case 1:
                predicted = left
            case 2:
                predicted = up
            case 3:
                predicted = (left + up) // 2
            case 4:
                predicted = _paeth(left, up, corner)
            case _:
                raise ValueError("the mask is a broken PNG: an unknown filter")
        row[at] = left = (value + predicted) & 255
        corner = up


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
