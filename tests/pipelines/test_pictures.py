"""Pictures of real pipelines with random weights: from words, from a picture, inside a mask; their seeds and limits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy
import pytest
import tiny_pipelines
import torch
from PIL import Image

from anymedia import errors
from conftest import Darkroom
from workplace import arrives

SD = "StableDiffusionPipeline"
SIDE = tiny_pipelines.SIDE


def pixels(path: Path) -> numpy.ndarray[Any, Any]:
    return numpy.asarray(Image.open(path).convert("RGB")).astype(int)


@pytest.fixture(scope="session")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reddish on the left, bluish on the right."""
    path = tmp_path_factory.mktemp("photograph") / "photograph.png"
    picture = Image.new("RGB", (SIDE, SIDE), (200, 40, 40))
    picture.paste((40, 40, 200), (SIDE // 2, 0, SIDE, SIDE))
    picture.save(path)
    return path


@pytest.fixture(scope="session")
def hole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mask that lets the middle be changed."""
    path = tmp_path_factory.mktemp("mask") / "mask.png"
    mask = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (16, 16, 48, 48))
    mask.save(path)
    return path


# --- What comes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in tiny_pipelines.RECIPES if name not in tiny_pipelines.FILMS])
def test_words_a_picture_and_a_mask_each_go_to_a_class_of_their_own(
    name: str, darkroom: Darkroom, photograph: Path, hole: Path
) -> None:
    stem = name.removesuffix("Pipeline")
    drawn = darkroom.image(name, size=(SIDE, 2 * SIDE))
    assert drawn.provider_metadata["pipeline"] == name
    assert (drawn.files[0].width, drawn.files[0].height) == (SIDE, 2 * SIDE)
    changed = darkroom.image(name, input_images=[photograph], options={"strength": 0.6})
    assert changed.provider_metadata["pipeline"] == f"{stem}Img2ImgPipeline"
    filled = darkroom.image(name, input_images=[photograph], mask=hole, options={"strength": 0.6})
    assert filled.provider_metadata["pipeline"] == f"{stem}InpaintPipeline"
    before, after = pixels(photograph), pixels(filled.path)
    outside = numpy.ones((SIDE, SIDE), bool)
    outside[16:48, 16:48] = False
    assert (before == after)[outside].all() and (before != after)[~outside].any()


def test_what_made_it_is_said_and_costs_nothing(darkroom: Darkroom) -> None:
    made = darkroom.image(SD, size=(SIDE, SIDE))
    told = made.provider_metadata
    assert (made.backend, made.model, made.cost.amount) == ("mine", SD, 0)
    assert (told["folder"], told["device"], told["dtype"], told["seeds"]) == (SD, "cpu", "float32", [7])
    assert len(told["model_index_sha256"]) == 64 and f"torch {torch.__version__}" in told["engine"]
    assert told["digital_source_type"].endswith("trainedAlgorithmicMedia")


def test_the_same_seed_gives_the_same_bytes_and_the_next_picture_has_the_next_seed(darkroom: Darkroom) -> None:
    one, again = (darkroom.image(SD, size=(SIDE, SIDE)) for _ in range(2))
    assert one.files[0].sha256 == again.files[0].sha256
    both = darkroom.image(SD, size=(SIDE, SIDE), n=2)
    assert both.files[0].sha256 == one.files[0].sha256
    assert both.files[1].sha256 == darkroom.image(SD, size=(SIDE, SIDE), seed=8).files[0].sha256
    assert both.provider_metadata["seeds"] == [7, 8]


@pytest.mark.parametrize(
    "changed",
    [
        {"prompt": "a bear"},
        {"negative_prompt": "snow"},
        {"guidance_scale": 2.0},
        {"seed": None},
        {"options": {"num_inference_steps": 3}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_is_asked_changes_the_picture(changed: dict[str, Any], darkroom: Darkroom) -> None:
    usual = darkroom.image(SD, size=(SIDE, SIDE))
    other = darkroom.image(SD, **{"size": (SIDE, SIDE), **changed})
    assert usual.files[0].sha256 != other.files[0].sha256


def test_a_picture_of_an_odd_size_is_cut_and_it_is_said(darkroom: Darkroom, tmp_path: Path) -> None:
    Image.new("RGB", (70, 65), "teal").save(tmp_path / "odd.jpg")
    made = darkroom.image(SD, input_images=[tmp_path / "odd.jpg"], output_format="webp")
    assert (made.files[0].media_type, made.files[0].width, made.files[0].height) == ("image/webp", 64, 64)
    assert "70x65 was scaled and cut to 64x64" in made.warnings[0]


def test_a_photograph_too_large_to_keep_its_size_needs_one(darkroom: Darkroom, tmp_path: Path) -> None:
    Image.new("RGB", (4097, 64), "teal").save(tmp_path / "wide.png")
    error = darkroom.failure("image", SD, input_images=[tmp_path / "wide.png"])
    assert isinstance(error, errors.InvalidParameter) and "`size`" in str(error)
    assert darkroom.image(SD, input_images=[tmp_path / "wide.png"], size=(SIDE, SIDE)).files


def test_every_step_is_told_and_the_event_loop_goes_on_meanwhile(darkroom: Darkroom) -> None:
    seen: list[Any] = []
    turns = 0

    async def work() -> None:
        nonlocal turns
        options = {"mine": {"num_inference_steps": 4}}
        darkroom.use(darkroom.folder(SD))
        making = darkroom.client.image(
            "a fox", backend="mine", n=2, size=(SIDE, SIDE), provider_options=options, on_progress=seen.append
        )
        drawing = asyncio.ensure_future(making)
        while not drawing.done():
            await asyncio.sleep(0.001)
            turns += 1
        await drawing

    darkroom.runner.run(work())
    assert [each.fraction for each in seen if each.fraction is not None] == [each / 8 for each in range(1, 9)]
    assert turns > 50


# --- What does not --------------------------------------------------------------------------------------------------


def test_a_prompt_that_would_be_cut_off_is_refused(darkroom: Darkroom) -> None:
    error = darkroom.failure("image", SD, "fox " * 40, size=(SIDE, SIDE))
    assert isinstance(error, errors.InvalidParameter) and "reads 77" in error.message
    error = darkroom.failure("image", SD, negative_prompt="fox " * 40, size=(SIDE, SIDE))
    assert "`negative_prompt`" in error.message


def test_what_would_have_no_effect_is_refused(darkroom: Darkroom) -> None:
    error = darkroom.failure("image", SD, negative_prompt="snow", guidance_scale=1.0, size=(SIDE, SIDE))
    assert isinstance(error, errors.InvalidParameter) and "no effect" in error.message
    parts = tiny_pipelines.flux(guided=False)
    fast = tiny_pipelines.make("FluxPipeline", darkroom.root / "pipelines" / "flux-fast", parts)
    error = darkroom.failure("image", fast, guidance_scale=3.0, size=(SIDE, SIDE))
    assert isinstance(error, errors.UnsupportedParameter) and "`guidance_scale`" in error.message


@pytest.mark.parametrize("options", [{"num_steps": 3}, {"generator": 3}, {"output_type": "pil"}, {"timesteps": [1]}])
def test_an_option_that_the_pipeline_does_not_have_is_refused(options: dict[str, Any], darkroom: Darkroom) -> None:
    error = darkroom.failure("image", SD, options=options, size=(SIDE, SIDE))
    assert isinstance(error, errors.UnsupportedParameter) and next(iter(options)) in error.message


@pytest.mark.parametrize("size", [(60, 64), (0, 64), (8192, 64)])
def test_a_size_that_would_be_changed_is_refused(size: tuple[int, int], darkroom: Darkroom) -> None:
    assert isinstance(darkroom.failure("image", SD, size=size), errors.InvalidParameter)


def test_a_picture_that_the_safety_checker_blackened_is_refused(darkroom: Darkroom) -> None:
    prudish = darkroom.root / "pipelines" / "prudish"
    tiny_pipelines.make(SD, prudish, {**tiny_pipelines.stable_diffusion(), **tiny_pipelines.prudish()})
    error = darkroom.failure("image", prudish, size=(SIDE, SIDE), n=2)
    assert isinstance(error, errors.Refused) and "safety checker" in error.message


def test_where_one_picture_was_blackened_the_other_comes(darkroom: Darkroom) -> None:
    shown = darkroom.image(SD, size=(SIDE, SIDE), seed=8)
    parts = {**tiny_pipelines.stable_diffusion(), **tiny_pipelines.prudish(against=shown.path)}
    choosy = tiny_pipelines.make(SD, darkroom.root / "pipelines" / "choosy", weights_of(parts, darkroom.folder(SD)))
    with pytest.raises(errors.PartialResult) as caught:
        darkroom.image(choosy, size=(SIDE, SIDE), n=2)
    (only,) = caught.value.result.files
    assert only.sha256 == darkroom.image(SD, size=(SIDE, SIDE)).files[0].sha256
    assert "safety checker" in str(caught.value)


def weights_of(parts: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The parts with the weights that are in the folder."""
    for name in ("vae", "unet", "text_encoder"):
        parts[name] = type(parts[name]).from_pretrained(folder / name)
    return parts


@pytest.mark.parametrize(("value", "said"), [(float("nan"), "NaN"), (-10.0, "black")])
def test_a_broken_picture_is_no_success(value: float, said: str, darkroom: Darkroom) -> None:
    parts = tiny_pipelines.stable_diffusion()
    last = parts["vae"].decoder.conv_out
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.constant_(last.bias, value)
    broken = tiny_pipelines.make(SD, darkroom.root / "pipelines" / f"broken-{said}", parts)
    error = darkroom.failure("image", broken, size=(SIDE, SIDE))
    assert isinstance(error, errors.GenerationFailed) and said in error.message


def test_a_cancelled_picture_ends_in_the_middle_of_a_step(darkroom: Darkroom) -> None:
    darkroom.use(darkroom.folder(SD))

    async def cancelled() -> None:
        at_work = asyncio.Event()
        options = {"mine": {"num_inference_steps": 900}}
        making = darkroom.client.image(
            "a fox",
            backend="mine",
            size=(SIDE, SIDE),
            provider_options=options,
            on_progress=lambda progress: at_work.set() if progress.fraction else None,
        )
        drawing = asyncio.ensure_future(making)
        await asyncio.wait_for(at_work.wait(), 60)
        before = workers()
        drawing.cancel()
        with pytest.raises((asyncio.CancelledError, errors.AnymediaError)):
            await drawing
        await arrives(lambda: len(workers()) == len(before) - 1, within=2.0)

    darkroom.runner.run(cancelled())
    assert darkroom.image(SD, size=(SIDE, SIDE)).files  # a new worker takes the next one


def workers() -> list[int]:
    """The worker processes that this process has started."""
    children = (task / "children" for task in Path("/proc/self/task").iterdir())
    numbers = {number for each in children for number in each.read_text().split()}
    return [int(number) for number in numbers if b"worker_main" in command_of(number)]


def command_of(number: str) -> bytes:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""  # it ended meanwhile
