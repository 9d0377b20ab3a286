"""The calls of `raw_calls` through anymedia: planned, journalled, checked, hashed, on disk under their names."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from benchmarks.programs.our_client import our_client


async def main(url: str, calls: int, folder: Path) -> None:
    async with our_client(url, folder) as client:
        await client.image("a fox", backend="openai", output_dir=folder)
        started = time.process_time()
        for _ in range(calls):
            await client.image("a fox", backend="openai", output_dir=folder)
        print(json.dumps({"cpu": (time.process_time() - started) / calls}))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
