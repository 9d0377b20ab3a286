"""Fragmented MP4 as the walkers read it: times and sizes from every place the format may put them."""

from __future__ import annotations

import struct

import pytest
from container_samples import walked

from anymedia.engine.containers import NotWhole

TIMESCALE = 1000


def box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I4s", len(inside) + 8, kind) + inside


def words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def long_words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}Q", *numbers)


def opening(*extras: bytes, wide: bool = False, defaults: tuple[int, int] = (40, 5)) -> bytes:
    """`ftyp` and a `moov` without samples; `wide` writes 64-bit times."""
    version = words(1 << 24) if wide else words(0)
    times = (long_words(0, 0) + words(TIMESCALE) + long_words(0)) if wide else words(0, 0, TIMESCALE, 0)
    track = (long_words(0, 0) if wide else words(0, 0)) + words(7)
    handler = box(b"hdlr", words(0, 0), b"soun")
    return box(b"ftyp", b"iso5", bytes(4)) + box(
        b"moov",
        box(b"mvhd", version, times),
        box(b"trak", box(b"tkhd", version, track), box(b"mdia", box(b"mdhd", version, times), handler)),
        box(b"mvex", *extras, box(b"trex", words(0, 7, 1, *defaults, 0))),
    )


def fragment(header: bytes, run: bytes, media: int) -> bytes:
    return box(b"moof", box(b"traf", box(b"tfhd", header), box(b"trun", run))) + box(b"mdat", bytes(media))


FROM_TRACK = fragment(words(0x0, 7), words(0x1, 10, 0), 50)
FROM_FRAGMENT = fragment(words(0x1B, 7, 0, 0, 1, 20, 3), words(0x5, 10, 0, 0), 30)
FROM_SAMPLES = fragment(words(0x0, 7), words(0xF00, 2, 30, 8, 0, 0, 70, 9, 0, 0), 17)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    ("fragments", "seconds", "media"),
    [(FROM_TRACK, 0.4, 50), (FROM_FRAGMENT, 0.2, 30), (FROM_SAMPLES, 0.1, 17), (FROM_TRACK + FROM_SAMPLES, 0.5, 17)],
)
def test_times_and_sizes_come_from_the_track_the_fragment_or_each_sample(
    fragments: bytes, seconds: float, media: int, wide: bool
) -> None:
    whole = opening(wide=wide) + fragments
    found = walked(whole)
    assert (found.media_type, found.length_declared) == ("audio/mp4", False)
    assert found.duration_seconds == pytest.approx(seconds)
    too_little = whole[: -media - 8] + box(b"mdat", bytes(media - 1))
    with pytest.raises(NotWhole, match="of its samples"):
        walked(too_little)


@pytest.mark.parametrize("version", [0, 1])
def test_fragments_must_last_as_long_as_the_header_declares(version: int) -> None:
    declared = box(b"mehd", words(version << 24), long_words(4000) if version else words(4000))
    assert walked(opening(declared) + FROM_TRACK * 10).length_declared
    with pytest.raises(NotWhole, match=r"2.0 of 4.0 seconds"):
        walked(opening(declared) + FROM_TRACK * 5)


@pytest.mark.parametrize("version", [0, 1])
def test_an_index_of_all_fragments_declares_the_length(version: int) -> None:
    sizes = b"".join(words(len(FROM_TRACK), 400, 0) for _ in range(3))
    places = long_words(0, 0) if version else words(0, 0)
    index = box(b"sidx", words(version << 24, 7, TIMESCALE), places, struct.pack(">HH", 0, 3), sizes)
    assert walked(opening() + index + FROM_TRACK * 3).length_declared
    with pytest.raises(NotWhole, match="promises"):
        walked(opening() + index + FROM_TRACK * 2)


def test_an_index_before_each_fragment_does_not_declare_the_length() -> None:
    index = box(b"sidx", words(0, 7, TIMESCALE, 0, 0), struct.pack(">HH", 0, 1), words(len(FROM_TRACK), 400, 0))
    assert not walked(opening() + (index + FROM_TRACK) * 2).length_declared
