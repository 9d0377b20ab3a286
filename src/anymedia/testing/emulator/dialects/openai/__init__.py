"""OpenAI: images, videos, speech, transcriptions, Responses, chat completions, conversations, and the models."""

from dataclasses import replace
from itertools import count
from typing import Literal, assert_never

from anymedia.testing.emulator.dialects.openai import audio, chat, errors, images, realtime
from anymedia.testing.emulator.dialects.openai.models import model_documents
from anymedia.testing.emulator.dialects.openai.realtime import REALTIME
from anymedia.testing.emulator.dialects.openai.responses import Responses
from anymedia.testing.emulator.dialects.openai.videos import VIDEO, VIDEOS, Videos
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media

METHODS = {
    "/v1/images/generations": "POST",
    "/v1/images/edits": "POST",
    "/v1/audio/speech": "POST",
    "/v1/audio/transcriptions": "POST",
    "/v1/audio/translations": "POST",
    "/v1/chat/completions": "POST",
    "/v1/responses": "POST",
    VIDEOS: "POST",
    REALTIME: "GET",
    "/v1/models": "GET",
}
RESPONSE = "/v1/responses/"
MODEL = "/v1/models/"


class OpenAI:
    """The dialect. `api_key`: the only key it accepts; None accepts any that is not empty."""

    prefix = "/v1"
    variables = ("OPENAI_BASE_URL", "OPENAI_API_KEY")
    example = "/v1/images/generations"

    def __init__(self, *, media: Media, api_key: str | None = None) -> None:
        self._media = media
        self._api_key = api_key
        self._responses = Responses(media)
        self._videos = Videos(media)
        self._numbers = count(1)

    def serves(self, path: str) -> bool:
        return path in METHODS or path.startswith((RESPONSE, MODEL, VIDEO))

    def pays(self, method: str, path: str) -> bool:
        if path == REALTIME:
            return method == "response.create"
        return method == "POST" and (METHODS.get(path) == "POST" or path.startswith(VIDEO))

    def answer(self, request: ReceivedRequest) -> Reply:
        try:
            self._check_key(request)
            reply = self._routed(request)
        except errors.Refused as refusal:
            reply = refusal.reply
        headers = (("x-request-id", f"req_{next(self._numbers):032x}"), ("openai-version", "2020-10-01"))
        return replace(reply, headers=(*reply.headers, *headers))

    def error(self, status: int, *, code: str | None = None, message: str | None = None) -> Reply:
        return errors.usual_error(status, code=code, message=message)

    def refusal(
        self,
        reason: Literal["bad_key", "unknown_model", "moderation", "rate_limit"],
        request: ReceivedRequest,
    ) -> Reply:
        match reason:
            case "bad_key":
                return errors.wrong_key(self.key_of(request))
            case "unknown_model":
                return errors.unknown_model(_model_in(request))
            case "moderation":
                return errors.moderation_blocked()
            case "rate_limit":
                return self.error(429)
            case _:
                assert_never(reason)

    def key_of(self, request: ReceivedRequest) -> str | None:
        return request.bearer

    def _check_key(self, request: ReceivedRequest) -> None:
        key = self.key_of(request)
        if key is None:
            raise errors.Refused(errors.no_key())
        if self._api_key is not None and key != self._api_key:
            raise errors.Refused(errors.wrong_key(key))

    def _routed(self, request: ReceivedRequest) -> Reply:
        match request.method, request.path:
            case "POST", "/v1/images/generations":
                return images.generate(request, self._media)
            case "POST", "/v1/images/edits":
                return images.edit(request, self._media)
            case "POST", "/v1/audio/speech":
                return audio.speak(request, self._media)
            case "POST", "/v1/audio/transcriptions":
                return audio.transcribe(request)
            case "POST", "/v1/audio/translations":
                return audio.translate(request)
            case "POST", "/v1/chat/completions":
                return chat.complete(request)
            case "POST", "/v1/responses":
                return self._responses.create(request)
            case method, path if path == REALTIME and (method == "GET" or request.is_message):
                return realtime.answer(request, self._media)
            case "GET", "/v1/models":
                return json_reply({"object": "list", "data": model_documents()})
            case method, path if path.startswith(VIDEO) or (path == VIDEOS and method in ("GET", "POST")):
                return self._videos.answer(request)
            case "GET", path if path.startswith(MODEL):
                return _model(path.removeprefix(MODEL))
            case "GET", path if path.startswith(RESPONSE):
                return self._responses.retrieve(path.removeprefix(RESPONSE))
            case method, path if path in METHODS:
                message = f"Not allowed to {method} on {path}."
                return errors.error_reply(405, message, code="method_not_supported")
            case method, path:
                return errors.error_reply(404, f"Invalid URL ({method} {path})")


def _model(name: str) -> Reply:
    found: list[Json] = [model for model in model_documents() if model["id"] == name]
    return json_reply(found[0]) if found else errors.unknown_model(name)


def _model_in(request: ReceivedRequest) -> str:
    if isinstance(request.json, dict):
        return str(request.json.get("model"))
    return next((part.text for part in request.parts if part.name == "model"), "")
