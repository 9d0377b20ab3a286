"""Ctrl-C as cancellation: the first lets a purchase answer for a few seconds, the next one does not wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Do `work`; every Ctrl-C cancels it once more. Raise `CancelledError` when it has let go."""
    # asyncio's own handler would tear the loop down at the second Ctrl-C, before the ledger knows.
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers on a loop
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        return await task
    finally:
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)
