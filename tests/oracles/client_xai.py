"""A request in the words of Vercel's AI SDK, the independent REST client for xAI: @ai-sdk/xai 5.0.12."""

from __future__ import annotations

from typing import Any

from ai_sdk import as_bytes, as_file, as_url
from anymedia.media import MediaFile
from anymedia.operations import ImageRequest, Request, SpeechRequest, TranscriptionRequest, VideoRequest

KEYWORDS = {
    "prompt": "prompt",
    "n": "n",
    "aspect_ratio": "aspectRatio",
    "duration": "duration",
    "generate_audio": "generateAudio",
    "text": "text",
    "voice": "voice",
    "speed": "speed",
    "output_format": "outputFormat",
}
OF_XAI = {"resolution": "resolution", "quality": "quality"}
"""Those that the client has among its options for this provider."""
OTHERWISE = {
    ImageRequest: {"input_images", "continue_from", "continuable"},
    VideoRequest: {"first_frame", "last_frame", "references", "video", "extend", "continue_from", "continuable"},
    SpeechRequest: {"language"},
    TranscriptionRequest: {"audio", "language", "prompt"},
}
"""What is said below. The client keeps nothing to be continued: the last output is given to it as a file."""


def options_of(request: Request, last: MediaFile | None) -> dict[str, Any]:
    """What to call the client with. `last` is the output that is continued."""
    asked = request.asked_for()
    options: dict[str, Any] = {KEYWORDS[name]: value for name, value in asked.items() if name in KEYWORDS}
    options["providerOptions"] = {"xai": {OF_XAI[name]: value for name, value in asked.items() if name in OF_XAI}}
    match request:
        case ImageRequest():
            options["files"] = [_file(each) for each in (*([last] if last else ()), *(request.input_images or ()))]
        case VideoRequest():
            _add_film(options, request, last)
        case SpeechRequest(language=str(language)):
            options["language"] = language
        case TranscriptionRequest():
            return _recording(request)
    return options


def _add_film(options: dict[str, Any], request: VideoRequest, last: MediaFile | None) -> None:
    frames = {"first_frame": request.first_frame, "last_frame": request.last_frame}
    options["frameImages"] = [{"frameType": kind, "image": _file(file)} for kind, file in frames.items() if file]
    options["inputReferences"] = [_file(file) for file in request.references or ()]
    film = last or request.video
    if film is not None:
        mode = "extend-video" if request.extend else "edit-video"
        options["providerOptions"]["xai"] |= {"mode": mode, "videoUrl": as_url(film.read_bytes(), film.media_type)}


def _recording(request: TranscriptionRequest) -> dict[str, Any]:
    asked: dict[str, Any] = {} if request.language is None else {"language": request.language}
    if request.prompt is not None:
        asked["keyterm"] = [term.strip() for term in request.prompt.split(",")]
    audio = request.audio
    return {
        "audio": as_bytes(audio.read_bytes()),
        "mediaType": audio.media_type,
        "providerOptions": {"xai": asked},
    }


def _file(file: MediaFile) -> Any:
    return as_file(file.read_bytes(), file.media_type)
