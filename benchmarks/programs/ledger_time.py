"""Wall seconds that jobs spend in the ledger: `ledger_time URL CALLS FOLDER`. Landing the files does not count."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from anymedia.engine.landing import Lander
from anymedia.engine.ledger import Ledger
from benchmarks.programs.our_client import our_client

P = ParamSpec("P")
T = TypeVar("T")


class Clock:
    """Adds up the seconds that functions take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*positional: P.args, **named: P.kwargs) -> T:
            started = time.perf_counter()
            try:
                return function(*positional, **named)
            finally:
                self.seconds += time.perf_counter() - started

        return call


async def main(url: str, calls: int, folder: Path) -> None:
    ledger, landing = Clock(), Clock()
    Ledger.call_now = ledger.timed(Ledger.call_now)  # type: ignore[method-assign]
    Lander.land_each = landing.timed(Lander.land_each)  # type: ignore[method-assign]
    async with our_client(url, folder) as client:
        await client.image("a fox", backend="openai", output_dir=folder)
        before = ledger.seconds - landing.seconds
        for _ in range(calls):
            await client.image("a fox", backend="openai", output_dir=folder)
        spent = (ledger.seconds - landing.seconds - before) / calls
    print(json.dumps({"ledger": spent, "fsync": fsync_seconds(folder / "probe")}))


def fsync_seconds(path: Path, times: int = 20) -> float:
    """What this disk takes for 4 KiB, so that a slow disk is not taken for a slow ledger."""
    with path.open("wb") as file:
        started = time.perf_counter()
        for _ in range(times):
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - started) / times


asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
