"""What is made of the files that a user names: each read whole, known by its bytes, and the same when it is sent."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from anymedia import DescribeRequest, ImageRequest, errors
from anymedia.engine import inputs
from anymedia.engine.fence import Fence
from anymedia.engine.inputs import (
    BLOCK,
    MOST_KNOWN,
    Changed,
    check_fetched,
    check_unchanged,
    is_address,
    measured,
    media_file,
    ready_file,
    ready_request,
    unchanged,
)
from anymedia.media import MediaFile
from scribe import recording
from toys import PICTURE, padded, picture

JPEG, FILM = picture(output_format="jpeg"), picture(output_format="mp4")
ADDRESS = "https://fox.example/fox.png"
PDF = b"%PDF-1.7\nwords\n%%EOF\n"
UNKNOWN = "application/octet-stream"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(os.path.realpath(tmp_path))


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "_known", {})


def named(path: Path, content: bytes = PICTURE) -> MediaFile:
    path.write_bytes(content)
    return MediaFile(media_type=UNKNOWN, path=path)


def held(content: bytes) -> MediaFile:
    return MediaFile(media_type=UNKNOWN, data=content)


def ready(file: MediaFile) -> MediaFile:
    return ready_file(file, Fence())


def read_from_elsewhere(path: Path) -> MediaFile:
    return measured(path, f"The input file {path} is")


def refusal(work: Any, *arguments: Any) -> errors.InvalidInput:
    with pytest.raises(errors.InvalidInput) as caught:
        work(*arguments)
    assert caught.value.next
    return caught.value


# --- What the user means ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (b"bytes", {"data": b"bytes"}),
        (ADDRESS, {"url": ADDRESS}),
        ("a/fox.png", {"path": Path("a/fox.png")}),
        (Path("a/fox.png"), {"path": Path("a/fox.png")}),
        ("~/fox.png", {"path": Path.home() / "fox.png"}),
        ("x" * 4096, {"path": Path("x" * 4096)}),
    ],
    ids=["bytes", "address", "words", "path", "home", "longest"],
)
def test_a_file_is_named_by_bytes_a_path_or_an_address(value: Any, source: Any) -> None:
    assert media_file(value) == MediaFile(media_type=UNKNOWN, **source)


def test_a_file_that_is_one_already_is_taken_as_it_is() -> None:
    file = MediaFile(media_type="image/png", data=PICTURE, size=7)
    assert media_file(file) is file


@pytest.mark.parametrize("value", ["a\0b", "x" * 4097, "ä" * (2049), "~nobody-of-that-name/fox.png", 7, None])
def test_what_can_be_no_path_is_refused(value: Any) -> None:
    error = refusal(media_file, value)
    assert "is no path." in error.message and error.next == "Pass the path of a picture, sound or film."


@pytest.mark.parametrize("value", ["http://fox.example/1", "data:image/png;base64,AA", "file:///etc/passwd", "FTP://x"])
def test_an_address_that_is_never_fetched_is_refused(value: str) -> None:
    for each in (value, MediaFile(media_type=UNKNOWN, url=value)):
        error = refusal(media_file, each)
        assert "it is not fetched" in error.message and error.next == "Download it yourself and pass its path."


def test_an_address_has_a_scheme() -> None:
    found = {text: is_address(text) for text in ("https://a", "data:,", "git+ssh://a", "a.png", "C:/a", "x https://a")}
    assert [text for text, yes in found.items() if yes] == ["https://a", "data:,", "git+ssh://a"]


def test_what_is_only_an_address_cannot_be_planned_with(folder: Path) -> None:
    far, near = MediaFile(media_type=UNKNOWN, url=ADDRESS), named(folder / "a.png")
    check_fetched(ImageRequest(prompt="a fox", input_images=(near,)))
    for request in (ImageRequest(prompt="a fox", input_images=(near, far)), ImageRequest(prompt="a fox", mask=far)):
        assert "planning uses no network" in refusal(check_fetched, request).message
        refusal(ready_request, request, Fence())
    assert ready(far) is far


# --- Read whole ------------------------------------------------------------------------------------------------------


def facts_of(content: bytes, media_type: str, duration: Any = None) -> Any:
    digest = hashlib.sha256(content).hexdigest()
    return {"media_type": media_type, "size": len(content), "sha256": digest, "duration": duration}


LARGE = padded(PICTURE, 2 * BLOCK + 70)


@pytest.mark.parametrize(
    ("content", "media_type", "duration"),
    [
        (PICTURE, "image/png", None),
        (LARGE, "image/png", None),
        (JPEG, "image/jpeg", None),
        (JPEG + FILM, "image/jpeg", None),
        (JPEG + padded(FILM, 2 * BLOCK), "image/jpeg", None),
        (FILM, "video/mp4", "some"),
        (recording(0.5), "audio/wav", 0.5),
        (PDF, "application/pdf", None),
        (b"%PDF-1.7" + bytes(2 * BLOCK - 12) + b"%%EOF", "application/pdf", None),
        (b"%PDF-1.7%%EOF" + b"\0\t\n\f\r " * 10, "application/pdf", None),
        (b"%PDF-1.7%%EOF words %%EOF" + b" " * 1019, "application/pdf", None),
    ],
    ids=[
        "picture", "large picture", "jpeg", "motion photo", "large motion photo", "film", "sound", "pdf", "large pdf",
        "pdf and blanks", "pdf with its mark early",
    ],
)  # fmt: skip
def test_a_file_is_known_by_its_bytes(content: bytes, media_type: str, duration: Any, folder: Path) -> None:
    in_memory, on_disk = ready(held(content)), ready(named(folder / "called.gif", content))
    if duration == "some":
        duration = in_memory.duration
        assert duration is not None and duration > 0
    facts = facts_of(content, media_type, duration)
    assert in_memory == MediaFile(data=content, **facts)
    assert on_disk == MediaFile(path=folder / "called.gif", **facts)
    assert read_from_elsewhere(folder / "called.gif") == on_disk


@pytest.mark.parametrize(
    ("content", "says", "then"),
    [
        (b"", "empty.", "Pass a file with something in it."),
        (b"<html></html>", "no picture, sound or film that anymedia knows.", "Pass a PNG, JPEG"),
        (b"words %PDF-1.7 %%EOF", "no picture, sound or film that anymedia knows.", "Pass a PNG, JPEG"),
        (PICTURE[:-5], "not a whole image/png: ", "Pass the whole file, or save it again."),
        (LARGE[:-1], "not a whole image/png: ", "Pass the whole file, or save it again."),
        (b"<!-- <svg --><html/>", "no image/svg+xml: ", "Pass another file."),
        (PICTURE + b"PK more", "more than image/png: 7 bytes follow its end", "Save it again without them."),
        (PICTURE + FILM, f"more than image/png: {len(FILM):,} bytes follow its end", "Save it again without them."),
        (JPEG + FILM[:-9], f"more than image/jpeg: {len(FILM) - 9:,} bytes follow", "Save it again without them."),
        (JPEG + PICTURE, f"more than image/jpeg: {len(PICTURE)} bytes follow", "Save it again without them."),
        (JPEG + b"words", "more than image/jpeg: 5 bytes follow", "Save it again without them."),
        (PDF[:-3], "not a whole PDF: it does not end like one.", "Pass the whole file."),
        (PDF + b"PK more", "not a whole PDF: it does not end like one.", "Pass the whole file."),
        (b"%PDF-1.7%%EOF" + b" " * 1020, "not a whole PDF: it does not end like one.", "Pass the whole file."),
        (b"%PDF-1.7%%EOF" + b" " * 1024, "not a whole PDF: it does not end like one.", "Pass the whole file."),
        (b"%PDF-1.7%%EOF?", "not a whole PDF: it does not end like one.", "Pass the whole file."),
    ],
)  # fmt: skip
def test_what_is_not_whole_or_more_than_one_medium_is_refused(
    content: bytes, says: str, then: str, folder: Path
) -> None:
    file = named(folder / "fox.png", content)
    for work, subject, argument in (
        (ready, "These bytes are ", held(content)),
        (ready, f"The input file {file.path} is ", file),
        (read_from_elsewhere, f"The input file {file.path} is ", file.path),
    ):
        error = refusal(work, argument)
        assert error.message.startswith(subject + says) and str(error.next).startswith(then)


def test_a_file_that_is_longer_than_it_says_is_refused() -> None:
    endless = Path("/proc/version")
    for work, argument in ((ready, MediaFile(media_type=UNKNOWN, path=endless)), (read_from_elsewhere, endless)):
        error = refusal(work, argument)
        assert error.message == "The input file /proc/version is longer than it says."
        assert error.next == "Pass a file that is finished."


def test_a_file_is_found_where_its_path_leads_and_inside_of_the_fence(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(folder / "fox.png")
    (folder / "link.png").symlink_to(folder / "fox.png")
    monkeypatch.chdir(folder)
    found = ready(MediaFile(media_type=UNKNOWN, path=Path("link.png")))
    assert (found.path, found.media_type) == (folder / "fox.png", "image/png")
    with pytest.raises(errors.InvalidInput, match="outside of the folders"):
        ready_file(found, Fence(roots=(folder / "other",)))


def test_a_file_that_is_none_is_refused_with_the_reason(folder: Path) -> None:
    (folder / "folder").mkdir()
    for name, says, then in (
        ("gone.png", f"The input file {folder}/gone.png does not exist.", "Check the path."),
        (
            "folder",
            f"The input {folder}/folder is not a file: {folder}/folder is a folder.",
            "Pass the path of a picture, sound or film.",
        ),
        ("x" * 300, f"The input file {folder}/{'x' * 300} cannot be read: File name too long.", inputs.MEND),
    ):
        error = refusal(ready, MediaFile(media_type=UNKNOWN, path=folder / name))
        assert (error.message, error.next) == (says, then)


def test_a_file_that_cannot_be_read_on_is_refused_with_the_reason(folder: Path) -> None:
    """The memory of a process is a file that opens and whose beginning nobody can read."""
    error = refusal(ready, MediaFile(media_type=UNKNOWN, path=Path("/proc/self/mem")))
    assert error.message == f"The input file /proc/self/mem cannot be read: {os.strerror(5)}."
    assert error.next == inputs.MEND


def test_the_largest_file_is_read_and_one_byte_more_is_not(folder: Path) -> None:
    file = named(folder / "fox.png")
    assert ready_file(file, Fence(largest_input=len(PICTURE))).size == len(PICTURE)
    error = refusal(ready_file, file, Fence(largest_input=len(PICTURE) - 1))
    assert "at most" in error.message and "largest_input" in str(error.next)


def test_every_file_of_a_request_is_made_ready_and_nothing_else_is_changed(folder: Path) -> None:
    request = ImageRequest(
        prompt="a fox", n=2, size=(4, 5), mask=held(PICTURE), input_images=(held(JPEG), named(folder / "a.png"))
    )
    found = ready_request(request, Fence())
    assert found.mask == ready(held(PICTURE))
    assert found.input_images == (ready(held(JPEG)), ready(named(folder / "a.png")))
    assert replace(found, mask=None, input_images=None) == ImageRequest(prompt="a fox", n=2, size=(4, 5))
    assert ready_request(DescribeRequest(prompt="why?", media=()), Fence()) == DescribeRequest(prompt="why?", media=())


# --- Known again -----------------------------------------------------------------------------------------------------


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let so many seconds be over since the files were written."""

    def wait(seconds: float) -> None:
        then = time.time_ns() + int(seconds * 10**9)
        monkeypatch.setattr(inputs.time, "time_ns", lambda: then)

    return wait


def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that a file is read whole."""
    found: list[int] = []
    whole = inputs._measured

    def counted(stream: Any, expected: int, subject: str) -> Any:
        found.append(expected)
        return whole(stream, expected, subject)

    monkeypatch.setattr(inputs, "_measured", counted)
    return found


@pytest.mark.parametrize(("seconds", "times"), [(3, 1), (-60, 2)], ids=["steady", "just written"])
def test_a_file_that_has_not_changed_for_a_while_is_read_once(
    seconds: float, times: int, folder: Path, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, seen = named(folder / "fox.png"), reads(monkeypatch)
    later(seconds)
    assert ready(file) == ready(file)
    assert len(seen) == times


@pytest.mark.parametrize(("seconds", "date"), [(0, 0), (3, 2**32)], ids=["an old date", "a date to come"])
def test_a_file_is_not_steady_for_the_date_that_it_was_given(
    seconds: float, date: int, folder: Path, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, seen = named(folder / "fox.png"), reads(monkeypatch)
    os.utime(folder / "fox.png", (date, date))
    later(seconds)
    assert (ready(file) == ready(file), len(seen)) == (True, 2)


def test_a_file_that_changed_is_read_again(folder: Path, later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = reads(monkeypatch)
    later(60)
    first = ready(named(folder / "fox.png"))
    (folder / "new.png").write_bytes(PICTURE)
    os.utime(folder / "new.png", ns=(0, (folder / "fox.png").stat().st_mtime_ns))
    (folder / "new.png").rename(folder / "fox.png")
    assert (ready(first).sha256, len(seen)) == (first.sha256, 2)


def test_no_more_than_a_thousand_files_are_known(folder: Path, later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    later(60)
    assert MOST_KNOWN == 1000
    monkeypatch.setattr(inputs, "MOST_KNOWN", 2)
    for name, known in (("a", ["a"]), ("b", ["a", "b"]), ("c", ["c"])):
        ready(named(folder / name))
        assert [path.name for path in inputs._known] == known


# --- Unchanged, or not sent ------------------------------------------------------------------------------------------

CHANGES = {
    "replaced": lambda path: path.write_bytes(PICTURE[:-1] + b"x"),
    "longer": lambda path: path.write_bytes(PICTURE + b"x"),
    "deleted": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("seconds", [60, -60], ids=["known", "not known"])
def test_a_file_that_was_checked_is_sent_from_its_beginning(seconds: float, folder: Path, later: Any) -> None:
    later(seconds)
    file = ready(named(folder / "fox.png"))
    request = ImageRequest(prompt="a fox", mask=held(PICTURE), input_images=(file, file))
    check_unchanged(request)
    with unchanged(file) as stream:
        assert stream.read() == PICTURE
    for facts in ({}, {"sha256": file.sha256}):
        with unchanged(replace(named(folder / "other.png"), **facts)) as stream:
            assert stream.read() == PICTURE


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seconds", [60, -60], ids=["known", "not known"])
def test_a_file_that_changed_is_not_sent(change: str, seconds: float, folder: Path, later: Any) -> None:
    later(seconds)
    file = ready(named(folder / "fox.png"))
    request = ImageRequest(prompt="a fox", input_images=(ready(named(folder / "other.png")), file))
    CHANGES[change](folder / "fox.png")
    error = refusal(check_unchanged, request)
    if change in ("replaced", "longer"):
        assert (error.message, error.next) == (
            f"The input file {file.path} has changed since it was checked.",
            "Ask again.",
        )
    else:
        reason = {"deleted": os.strerror(2), "a folder": f"{file.path} is a folder"}[change]
        assert error.message == f"The input file {file.path} cannot be read any more: {reason}."
        assert error.next == inputs.MEND


def test_another_file_that_is_known_is_not_sent_in_its_place(folder: Path, later: Any) -> None:
    later(60)
    file = ready(named(folder / "fox.png"))
    ready(named(folder / "fox.png", JPEG))
    with pytest.raises(Changed):
        unchanged(file)


def test_a_file_that_is_refused_is_closed(folder: Path) -> None:
    file = ready(named(folder / "fox.png"))
    (folder / "fox.png").write_bytes(JPEG)
    with pytest.raises(Changed) as caught:
        unchanged(file)
    assert caught.value.strerror == f"{file.path} has changed since it was checked"
    del caught
    assert str(file.path) not in open_files()


def open_files() -> set[str]:
    """The files that this process has open; a descriptor may be closed while it is looked at."""
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(os.readlink(each))  # noqa: PTH115 - a pipe or a socket is no path
    return found
