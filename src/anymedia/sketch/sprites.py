"""The vector drawings: their names, how each stands in a picture, and their pixels in any size and colour.

Most are Fluent Emoji (`data/picture_sprites.zip`), some are our own (`data/picture_drawings/`).
"""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from string import Template
from typing import Any, Literal

import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps

from anymedia.sketch.made import Json

Pixels = NDArray[np.uint8]
Colour = NDArray[np.floating[Any]]
"""Red, green and blue from 0 to 255, in the last axis."""
Moves = Literal["flies", "floats", "walks", "rolls", "stands"]
DATA = files("anymedia.sketch").joinpath("data")
STRIP = 240
"""How wide the backdrops are that a picture shows a part of; it is 100 high."""
DRAWN_AT = (16, 1600)
"""Pixels: a drawing is rendered no smaller and no larger."""
SAME_HUE = 40
"""Degrees: what is this close to the main hue of a drawing takes a new colour with it."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How a drawing stands in a picture: `size` is a share of the shorter side, `home` the scene it belongs to."""

    moves: Moves = "stands"
    place: Literal["ground", "sky", "water", "afloat"] = "ground"
    size: float = 0.34
    home: str = "studio"


@cache
def tables() -> Mapping[str, Json]:
    """`data/picture_words.toml`; callers must not change it."""
    return tomllib.loads(DATA.joinpath("picture_words.toml").read_text(encoding="utf-8"))


@cache
def _drawings() -> Mapping[str, Any]:
    """The SVG file of each drawing."""
    packed = zipfile.Path(io.BytesIO(DATA.joinpath("picture_sprites.zip").read_bytes()))
    files = [file for folder in (packed, DATA.joinpath("picture_drawings")) for file in folder.iterdir()]
    return {file.name.removesuffix(".svg"): file for file in files}


def names() -> frozenset[str]:
    return frozenset(_drawings())


@cache
def _kinds() -> Mapping[str, Kind]:
    facts = [dict(entry) for entry in tables()["kinds"].values()]
    return {name: Kind(**entry) for entry in facts for name in entry.pop("names").split()}


def kind(name: str) -> Kind:
    return _kinds().get(name, Kind())


def colour(text: str) -> Colour:
    return np.array(ImageColor.getrgb(text)[:3], float)


def _rendered(svg: str, size: tuple[int, int]) -> Image.Image:
    """An SVG document as an RGBA picture."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size[0], height=size[1], skip_system_fonts=True)
    return Image.open(io.BytesIO(png)).convert("RGBA")


def backdrop(name: str, size: tuple[int, int], chance: np.random.Generator, facts: Mapping[str, Json]) -> Image.Image:
    """A part of a drawing in `data/picture_backdrops/`, RGBA, maybe mirrored, with `facts` put in.

    The fact `sun_across` is where the sun is, a share of the width.
    """
    file, mirrored = DATA.joinpath("picture_backdrops", name), chance.random() < 0.5
    wide, across = min(STRIP, 100 * size[0] / size[1]), facts.get("sun_across", 0.5)
    left = chance.uniform(0, STRIP - wide)
    if name.endswith(".svg"):
        places = {"width": size[0], "height": size[1], "left": left, "wide": wide}
        places["sun"] = left + wide * (1 - across if mirrored else across)
        image = _rendered(Template(file.read_text(encoding="utf-8")).substitute(facts, **places), size)
    else:
        whole = Image.open(io.BytesIO(file.read_bytes())).convert("RGBA")
        box = (left / STRIP * whole.width, 0, (left + wide) / STRIP * whole.width, whole.height)
        image = whole.resize(size, Image.Resampling.BICUBIC, box=box)
    return ImageOps.mirror(image) if mirrored else image


@lru_cache(maxsize=64)
def drawing(name: str, height: int, colour: str | None = None) -> Pixels:
    """RGBA pixels of a drawing, cut to what is visible, `height` high; do not change them."""
    side = min(DRAWN_AT[1], max(DRAWN_AT[0], height))
    image = _rendered(_drawings()[name].read_text(encoding="utf-8"), (side, side))
    image = image.crop(image.getchannel("A").point(lambda alpha: 255 * (alpha > 24)).getbbox())
    image = image.resize((max(1, round(image.width * height / image.height)), height), Image.Resampling.LANCZOS)
    pixels = np.array(image)
    return pixels if colour is None else _recoloured(pixels, colour)


def _recoloured(pixels: Pixels, colour: str) -> Pixels:
    """The same drawing with its main hue turned into `colour` ("#rrggbb"), its light and shade kept."""
    share = _main_hue(pixels)
    light = pixels[..., :3] @ np.array([0.3, 0.59, 0.11])
    shade = (light - np.average(light, weights=share * pixels[..., 3] + 1e-6))[..., None]
    tinted = np.clip(ImageColor.getrgb(colour) + np.where(shade > 0, shade * 0.55, shade * 0.8), 0, 255)
    mixed = pixels.copy()
    mixed[..., :3] = pixels[..., :3] + (tinted - pixels[..., :3]) * share[..., None]
    return mixed


def _main_hue(pixels: Pixels) -> NDArray[Any]:
    """How much each pixel has the main hue, 0 to 1; of a grey drawing, how light it is."""
    hue, saturation, value = np.moveaxis(np.array(Image.fromarray(pixels[..., :3]).convert("HSV"), float), -1, 0)
    vivid, share = saturation / 255 * pixels[..., 3] * (value > 40), (value - 60) / 60
    if vivid.sum() >= 0.12 * pixels[..., 3].sum():
        counts = np.bincount((hue // 4).astype(int).ravel(), vivid.ravel(), 64)
        main = np.argmax([np.roll(counts, -bin)[[-2, -1, 0, 1, 2]].sum() for bin in range(64)]) * 4 + 2
        apart = np.abs((hue - main + 128) % 256 - 128) * 360 / 256
        share = np.clip((SAME_HUE + 15 - apart) / 15, 0, 1) * saturation / 60
    clipped: NDArray[Any] = np.clip(share, 0, 1)
    return clipped


def shadowed(image: Pixels) -> Pixels:
    """A drawing, RGBA, on a soft shadow that is an eighth wider than it on each side and reaches a little lower."""
    height, width = image.shape[:2]
    margin, deep = round(width * 0.12), max(2, round(min(height, width) * 0.055))
    whole = np.full((height + deep, width + 2 * margin, 4), (18, 18, 34, 0), np.uint8)
    x = (np.arange(whole.shape[1]) - whole.shape[1] / 2) / (width * 0.42)
    y = (np.arange(whole.shape[0]) - height + deep * 0.3) / deep
    whole[..., 3] = 115 * np.exp(-(x[None, :] ** 4) - y[:, None] ** 2 * 1.2)
    shadow = Image.fromarray(whole)
    shadow.alpha_composite(Image.fromarray(image), (margin, 0))
    return np.asarray(shadow)


def reflected(image: Pixels, sunk: float) -> Pixels:
    """A drawing, faded out towards its foot by the share `sunk`, above its faint mirror image."""
    shares = np.clip((1 - np.linspace(0, 1, image.shape[0])) / sunk, 0, 1)
    mirror = np.linspace(0.3, 0, max(1, round(image.shape[0] * 0.4)))
    whole = np.concatenate([image, image[::-1][: len(mirror)]])
    whole[..., 3] = whole[..., 3] * np.concatenate([shares, mirror])[:, None]
    return whole
