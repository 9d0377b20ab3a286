"""GIF: every block to the trailer. Layout: GIF89a specification, 1990."""

from __future__ import annotations

from struct import unpack_from
from typing import Final

from .tape import Steps, Tape, Walker
from .verdict import Found, NotWhole

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL: Final = 0xF9


def walk_gif(tape: Tape) -> Walker:
    """`duration_seconds` is that of one pass over all frames, as the file times them."""
    header = yield from tape.take(13)
    width, height, packed = unpack_from("<HHB", header, 6)
    yield from tape.skip(_color_table(packed))
    frames, hundredths = 0, 0
    while (block := (yield from tape.take(1))[0]) != _TRAILER:
        if block == _IMAGE:
            frames += 1
            yield from _image(tape)
        elif block == _EXTENSION:
            hundredths += yield from _extension(tape)
        else:
            raise NotWhole(f"There is no block at byte {tape.offset - 1}.")
    yield from tape.expect_end()
    if not frames or not width or not height:
        raise NotWhole(f"The file has {frames} frames of {width} x {height} pixels.")
    seconds = hundredths / 100 if frames > 1 else None
    return Found(media_type="image/gif", width=width, height=height, frames=frames, duration_seconds=seconds)


def _color_table(packed: int) -> int:
    return 3 << (packed % 8 + 1) if packed & 0x80 else 0


def _image(tape: Tape) -> Steps[None]:
    descriptor = yield from tape.take(9)
    yield from tape.skip(_color_table(descriptor[8]) + 1)
    yield from _sub_blocks(tape)


def _extension(tape: Tape) -> Steps[int]:
    """The delay in hundredths of a second, if it sets one."""
    label, size = yield from tape.take(2)
    content = yield from tape.take(size)
    if size:
        yield from _sub_blocks(tape)
    return int.from_bytes(content[1:3], "little") if label == _GRAPHIC_CONTROL else 0


def _sub_blocks(tape: Tape) -> Steps[None]:
    while size := (yield from tape.take(1))[0]:
        yield from tape.skip(size)
