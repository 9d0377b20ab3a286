"""The illustrator: a prompt becomes a picture, drawn by procedure and vector sprites, not by a diffusion model."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, PngImagePlugin

from anymedia.sketch import finishes, lettering, picture_inputs, picture_layout, reading, scenery, sprites
from anymedia.sketch.made import CannotMake, Json, Label, Made, Progress, SourceType
from anymedia.sketch.picture_layout import Frame, Placed
from anymedia.sketch.reading import Picture
from anymedia.sketch.sprites import Pixels, tables

__all__ = ["Placed", "Stage", "draw", "flatten", "stage"]

ENGINE = "illustrator: drawn by procedure and vector sprites, not a diffusion model"
ENGINES: Mapping[bool, tuple[str, SourceType]] = {
    False: (ENGINE, "algorithmicMedia"),
    True: (f"{ENGINE}; finished by a neural style network", "trainedAlgorithmicMedia"),
}
"""What a picture's label says, by whether its finish is neural."""
SIDES = (64, 4096)
"""Pixels."""
FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
FALLING = ("rain", "snow")
ABLE = "it can add things and lettering and change the light, the weather and the finish"
PictureFormat = Literal["png", "jpeg", "webp"]
Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The layers of a picture, before its finish. `background` is (height, width times overscan, 3).

    `weather` is "rain", "snow", "fog" (which is in the background) or None; whoever flattens the stage draws it.
    `lettering` is an RGBA layer of the size of the frame.
    """

    background: Pixels
    placed: tuple[Placed, ...]
    weather: str | None
    lettering: Image.Image | None


def stage(picture: Picture, *, width: int, height: int, seed: int, overscan: float = 1.0) -> Stage:
    """Paint the scenery and place the subjects, in the middle `width` pixels of the wide background."""
    chance, wide = _chance(picture, seed), round(width * overscan)
    painted = scenery.paint(picture, wide, height, chance)
    frame = Frame(left=(wide - width) // 2, width=width, height=height, horizon=painted.horizon, tint=painted.tint)
    return _populated(picture, painted.pixels, frame, chance)


def _populated(picture: Picture, background: Pixels, frame: Frame, chance: np.random.Generator) -> Stage:
    placed = picture_layout.place(picture, frame, chance)
    text = None if picture.lettering is None else lettering.layer(picture.lettering, frame.width, frame.height)
    return Stage(background=background, placed=placed, weather=picture.weather, lettering=text)


def flatten(staged: Stage, seed: int) -> Image.Image:
    """One RGBA picture of a stage without overscan."""
    image = Image.fromarray(staged.background).convert("RGBA")
    for layer in staged.placed:
        whole = Image.new("RGBA", image.size)
        whole.paste(Image.fromarray(layer.image), (layer.x, layer.y))
        image.alpha_composite(whole)
    if staged.weather in FALLING:
        image.alpha_composite(
            sprites.backdrop(f"{staged.weather}.svg", image.size, np.random.default_rng(abs(seed)), {})
        )
    if staged.lettering is not None:
        image.alpha_composite(staged.lettering)
    return image


def draw(
    *,
    prompt: str,
    width: int,
    height: int,
    seed: int,
    output_format: PictureFormat,
    folder: Path,
    style: str | None = None,
    inputs: tuple[Path, ...] = (),
    mask: Path | None = None,
    transparent: bool = False,
    progress: Progress,
) -> Made:
    """Write `folder`/picture.png, .jpeg or .webp, exactly `width` x `height` pixels.

    The first of `inputs`, cut to cover the size, is changed instead of a new picture being drawn, with `mask` only
    where the mask is clear (or black). `transparent` draws the subjects alone. `style` is one of
    `reading.finishes()`. The same arguments give the same bytes. Raises CannotMake for what it cannot do.
    """
    size = (width, height)
    _check(size, output_format, transparent, inputs, mask)
    picture = reading.read(prompt, style)
    progress(0.1)
    if inputs:
        image = _edited(picture, inputs[0], mask, size, seed)
    elif transparent:
        image = _cut_out(picture, size, seed)
    else:
        image = _finished(stage(picture, width=width, height=height, seed=seed), picture, seed).convert("RGB")
    progress(0.8)
    engine, source_type = ENGINES[picture.finish in finishes.NEURAL]
    label = Label(engine=engine, prompt=prompt, seed=seed, source_type=source_type)
    path = folder / f"picture.{output_format}"
    _save(image, path, label, exact=mask is not None)
    progress(1.0)
    return Made(
        path=path,
        media_type=FORMATS[output_format],
        label=label,
        plan=picture.document(),
        ignored_words=picture.ignored_words,
        warnings=_warnings(picture, len(inputs), mask, output_format),
        width=width,
        height=height,
    )


def _check(size: Size, output_format: str, transparent: bool, inputs: tuple[Path, ...], mask: Path | None) -> None:
    faults = {
        f"`width` must be from {SIDES[0]} to {SIDES[1]} pixels, got {size[0]}": not SIDES[0] <= size[0] <= SIDES[1],
        f"`height` must be from {SIDES[0]} to {SIDES[1]} pixels, got {size[1]}": not SIDES[0] <= size[1] <= SIDES[1],
        f"`output_format` must be one of {', '.join(FORMATS)}, got {output_format!r}": output_format not in FORMATS,
        "jpeg has no transparency; use png or webp for `transparent`": transparent and output_format == "jpeg",
        "the background of a given picture cannot be taken away; draw without `inputs`": transparent and inputs,
        "a mask needs a picture in `inputs`": mask and not inputs,
    }
    for fault in (sentence for sentence, holds in faults.items() if holds):
        raise CannotMake(fault)


def _chance(picture: Picture, seed: int) -> np.random.Generator:
    return np.random.default_rng([abs(seed), zlib.crc32(picture.prompt.encode())])


def _warnings(picture: Picture, given: int, mask: Path | None, output_format: str) -> tuple[str, ...]:
    unknown, ignored = lettering.missing(picture.lettering or ""), ", ".join(picture.ignored_words)
    stays = given and picture.names_scene and mask is None
    said = {
        f"not understood, so not drawn: {ignored}": ignored,
        f"the lettering font has no {unknown!r}": unknown,
        f"only the first of {given} pictures is used": given > 1,
        f"the scenery of a given picture stays: {picture.scene!r} needs a mask": stays,
        "jpeg keeps what is outside the mask only roughly; png and webp keep it": mask and output_format == "jpeg",
    }
    return (*picture.substitutions, *(sentence for sentence, holds in said.items() if holds))


def _finished(staged: Stage, picture: Picture, seed: int) -> Image.Image:
    """The stage in one RGBA picture, in the finish of `picture`."""
    image = flatten(staged, seed)
    if picture.finish is not None:
        alpha, image = image.getchannel("A"), finishes.apply(image.convert("RGB"), picture.finish)
        image.putalpha(alpha)
    return image


def _cut_out(picture: Picture, size: Size, seed: int) -> Image.Image:
    """The subjects and the lettering alone, RGBA."""
    if not picture.subjects and picture.lettering is None:
        raise CannotMake("`transparent` draws subjects only, and the prompt names none that can be drawn")
    clear = np.zeros((size[1], size[0], 4), np.uint8)
    frame = Frame(width=size[0], height=size[1], tint=np.ones(3))
    staged = _populated(replace(picture, weather=None), clear, frame, _chance(picture, seed))
    return _finished(staged, picture, seed)


def _edited(picture: Picture, source: Path, mask: Path | None, size: Size, seed: int) -> Image.Image:
    """The picture at `source` with what the prompt adds; outside the mask every pixel stays."""
    if picture.removes:
        raise CannotMake(f"{picture.removes!r} is beyond the illustrator: {ABLE}")
    wishes = (picture.subjects, picture.lettering, picture.finish, picture.weather, picture.names_time)
    if not any(wishes) and (mask is None or not picture.names_scene):
        raise CannotMake(f"the prompt asks for no change that the illustrator can make: {ABLE}")
    before = picture_inputs.opened(source, size)
    area = Image.new("L", size, 255) if mask is None else picture_inputs.area(mask, size)
    box = area.getbbox() or (0, 0, *size)
    part = before.crop(box)
    if mask is not None and picture.names_scene:
        staged = stage(picture, width=part.width, height=part.height, seed=seed)
    else:
        tint = np.array(tables()["light"][picture.time_of_day if picture.names_time else "day"]["tint"])
        frame, background = Frame(width=part.width, height=part.height, tint=tint), np.asarray(part) * tint
        staged = _populated(picture, background.astype(np.uint8), frame, _chance(picture, seed))
    after = before.copy()
    after.paste(_finished(staged, picture, seed).convert("RGB"), box[:2])
    return Image.composite(after, before, area)


def _save(image: Image.Image, path: Path, label: Label, *, exact: bool) -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", label.xmp())
    chunks.add_itxt("Description", label.comment())
    # Each format takes its own of these.
    compression: Json = {"compress_level": 4, "quality": 92, "subsampling": 0, "method": 3, "lossless": exact}
    image.save(path, pnginfo=chunks, xmp=label.xmp().encode(), **compression)
