"""Small films, and what was sent of them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from anymedia.sketch.film import write
from anymedia.testing.emulator.messages import ReceivedRequest


def film(
    path: Path, *, seconds: float, colours: Sequence[str] = ("red",), size: tuple[int, int] = (64, 48), rate: int = 10
) -> Path:
    """A film whose scenes are plain colours, all equally long."""
    number = round(seconds * rate)
    frames = (Image.new("RGB", size, colours[index * len(colours) // number]) for index in range(number))
    write(path, frames, size=size, frames_per_second=rate, sound=None, comment="a film of a test")
    return path


def pieces(request: ReceivedRequest) -> list[dict[str, Any]]:
    """The content of the question as OpenAI was sent it."""
    (message,) = request.json["input"]
    return list(message["content"])


def pictures(request: ReceivedRequest) -> list[Image.Image]:
    """The pictures that OpenAI was sent, decoded; each must be a whole JPEG or PNG."""
    uris = [piece["image_url"] for piece in pieces(request) if piece["type"] == "input_image"]
    found = [Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2], validate=True))) for uri in uris]
    for each in found:
        each.load()
    return found


def colour(picture: Image.Image) -> str:
    """Which of red, green and blue a plain picture is."""
    pixel: Any = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    return ("red", "green", "blue")[max(range(3), key=lambda channel: pixel[channel])]
