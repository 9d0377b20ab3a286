"""Small but real media files, made with the standard library: one colour per prompt, of exactly the asked size.

A film is a ready-made clip."""

import hashlib
import io
import struct
import wave
import zlib
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from math import pi, sin
from xml.sax.saxutils import escape

from anymedia.testing.emulator.sounds import MAKERS

Colour = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class MediaAsked:
    """What a request asks the emulator to make. Sizes in pixels, durations in seconds.

    `index` counts the outputs of one request; `stage` is the number of a partial image, None for the finished one.
    """

    prompt: str
    output_format: str
    width: int = 0
    height: int = 0
    index: int = 0
    stage: int | None = None
    transparent: bool = False
    frames: int = 1
    frame_duration_ms: int = 0
    duration: float = 0.0


Media = bytes | Callable[[MediaAsked], bytes]
"""What a caller may give: the same bytes for every answer, or a function that makes them."""


def make(media: Media, asked: MediaAsked) -> bytes:
    """The bytes `media` stands for."""
    return media if isinstance(media, bytes) else media(asked)


def draw(asked: MediaAsked) -> bytes:
    """A picture (png, jpeg, webp, gif, svg), film (mp4), tone (wav), silence (mp3, aac, opus, flac), else KeyError."""
    if asked.output_format in MAKERS:
        return MAKERS[asked.output_format](asked.duration)
    return _MAKERS[asked.output_format](asked)


def _colour(asked: MediaAsked, frame: int = 0) -> Colour:
    digest = hashlib.sha256(f"{asked.prompt}|{asked.index}|{asked.stage}|{frame}".encode()).digest()
    return digest[0], digest[1], digest[2]


def _png(asked: MediaAsked) -> bytes:
    colour_type, pixel = (6, bytes((*_colour(asked), 0))) if asked.transparent else (2, bytes(_colour(asked)))
    rows = (b"\0" + pixel * asked.width) * asked.height
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _png_chunk(kind, data)
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", asked.width, asked.height, 8, colour_type, 0, 0, 0)),
            (b"IDAT", zlib.compress(rows, level=1)),
            (b"IEND", b""),
        )
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _jpeg(asked: MediaAsked) -> bytes:
    """Baseline, three components: only the first block has a colour, every other one differs from it by nothing."""
    levels = [level - 128 for level in _luminance_and_chrominance(_colour(asked))]
    blocks = ((asked.width + 7) // 8) * ((asked.height + 7) // 8)
    bits = "".join(_jpeg_block(level) for level in levels) + "00000" * 3 * (blocks - 1)
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    size = struct.pack(">BHHB", 8, asked.height, asked.width, 3)
    return b"".join(
        (
            b"\xff\xd8",
            _jpeg_segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            _jpeg_segment(0xDB, b"\0" + bytes([8] + [1] * 63)),
            _jpeg_segment(0xC0, size + b"\x01\x11\0\x02\x11\0\x03\x11\0"),
            _jpeg_segment(0xC4, b"\x00" + bytes([0, 0, 0, 9] + [0] * 12) + bytes(range(9))),
            _jpeg_segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0"),
            _jpeg_segment(0xDA, b"\x03\x01\0\x02\0\x03\0\0\x3f\0"),
            scan,
            b"\xff\xd9",
        )
    )


def _jpeg_segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _jpeg_block(level: int) -> str:
    """DC size in four bits, the value in that many, and one bit for "no AC coefficients"."""
    size = abs(level).bit_length()
    value = level if level >= 0 else level + (1 << size) - 1
    return f"{size:04b}" + (f"{value:0{size}b}" if size else "") + "0"


def _luminance_and_chrominance(colour: Colour) -> tuple[int, int, int]:
    red, green, blue = colour
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    return round(luminance), round(128 + 0.564 * (blue - luminance)), round(128 + 0.713 * (red - luminance))


def _webp(asked: MediaAsked) -> bytes:
    """Lossless: five prefix codes of one symbol each, so that the pixels themselves take no bits at all."""
    red, green, blue = _colour(asked)
    alpha = 0 if asked.transparent else 255
    fields = [(0x2F, 8), (asked.width - 1, 14), (asked.height - 1, 14), (asked.transparent, 1), (0, 3), (0, 3)]
    for symbol in (green, red, blue, alpha):
        fields += [(0b101, 3), (symbol, 8)]
    fields += [(0b001, 3), (0, 1)]
    number, position = 0, 0
    for value, width in fields:
        number |= value << position
        position += width
    data = number.to_bytes((position + 7) // 8, "little")
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _gif(asked: MediaAsked) -> bytes:
    size = struct.pack("<HH", asked.width, asked.height)
    pixels = _gif_blocks(_gif_pixels(asked.width * asked.height))
    frames = b"".join(
        b"\x21\xf9\x04\x00" + struct.pack("<H", asked.frame_duration_ms // 10) + b"\0\0"
        b"\x2c\0\0\0\0" + size + b"\x80" + bytes(_colour(asked, frame)) + bytes(3) + pixels
        for frame in range(asked.frames)
    )
    loop = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    return b"GIF89a" + size + b"\0\0\0" + loop + frames + b"\x3b"


def _gif_pixels(count: int) -> bytes:
    """LZW codes for `count` equal pixels: each code stands for a run one pixel longer than the code before."""
    clear, end = 4, 5
    number, position, width, run = clear, 3, 3, 1
    while count > 0:
        length = min(run, count)
        number |= (0 if length == 1 else end + length - 1) << position
        position += width
        count -= length
        # The reader's table has `run` more entries by now; it widens the code when the next would not fit.
        width = max(3, (end + run).bit_length())
        run += 1
        if end + run > 4094:
            number |= clear << position
            position, width, run = position + width, 3, 1
    number |= end << position
    return number.to_bytes((position + width + 7) // 8, "little")


def _gif_blocks(data: bytes) -> bytes:
    blocks = (data[start : start + 255] for start in range(0, len(data), 255))
    return b"\x02" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def _svg(asked: MediaAsked) -> bytes:
    size = f'width="{asked.width}" height="{asked.height}"'
    fill = "none" if asked.transparent else f"#{bytes(_colour(asked)).hex()}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><title>{escape(asked.prompt)}</title>'
        f'<rect {size} fill="{fill}"/></svg>'
    ).encode()


def _wav(asked: MediaAsked) -> bytes:
    """A quiet tone, 24 kHz, 16 bit, mono."""
    rate, pitch = 24_000, 220 + _colour(asked)[0]
    samples = array("h", (int(8000 * sin(2 * pi * pitch * at / rate)) for at in range(int(asked.duration * rate))))
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.tobytes())
    return file.getvalue()


CLIP = files("anymedia.testing.emulator").joinpath("data/clip.mp4")
"""One second of 64x36 pixels at 8 frames, encoded by `anymedia.sketch.film.write`: only the sketch can encode films."""


def _mp4(asked: MediaAsked) -> bytes:
    """The same clip whatever was asked, followed by a box that no player reads and that no other request has."""
    mark = hashlib.sha256(f"{asked.prompt}|{asked.index}".encode()).digest()
    return CLIP.read_bytes() + struct.pack(">I", 8 + len(mark)) + b"free" + mark


_MAKERS = {"png": _png, "jpeg": _jpeg, "webp": _webp, "gif": _gif, "svg": _svg, "wav": _wav, "mp4": _mp4}
