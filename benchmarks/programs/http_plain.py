"""The least HTTP server that a benchmark needs: keep-alive, whole bodies, no parsing beyond lengths."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

Reply = Callable[[str], Awaitable[tuple[str, bytes | Iterator[bytes]]]]
Address = list[str]


async def serve(reply: Reply, *, length: int = 0, address: Address | None = None) -> None:
    """Answer every request with what `reply(path)` gives; print the URL first, and put it into `address`.

    `length` is that of a body which is an iterator.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(_content_length(head))
                media_type, body = await reply(head.split(b" ", 2)[1].decode())
                size = len(body) if isinstance(body, bytes) else length
                writer.write(
                    f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {size}\r\n\r\n".encode()
                )
                for piece in (body,) if isinstance(body, bytes) else body:
                    writer.write(piece)
                    await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=2**20)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    if address is not None:
        address.append(url)
    print(url, flush=True)
    await server.serve_forever()


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
