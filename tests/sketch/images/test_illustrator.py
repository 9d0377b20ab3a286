"""The illustrator: exact sizes, the same bytes every time, honest labels, and layers that can be moved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from anymedia.sketch import illustrator, reading
from anymedia.sketch.made import DIGITAL_SOURCE_TYPES, CannotMake, Made


def draw(folder: Path, prompt: str = "a fox on a beach", **changes: Any) -> Made:
    asked = {"width": 320, "height": 240, "seed": 3, "output_format": "png", "progress": lambda fraction: None}
    return illustrator.draw(prompt=prompt, folder=folder, **{**asked, **changes})


@pytest.mark.parametrize("size", [(64, 64), (333, 127), (127, 333), (64, 2000), (2000, 64), (768, 1024)])
@pytest.mark.parametrize(
    "prompt", ['two cats in a forest, "HI"', "a boat on the sea, pixel art", "a cup", "snow in a city"]
)
def test_a_picture_has_exactly_the_asked_size(tmp_path: Path, size: tuple[int, int], prompt: str) -> None:
    made = draw(tmp_path, prompt, width=size[0], height=size[1])
    with Image.open(made.path) as image:
        image.load()
        assert (image.size, image.mode) == (size, "RGB")
    assert (made.width, made.height) == size


@pytest.mark.parametrize(
    ("output_format", "media_type"), [("png", "image/png"), ("jpeg", "image/jpeg"), ("webp", "image/webp")]
)
def test_the_file_carries_its_label(tmp_path: Path, output_format: str, media_type: str) -> None:
    made = draw(tmp_path, "a <fox> & a hen", output_format=output_format)
    assert (made.path.name, made.media_type) == (f"picture.{output_format}", media_type)
    with Image.open(made.path) as image:
        image.load()
        assert Image.MIME[image.format or ""] == media_type
        xmp = image.info["xmp"].decode()
    assert DIGITAL_SOURCE_TYPES + "algorithmicMedia" in xmp
    assert "a &lt;fox&gt; &amp; a hen" in xmp and 'anymedia:seed="3"' in xmp and "not a diffusion model" in xmp


@pytest.mark.parametrize("prompt", ["three cats in a snowy forest", "a sailboat, van gogh", "zzyzx"])
def test_the_same_arguments_give_the_same_bytes_and_another_seed_another_picture(tmp_path: Path, prompt: str) -> None:
    first, again, other = (draw(tmp_path, prompt, seed=seed).path.read_bytes() for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize("style", reading.finishes())
def test_every_finish_changes_the_picture_and_only_a_network_is_called_trained(tmp_path: Path, style: str) -> None:
    plain = np.asarray(Image.open(draw(tmp_path).path), float)
    made = draw(tmp_path, style=style)
    assert np.abs(np.asarray(Image.open(made.path), float) - plain).mean() > 3
    assert made.label.source_type == ("trainedAlgorithmicMedia" if style in ("van gogh", "oil") else "algorithmicMedia")
    assert ("neural" in made.label.engine) == (style in ("van gogh", "oil"))


@pytest.mark.parametrize("scene", ["forest", "city at night", "underwater", "space", "room", "abstract", "zzyzx qwfp"])
def test_no_picture_is_empty(tmp_path: Path, scene: str) -> None:
    pixels = np.asarray(Image.open(draw(tmp_path, scene).path), float)
    assert pixels.std() > 12
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 2000


def test_words_not_understood_are_warned_of_and_returned(tmp_path: Path) -> None:
    made = draw(tmp_path, "a zzyzx beside a kitten")
    assert made.ignored_words == ("zzyzx",)
    assert made.warnings == ("'kitten' is drawn as 'cat'", "not understood, so not drawn: zzyzx")
    assert draw(tmp_path, "a fox on a beach").warnings == ()


def test_a_coloured_subject_has_its_colour(tmp_path: Path) -> None:
    def mean_colour(prompt: str) -> np.ndarray[Any, Any]:
        pixels = np.asarray(Image.open(draw(tmp_path, prompt, transparent=True).path), float)
        return np.asarray(pixels[pixels[..., 3] > 250][:, :3].mean(axis=0))

    red, blue = mean_colour("a red car"), mean_colour("a blue car")
    assert red[0] > red[2] + 40
    assert blue[2] > blue[0] + 40


def test_transparent_draws_the_subjects_alone(tmp_path: Path) -> None:
    alpha = np.asarray(Image.open(draw(tmp_path, "a fox in a forest", transparent=True).path))[..., 3]
    assert alpha[0].max() == 0 and alpha[:, 0].max() == 0
    assert 0.03 < (alpha == 255).mean() < 0.6
    with pytest.raises(CannotMake, match="png or webp"):
        draw(tmp_path, transparent=True, output_format="jpeg")
    with pytest.raises(CannotMake, match="subjects"):
        draw(tmp_path, "a forest", transparent=True)


def test_lettering_is_in_the_upper_part_and_missing_characters_are_warned_of(tmp_path: Path) -> None:
    plain, lettered = (np.asarray(Image.open(draw(tmp_path, text).path), float) for text in ("a sky", 'a sky "ŽLUŤ"'))
    assert (lettered[: 240 // 3] > 250).all(axis=-1).sum() > (plain[: 240 // 3] > 250).all(axis=-1).sum() + 500
    assert "'鯨'" in draw(tmp_path, 'a sky "鯨"').warnings[0]


@pytest.mark.parametrize("changes", [{"width": 63}, {"height": 4097}, {"output_format": "gif"}, {"style": "cubist"}])
def test_what_cannot_be_made_is_refused_and_nothing_is_written(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(CannotMake):
        draw(tmp_path, **changes)
    assert list(tmp_path.iterdir()) == []


def test_progress_rises_to_one_and_may_stop_the_work(tmp_path: Path) -> None:
    seen: list[float] = []
    draw(tmp_path, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 1.0

    def stop(fraction: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw(tmp_path / "none", progress=stop)


def test_a_stage_has_a_wide_background_and_subjects_in_its_middle() -> None:
    picture = reading.read("a dog, a car and a bird over a castle")
    stage = illustrator.stage(picture, width=400, height=300, seed=1, overscan=1.25)
    assert stage.background.shape == (300, 500, 3)
    assert {layer.noun: layer.moves for layer in stage.placed} == {
        "dog": "walks",
        "car": "rolls",
        "bird": "flies",
        "castle": "stands",
    }
    for layer in stage.placed:
        assert layer.image.dtype == np.uint8 and layer.image.shape[2] == 4
        assert 0 <= layer.x + layer.image.shape[1] / 2 <= 500


def test_a_forest_takes_at_most_two_seconds_of_processor_time(tmp_path: Path) -> None:
    draw(tmp_path)
    before = time.process_time()
    draw(tmp_path, "three foxes in a forest", width=1024, height=768)
    assert time.process_time() - before < 2


def test_lettering_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotMake, match="too long"):
        draw(tmp_path, f'a sky "{"all the news that fits " * 20}"', width=64, height=64)


@pytest.mark.parametrize("prompt", ["a cat on a dog on a horse", "three cats on a bench", "a horse", "a cat on a dog"])
def test_riders_are_drawn_with_what_they_ride(tmp_path: Path, prompt: str) -> None:
    (layer,) = illustrator.stage(reading.read(prompt), width=400, height=300, seed=1).placed
    assert layer.noun == prompt.rsplit("a ", 1)[1]
    assert layer.image[..., 3].any(axis=1).mean() > 0.9
