"""One small whole file of each shipped format, to be damaged: made by the emulator, or by the libraries of sketch."""

from __future__ import annotations

import io
from functools import cache

import av
from PIL import Image

from anymedia.testing.emulator import MediaAsked
from anymedia.testing.emulator.pictures import draw

DRAWN = ("png", "jpeg", "webp", "gif", "svg", "wav", "mp3", "aac", "flac", "opus", "mp4")
MIDI = bytes.fromhex("4d546864000000060001000101e04d54726b0000000c00903c4060803c4000ff2f00")


def avif() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "red").save(file, "AVIF")
    return file.getvalue()


def webm() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="webm") as output:
        stream = output.add_stream("libvpx", rate=12)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
        for number in range(6):
            frame = av.VideoFrame(16, 16, "yuv420p")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


@cache
def seeds() -> dict[str, bytes]:
    """Whole files by the name of their format."""
    drawn = {
        name: draw(MediaAsked(prompt="a fox", output_format=name, width=16, height=16, duration=0.5)) for name in DRAWN
    }
    return {**drawn, "midi": MIDI, "avif": avif(), "webm": webm()}
