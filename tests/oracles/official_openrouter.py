"""The same requests through OpenRouter's official client. Knows its keywords and nothing of our translation."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from openrouter import OpenRouter
from openrouter.utils import BackoffStrategy, RetryConfig

from anymedia.media import MediaFile
from anymedia.operations import (
    DescribeRequest,
    ImageRequest,
    Request,
    SpeechRequest,
    TranscriptionRequest,
    VideoRequest,
)

Written = tuple[str, Callable[[Any], Any]]
FIRST_PROMPT = "an earlier fox"
ONCE = RetryConfig("none", BackoffStrategy(1, 1, 1, 1), retry_connection_errors=False)
"""Left to itself, the client sends a purchase again for an hour, after five seconds without an answer each time."""
PATIENT = 60_000
"""Milliseconds."""


def official_client(base_url: str, key: str) -> OpenRouter:
    return OpenRouter(api_key=key, server_url=base_url, timeout_ms=PATIENT, retry_config=ONCE)


def as_it_is(value: Any) -> Any:
    return value


def encoded(file: MediaFile) -> str:
    return base64.b64encode(file.read_bytes()).decode()


def as_url(file: MediaFile) -> str:
    return f"data:{file.media_type};base64,{encoded(file)}"


def as_part(file: MediaFile) -> Any:
    return {"type": "image_url", "image_url": {"url": as_url(file)}}


def as_parts(files: tuple[MediaFile, ...]) -> list[Any]:
    return [as_part(file) for file in files]


IMAGE_KEYWORDS: Mapping[str, Written] = {
    "prompt": ("prompt", as_it_is),
    "n": ("n", as_it_is),
    "aspect_ratio": ("aspect_ratio", as_it_is),
    "resolution": ("resolution", as_it_is),
    "quality": ("quality", as_it_is),
    "background": ("background", as_it_is),
    "output_format": ("output_format", as_it_is),
    "output_compression": ("output_compression", as_it_is),
    "seed": ("seed", as_it_is),
    "input_images": ("input_references", as_parts),
}
CHAT_CONFIG = {"aspect_ratio": "aspect_ratio", "resolution": "image_size"}
VIDEO_KEYWORDS: Mapping[str, Written] = {
    "prompt": ("prompt", as_it_is),
    "duration": ("duration", int),
    "resolution": ("resolution", as_it_is),
    "aspect_ratio": ("aspect_ratio", as_it_is),
    "size": ("size", lambda size: f"{size[0]}x{size[1]}"),
    "generate_audio": ("generate_audio", as_it_is),
    "seed": ("seed", as_it_is),
    "references": ("input_references", as_parts),
}
FRAMES = ("first_frame", "last_frame")
SPEECH_KEYWORDS: Mapping[str, Written] = {
    "text": ("input", as_it_is),
    "voice": ("voice", as_it_is),
    "speed": ("speed", as_it_is),
    "instructions": ("instructions", as_it_is),
    "output_format": ("response_format", {"mp3": "mp3", "wav": "pcm"}.__getitem__),
}
AUDIO_FORMATS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
    "audio/webm": "webm",
    "video/webm": "webm",
}


def official_call(client: OpenRouter, model: str, request: Request) -> Any:
    """Make the call as the documentation does, and give the bytes or the words that it brings home."""
    asked = request.asked_for()
    match request:
        case ImageRequest() if "continuable" in asked or "continue_from" in asked:
            return _drawn_in_chat(client, model, request)
        case ImageRequest():
            drawn: Any = client.images.generate(model=model, **_keywords(asked, IMAGE_KEYWORDS))
            return [base64.b64decode(picture.b64_json) for picture in drawn.data]
        case VideoRequest():
            return [_film(client, model, request)]
        case SpeechRequest():
            keywords = {"response_format": "mp3", **_keywords(asked, SPEECH_KEYWORDS)}
            return [client.tts.create_speech(model=model, **keywords).read()]
        case TranscriptionRequest():
            return _transcript(client, model, request)
        case DescribeRequest():
            return _answer(client, model, request)
    raise AssertionError(f"no call for {type(request).__name__}")


def _keywords(asked: Mapping[str, Any], known: Mapping[str, Written]) -> dict[str, Any]:
    return {known[name][0]: known[name][1](value) for name, value in asked.items() if name in known}


def _drawn_in_chat(client: OpenRouter, model: str, request: ImageRequest) -> list[bytes]:
    messages: list[Any] = []
    if request.continue_from is not None:
        first = _turn(client, model, [{"role": "user", "content": FIRST_PROMPT}], {})
        said = first.model_dump(mode="json", exclude_unset=True)
        messages = [{"role": "user", "content": FIRST_PROMPT}, said]
    pictures = as_parts(request.input_images or ())
    content: Any = [{"type": "text", "text": request.prompt}, *pictures] if pictures else request.prompt
    asked = request.asked_for()
    config = {there: asked[here] for here, there in CHAT_CONFIG.items() if here in asked}
    message = _turn(client, model, [*messages, {"role": "user", "content": content}], config)
    return [base64.b64decode(image.image_url.url.partition(",")[2]) for image in message.images]


def _turn(client: OpenRouter, model: str, messages: list[Any], config: Mapping[str, Any]) -> Any:
    more: Any = {"image_config": config} if config else {}
    answer: Any = client.chat.send(model=model, messages=messages, modalities=["image", "text"], stream=False, **more)
    return answer.choices[0].message


def _film(client: OpenRouter, model: str, request: VideoRequest) -> bytes:
    asked = request.asked_for()
    keywords = _keywords(asked, VIDEO_KEYWORDS)
    frames = [{**as_part(asked[name]), "frame_type": name} for name in FRAMES if name in asked]
    if frames:
        keywords["frame_images"] = frames
    if request.continue_from is not None:
        keywords["previous_job_id"] = _finished(client, model=model, prompt=FIRST_PROMPT)
    identifier = _finished(client, model=model, **keywords)
    return client.video_generation.get_video_content(job_id=identifier, index=0).read()


def _finished(client: OpenRouter, **keywords: Any) -> str:
    job = client.video_generation.generate(**keywords)
    while job.status != "completed":
        job = client.video_generation.get_generation(job_id=job.id)
    return job.id


def _transcript(client: OpenRouter, model: str, request: TranscriptionRequest) -> str:
    recording: Any = {"data": encoded(request.audio), "format": AUDIO_FORMATS[request.audio.media_type]}
    more: Any = {} if request.language is None else {"language": request.language}
    if request.timestamps is not None:
        more |= {"response_format": "verbose_json", "timestamp_granularities": [request.timestamps]}
    return client.stt.create_transcription(model=model, input_audio=recording, **more).text


def _answer(client: OpenRouter, model: str, request: DescribeRequest) -> str:
    parts = [_piece(number, file) for number, file in enumerate(request.media or (), 1)]
    content: Any = [{"type": "text", "text": request.prompt}, *parts]
    messages: list[Any] = [{"role": "user", "content": content}]
    if request.continue_from is not None:
        begun: list[Any] = [{"role": "user", "content": [{"type": "text", "text": FIRST_PROMPT}]}]
        said: Any = client.chat.send(model=model, messages=begun, stream=False)
        messages = [*begun, said.choices[0].message.model_dump(mode="json", exclude_unset=True), *messages]
    if request.instructions is not None:
        messages.insert(0, {"role": "system", "content": request.instructions})
    answer: Any = client.chat.send(model=model, messages=messages, stream=False)
    return str(answer.choices[0].message.content)


def _piece(number: int, file: MediaFile) -> Any:
    kind = file.media_type.partition("/")[0]
    if kind == "audio":
        return {"type": "input_audio", "input_audio": {"data": encoded(file), "format": AUDIO_FORMATS[file.media_type]}}
    if kind == "video":
        return {"type": "video_url", "video_url": {"url": as_url(file)}}
    if kind == "image":
        return as_part(file)
    return {"type": "file", "file": {"filename": f"document-{number}.pdf", "file_data": as_url(file)}}
