"""Frames and sound to one MP4 or WebM file, with PyAV. Knows nothing of what the frames show.

Frames are encoded as they come and never collected. The same frames and sound give the same bytes: bit-exact flags
keep versions and random identifiers out. Codecs and their options are data: `data/video_formats.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Literal

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

FilmFormat = Literal["mp4", "webm"]
FORMATS = tomllib.loads(files("anymedia.sketch").joinpath("data/video_formats.toml").read_text(encoding="utf-8"))
SOUND_RATE = 48_000
"""Hz. Opus knows no 44100."""


def write(
    path: Path,
    frames: Iterable[Image.Image],
    *,
    size: tuple[int, int],
    frames_per_second: int,
    sound: NDArray[np.float32] | None,
    comment: str,
) -> None:
    """Encode RGB `frames` of `size` and `sound`, stereo of shape (2, n) at SOUND_RATE, into `path` (.mp4 or .webm).

    There is a key frame every two seconds. An exception from `frames` goes through, and no half file stays behind.
    """
    facts = FORMATS[path.suffix.removeprefix(".")]
    options = {**facts["video_options"], "g": str(2 * frames_per_second)}
    try:
        with av.open(path, "w", options=facts["container_options"]) as container:
            container.metadata["comment"] = comment
            pictures = container.add_stream(facts["video_codec"], rate=frames_per_second, options=options)
            pictures.width, pictures.height = size
            if sound is not None:
                heard = container.add_stream(facts["sound_codec"], rate=SOUND_RATE, bit_rate=128_000)
                container.mux([*heard.encode(_sound_frame(sound)), *heard.encode(None)])
            for number, frame in enumerate(frames):
                container.mux(pictures.encode(_video_frame(frame, number, frames_per_second)))
            container.mux(pictures.encode(None))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _video_frame(picture: Image.Image, number: int, frames_per_second: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24").reformat(
        format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    frame.pts, frame.time_base = number, Fraction(1, frames_per_second)
    return frame


def _sound_frame(sound: NDArray[np.float32]) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = SOUND_RATE, Fraction(1, SOUND_RATE), 0
    return frame
