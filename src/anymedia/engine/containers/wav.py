"""WAV and RF64: RIFF chunks to the declared end. Layouts: Multimedia Programming Interface 1.0, EBU Tech 3306."""

from __future__ import annotations

from struct import unpack_from
from typing import Final

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_UNDECLARED: Final = (0, 0xFFFFFFFF)
"""Sizes of a header that was written before its writer knew the length."""
_SHORTEST: Final = {b"fmt ": 16, b"ds64": 24}
"""Chunks that are read, and how many bytes they must have."""


def walk_wav(tape: Tape) -> Walker:
    """Where no length is declared the samples go on to the end of the file, and only a cut inside a sample shows."""
    wave = _Wave(int.from_bytes((yield from tape.take(12))[4:8], "little"))
    while tape.offset != wave.end and not (yield from tape.at_end()):
        kind, length = yield from _chunk_head(tape)
        if kind == b"data" and wave.is_undeclared(length):
            yield from _samples_to_the_end(tape, wave)
        else:
            yield from _chunk(tape, wave, kind, length)
    yield from tape.expect_end()
    return wave.found(tape.offset)


class _Wave:
    """What is known of the file so far; sizes in bytes, `end` and `long_data` `None` where not declared."""

    def __init__(self, declared: int) -> None:
        self.end = None if declared in _UNDECLARED else declared + 8
        self.long_data: int | None = None
        self.sample_size = 0
        self.bytes_per_second = 0
        self.samples = 0
        self.length_declared = True

    def is_undeclared(self, length: int) -> bool:
        return length in _UNDECLARED and self.long_data is None

    def read(self, kind: bytes, content: bytes) -> None:
        if kind == b"fmt ":
            self.bytes_per_second, self.sample_size = unpack_from("<IH", content, 8)
        else:
            whole, self.long_data = unpack_from("<QQ", content)
            self.end = whole + 8

    def found(self, offset: int) -> Found:
        if self.end is not None and offset != self.end and self.length_declared:
            raise NotWhole(f"The file has {offset} bytes and says it has {self.end}.")
        if not self.bytes_per_second or not self.sample_size:
            raise NotWhole("Nothing says what the samples are.")
        if not self.samples:
            raise NotWhole("There are no samples.")
        if self.samples % self.sample_size and not self.length_declared:
            raise NotWhole(f"The file ends after {offset} bytes, inside a sample.")
        seconds = self.samples / self.bytes_per_second
        return Found(media_type="audio/wav", duration_seconds=seconds, length_declared=self.length_declared)


def _chunk_head(tape: Tape) -> Steps[tuple[bytes, int]]:
    head = yield from tape.take(8)
    return head[:4], int.from_bytes(head[4:], "little")


def _chunk(tape: Tape, wave: _Wave, kind: bytes, length: int) -> Steps[None]:
    if kind in _SHORTEST:
        if length < _SHORTEST[kind]:
            raise NotWhole(f"The chunk {kind.decode()} has {length} bytes.")
        wave.read(kind, (yield from tape.take(_SHORTEST[kind])))
        yield from tape.skip(length - _SHORTEST[kind])
    else:
        if kind == b"data":
            length = length if wave.long_data is None else wave.long_data
            wave.samples += length
        yield from tape.skip(length)
    if length % 2 and tape.offset != wave.end and not (yield from tape.at_end()):
        yield from tape.skip(1)


def _samples_to_the_end(tape: Tape, wave: _Wave) -> Steps[None]:
    start = tape.offset
    yield from tape.skip_rest()
    wave.samples = tape.offset - start
    wave.length_declared = False
