"""Damaged media through the probe: it says what they are or that they are not whole, the same however they come."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator

import pytest
from portion import SEED, times
from seeds import seeds
from watching import deadline

from anymedia.engine.containers import Found, NotMedia, NotWhole, Walk, sniff
from anymedia.engine.inputs import media_file
from anymedia.errors import InvalidInput

MUTATIONS = times(5000, long=200_000)


def flipped(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def emptied(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 40)]


def counted_wrong(data: bytearray, chance: random.Random) -> None:
    """A number of two, four or eight bytes, as lengths are, that is nothing, one, too large by one, or enormous."""
    width, order = chance.choice([2, 4, 8]), chance.choice("<>")
    at = chance.randrange(len(data))
    number = chance.choice([0, 1, 7, len(data), len(data) + 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1])
    data[at : at + width] = (
        struct.pack(order + "Q", number)[-width:] if order == ">" else struct.pack("<Q", number)[:width]
    )


def spliced(data: bytearray, chance: random.Random) -> None:
    other = chance.choice(list(seeds().values()))
    at, start = chance.randrange(len(data)), chance.randrange(len(other))
    data[at : at + chance.randrange(100)] = other[start : start + chance.randint(1, 300)]


def repeated(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    data[at:at] = data[at : at + chance.randint(1, 200)] * chance.choice([1, 1, 50])


def swapped(data: bytearray, chance: random.Random) -> None:
    size = chance.choice([1, 4, 16])
    one, other = (chance.randrange(len(data)) for _ in range(2))
    data[one : one + size], data[other : other + size] = data[other : other + size], data[one : one + size]


WAYS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    flipped, flipped, cut, emptied, counted_wrong, counted_wrong, spliced, repeated, swapped,
)  # fmt: skip


def damaged(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4])):
        if changed:
            chance.choice(WAYS)(changed, chance)
    return bytes(changed)


def verdict(pieces: Iterator[bytes]) -> object:
    walk = Walk()
    for piece in pieces:
        walk.feed(piece)
    try:
        return walk.finish()
    except (NotWhole, NotMedia) as error:
        return type(error), error.reason


def in_pieces(data: bytes, chance: random.Random) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = chance.choice([1, 2, 3, 50, 1000, 10_000])
        yield data[at : at + size]
        at += size


def check(data: bytes, chance: random.Random) -> None:
    whole, pieces = verdict(iter([data])), verdict(in_pieces(data, chance))
    assert whole == pieces
    assert not isinstance(whole, Found) or sniff(data[:64]) is not None or whole.media_type == "image/svg+xml"
    try:
        media_file(data)
    except InvalidInput:
        return


def test_5000_damaged_files_get_a_verdict_and_nothing_else() -> None:
    chance = random.Random(SEED)
    found = seeds()
    names = sorted(found)
    for number in range(MUTATIONS):
        name = names[number % len(names)]
        data = damaged(found[name], chance)
        try:
            with deadline(f"a damaged {name}"):
                check(data, chance)
        except Exception as error:
            error.add_note(f"seed {SEED}, mutation {number} of {name}: {data[:2000].hex()}")
            raise


@pytest.mark.parametrize("name", sorted(seeds()))
def test_what_is_damaged_was_whole_before(name: str) -> None:
    assert isinstance(verdict(iter([seeds()[name]])), Found)
