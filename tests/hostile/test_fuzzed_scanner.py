"""Damaged replies through the scanner: the standard library's verdict, the same however they come, in little memory."""

from __future__ import annotations

import base64
import json
import random
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from damage import damaged, documents_of
from portion import SEED, times

from anymedia.engine.reply_scanner import BadReply, ReplyScanner
from anymedia.registry import shipped_backends

MUTATIONS = times(3000, long=300_000)
MEDIA_AT = (
    "data[*].b64_json",
    "predictions[*].bytesBase64Encoded",
    "audio",
    "candidates[*].content.parts[*].inlineData.data",
)
CAP = 2**20
LITTLE = 8 * 2**20
"""Bytes of memory for a reply of which nothing can be made."""


class Kept:
    """A sink that remembers what was written, and compares by it."""

    def __init__(self, path: str) -> None:
        self.data = b""
        self.ends = 0

    def declare(self, media_type: str) -> None:
        """What a data URL claims."""

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> Kept:
        self.ends += 1
        return self

    def abandon(self) -> None:
        self.ends += 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Kept) and self.data == other.data

    __hash__ = object.__hash__


def scanned(pieces: Iterator[bytes], media_at: tuple[str, ...] = MEDIA_AT) -> Any:
    """The document, or the reason why there is none. Every sink comes to one end."""
    sinks: list[Kept] = []

    def open_sink(path: str) -> Kept:
        sinks.append(Kept(path))
        return sinks[-1]

    scanner = ReplyScanner(media_at=media_at, open_sink=open_sink, cap=CAP)
    try:
        for piece in pieces:
            scanner.feed(piece)
        return scanner.finish()
    except BadReply as error:
        return error.reason, error.salvaged
    finally:
        scanner.abandon()
        assert [sink.ends for sink in sinks] == [1] * len(sinks)


def replies() -> list[Any]:
    """Every JSON document that the samples of the shipped backends show."""
    samples = [sample for backend in shipped_backends().values() for sample in backend.samples]
    return [each for sample in samples for reply in sample.replies for each in documents_of(reply)]


def written(document: Any, chance: random.Random) -> bytes:
    return json.dumps(document, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, None, 1])).encode(
        errors="surrogatepass"
    )


def torn(data: bytes, chance: random.Random) -> bytes:
    """Bytes lost, doubled or replaced anywhere."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed) + 1)
        changed[at : at + chance.randint(0, 4)] = bytes(
            chance.choices(b'{}[]":,\\ =ux0A\xff\x00e-.', k=chance.randint(0, 3))
        )
    return bytes(changed)


def in_pieces(data: bytes, chance: random.Random) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = chance.choice([1, 2, 5, 30, 400, 5000])
        yield data[at : at + size]
        at += size


def standard(data: bytes) -> Any:
    """What the standard library reads, `None` where it or we refuse it."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        return json.loads(data.decode(), parse_constant=refuse)
    except (ValueError, RecursionError):
        return None


def check(data: bytes, chance: random.Random) -> None:
    whole = scanned(iter([data]))
    assert scanned(in_pieces(data, chance)) == whole, "the pieces it comes in change what is read"
    bare = scanned(iter([data]), media_at=())
    if not isinstance(bare, tuple):
        assert bare == standard(data), "the standard library reads something else"
    elif len(data) < CAP and "deeper" not in bare[0]:
        assert standard(data) is None, f"the standard library reads it, and here: {bare[0]}"


def test_a_damaged_reply_is_read_as_the_standard_library_reads_it_or_refused() -> None:
    chance, documents = random.Random(SEED), replies()
    for number in range(MUTATIONS):
        data = written(damaged(chance.choice(documents), chance), chance)
        data = torn(data, chance) if number % 2 else data
        try:
            check(data, chance)
        except Exception as error:
            error.add_note(f"seed {SEED}, mutation {number}: {data[:3000]!r}")
            raise


@pytest.mark.parametrize(
    "piece",
    [
        b"[" * 65536,
        b'{"a":' * 10_000,
        b'"' + b"x" * 65535,
        b" " * 65536,
        b"1" * 65536,
        b"[0,",
    ],
    ids=["lists", "objects", "text", "spaces", "digits", "a list"],
)
def test_a_reply_without_end_takes_little_memory(piece: bytes) -> None:
    tracemalloc.start()
    try:
        scanned(piece for _ in range(1000))
        assert tracemalloc.get_traced_memory()[1] < LITTLE
    finally:
        tracemalloc.stop()


def test_media_in_a_reply_is_what_was_encoded() -> None:
    media = random.Random(SEED).randbytes(5000)
    document = scanned(iter([json.dumps({"audio": base64.b64encode(media).decode()}).encode()]))
    assert document["audio"].data == media
