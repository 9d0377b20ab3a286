"""Calls that wait for a provider while the keyless backend draws: `calls_beside_sketch URL CALLS FOLDER`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from benchmarks.programs.our_client import our_client

BEAT = 0.001


class Heart:
    """Beats as often as the event loop lets it, and remembers the longest pause in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(BEAT)
            now = time.perf_counter()
            self.longest = max(self.longest, now - last - BEAT)
            last = now


async def main(url: str, calls: int, folder: Path) -> None:
    async with our_client(url, folder) as client:
        await client.image("a fox", backend="openai", output_dir=folder)
        heart = Heart()
        beating = asyncio.create_task(heart.beat())
        started = time.perf_counter()
        sketch = asyncio.create_task(
            client.image("a fox in snow", backend="sketch", size="1024x768", output_dir=folder)
        )
        await asyncio.gather(*(client.image("a fox", backend="openai", output_dir=folder) for _ in range(calls)))
        wall = time.perf_counter() - started
        await sketch
        beating.cancel()
        print(json.dumps({"wall": wall, "stall": heart.longest, "sketch": time.perf_counter() - started}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
