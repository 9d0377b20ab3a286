"""The animator's films, decoded: size, frames, length, first and last picture, sound, label and refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from anymedia.sketch import animator
from anymedia.sketch.made import CannotMake, Made

SMALL: dict[str, Any] = {
    "prompt": "a red car on a beach",
    "width": 256,
    "height": 144,
    "frames_per_second": 12,
    "duration": 1.0,
    "seed": 7,
    "output_format": "mp4",
    "with_sound": False,
    "progress": lambda fraction: None,
}


def film(folder: Path, **changes: Any) -> Made:
    return animator.animate(**{**SMALL, "folder": folder, **changes})


def pictures(path: Path) -> np.ndarray:
    """All frames, (count, height, width, 3)."""
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(int)


def photo(path: Path, colour: str, size: tuple[int, int] = (300, 300)) -> Path:
    """A picture of no simple kind: a colour that gets lighter to the right, with a dark block."""
    light = np.linspace(0.4, 1, size[0])[None, :, None] * np.array(Image.new("RGB", (1, 1), colour).getpixel((0, 0)))
    drawn = np.tile(light, (size[1], 1, 1))
    drawn[120:180, 120:180] = 20
    Image.fromarray(drawn.astype(np.uint8)).save(path)
    return path


def covering(path: Path, size: tuple[int, int]) -> np.ndarray:
    """What a player that fills its window of `size` shows of a square picture."""
    with Image.open(path) as opened:
        large = opened.convert("RGB").resize((size[0], size[0]), Image.Resampling.LANCZOS)
    top = (size[0] - size[1]) // 2
    return np.asarray(large.crop((0, top, size[0], top + size[1]))).astype(int)


@pytest.mark.parametrize(
    ("width", "height", "rate", "duration", "output_format"),
    [(256, 144, 24, 0.5, "mp4"), (64, 130, 8, 1.06, "webm"), (130, 64, 30, 0.7, "mp4")],
)
def test_size_and_length_are_exact(
    tmp_path: Path, width: int, height: int, rate: int, duration: float, output_format: str
) -> None:
    made = film(
        tmp_path,
        width=width,
        height=height,
        frames_per_second=rate,
        duration=duration,
        output_format=output_format,
        with_sound=True,
    )
    count = round(duration * rate)
    with av.open(made.path) as container:
        assert made.path == tmp_path / f"film.{output_format}"
        assert container.duration / 1e6 == pytest.approx(count / rate, abs=1 / rate)
        assert container.streams.video[0].average_rate == rate
        heard = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    assert heard == pytest.approx(count / rate, abs=1024 / 48_000)
    assert pictures(made.path).shape == (count, height, width, 3)
    assert (made.width, made.height, made.duration) == (width, height, count / rate)


@pytest.mark.parametrize("output_format", ["mp4", "webm"])
def test_the_same_request_gives_the_same_bytes_in_another_process(tmp_path: Path, output_format: str) -> None:
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import test_animator as t;"
        "t.film(Path(sys.argv[2]), output_format=sys.argv[3], with_sound=True, prompt='a dog in the snow')"
    )
    data = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        here = str(Path(__file__).parent)
        subprocess.run([sys.executable, "-c", script, here, str(folder), output_format], check=True)
        data.append((folder / f"film.{output_format}").read_bytes())
    assert data[0] == data[1]


def test_another_seed_gives_another_film(tmp_path: Path) -> None:
    first = pictures(film(tmp_path).path)
    assert abs(first - pictures(film(tmp_path, seed=8).path)).mean() > 1


@pytest.mark.parametrize("output_format", ["mp4", "webm"])
def test_a_film_starts_and_ends_with_exactly_the_given_pictures(tmp_path: Path, output_format: str) -> None:
    first, last = photo(tmp_path / "first.png", "orange"), photo(tmp_path / "last.png", "skyblue")
    made = film(tmp_path, prompt="a bird in the rain", first_frame=first, last_frame=last, output_format=output_format)
    frames = pictures(made.path)
    assert abs(frames[0] - covering(first, (256, 144))).mean() < 3
    assert abs(frames[-1] - covering(last, (256, 144))).mean() < 3
    assert abs(frames[0] - frames[-1]).mean() > 40


def test_a_given_picture_moves_and_what_the_prompt_names_comes_in(tmp_path: Path) -> None:
    first = photo(tmp_path / "first.png", "orange")
    still = pictures(film(tmp_path, prompt="", first_frame=first).path)
    acted = pictures(film(tmp_path, first_frame=first).path)
    assert abs(still[0] - still[-1]).mean() > 1
    assert abs(acted[0] - still[0]).mean() < 1
    assert abs(acted[-1] - still[-1]).max() > 100


def test_no_frame_differs_much_from_the_next(tmp_path: Path) -> None:
    frames = pictures(film(tmp_path, prompt="a bird and a car at night", frames_per_second=24).path)
    steps = abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert steps.min() > 0
    assert steps.max() < 12


@pytest.mark.parametrize("weather", ["rain", "snowing"])
def test_weather_falls_over_a_given_picture(tmp_path: Path, weather: str) -> None:
    first = photo(tmp_path / "first.png", "navy")
    dry = pictures(film(tmp_path, prompt="", first_frame=first, duration=2.0).path)
    wet = pictures(film(tmp_path, prompt=weather, first_frame=first, duration=2.0).path)
    assert ((wet[-1] - dry[-1]).max(axis=2) > 60).sum() > 20


def test_a_style_covers_scenery_and_actors(tmp_path: Path) -> None:
    made = film(tmp_path, style="noir")
    frames = pictures(made.path)
    assert (frames.max(axis=-1) - frames.min(axis=-1)).max() < 25
    assert np.ptp(pictures(film(tmp_path).path), axis=-1).max() > 150
    assert made.plan["finish"] == "noir"


def loudness(path: Path) -> float:
    with av.open(path) as container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert heard.shape[0] == 2
    return float(np.sqrt((heard**2).mean()))


@pytest.mark.parametrize(("prompt", "said"), [("rain in a city", "rain"), ("a teapot", "music")])
def test_a_film_sounds_as_its_plan_says(tmp_path: Path, prompt: str, said: str) -> None:
    made = film(tmp_path, prompt=prompt, with_sound=True)
    assert said in made.plan["sound"]
    assert loudness(made.path) > 0.005


def test_a_silent_film_has_no_sound_track(tmp_path: Path) -> None:
    made = film(tmp_path)
    with av.open(made.path) as container:
        assert not container.streams.audio
    assert made.plan["sound"] == "none"


def test_the_file_and_the_result_say_who_made_it(tmp_path: Path) -> None:
    made = film(tmp_path)
    with av.open(made.path) as container:
        assert container.metadata["comment"] == made.label.comment()
    assert "not a video model" in made.label.engine
    assert any(one["noun"] for one in made.plan["actors"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"width": 255}, "`width` must be an even number of pixels, got 255"),
        ({"height": 2000}, "`height` must be from 64 to 1920, got 2000"),
        ({"frames_per_second": 61}, "`frames_per_second` must be from 8 to 60, got 61"),
        ({"duration": 20.5}, "`duration` must be from 0.5 to 20, got 20.5"),
        ({"duration": float("nan")}, "`duration` must be from 0.5 to 20, got nan"),
        ({"output_format": "mov"}, "`output_format` must be mp4 or webm, got 'mov'"),
    ],
)
def test_what_cannot_be_made_is_refused_with_what_can(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CannotMake) as refusal:
        film(tmp_path, **changes)
    assert str(refusal.value) == sentence
    assert list(tmp_path.iterdir()) == []


def test_a_film_to_start_from_is_refused(tmp_path: Path) -> None:
    earlier = film(tmp_path).path.rename(tmp_path / "earlier.mp4")
    with pytest.raises(CannotMake, match=r"earlier\.mp4 is no picture that can be read"):
        film(tmp_path, first_frame=earlier)


def test_a_prompt_that_wants_a_picture_changed_is_refused_but_movement_is_not(tmp_path: Path) -> None:
    first = photo(tmp_path / "first.png", "orange")
    with pytest.raises(CannotMake, match="'remove': a film cannot change a given picture, only move over it"):
        film(tmp_path, prompt="remove the car", first_frame=first)
    assert film(tmp_path, prompt="a car moves", first_frame=first).path.exists()


def test_words_that_were_not_understood_are_named(tmp_path: Path) -> None:
    assert "zyzzyva" in film(tmp_path, prompt="a zyzzyva and a dog").ignored_words


def test_progress_rises_to_one_and_can_stop_the_film(tmp_path: Path) -> None:
    fractions: list[float] = []
    film(tmp_path, progress=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0

    def stop(fraction: float) -> None:
        if fraction > 0.5:
            raise InterruptedError

    folder = tmp_path / "stopped"
    folder.mkdir()
    with pytest.raises(InterruptedError):
        film(folder, progress=stop)
    assert list(folder.iterdir()) == []
