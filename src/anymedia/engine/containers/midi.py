"""MIDI: every chunk, and the end mark of every track. Layout: Standard MIDI Files 1.0."""

from __future__ import annotations

from typing import Final

from .tape import Tape, Walker
from .verdict import Found, NotWhole

_END_OF_TRACK: Final = b"\xff\x2f\x00"


def walk_midi(tape: Tape) -> Walker:
    """Gives no duration: that takes the tempo changes of all tracks at once."""
    header = yield from tape.take(14)
    tracks = int.from_bytes(header[10:12])
    extra = int.from_bytes(header[4:8]) - 6
    if extra < 0 or not tracks:
        raise NotWhole("The header declares no tracks.")
    yield from tape.skip(extra)
    while tracks:
        head = yield from tape.take(8)
        length = int.from_bytes(head[4:])
        if head[:4] != b"MTrk":
            yield from tape.skip(length)
            continue
        yield from tape.skip(max(0, length - 3))
        if (yield from tape.take(min(length, 3))) != _END_OF_TRACK:
            raise NotWhole(f"The track before byte {tape.offset} has no end.")
        tracks -= 1
    yield from tape.expect_end()
    return Found(media_type="audio/midi")
