"""The container walkers, against what is no media, monstrous, contradicts itself or was damaged."""

from __future__ import annotations

import random
import struct
import zlib

import pytest
from container_samples import ALL, random_sizes, sample, verdict, walked

from anymedia.engine.containers import Found, NotMedia, NotWhole, Walk, sniff


def box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(content) + 8 if size is None else size, kind) + content


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = [struct.pack(">I", len(d)) + k + d + zlib.crc32(k + d).to_bytes(4) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


HEADER = b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"
FTYP = box(b"ftyp", b"isom" + bytes(4))
EBML = b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"<svg><g></svg>", "broken"),
        (b"<svg/>x", "broken"),
        (b"<svg>" + b"<g>" * 300 + b"</g>" * 300 + b"</svg>", "nested"),
        (b"<svg a='" + b"x" * (9 << 20), "longer than"),
        (b"<svg><g a='" + b"x" * (9 << 20) + b"'/></svg>", "longer than"),
    ],
)
def test_broken_or_monstrous_svg_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises((NotWhole, NotMedia), match=reason):
        walked(text, 65536)


def test_svg_entities_are_refused_before_they_can_grow() -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><svg>&b;</svg>'
    with pytest.raises(NotWhole, match="entities"):
        walked(bomb)


@pytest.mark.parametrize(
    ("data", "looks_like"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>502</body></html>", "html"),
        (b"\n <HTML lang='en'>", "html"),
        (b'{"error": {"message": "no"}}', "json"),
        (b'[{"error": 1}]', "json"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "xml"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "html"),
        (b"<Error><Code>AccessDenied</Code></Error>", "xml"),
        (b"upstream connect error", "text"),
        (b"#EXTM3U\nhttp://a/b.ts", "text"),
        (bytes(1000), None),
        (b"PK\3\4" + bytes(100), None),
        (b"%PDF-1.7\n\x80\x81", None),
        (b"\0\0\0\x18ftypheic" + bytes(60), None),
    ],
)
def test_what_is_no_media_is_named(data: bytes, looks_like: str | None) -> None:
    for size in (1, len(data)):
        with pytest.raises(NotMedia) as caught:
            walked(data, size)
        assert caught.value.looks_like == looks_like


def test_the_first_bytes_of_what_is_no_media_announce_nothing() -> None:
    for data in (b"", b"<html>", b"{}", b'<?xml version="1.0"?><rss>', b"text on <svg>", bytes(64), b"\xff\xfe<\0h\0"):
        assert sniff(data) is None


def test_feeding_never_raises_and_the_verdict_stays() -> None:
    walk = Walk()
    for _ in range(3):
        walk.feed(b"<html>")
    for _ in range(2):
        with pytest.raises(NotMedia):
            walk.finish()


@pytest.mark.parametrize(
    "data",
    [
        FTYP + box(b"mdat", size=1) + struct.pack(">Q", 2**63),
        FTYP + box(b"mdat", size=1) + struct.pack(">Q", 2**64 - 1),
        FTYP + box(b"free", size=1) + struct.pack(">Q", 3),
        FTYP + box(b"free", size=7) * 100,
        FTYP + box(b"moov", size=0) * 10_000,
        FTYP + box(b"moov", size=0xFFFFFFFF) * 10_000,
        FTYP + box(b"moov", box(b"mvhd", b"x")),
        FTYP + box(b"moov", box(b"trak", size=0)) + box(b"mdat"),
        FTYP + box(b"moov", box(b"stsz", struct.pack(">III", 0, 0, 2**32 - 1))),
        FTYP + box(b"moov", box(b"trak", box(b"tkhd", bytes(40)))) * 2 + box(b"mdat"),
        FTYP + b"".join(box(b"moov", box(b"trak", box(b"tkhd", bytes(12) + n.to_bytes(4)))) for n in range(99)),
        EBML + b"\x18\x53\x80\x67\xff" + b"\x1f\x43\xb6\x75\xff" * 10_000,
        EBML + b"\x18\x53\x80\x67\xff" + b"\xa0\x81" * 10_000,
        EBML + b"\x18\x53\x80\x67\x01" + b"\xff" * 6 + b"\xfe" + b"\xec\x80" * 1000,
        EBML + b"\x18\x53\x80\x67\xff" + b"\0" * 100,
        png((b"IHDR", HEADER), (b"IEND", b"")),
        png((b"IDAT", b"")),
        png((b"IHDR", bytes(13)), (b"IDAT", b""), (b"IEND", b"")),
        png((b"IHDR", HEADER), (b"acTL", struct.pack(">II", 9, 0)), (b"IDAT", b"x"), (b"IEND", b"")),
        png((b"IHDR", HEADER), (b"IDAT", b"x")) + b"\xff\xff\xff\xffIDAT" + bytes(1000),
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + b"\xff" * 100_000,
        b"\xff\xd8\xff\xe0\x00\x01" + bytes(100),
        b"GIF89a" + bytes(7) + b"\x21\xfe\x00" * 10_000 + b";",
        b"RIFF" + struct.pack("<I", 4) + b"WEBP",
        b"RIFF" + struct.pack("<I", 2**32 - 2) + b"WEBPVP8 " + struct.pack("<I", 2**32 - 1) + bytes(90),
        b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + struct.pack("<I", 16) + bytes(16) + b"data" + bytes(4),
        b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(100),
        b"ID3\4\0\0\0\0\0\0" * 10_000,
        b"MThd" + struct.pack(">IHHH", 6, 1, 65535, 480) + b"MTrk\0\0\0\0" * 100,
        b"fLaC\x00\0\0\x22" + bytes(34) + b"\xff\xf8" * 100_000,
        b"OggS\0\x02" + bytes(21),
    ],
)  # fmt: skip
def test_hostile_structures_are_refused(data: bytes) -> None:
    with pytest.raises(NotWhole):
        walked(data, 4096)


def mutated(data: bytes, rnd: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(rnd.randint(1, 4)):
        at = rnd.randrange(min(len(damaged), rnd.choice([64, 1000, 1_000_000])))
        change = rnd.randrange(4)
        if change == 0:
            damaged[at] = rnd.choice([0, 1, 127, 128, 255, rnd.randrange(256)])
        elif change == 1:
            size = rnd.choice([2, 4, 8])
            damaged[at : at + size] = rnd.choice([0, 1, 8, 2 ** (8 * size - 1), 2 ** (8 * size) - 1]).to_bytes(size)
        elif change == 2:
            del damaged[at : at + rnd.randint(1, len(damaged) - at or 1)][:40]
        else:
            damaged[at:at] = damaged[at : at + rnd.randint(1, 200)]
    return bytes(damaged)


def test_3000_damaged_files_give_a_verdict_and_nothing_else() -> None:
    rnd = random.Random(2026)
    names = sorted(ALL)
    for _ in range(3000):
        damaged = mutated(sample(rnd.choice(names)), rnd)
        assert verdict(damaged, random_sizes(rnd)) is not None


def test_random_bytes_behind_any_signature_give_a_verdict_and_nothing_else() -> None:
    rnd = random.Random(7)
    for name in sorted(ALL):
        for kept in (0, 4, 12, 40, 200):
            data = sample(name)[:kept] + rnd.randbytes(rnd.randrange(3000))
            result = verdict(data, random_sizes(rnd))
            assert not isinstance(result, Found) or not result.length_declared
