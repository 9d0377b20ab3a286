"""Google's Gemini API with a key: generateContent, interactions, files, voices, the models."""

import re
from typing import Literal, assert_never
from urllib.parse import parse_qs

from anymedia.testing.emulator.dialects.google import contents, errors
from anymedia.testing.emulator.dialects.google.files import Files
from anymedia.testing.emulator.dialects.google.interactions import Interactions
from anymedia.testing.emulator.dialects.google.models import IMAGE_MODELS, MEDIA, model_document
from anymedia.testing.emulator.dialects.google.voices import Voices
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media

ROUTE = re.compile(
    r"(?:/(?P<upload>upload))?/(?P<version>v1|v1beta)/(?P<what>models|interactions|files|voices)(?:/(?P<rest>[^/].*))?"
)


class Google:
    """The dialect. `api_key`: the only key it accepts; None accepts any that is not empty."""

    prefix = ""
    variables = ("GOOGLE_GEMINI_BASE_URL", "GOOGLE_API_KEY")
    example = "/v1/interactions"

    def __init__(self, *, media: Media, api_key: str | None = None) -> None:
        self._media = media
        self._api_key = api_key
        self._files = Files()
        self._interactions = Interactions(media, self._files)
        self._voices = Voices(media)

    def serves(self, path: str) -> bool:
        return ROUTE.fullmatch(path) is not None

    def pays(self, method: str, path: str) -> bool:
        return method == "POST" and path.endswith((":generateContent", "/interactions", "/voices"))

    def answer(self, request: ReceivedRequest) -> Reply:
        try:
            self._check_key(request)
            return self._routed(request)
        except errors.Refused as refusal:
            return refusal.reply

    def error(self, status: int, *, code: str | None = None, message: str | None = None) -> Reply:
        return errors.error_reply(status, message, state=code)

    def refusal(
        self,
        reason: Literal["bad_key", "unknown_model", "moderation", "rate_limit"],
        request: ReceivedRequest,
    ) -> Reply:
        match reason:
            case "bad_key":
                return errors.wrong_key()
            case "unknown_model":
                return errors.unknown_model("no-such-model", version="v1")
            case "moderation":
                return errors.error_reply(400, "The prompt was blocked for safety reasons.", reason="SAFETY")
            case "rate_limit":
                return self.error(429)
            case _:
                assert_never(reason)

    def key_of(self, request: ReceivedRequest) -> str | None:
        in_query = parse_qs(request.query).get("key", [""])[0]
        return request.headers.get("x-goog-api-key", "").strip() or in_query or None

    def _check_key(self, request: ReceivedRequest) -> None:
        """An upload that was begun is known by its address: the official client sends its bytes without a key."""
        if "upload_id=" in request.query:
            return
        key = self.key_of(request)
        if key is None:
            raise errors.Refused(errors.error_reply(403, "Method doesn't allow unregistered callers."))
        if self._api_key is not None and key != self._api_key:
            raise errors.Refused(errors.wrong_key())

    def _routed(self, request: ReceivedRequest) -> Reply:
        route = ROUTE.fullmatch(request.path)
        if route is None:
            return errors.error_reply(404)
        if route["upload"] is not None:
            return self._uploaded(request, route["what"])
        match request.method, route["what"], route["rest"]:
            case "POST", "models", str(rest) if rest.endswith(":generateContent"):
                model = rest.removesuffix(":generateContent")
                if model not in IMAGE_MODELS:
                    return errors.unknown_model(model, version=route["version"])
                return contents.generate(request, model, self._media)
            case "GET", "models", None:
                return json_reply({"models": [model_document(name) for name in MEDIA]})
            case "GET", "models", str(name) if name in MEDIA:
                return json_reply(model_document(name))
            case "POST", "interactions", None:
                return self._interactions.create(request)
            case "GET", "interactions", str(identifier):
                return self._interactions.get(identifier)
            case "POST", "interactions", str(rest) if rest.endswith("/cancel"):
                return self._interactions.cancel(rest.removesuffix("/cancel"))
            case "DELETE", "interactions", str(identifier):
                return self._interactions.delete(identifier)
            case "POST", "voices", None:
                return self._voices.create(request)
            case "GET", "voices", None:
                return self._voices.list(request)
            case "GET" | "DELETE" as method, "voices", str(identifier):
                return self._voices.answer(method, identifier)
            case "GET" | "DELETE" as method, "files", str(rest):
                return self._files.answer(method, rest)
        return errors.error_reply(404)

    def _uploaded(self, request: ReceivedRequest, what: str) -> Reply:
        if (request.method, what) != ("POST", "files"):
            return errors.error_reply(404)
        return self._files.upload(request)
