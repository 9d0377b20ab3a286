"""A request in the words of xAI's official client: xai-sdk 1.21.0, which speaks gRPC."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import xai_sdk

from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request, VideoRequest

SAME = ("prompt", "aspect_ratio", "resolution", "quality", "generate_audio")
"""Keywords that have our names."""
OTHERWISE = {
    ImageRequest: {"n", "input_images", "continue_from", "continuable"},
    VideoRequest: {
        *("duration", "first_frame", "last_frame", "references"),
        *("video", "extend", "continue_from", "continuable"),
    },
}
"""What is said below. The client keeps nothing to be continued: the last output is given to it as a file."""


def official_call(client: xai_sdk.Client, model: str, request: Request, last: MediaFile | None) -> list[bytes] | str:
    """What the client brings home: the bytes of pictures, or the address of a film."""
    asked = request.asked_for()
    keywords = {name: value for name, value in asked.items() if name in SAME}
    if isinstance(request, ImageRequest):
        return _pictures(client, model, request, keywords, last)
    assert isinstance(request, VideoRequest)
    return _film(client, model, request, keywords, last)


def _pictures(
    client: xai_sdk.Client, model: str, request: ImageRequest, keywords: dict[str, Any], last: MediaFile | None
) -> list[bytes]:
    files = [_url(each) for each in (*([last] if last else ()), *(request.input_images or ()))]
    if files:
        keywords |= {"image_url": files[0]} if len(files) == 1 else {"image_urls": files}
    if request.n is None:
        return [client.image.sample(model=model, image_format="base64", **keywords).image]
    drawn = client.image.sample_batch(model=model, n=request.n, image_format="base64", **keywords)
    return [each.image for each in drawn]


def _film(
    client: xai_sdk.Client, model: str, request: VideoRequest, keywords: dict[str, Any], last: MediaFile | None
) -> str:
    if request.duration is not None:
        keywords["duration"] = int(request.duration)
    film = last or request.video
    if film is not None:
        keywords["video_url"] = _url(film)
    if request.extend:
        job = client.video.extend_start(model=model, **keywords)
    else:
        frames = {"image_url": request.first_frame, "last_frame_url": request.last_frame}
        keywords |= {name: _url(frame) for name, frame in frames.items() if frame is not None}
        if request.references is not None:
            keywords["reference_image_urls"] = [_url(each) for each in request.references]
        job = client.video.start(model=model, **keywords)
    while not (answer := client.video.get(job.request_id)).HasField("response") or not answer.response.video.url:
        pass  # the emulator brings a job one step further with each question
    address: str = answer.response.video.url
    return address


def _url(file: MediaFile) -> str:
    return f"data:{file.media_type};base64,{b64encode(file.read_bytes()).decode()}"
