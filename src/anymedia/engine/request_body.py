"""Turns a JSON body with files in it into a stream of bytes of known length, without holding the files in memory."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import pybase64

from ..media import Json, MediaFile
from ..spec.wire import Inline
from .inputs import unchanged

BLOCK = 3 * 2**18
"""Bytes encoded at a time; a multiple of 3, so that base64 blocks join without padding."""


@dataclass(frozen=True)
class JsonBody:
    """The pieces of a body: bytes as they are, and files to be inlined."""

    pieces: tuple[bytes | Inline, ...]

    @property
    def length(self) -> int:
        """Content-Length: the exact number of bytes that `stream` gives."""
        return sum(len(piece) if isinstance(piece, bytes) else _inline_length(piece) for piece in self.pieces)

    async def stream(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                for block in _inline_blocks(piece):
                    yield block


def json_body(value: Json) -> JsonBody:
    """Encode `value`, leaving every `Inline` as a piece of its own."""
    inlined: list[Inline] = []
    mark = secrets.token_hex(16)

    def stand_in(item: object) -> str:
        if not isinstance(item, Inline):
            raise TypeError(f"{type(item).__name__} cannot be sent as JSON.")
        inlined.append(item)
        return mark

    text = json.dumps(value, default=stand_in, separators=(",", ":"), allow_nan=False)
    first, *rest = text.encode().split(mark.encode())
    pieces: list[bytes | Inline] = [first]
    for inline, after in zip(inlined, rest, strict=True):
        pieces += [inline, after]
    return JsonBody(tuple(pieces))


def shown_json(value: Json) -> Json:
    """The same body as people see it: files as `<image/png 5.0 MB sha256:...>`."""
    if isinstance(value, Inline):
        return value.file.summary
    if isinstance(value, MediaFile):
        return value.summary
    if isinstance(value, dict):
        return {name: shown_json(item) for name, item in value.items()}
    return [shown_json(item) for item in value] if isinstance(value, list | tuple) else value


def readable_file(file: MediaFile) -> BinaryIO:
    """An open binary file of an input's bytes, those that were checked, for the caller to close."""
    if file.data is not None:
        return io.BytesIO(file.data)
    return unchanged(file)


async def file_stream(source: BinaryIO) -> AsyncIterator[bytes]:
    """The bytes of an open file as they are."""
    while block := source.read(BLOCK):
        yield block


def file_size(file: MediaFile) -> int:
    """Bytes of a file that is in memory or was measured."""
    if file.data is not None:
        return len(file.data)
    if file.size is None:
        raise TypeError("An input file has to be measured before it is sent.")
    return file.size


def _head(inline: Inline) -> bytes:
    return f"data:{inline.file.media_type};base64,".encode() if inline.form == "data_uri" else b""


def _inline_length(inline: Inline) -> int:
    return len(_head(inline)) + -(-file_size(inline.file) // 3) * 4


def _inline_blocks(inline: Inline) -> Iterator[bytes]:
    yield _head(inline)
    with readable_file(inline.file) as source:
        while block := source.read(BLOCK):
            yield pybase64.b64encode(block)
