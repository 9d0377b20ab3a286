"""The default media are real files: another decoder opens them and finds the asked size."""

import io
import wave
from xml.etree import ElementTree

import pytest
from PIL import Image

from anymedia.testing.emulator import MediaAsked
from anymedia.testing.emulator.pictures import draw


def pixel(data: bytes) -> tuple[int, ...]:
    found = decoded(data).convert("RGBA").getpixel((3, 3))
    assert isinstance(found, tuple)
    return found


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("size", [(1, 1), (17, 9), (64, 48), (1536, 864)], ids=str)
@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp", "gif"])
def test_a_picture_has_the_asked_format_and_size_and_one_colour(output_format: str, size: tuple[int, int]) -> None:
    asked = MediaAsked(prompt="a fox", output_format=output_format, width=size[0], height=size[1])
    image = decoded(draw(asked))
    assert (image.format, image.size) == (output_format.upper(), size)
    assert len(image.convert("RGB").getcolors() or []) == 1


@pytest.mark.parametrize("output_format", ["jpeg", "webp", "gif"])
@pytest.mark.parametrize("prompt", ["a fox", "a whale", "", "x", "night", "snow"])
def test_every_format_shows_the_same_colour(output_format: str, prompt: str) -> None:
    wanted = draw(MediaAsked(prompt=prompt, output_format="png", width=16, height=16))
    made = draw(MediaAsked(prompt=prompt, output_format=output_format, width=16, height=16))
    assert all(abs(one - other) <= 3 for one, other in zip(pixel(wanted), pixel(made), strict=True))


@pytest.mark.parametrize("output_format", ["png", "webp"])
@pytest.mark.parametrize("transparent", [True, False])
def test_transparency_is_as_asked(output_format: str, transparent: bool) -> None:
    asked = MediaAsked(prompt="p", output_format=output_format, width=8, height=8, transparent=transparent)
    assert pixel(draw(asked))[3] == (0 if transparent else 255)


def test_a_gif_has_the_asked_frames_and_delay() -> None:
    asked = MediaAsked(prompt="p", output_format="gif", width=300, height=200, frames=3, frame_duration_ms=120)
    image = decoded(draw(asked))
    assert (getattr(image, "n_frames", 1), image.info["duration"]) == (3, 120)


def test_a_gif_of_many_pixels_outgrows_one_code_table() -> None:
    image = decoded(draw(MediaAsked(prompt="p", output_format="gif", width=3840, height=2400)))
    assert len(image.convert("RGB").getcolors() or []) == 1


def test_an_svg_is_well_formed_whatever_the_prompt() -> None:
    data = draw(MediaAsked(prompt="<fox> & friends", output_format="svg", width=30, height=20))
    root = ElementTree.fromstring(data)
    assert (root.get("width"), root.get("height"), root[0].text) == ("30", "20", "<fox> & friends")


def test_a_wav_has_the_asked_duration_and_is_not_silent() -> None:
    with wave.open(io.BytesIO(draw(MediaAsked(prompt="p", output_format="wav", duration=0.5)))) as file:
        assert file.getnframes() / file.getframerate() == 0.5
        assert any(file.readframes(1000))


def test_prompts_outputs_and_stages_differ_and_the_same_question_gets_the_same_bytes() -> None:
    questions = [
        MediaAsked(prompt=prompt, output_format="png", width=8, height=8, index=index, stage=stage)
        for prompt in ("a", "b")
        for index in (0, 1)
        for stage in (None, 0)
    ]
    assert len({draw(asked) for asked in questions}) == len(questions)
    assert draw(questions[0]) == draw(questions[0])
