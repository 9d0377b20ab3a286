"""Draws frames from films, and makes pictures smaller: functions for a worker process, with PyAV and Pillow.

Imported by the program too, which only names the functions: the libraries are imported where they are used.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from ..spec.tiny import MP4
from ..spec.wire import Control

if TYPE_CHECKING:
    from PIL.Image import Image

NEEDS: Final = ("av", "numpy", "PIL")
EXTRA: Final = "frames"
"""What draws frames, and the extra that installs it."""
SHORT_SIDE, LONG_SIDE = 768, 2000
"""Pixels of the sides of a picture that models look at in full: a copy of OpenAI's guide "Images and vision", checked
2026-11-23. More is made smaller on arrival there, and paid for on the way."""
QUALITY = 85
"""Of JPEG, 0 to 100."""
SCENE_CHANGE = 0.1
"""A scene begins where two neighbouring frames differ by more than this: the mean difference of their pixels, of 1."""
THUMBNAIL = (32, 18)
"""The size at which neighbouring frames are compared, in colour."""
FAR = 10.0
"""Seconds between two frames from which on the film is not decoded all the way, but sought in."""
MOST_PIXELS = 100_000_000
"""Of one frame; a file may claim any size."""
MOST_MEMORY, MOST_SECONDS = 4 * 2**30, 120
"""Bytes of address space and seconds of processor time of the process that decodes a file of whatever origin."""
CONTAINERS: Final = "mov,mp4,matroska,webm,avi,ogg,mpeg,mpegts,flv,asf"
"""What may be opened as a film. Playlists and scripts, which name other files, are none of them."""
PICTURES: Final = ("PNG", "JPEG", "WEBP", "GIF")


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Which frames to draw: `number` of them, or one `every` so many seconds, or one of each scene.

    They are as far from each other as from the ends. More than `at_most` are refused, unless `capped`: then so many are
    spread over the film.
    """

    number: int | None = None
    every: float | None = None
    scenes: bool = False
    at_most: int = 30
    capped: bool = False


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One frame: where in the film it stands, in seconds, and the JPEG file."""

    seconds: float
    jpeg: bytes


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The frames of a film, in order. `wanted` is how many were asked for; `remark` says what went otherwise."""

    frames: tuple[Frame, ...]
    wanted: int
    remark: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """A picture that was made smaller, as a JPEG file, and its sizes before and after, in pixels."""

    jpeg: bytes
    before: tuple[int, int]
    after: tuple[int, int]


class TooManyFrames(Exception):
    """More frames than allowed: how many."""


class NotDrawn(Exception):
    """No frame can be drawn, or no smaller picture made, and why."""


def _opened(source: str | bytes) -> BinaryIO:
    """The file to decode, open. From then on this process, which is one of its own, may open no other: no file, no
    connection; it writes none, and has so much memory and time. It ends after the file."""
    import resource

    file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: PTH123, SIM115
    free = os.dup(0)
    os.close(free)  # the lowest descriptor that is free: a limit here leaves those that are open
    for what, most in (
        (resource.RLIMIT_AS, MOST_MEMORY),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, free),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    return file


def fitting(width: int, height: int) -> tuple[int, int]:
    """The size at which a picture is looked at in full, of the same shape and never larger."""
    scale = min(1.0, SHORT_SIDE / min(width, height), LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _load_everything() -> None:
    """Decode a tiny film of ours, so that the libraries have read what they read late: soon no file can be opened."""
    import av
    import numpy as np  # noqa: F401

    container: Any
    with av.open(io.BytesIO(MP4), mode="r") as container:
        for frame in container.decode(container.streams.video[0]):
            frame.reformat(width=2, height=2, format="rgb24").to_ndarray()
            jpeg_of(frame.to_image())


# --- Films ------------------------------------------------------------------------------------------------------


def draw_frames(control: Control, film: str | bytes, wanted: Frames) -> Drawn:
    """The frames of a film. Raise `TooManyFrames` or `NotDrawn`."""
    import av

    _load_everything()
    try:
        with _opened(film) as file, av.open(file, options={"format_whitelist": CONTAINERS}) as container:
            return _drawn(container, wanted)
    except av.error.FFmpegError as error:
        raise NotDrawn(f"it cannot be decoded: {error.strerror}") from None


def _drawn(container: Any, wanted: Frames) -> Drawn:
    if not container.streams.video:
        raise NotDrawn("it holds no moving picture")
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    if stream.codec_context.width * stream.codec_context.height > MOST_PIXELS:
        raise NotDrawn(f"its frames have {stream.codec_context.width}x{stream.codec_context.height} pixels")
    length, remark = _length(container, stream), None
    if wanted.scenes:
        scenes = _middles_of_scenes(container, stream, length)
        number, places = _allowed(len(scenes), wanted), every_so_often(scenes, wanted.at_most)
        if number == 1:
            places = spread(length, min(wanted.at_most, count_of(length, 1.0)))
            number, remark = len(places), f"no change of scene was found: {len(places)} frames at even distances"
    else:
        number = _allowed(wanted.number or count_of(length, wanted.every or 1.0), wanted)
        places = spread(length, min(number, wanted.at_most))
    frames = tuple(Frame(seconds=at, jpeg=jpeg_of(image)) for at, image in _images(container, stream, places))
    if not frames:
        raise NotDrawn("no frame of it can be decoded")
    return Drawn(frames=frames, wanted=number, remark=remark)


def _allowed(number: int, wanted: Frames) -> int:
    """How many frames were asked for, once it is clear that they may be."""
    if number > wanted.at_most and not wanted.capped:
        raise TooManyFrames(number)
    return number


def count_of(length: float, every: float) -> int:
    """How many frames a film has room for, one every so many seconds; one at least."""
    return max(1, round(length / every))


def spread(length: float, number: int) -> list[float]:
    """The middles of so many equal parts of a film, in seconds."""
    return [(index + 0.5) * length / number for index in range(number)]


def every_so_often(places: Sequence[float], number: int) -> list[float]:
    """At most so many of the places, from all of them."""
    number = min(number, len(places))
    return [places[index * len(places) // number] for index in range(number)]


def _length(container: Any, stream: Any) -> float:
    """Seconds; a film that does not say how long it is has to be decoded to know."""
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration is not None:
        return float(container.duration) / 1_000_000
    last = 0.0
    for frame in container.decode(stream):
        last = frame.time or last
    container.seek(0)
    return last


def _start(stream: Any) -> float:
    return float((stream.start_time or 0) * stream.time_base)


def _middles_of_scenes(container: Any, stream: Any, length: float) -> list[float]:
    """The middle of each scene, in seconds. The whole film is decoded for it."""
    import numpy as np

    width, height = THUMBNAIL
    begins, before = [0.0], None
    for frame in container.decode(stream):
        now = frame.reformat(width=width, height=height, format="rgb24").to_ndarray().astype(np.int16)
        if before is not None and np.abs(now - before).mean() / 255 > SCENE_CHANGE:
            begins.append(max(0.0, frame.time - _start(stream)))
        before = now
    container.seek(0)
    return [(begin + end) / 2 for begin, end in zip(begins, (*begins[1:], max(length, begins[-1])), strict=True)]


def _images(container: Any, stream: Any, places: Sequence[float]) -> Iterator[tuple[float, Image]]:
    """The frame that is shown at each place; the places ascend."""
    start, decoded, shown, until = _start(stream), container.decode(stream), None, 0.0
    for place in places:
        if place - until > FAR:
            container.seek(int((start + place) / stream.time_base), stream=stream)
            decoded = container.decode(stream)
        while until < place and (frame := next(decoded, None)) is not None:
            shown, until = frame, (frame.time or 0.0) - start + 1 / float(stream.average_rate or 25)
        if shown is not None:
            yield place, _upright(shown)


def _upright(frame: Any) -> Image:
    """As a player would show it: telephones film lying and write down by how much to turn it."""
    image: Image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


# --- Pictures ---------------------------------------------------------------------------------------------------


def shrink_picture(control: Control, picture: str | bytes, at_most: int) -> Shrunk:
    """The picture in at most so many bytes. Raise `NotDrawn` for one that moves, or cannot be read."""
    from PIL import Image, ImageOps

    Image.init()
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # twice as many are an error
    try:
        with _opened(picture) as file, Image.open(file, formats=PICTURES) as opened:
            if getattr(opened, "n_frames", 1) > 1:
                raise NotDrawn("it moves, and a smaller one would not")
            before, upright = opened.size, ImageOps.exif_transpose(opened)
            upright.load()
    except (OSError, Image.DecompressionBombError) as error:
        raise NotDrawn(f"it cannot be read: {error}") from None
    size = fitting(*upright.size)
    while len(jpeg := jpeg_of(upright, size)) > at_most and max(size) > 1:
        size = (max(1, size[0] // 2), max(1, size[1] // 2))
    return Shrunk(jpeg=jpeg, before=before, after=size)


def jpeg_of(image: Image, size: tuple[int, int] | None = None) -> bytes:
    """A JPEG file; what is transparent becomes white."""
    from PIL import Image as Images

    resized = image.resize(size or fitting(*image.size), Images.Resampling.LANCZOS)
    if resized.mode in ("RGBA", "LA", "PA", "P"):
        opaque = resized.convert("RGBA")
        resized = Images.alpha_composite(Images.new("RGBA", opaque.size, "white"), opaque)
    content = io.BytesIO()
    resized.convert("RGB").save(content, "JPEG", quality=QUALITY)
    return content.getvalue()
