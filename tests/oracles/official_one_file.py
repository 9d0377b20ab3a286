"""The same requests through the official clients of providers whose backends are one short file.

Knows the keywords of the clients and nothing of our translation. What the provider wants said and nobody asked for,
such as the voice of a speech, is our choice and stands here once more. Each call gives back the words, or the files as
bytes or by their address.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from importlib import import_module
from typing import Any
from warnings import catch_warnings

import cartesia
import deepgram
import fal_client
import httpx
import luma_agents
import replicate
import runwayml
from cartesia.types import TTSGenerateParams
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from fal_types import problem_with
from luma_agents.types import GenerationCreateParams
from pydantic import TypeAdapter, ValidationError
from pydantic.v1 import ValidationError as EarlierValidationError
from replicate.exceptions import ReplicateException
from runwayml.types import image_to_video_create_params, text_to_video_create_params

from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request, SpeechRequest, TranscriptionRequest, VideoRequest

with catch_warnings(action="ignore", category=DeprecationWarning):
    import_module("deepgram.core.websocket_compat")  # it asks websockets for a name of earlier versions, on first use

Brought = list[bytes | str] | str
Call = Callable[[str, Request], Brought]


class Unsuccessful(Exception):
    """The client reads the reply as the end of a job that made nothing."""


ERRORS = (
    Unsuccessful,
    ApiError,
    EarlierValidationError,
    ReplicateException,
    ValidationError,
    cartesia.CartesiaError,
    fal_client.FalClientError,
    luma_agents.LumaError,
    runwayml.RunwayMLError,
)


def given(**options: Any) -> dict[str, Any]:
    """The options that were asked for."""
    return {name: value for name, value in options.items() if value is not None}


def encoded(file: MediaFile) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def as_url(file: MediaFile) -> str:
    return f"data:{file.media_type};base64,{encoded(file)}"


def allowed(kind: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The same, if the client's own type of a request lets every value pass; it does not look when it is called."""
    TypeAdapter(kind).validate_python(dict(options), strict=True)
    return dict(options)


# --- Films ----------------------------------------------------------------------------------------------------------


def runway_call(stack: ExitStack, url: str, key: str) -> Call:
    begun = runwayml.RunwayML(base_url=url, api_key=key, max_retries=0, _strict_response_validation=True)
    client = stack.enter_context(begun)

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, VideoRequest)
        width, height = request.size or (1280, 720)
        options = {"model": model, "prompt_text": request.prompt, "ratio": f"{width}:{height}"}
        options |= {"duration": 5 if request.duration is None else int(request.duration), **given(seed=request.seed)}
        if request.first_frame is None:
            task: Any = client.text_to_video.create(**allowed(text_to_video_create_params.Gen4_5, options))
        else:
            options["prompt_image"] = as_url(request.first_frame)
            task = client.image_to_video.create(**allowed(image_to_video_create_params.Gen4_5, options))
        while (task := client.tasks.retrieve(task.id)).status not in ("SUCCEEDED", "FAILED", "CANCELLED"):
            pass
        if task.status != "SUCCEEDED":
            raise Unsuccessful(task.failure)
        return list(task.output)

    return call


def luma_call(stack: ExitStack, url: str, key: str) -> Call:
    begun = luma_agents.Luma(base_url=url, auth_token=key, max_retries=0, _strict_response_validation=True)
    client = stack.enter_context(begun)

    def frame(file: MediaFile | None) -> Any:
        return None if file is None else {"data": encoded(file), "media_type": file.media_type}

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, VideoRequest)
        video = given(
            duration=None if request.duration is None else f"{request.duration:.0f}s",
            resolution=request.resolution,
            start_frame=frame(request.first_frame),
            end_frame=frame(request.last_frame),
        )
        options = given(aspect_ratio=request.aspect_ratio, video=video or None)
        options |= {"prompt": request.prompt, "model": model, "type": "video"}
        job = client.generations.create(**allowed(GenerationCreateParams, options))
        while (job := client.generations.get(job.id)).state not in ("completed", "failed"):
            pass
        if job.state == "failed":
            raise Unsuccessful(job.failure_reason)
        return [each.url for each in job.output or ()]

    return call


def runway_cancelled(url: str, key: str, task: str) -> None:
    with runwayml.RunwayML(base_url=url, api_key=key, max_retries=0) as client:
        client.tasks.delete(task)


# --- Pictures -------------------------------------------------------------------------------------------------------

IMAGE_SIZES = {
    "1:1": "square_hd",
    "3:4": "portrait_4_3",
    "9:16": "portrait_16_9",
    "4:3": "landscape_4_3",
    "16:9": "landscape_16_9",
}


def fal_call(stack: ExitStack, url: str, key: str) -> Call:
    """This client takes any arguments; the official one for JavaScript has types for them."""
    fal_client.client.QUEUE_URL_FORMAT = f"{url}/"  # it has an option for the host, and none for the scheme
    client = fal_client.SyncClient(key=key)
    stack.enter_context(client._client)

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, ImageRequest)
        files = [as_url(file) for file in request.input_images or ()]
        arguments = {"prompt": request.prompt} | given(
            image_size=IMAGE_SIZES.get(request.aspect_ratio or ""),
            seed=request.seed,
            output_format=request.output_format,
            image_urls=files or None,
        )
        path = "edit" if files else ""
        if problem := problem_with(f"{model}/{path}".rstrip("/"), arguments):
            raise Unsuccessful(problem)
        job = client.submit(model, arguments, path=path)
        made = job.get(interval=0)
        if "images" not in made:
            raise Unsuccessful(made)  # the client leaves it to the caller
        return [image["url"] for image in made["images"]]

    return call


def replicate_call(stack: ExitStack, url: str, key: str) -> Call:
    client = replicate.Client(api_token=key, base_url=url)
    stack.enter_context(client._client)

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, ImageRequest)
        files = [as_url(file) for file in request.input_images or ()]
        formats = {"jpeg": "jpg"}
        options = {"prompt": request.prompt} | given(
            aspect_ratio=request.aspect_ratio,
            resolution=request.resolution,
            seed=request.seed,
            output_format=formats.get(request.output_format or "", request.output_format),
            input_images=files or None,
        )
        prediction = client.models.predictions.create(model, options)
        while prediction.status not in ("succeeded", "failed", "canceled"):
            prediction.reload()
        if prediction.status != "succeeded":
            raise Unsuccessful(prediction.error)
        return [prediction.output]

    return call


def replicate_cancelled(url: str, key: str, prediction: str) -> None:
    client = replicate.Client(api_token=key, base_url=url)
    with client._client:
        client.predictions.cancel(prediction)


# --- Speech and words -----------------------------------------------------------------------------------------------

VOICES = {"Katie": "f786b574-daa5-4673-aa0c-cbe3e8534c02", "Jameson": "a5136bf9-224c-4d76-b823-52bd5efcffcc"}
"""The client takes ids alone; the names are those of https://docs.cartesia.ai/build-with-cartesia/tts-models/sonic-3-5."""
SOUNDS = {
    "mp3": {"container": "mp3", "sample_rate": 44100, "bit_rate": 128000},
    "wav": {"container": "wav", "sample_rate": 44100, "encoding": "pcm_s16le"},
}


def cartesia_call(stack: ExitStack, url: str, key: str) -> Call:
    begun = cartesia.Cartesia(base_url=url, api_key=key, max_retries=0, _strict_response_validation=True)
    client = stack.enter_context(begun)

    def call(model: str, request: Request) -> Brought:
        assert isinstance(request, SpeechRequest)
        voice = request.voice or "Katie"
        options = {"transcript": request.text, "model_id": model, "voice": {"id": VOICES.get(voice, voice)}}
        options |= {"output_format": SOUNDS[request.output_format or "mp3"]} | given(
            language=request.language,
            generation_config=None if request.speed is None else {"speed": request.speed},
        )
        return [client.tts.generate(**allowed(TTSGenerateParams, options)).read()]

    return call


def deepgram_call(stack: ExitStack, url: str, key: str) -> Call:
    here = DeepgramClientEnvironment(base=url, production=url, agent=url, agent_rest=url)
    below = stack.enter_context(httpx.Client())
    client = deepgram.DeepgramClient(api_key=key, environment=here, httpx_client=below)
    once: Any = {"max_retries": 0}

    def write(model: str, request: TranscriptionRequest) -> Brought:
        utterances = None if request.timestamps is None else request.timestamps == "segment"
        options = given(language=request.language, utterances=utterances)
        made: Any = client.listen.v1.media.transcribe_file(
            request=request.audio.read_bytes(), model=model, smart_format=True, request_options=once, **options
        )
        said: str = made.results.channels[0].alternatives[0].transcript
        return said

    def call(model: str, request: Request) -> Brought:
        if isinstance(request, TranscriptionRequest):
            return write(model, request)
        assert isinstance(request, SpeechRequest)
        encodings: dict[str, Any] = {"wav": "linear16"}
        options = given(speed=request.speed, encoding=encodings.get(request.output_format or "", request.output_format))
        voice: Any = request.voice or "aura-2-thalia-en"
        return [
            b"".join(client.speak.v1.audio.generate(text=request.text, model=voice, request_options=once, **options))
        ]

    return call
