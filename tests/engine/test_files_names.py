"""Names of files: safe for any prompt, never taking another file's place, true to the bytes."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from anymedia import AsyncClient, errors
from anymedia.testing.emulator import Emulator, Fault
from toys import picture
from workplace import GENERATIONS, Workplace, arrives

PROMPTS = [
    "a fox",
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    "C:\\windows\\system32",
    "con",
    "-rf *",
    "~root",
    "$(reboot) `id` ; rm",
    "zażółć gęślą jaźń",
    "狐狸在雪中",
    "🦊🦊🦊",
    "e\u0301\u200b\u202e gnp.exe",
    "line\nbreak\ttab\r",
    "x" * 5_000,
    "é" * 5_000,
    "%00%2e%2e%2f",
    '"quoted" <tags>',
    "a\u2215b\uff0fc",
]


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: repr(prompt[:20]))
def test_any_prompt_gives_a_plain_name_inside_the_folder(prompt: str, openai: Workplace, emulator: Emulator) -> None:
    result = openai.draw(prompt=prompt)
    assert result.path.parent == openai.out
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,75}\.png", result.path.name)
    assert openai.files() == [result.path]


def test_a_prompt_that_leaves_no_letters_is_named_by_its_operation(openai: Workplace, emulator: Emulator) -> None:
    assert openai.draw(prompt="狐狸").path.name.startswith("image-")


def test_a_lone_surrogate_is_refused_or_drawn_but_never_a_crash(openai: Workplace, emulator: Emulator) -> None:
    try:
        openai.draw(prompt="a \ud800 fox")
    except errors.UsageError:
        assert emulator.submits == 0
        assert openai.rows() == []


def test_the_same_prompt_twice_gives_two_files(openai: Workplace, emulator: Emulator) -> None:
    assert openai.draw().path != openai.draw().path
    assert len(openai.files()) == 2


def test_several_outputs_are_numbered_in_order(openai: Workplace, emulator: Emulator) -> None:
    names = [Path(file).name for file in openai.draw(n=3, output=openai.out / "fox.png").files]
    assert names == ["fox.png", "fox-2.png", "fox-3.png"]


def test_several_outputs_without_a_name_share_the_stem(openai: Workplace, emulator: Emulator) -> None:
    first, second = (Path(file) for file in openai.draw(n=2).files)
    assert second.stem == f"{first.stem}-2"


# --- A name of one's own ---------------------------------------------------------------------------------------------


def test_the_output_is_where_it_was_asked_for(openai: Workplace, emulator: Emulator) -> None:
    target = openai.root / "deep" / "er" / "Füchse & Co.PNG"
    assert openai.draw(output=target).path == target
    assert target.read_bytes() == picture()


def test_an_existing_output_is_refused_before_anything_is_sent(openai: Workplace, emulator: Emulator) -> None:
    target = openai.root / "fox.png"
    target.write_text("mine")
    error = openai.failure(output=target)
    assert (type(error), error.charged, error.exit_code) == (errors.OutputRefused, "no", 2)
    assert (target.read_text(), emulator.submits, openai.rows()) == ("mine", 0, [])


def test_the_second_of_several_outputs_must_not_exist_either(openai: Workplace, emulator: Emulator) -> None:
    (openai.root / "fox-2.png").write_text("mine")
    assert isinstance(openai.failure(output=openai.root / "fox.png", n=2), errors.OutputRefused)
    assert emulator.submits == 0


def test_overwriting_replaces_what_was_named(openai: Workplace, emulator: Emulator) -> None:
    target = openai.root / "fox.png"
    target.write_text("mine")
    assert openai.draw(output=target, overwrite=True).path == target
    assert target.read_bytes() == picture()


def test_overwriting_replaces_nothing_that_was_not_named(openai: Workplace, emulator: Emulator) -> None:
    other = openai.root / "fox.jpg"
    other.write_text("mine")
    with Emulator(media=picture(output_format="jpeg")) as jpegs:
        openai.environ["OPENAI_BASE_URL"] = jpegs.base_url
        result = openai.draw(output=openai.root / "fox.png", overwrite=True)
    assert other.read_text() == "mine"
    assert result.path.suffix == ".jpg"


def test_bytes_of_another_kind_get_their_true_ending_and_a_warning(openai: Workplace, emulator: Emulator) -> None:
    with Emulator(media=picture(output_format="webp")) as webps:
        openai.environ["OPENAI_BASE_URL"] = webps.base_url
        result = openai.draw(output=openai.root / "fox.png")
    assert (result.path.name, result.files[0].media_type) == ("fox.webp", "image/webp")
    (warning,) = result.warnings
    assert "fox.webp" in warning


@pytest.mark.parametrize("name", ["fox.jpg", "fox.JPEG"])
def test_an_ending_that_agrees_with_the_asked_format_is_taken(name: str, openai: Workplace, emulator: Emulator) -> None:
    with Emulator() as drawing:
        openai.environ["OPENAI_BASE_URL"] = drawing.base_url
        result = openai.draw(output=openai.root / name, output_format="jpeg", size="64x64")
    assert result.path.name == name


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("fox.png", {"output_format": "jpeg"}),
        ("fox", {}),
        (".png", {}),
        ("fox.", {}),
        ("x" * 300 + ".png", {}),
        ("deep/" * 900 + "fox.png", {}),
        ("fox.mp3", {}),
    ],
    ids=["format", "no-ending", "only-ending", "dot", "long-name", "long-path", "sound"],
)
def test_an_output_that_cannot_be_is_refused_before_anything_is_sent(
    name: str, parameters: dict[str, Any], openai: Workplace, emulator: Emulator
) -> None:
    error = openai.failure(output=openai.root / name, **parameters)
    assert isinstance(error, errors.OutputRefused)
    assert error.next
    assert (emulator.submits, openai.rows()) == (0, [])


@pytest.mark.parametrize("value", ["", "a\0b", 7, b"fox.png"])
def test_an_output_that_is_no_path_is_refused(value: Any, openai: Workplace, emulator: Emulator) -> None:
    assert isinstance(openai.failure(output=value), errors.UsageError)
    assert emulator.submits == 0


def test_a_folder_in_place_of_the_output_is_refused(openai: Workplace, emulator: Emulator) -> None:
    (openai.root / "fox.png").mkdir()
    assert isinstance(openai.failure(output=openai.root / "fox.png", overwrite=True), errors.OutputRefused)
    assert emulator.submits == 0


def test_a_link_to_nowhere_in_place_of_the_output_is_not_written_through(openai: Workplace, emulator: Emulator) -> None:
    target, elsewhere = openai.root / "fox.png", openai.root / "elsewhere.png"
    target.symlink_to(elsewhere)
    try:
        result = openai.draw(output=target)
    except errors.OutputRefused:
        assert emulator.submits == 0
    else:
        assert result.path != target
    assert target.is_symlink() and not elsewhere.exists()


def test_a_file_that_appears_while_the_job_runs_is_left_alone(openai: Workplace, emulator: Emulator) -> None:
    target = openai.root / "fox.png"
    emulator.script(GENERATIONS, [Fault.slow(0.2)])

    async def work(client: AsyncClient) -> Any:
        drawing = asyncio.ensure_future(client.image("a fox", output=target))
        await arrives(lambda: emulator.submits == 1)
        target.write_text("mine")
        return await drawing

    result = openai.run(work)
    assert target.read_text() == "mine"
    assert result.path == openai.root / "fox-2.png"
    assert result.read_bytes() == picture()
    assert any("appeared" in warning for warning in result.warnings)


def test_a_relative_output_starts_at_the_current_folder(
    openai: Workplace, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(openai.root)
    assert openai.draw(output="fox.png").path == openai.root / "fox.png"
    assert openai.draw(output_dir="pictures").path.parent == openai.root / "pictures"


def test_who_does_not_make_what_the_file_ends_like_makes_way_for_who_does(openai: Workplace) -> None:
    async def speak(client: AsyncClient) -> Any:
        return [await client.speech("Hello.", output=openai.out / f"hi.{ending}") for ending in ("mp3", "wav")]

    with Emulator() as emulator:
        openai.environ["OPENAI_BASE_URL"] = emulator.base_url
        results = openai.run(speak)
    assert [result.path.name for result in results] == ["hi.mp3", "hi.wav"]
    assert [result.model for result in results] == ["gpt-4o-mini-tts", "gpt-realtime-2.1-mini"]


def test_a_name_that_a_named_model_never_makes_is_refused_before_anything_is_paid(
    openai: Workplace, emulator: Emulator
) -> None:
    asked = {"model": "gpt-realtime-2.1-mini", "output": openai.out / "hi.mp3"}
    with pytest.raises(errors.OutputRefused, match=r"hi\.mp3 does not end like what is made: .* makes \.wav"):
        openai.run(lambda client: client.speech("Hello.", **asked))
    assert emulator.requests == ()
