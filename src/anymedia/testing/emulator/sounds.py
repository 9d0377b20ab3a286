"""Small but real recordings of silence, made with the standard library: MP3, AAC, Opus and FLAC, 24 kHz, mono."""

import struct
from collections.abc import Callable, Iterator
from math import ceil

RATE = 24_000


def mp3(seconds: float) -> bytes:
    """MPEG-2 layer III at 32 kbit/s: 96 bytes and 576 samples a frame, whose side information says "no bits"."""
    return (b"\xff\xf3\x44\xc0" + bytes(92)) * _count(seconds, 576)


def aac(seconds: float) -> bytes:
    """AAC in ADTS, 1024 samples a frame: one channel without a single band, and the end mark."""
    return (b"\xff\xf1\x58\x40\x01\x7f\xfc" + b"\0\0\0\x07") * _count(seconds, 1024)


def flac(seconds: float) -> bytes:
    """A block a second, each of one constant value. A block's number is one byte here: two minutes at most."""
    samples = min(round(seconds * RATE), 120 * RATE) or 1
    layout = RATE << 44 | 15 << 36 | samples  # rate, one channel, 16 bits, samples in all
    head = struct.pack(">HH", RATE, RATE) + bytes(6) + layout.to_bytes(8, "big") + bytes(16)
    sizes = [RATE] * (samples // RATE) + [samples % RATE] * bool(samples % RATE)
    return b"fLaC\x80\0\0\x22" + head + b"".join(_flac_frame(number, size) for number, size in enumerate(sizes))


def _flac_frame(number: int, samples: int) -> bytes:
    head = b"\xff\xf8\x77\x08" + bytes([number]) + struct.pack(">H", samples - 1)
    frame = head + bytes([_checksum(head, 0x07, 8)]) + bytes(3)
    return frame + struct.pack(">H", _checksum(frame, 0x8005, 16))


def opus(seconds: float) -> bytes:
    """Opus in Ogg: packets of 20 ms that say "silence"."""
    packets = _count(seconds, RATE // 50)
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, RATE, 0, 0)
    tags = struct.pack("<8sI", b"OpusTags", 8) + b"anymedia" + struct.pack("<I", 0)
    pages = [(2, 0, [head]), (0, 0, [tags])]
    for start in range(0, packets, 255):
        count = min(255, packets - start)
        last = start + count == packets
        pages.append((4 if last else 0, (start + count) * 960, [b"\xf8\xff\xfe"] * count))
    return b"".join(_ogg_page(number, *page) for number, page in enumerate(pages))


def _ogg_page(number: int, kind: int, position: int, packets: list[bytes]) -> bytes:
    sizes = bytes(len(packet) for packet in packets)
    head = struct.pack("<4sBBqII", b"OggS", 0, kind, position, 1, number)
    rest = bytes([len(sizes)]) + sizes + b"".join(packets)
    return head + struct.pack("<I", _checksum(head + bytes(4) + rest, 0x04C11DB7, 32)) + rest


def _count(seconds: float, samples: int) -> int:
    return max(1, ceil(seconds * RATE / samples))


def _checksum(data: bytes, polynomial: int, width: int) -> int:
    """A cyclic redundancy check, the highest bit first."""
    table = [_step(byte << (width - 8), polynomial, width) for byte in range(256)]
    value, mask = 0, (1 << width) - 1
    for byte in data:
        value = table[value >> (width - 8) ^ byte] ^ (value << 8 & mask)
    return value


def _step(value: int, polynomial: int, width: int) -> int:
    for _ in range(8):
        carried = value >> (width - 1)
        value = (value << 1 & ((1 << width) - 1)) ^ (polynomial if carried else 0)
    return value


def pieces(data: bytes, size: int = 16_384) -> Iterator[bytes]:
    """The bytes as a stream of chunks."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


MAKERS: dict[str, Callable[[float], bytes]] = {"mp3": mp3, "aac": aac, "flac": flac, "opus": opus}
