"""Files that were made to do harm, or to be taken for what they are not. All are small; they are written when asked."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, PngImagePlugin

from toys import PICTURE, picture

SIDE = 96


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise() -> Image.Image:
    return Image.effect_noise((SIDE, SIDE), 80).convert("RGB")


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks."""
    framed = (struct.pack("!I", len(c)) + k + c + struct.pack("!I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def header(width: int, height: int, depth: int = 8, colour: int = 2) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack("!IIBBBBB", width, height, depth, colour, 0, 0, 0)


END = (b"IEND", b"")


def only_header(side: int) -> bytes:
    return png(header(side, side), (b"IDAT", zlib.compress(b"\0")), END)


def text_bomb() -> bytes:
    return png(header(1, 1), (b"zTXt", b"a\0\0" + zlib.compress(bytes(64 << 20))), END)


def with_words(size: int) -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_itxt("XML:com.adobe.xmp", "x" * size, zip=True)
    return saved(noise(), "PNG", pnginfo=words)


def frames(kind: str) -> bytes:
    first, *others = [Image.new("L", (300, 300), shade) for shade in range(60)]
    return saved(first, kind, save_all=True, append_images=others)


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "hello")
    return file.getvalue()


def scans() -> bytes:
    """A progressive JPEG that tells its last scan again, many thousand times."""
    whole = saved(Image.effect_noise((1024, 1024), 80), "JPEG", progressive=True, quality=95)
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * 400 + whole[-2:]


def flipped(content: bytes, step: int) -> bytes:
    spoiled = bytearray(content)
    for place in range(60, len(spoiled), step):
        spoiled[place] ^= 0x55
    return bytes(spoiled)


DRAWN, REFUSED = "drawn", "refused"
FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "whole png": (lambda: PICTURE, DRAWN),
    "whole jpeg": (lambda: picture(output_format="jpeg", side=SIDE), DRAWN),
    "whole webp": (lambda: saved(noise(), "WEBP"), DRAWN),
    "png and page": (lambda: PICTURE + b"<html><script>alert(1)</script></html>", REFUSED),
    "png and archive": (lambda: PICTURE + archive(), REFUSED),
    "jpeg and page": (lambda: saved(noise(), "JPEG") + b"<?php system($_GET['c']); ?>", REFUSED),
    "xmp of 32 MB": (lambda: with_words(32 << 20), REFUSED),
    "webp of 60 frames": (lambda: frames("WEBP"), DRAWN),
    "apng of 60 frames": (lambda: frames("PNG"), DRAWN),
    "gif of 60 frames": (lambda: frames("GIF"), REFUSED),
    "1 bit, 13000 x 13000": (lambda: saved(Image.new("1", (13000, 13000)), "PNG"), REFUSED),
    "1 bit, 9400 x 9400": (lambda: saved(Image.new("1", (9400, 9400)), "PNG"), REFUSED),
    "header of 60000 x 60000": (lambda: only_header(60_000), REFUSED),
    "header of 2 ** 31": (lambda: only_header(2**31 - 1), REFUSED),
    "header of 0": (lambda: only_header(0), REFUSED),
    "text that unpacks to 64 MB": (text_bomb, REFUSED),
    "jpeg of many scans": (scans, ""),
    "half a png": (lambda: saved(noise(), "PNG")[:4000], REFUSED),
    "half a jpeg": (lambda: saved(noise(), "JPEG")[:1500], REFUSED),
    "half a webp": (lambda: saved(noise(), "WEBP", lossless=True)[:4000], REFUSED),
    "spoiled png": (lambda: flipped(saved(noise(), "PNG"), 997), REFUSED),
    "spoiled jpeg": (lambda: flipped(saved(noise(), "JPEG"), 97), ""),
    "spoiled webp": (lambda: flipped(saved(noise(), "WEBP"), 97), ""),
    "signature of png and nothing": (lambda: b"\x89PNG\r\n\x1a\n", REFUSED),
    "signature of jpeg and noise": (lambda: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20, REFUSED),
    "riff of webp and noise": (lambda: b"RIFF\xff\xff\xff\x7fWEBPVP8 " + bytes(range(256)) * 20, REFUSED),
    "page": (lambda: b"<!DOCTYPE html><p>busy</p>", REFUSED),
    "json": (lambda: b'{"error": "no"}', REFUSED),
    "postscript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n", REFUSED),
    "svg that reads a file": (
        lambda: b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>',
        REFUSED,
    ),
    "tiff": (lambda: saved(noise(), "TIFF"), REFUSED),
    "ico": (lambda: saved(noise(), "ICO"), REFUSED),
    "bmp": (lambda: saved(noise(), "BMP"), REFUSED),
    "jpeg 2000": (lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200), REFUSED),
    "photoshop": (lambda: b"8BPS\0\x01" + bytes(200), REFUSED),
    "windows metafile": (lambda: b"\xd7\xcd\xc6\x9a" + bytes(200), REFUSED),
    "playlist": (lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", REFUSED),
    "concat script": (lambda: b"ffconcat version 1.0\nfile /etc/passwd\n", REFUSED),
    "session description": (lambda: b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\n", REFUSED),
    "dash manifest": (lambda: b'<?xml version="1.0"?><MPD><BaseURL>file:///</BaseURL></MPD>', REFUSED),
    "empty": (lambda: b"", REFUSED),
}
"""What it is: its bytes, and how a call with it as the picture must end. `""`: either way, in time."""
