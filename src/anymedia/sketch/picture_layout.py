"""Decides where the subjects stand, how large they are, and renders each with its shadow or reflection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from PIL import Image

from anymedia.sketch import sprites
from anymedia.sketch.reading import Picture, Subject
from anymedia.sketch.sprites import Colour, Moves, Pixels, tables

HERO, BACK_ROW, SIDE_DISH = 0.36, 0.48, 0.6
"""The largest subject takes at least the share HERO of the shorter side. What is larger than BACK_ROW stands behind
the others. What belongs on a table is drawn at SIDE_DISH of its size elsewhere."""
WIDEST, HIGHEST, SPREAD = 0.92, 0.86, 0.96
"""The shares of the frame that a row may fill, and of its width that the row with its gaps takes."""
STRAY = 0.035
"""How far, in widths of the frame, chance moves a subject from its place in the row."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A subject as a layer: RGBA pixels, and where their top left corner is, in pixels of the background."""

    image: Pixels
    x: int
    y: int
    noun: str
    moves: Moves


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where subjects may go: from `left`, `width` x `height` pixels; the `horizon` is a share; `tint` the light."""

    left: int = 0
    width: int
    height: int
    horizon: float = 0.55
    tint: Colour


@dataclass(frozen=True, kw_only=True)
class _Item:
    subject: Subject
    row: str
    image: Pixels


def place(picture: Picture, frame: Frame, chance: np.random.Generator) -> tuple[Placed, ...]:
    """All subjects of `picture`, the far ones first."""
    items = _items(picture, frame, chance)
    names = dict.fromkeys(item.row for item in items)
    rows = [[item for item in items if item.row == name] for name in names] if len(items) > 4 else [items]
    placed = [pair for row in rows if row for pair in _spread(row, picture, frame, chance)]
    return tuple(layer for _, layer in sorted(placed, key=lambda pair: pair[0]))


def _items(picture: Picture, frame: Frame, chance: np.random.Generator) -> list[_Item]:
    carried = [subject for subject in picture.subjects if subject.on is None]
    largest = max((_size(subject, picture) / subject.scale for subject in carried), default=1.0)
    unit = min(2.0, max(1.0, HERO / largest)) * min(frame.height, frame.width * 1.1)
    items = []
    for subject in [one for one in carried for _ in range(one.count)]:
        image = _image(subject, picture, _size(subject, picture) * unit * chance.uniform(0.9, 1.04))
        items.append(_Item(subject=subject, row=_row(subject, picture), image=image))
    return items


def _size(subject: Subject, picture: Picture) -> float:
    smaller = subject.kind.home == "table" and picture.ground not in ("table", "studio")
    return subject.kind.size * subject.scale * (SIDE_DISH if smaller else 1.0)


def _row(subject: Subject, picture: Picture) -> str:
    """The row of the table `rows` where the subject stands."""
    place = subject.kind.place
    if "floating" in tables()["grounds"][picture.ground] or (picture.ground == "seabed" and place != "ground"):
        return "floating"
    if subject.aloft or place == "sky":
        return "sky"
    if picture.ground == "water":
        return "ashore" if place == "ground" else "afloat"
    return "back" if subject.kind.size > BACK_ROW else "front"


def _image(subject: Subject, picture: Picture, size: float) -> Pixels:
    """A drawing `size` pixels high, with what rides it, or stands on it, on top."""
    image, kind = sprites.drawing(subject.sprite, max(4, round(size)), subject.colour), subject.kind
    riders = [other for other in picture.subjects if other.on is not None and picture.subjects[other.on] is subject]
    for rider in riders:
        share = min(1.2, max(0.3, rider.kind.size / kind.size * 0.72)) / sqrt(rider.count)
        upper = np.concatenate([_image(rider, picture, size * share)] * rider.count, axis=1)
        # A rider sits a little under the upper edge of the middle; a seat of furniture is lower.
        middle = image[:, round(image.shape[1] * 0.4) : round(image.shape[1] * 0.6) + 1, 3]
        edge = np.median(np.argmax(middle > 128, axis=0)) + 0.14 * image.shape[0]
        image = _stacked(image, upper, round(max(edge, (0.45 if kind.home == "room" else 0.2) * image.shape[0])))
    if subject.on is None and _row(subject, picture) == "ashore":
        islet = sprites.drawing("islet", max(2, round(image.shape[1] * 0.36)))
        image = _stacked(islet, image, islet.shape[0] // 2)
    return image


def _stacked(under: Pixels, upper: Pixels, foot: int) -> Pixels:
    """`upper` in front of `under`, with its foot on the row `foot` of `under`."""
    rise = max(0, upper.shape[0] - foot)
    whole = Image.new("RGBA", (max(under.shape[1], upper.shape[1]), under.shape[0] + rise))
    for image, top in ((under, rise), (upper, rise + foot - upper.shape[0])):
        whole.alpha_composite(Image.fromarray(image), ((whole.width - image.shape[1]) // 2, top))
    return np.asarray(whole)


def _spread(
    items: Sequence[_Item], picture: Picture, frame: Frame, chance: np.random.Generator
) -> Iterator[tuple[float, Placed]]:
    """Items side by side around the middle, in two lanes where they are many. Pairs of depth and layer."""
    lanes, count = 1 if len(items) < 4 else 2, len(items)
    # What stands in different rows may overlap a little.
    share = (1.1 if len({item.row for item in items}) == 1 else 0.86) / lanes
    shuffled = [items[index] for index in chance.permutation(count)]
    widths = np.array([item.image.shape[1] for item in shuffled])
    middles = np.cumsum(widths * share) - widths * share / 2
    first, last = np.min(middles - widths / 2), np.max(middles + widths / 2)
    tallest = max(item.image.shape[0] for item in items)
    scale = min(1.0, WIDEST * frame.width / (last - first), HIGHEST * frame.height / tallest)
    gap = (frame.width * SPREAD - (last - first) * scale) / (count + 1)
    middles = (middles - (first + last) / 2) * scale + gap * (np.arange(count) - (count - 1) / 2)
    middles += frame.left + frame.width / 2 + chance.uniform(-1, 1, count) * min(gap / 2, STRAY * frame.width)
    for number, (item, middle) in enumerate(zip(shuffled, middles, strict=True)):
        size = [max(2, round(side * scale)) for side in item.image.shape[1::-1]]
        image = np.array(Image.fromarray(item.image).resize(size, Image.Resampling.LANCZOS))
        lane = (number % lanes - (lanes - 1) / 2) * tables()["rows"][item.row]["lane"]
        foot = _foot(item.row, size[1] / frame.height, lane + chance.uniform(-1, 1) * STRAY, picture, frame)
        yield foot + 2 * (item.row == "sky"), _layer(item, image, middle, foot * frame.height, frame.tint)


def _foot(row: str, high: float, aside: float, picture: Picture, frame: Frame) -> float:
    """Where an item of the height `high` ends below; both are shares of the frame."""
    facts = tables()["rows"][row]
    if "ground" in facts:
        foot: float = frame.horizon + (1 - frame.horizon) * (facts["ground"] + aside)
    else:
        foot = facts["from" if picture.lettering is None else "under_text"] + facts["rises"] * high + aside
    return min(0.96, foot)


def _layer(item: _Item, image: Pixels, middle: float, foot: float, tint: Colour) -> Placed:
    high, moves, above = image.shape[0], item.subject.kind.moves, item.row in ("sky", "floating")
    # Subjects take half of the darkness, so that they stand out from the scenery.
    image[..., :3] = image[..., :3] * np.sqrt(tint)
    if item.row in ("back", "front"):
        image = sprites.shadowed(image)
    elif item.row == "afloat":
        image = sprites.reflected(image, 0.24 if item.subject.kind.place == "water" else 0.1)
    elif above and moves not in ("flies", "floats"):
        moves = "flies" if item.subject.aloft else "floats"
    x, y = round(middle - image.shape[1] / 2), round(foot) - high
    return Placed(image=image, x=x, y=y, noun=item.subject.word, moves=moves)
