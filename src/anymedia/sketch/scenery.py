"""Paints what is behind the subjects: sky, land, water, town, room, deep sea, space, or an abstract ground.

What is painted for which ground is data, the tables `grounds` and `fars`: plants, and backdrops that chance cuts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from math import sqrt

import numpy as np
from PIL import Image, ImageChops

from anymedia.sketch import sprites
from anymedia.sketch.made import Json
from anymedia.sketch.reading import Picture
from anymedia.sketch.sprites import Colour, Pixels, colour, tables

MOST_PIXELS = 1_300_000
"""Scenery is soft: beyond this it is painted smaller and enlarged."""
HORIZON = 0.6


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """`pixels` (height, width, 3); the ground begins at `horizon`, a share of the height; `tint`: the light, 0 to 1."""

    pixels: Pixels
    horizon: float
    tint: Colour


def paint(picture: Picture, width: int, height: int, chance: np.random.Generator) -> Scenery:
    """The scenery of `picture`, `width` x `height` pixels."""
    ground = tables()["grounds"][picture.ground]
    tint = np.array(tables()["light"][picture.time_of_day]["tint"]) * (1.0 if picture.weather is None else 0.88)
    tint, horizon = np.maximum(tint, ground.get("darkest", 0.0)), ground.get("horizon", HORIZON)
    scale = min(1.0, sqrt(MOST_PIXELS / (width * height)))
    image = Image.new("RGB", (max(16, round(width * scale)), max(16, round(height * scale))))
    facts = _facts(picture, tint, horizon, chance)
    for layer in _layers(picture):
        if "plants" in layer:
            _plant(image, facts | layer, tint, chance)
        else:
            _draw(image, facts | _palette(picture, layer, chance) | layer, tint, chance)
    pixels = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))
    return Scenery(pixels=pixels, horizon=horizon, tint=tint)


def _facts(picture: Picture, tint: Colour, horizon: float, chance: np.random.Generator) -> dict[str, Json]:
    """What drawings are told of the light: colours as SVG has them, lengths where the picture is 100 high."""
    light, clear = tables()["light"][picture.time_of_day], picture.weather is None
    haze = colour(tables()["grounds"][picture.ground].get("haze", light["haze"]))
    # Weather greys the sky by 0.6 and the haze by 0.5.
    grey = colour("#8e99a6") * light["tint"]
    sky = [colour(text) if clear else colour(text) * 0.4 + grey * 0.6 for text in light["sky"]]
    haze = haze if clear else haze * 0.5 + grey * 0.5
    colours = {
        "sky_high": sky[0],
        "sky_middle": sky[1],
        "sky_low": sky[2],
        "haze": haze,
        "lit_haze": haze / tint,
        "sea": colour("#1d5f95") * tint,
    }
    low, high = horizon - (0.21 if picture.far else 0.07), 0.4 if picture.lettering else chance.uniform(0.13, 0.2)
    return {
        **light["drawings"],
        **{name: "rgb({:.0f},{:.0f},{:.0f})".format(*np.clip(paint, 0, 255)) for name, paint in colours.items()},
        "horizon": 100 * horizon,
        "sun_across": chance.uniform(0.18, 0.82),
        "sun_height": 100 * (low if light["low"] else high),
        "sun_share": float(clear),
    }


def _palette(picture: Picture, layer: Json, chance: np.random.Generator) -> dict[str, str]:
    """The colours of the picture, or else some that go together, for as many as a drawing may need."""
    colours = picture.colours or chance.choice(tables()["palettes"][layer.get("palette", "walls")])
    return dict(zip(("one", "two", "three", "four"), cycle(colours), strict=False))


def _layers(picture: Picture) -> Iterator[Json]:
    """The layers of the ground, with those of the sky and of what is far away in their places."""
    fars, light = tables()["fars"], tables()["light"][picture.time_of_day]
    many = "clouds" in picture.sights or picture.weather is not None
    clouds = "clouds_high.webp" if picture.ground == "sky" else "clouds_many.webp" if many else "clouds.webp"
    named = fars.get(f"{picture.far} {picture.ground}") or fars.get(picture.far, {})
    named = {**named, "sky": [*light["layers"], {"drawing": clouds, "share": light["clouds"]}]}
    for layer in tables()["grounds"][picture.ground]["layers"]:
        yield from named.get(layer, ()) if isinstance(layer, str) else [layer]
    if picture.weather == "fog":
        yield {"drawing": "fog.svg", "lit": False}
    yield {"drawing": "corners.svg"}


def _draw(image: Image.Image, facts: Json, tint: Colour, chance: np.random.Generator) -> None:
    """Put a `drawing` on the image, `share` of it, in the scene's light unless it is not `lit`."""
    drawn = sprites.backdrop(str(chance.choice(facts["drawing"].split())), image.size, chance, facts)
    red, green, blue = np.round(255 * tint).astype(int).tolist() if facts.get("lit", True) else (255, 255, 255)
    pixels = ImageChops.multiply(drawn.convert("RGB"), Image.new("RGB", image.size, (red, green, blue)))
    image.paste(pixels, mask=drawn.getchannel("A").point(lambda alpha: alpha * facts.get("share", 1)))


def _plant(image: Image.Image, facts: Json, tint: Colour, chance: np.random.Generator) -> None:
    """Put `plants` about `high`, with their feet at `foot`, on `pick` of the `places`, in shares of the image.

    `veil` is how much haze hides them.
    """
    for place in chance.permutation(facts["places"])[: facts["pick"]]:
        size = max(2, round(facts["high"] * chance.uniform(0.85, 1.15) * min(image.size)))
        # Few sizes are rendered and then resized: a forest would be slow otherwise.
        whole = Image.fromarray(sprites.drawing(str(chance.choice(facts["plants"])), 64 * -(-size // 64)))
        drawing = np.array(whole.resize((max(2, round(whole.width * size / whole.height)), size)))
        drawing[..., :3] = drawing[..., :3] * tint * (1 - facts["veil"]) + colour(facts["haze"]) * facts["veil"]
        if 100 * facts["foot"] > facts["horizon"]:
            drawing = sprites.shadowed(drawing)
        left = round(place * image.width + chance.uniform(-0.1, 0.1) * size - drawing.shape[1] / 2)
        plant = Image.fromarray(drawing)
        image.paste(plant, (left, round(facts["foot"] * image.height) - size), plant)
