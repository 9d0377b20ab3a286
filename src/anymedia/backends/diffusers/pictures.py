"""Pictures: from words, from another picture, or inside a mask, each with a class of its own over the same weights."""

from collections.abc import Callable, Generator, Iterator, Mapping
from zlib import crc32

from ...errors import GenerationFailed, Refused
from ...media import Json, MediaFile
from ...operations import ImageRequest
from ...spec import (
    Between,
    Call,
    Effect,
    Files,
    Flow,
    Free,
    Model,
    OneFile,
    Param,
    Pixels,
    Rule,
    Succeeded,
    TextUpTo,
    compute,
    one_of,
)
from .families import LONGEST_SIDE, SOURCE, Family
from .folder import Weights
from .making import IN_TURN, Made, draw

PICTURES = ("image/png", "image/jpeg", "image/webp")
FORMATS = ("png", "jpeg", "webp")
LARGEST_INPUT = 50 * 10**6
MOST = 16
"""Pictures of one request. They are drawn one after the other, so that memory sets no limit."""
SEEDS = 2**64

PROMPT = Param(wire_name="prompt", allows=TextUpTo(100_000))
NEGATIVE_PROMPT = Param(wire_name="negative_prompt", allows=TextUpTo(100_000))
SEED = Param(wire_name="seed", allows=Between(0, SEEDS - 1))
COUNT = Param(wire_name="count", allows=Between(1, MOST))
MASK_NEEDS_PICTURE = Rule(
    when={"mask": Rule.ASKED}, needs={"input_images": Rule.ASKED}, why="the mask is for an input image"
)
ONLY_MASKS = Rule(
    when={}, needs={"mask": Rule.ASKED, "input_images": Rule.ASKED}, why="these weights fill masks and do nothing else"
)


def size_param(family: Family) -> Param:
    least = max(family.grain, 16) ** 2
    allows = Pixels(least=least, most=LONGEST_SIDE**2, multiple_of=family.grain, longest=LONGEST_SIDE)
    return Param(wire_name="width height", allows=allows)


def model(name: str, family: Family) -> Model:
    params = {
        "prompt": PROMPT,
        "n": COUNT,
        "size": size_param(family),
        "seed": SEED,
        "guidance_scale": Param(wire_name="guidance_scale", allows=Between(0.0, 100.0)),
        "output_format": Param(wire_name="output_format", allows=one_of(*FORMATS)),
    }
    if family.has_negative_prompt:
        params["negative_prompt"] = NEGATIVE_PROMPT
    if family.picture is not None or family.mask is not None:
        params["input_images"] = Param(
            wire_name="input_images", allows=Files(media_types=PICTURES, at_most=1, bytes_each=LARGEST_INPUT)
        )
    if family.mask is not None:
        params["mask"] = Param(
            wire_name="mask_image", allows=OneFile(media_types=("image/png",), bytes_each=LARGEST_INPUT)
        )
    return Model(
        id=name,
        accepts=ImageRequest,
        params=params,
        price=Free(),
        rules=tuple(rules(family)),
        max_outputs=MOST,
        typical_bytes=2_000_000,
        source=SOURCE,
    )


def rules(family: Family) -> Iterator[Rule]:
    if family.mask is not None:
        yield MASK_NEEDS_PICTURE if family.text is not None else ONLY_MASKS


def submit(call: Call, *, weights: Weights, family: Family) -> Flow:
    asked, options = told_apart(call)
    count, seed = asked.pop("count", 1), seed_of(call)
    picture, mask = next(iter(asked.pop("input_images", ())), None), asked.pop("mask_image", None)
    fixed: dict[str, Json] = {
        "weights": weights.arguments(),
        "grain": family.grain,
        "pipeline": family.pipeline_for(has_picture=picture is not None, has_mask=mask is not None),
        "options": options,
        "image": path_of(picture),
        "mask_image": path_of(mask),
    }
    made = yield from one_after_the_other(draw, count, seed, {**asked, **fixed})
    return finished(made, weights)


def one_after_the_other(
    function: Callable[..., Made], count: int, seed: int, arguments: Mapping[str, Json]
) -> Generator[Effect, Made, list[Made]]:
    """What the function makes, so many times; each with a seed of its own, counted on from the first."""
    made = []
    for number in range(count):
        own = {**arguments, "seed": (seed + number) % SEEDS, "number": number, "count": count}
        made.append((yield compute(function, where="process", in_turn=IN_TURN, **own)))
    return made


def told_apart(call: Call) -> tuple[dict[str, Json], dict[str, Json]]:
    """What the parameters say, and what `provider_options` say besides."""
    written = {name for param in call.model.params.values() for name in param.wire_names}
    options = {name: value for name, value in call.body.items() if name not in written}
    return {name: value for name, value in call.body.items() if name in written}, options


def seed_of(call: Call) -> int:
    """The asked seed; else one of the job's own, which the result tells."""
    asked: int | None = call.body.get("seed")
    return crc32(call.idempotency_key.encode()) if asked is None else asked


def path_of(file: MediaFile | None) -> Json:
    return None if file is None else file.path


def finished(made: list[Made], weights: Weights) -> Succeeded:
    """What came, and why each other did not. Raise if nothing did: nothing was paid for it."""
    problems = tuple(each.problem for each in made if each.problem is not None)
    if len(problems) == len(made):
        if all(each.is_moderated for each in made):
            raise Refused(problems[0], next="Change what is asked for, or the seed.")
        raise GenerationFailed(problems[0], charged="no", next="Try another seed, or other numbers: `dtype`.")
    return Succeeded(
        files=tuple(MediaFile(media_type=each.media_type, path=each.path) for each in made if each.path is not None),
        missing=problems,
        warnings=made[0].warnings,
        metadata={**made[0].account, "model_index_sha256": weights.index, "seeds": [each.seed for each in made]},
    )
