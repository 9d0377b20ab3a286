"""Videos through the official client. Knows OpenAI's keywords and nothing of our backend's translation."""

from __future__ import annotations

import warnings
from typing import Any

import openai

from anymedia.media import MediaFile
from anymedia.operations import VideoRequest

VIDEO_KEYWORDS = {
    "prompt": "prompt",
    "duration": "seconds",
    "size": "size",
    "first_frame": "input_reference",
    "video": "video",
    "extend": "",
}
"""Our name of a parameter and the official client's keyword for it; `extend` is another method there."""
NO_KEYWORDS = ("extend", "continuable", "continue_from")


def official_video(client: openai.OpenAI, model: str, request: VideoRequest, *, previous: str | None) -> bytes:
    """Make the film as the official documentation does: submit, poll, download. `previous` is the video to remix."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # each method says that OpenAI's own servers are gone
        video = _submitted(client.videos, model, request, previous)
        done = client.videos.poll(video.id, poll_interval_ms=1)
        return client.videos.download_content(done.id).read()


def _submitted(videos: Any, model: str, request: VideoRequest, previous: str | None) -> openai.types.Video:
    asked = {name: value for name, value in request.asked_for().items() if name not in NO_KEYWORDS}
    keywords = {VIDEO_KEYWORDS[name]: _written(name, value) for name, value in asked.items()}
    if previous is not None:
        return videos.remix(previous, **keywords)
    if request.extend:
        return videos.extend(**keywords)
    return videos.edit(**keywords) if request.video is not None else videos.create(model=model, **keywords)


def _written(name: str, value: Any) -> Any:
    match name, value:
        case "size", (width, height):
            return f"{width}x{height}"
        case "duration", _:
            return str(int(value))
        case _, MediaFile():
            return ("file", value.read_bytes(), value.media_type)
    return value
