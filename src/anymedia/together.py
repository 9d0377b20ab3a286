"""Several coroutines at once, in a way that a cancellation cannot lose what one of them bought."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in order. Cancelled, it passes every cancellation on and waits until all have let go.

    `asyncio.gather` returns at the first that is cancelled, and the others lose the seconds in which the answer to a
    purchase may still come.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    cancelled = False
    while not all(task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError:
            cancelled = True
            for task in tasks:
                task.cancel()
    if cancelled:
        raise asyncio.CancelledError
    return [task.result() for task in tasks]
