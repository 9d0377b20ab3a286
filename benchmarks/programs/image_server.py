"""A server with one ready-made picture for OpenAI and Google: `image_server BYTES_OF_PNG [LATENCY]`. Prints its URL."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import struct
import sys
import zlib

from benchmarks.programs.http_plain import serve


def png(size: int) -> bytes:
    """A PNG file of about `size` bytes: noise does not compress."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    side = max(1, int((size / 3) ** 0.5))
    rows = b"".join(b"\0" + random.Random(row).randbytes(3 * side) for row in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(rows, 0 if size > 1000 else 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def openai(picture: str) -> object:
    usage = {
        "input_tokens": 2,
        "output_tokens": 100,
        "input_tokens_details": {"text_tokens": 2, "image_tokens": 0},
    }
    return {"created": 1, "data": [{"b64_json": picture}], "usage": usage}


def contents(picture: str) -> object:
    part = {"inlineData": {"mimeType": "image/png", "data": picture}}
    return {"candidates": [{"finishReason": "STOP", "content": {"role": "model", "parts": [part]}}]}


def interaction(picture: str) -> object:
    output = {"type": "model_output", "content": [{"type": "image", "mime_type": "image/png", "data": picture}]}
    return {"id": "v1_1", "object": "interaction", "status": "completed", "steps": [output]}


SHAPES = {"/interactions": interaction, ":generateContent": contents, "/generations": openai}


def main() -> None:
    size, latency = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    picture = base64.b64encode(png(size)).decode()
    bodies = {ending: json.dumps(shape(picture)).encode() for ending, shape in SHAPES.items()}

    async def reply(path: str) -> tuple[str, bytes]:
        await asyncio.sleep(latency)
        return "application/json", next(body for ending, body in bodies.items() if path.endswith(ending))

    asyncio.run(serve(reply))


if __name__ == "__main__":
    main()
