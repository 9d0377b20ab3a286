"""The same requests through the official client. Knows OpenAI's keywords and nothing of our backend's translation."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, cast

import openai
from official_openai_talk import Talk, official_talk
from official_openai_videos import official_video
from openai.types.responses import EasyInputMessageParam, ResponseInputImageParam
from openai.types.responses.tool_param import ImageGeneration

from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request, VideoRequest

CHAT_MODEL = "gpt-6-luna"
Written = tuple[str, Callable[[Any], Any]]


def as_it_is(value: Any) -> Any:
    return value


def as_size(value: tuple[int, int]) -> str:
    return f"{value[0]}x{value[1]}"


def as_upload(file: MediaFile) -> tuple[str, bytes, str]:
    return ("picture", file.read_bytes(), file.media_type)


def as_uploads(files: tuple[MediaFile, ...]) -> list[tuple[str, bytes, str]]:
    return [as_upload(file) for file in files]


def as_milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


KEYWORDS: Mapping[str, Written] = {
    "prompt": ("prompt", as_it_is),
    "n": ("n", as_it_is),
    "size": ("size", as_size),
    "quality": ("quality", as_it_is),
    "background": ("background", as_it_is),
    "output_format": ("output_format", as_it_is),
    "output_compression": ("output_compression", as_it_is),
    "moderation": ("moderation", as_it_is),
    "input_images": ("image", as_uploads),
    "mask": ("mask", as_upload),
    "markup": ("markup", as_upload),
    "complexity": ("complexity", as_it_is),
    "input_fidelity": ("input_fidelity", as_it_is),
    "partial_images": ("partial_images", as_it_is),
    "frame_count": ("frame_count", as_it_is),
    "frame_duration": ("frame_duration_ms", as_milliseconds),
}
"""Our name of a parameter, the official client's keyword for it, and the value as that client wants it."""

ELSEWHERE = frozenset({"prompt", "input_images", "mask", "continuable", "continue_from"})
"""Parameters that Responses takes outside the image tool."""
ONE_PICTURE_ANYWAY = frozenset({"n"})
"""Responses makes one picture a turn and its tool has no `n`."""


def official_call(client: openai.OpenAI, model: str, request: Request, *, previous: str | None) -> Any:
    """Make the call as the official documentation does. `previous` is the response or the video to continue."""
    if isinstance(request, Talk):
        return official_talk(client, model, request, previous=previous)
    if isinstance(request, VideoRequest):
        return official_video(client, model, request, previous=previous)
    assert isinstance(request, ImageRequest)
    if previous is not None or request.continuable:
        return _respond(client, model, request, previous)
    keywords = _keywords(request, leaving_out=frozenset())
    method = client.images.edit if "image" in keywords else client.images.generate
    if "partial_images" in keywords:
        *_, last = method(model=model, stream=True, **keywords)
        return last
    return method(model=model, **keywords)


def _keywords(request: ImageRequest, *, leaving_out: frozenset[str]) -> dict[str, Any]:
    asked = {name: value for name, value in request.asked_for().items() if name not in leaving_out}
    return {KEYWORDS[name][0]: KEYWORDS[name][1](value) for name, value in asked.items()}


def _respond(client: openai.OpenAI, model: str, request: ImageRequest, previous: str | None) -> Any:
    asked = _keywords(request, leaving_out=ELSEWHERE | ONE_PICTURE_ANYWAY)
    if request.mask is not None:
        asked["input_image_mask"] = {"image_url": _data_uri(request.mask)}
    tool = cast(ImageGeneration, {"type": "image_generation", "model": model, **asked})
    keywords: dict[str, Any] = {
        "model": CHAT_MODEL,
        "input": request.prompt if not request.input_images else [_message(request.prompt, request.input_images)],
        "tools": [tool],
        "tool_choice": {"type": "image_generation"},
        "previous_response_id": openai.omit if previous is None else previous,
    }
    if request.partial_images is not None:
        *_, last = client.responses.create(stream=True, **keywords)
        return last
    return client.responses.create(**keywords)


def _message(prompt: str, files: tuple[MediaFile, ...]) -> EasyInputMessageParam:
    pictures = [ResponseInputImageParam(type="input_image", detail="auto", image_url=_data_uri(file)) for file in files]
    return {"role": "user", "content": [{"type": "input_text", "text": prompt}, *pictures]}


def _data_uri(file: MediaFile) -> str:
    return f"data:{file.media_type};base64,{base64.b64encode(file.read_bytes()).decode()}"
