"""Long tables of big-endian numbers, summed as they come: in batches, because they may have millions of rows."""

from __future__ import annotations

import sys
from array import array
from typing import Final

from .tape import Steps, Tape

_BATCH: Final = 2048


def column_sums(tape: Tape, *, rows: int, columns: int) -> Steps[list[int]]:
    """The sum of each column of a table of 32-bit numbers, row after row."""
    sums = [0] * columns
    while columns and rows > 0:
        batch = min(rows, _BATCH)
        values = _numbers((yield from tape.take(batch * columns * 4)), "I")
        for column in range(columns):
            sums[column] += sum(values[column::columns])
        rows -= batch
    return sums


def extremes(tape: Tape, *, rows: int, width: int) -> Steps[tuple[int, int]]:
    """The least and the greatest of numbers of `width` bytes, 4 or 8; there must be one at least."""
    least, greatest = sys.maxsize * 2, 0
    while rows > 0:
        batch = min(rows, _BATCH)
        values = _numbers((yield from tape.take(batch * width)), "I" if width == 4 else "Q")
        least, greatest = min(least, min(values)), max(greatest, max(values))
        rows -= batch
    return least, greatest


def _numbers(data: bytes, typecode: str) -> array[int]:
    values = array(typecode, data)
    if sys.byteorder == "little":
        values.byteswap()
    return values
