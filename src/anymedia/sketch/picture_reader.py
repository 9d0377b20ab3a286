"""The process that decodes one picture of somebody else's and can do nothing besides. `python -m` runs this file.

Decoders are large and were written in C; a file may be made to break them. This process is given the file as its
standard input and hands pixels to its standard output. Before it reads the first byte it gives up what it does not
need: it can open no file and no connection, start no program, and has little memory and time.
"""

from __future__ import annotations

import contextlib
import io
import struct
import sys
import warnings

from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 64_000_000
"""A camera's largest picture, and no more: each takes four bytes, several times over."""
MOST_BYTES = 64 * 2**20
MEMORY = 2**30
SECONDS = 8
"""Of processor time."""
CANNOT = 2
"""The exit code when standard output holds the reason instead of pixels."""
SIZE = struct.Struct("<II")
MODES = {"picture": "RGB", "mask": "L"}
NEEDED_LATER = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
"""Imported now, because later nothing can be: orientation is read with what reads TIFF."""


def main(what: str, width: int, height: int) -> int:
    """Write the pixels of `MODES[what]`, `width` x `height`, or the `size` of the picture, or the reason why not."""
    Image.preinit()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    give_up_everything_else()
    try:
        picture = _upright(sys.stdin.buffer.read(MOST_BYTES + 1), 2 * max(width, height))
        if what == "size":
            sys.stdout.buffer.write(SIZE.pack(*picture.size))
        else:
            pixels = (_covering if what == "picture" else _to_change)(picture, (width, height))
            sys.stdout.buffer.write(pixels.tobytes())
    except UnidentifiedImageError:
        return _say(f"it is no {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    except MemoryError:
        return _say("it takes more memory than a picture may")
    except Exception as error:  # noqa: BLE001 - a decoder may raise whatever it likes
        return _say(str(error) or type(error).__name__)
    return 0


def _say(reason: str) -> int:
    sys.stdout.buffer.write(reason.encode("utf-8", "replace")[:500])
    return CANNOT


def give_up_everything_else() -> None:
    """Lower what the system allows this process, for good. Where a system knows a limit not, the others still hold."""
    try:
        import resource
    except ModuleNotFoundError:
        return  # Windows has no such limits
    limits = {
        "RLIMIT_AS": MEMORY,
        "RLIMIT_CPU": SECONDS,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 3,  # the three that are open: every further file or socket would need a fourth
    }
    for name, value in limits.items():
        with contextlib.suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), (value, value))


def _upright(content: bytes, side: int) -> Image.Image:
    """The picture as its maker held it. A JPEG can be read at a half or a quarter, down to `side`."""
    if len(content) > MOST_BYTES:
        raise ValueError("it is too large")
    with Image.open(io.BytesIO(content), formats=FORMATS) as file:
        file.draft(None, (side, side))
        file.load()
        return ImageOps.exif_transpose(file)


def _covering(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Cut to cover `size`, on white where it is clear."""
    fitted = ImageOps.fit(picture.convert("RGBA"), size, Image.Resampling.LANCZOS)
    return Image.alpha_composite(Image.new("RGBA", size, "white"), fitted).convert(MODES["picture"])


def _to_change(mask: Image.Image, size: tuple[int, int]) -> Image.Image:
    """How clear the mask is or, if it has no alpha, how bright."""
    clear = mask.mode in ("LA", "RGBA", "PA") or "transparency" in mask.info
    channel = mask.convert("RGBA").getchannel("A") if clear else mask.convert(MODES["mask"])
    return ImageOps.fit(channel, size, Image.Resampling.NEAREST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
