"""Changing a given picture: what was asked is added, all else stays, and what is impossible is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from anymedia.sketch import illustrator, picture_inputs
from anymedia.sketch.made import CannotMake, Made

SIZE = (300, 200)


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    """Noise and a gradient: no pixel like its neighbour."""
    pixels = np.random.default_rng(1).integers(60, 200, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photograph.png")
    return tmp_path / "photograph.png"


@pytest.fixture(params=["RGBA", "L"])
def mask(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The right half is to change: clear, or black where there is no alpha."""
    keep, change = ((0, 0, 0, 255), (0, 0, 0, 0)) if request.param == "RGBA" else (255, 0)
    image = Image.new(request.param, SIZE, keep)
    ImageDraw.Draw(image).rectangle([150, 0, 299, 199], fill=change)
    image.save(tmp_path / "mask.png")
    return tmp_path / "mask.png"


def edit(photograph: Path, prompt: str, **changes: Any) -> Made:
    folder = photograph.parent / "made"
    folder.mkdir(exist_ok=True)
    asked = {"width": SIZE[0], "height": SIZE[1], "seed": 3, "output_format": "png", "progress": lambda fraction: None}
    return illustrator.draw(prompt=prompt, folder=folder, **{"inputs": (photograph,), **asked, **changes})


def differs(made: Made, photograph: Path) -> np.ndarray[Any, Any]:
    """True where a pixel is another than before."""
    after, before = (np.asarray(Image.open(path).convert("RGB"), int) for path in (made.path, photograph))
    return np.asarray((after != before).any(axis=-1))


@pytest.mark.parametrize("prompt", ["make it a watercolor", "at night", "in the rain", "noir", "oil painting"])
def test_a_finish_a_light_or_a_weather_changes_the_whole_picture(photograph: Path, prompt: str) -> None:
    assert differs(edit(photograph, prompt), photograph).mean() > 0.05


@pytest.mark.parametrize("prompt", ["add a red balloon", 'write "HELLO" on it'])
def test_what_is_added_leaves_the_rest_as_it_was(photograph: Path, prompt: str) -> None:
    assert 0.01 < differs(edit(photograph, prompt), photograph).mean() < 0.6


@pytest.mark.parametrize("size", [(3000, 200), (40, 30)])
def test_the_size_of_a_photograph_is_told_upright_and_whole(size: tuple[int, int], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.new("RGB", size, "teal").save(tmp_path / "turned.jpg", exif=exif)
    assert picture_inputs.size_of(tmp_path / "turned.jpg") == size[::-1]


@pytest.mark.parametrize("prompt", ["a forest at sunset", "add a dog", "pixel art", "at night, snowing"])
@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_outside_the_mask_every_pixel_stays(photograph: Path, mask: Path, prompt: str, output_format: str) -> None:
    changed = differs(edit(photograph, prompt, mask=mask, output_format=output_format), photograph)
    assert not changed[:, :150].any()
    assert changed[:, 150:].mean() > 0.02


def test_the_picture_is_cut_to_cover_another_size(photograph: Path) -> None:
    with Image.open(edit(photograph, "add a cat", width=128, height=256).path) as image:
        assert image.size == (128, 256)


@pytest.mark.parametrize("prompt", ["remove the car", "delete the dog and add a cat", "crop it"])
def test_what_it_cannot_do_is_refused_by_name(photograph: Path, prompt: str) -> None:
    with pytest.raises(CannotMake, match=f"'{prompt.split()[0]}' is beyond"):
        edit(photograph, prompt)


@pytest.mark.parametrize("prompt", ["make it nicer", "improve the composition", "a forest"])
def test_a_prompt_that_changes_nothing_is_refused(photograph: Path, prompt: str) -> None:
    with pytest.raises(CannotMake, match="asks for no change"):
        edit(photograph, prompt)


def test_scenery_without_a_mask_and_a_second_picture_are_warned_of(photograph: Path) -> None:
    made = edit(photograph, "add a dog to the forest", inputs=(photograph, photograph))
    assert made.warnings == (
        "only the first of 2 pictures is used",
        "the scenery of a given picture stays: 'forest' needs a mask",
    )


def test_wrong_files_are_refused(photograph: Path, mask: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture")
    white = tmp_path / "white.png"
    Image.new("L", SIZE, 255).save(white)
    with pytest.raises(CannotMake, match=r"text\.png"):
        edit(photograph, "add a cat", inputs=(text,))
    with pytest.raises(CannotMake, match=r"missing\.png"):
        edit(photograph, "add a cat", mask=tmp_path / "missing.png")
    with pytest.raises(CannotMake, match="nothing to change"):
        edit(photograph, "add a cat", mask=white)
    with pytest.raises(CannotMake, match="mask needs a picture"):
        edit(photograph, "add a cat", inputs=(), mask=mask)
    with pytest.raises(CannotMake, match="cannot be taken away"):
        edit(photograph, "add a cat", transparent=True)
