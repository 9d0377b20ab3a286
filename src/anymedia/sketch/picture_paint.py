"""Painting with arrays: noise, ramps of colour, and a canvas that layers go onto. Knows nothing of prompts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from anymedia.sketch.sprites import Pixels

Plane = NDArray[np.floating[Any]]
"""(height, width), or something that broadcasts to it."""
Colour = NDArray[np.floating[Any]]
"""Red, green and blue from 0 to 255, in the last axis."""


def colour(text: str) -> Colour:
    return np.array(ImageColor.getrgb(text)[:3], np.float32)


def css(value: Colour) -> str:
    """A colour as SVG has it."""
    return "rgb({:.0f},{:.0f},{:.0f})".format(*np.clip(value, 0, 255))


def ramp(colours: Iterable[str | Colour], share: Plane) -> Colour:
    """The colour at `share`, 0 to 1, of an even run through `colours`."""
    stops = np.array([colour(text) if isinstance(text, str) else text for text in colours])
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(share, places, channel) for channel in stops.T], axis=-1).astype(np.float32)


def smooth(low: float, high: float, value: Plane) -> Plane:
    """0 below `low`, 1 above `high`, soft between."""
    share: Plane = np.clip((value - low) / (high - low), 0, 1)
    return share * share * (3 - 2 * share)


class Canvas:
    """Float pixels `rgb`, (height, width, 3), and places on them: `x` and `y` as shares, `wide` the aspect ratio."""

    def __init__(self, width: int, height: int, chance: np.random.Generator) -> None:
        self.width, self.height, self.wide, self.chance = width, height, width / height, chance
        self.size = (width, height)
        self.rgb = np.zeros((height, width, 3), np.float32)
        self.x = ((np.arange(width, dtype=np.float32) + 0.5) / width)[None, :]
        self.y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]

    def over(self, paint: Colour, share: Plane) -> None:
        """Lay `paint` over the canvas where `share` is 1."""
        self.rgb += (paint - self.rgb) * share[..., None]

    def noise(self, across: float, down: float, octaves: int = 5) -> Plane:
        """Soft noise from 0 to 1 with `down` bumps over the height and `across` over the same length."""
        total: Plane = np.zeros((self.height, self.width), np.float32)
        for octave in range(octaves):
            cells = (max(1, round(across * self.wide)), max(1, round(down)))
            columns, rows = (min(side, cell * 2**octave) + 1 for cell, side in zip(cells, self.size, strict=True))
            grid = Image.fromarray(self.chance.random((rows, columns), np.float32))
            total += np.asarray(grid.resize(self.size, Image.Resampling.BICUBIC)) * 0.5**octave
        return np.asarray((total - total.min()) / np.maximum(1e-6, np.ptp(total)))

    def away(self, x: float, y: float) -> Plane:
        """The distance from a place, in shares of the height."""
        return np.hypot((self.x - x) * self.wide, self.y - y)

    def paste(self, drawing: Pixels, left: int = 0, top: int = 0) -> None:
        """Lay RGBA pixels over the canvas."""
        x, y = max(0, left), max(0, top)
        part = drawing[y - top : max(0, self.height - top), x - left : max(0, self.width - left)].astype(np.float32)
        target = self.rgb[y : y + part.shape[0], x : x + part.shape[1]]
        target += (part[..., :3] - target) * (part[..., 3:] / 255)

    def pixels(self) -> Pixels:
        """Dithered, so that ramps show no bands."""
        grain = self.chance.random((self.height, self.width, 1), np.float32) * 1.6 - 0.3
        return np.clip(self.rgb + grain, 0, 255).astype(np.uint8)
