"""Small media files of every kind that Pillow and PyAV (FFmpeg) can write, and what a walk says of bytes."""

from __future__ import annotations

import io
import random
import struct
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from anymedia.engine.containers import Found, NotMedia, NotWhole, Walk

RATE = 12
"""Frames per second of the films made here."""


def pixels(width: int, height: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def picture(kind: str, size: tuple[int, int] = (97, 61), **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels(*size)).save(file, kind, **options)
    return file.getvalue()


def animation(kind: str) -> bytes:
    file = io.BytesIO()
    first, *others = [Image.fromarray(pixels(33, 21, seed)) for seed in range(5)]
    first.save(file, kind, save_all=True, append_images=others, duration=100)
    return file.getvalue()


def film(
    container: str, codec: str, options: dict[str, str] | None = None, audio: str | None = None, seconds: float = 1.0
) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film")
        with av.open(path, "w", format=container, options=options or {}) as output:
            stream: Any = output.add_stream(codec, rate=RATE)
            stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 48, "yuv420p", 6
            sound_stream = output.add_stream(audio, rate=48000, layout="mono") if audio else None
            for index in range(round(RATE * seconds)):
                frame = av.VideoFrame.from_ndarray(pixels(64, 48, index), format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, RATE)
                output.mux(stream.encode(frame))
            if sound_stream:
                play(output, sound_stream, seconds, 48000)
            output.mux(stream.encode(None))
        return path.read_bytes()


def sound(
    container: str, codec: str, rate: int = 44100, options: dict[str, str] | None = None, layout: str = "mono"
) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout, options={"strict": "-2"})
        play(output, stream, 0.4, rate)
    return file.getvalue()


def play(output: Any, stream: Any, seconds: float, rate: int) -> None:
    wave = (np.sin(np.arange(round(rate * seconds)) * 2764 / rate) * 8000).astype(np.int16)[None]
    frame = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(
        format=stream.format.name, layout=stream.layout.name, rate=rate, frame_size=stream.frame_size or 1024
    )
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        output.mux(stream.encode(part))
    output.mux([packet for packet in stream.encode(None) if packet.size or output.format.name != "ogg"])


@cache
def sample(name: str) -> bytes:
    return ALL[name][1]()


PICTURES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "png": ("image/png", partial(picture, "PNG")),
    "png-gray": ("image/png", lambda: grayscale("PNG")),
    "jpeg": ("image/jpeg", partial(picture, "JPEG")),
    "jpeg-progressive": ("image/jpeg", partial(picture, "JPEG", progressive=True)),
    "jpeg-restarts": ("image/jpeg", partial(picture, "JPEG", restart_marker_blocks=2)),
    "webp": ("image/webp", partial(picture, "WEBP")),
    "webp-lossless": ("image/webp", partial(picture, "WEBP", lossless=True)),
    "webp-extended": ("image/webp", partial(picture, "WEBP", exif=b"Exif\0\0odd")),
    "gif": ("image/gif", partial(picture, "GIF")),
    "avif": ("image/avif", partial(picture, "AVIF")),
    "png-animated": ("image/png", partial(animation, "PNG")),
    "gif-animated": ("image/gif", partial(animation, "GIF")),
    "webp-animated": ("image/webp", partial(animation, "WEBP")),
    "avif-animated": ("image/avif", partial(animation, "AVIF")),
}
FRAGMENTS = "frag_keyframe+empty_moov+default_base_moof"
MOVING: dict[str, tuple[str, Callable[[], bytes]]] = {
    "mp4": ("video/mp4", partial(film, "mp4", "libx264")),
    "mp4-faststart": ("video/mp4", partial(film, "mp4", "libx264", {"movflags": "faststart"}, "aac")),
    "mp4-fragmented": ("video/mp4", partial(film, "mp4", "libx264", {"movflags": FRAGMENTS}, "aac")),
    "mp4-first-part-in-moov": ("video/mp4", partial(film, "mp4", "libx264", {"movflags": "frag_keyframe"})),
    "mp4-global-index": ("video/mp4", partial(film, "mp4", "libx264", {"movflags": FRAGMENTS + "+global_sidx"})),
    "mp4-dash": ("video/mp4", partial(film, "mp4", "libx264", {"movflags": "dash+frag_keyframe"})),
    "mp4-av1": ("video/mp4", partial(film, "mp4", "libsvtav1")),
    "mov": ("video/quicktime", partial(film, "mov", "libx264", None, "pcm_s16le", 0.5)),
    "webm": ("video/webm", partial(film, "webm", "libvpx", None, "libopus")),
    "webm-vp9": ("video/webm", partial(film, "webm", "libvpx-vp9")),
    "mkv": ("video/x-matroska", partial(film, "matroska", "libx264", None, "aac")),
}
SOUNDS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "mp3": ("audio/mpeg", partial(sound, "mp3", "libmp3lame")),
    "mp3-22kHz-id3v1": ("audio/mpeg", partial(sound, "mp3", "libmp3lame", 22050, {"write_id3v1": "1"})),
    "wav": ("audio/wav", partial(sound, "wav", "pcm_s16le")),
    "wav-24-bit": ("audio/wav", partial(sound, "wav", "pcm_s24le", 8000)),
    "wav-rf64": ("audio/wav", partial(sound, "wav", "pcm_s16le", 8000, {"rf64": "always"})),
    "opus": ("audio/ogg", partial(sound, "ogg", "libopus", 48000)),
    "vorbis": ("audio/ogg", partial(sound, "ogg", "vorbis", 48000, None, "stereo")),
    "ogg-flac": ("audio/ogg", partial(sound, "ogg", "flac")),
    "flac": ("audio/flac", partial(sound, "flac", "flac")),
    "flac-11700-Hz": ("audio/flac", partial(sound, "flac", "flac", 11700)),
    "m4a": ("audio/mp4", partial(sound, "ipod", "aac")),
    "weba": ("audio/webm", partial(sound, "webm", "libopus", 48000)),
}
OPEN_ENDED: dict[str, tuple[str, Callable[[], bytes]]] = {
    "mp3-without-count": ("audio/mpeg", partial(sound, "mp3", "libmp3lame", 44100, {"write_xing": "0"})),
    "mp2": ("audio/mpeg", partial(sound, "mp2", "mp2")),
    "aac": ("audio/aac", partial(sound, "adts", "aac")),
    "webm-live": ("video/webm", partial(film, "webm", "libvpx", {"live": "1"})),
    "wav-stream": ("audio/wav", lambda: streamed_wav(0xFFFFFFFF)),
    "wav-stream-zero": ("audio/wav", lambda: streamed_wav(0)),
    "mp4-fragments-uncounted": ("video/mp4", lambda: without_fragment_index(sample("mp4-fragmented"))),
}
"""Formats where nothing declares the length: a cut between two frames cannot show, and `length_declared` is False."""
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40px" height="30"><g>\xc3\xa9</g></svg>'
TEXTS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "svg": ("image/svg+xml", lambda: SVG),
    "midi": ("audio/midi", lambda: midi(b"\x00\x90\x3c\x40\x60\x80\x3c\x40", b"")),
}
CLOSED = {**PICTURES, **MOVING, **SOUNDS, **TEXTS}
ALL = {**CLOSED, **OPEN_ENDED}


def grayscale(kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels(31, 17)).convert("L").save(file, kind)
    return file.getvalue()


def streamed_wav(size: int) -> bytes:
    whole = sample("wav")
    at = whole.index(b"data")
    return whole[:4] + struct.pack("<I", size) + whole[8 : at + 4] + struct.pack("<I", size) + whole[at + 8 :]


def without_fragment_index(whole: bytes) -> bytes:
    return whole[: whole.index(b"mfra") - 4]


def midi(*tracks: bytes) -> bytes:
    chunks = [track + b"\x00\xff\x2f\x00" for track in tracks]
    header = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), 480)
    return header + b"".join(b"MTrk" + struct.pack(">I", len(chunk)) + chunk for chunk in chunks)


def walked(data: bytes, size: int | None = None) -> Found:
    walk = Walk()
    size = size or max(1, len(data))
    for start in range(0, len(data), size):
        walk.feed(memoryview(data)[start : start + size])
    return walk.finish()


def verdict(data: bytes, sizes: Iterator[int]) -> object:
    walk = Walk()
    at = 0
    while at < len(data):
        size = next(sizes)
        walk.feed(data[at : at + size])
        at += size
    try:
        return walk.finish()
    except NotWhole as error:
        return error.reason
    except NotMedia as error:
        return error.reason, error.looks_like


def random_sizes(rnd: random.Random) -> Iterator[int]:
    while True:
        yield rnd.choice([1, 2, 3, 13, 100, 1000, 10_000])
