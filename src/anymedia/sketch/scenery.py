"""Paints what is behind the subjects: sky, land, water, town, room, deep sea, space, or an abstract ground.

What is painted for which ground is data: the tables `grounds` and `fars`. Each layer names a function in PAINTERS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import sqrt

import numpy as np
from PIL import Image

from anymedia.sketch import sprites
from anymedia.sketch.made import Json
from anymedia.sketch.picture_paint import Canvas, colour, css, ramp, smooth
from anymedia.sketch.reading import Picture
from anymedia.sketch.sprites import Pixels, tables

MOST_PIXELS = 1_300_000
"""Scenery is soft: beyond this it is painted smaller and enlarged."""
HORIZON = 0.6


class Scene(Canvas):
    """What the painters share. `sky` is three colours downwards, `sun` a place in shares of the picture.

    `light` is an entry of the table `light`, `tint` what it makes of white, 0 to 1; the ground begins at the share
    `horizon` of the height.
    """

    def __init__(self, picture: Picture, width: int, height: int, chance: np.random.Generator) -> None:
        super().__init__(width, height, chance)
        self.picture, self.light = picture, tables()["light"][picture.time_of_day]
        ground = tables()["grounds"][picture.ground]
        tint, self.haze = np.array(self.light["tint"], np.float32), colour(ground.get("haze", self.light["haze"]))
        self.sky = np.array([colour(text) for text in self.light["sky"]])
        if picture.weather is not None:
            grey = colour("#8e99a6") * tint
            self.sky, self.haze, tint = self.sky * 0.4 + grey * 0.6, self.haze * 0.5 + grey * 0.5, tint * 0.88
        self.tint, self.horizon = np.maximum(tint, ground.get("darkest", 0.0)), ground.get("horizon", HORIZON)
        high = 0.4 if picture.lettering else chance.uniform(0.13, 0.2)
        low = self.horizon - (0.21 if picture.far else 0.07)
        self.sun = (chance.uniform(0.18, 0.82), low if self.light["low"] else high)

    def one_of(self, table: str) -> Json:
        """A random entry of a table of choices."""
        return self.chance.choice(tables()[table]["any"]).tolist()


def paint(picture: Picture, width: int, height: int, chance: np.random.Generator) -> tuple[Pixels, Scene]:
    """The scenery of `picture`, pixels (height, width, 3), and what it was painted with."""
    scale = min(1.0, sqrt(MOST_PIXELS / (width * height)))
    scene = Scene(picture, max(16, round(width * scale)), max(16, round(height * scale)), chance)
    for layer in _layers(picture):
        PAINTERS[layer["paint"]](scene, **{name: fact for name, fact in layer.items() if name != "paint"})
    if picture.weather == "fog":
        scene.over(scene.haze, 0.85 * smooth(0.5, 0.05, np.abs(scene.y - scene.horizon)) * scene.noise(2, 5, 3))
    scene.rgb *= 1.02 - 0.2 * smooth(0.5, 1.1, np.hypot(scene.x - 0.5, scene.y - 0.5) * 1.3)[..., None]
    return np.asarray(Image.fromarray(scene.pixels()).resize((width, height), Image.Resampling.BICUBIC)), scene


def _layers(picture: Picture) -> Iterator[Json]:
    """The layers of the ground, with those of what is far away in their places."""
    fars = tables()["fars"]
    far = fars.get(f"{picture.far} {picture.ground}") or fars.get(picture.far, {})
    for layer in tables()["grounds"][picture.ground]["layers"]:
        yield from far.get(layer, ()) if isinstance(layer, str) else [layer]


def _sky(scene: Scene) -> None:
    """The sky with its stars, its sun or moon, and clouds."""
    light, away, weather = scene.light, scene.away(*scene.sun), scene.picture.weather
    scene.rgb[:] = ramp(scene.sky, np.clip(scene.y / (scene.horizon + 0.04), 0, 1))
    if light["stars"]:
        _drawing(scene, name="stars", lit=False)
    if weather is None:
        shine, edge, soft = colour(light["shine"]), light["radius"], 1.5 / scene.height
        scene.over(shine, np.maximum(np.exp(-away / 0.22) * light["glow"], smooth(edge + soft, edge - soft, away)))
    billows = scene.noise(2.2, 6)
    many = "clouds" in scene.picture.sights or weather is not None or scene.picture.ground == "sky"
    shape = smooth(0.42 if many else 0.56, 0.85, billows) * smooth(scene.horizon + 0.02, scene.horizon - 0.3, scene.y)
    relief = np.clip(0.75 + (billows - np.roll(billows, -max(1, scene.height // 60), axis=0)) * 4, 0, 1)
    bright = 255 * (0.45 + 0.55 * scene.tint) * 0.75 + scene.haze * 0.25
    scene.over(ramp((scene.sky[1] * 0.7 + scene.haze * 0.3, bright), relief), shape * light["clouds"])


def _drawing(scene: Scene, *, name: str, lit: bool = True, **colours: str) -> None:
    """A drawing from `data/picture_backdrops/`, in the scene's light unless it has its own."""
    light = scene.tint if lit else np.ones(3)
    facts = {
        **scene.light["drawings"],
        **colours,
        "wall": scene.picture.colours[0] if scene.picture.colours else scene.one_of("walls"),
        "sky_high": css(scene.sky[0]),
        "sky_middle": css(scene.sky[1]),
        "sky_low": css(scene.sky[2]),
        "haze": css(scene.haze / light),
        "sea": css(colour("#1d5f95") * scene.tint),
        "glitter_share": float(scene.picture.weather is None),
    }
    drawn = np.array(sprites.backdrop(name, scene.size, scene.chance, facts, scene.sun[0]))
    drawn[..., :3] = drawn[..., :3] * light
    scene.paste(drawn)


def _plants(
    scene: Scene,
    *,
    names: Sequence[str],
    high: float,
    foot: float,
    places: Sequence[float],
    pick: int,
    veil: float = 0.0,
) -> None:
    """Drawings about `high` with their feet at `foot`, shares of the height, hidden by `veil` of the haze.

    They stand at `pick` of the `places`, shares of the width.
    """
    for place in scene.chance.permutation(places)[:pick]:
        size = max(2, round(high * scene.chance.uniform(0.85, 1.15) * min(1.0, scene.wide) * scene.height))
        # Few sizes are rendered and then resized: a forest would be slow otherwise.
        whole = Image.fromarray(sprites.drawing(str(scene.chance.choice(names)), 64 * -(-size // 64)))
        drawing = np.array(whole.resize((max(2, round(whole.width * size / whole.height)), size)))
        drawing[..., :3] = drawing[..., :3] * scene.tint * (1 - veil) + scene.haze * veil
        if foot > scene.horizon:
            drawing = sprites.shadowed(drawing)
        left = place * scene.width + scene.chance.uniform(-0.1, 0.1) * size - drawing.shape[1] / 2
        scene.paste(drawing, round(left), round(foot * scene.height) - size)


def _nebula(scene: Scene) -> None:
    scene.rgb[:] = ramp(("#05060f", "#0f1238", "#070816"), scene.y)
    hues = ramp(scene.one_of("nebula"), scene.noise(1.5, 1.5))
    scene.over(hues, smooth(0.36, 0.95, scene.noise(1.4, 2, 6)) * 0.9)


def _abstract(scene: Scene) -> None:
    """Flowing bands of colour: noise that is bent by noise, lit from above."""
    colours = [colour(text) for text in scene.picture.colours or scene.one_of("abstract")]
    if len(colours) < 3:
        colours = [colours[0] * 0.3, colours[0], colours[-1], colours[-1] * 0.45 + 140]
    across, bend, sway = scene.x * scene.wide, scene.noise(1.2, 1.2, 2), scene.noise(1.0, 1.0, 2)
    waves = np.sin(7 * sway + 4 * across) * 0.22 + scene.chance.uniform(-0.5, 0.5) * across
    flow = 1.7 * (scene.y * 2.6 + bend * 1.6 + waves)
    sheet, step = flow % 1, np.floor(flow) * 0.37 % 1
    fold = 1.1 - 0.5 * np.exp(-sheet / 0.09) + 0.25 * smooth(0.8, 1.0, sheet)
    scene.rgb[:] = ramp(colours, np.clip(0.5 * np.abs(2 * step - 1) + 0.5 * sheet, 0, 1)) * fold[..., None]


PAINTERS: Mapping[str, Callable[..., None]] = {
    "sky": _sky,
    "drawing": _drawing,
    "plants": _plants,
    "nebula": _nebula,
    "abstract": _abstract,
}
