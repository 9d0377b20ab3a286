"""JPEG: every segment and scan to the end marker. Layout: ITU-T T.81, annex B.

Entropy-coded data carries no length and no checksum, so bytes lost inside a scan do not show; a lost end does.
"""

from __future__ import annotations

import re
from typing import Final

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset(range(0xD0, 0xD8)) | {0x01}
"""Markers without a segment: restarts and TEM."""
_MARKER_IN_SCAN: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


def walk_jpeg(tape: Tape) -> Walker:
    """More pictures may follow the first, as in multi-picture files, and zeros; nothing else."""
    width, height = yield from _picture(tape)
    end = tape.offset
    while (following := (yield from _after_zeros(tape))) is not None:
        if following != 0xFF:
            raise NotWhole(f"The picture ends at byte {end} and the file goes on.", ends_at=end)
        tape.give_back(1)
        yield from _picture(tape)
        end = tape.offset
    return Found(media_type="image/jpeg", width=width, height=height)


def _picture(tape: Tape) -> Steps[tuple[int, int]]:
    if (yield from tape.take(2)) != b"\xff\xd8":
        raise NotWhole(f"There is no picture at byte {tape.offset - 2}.")
    size, has_scan = None, False
    marker = yield from _marker(tape)
    while marker != _END:
        if marker not in _ALONE:
            segment = yield from _segment(tape)
            if marker in _FRAMES:
                size = _size(segment)
        if marker == _SCAN:
            has_scan = True
            marker = yield from _scan(tape)
        else:
            marker = yield from _marker(tape)
    if size is None or not has_scan:
        raise NotWhole("There is no pixel data.")
    return size


def _marker(tape: Tape) -> Steps[int]:
    if (yield from tape.take(1)) != b"\xff":
        raise NotWhole(f"There is no marker at byte {tape.offset - 1}.")
    code = 0xFF
    while code == 0xFF:
        code = (yield from tape.take(1))[0]
    if code in (0x00, _START):
        raise NotWhole(f"There is no marker at byte {tape.offset - 1}.")
    return code


def _segment(tape: Tape) -> Steps[bytes]:
    """The first bytes of a segment's content; passes all of it."""
    length = int.from_bytes((yield from tape.take(2))) - 2
    if length < 0:
        raise NotWhole(f"The segment at byte {tape.offset - 2} is too short.")
    content = yield from tape.take(min(length, 5))
    yield from tape.skip(length - len(content))
    return content


def _size(frame: bytes) -> tuple[int, int]:
    width, height = int.from_bytes(frame[3:5]), int.from_bytes(frame[1:3])
    if not width or not height:
        raise NotWhole(f"The picture is {width} x {height} pixels.")
    return width, height


def _scan(tape: Tape) -> Steps[int]:
    """Passes entropy-coded data and gives the marker that ends it."""
    after_ff = False
    while piece := (yield from tape.some(1 << 20)):
        if after_ff and piece[0] != 0xFF and _MARKER_IN_SCAN.match(b"\xff" + piece[:1]):
            tape.give_back(len(piece) - 1)
            return piece[0]
        found = _MARKER_IN_SCAN.search(piece)
        if found:
            tape.give_back(len(piece) - found.end())
            return piece[found.end() - 1]
        after_ff = piece[-1] == 0xFF
    raise NotWhole(f"The file ends after {tape.offset} bytes, before the picture does.")


def _after_zeros(tape: Tape) -> Steps[int | None]:
    """The next byte that is not zero."""
    while piece := (yield from tape.some(1 << 16)):
        rest = bytes(piece).lstrip(b"\0")
        if rest:
            tape.give_back(len(rest) - 1)
            return rest[0]
    return None
