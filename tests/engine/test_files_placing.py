"""Where the files of a job go, decided without a provider: names and formats that agree, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from anymedia import DescribeRequest, ImageRequest, SpeechRequest, TranscriptionRequest, errors
from anymedia.engine import placing
from anymedia.engine.fence import Fence
from anymedia.engine.file_names import file_stem
from anymedia.engine.placing import (
    Placement,
    ends_unlike,
    formats_like,
    outputs_of,
    place,
    with_format_of,
    with_text_format_of,
)
from anymedia.media import MediaFile
from anymedia.operations import Request
from toys import toy_model

MODEL = toy_model()
FOX = ImageRequest(prompt="a fox")
TALK = MediaFile(media_type="audio/mpeg", data=b"x")
FORMATS = {
    **{f".{name}": [name] for name in ("png", "webp", "gif", "svg", "mp3", "wav", "flac", "aac", "mp4", "webm")},
    ".jpg": ["jpeg", "jpg"],
    ".JPEG": ["jpeg", "jpg"],
    ".ogg": ["opus"],
    ".opus": ["opus"],
    ".txt": ["text"],
    ".srt": ["srt"],
    ".vtt": ["vtt"],
    ".json": ["json"],
    ".pdf": [],
    "": [],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(os.path.realpath(tmp_path))


def placed(folder: Path, request: Request = FOX, **placement: Any) -> Any:
    return place(Placement(**{"folder": folder, **placement}), request, MODEL, "job_1", Fence())


def refusal(folder: Path, request: Request = FOX, **placement: Any) -> str:
    with pytest.raises(errors.OutputRefused) as caught:
        placed(folder, request, **placement)
    assert caught.value.charged == "no" and caught.value.next
    return caught.value.message


# --- Formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ending", "names"), FORMATS.items())
def test_a_file_ends_like_its_formats(ending: str, names: list[str]) -> None:
    assert formats_like(Path(f"fox{ending}")) == names


@pytest.mark.parametrize(
    ("name", "asked", "sent"),
    [
        ("fox.png", None, "png"),
        ("fox.jpg", None, "jpeg"),
        ("fox.webp", None, None),
        ("fox.png", "jpeg", "jpeg"),
        (None, None, None),
    ],
)
def test_the_name_of_the_file_asks_for_its_format_if_the_model_has_it(
    name: str | None, asked: str | None, sent: str | None
) -> None:
    request = ImageRequest(prompt="a fox", output_format=asked)
    path = None if name is None else Path(name)
    assert with_format_of(path, request, MODEL) == ImageRequest(prompt="a fox", output_format=sent)
    assert with_format_of(path, request, toy_model(params={})) is request


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("fox.webp", None, "toy-1 makes .jpg or .png"),
        ("fox.webp", "png", None),
        ("fox.png", None, None),
        ("fox.JPEG", None, None),
        ("fox.mp3", None, None),
        ("fox.tiff", None, None),
        ("fox", None, None),
    ],
)
def test_a_model_that_never_makes_what_the_file_ends_like_is_told(
    name: str, asked: str | None, said: str | None
) -> None:
    request = ImageRequest(prompt="a fox", output_format=asked)
    assert ends_unlike(Path(name), request, MODEL) == said
    assert ends_unlike(Path(name), request, toy_model(params={})) is None


@pytest.mark.parametrize(
    ("name", "asked", "sent"),
    [
        ("a.srt", None, "srt"),
        ("a.VTT", None, "vtt"),
        ("a.txt", None, None),
        ("a.TXT", None, None),
        ("a.pdf", None, None),
        ("a.srt", "vtt", "vtt"),
    ],
)
def test_a_file_for_words_asks_for_its_format(name: str, asked: str | None, sent: str | None) -> None:
    request = TranscriptionRequest(audio=TALK, output_format=asked)
    found = with_text_format_of(Path(name), request)
    assert found == TranscriptionRequest(audio=TALK, output_format=sent)
    assert with_text_format_of(None, request) is request


def test_what_makes_no_words_or_has_no_formats_is_left_as_it_is() -> None:
    describe = DescribeRequest(prompt="What is it?", media=(TALK,))
    for request in (FOX, describe):
        assert with_text_format_of(Path("a.srt"), request) is request


def test_one_output_is_made_where_no_number_is_asked_for() -> None:
    assert (outputs_of(FOX), outputs_of(ImageRequest(prompt="a fox", n=3))) == (1, 3)


# --- Places -----------------------------------------------------------------------------------------------------------


def test_a_file_without_a_name_is_called_after_the_prompt_and_the_job(folder: Path) -> None:
    (folder / "link").symlink_to(folder / "real")
    (folder / "real").mkdir()
    target = placed(folder / "link", marks=True)
    assert (target.folder, target.stem) == (folder / "real", file_stem("a fox", "generate_image", "job_1"))
    assert (target.name, target.overwrite, target.marks) == (None, False, True)


def test_a_file_with_a_name_goes_where_it_is_named(folder: Path) -> None:
    (folder / "fox.png").write_bytes(b"old")
    target = placed(folder / "never made", file=folder / "fox.png", overwrite=True)
    assert (target.folder, target.name, target.overwrite, target.marks) == (folder, "fox.png", True, False)
    assert placed(folder, file=folder / "new" / "fox.png").folder == folder / "new"
    assert (folder / "new").is_dir() and not (folder / "never made").exists()


def test_what_is_there_already_is_refused_for_each_output(folder: Path) -> None:
    request = ImageRequest(prompt="a fox", n=3)
    (folder / "fox-4.png").write_bytes(b"no output of this job")
    (folder / "fox-1.png").write_bytes(b"nor is this")
    placed(folder, request, file=folder / "fox.png")
    (folder / "fox-3.png").symlink_to(folder / "gone")
    assert "fox-3.png exists" in refusal(folder, request, file=folder / "fox.png")
    placed(folder, request, file=folder / "fox.png", overwrite=True)
    (folder / "fox.png").mkdir()
    assert "is a folder" in refusal(folder, file=folder / "fox.png", overwrite=True)


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("fox.mp3", None, "ends like audio/mpeg"),
        ("fox", None, "no file ending"),
        ("fox.png", "jpeg", "does not end like the asked format jpeg"),
        ("x" * 300 + ".png", None, "cannot be used"),
    ],
)
def test_a_name_that_no_picture_can_have_is_refused(name: str, asked: str | None, words: str, folder: Path) -> None:
    assert words in refusal(folder, ImageRequest(prompt="a fox", output_format=asked), file=folder / name)


@pytest.mark.parametrize(("name", "asked"), [("fox.JPG", "jpeg"), ("fox.unheard-of", None), ("fox.webp", "avif")])
def test_a_name_that_a_picture_can_have_is_taken(name: str, asked: str | None, folder: Path) -> None:
    assert placed(folder, ImageRequest(prompt="a fox", output_format=asked), file=folder / name).name == name


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("a", None, "no file ending"),
        ("a.png", None, "does not end like text"),
        ("a.srt", None, "does not end like plain text"),
        ("a.vtt", "srt", "does not end like the asked format srt"),
    ],
)
def test_a_name_that_no_words_can_have_is_refused(name: str, asked: str | None, words: str, folder: Path) -> None:
    assert words in refusal(folder, TranscriptionRequest(audio=TALK, output_format=asked), file=folder / name)


@pytest.mark.parametrize(("name", "asked"), [("a.TXT", None), ("a.srt", "srt"), ("a.txt", "text")])
def test_a_name_that_words_can_have_is_taken(name: str, asked: str | None, folder: Path) -> None:
    assert placed(folder, TranscriptionRequest(audio=TALK, output_format=asked), file=folder / name).name == name


def test_words_without_a_file_need_no_folder_and_take_none(folder: Path) -> None:
    words = TranscriptionRequest(audio=TALK)
    assert placed(folder / "never made", words).folder == folder / "never made"
    assert not (folder / "never made").exists()
    assert "only goes into a file that is named" in refusal(folder, words, folder_asked=True)
    assert placed(folder, FOX, folder_asked=True).folder == folder


def test_room_is_asked_for_twice_what_all_outputs_usually_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(placing, "prepare_folder", lambda place, needed_bytes: asked.append(needed_bytes))
    placed(folder, ImageRequest(prompt="a fox", n=3))
    placed(folder, FOX, file=folder / "fox.png")
    assert asked == [6000, 2000]


def test_a_place_outside_of_the_fence_is_refused(folder: Path) -> None:
    fence = Fence(roots=(folder / "inside",))
    for placement in (Placement(folder=folder), Placement(folder=folder / "inside", file=folder / "fox.png")):
        with pytest.raises(errors.OutputRefused, match="outside"):
            place(placement, FOX, MODEL, "job_1", fence)
    assert place(Placement(folder=folder / "inside"), SpeechRequest(text="hi"), MODEL, "job_1", fence).stem.startswith(
        "hi"
    )
