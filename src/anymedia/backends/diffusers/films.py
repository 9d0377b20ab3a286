"""Films: from words, or from a first frame. They are as long as was asked for, to the frame, and have no sound."""

from collections.abc import Iterator
from math import ceil

from ...media import Json
from ...operations import VideoRequest
from ...spec import Between, Call, Flow, Free, Model, OneFile, Param, Rule, one_of
from .families import SOURCE, Family
from .folder import Weights
from .making import film
from .pictures import (
    COUNT,
    LARGEST_INPUT,
    MOST,
    NEGATIVE_PROMPT,
    PICTURES,
    PROMPT,
    SEED,
    finished,
    one_after_the_other,
    path_of,
    seed_of,
    size_param,
    told_apart,
)

ONLY_FIRST_FRAMES = Rule(when={}, needs={"first_frame": Rule.ASKED}, why="these weights go on from a picture")


def model(name: str, family: Family) -> Model:
    params = {
        "prompt": PROMPT,
        "negative_prompt": NEGATIVE_PROMPT,
        "n": COUNT,
        "duration": Param(wire_name="duration", allows=Between(0.1, 60.0)),
        "frames_per_second": Param(wire_name="frames_per_second", allows=Between(1, 60)),
        "size": size_param(family),
        "seed": SEED,
        "output_format": Param(wire_name="output_format", allows=one_of("mp4", "webm")),
    }
    if family.picture is not None:
        params["first_frame"] = Param(wire_name="image", allows=OneFile(media_types=PICTURES, bytes_each=LARGEST_INPUT))
    return Model(
        id=name,
        accepts=VideoRequest,
        params=params,
        price=Free(),
        rules=tuple(rules(family)),
        max_outputs=MOST,
        typical_bytes=5_000_000,
        source=SOURCE,
    )


def rules(family: Family) -> Iterator[Rule]:
    if family.text is None:
        yield ONLY_FIRST_FRAMES


def submit(call: Call, *, weights: Weights, family: Family) -> Flow:
    asked, options = told_apart(call)
    count, seed, picture = asked.pop("count", 1), seed_of(call), asked.pop("image", None)
    frames_per_second = asked.pop("frames_per_second", family.frames_per_second)
    frames = frames_of(asked.pop("duration", None), frames_per_second, family.step)
    fixed: dict[str, Json] = {
        "weights": weights.arguments(),
        "grain": family.grain,
        "usual_size": family.size,
        "pipeline": family.pipeline_for(has_picture=picture is not None, has_mask=False),
        "options": options,
        "image": path_of(picture),
        "frames_per_second": frames_per_second,
    }
    made = yield from one_after_the_other(film, count, seed, {**asked, **frames, **fixed})
    return finished(made, weights)


def frames_of(duration: float | None, frames_per_second: int, step: int) -> dict[str, Json]:
    """How many frames to show, and how many to make for that: what is over is left out at the end."""
    if duration is None:
        return {}
    shown = max(1, round(duration * frames_per_second))
    return {"shown": shown, "num_frames": ceil((shown - 1) / step) * step + 1}
