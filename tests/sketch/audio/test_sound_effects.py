"""Sound effects: what a prompt names is what is heard, exactly as long as asked; the unknown is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hearing import loudness, true_peak
from numpy.typing import NDArray

from anymedia.sketch import sound_effects
from anymedia.sketch.catalogue import sound_effect_names
from anymedia.sketch.made import CannotMake, Made

RATE = 48_000


def make(folder: Path, prompt: str, **asked: Any) -> Made:
    defaults: dict[str, Any] = {"duration": 1.0, "seed": 1, "output_format": "wav", "progress": lambda fraction: None}
    return sound_effects.make(prompt=prompt, folder=folder, **{**defaults, **asked})


def heard(prompt: str, duration: float = 2.0, seed: int = 1) -> NDArray[np.float32]:
    result = sound_effects.ambience(prompt, duration=duration, seed=seed)
    assert result is not None and result[1] == RATE
    return result[0]


def centroid(samples: NDArray[np.float32]) -> float:
    power = np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2
    return float((power * np.fft.rfftfreq(samples.shape[1], 1 / RATE)).sum() / power.sum())


def level(samples: NDArray[np.float32], start: float, end: float) -> float:
    return float(np.sqrt(np.mean(samples[:, round(start * RATE) : round(end * RATE)] ** 2)))


def starts(samples: NDArray[np.float32]) -> NDArray[np.intp]:
    """Where a sound begins after a pause, in hundredths of a second."""
    envelope = np.abs(samples).max(axis=0).reshape(-1, RATE // 100).max(axis=1)
    loud = envelope > 0.12 * envelope.max()
    rises = np.flatnonzero(loud[1:] & ~loud[:-1])
    return rises[np.diff(rises, prepend=-100) > 6]


@pytest.mark.parametrize("name", sound_effect_names()[::2])
def test_a_sound_is_audible_stereo_and_not_clipped(name: str) -> None:
    samples = heard(name, duration=1.0)
    assert samples.dtype == np.float32 and samples.shape == (2, RATE)
    assert true_peak(samples, RATE) < -1.0
    assert loudness(samples, RATE) > -32
    assert np.abs(samples[:, -1]).max() < 1e-3
    assert not np.array_equal(samples[0], samples[1])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("rain", 2500, 7000),
        ("heartbeat", 40, 90),
        ("birds", 2400, 5200),
        ("explosion", 60, 600),
        ("glass", 3000, 8000),
        ("beep", 950, 1150),
    ],
)
def test_a_sound_lies_where_its_like_lies_in_nature(name: str, low: float, high: float) -> None:
    assert low < centroid(heard(name)) < high


@pytest.mark.parametrize(
    ("name", "per_second"), [("clock", 2.0), ("beep", 1.0), ("alarm", 4.0), ("heartbeat", 2 / 0.86), ("drip", 1.7)]
)
def test_rhythmic_sounds_keep_their_rhythm(name: str, per_second: float) -> None:
    assert len(starts(heard(name, duration=8.0))) / 8 == pytest.approx(per_second, rel=0.25)


def test_an_explosion_dies_away_and_rain_does_not() -> None:
    explosion, rain = heard("explosion", 4.0), heard("rain", 4.0)
    assert level(explosion, 3.0, 3.8) < 0.2 * level(explosion, 0.1, 0.6)
    assert level(rain, 3.0, 3.8) == pytest.approx(level(rain, 0.1, 0.9), rel=0.3)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    first = make(tmp_path, "rain and thunder", output_format="opus").path.read_bytes()
    assert make(tmp_path, "rain and thunder", output_format="opus").path.read_bytes() == first


def test_there_are_37_sounds_and_each_can_be_made() -> None:
    assert len(sound_effect_names()) == 37
    assert all(heard(name, duration=0.5).any() for name in sound_effect_names()[1::2])


def test_seed_and_prompt_each_change_the_sound() -> None:
    first = heard("birds")
    assert not np.array_equal(first, heard("birds", seed=2))
    assert not np.array_equal(first, heard("some birds"))


@pytest.mark.parametrize("duration", (0.5, 1.237))
def test_the_duration_is_exact(tmp_path: Path, duration: float) -> None:
    made = make(tmp_path, "a beep", duration=duration)
    with av.open(str(made.path)) as container:
        frames = sum(frame.samples for frame in container.decode(audio=0))
    assert frames == round(duration * RATE)
    assert made.duration == duration


def test_without_a_duration_it_lasts_five_seconds(tmp_path: Path) -> None:
    assert make(tmp_path, "wind", duration=None).duration == 5.0


def test_layers_are_all_there(tmp_path: Path) -> None:
    made = make(tmp_path, "a thunderstorm with a barking dog and church bells")
    assert made.plan["sounds"] == ("rain", "thunder", "bark", "bell")
    assert made.ignored_words == ()


def test_a_layer_is_heard_in_the_mix() -> None:
    rain, both = heard("rain", 2.0), heard("rain and a beep", 2.0)
    frequencies = np.fft.rfftfreq(rain.shape[1], 1 / RATE)
    tone = (frequencies > 990) & (frequencies < 1010)
    share = [np.abs(np.fft.rfft(x.mean(axis=0)))[tone].max() / np.abs(x).mean() for x in (rain, both)]
    assert share[1] > 10 * share[0]


def test_one_knock_is_one_knock() -> None:
    several, one = heard("door knock", 6.0), heard("a single door knock", 6.0)
    assert level(several, 2.2, 5.9) > 0.01 > 100 * level(one, 2.2, 5.9)


def test_left_is_left() -> None:
    samples = heard("a dog barking on the left")
    assert level(samples[:1], 0, 2) > 3 * level(samples[1:], 0, 2)


def test_a_distant_sound_is_duller() -> None:
    assert centroid(heard("distant applause")) < 0.8 * centroid(heard("applause"))


def test_a_sound_in_a_cave_rings_on() -> None:
    near, cave = heard("a single coin", 4.0), heard("a single coin in a cave", 4.0)
    assert level(cave, 2.5, 3.9) > 3 * level(near, 2.5, 3.9)


def test_fast_is_more_often_than_slow() -> None:
    assert len(starts(heard("fast beeps", 8.0))) >= 1.8 * len(starts(heard("slow beeps", 8.0)))


def test_words_not_understood_are_told(tmp_path: Path) -> None:
    assert make(tmp_path, "rain on a purple xylophone").ignored_words == ("purple", "xylophone")


@pytest.mark.parametrize("prompt", ("", "xyzzy", "a purple thought", "the sound of democracy"))
def test_an_unknown_sound_is_refused_with_the_known_ones(tmp_path: Path, prompt: str) -> None:
    with pytest.raises(CannotMake, match=r"can make: alarm, .*wind"):
        make(tmp_path, prompt)
    assert sound_effects.ambience(prompt, duration=2.0, seed=1) is None
    assert list(tmp_path.iterdir()) == []


def test_places_speak_only_when_no_sound_is_named(tmp_path: Path) -> None:
    assert make(tmp_path, "a forest").plan["sounds"] == ("birds", "wind")
    assert make(tmp_path, "footsteps in a forest").plan["sounds"] == ("footsteps",)


@pytest.mark.parametrize(
    ("asked", "says"),
    [({"duration": 0.4}, "0.5 to 30"), ({"duration": 31.0}, "0.5 to 30"), ({"output_format": "pcm"}, "wav, mp3, opus")],
)
def test_what_cannot_be_done_is_refused_with_what_can(tmp_path: Path, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(CannotMake, match=says):
        make(tmp_path, "rain", **asked)
