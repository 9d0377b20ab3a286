"""Which lines of one file a test reaches, in all threads of this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def lines_reached(path: str) -> Iterator[set[int]]:
    reached: set[int] = set()

    def line(frame: FrameType, event: str, argument: object) -> Any:
        reached.add(frame.f_lineno)
        return line

    def call(frame: FrameType, event: str, argument: object) -> Any:
        return line(frame, event, argument) if frame.f_code.co_filename == path else None

    threading.settrace(call)
    sys.settrace(call)
    try:
        yield reached
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]  # the documented way to stop it
