"""A provider of one long film: `video_server MEBIBYTES`. Prints its URL."""

from __future__ import annotations

import asyncio
import io
import json
import struct
import sys
from collections.abc import Iterator

import av
import numpy as np

from benchmarks.programs.http_plain import Address, serve

MEBIBYTE = 2**20


def small_film() -> bytes:
    """A real MP4 of two frames."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for shade in (0, 255):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def main() -> None:
    mebibytes = int(sys.argv[1])
    film = small_film()
    free_box = struct.pack(">I4s", mebibytes * MEBIBYTE + 8, b"free")
    address: Address = []

    def pieces() -> Iterator[bytes]:
        yield film + free_box
        zeros = bytes(MEBIBYTE)
        for _ in range(mebibytes):
            yield zeros

    async def reply(path: str) -> tuple[str, bytes | Iterator[bytes]]:
        if path == "/film.mp4":
            return "video/mp4", pieces()
        return "application/json", json.dumps({"id": "film-1", "url": f"{address[0]}/film.mp4"}).encode()

    asyncio.run(serve(reply, address=address, length=len(film) + len(free_box) + mebibytes * MEBIBYTE))


if __name__ == "__main__":
    main()
