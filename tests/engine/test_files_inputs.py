"""Files that go to a provider: what their bytes are, not what their names say; unchanged, or not sent."""

from __future__ import annotations

import os
from typing import Any

import pytest
from container_samples import sample

from anymedia import AsyncClient, ImageRequest, MediaFile, errors
from anymedia.spec import Call, Flow, Inline, post
from anymedia.testing.emulator import Emulator
from toys import PICTURE, Provider, drawn, padded, picture, says, toy
from workplace import EDITS, Workplace


def test_the_type_of_a_file_is_that_of_its_bytes(openai: Workplace, emulator: Emulator) -> None:
    path = openai.root / "called.png"
    path.write_bytes(picture(output_format="jpeg"))
    openai.draw(input_images=path)
    (part,) = (part for part in emulator.requests[-1].parts if part.filename)
    assert (part.media_type, part.filename.rpartition(".")[2]) == ("image/jpeg", "jpg")
    assert (emulator.requests[-1].path, part.data) == (EDITS, path.read_bytes())


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", errors.InvalidInput),
        (sample("gif"), errors.InvalidParameter),
        (b"%PDF-1.7\nwords\n%%EOF\n", errors.InvalidParameter),
        (b"<html></html>", errors.InvalidInput),
        (sample("wav"), errors.InvalidParameter),
    ],
    ids=["empty", "gif", "pdf", "html", "sound"],
)
def test_a_file_of_a_wrong_kind_is_refused_by_name(
    content: bytes, error: type[errors.AnymediaError], openai: Workplace, emulator: Emulator
) -> None:
    path = openai.root / "picture.png"
    path.write_bytes(content)
    found = openai.failure(input_images=path)
    assert isinstance(found, error)
    assert "input_images" in str(found) or "picture.png" in str(found)
    assert emulator.requests == ()


def test_a_file_over_the_limit_is_refused_before_it_is_sent(openai: Workplace, emulator: Emulator) -> None:
    path = openai.root / "huge.png"
    path.write_bytes(padded(PICTURE, 51 * 10**6))
    found = openai.failure(input_images=path)
    assert isinstance(found, errors.InvalidParameter)
    assert "50 MB" in str(found)
    assert emulator.requests == ()


@pytest.mark.parametrize("kind", ["missing", "folder", "loop", "fifo", "device"])
def test_a_path_that_is_no_file_is_refused_at_once(kind: str, openai: Workplace, emulator: Emulator) -> None:
    path = openai.root / "picture.png"
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "loop":
            path.symlink_to(path)
    assert isinstance(openai.failure(input_images=path), errors.InvalidInput)
    assert emulator.requests == ()


def changed(workplace: Workplace, change: Any, *backends: Any) -> errors.AnymediaError:
    """A job is opened, then its input file changes, then it is run."""
    path = workplace.root / "picture.png"
    path.write_bytes(picture())

    async def work(client: AsyncClient) -> errors.AnymediaError:
        file = MediaFile(media_type="image/png", path=path)
        opened = await client.open(ImageRequest(prompt="a fox", input_images=(file,)))
        change(path)
        with pytest.raises(errors.AnymediaError) as caught:
            await client.finish(opened.job_id)
        return caught.value

    return workplace.run(work, *backends)


CHANGES = pytest.mark.parametrize(
    "change",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(picture("another picture of the same size")),
        lambda path: path.write_bytes(picture() + b"more"),
        lambda path: os.truncate(path, 20),
    ],
    ids=["deleted", "replaced", "longer", "shorter"],
)


@CHANGES
def test_a_file_that_changed_after_it_was_checked_is_not_sent_in_a_form(
    change: Any, openai: Workplace, emulator: Emulator
) -> None:
    found = changed(openai, change)
    assert isinstance(found, errors.InvalidInput)
    assert (found.charged, emulator.submits) == ("no", 0)
    assert openai.row["settled_nano"] == 0


@CHANGES
def test_a_file_that_changed_after_it_was_checked_is_not_sent_inline(
    change: Any, workplace: Workplace, provider: Provider
) -> None:
    def submit(call: Call) -> Flow:
        yield post("/buy", json={"image": Inline(file=call.body["image"][0])})
        return drawn(text="x")

    provider.on("POST", "/buy", says({}))
    found = changed(workplace, change, toy(provider.url, submit))
    assert isinstance(found, errors.InvalidInput)
    assert (found.charged, provider.requests) == ("no", [])


def test_bytes_given_in_memory_survive_a_crash(openai: Workplace, emulator: Emulator) -> None:
    async def opened(client: AsyncClient) -> str:
        file = MediaFile(media_type="image/png", data=picture("kept"))
        return (await client.open(ImageRequest(prompt="a fox", input_images=(file,)))).job_id

    job_id = openai.run(opened)
    openai.run(lambda client: client.resume(job_id))
    assert [part.data for part in emulator.requests[-1].parts if part.filename] == [picture("kept")]


def test_an_input_is_never_written_into_the_ledger_itself(openai: Workplace, emulator: Emulator) -> None:
    openai.draw(input_images=[picture("kept")])
    assert picture("kept")[20:60] not in (openai.state / "ledger.sqlite").read_bytes()
