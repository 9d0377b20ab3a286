"""The encoder: exact counts and lengths, right colours, the same bytes every time, and nothing held back."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from PIL import Image

from anymedia.sketch import film

COLOURS = ((200, 30, 40), (30, 160, 60), (40, 60, 210), (128, 128, 128))


def stripes(count: int, size: tuple[int, int] = (320, 240)) -> Iterator[Image.Image]:
    """A gradient, stripes that move to the left, and a white block that moves to the right."""
    down, across = np.mgrid[: size[1], : size[0]]
    for number in range(count):
        drawn = np.stack([across * 0.8, down, (across // 8 + number) % 64 * 4], axis=-1).astype(np.uint8)
        drawn[60:120, 10 + number * 3 : 60 + number * 3] = 255
        yield Image.fromarray(drawn)


def tone(seconds: float) -> np.ndarray:
    wave = 0.3 * np.sin(np.arange(round(seconds * film.SOUND_RATE)) * 0.06)
    return np.stack([wave, -wave]).astype(np.float32)


def written(path: Path, frames: Iterator[Image.Image], *, sound: np.ndarray | None = None) -> Path:
    film.write(path, frames, size=(320, 240), frames_per_second=25, sound=sound, comment="whale: 鯨, 100%")
    return path


@pytest.mark.parametrize(("ending", "codecs"), [("mp4", ("h264", "aac")), ("webm", ("vp9", "opus"))])
def test_frames_and_sound_have_exactly_the_length_that_went_in(
    tmp_path: Path, ending: str, codecs: tuple[str, str]
) -> None:
    path = written(tmp_path / f"film.{ending}", stripes(32), sound=tone(1.28))
    with av.open(path) as container:
        pictures, sound = container.streams.video[0], container.streams.audio[0]
        assert (pictures.codec_context.name, pictures.pix_fmt) == (codecs[0], "yuv420p")
        assert sound.codec_context.name.removeprefix("lib") == codecs[1]
        assert container.duration == pytest.approx(1.28e6, abs=40_000)
        heard = sum(frame.samples for frame in container.decode(sound))
        container.seek(0)
        seen = [frame.time for frame in container.decode(pictures)]
    assert seen == pytest.approx([number / 25 for number in range(32)], abs=0.001)
    assert heard / film.SOUND_RATE == pytest.approx(1.28, abs=1024 / film.SOUND_RATE)


@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_the_comment_can_be_read_back(tmp_path: Path, ending: str) -> None:
    with av.open(written(tmp_path / f"film.{ending}", stripes(5))) as container:
        tags = {name.lower(): value for name, value in container.metadata.items()}
    assert tags["comment"] == "whale: 鯨, 100%"
    assert "creation_time" not in tags


@pytest.mark.parametrize("ending", ["mp4", "webm"])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_player_that_believes_the_file_sees_the_colour_that_was_drawn(
    tmp_path: Path, ending: str, colour: tuple[int, int, int]
) -> None:
    path = written(tmp_path / f"film.{ending}", iter([Image.new("RGB", (320, 240), colour)] * 3))
    with av.open(path) as container:
        frame = next(container.decode(video=0))
    assert frame.colorspace == Colorspace.ITU709
    shown = frame.to_ndarray(format="rgb24").mean(axis=(0, 1))
    assert shown == pytest.approx(np.array(colour), abs=4)


@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_bytes_do_not_depend_on_what_was_in_memory(tmp_path: Path, ending: str) -> None:
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import test_film as t;"
        "t.written(Path(sys.argv[2]), t.stripes(30), sound=t.tone(1.2))"
    )
    paths = [tmp_path / f"{fill}.{ending}" for fill in ("1", "77")]
    for path in paths:
        environment = {**os.environ, "MALLOC_PERTURB_": path.stem}
        here = str(Path(__file__).parent)
        subprocess.run([sys.executable, "-c", script, here, str(path)], check=True, env=environment)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_mp4_can_start_to_play_before_it_has_arrived(tmp_path: Path) -> None:
    data = written(tmp_path / "film.mp4", stripes(10)).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_frames_are_not_collected(tmp_path: Path) -> None:
    given: list[weakref.ref[Image.Image]] = []
    alive: list[int] = []

    def watched() -> Iterator[Image.Image]:
        for frame in stripes(60):
            given.append(weakref.ref(frame))
            alive.append(sum(reference() is not None for reference in given))
            yield frame

    written(tmp_path / "film.mp4", watched())
    assert max(alive) <= 3


def test_a_failure_while_drawing_goes_through_and_leaves_no_file(tmp_path: Path) -> None:
    def failing() -> Iterator[Image.Image]:
        yield from stripes(5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(tmp_path / "film.mp4", failing())
    assert list(tmp_path.iterdir()) == []
