"""The pictures and masks that a user gives, cut to cover the asked size. They are decoded in a process of their own."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from anymedia.sketch.made import CannotMake

SECONDS = 10.0
"""For one picture, the start of the process included."""
READER = (sys.executable, "-m", "anymedia.sketch.picture_reader")
CANNOT = 2
SIZE = struct.Struct("<II")
LARGEST_SIDE = 2**16
"""Pixels. A reader that is asked for less may read less."""
LONGEST_REASON = 500


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of the picture at `path`, upright. Raises CannotMake."""
    width, height = SIZE.unpack(pixels_of(path, "size", (LARGEST_SIDE, LARGEST_SIDE), SIZE.size))
    return width, height


def opened(path: Path, size: tuple[int, int]) -> Image.Image:
    """The picture at `path`, upright, RGB, on white where it is clear, cut to cover `size`. Raises CannotMake."""
    return Image.frombytes("RGB", size, pixels_of(path, "picture", size, size[0] * size[1] * 3))


def area(path: Path, size: tuple[int, int]) -> Image.Image:
    """255 where the picture is to change: where the mask is clear or, if it has no alpha, black."""
    channel = Image.frombytes("L", size, pixels_of(path, "mask", size, size[0] * size[1]))
    found = channel.point([255] * 128 + [0] * 128)
    if found.getbbox() is None:
        raise CannotMake("the mask leaves nothing to change: what is clear (or black) in it is changed")
    return found


def pixels_of(
    path: Path, what: str, size: tuple[int, int], expected: int, reader: Sequence[str] = READER, within: float = SECONDS
) -> bytes:
    """What the reader makes of the file: exactly so many bytes. Raises CannotMake, and leaves no process behind."""
    try:
        with path.open("rb") as file:
            code, said = _asked([*reader, what, *map(str, size)], file, max(expected, LONGEST_REASON), within)
    except OSError as error:
        raise CannotMake(f"{path.name} is no picture that can be read: {error.strerror}") from error
    if code == 0 and len(said) == expected:
        return said
    broken = "it takes whatever reads it too long, or breaks it"
    reason = said[:LONGEST_REASON].decode("utf-8", "replace") if code == CANNOT else broken
    raise CannotMake(f"{path.name} is no picture that can be read: {reason}")


def _asked(command: Sequence[str], file: BinaryIO, most: int, within: float) -> tuple[int, bytes]:
    """The exit code of the reader and what it said, one byte more than `most` at most."""
    # It learns nothing of us: no key in its surroundings, no file but the one it reads.
    surroundings = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings
    ) as process:
        assert process.stdout is not None
        patience = threading.Timer(within, process.kill)
        patience.start()
        try:
            said = process.stdout.read(most + 1)
            process.stdout.close()
            return process.wait(), said
        finally:
            patience.cancel()
            process.kill()
