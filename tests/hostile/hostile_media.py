"""Builds the files of media.jsonl: each a few bytes that say too much, written from the numbers of its entry."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

from toys import PICTURE

SIGNATURE = b"\x89PNG\r\n\x1a\n"
FTYP = b"\0\0\0\x10ftypisom\0\0\0\0"


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def chunk(kind: bytes, content: bytes, length: int | None = None) -> bytes:
    told = len(content) if length is None else length
    return struct.pack(">I", told) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def png(row: dict[str, Any]) -> bytes:
    width, height, bits = row["width"], row["height"], row.get("bits", 8)
    header = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)
    line = b"\0" + bytes(min(width, 10**6) * bits // 8 + 1)
    parts = [SIGNATURE, chunk(b"IHDR", header)]
    if "zeros" in row:
        parts.append(chunk(row["chunk"].encode(), b"x\0\0" + zlib.compress(bytes(row["zeros"]))))
    if "frames" in row:
        parts.append(chunk(b"acTL", struct.pack(">II", row["frames"], 0)))
    parts.append(chunk(b"IDAT", zlib.compress(line * row.get("rows", height)), row.get("length")))
    return b"".join([*parts, chunk(b"IEND", b"")])


def gif(row: dict[str, Any]) -> bytes:
    size = struct.pack("<HH", row["side"], row["side"])
    frame = b"\x2c\0\0\0\0" + size + b"\0\x02\x02\x44\x01\0"
    return b"GIF89a" + size + b"\x80\0\0\0\0\0\xff\xff\xff" + frame * row["frames"] + b";"


def jpeg(row: dict[str, Any]) -> bytes:
    frame = b"\xff\xc2\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00\x55"
    return b"\xff\xd8" + frame + scan * row["scans"] + (b"\xff\xd9" if row["scans"] else b"")


def webp(row: dict[str, Any]) -> bytes:
    side = row["side"] - 1
    bits = side | side << 14
    content = b"VP8L" + struct.pack("<I", 6) + b"\x2f" + struct.pack("<I", bits) + b"\0"
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


def wav(row: dict[str, Any]) -> bytes:
    shape = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, row["rate"], row["rate"], 2, 16)
    return b"RIFF" + struct.pack("<I", 136) + shape + b"data" + struct.pack("<I", row["size"]) + bytes(100)


def movie(row: dict[str, Any]) -> bytes:
    header = bytes(12) + struct.pack(">II", 1, min(row["seconds"], 2**32 - 1)) + bytes(80)
    return FTYP + box(b"moov", box(b"mvhd", header)) + box(b"mdat", bytes(8))


def samples(row: dict[str, Any]) -> bytes:
    table = box(b"stsz", struct.pack(">III", 0, 0, row["count"]))
    return FTYP + box(b"moov", box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", table)))))


BUILDERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "png": png,
    "gif": gif,
    "jpeg": jpeg,
    "webp": webp,
    "wav": wav,
    "movie": movie,
    "samples": samples,
    "tail": lambda row: PICTURE + row["tail"].encode(),
    "text": lambda row: row["text"].encode(),
    "hex": lambda row: bytes.fromhex(row["hex"]) + bytes.fromhex(row.get("repeat", "")) * row.get("times", 0),
    "riff": lambda row: b"RIFF" + struct.pack("<I", row["size"]) + row["form"].encode() + bytes(100),
    "nested": lambda row: b"<svg>" + b"<g>" * row["depth"] + b"</g>" * row["depth"] + b"</svg>",
    "mp4": lambda row: FTYP + struct.pack(">I4sQ", 1, row["kind"].encode(), row["size"]),
    "boxes": lambda row: FTYP + struct.pack(">I4s", 2**32 - 1, row["kind"].encode()) * row["times"],
    "tracks": lambda row: FTYP + box(b"moov", box(b"trak", box(b"tkhd", bytes(84))) * row["times"]) + box(b"mdat"),
}


def built(row: dict[str, Any]) -> bytes:
    """The bytes of an entry."""
    return BUILDERS[row["make"]](row)
