"""Ogg: every page, every checksum, and the end mark of every stream. Layouts: RFC 3533, RFC 7845 (Opus), Vorbis I."""

from __future__ import annotations

from struct import unpack
from typing import Final
from zlib import crc32

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_MOST_STREAMS: Final = 64
_FIRST_PAGE, _LAST_PAGE = 0x02, 0x04
_NO_POSITION: Final = 2**64 - 1
_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Stream:
    """One logical stream. `rate` are units of the position in a second, 0 for a codec that is not known here."""

    def __init__(self, first_packet: bytes, sequence: int) -> None:
        self.rate, self.lead = _timing(first_packet)
        self.sequence = sequence
        self.position = 0
        self.has_ended = False

    def seconds(self) -> float:
        return max(0, self.position - self.lead) / self.rate if self.rate else 0.0


class _Page:
    """`positions` is that of the last sample that ends on the page."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.flags, self.position, self.serial, self.sequence = unpack("<BQII", head[5:22])
        self.body = body


def walk_ogg(tape: Tape) -> Walker:
    """Streams that follow each other (a chain) add up."""
    streams: dict[int, _Stream] = {}
    seconds = 0.0
    while not (yield from tape.at_end()):
        page = yield from _page(tape)
        stream = _stream_of(page, streams)
        if page.position != _NO_POSITION:
            stream.position = page.position
        if page.flags & _LAST_PAGE:
            stream.has_ended = True
            seconds += stream.seconds()
    if not all(stream.has_ended for stream in streams.values()):
        raise NotWhole(f"The file ends after {tape.offset} bytes, before its stream does.")
    return Found(media_type="audio/ogg", duration_seconds=seconds or None)


def _page(tape: Tape) -> Steps[_Page]:
    head = yield from tape.take(27)
    if head[:5] != b"OggS\0":
        raise NotWhole(f"There is no page at byte {tape.offset - 27}.")
    lacing = yield from tape.take(head[26])
    body = yield from tape.take(sum(lacing))
    expected = int.from_bytes(head[22:26].translate(_MIRRORED))
    if _checksum(head[:22] + bytes(4) + head[26:] + lacing + body) != expected:
        raise NotWhole(f"The page before byte {tape.offset} is damaged: its checksum differs.")
    return _Page(head, body)


def _checksum(data: bytes) -> int:
    """Ogg's CRC, bits mirrored. It is zlib's over mirrored bytes, but begins with zeros and is not inverted."""
    return crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF


def _stream_of(page: _Page, streams: dict[int, _Stream]) -> _Stream:
    stream = streams.get(page.serial)
    if page.flags & _FIRST_PAGE and (stream is None or stream.has_ended):
        if len(streams) >= _MOST_STREAMS and stream is None:
            raise NotWhole(f"The file has more than {_MOST_STREAMS} streams.")
        streams[page.serial] = _Stream(page.body, page.sequence)
        return streams[page.serial]
    if stream is None or stream.has_ended or page.sequence != (stream.sequence + 1) % 2**32:
        raise NotWhole(f"Page {page.sequence} of a stream is not where it belongs.")
    stream.sequence = page.sequence
    return stream


def _timing(packet: bytes) -> tuple[int, int]:
    """Units in a second, and how many of them come before the sound; the first packet names the codec."""
    if packet[:8] == b"OpusHead" and len(packet) >= 19:
        return 48000, int.from_bytes(packet[10:12], "little")
    if packet[:7] == b"\x01vorbis" and len(packet) >= 16:
        return int.from_bytes(packet[12:16], "little"), 0
    if packet[:5] == b"\x7fFLAC" and len(packet) >= 31:
        return int.from_bytes(packet[27:30]) >> 4, 0
    return 0, 0
