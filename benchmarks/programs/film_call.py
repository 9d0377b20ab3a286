"""One long film, and the most memory it took: `film_call URL FOLDER`. The toy backend is installed as a plugin."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from benchmarks.programs.our_client import our_client
from benchmarks.programs.resident import forget_peak, peak, resident


async def main(url: str, folder: Path) -> None:
    async with our_client(url, folder) as client:
        await client.jobs()
        forget_peak()
        idle = resident()
        result = await client.video("a long night", backend="toy_film", output_dir=folder)
        print(json.dumps({"idle": idle, "peak": peak(), "bytes": result.files[0].size}))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
