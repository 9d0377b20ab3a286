"""OpenRouter's own client reads what the emulator answers. Imports nothing of anymedia's backends."""

import base64
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from openrouter import OpenRouter, components, errors
from openrouter.utils import BackoffStrategy, RetryConfig

from anymedia.testing.emulator import Emulator, Fault, MediaAsked
from anymedia.testing.emulator.pictures import draw

IMAGES = "/api/v1/images"
FLASH, SEVERAL = "google/gemini-3.1-flash-image", "bytedance-seed/seedream-4.5"
VEO, GOES_ON = "google/veo-3.1-fast", "black-forest-labs/flux-3-video"
ONCE = RetryConfig("none", BackoffStrategy(1, 1, 1, 1), retry_connection_errors=False)
"""Left to itself, the client sends a purchase again for an hour."""
PNG = draw(MediaAsked(prompt="input", output_format="png", width=64, height=32))
WAV = draw(MediaAsked(prompt="input", output_format="wav", duration=0.5))


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


PICTURE: Any = {"type": "image_url", "image_url": {"url": data_url("image/png", PNG)}}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(dialect="openrouter", api_key="sk-or-right") as emulator:
        yield emulator


@pytest.fixture
def client(emulator: Emulator) -> Iterator[OpenRouter]:
    with OpenRouter(
        api_key="sk-or-right", server_url=emulator.base_url, timeout_ms=30_000, retry_config=ONCE
    ) as client:
        yield client


def png_size(data: bytes) -> tuple[int, ...]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", data[16:24])


def drawn(client: OpenRouter, **asked: Any) -> Any:
    return client.images.generate(**{"model": FLASH, "prompt": "a fox", **asked})


# --- Pictures -------------------------------------------------------------------------------------------------------


def test_a_picture_has_the_asked_shape_and_its_cost(emulator: Emulator, client: OpenRouter) -> None:
    answer = drawn(client, aspect_ratio="16:9", resolution="512")
    assert png_size(base64.b64decode(answer.data[0].b64_json)) == (512, 288)
    assert (answer.data[0].media_type, answer.usage.cost) == ("image/png", 0.04)
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_several_pictures_differ_and_cost_as_many_times_as_much(client: OpenRouter) -> None:
    answer = drawn(client, model=SEVERAL, n=3, seed=7, input_references=[PICTURE])
    assert len({picture.b64_json for picture in answer.data}) == 3
    assert answer.usage.cost == pytest.approx(0.12)


def test_a_chat_draws_and_goes_on(client: OpenRouter) -> None:
    asked: Any = {"role": "user", "content": "draw a fox"}
    first = client.chat.send(model=FLASH, messages=[asked], modalities=["image", "text"], stream=False)
    message = first.choices[0].message
    assert message.images[0].image_url.url.startswith("data:image/png;base64,")
    again: Any = [asked, message.model_dump(exclude_none=True), {"role": "user", "content": "bluer"}]
    second = client.chat.send(model=FLASH, messages=again, modalities=["image", "text"], stream=False)
    assert second.choices[0].message.images[0].image_url.url != message.images[0].image_url.url


def test_a_chat_answers_about_every_kind_of_file(client: OpenRouter) -> None:
    content: Any = [
        {"type": "text", "text": "What is it?"},
        PICTURE,
        {"type": "input_audio", "input_audio": {"data": base64.b64encode(WAV).decode(), "format": "wav"}},
        {"type": "video_url", "video_url": {"url": data_url("video/mp4", b"a film")}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": data_url("application/pdf", b"%PDF")}},
    ]
    answer = client.chat.send(
        model="google/gemini-3.8-flash", messages=[{"role": "user", "content": content}], stream=False
    )
    assert answer.choices[0].message.content == "4 files were looked at."


# --- Films ----------------------------------------------------------------------------------------------------------


def finished(client: OpenRouter, **asked: Any) -> Any:
    job = client.video_generation.generate(**{"model": VEO, "prompt": "a fox", **asked})
    seen = [job.status]
    while job.status != "completed":
        job = client.video_generation.get_generation(job_id=job.id)
        seen.append(job.status)
    assert seen == ["pending", "in_progress", "completed"]
    return job


def test_a_film_is_polled_and_fetched(emulator: Emulator, client: OpenRouter) -> None:
    job = finished(client, duration=4, resolution="720p", frame_images=[{**PICTURE, "frame_type": "first_frame"}])
    assert job.usage.cost == pytest.approx(0.4)
    assert client.video_generation.get_video_content(job_id=job.id, index=0).read()[4:8] == b"ftyp"
    assert (emulator.submits, emulator.billed) == (1, 1)


def test_a_film_goes_on_where_its_model_can(client: OpenRouter) -> None:
    job = finished(client, model=GOES_ON)
    assert finished(client, model=GOES_ON, previous_job_id=job.id).id != job.id
    with pytest.raises(errors.BadRequestResponseError):
        client.video_generation.generate(model=VEO, prompt="a fox", previous_job_id=job.id)


# --- Sound ----------------------------------------------------------------------------------------------------------


def test_speech_is_a_file_or_bare_samples(client: OpenRouter) -> None:
    voice = "hexgrad/kokoro-82m"
    recorded = client.tts.create_speech(model=voice, input="hello", voice="af_heart", response_format="mp3")
    assert (recorded.headers["content-type"], recorded.read()[:1]) == ("audio/mpeg", b"\xff")
    bare = client.tts.create_speech(model=voice, input="hello", response_format="pcm").read()
    assert bare[:4] != b"RIFF" and len(bare) % 2 == 0


def test_a_recording_is_written_down_with_times(client: OpenRouter) -> None:
    recording: Any = {"data": base64.b64encode(WAV).decode(), "format": "wav"}
    answer = client.stt.create_transcription(
        model="openai/whisper-1",
        input_audio=recording,
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert answer.text == f"This recording has {len(WAV)} bytes."
    assert answer.words[0].word == "This" and answer.usage.cost == 0.0001


# --- Lists and refusals ---------------------------------------------------------------------------------------------


def test_the_lists_of_models_are_read(client: OpenRouter) -> None:
    pictures = {model.id: model for model in client.images.list_models().data}
    assert pictures[SEVERAL].supported_parameters["n"] == components.RangeCapability(type="range", min=1, max=10)
    (endpoint,) = client.images.list_model_endpoints(author="bytedance-seed", slug="seedream-4.5").endpoints
    assert endpoint.pricing[0].cost_usd == 0.04
    films = {model.id: model for model in client.video_generation.list_videos_models().data}
    assert films[VEO].pricing_skus["duration_seconds_with_audio"] == "0.12"
    everything = client.models.list(output_modalities="all")
    assert everything is not None
    assert {VEO, SEVERAL, "openai/whisper-1"} <= {model.id for model in everything.result.data}


@pytest.mark.parametrize(
    "fault, raised",
    [
        (Fault.bad_key(), errors.UnauthorizedResponseError),
        (Fault.moderation(), errors.ForbiddenResponseError),
        (Fault.unknown_model(), errors.BadRequestResponseError),
        (Fault.rate_limited(7), errors.TooManyRequestsResponseError),
        (Fault.status(402, billed=False), errors.PaymentRequiredResponseError),
        (Fault.status(413, billed=False), errors.PayloadTooLargeResponseError),
        (Fault.status(502, billed=True), errors.BadGatewayResponseError),
        (Fault.status(524, billed=True), errors.EdgeNetworkTimeoutResponseError),
        (Fault.status(529, billed=False), errors.ProviderOverloadedResponseError),
    ],
    ids=lambda value: getattr(value, "__name__", str(getattr(value, "name", value))),
)
def test_each_refusal_is_the_error_that_the_client_has_for_it(
    emulator: Emulator, client: OpenRouter, fault: Fault, raised: type[Exception]
) -> None:
    emulator.script(IMAGES, [fault])
    with pytest.raises(raised):
        drawn(client)
    assert emulator.submits == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"resolution": "768"},
        {"n": 2},
        {"input_references": [PICTURE] * 15},
        {"input_references": [{"type": "image_url", "image_url": {"url": "no picture"}}]},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_a_model_does_not_take_is_refused(emulator: Emulator, client: OpenRouter, wrong: dict[str, Any]) -> None:
    with pytest.raises(errors.BadRequestResponseError):
        drawn(client, **wrong)
    assert emulator.billed == 0
