"""Google's Vertex AI: Gemini's pictures by `:generateContent`, Imagen by `:predict`, Veo by `:predictLongRunning` and
`:fetchPredictOperation`.

Shapes: converters of the official client google-genai 3.4.0. Models: the lists of its documentation and of Vertex's
own pages, those included that Google has retired. Both checked 2026-11-22.
"""

import re
from typing import Literal, assert_never

from anymedia.testing.emulator.dialects.google import contents
from anymedia.testing.emulator.dialects.google.errors import Refused
from anymedia.testing.emulator.dialects.google.models import IMAGE_MODELS
from anymedia.testing.emulator.dialects.vertex import errors
from anymedia.testing.emulator.dialects.vertex.images import draw_pictures
from anymedia.testing.emulator.dialects.vertex.videos import Operations
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media

EDITORS = ("imagen-3.0-capability-001",)
PAINTERS = (
    "imagen-4.0-generate-001",
    "imagen-4.0-fast-generate-001",
    "imagen-4.0-ultra-generate-001",
    "imagen-3.0-generate-002",
    "imagen-3.0-generate-001",
    "imagen-3.0-fast-generate-001",
)
FILMERS = ("veo-3.1-generate-001", "veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001")
METHODS = {
    "generateContent": IMAGE_MODELS,
    "predict": (*EDITORS, *PAINTERS),
    "predictLongRunning": FILMERS,
    "fetchPredictOperation": FILMERS,
}

_PATH = re.compile(
    r"/v1(?:beta1)?/(?P<resource>(?:projects/[^/]+/locations/[^/]+/)?publishers/google/models/(?P<model>[^/:]+))"
    r":(?P<method>generateContent|predict|predictLongRunning|fetchPredictOperation)"
)


_LIST = "/v1beta1/publishers/google/models"


class Vertex:
    """The dialect. `api_key`: the only key, or token, that it accepts; None accepts any that is not empty."""

    prefix = ""
    variables = ("GOOGLE_VERTEX_BASE_URL", "GOOGLE_VERTEX_API_KEY")
    example = "/v1/publishers/google/models/gemini-3-pro-image:generateContent"

    def __init__(self, *, media: Media, api_key: str | None = None) -> None:
        self._media = media
        self._api_key = api_key
        self._operations = Operations(media)

    def serves(self, path: str) -> bool:
        return path == _LIST or _PATH.fullmatch(path) is not None

    def pays(self, method: str, path: str) -> bool:
        found = _PATH.fullmatch(path)
        return method == "POST" and found is not None and found["method"] != "fetchPredictOperation"

    def answer(self, request: ReceivedRequest) -> Reply:
        try:
            self._check_key(request)
            return self._routed(request)
        except Refused as refusal:
            return refusal.reply

    def error(self, status: int, *, code: str | None = None, message: str | None = None) -> Reply:
        return errors.error_reply(status, message, code=code)

    def refusal(
        self,
        reason: Literal["bad_key", "unknown_model", "moderation", "rate_limit"],
        request: ReceivedRequest,
    ) -> Reply:
        match reason:
            case "bad_key":
                return errors.wrong_key()
            case "unknown_model":
                found = _PATH.fullmatch(request.path)
                return errors.unknown_model("" if found is None else found["resource"])
            case "moderation":
                return errors.error_reply(400, errors.BLOCKED)
            case "rate_limit":
                return self.error(429)
            case _:
                assert_never(reason)

    def key_of(self, request: ReceivedRequest) -> str | None:
        """The API key, else the token."""
        return request.headers.get("x-goog-api-key") or request.bearer

    def _check_key(self, request: ReceivedRequest) -> None:
        key = self.key_of(request)
        if key is None:
            raise Refused(errors.no_key())
        if self._api_key is not None and key != self._api_key:
            is_key = "x-goog-api-key" in request.headers
            raise Refused(errors.wrong_key() if is_key else errors.error_reply(401))

    def _routed(self, request: ReceivedRequest) -> Reply:
        if (request.method, request.path) == ("GET", _LIST):
            names = dict.fromkeys(name for models in METHODS.values() for name in models)
            return json_reply({"publisherModels": [{"name": f"publishers/google/models/{name}"} for name in names]})
        found = _PATH.fullmatch(request.path)
        if found is None or request.method != "POST":
            return errors.error_reply(404)
        if found["model"] not in METHODS[found["method"]]:
            return errors.unknown_model(found["resource"])
        if not isinstance(request.json, dict):
            return errors.error_reply(400, "Invalid JSON payload received.")
        match found["method"]:
            case "generateContent":
                known = contents.VERTEX_IMAGE_CONFIG
                return contents.generate(request, found["model"], self._media, image_config=known)
            case "predict":
                return draw_pictures(request.json, self._media, edits=found["model"] in EDITORS)
            case "predictLongRunning":
                return self._operations.submit(request.json, found["resource"])
            case _:
                return self._operations.fetch(request.json, found["resource"])
