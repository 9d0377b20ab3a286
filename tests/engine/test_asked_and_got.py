"""What was asked for against what came: every difference is told with both, and another medium is no result."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest

from anymedia import errors
from anymedia.backends.grok import BACKEND as GROK
from anymedia.engine.asked_and_got import with_medium_checked
from anymedia.media import Spilled
from anymedia.spec import Call, Flow, Succeeded, post
from anymedia.testing.conformance.watch import Watch
from anymedia.testing.emulator import Emulator, MediaAsked
from anymedia.testing.emulator.pictures import draw
from toys import PICTURE, Provider, picture, says, toy, toy_model
from workplace import Workplace


@pytest.mark.parametrize(
    ("asked", "warnings"),
    [
        ({}, ()),
        ({"output_format": "png"}, ()),
        ({"size": "1024x1536"}, ("Asked for 1024x1536, got 16x16.",)),
        ({"output_format": "webp"}, ("Asked for webp, got image/png.",)),
    ],
    ids=str,
)
def test_a_picture_of_another_size_or_format_is_told(asked: Any, warnings: Any, openai: Workplace) -> None:
    """The emulator draws the same small picture whatever it is asked for."""
    made = openai.draw(**asked)
    assert made.warnings == warnings and made.status == "done"


@pytest.mark.parametrize(
    ("aspect_ratio", "size", "told"),
    [
        ("16:9", (1280, 720), False),
        ("16:9", (1344, 768), False),
        ("16:9", (1408, 768), False),
        ("16:9", (1024, 1024), True),
        ("4:3", (1280, 1024), True),
        ("9:16", (1280, 720), True),
        ("9:19.5", (480, 1040), False),
    ],
    ids=str,
)
def test_a_picture_of_another_shape_is_told_and_one_rounded_to_blocks_is_not(
    aspect_ratio: str, size: tuple[int, int], told: bool, tmp_path: Any
) -> None:
    def shaped(asked: MediaAsked) -> bytes:
        return draw(replace(asked, width=size[0], height=size[1]))

    with Emulator("grok", media=shaped) as emulator:
        place = Workplace(root=tmp_path, environ={**emulator.variables, "TOY_API_KEY": ""})
        made = place.draw(aspect_ratio=aspect_ratio)
    got = f"{size[0]}x{size[1]}"
    assert made.warnings == ((f"Asked for {aspect_ratio}, got {got}.",) if told else ())


def test_a_film_of_another_length_is_told_unless_another_film_counts_too(tmp_path: Any) -> None:
    with Emulator("grok") as emulator:
        place = Workplace(root=tmp_path, environ={**emulator.variables, "TOY_API_KEY": ""})
        hurried = Watch().backend(GROK)

        def film(**asked: Any) -> Any:
            return place.run(lambda client: client.video("a fox", wait=30, **asked), hurried)

        first = film(duration=9, continuable=True)
        length = first.files[0].duration
        assert first.warnings == (f"Asked for 9 seconds, got {length:.1f}.",)
        assert film(duration=round(length)).warnings == ()
        assert film(continue_from=first.continuation_id, extend=True, duration=9).warnings == ()


def test_each_of_several_outputs_is_told_by_its_number(workplace: Workplace, provider: Provider) -> None:
    def submit(call: Call) -> Flow:
        response = yield post("/draw", json=dict(call.body), media_at=("pictures[*]",))
        return Succeeded(files=tuple(response.json["pictures"]))

    pictures = [b64encode(each).decode() for each in (PICTURE, picture(output_format="jpeg"), PICTURE)]
    provider.on("POST", "/draw", says({"pictures": pictures}))
    made = workplace.draw(toy(provider.url, submit, model=toy_model()), n=2, output_format="jpeg")
    assert made.warnings == (
        "Asked for 2 outputs, got 3.",
        "Output 1: asked for jpeg, got image/png.",
        "Output 3: asked for jpeg, got image/png.",
    )


# --- Another medium --------------------------------------------------------------------------------------------------


def test_a_picture_that_came_as_speech_is_set_aside_and_is_no_result(openai: Workplace) -> None:
    with Emulator(media=PICTURE) as confused:
        openai.environ["OPENAI_BASE_URL"] = confused.base_url
        with pytest.raises(errors.VerificationFailed) as caught:
            openai.run(lambda client: client.speech("Hello.", model="tts-1", output=str(openai.out / "hello.mp3")))
    assert caught.value.charged == "yes"
    assert "it is image/png, and audio was asked for" in caught.value.message
    assert openai.files() == []
    (kept,) = openai.quarantine.iterdir()
    assert kept.read_bytes() == PICTURE and openai.row["status"] == "verify_failed"


@pytest.mark.parametrize(
    ("operation", "media_type", "duration", "fits"),
    [
        ("image", "image/svg+xml", None, True),
        ("image", "video/mp4", 2.0, False),
        ("video", "video/webm", 2.0, True),
        ("video", "image/gif", 2.0, True),
        ("video", "image/png", None, False),
        ("video", "audio/mpeg", 2.0, False),
        ("dubbing", "video/mp4", 2.0, True),
        ("music", "audio/midi", None, True),
        ("transcription", "text/plain", None, True),
    ],
)
def test_the_media_that_an_operation_may_give(
    operation: str, media_type: str, duration: float | None, fits: bool, tmp_path: Any
) -> None:
    output = Spilled(part=tmp_path, size=1, sha256="", media_type=media_type, extension="", duration=duration)
    assert (with_medium_checked({"operation": operation}, output).problem is None) is fits
    broken = replace(output, problem="it ends early")
    assert with_medium_checked({"operation": operation}, broken).problem == "it ends early"
