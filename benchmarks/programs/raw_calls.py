"""The yardstick: the HTTP library, json and base64 of the standard library; no file, no check, no ledger."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time

import httpx2


async def main(url: str, calls: int) -> None:
    body = {"model": "gpt-image-2.6-sunburst", "prompt": "a fox"}
    async with httpx2.AsyncClient(timeout=60) as client:

        async def call() -> int:
            reply = await client.post(f"{url}/images/generations", json=body, headers={"Authorization": "Bearer k"})
            return len(base64.b64decode(json.loads(reply.content)["data"][0]["b64_json"]))

        await call()
        started = time.process_time()
        for _ in range(calls):
            await call()
        print(json.dumps({"cpu": (time.process_time() - started) / calls}))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
