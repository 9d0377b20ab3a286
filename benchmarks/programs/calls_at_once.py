"""Many image calls at once, how long and the most memory they took: `calls_at_once URL CALLS FOLDER [BACKEND]`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from benchmarks.programs.our_client import our_client
from benchmarks.programs.resident import forget_peak, peak, resident


async def main(url: str, calls: int, folder: Path, backend: str = "openai") -> None:
    async with our_client(url, folder) as client:
        await client.image("a fox", backend=backend, output_dir=folder)
        forget_peak()
        idle, started = resident(), time.perf_counter()
        await asyncio.gather(*(client.image("a fox", backend=backend, output_dir=folder) for _ in range(calls)))
        print(json.dumps({"idle": idle, "peak": peak(), "wall": time.perf_counter() - started}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:]))
