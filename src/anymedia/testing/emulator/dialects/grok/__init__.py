"""xAI's APIs: over REST images, videos, speech, transcriptions and the models; over gRPC images and videos."""

from typing import Literal, assert_never

from anymedia.testing.emulator.dialects.grok import errors, images, rpc, talk, videos
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media

PAYING = (
    *("/v1/images/generations", "/v1/images/edits", "/v1/tts", "/v1/stt"),
    *("/v1/videos/generations", "/v1/videos/edits", "/v1/videos/extensions"),
)
MODELS = (*images.MODELS, *videos.CENTS)


class Grok:
    """The dialect. `api_key`: the only key it accepts; None accepts any that is not empty."""

    prefix = "/v1"
    variables = ("XAI_BASE_URL", "XAI_API_KEY")
    example = "/v1/images/generations"

    def __init__(self, *, media: Media, api_key: str | None = None) -> None:
        self._media = media
        self._api_key = api_key
        self._videos = videos.Videos(media)

    def serves(self, path: str) -> bool:
        return path in (*PAYING, *rpc.PAYING, "/v1/models") or path.startswith((videos.VIDEO, videos.FILM, rpc.PACKAGE))

    def pays(self, method: str, path: str) -> bool:
        return method == "POST" and path in (*PAYING, *rpc.PAYING)

    def answer(self, request: ReceivedRequest) -> Reply:
        try:
            if not request.path.startswith(videos.FILM):
                self._check_key(request)
            if request.path.startswith(rpc.PACKAGE):
                return rpc.answer(request, self._routed)
            return self._routed(request)
        except errors.Refused as refusal:
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
                return errors.wrong_key(self.key_of(request) or "no key")
            case "unknown_model":
                return errors.unknown_model(request.json.get("model") if isinstance(request.json, dict) else "")
            case "moderation":
                return errors.held_back({"cost_in_usd_ticks": 6 * images.TICKS_PER_CENT})
            case "rate_limit":
                return self.error(429)
            case _:
                assert_never(reason)

    def key_of(self, request: ReceivedRequest) -> str | None:
        return request.bearer

    def _check_key(self, request: ReceivedRequest) -> None:
        key = self.key_of(request)
        if key is None:
            raise errors.Refused(self.error(401))
        if self._api_key is not None and key != self._api_key:
            raise errors.Refused(errors.wrong_key(key))

    def _routed(self, request: ReceivedRequest) -> Reply:
        match request.method, request.path:
            case "POST", "/v1/images/generations":
                return images.generate(request, self._media)
            case "POST", "/v1/images/edits":
                return images.edit(request, self._media)
            case "POST", "/v1/tts":
                return talk.speak(request, self._media)
            case "POST", "/v1/stt":
                return talk.transcribe(request)
            case "GET", "/v1/models":
                return json_reply({"object": "list", "data": [{"id": name, "object": "model"} for name in MODELS]})
        return self._videos.answer(request)
