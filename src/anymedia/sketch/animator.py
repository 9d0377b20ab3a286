"""The animator: a drawn stage, or a picture that is given, becomes a film with camera, actors, weather and sound.

Frames are made one by one as the encoder takes them. It invents no movement inside a picture and changes no film
that exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import ceil, sin
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from anymedia.sketch import composer, film, finishes, illustrator, lettering, picture_inputs, reading, sound_effects
from anymedia.sketch.film import SOUND_RATE, FilmFormat
from anymedia.sketch.illustrator import Placed, Stage
from anymedia.sketch.made import CannotMake, Label, Made, Progress, SourceType
from anymedia.sketch.motion import FACTS, GAITS, Actor, Matrix, Point, ease, panning

ENGINE = "animator: procedural scenes, vector sprites and camera moves, not a video model"
LIMITS = {"width": (64, 1920), "height": (64, 1920), "frames_per_second": (8, 60), "duration": (0.5, 20.0)}
"""Pixels, frames per second, seconds."""
BACKING_LEVEL = 0.5
"""Music under a film is half as loud as music alone."""
BORDER = 2
"""Clear pixels around a drawing, so that its edge stays soft when it is turned."""
MOVING_WORDS = ("move", "rotate", "flip")
"""Words that change a picture when an edit is asked for, but only describe movement in a film."""


def animate(
    *,
    prompt: str,
    width: int,
    height: int,
    frames_per_second: int,
    duration: float,
    seed: int,
    output_format: FilmFormat,
    folder: Path,
    first_frame: Path | None = None,
    last_frame: Path | None = None,
    with_sound: bool = True,
    style: str | None = None,
    progress: Progress,
) -> Made:
    """Write `folder`/film.mp4 or .webm: `width` x `height` pixels, round(`duration` * `frames_per_second`) frames.

    The film starts with exactly `first_frame` and ends with exactly `last_frame`, cut to cover the frame. Raises
    CannotMake for an odd or unsupported size, rate, duration or format, and for a file that is no picture.
    """
    _check(output_format, width=width, height=height, frames_per_second=frames_per_second, duration=duration)
    count = round(duration * frames_per_second)
    seconds = count / frames_per_second
    picture = reading.read(prompt, style)
    given = None if first_frame is None else picture_inputs.opened(first_frame, (width, height))
    last = None if last_frame is None else picture_inputs.opened(last_frame, (width, height))
    if given is not None and picture.removes not in (None, *MOVING_WORDS):
        raise CannotMake(f"{picture.removes!r}: a film cannot change a given picture, only move over it and add to it")
    overscan = FACTS["overscan"] if given is None else 1.0
    stage = illustrator.stage(picture, width=width, height=height, seed=seed, overscan=overscan)
    if picture.finish is not None:
        stage = _finished(stage, picture.finish, seed)
    sprites = {subject.word: subject.sprite for subject in picture.subjects}
    sound, sound_source = _sound(prompt, seconds, seed) if with_sound else (None, "none")
    source: SourceType = "trainedAlgorithmicMedia" if picture.finish in finishes.NEURAL else "algorithmicMedia"
    label = Label(engine=ENGINE, prompt=prompt, seed=seed, source_type=source)
    path = folder / f"film.{output_format}"
    film.write(
        path,
        _frames(stage, sprites, given, last, (width, height), count, seconds, seed, progress),
        size=(width, height),
        frames_per_second=frames_per_second,
        sound=sound,
        comment=label.comment(),
    )
    unknown = lettering.missing(picture.lettering or "")
    return Made(
        path=path,
        media_type=film.FORMATS[output_format]["media_type"],
        label=label,
        plan={
            **picture.document(),
            "frames": count,
            "frames_per_second": frames_per_second,
            "actors": [{"noun": one.noun, "moves": one.moves} for one in stage.placed],
            "sound": sound_source,
        },
        ignored_words=picture.ignored_words,
        warnings=(*picture.substitutions, *([f"the lettering font has no {unknown!r}"] if unknown else [])),
        width=width,
        height=height,
        duration=seconds,
    )


def _check(output_format: str, **asked: float) -> None:
    for name, value in asked.items():
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise CannotMake(f"`{name}` must be from {low:g} to {high:g}, got {value:g}")
        if name in ("width", "height") and value % 2:
            raise CannotMake(f"`{name}` must be an even number of pixels, got {value:g}")
    if output_format not in film.FORMATS:
        raise CannotMake(f"`output_format` must be {' or '.join(film.FORMATS)}, got {output_format!r}")


def _sound(prompt: str, seconds: float, seed: int) -> tuple[NDArray[np.float32], str]:
    """Exactly `seconds` of the sounds that the prompt names, else of soft music; and what it is."""
    length = round(seconds * SOUND_RATE)
    named = sound_effects.ambience(prompt, duration=seconds, seed=seed)
    if named is not None:
        return named[0][:, :length], ", ".join(sound_effects.understand(prompt).sounds)
    music, _ = composer.backing(prompt, duration=seconds, seed=seed)
    return music[:, :length] * np.float32(BACKING_LEVEL), "soft music"


def _finished(stage: Stage, finish: str, seed: int) -> Stage:
    """The stage in a finish. Each kind of actor is finished in its place, without the others before or behind it."""
    bare = replace(stage, weather=None, lettering=None)
    sheets = {}
    for noun in dict.fromkeys(one.noun for one in stage.placed):
        alone = replace(bare, placed=tuple(one for one in stage.placed if one.noun == noun))
        sheets[noun] = finishes.apply(illustrator.flatten(alone, seed).convert("RGB"), finish)
    placed = []
    for one in stage.placed:
        colours = sheets[one.noun].crop((one.x, one.y, one.x + one.image.shape[1], one.y + one.image.shape[0]))
        placed.append(replace(one, image=np.dstack([np.asarray(colours), one.image[..., 3]])))
    background = finishes.apply(Image.fromarray(stage.background), finish)
    return replace(stage, background=np.asarray(background), placed=tuple(placed))


def _layer(placed: Placed, sprite: str, height: int, phase: float, *, enters: bool) -> tuple[Actor, Image.Image]:
    """An actor and its drawing, RGBA, in a clear border."""
    size = np.array(placed.image.shape[1::-1], dtype=float)
    gait = GAITS[placed.moves]
    anchor = np.array([placed.x, placed.y]) + size * gait.pivot
    actor = Actor(
        size=size,
        anchor=anchor,
        gait=gait,
        heading=np.array(FACTS["headings"].get(sprite, (-1.0, 0.0))),
        phase=phase,
        parallax=1.15 if gait.airborne else 1.0 + 0.1 * anchor[1] / height,
        enters=enters,
    )
    return actor, ImageOps.expand(Image.fromarray(placed.image), BORDER)


def _sheets(weather: str | None, frame: tuple[int, int], chance: np.random.Generator) -> list[Image.Image]:
    """Masks of rain or snow, far to near. Each repeats after a frame's height: a window slides on it without end."""
    if weather not in FACTS["weather"]:
        return []
    facts, (width, height) = FACTS["weather"][weather], frame
    aside = ceil(height * facts["slant"] + 2 * width * facts["sway"])
    sheets = []
    for nearness in FACTS["nearness"]:
        sheet = Image.new("L", (width + aside, 2 * height))
        pen, down = ImageDraw.Draw(sheet), height * nearness * facts["length"]
        thick = max(1, round(height * nearness * facts["thick"]))
        for x, y in chance.uniform((-aside, 0), (width + aside, height), (facts["count"], 2)):
            for turn in (-height, 0, height):
                line = (x + turn * facts["slant"], y + turn, x + (turn + down) * facts["slant"], y + turn + down)
                pen.line(line, fill=facts["light"], width=thick)
        sheets.append(sheet.filter(ImageFilter.GaussianBlur(thick / 3)))
    return sheets


def _frames(
    stage: Stage,
    sprites: Mapping[str, str],
    given: Image.Image | None,
    last: Image.Image | None,
    size: tuple[int, int],
    count: int,
    seconds: float,
    seed: int,
    progress: Progress,
) -> Iterator[Image.Image]:
    chance = np.random.default_rng([seed % 2**63, 5])
    background = Image.fromarray(stage.background) if given is None else given
    layers = [
        _layer(one, sprites.get(one.noun, ""), size[1], chance.uniform(0, 7), enters=given is not None)
        for one in stage.placed
    ]
    camera = panning(
        [actor for actor, _ in layers],
        frame=np.array(size, dtype=float),
        stage=np.array(background.size, dtype=float),
        to_right=bool(chance.integers(2)),
        duration=seconds,
    )
    sheets = _sheets(stage.weather, size, chance)
    for number in range(count):
        share = number / max(1, count - 1)
        frame = background.resize(size, Image.Resampling.BICUBIC, box=camera.box(share))
        for actor, drawing in layers:
            _place(frame, drawing, actor.gait.pivot, *actor.pose(camera, share, seconds))
        if sheets:
            _fall(frame, sheets, stage.weather, share * seconds, appears=given is not None)
        if stage.lettering is not None:
            opacity = ImageEnhance.Brightness(stage.lettering.getchannel("A"))
            frame.paste(stage.lettering, mask=opacity.enhance(ease(share * 4 - 0.6)))
        progress((number + 1) / count)
        yield frame if last is None else Image.blend(frame, last, ease(1 - (1 - share) / FACTS["dissolve"]))


def _place(frame: Image.Image, drawing: Image.Image, pivot: Point, place: Point, turned: Matrix) -> None:
    """Draw an actor with its `pivot` at `place`, to fractions of a pixel."""
    if abs(turned).max() < 0.02:
        return
    size = np.array(drawing.size)
    anchor = (size - 2 * BORDER) * pivot + BORDER
    corners = place + ([[0, 0], [0, 1], [1, 0], [1, 1]] * size - anchor) @ turned.T
    low, high = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    back = np.linalg.inv(turned)
    origin = anchor + back @ (low - place)
    matrix = (*back[0], origin[0], *back[1], origin[1])
    patch = drawing.transform(tuple(high - low), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    frame.paste(patch, tuple(low), patch)


def _fall(frame: Image.Image, sheets: list[Image.Image], weather: str | None, time: float, *, appears: bool) -> None:
    """Draw rain or snow. Weather that `appears` over a given picture does so sheet by sheet."""
    facts = FACTS["weather"][weather]
    falling = Image.new("L", frame.size)
    for sheet, nearness in zip(sheets, FACTS["nearness"], strict=True):
        above = frame.height * (1 - time * nearness * facts["speed"] % 1)
        left = above * facts["slant"] + frame.width * facts["sway"] * (1 + sin(1.3 * time + 7 * nearness))
        box = (left, above, left + frame.width, above + frame.height)
        mask = sheet.resize(frame.size, Image.Resampling.BILINEAR, box=box)
        shown = ease(1.5 * time - nearness) if appears else 1.0
        falling = ImageChops.lighter(falling, ImageEnhance.Brightness(mask).enhance(shown))
    frame.paste(facts["colour"], mask=falling)
