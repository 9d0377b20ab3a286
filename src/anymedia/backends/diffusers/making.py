"""Loads a pipeline, calls it, and judges what it gave. All of this runs in a worker process: PyTorch holds the
interpreter lock, and stopping the process stops it in the middle of a step."""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from ...errors import AnymediaError, GenerationFailed, InvalidConfiguration, InvalidParameter, UnsupportedParameter
from ...media import Json
from ...operations import Size
from ...spec import Control
from .families import LONGEST_SIDE
from .folder import Weights, stamp_of, unusable, variant_of

MEDIA_TYPES: Mapping[str, str] = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "webm": "video/webm",
}
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC NewsCodes; https://cv.iptc.org, checked 2026-11-22."""
QUIET: Mapping[str, str] = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DIFFUSERS_VERBOSITY": "error",
    "TRANSFORMERS_VERBOSITY": "error",
}
"""Nothing is asked of any server, and what the libraries would say on the user's terminal is told by the result."""
OURS = frozenset(
    {
        "callback_on_step_end",
        "callback_on_step_end_tensor_inputs",
        "frame_rate",
        "generator",
        "image",
        "mask_image",
        "num_frames",
        "num_images_per_prompt",
        "num_videos_per_prompt",
        "output_type",
        "return_dict",
    }
)
"""Arguments of the calls that are not the user's to set."""
QUALITY = 95
"""Of JPEG and WebP; PNG has none."""
MODERATED = "the safety checker of the pipeline took the picture for indecent"
IN_TURN = "pipelines"
"""One pipeline computes at a time, in one process: two seldom fit."""
LOADED: dict[Json, Any] = {}
"""The last pipeline of this process."""
NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")


@dataclass(frozen=True, kw_only=True)
class Made:
    """One output, or why there is none. `account` says honestly what made it."""

    path: Path | None
    media_type: str
    seed: int
    account: Mapping[str, Json]
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    is_moderated: bool = False


def draw(
    control: Control,
    *,
    number: int,
    count: int,
    weights: Mapping[str, Json],
    grain: int,
    pipeline: str,
    options: Mapping[str, Json],
    image: Path | None,
    mask_image: Path | None,
    seed: int,
    output_format: str = "png",
    **asked: Json,
) -> Made:
    from PIL import Image

    used = Weights.of(weights)
    loaded = pipeline_of(control, used, pipeline)
    warnings = begin_with(image, asked, grain)
    area = None if mask_image is None else to_change(mask_image, asked)
    given = called(control, loaded, asked, options, seed, number=number, count=count)
    is_moderated = any(getattr(given, "nsfw_content_detected", None) or ())
    pixels = given.images[0]
    problem = MODERATED if is_moderated else problem_with(pixels)
    path = control.scratch / f"{number}.{output_format}"
    if problem is None:
        picture = Image.fromarray((pixels * 255).round().astype("uint8"))
        if area is not None:  # outside the mask nothing was asked for
            picture = Image.composite(picture, asked["image"], area)
        picture.save(path, quality=QUALITY)
    return Made(
        path=path if problem is None else None,
        media_type=MEDIA_TYPES[output_format],
        seed=seed,
        account=account_of(used, loaded),
        warnings=warnings,
        problem=problem,
        is_moderated=is_moderated,
    )


def film(
    control: Control,
    *,
    number: int,
    count: int,
    weights: Mapping[str, Json],
    grain: int,
    usual_size: Size,
    pipeline: str,
    options: Mapping[str, Json],
    image: Path | None,
    frames_per_second: int,
    seed: int,
    shown: int | None = None,
    output_format: str = "mp4",
    **asked: Json,
) -> Made:
    used = Weights.of(weights)
    loaded = pipeline_of(control, used, pipeline)
    warnings = begin_with(image, asked, grain, usual_size)
    if "frame_rate" in signature(loaded.__call__).parameters:
        asked["frame_rate"] = frames_per_second
    frames = called(control, loaded, asked, options, seed, number=number, count=count).frames[0][:shown]
    problem = problem_with(frames)
    path = control.scratch / f"{number}.{output_format}"
    if problem is None:
        write_film(path, frames, frames_per_second, f"{type(loaded).__name__} of diffusers; seed {seed}; {SOURCE_TYPE}")
    return Made(
        path=path if problem is None else None,
        media_type=MEDIA_TYPES[output_format],
        seed=seed,
        account=account_of(used, loaded),
        warnings=warnings,
        problem=problem,
    )


def begin_with(
    image: Path | None, asked: dict[str, Json], grain: int, usual_size: Size | None = None
) -> tuple[str, ...]:
    """Put the picture into what is asked, cut to the size. A size that nobody asked for is told."""
    from ...sketch import picture_inputs

    if image is None:
        return ()
    own = picture_inputs.size_of(image)
    is_asked = "width" in asked
    if max(own) > LONGEST_SIDE and not is_asked:
        raise InvalidParameter(f"The input image has {own[0]}x{own[1]} pixels.", next="Ask for a smaller `size`.")
    size = (asked["width"], asked["height"]) if is_asked else size_like(own, grain, usual_size)
    asked |= {"image": picture_inputs.opened(image, size), "width": size[0], "height": size[1]}
    if is_asked or own == size:
        return ()
    return (f"The input image of {own[0]}x{own[1]} was scaled and cut to {size[0]}x{size[1]}.",)


def size_like(own: Size, grain: int, usual_size: Size | None) -> Size:
    """The picture's own size in whole blocks, or its shape with as many pixels as usual."""
    width, height = own
    if usual_size is None:
        return (max(grain, width // grain * grain), max(grain, height // grain * grain))
    scale = (usual_size[0] * usual_size[1] / (width * height)) ** 0.5 / grain
    return (max(1, round(width * scale)) * grain, max(1, round(height * scale)) * grain)


def to_change(mask: Path, asked: dict[str, Json]) -> Any:
    """Put the mask into what is asked: white where the picture is to change."""
    from ...sketch import picture_inputs

    asked["mask_image"] = area = picture_inputs.area(mask, (asked["width"], asked["height"]))
    return area


def write_film(path: Path, frames: Any, frames_per_second: int, comment: str) -> None:
    from PIL import Image

    from ...sketch.film import write

    pictures = (Image.fromarray((frame * 255).round().astype("uint8")) for frame in frames)
    size = (frames.shape[2], frames.shape[1])
    write(path, pictures, size=size, frames_per_second=frames_per_second, sound=None, comment=comment)


def account_of(weights: Weights, loaded: Any) -> dict[str, Json]:
    import diffusers
    import torch

    return {
        "engine": f"diffusers {diffusers.__version__}, torch {torch.__version__}",
        "pipeline": type(loaded).__name__,
        "folder": weights.folder.name,
        "device": loaded.device.type,
        "dtype": weights.dtype,
        "digital_source_type": SOURCE_TYPE,
    }


# --- Loading ----------------------------------------------------------------------------------------------------


def pipeline_of(control: Control, weights: Weights, name: str) -> Any:
    """The pipeline, from memory if it was the last one here. Raise `InvalidConfiguration` if it cannot be loaded."""
    import os

    os.environ.update(QUIET)
    wanted = (weights, name, stamp_of(weights))
    if wanted not in LOADED:
        LOADED.clear()  # before the next one is loaded
        gc.collect()
        LOADED[wanted] = load(weights, name)
    return LOADED[wanted]


def load(weights: Weights, name: str) -> Any:
    import diffusers
    import torch

    device = device_of(weights, torch)
    diffusers.utils.logging.disable_progress_bar()
    with refusing_memory():
        try:
            loaded = getattr(diffusers, name).from_pretrained(
                weights.folder,
                local_files_only=True,
                use_safetensors=True,
                dtype=getattr(torch, weights.dtype),
                variant=variant_of(weights.folder),
            )
        except Exception as error:
            if says_no_memory(error):
                raise
            raise unusable(weights.folder, f"diffusers cannot load it: {str(error).rstrip('.')}") from error
        loaded.set_progress_bar_config(disable=True)
        return loaded.to(device)


def device_of(weights: Weights, torch: Any) -> str:
    """The configured device; else the fastest there is. Raise if this machine has none of that kind."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if weights.device is None:
        return next(device for device, is_there in there.items() if is_there)
    if not there[weights.device]:
        has = ", ".join(device for device, is_there in there.items() if is_there)
        raise InvalidConfiguration(
            f"PyTorch finds no {weights.device!r} on this machine.", next=f"Set `device` to what it has: {has}."
        )
    return weights.device


# --- Calling ----------------------------------------------------------------------------------------------------


def called(
    control: Control,
    loaded: Any,
    asked: dict[str, Json],
    options: Mapping[str, Json],
    seed: int,
    *,
    number: int,
    count: int,
) -> Any:
    """What the pipeline gives, as numbers from 0 to 1. Raise for what it would pass over in silence."""
    import torch

    parameters = signature(loaded.__call__).parameters
    refuse_unknown(options, parameters)
    usual = {name: each.default for name, each in parameters.items()}
    arguments = {**{name: value for name, value in asked.items() if value is not None}, **options}
    refuse_unheard(loaded, arguments, {**usual, **arguments})
    for name in {"width", "height"} - parameters.keys():  # it takes the size of the picture
        arguments.pop(name, None)

    def progress(pipeline: Any, step: int, timestep: Any, tensors: Any) -> Any:
        control.progress((number + (step + 1) / pipeline.num_timesteps) / count)
        return tensors

    generator = torch.Generator("cpu").manual_seed(seed)  # the same numbers on every device
    with refusing_memory():
        return loaded(**arguments, generator=generator, output_type="np", callback_on_step_end=progress)


def refuse_unknown(options: Mapping[str, Json], parameters: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name not in parameters or name in OURS or not isinstance(value, int | float | str):
            numbers = sorted(each for each in parameters if is_number(parameters[each].default) and each not in OURS)
            raise UnsupportedParameter(
                f"provider_options: this pipeline has no {name!r} that is a number or a word.",
                next=f"It has: {', '.join(numbers)}.",
            )


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def refuse_unheard(loaded: Any, arguments: Mapping[str, Json], used: Mapping[str, Json]) -> None:
    """Raise for what was asked for and would be cut off or have no effect. `used` has the defaults besides."""
    guidance = getattr(getattr(loaded, "transformer", None), "config", {}).get("guidance_embeds", True)
    if "guidance_scale" in arguments and not guidance:
        raise UnsupportedParameter("These weights were made to work without `guidance_scale`.", next="Leave it out.")
    scale = used.get("true_cfg_scale", used.get("guidance_scale"))
    if "negative_prompt" in arguments and scale <= 1:
        raise InvalidParameter(
            f"`negative_prompt` has no effect with a guidance of {scale:g}.", next="Ask for a guidance over 1."
        )
    for name in ("prompt", "negative_prompt"):
        if name in arguments:
            refuse_too_long(loaded, name, arguments[name], used.get("max_sequence_length"))


def refuse_too_long(loaded: Any, name: str, text: str, length: int | None) -> None:
    """Raise for a text whose end none of the readers would see. The last one reads the most."""
    for reader in ("tokenizer_3", "tokenizer_2", "tokenizer"):
        tokenizer = getattr(loaded, reader, None)
        if tokenizer is None or getattr(loaded, reader.replace("tokenizer", "text_encoder"), None) is None:
            continue
        most = min(tokenizer.model_max_length, length or tokenizer.model_max_length)
        tokens = len(tokenizer(text).input_ids)
        if tokens > most:
            raise InvalidParameter(
                f"`{name}` has {tokens} tokens with its marks, and this pipeline reads {most}.", next="Shorten it."
            )
        return


@contextmanager
def refusing_memory() -> Iterator[None]:
    """What the machine cannot hold, in words."""
    try:
        yield
    except AnymediaError:
        raise
    except Exception as error:
        if not says_no_memory(error):
            raise
        raise GenerationFailed(
            f"This machine has not enough memory for it: {error}.",
            charged="no",
            next='Ask for a smaller `size` or a shorter `duration`, or set `dtype = "bfloat16"` for the pipeline.',
        ) from error


def says_no_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY)


# --- Judging ----------------------------------------------------------------------------------------------------


def problem_with(pixels: Any) -> str | None:
    """Why these pixels are no picture and no film, if they are none."""
    import numpy

    if not numpy.isfinite(pixels).all():
        return "the pipeline gave numbers that are none (NaN); it may need another `dtype`, such as float32"
    if pixels.max() <= 0:
        return "every pixel is black, which is what a pipeline gives when it fails"
    return None
