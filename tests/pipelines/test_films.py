"""Films of real pipelines with random weights: as long as was asked for, to the frame, from words or a first frame."""

from __future__ import annotations

import json
from pathlib import Path

import av
import pytest
import tiny_pipelines
from PIL import Image

from anymedia import Options, errors
from anymedia.media import MediaFile
from anymedia.operations import VideoRequest
from conftest import Darkroom

SIDE = tiny_pipelines.SIDE


def frames(path: Path) -> int:
    with av.open(path) as film:
        return sum(1 for _ in film.decode(video=0))


@pytest.mark.parametrize(("name", "output_format"), [("LTXPipeline", "mp4"), ("WanPipeline", "webm")])
def test_a_film_has_the_frames_that_were_asked_for(name: str, output_format: str, darkroom: Darkroom) -> None:
    asked = {"size": (SIDE, SIDE), "duration": 1.0, "frames_per_second": 6, "output_format": output_format}
    made, again = (darkroom.video(name, **asked) for _ in range(2))
    assert frames(made.path) == 6 and made.path.suffix == f".{output_format}"
    assert made.provider_metadata["pipeline"] == name
    assert made.files[0].sha256 == again.files[0].sha256
    assert made.files[0].sha256 != darkroom.video(name, "a bear", **asked).files[0].sha256


@pytest.mark.parametrize("name", ["LTXPipeline", "WanImageToVideoPipeline"])
def test_a_film_begins_with_the_first_frame(name: str, darkroom: Darkroom, tmp_path: Path) -> None:
    shots = []
    for colour in ("teal", "orange"):
        Image.new("RGB", (SIDE, SIDE), colour).save(tmp_path / f"{colour}.png")
        first = tmp_path / f"{colour}.png"
        shots.append(darkroom.video(name, first_frame=first, size=(SIDE, SIDE), duration=0.5, frames_per_second=10))
    assert shots[0].files[0].sha256 != shots[1].files[0].sha256
    assert frames(shots[0].path) == 5
    assert shots[0].provider_metadata["pipeline"].endswith("ImageToVideoPipeline")


def test_what_would_be_computed_can_be_seen_before(darkroom: Darkroom, tmp_path: Path) -> None:
    Image.new("RGB", (SIDE, SIDE)).save(tmp_path / "first.png")
    darkroom.use(darkroom.folder("LTXPipeline"))
    first = MediaFile(media_type="image/png", path=tmp_path / "first.png")
    request = VideoRequest(prompt="a fox", duration=1.0, frames_per_second=10, first_frame=first)
    planned = darkroom.runner.run(darkroom.client.dry_run(request, Options(backend="mine")))
    arguments = json.loads(json.dumps(planned.document()))["wire"]["arguments"]
    assert (arguments["pipeline"], arguments["shown"], arguments["num_frames"]) == ("LTXImageToVideoPipeline", 10, 17)
    assert arguments["weights"]["folder"] == str(darkroom.folder("LTXPipeline"))


def test_weights_that_go_on_from_a_picture_need_one(darkroom: Darkroom) -> None:
    error = darkroom.failure("video", "WanImageToVideoPipeline", size=(SIDE, SIDE))
    assert isinstance(error, errors.InvalidParameter) and "`first_frame`" in error.message


def test_a_film_has_no_sound_and_pictures_no_duration(darkroom: Darkroom) -> None:
    error = darkroom.failure("video", "LTXPipeline", generate_audio=True)
    assert isinstance(error, errors.UnsupportedParameter)
    assert isinstance(darkroom.failure("image", "LTXPipeline"), errors.NoBackendAvailable)
