"""Many image calls at once, and the most memory they took: `calls_at_once URL CALLS FOLDER`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.programs.our_client import our_client
from benchmarks.programs.resident import forget_peak, peak, resident


async def main(url: str, calls: int, folder: Path) -> None:
    async with our_client(url, folder) as client:
        await client.image("a fox", output_dir=folder)
        forget_peak()
        idle = resident()
        await asyncio.gather(*(client.image("a fox", output_dir=folder) for _ in range(calls)))
        print(json.dumps({"idle": idle, "peak": peak()}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
