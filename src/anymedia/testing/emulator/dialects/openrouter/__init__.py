"""OpenRouter: images, videos, speech, transcriptions, chat completions, and the lists of models."""

from typing import Literal, assert_never
from urllib.parse import parse_qs

from anymedia.testing.emulator.dialects.openrouter import audio, errors, images
from anymedia.testing.emulator.dialects.openrouter.models import (
    FILM_MODELS,
    PICTURE_MODELS,
    endpoints_document,
    film_document,
    model_documents,
    picture_document,
)
from anymedia.testing.emulator.dialects.openrouter.videos import JOB, VIDEOS, Videos
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media

PREFIX = "/api/v1"
PICTURES = f"{PREFIX}/images"
PICTURE = f"{PICTURES}/models/"
ENDPOINTS = "/endpoints"
SELLS = (
    PICTURES,
    VIDEOS,
    f"{PREFIX}/audio/speech",
    f"{PREFIX}/audio/transcriptions",
    f"{PREFIX}/chat/completions",
)
LISTS = (f"{PREFIX}/models", f"{PICTURES}/models", f"{VIDEOS}/models")


class OpenRouter:
    """The dialect. `api_key`: the only key it accepts; None accepts any that is not empty."""

    prefix = PREFIX
    variables = ("OPENROUTER_BASE_URL", "OPENROUTER_API_KEY")
    example = PICTURES

    def __init__(self, *, media: Media, api_key: str | None = None) -> None:
        self._media = media
        self._api_key = api_key
        self._videos = Videos(media)

    def serves(self, path: str) -> bool:
        return path in (*SELLS, *LISTS) or path.startswith((JOB, PICTURE))

    def pays(self, method: str, path: str) -> bool:
        return method == "POST" and path in SELLS

    def answer(self, request: ReceivedRequest) -> Reply:
        try:
            self._check_key(request)
            return self._routed(request)
        except errors.Refused as refusal:
            return refusal.reply

    def error(self, status: int, *, code: str | None = None, message: str | None = None) -> Reply:
        return errors.error_reply(status, message, metadata=None if code is None else {"error_type": code})

    def refusal(
        self,
        reason: Literal["bad_key", "unknown_model", "moderation", "rate_limit"],
        request: ReceivedRequest,
    ) -> Reply:
        match reason:
            case "bad_key":
                return errors.wrong_key()
            case "unknown_model":
                return errors.unknown_model("nobody/no-such-model")
            case "moderation":
                return errors.flagged("something vile")
            case "rate_limit":
                return self.error(429)
            case _:
                assert_never(reason)

    def key_of(self, request: ReceivedRequest) -> str | None:
        return request.bearer

    def _check_key(self, request: ReceivedRequest) -> None:
        key = self.key_of(request)
        if key is None:
            raise errors.Refused(errors.error_reply(401))
        if self._api_key is not None and key != self._api_key:
            raise errors.Refused(errors.wrong_key())

    def _routed(self, request: ReceivedRequest) -> Reply:
        match request.method, request.path.removeprefix(PREFIX):
            case "POST", "/images":
                return images.generate(request, self._media)
            case "POST", "/chat/completions":
                return images.complete(request, self._media)
            case "POST", "/audio/speech":
                return audio.speak(request, self._media)
            case "POST", "/audio/transcriptions":
                return audio.transcribe(request)
            case "GET", "/models":
                wanted = parse_qs(request.query).get("output_modalities", [""])[0]
                found = model_documents(wanted)
                return json_reply({"data": found, "links": {"next": None}, "total_count": len(found)})
            case "GET", "/images/models":
                return json_reply({"data": [picture_document(name) for name in PICTURE_MODELS]})
            case "GET", path if path.startswith("/images/models/") and path.endswith(ENDPOINTS):
                return _endpoints(path.removeprefix("/images/models/").removesuffix(ENDPOINTS))
            case "GET", "/videos/models":
                return json_reply({"data": [film_document(name) for name in FILM_MODELS]})
            case _, path if path.startswith("/videos"):
                return self._videos.answer(request)
        return errors.error_reply(404)


def _endpoints(name: str) -> Reply:
    return json_reply(endpoints_document(name)) if name in PICTURE_MODELS else errors.error_reply(404)
