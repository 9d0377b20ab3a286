"""The seed's films and large pictures: what becomes of them for a model that does not take them as they are."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from films import colour, film, pictures, pieces
from house import House
from PIL import Image

from anymedia import errors
from toys import padded

FULL = 51 * 10**6
"""Bytes of a picture that is over OpenAI's limit of one file."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds: red, then green, then blue."""
    colours = ("red", "lime", "blue")
    return film(tmp_path_factory.mktemp("films") / "clip.mp4", seconds=10, colours=colours)


def test_ten_seconds_at_one_frame_per_second_are_ten_frames_in_order(clip: Path, house: House) -> None:
    made = house.opens("openai").read(files=clip, frames="1 per second")
    frames = pictures(house.paid("openai")[0])
    assert [frame.format for frame in frames] == ["JPEG"] * 10
    assert [colour(frame) for frame in frames] == ["red"] * 3 + ["green"] * 4 + ["blue"] * 3
    (adjustment,) = made.adjustments
    assert adjustment.field == "media" and adjustment.got == "10 frames from second 0.5 to 9.5"


def test_a_number_of_frames_is_spread_evenly_and_their_places_stand_before_the_question(
    clip: Path, house: House
) -> None:
    house.opens("openai").read("What happens?", files={"the walk": clip}, frames=5)
    said = pieces(house.paid("openai")[0])[0]["text"]
    assert said.endswith("\n\nWhat happens?")
    assert "1 to 5: the walk, a film, as frames at 1.0, 3.0, 5.0, 7.0, 9.0 seconds" in said


def test_a_film_is_refused_without_leave_and_the_error_says_what_would_help(clip: Path, house: House) -> None:
    error = house.opens("openai").unread(files=clip, backend="openai")
    assert isinstance(error, errors.InvalidParameter) and "frames=10" in str(error) and "adapt=True" in str(error)
    assert house.buyers == {}


def test_by_leave_a_model_that_watches_no_films_is_sent_frames_and_it_is_said(clip: Path, house: House) -> None:
    made = house.opens("openai").read(files=clip, adapt=True)
    assert len(pictures(house.paid("openai")[0])) == 10
    (adjustment,) = made.adjustments
    assert "clip.mp4" in adjustment.asked and "openai:gpt-6-luna watches no films" in adjustment.why
    assert made.document()["results"][0]["adjustments"][0]["field"] == "media"
    assert not [line for line in made.why if line.startswith("native")]


def test_a_model_that_watches_films_is_sent_the_film_itself_also_by_leave(clip: Path, house: House) -> None:
    made = house.opens("openai", "google").read(files=clip, adapt=True)
    assert made.why[-1] == "native: google:gemini-3.8-flash is sent the film itself" and made.adjustments == ()
    (step,) = house.paid("google")[0].json["input"]
    assert [piece["type"] for piece in step["content"]] == ["video", "text"] and house.buyers == {"google": 1}


def test_frames_that_are_asked_for_are_drawn_also_for_a_model_that_watches_films(clip: Path, house: House) -> None:
    house.opens("google").read(files=clip, frames=2)
    (step,) = house.paid("google")[0].json["input"]
    assert [piece["type"] for piece in step["content"]] == ["image", "image", "text"]


def test_a_frame_of_each_scene_is_drawn(clip: Path, house: House) -> None:
    made = house.opens("openai").read(files=clip, frames="scenes")
    assert [colour(each) for each in pictures(house.paid("openai")[0])] == ["red", "green", "blue"]
    assert len(made.adjustments) == 1


def test_without_a_change_of_scene_frames_are_spread_and_it_is_said(tmp_path: Path, house: House) -> None:
    made = house.opens("openai").read(files=film(tmp_path / "still.mp4", seconds=3), frames="scenes")
    assert len(pictures(house.paid("openai")[0])) == 3
    assert "no change of scene was found" in made.adjustments[1].why


def test_more_scenes_than_allowed_are_refused_or_by_leave_some_of_all_of_it(clip: Path, house: House) -> None:
    error = house.opens("openai").unread(files=clip, frames="scenes", max_frames=2)
    assert isinstance(error, errors.InvalidParameter) and "3 frames of clip.mp4, over 2" in error.message
    made = house.read(files=clip, frames="scenes", max_frames=2, adapt=True)
    assert len(pictures(house.paid("openai")[0])) == 2 and house.buyers == {"openai": 1}
    assert (made.adjustments[1].asked, made.adjustments[1].got) == ("3 frames", "2 frames")


def test_more_than_thirty_frames_are_refused_unless_a_higher_number_is_named(clip: Path, house: House) -> None:
    error = house.opens("openai").unread(files=clip, frames="5 per second")
    assert isinstance(error, errors.InvalidParameter) and "50 frames of clip.mp4, over 30" in error.message
    house.read(files=clip, frames="5 per second", max_frames=60)
    house.read(files=clip, frames="5 per second", adapt=True)
    assert [len(pictures(request)) for request in house.paid("openai")] == [50, 30]


def test_more_than_sixty_frames_are_refused_or_by_leave_sixty(clip: Path, house: House) -> None:
    error = house.opens("openai").unread(files=clip, frames=61)
    assert isinstance(error, errors.InvalidParameter) and "1 to 60, got 61" in error.message
    assert isinstance(house.unread(files=clip, frames=5, max_frames=61), errors.InvalidParameter)
    made = house.read(files=clip, frames=61, adapt=True)
    assert len(pictures(house.paid("openai")[0])) == 60
    assert (made.adjustments[0].asked, made.adjustments[0].got) == (61, "60 frames")


@pytest.mark.parametrize("asked", ["some", "0 per second", "every -1 s", 0, -3, 2.5, True, [], ""], ids=repr)
def test_a_way_to_draw_frames_that_there_is_not_is_refused_and_none_is_taken_for_it(
    asked: Any, clip: Path, house: House
) -> None:
    error = house.opens("openai").unread(files=clip, frames=asked)
    assert isinstance(error, errors.InvalidParameter) and "`frames` must be" in error.message and house.buyers == {}


def test_a_film_shorter_than_a_second_gives_a_frame(tmp_path: Path, house: House) -> None:
    house.opens("openai").read(files=film(tmp_path / "short.mp4", seconds=0.3), frames="1 per second")
    assert len(pictures(house.paid("openai")[0])) == 1


def test_frames_are_wanted_of_a_film_only(tmp_path: Path, house: House) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    error = house.opens("openai").unread(files=tmp_path / "a.png", frames=3)
    assert isinstance(error, errors.InvalidParameter) and "there is none among the files" in error.message


@pytest.mark.parametrize("name", ["long.mp4", "long.webm"])
def test_frames_that_are_far_apart_are_those_of_their_places(name: str, tmp_path: Path, house: House) -> None:
    long = film(tmp_path / name, seconds=90, colours=("red", "lime", "blue"), rate=2)
    house.opens("openai").read(files=long, frames=6)
    assert [colour(each) for each in pictures(house.paid("openai")[0])] == ["red"] * 2 + ["green"] * 2 + ["blue"] * 2


def test_a_film_that_was_taken_with_a_telephone_on_its_side_is_drawn_upright(tmp_path: Path, house: House) -> None:
    lying = film(tmp_path / "lying.mp4", seconds=0.5, size=(64, 48))
    content = bytearray(lying.read_bytes())
    matrix = content.index(b"tkhd") + 44  # ISO 14496-12: after the times, the layer and the volume
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    lying.write_bytes(content)
    house.opens("openai").read(files=lying, frames=1)
    assert pictures(house.paid("openai")[0])[0].size == (48, 64)


def test_the_same_key_with_the_same_frames_is_paid_once(clip: Path, house: House) -> None:
    asked = {"files": clip, "frames": 3, "idempotency_key": "the walk"}
    first, second = house.opens("openai").read(**asked), house.read(**asked)
    assert first.job_id == second.job_id and house.buyers == {"openai": 1}


def test_a_film_that_cannot_be_decoded_is_refused_before_anything_is_sent(tmp_path: Path, house: House) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(200))
    error = house.opens("openai").unread(files=broken, frames=3)
    assert isinstance(error, errors.InvalidInput) and "broken.mp4" in error.message and house.buyers == {}


def test_without_the_packages_that_draw_frames_the_error_names_the_extra(
    clip: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)  # as if it were not installed
    error = house.opens("openai").unread(files=clip, frames=3)
    assert isinstance(error, errors.MissingDependency) and 'pip install "anymedia[frames]"' in str(error)
    assert house.buyers == {}


@pytest.mark.parametrize(
    ("size", "sent"),
    [((3000, 1000), (2000, 667)), ((1536, 1024), (1152, 768)), ((768, 2000), (768, 2000)), ((500, 4000), (250, 2000))],
    ids=lambda size: "x".join(map(str, size)),
)
def test_a_picture_over_the_limit_is_refused_or_by_leave_made_as_small_as_it_is_looked_at(
    size: tuple[int, int], sent: tuple[int, int], tmp_path: Path, house: House
) -> None:
    large = tmp_path / "large.png"
    Image.new("RGB", size, "red").save(large)
    large.write_bytes(padded(large.read_bytes(), FULL))
    error = house.opens("openai").unread(files=large, backend="openai")
    assert "at most 50 MB" in error.message and "adapt=True" in str(error) and house.buyers == {}
    made = house.read(files=large, adapt=True)
    (picture,) = pictures(house.paid("openai")[0])
    assert (picture.size, picture.format) == (sent, "JPEG")
    (adjustment,) = made.adjustments
    assert f"{size[0]}x{size[1]} 51.0 MB" in adjustment.asked and f"{sent[0]}x{sent[1]}" in adjustment.got


def test_a_picture_within_the_limit_is_sent_as_it_is(tmp_path: Path, house: House) -> None:
    Image.new("RGB", (3000, 1000)).save(tmp_path / "wide.png")
    made = house.opens("openai").read(files=tmp_path / "wide.png", adapt=True)
    assert pictures(house.paid("openai")[0])[0].size == (3000, 1000) and made.adjustments == ()


def test_frames_are_no_larger_than_they_are_looked_at(tmp_path: Path, house: House) -> None:
    large = film(tmp_path / "large.mp4", seconds=0.2, size=(1600, 1200))
    house.opens("openai").read(files=large, frames=1)
    assert pictures(house.paid("openai")[0])[0].size == (1024, 768)
