"""CPU of the keyless backend and its workers, first call and second: `sketch_calls image|video FOLDER`."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import anymedia

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(process: int | str = "self") -> float:
    """User and system CPU of a process and all below it, those that ended included: proc_pid_stat(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) / TICKS
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return own + sum(cpu_seconds(int(child)) for task in tasks for child in task.read_text().split())


async def make(client: anymedia.AsyncClient, medium: str, folder: Path) -> anymedia.Result:
    prompt = "a red fox walks through the snow at dawn"
    if medium == "image":
        return await client.image(prompt, backend="sketch", size="1024x768", output_dir=folder)
    return await client.video(
        prompt, backend="sketch", size="1280x720", frames_per_second=24, duration=4, output_dir=folder
    )


async def main(medium: str, folder: Path) -> None:
    spent: dict[str, float] = {}
    async with anymedia.AsyncClient(environ={"ANYMEDIA_HOME": str(folder / "state")}) as client:
        for temperature in ("cold", "warm"):
            before = cpu_seconds()
            await make(client, medium, folder)
            spent[temperature] = cpu_seconds() - before
    print(json.dumps(spent))


asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
