"""Vercel's AI SDK, the REST client that xAI's pages show, reads the emulator's xAI. Imports nothing of our backends."""

from __future__ import annotations

import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest

from ai_sdk import AiSdk, ClientRefused, as_bytes, as_file, as_url
from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw

PNG = as_file(draw(MediaAsked(prompt="input", output_format="png", width=16, height=16)), "image/png")
MP4 = as_url(draw(MediaAsked(prompt="input", output_format="mp4")), "video/mp4")
DRAWER, CLASSIC, NEWEST, LITE = (
    "grok-imagine-image-2.0",
    "grok-imagine-video",
    "grok-imagine-video-1.5",
    "grok-imagine-video-1.5-lite",
)
KEY = "xai-right-key"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="grok", api_key=KEY) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Iterator[AiSdk]:
    with AiSdk(emulator.base_url, KEY) as client:
        yield client


def options(**asked: Any) -> Any:
    return {"xai": asked}


def refusal(client: AiSdk, operation: str, model: str, **asked: Any) -> ClientRefused:
    with pytest.raises(ClientRefused) as caught:
        client.ask(operation, model, **asked)
    return caught.value


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Width and height in the header of a frame."""
    at = jpeg.index(b"\xff\xc0") + 5
    return int.from_bytes(jpeg[at + 2 : at + 4], "big"), int.from_bytes(jpeg[at : at + 2], "big")


def test_it_draws_in_the_asked_shape_and_says_what_it_cost(emulator: Emulator, client: AiSdk) -> None:
    before = emulator.billed
    asked = {"prompt": "a fox", "n": 2, "aspectRatio": "2:1"}
    drawn = client.ask("image", DRAWER, **asked, providerOptions=options(quality="low", resolution="1k"))
    first, second = map(b64decode, drawn["images"])
    assert first != second and size_of(first) == size_of(second) == (1448, 724)
    assert drawn["warnings"] == []
    assert drawn["providerMetadata"]["xai"]["costInUsdTicks"] == 800_000_000
    assert emulator.billed == before + 1


@pytest.mark.parametrize("inputs, ticks", [(1, 700_000_000), (3, 900_000_000)])
def test_it_edits_one_picture_and_several(inputs: int, ticks: int, client: AiSdk) -> None:
    drawn = client.ask("image", DRAWER, prompt="in the rain", files=[PNG] * inputs)
    assert len(drawn["images"]) == 1
    assert drawn["providerMetadata"]["xai"]["costInUsdTicks"] == ticks


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"model": "grok-0"}, 404, "The model grok-0 does not exist"),
        ({"files": [PNG], "aspectRatio": "1:1"}, 400, "`aspect_ratio` is not supported"),
        ({"aspectRatio": "3:1"}, 400, "Invalid value of `aspect_ratio`"),
        ({"n": 11}, 400, "Invalid value of `n`"),
        ({"providerOptions": options(quality="high")}, 400, "`quality` is not supported"),
        ({"providerOptions": options(output_format="png")}, 422, "unknown field `output_format`"),
        ({"files": [PNG] * 6}, 400, "Invalid value of `images`"),
    ],
    ids=["model", "shape of one", "shape", "count", "quality", "unknown", "inputs"],
)
def test_it_refuses_what_the_model_cannot_draw(asked: Any, status: int, said: str, client: AiSdk) -> None:
    error = refusal(client, "image", **{"model": DRAWER, "prompt": "a fox", **asked})
    assert error.status == status and said in str(error)


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (Fault.moderation(), 400, "imagine:content-moderated: Generated image rejected"),
        (Fault.bad_key(), 400, "Incorrect API key provided: xa***ey"),
        (Fault.rate_limited(), 429, "Too many requests"),
        (Fault.status(503, billed=False), 503, "temporarily overloaded"),
    ],
    ids=["moderation", "key", "limit", "overload"],
)
def test_it_reads_every_kind_of_error(fault: Fault, status: int, said: str, emulator: Emulator, client: AiSdk) -> None:
    emulator.script("/v1/images/generations", [fault])
    error = refusal(client, "image", DRAWER, prompt="a fox")
    assert error.status == status and said in str(error)


@pytest.mark.parametrize(
    ("model", "asked", "ticks"),
    [
        (NEWEST, {}, 6_400_000_000),
        (NEWEST, {"duration": 2, "aspectRatio": "9:16", "generateAudio": False}, 1_600_000_000),
        (NEWEST, {"duration": 1, "providerOptions": options(resolution="1080p")}, 2_500_000_000),
        (NEWEST, {"frameImages": [{"image": PNG, "frameType": "last_frame"}], "inputReferences": [PNG]}, 6_400_000_000),
        (LITE, {"frameImages": [{"image": PNG, "frameType": "first_frame"}]}, 1_600_000_000),
        (CLASSIC, {"providerOptions": options(mode="edit-video", videoUrl=MP4)}, 5_600_000_000),
        (CLASSIC, {"duration": 3, "providerOptions": options(mode="extend-video", videoUrl=MP4)}, 2_100_000_000),
    ],
    ids=["words", "settings", "1080p", "frame and reference", "first frame", "edit", "extension"],
)
def test_it_films_and_says_what_it_cost(model: str, asked: Any, ticks: int, client: AiSdk) -> None:
    filmed = client.ask("video", model, prompt="a fox", **asked)
    assert filmed["warnings"] == []
    assert filmed["providerMetadata"]["xai"]["costInUsdTicks"] == ticks
    (film,) = filmed["videos"]
    with urllib.request.urlopen(film["url"]) as reply:
        assert reply.read()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("model", "asked", "said"),
    [
        (NEWEST, {"providerOptions": options(mode="edit-video", videoUrl=MP4)}, "not available for this model"),
        (LITE, {"inputReferences": [PNG]}, "`reference_images` is not supported for this model"),
        (CLASSIC, {"inputReferences": [PNG], "duration": 12}, "which is 10s"),
        (NEWEST, {"duration": 16}, "Invalid value of `duration`"),
        ("grok-0", {}, "does not exist"),
    ],
    ids=["edit", "references", "long", "longer", "model"],
)
def test_it_refuses_what_the_model_cannot_film(model: str, asked: Any, said: str, client: AiSdk) -> None:
    assert said in str(refusal(client, "video", model, prompt="a fox", **asked))


@pytest.mark.parametrize("codec, begins", [("mp3", b"\xff\xf3"), ("wav", b"RIFF")])
def test_it_speaks(codec: str, begins: bytes, client: AiSdk) -> None:
    spoken = client.ask("speech", "", text="Good morning.", voice="ara", language="en", speed=1.2, outputFormat=codec)
    assert spoken["audio"].startswith(begins) and spoken["warnings"] == []


def test_it_refuses_to_speak_too_fast(client: AiSdk) -> None:
    assert "Invalid value of `speed`" in str(refusal(client, "speech", "", text="Good morning.", speed=3))


def test_it_writes_down_what_it_hears(client: AiSdk) -> None:
    sound = as_bytes(draw(MediaAsked(prompt="", output_format="wav", duration=0.1)))
    asked = options(language="en", keyterm=["Grok", "Colossus"])
    heard = client.ask("transcription", "", audio=sound, mediaType="audio/wav", providerOptions=asked)
    assert heard["text"] == "4844 bytes of sound"
    assert [word["text"] for word in heard["segments"]] == heard["text"].split()
    assert heard["durationInSeconds"] == 2
