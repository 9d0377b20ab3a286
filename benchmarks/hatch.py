"""What it costs to buy through a library: the same picture by both of xAI's backends, from an emulator.

Each backend is measured in a process of its own. Prints one line each: seconds and CPU seconds of the first purchase,
the median of those after it, the memory that was added, and the longest time for which the event loop stood still.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from anymedia import AsyncClient
from anymedia.testing.emulator import Emulator

BACKENDS = ("grok", "grok_sdk")
TIMES = 20


async def stalls(found: list[float]) -> None:
    """Note how late this wakes up, again and again."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        found.append(time.perf_counter() - began - 0.001)


async def measure(backend: str) -> None:
    late: list[float] = []
    async with AsyncClient() as client:
        watching = asyncio.ensure_future(stalls(late))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds, processor = [], time.process_time()
        for number in range(TIMES + 1):
            began = time.perf_counter()
            await client.image(f"fox {number}", backend=backend)
            seconds.append(time.perf_counter() - began)
            if number == 0:
                processor, first_late = time.process_time() - processor, max(late)
                late.clear()
        watching.cancel()
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024
    later = statistics.median(seconds[1:]) * 1000
    print(
        f"{backend}: first {seconds[0]:.2f} s ({processor:.2f} s CPU), then {later:.0f} ms, {added:.0f} MiB more, "
        f"loop held {first_late * 1000:.0f} ms at first, then {max(late) * 1000:.0f} ms"
    )


def main() -> None:
    with Emulator(dialect="grok") as emulator, tempfile.TemporaryDirectory() as folder:
        places = {"XAI_API_KEY": "any", "XAI_BASE_URL": emulator.base_url, "GROK_SDK_BASE_URL": emulator.url}
        environ = {**os.environ, **places, "ANYMEDIA_HOME": folder, "ANYMEDIA_OUTPUT_DIR": folder}
        for backend in BACKENDS:
            subprocess.run([sys.executable, __file__, backend], env=environ, check=True, cwd=folder)


if __name__ == "__main__":
    asyncio.run(measure(sys.argv[1])) if len(sys.argv) > 1 else main()
