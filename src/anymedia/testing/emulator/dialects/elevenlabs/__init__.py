"""ElevenLabs: speech, dialogue, music, sound effects, and what is done with voices and recordings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal, assert_never

from anymedia.testing.emulator.dialects.elevenlabs import answers, errors, parameters
from anymedia.testing.emulator.dialects.elevenlabs.parameters import form_fields, json_fields, output_format
from anymedia.testing.emulator.dialects.elevenlabs.voices import Dubs, Voices
from anymedia.testing.emulator.messages import ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media

VOICE = re.compile("[A-Za-z0-9]{20}")
STEMS = {"two_stems_v1": ("vocals", "instrumental"), "six_stems_v1": ("vocals", "drums", "bass", "guitar", "piano")}


@dataclass(frozen=True, kw_only=True)
class Route:
    """One way in. `path` is a pattern; what its group caught is given to the answer."""

    method: str
    path: str
    answer: Callable[[ReceivedRequest, str], Reply]
    pays: bool = True


def _models(request: ReceivedRequest, nothing: str) -> Reply:
    """The list names models that speak or change voices alone."""
    speaking = [
        {"model_id": name, "can_do_text_to_speech": True, "maximum_text_length_per_request": longest}
        for name, longest in parameters.LONGEST.items()
    ]
    return json_reply([*speaking, {"model_id": "eleven_multilingual_sts_v2", "can_do_voice_conversion": True}])


class ElevenLabs:
    """The dialect. `api_key`: the only key it accepts; None accepts any that is not empty."""

    prefix = ""
    variables = ("ELEVENLABS_BASE_URL", "ELEVENLABS_API_KEY")
    example = "/v1/sound-generation"

    def __init__(self, *, media: Media, api_key: str | None = None) -> None:
        self._media = media
        self._api_key = api_key
        self._numbers = count(1)
        self._voices = Voices(media)
        self._dubs = Dubs(media)
        self._routes = (
            Route(method="GET", path="/v1/models()", answer=_models, pays=False),
            Route(method="POST", path="/v1/text-to-speech/([^/]+)(?:/stream|/with-timestamps)?", answer=self._speak),
            Route(method="POST", path="/v1/text-to-dialogue(/with-timestamps)?", answer=self._converse),
            Route(method="POST", path="/v1/sound-generation()", answer=self._sound),
            Route(method="POST", path="/v1/music()", answer=self._compose),
            Route(method="POST", path="/v1/music/stem-separation()", answer=self._separate),
            Route(method="POST", path="/v1/voice-changer/([^/]+)(?:/stream)?", answer=self._convert),
            Route(method="POST", path="/v1/audio-isolation(?:/stream)?()", answer=self._isolate),
            Route(method="POST", path="/v1/speech-to-text()", answer=self._transcribe),
            Route(method="POST", path="/v1/forced-alignment()", answer=self._align),
            Route(method="POST", path="/v1/text-to-voice/design()", answer=self._voices.design),
            Route(method="POST", path="/v1/text-to-voice/([^/]+)/remix", answer=self._voices.remix),
            Route(method="POST", path="/v1/text-to-voice()", answer=self._voices.keep, pays=False),
            Route(method="POST", path="/v1/voices/add()", answer=self._voices.clone),
            Route(method="DELETE", path="/v1/voices/([^/]+)", answer=self._voices.delete, pays=False),
            Route(method="POST", path="/v1/dubbing()", answer=self._dubs.create),
            Route(method="GET", path="/v1/dubbing/([^/]+)", answer=self._dubs.status, pays=False),
            Route(method="DELETE", path="/v1/dubbing/([^/]+)", answer=self._dubs.delete, pays=False),
            Route(method="GET", path="/v1/dubbing/([^/]+)/audio/[a-z]+", answer=self._dubs.audio, pays=False),
            Route(
                method="GET",
                path="/v1/dubbing/([^/]+/transcripts/[^/]+/format/(?:srt|webvtt|json))",
                answer=self._dubs.transcript,
                pays=False,
            ),
        )

    def serves(self, path: str) -> bool:
        return any(re.fullmatch(route.path, path) for route in self._routes)

    def pays(self, method: str, path: str) -> bool:
        found = self._route(method, path)
        return found is not None and found[0].pays

    def answer(self, request: ReceivedRequest) -> Reply:
        try:
            self._check_key(request)
            found = self._route(request.method, request.path)
            reply = errors.error_reply(404) if found is None else found[0].answer(request, found[1])
        except errors.Refused as refusal:
            reply = refusal.reply
        return replace(reply, headers=(*reply.headers, ("request-id", f"request{next(self._numbers)}")))

    def error(self, status: int, *, code: str | None = None, message: str | None = None) -> Reply:
        return errors.error_reply(status, code=code, message=message)

    def refusal(
        self,
        reason: Literal["bad_key", "unknown_model", "moderation", "rate_limit"],
        request: ReceivedRequest,
    ) -> Reply:
        match reason:
            case "bad_key":
                return self.error(401)
            case "unknown_model":
                return errors.unknown_model("no-such-model")
            case "moderation":
                return errors.bad_prompt()
            case "rate_limit":
                return self.error(429)
            case _:
                assert_never(reason)

    def key_of(self, request: ReceivedRequest) -> str | None:
        return request.headers.get("xi-api-key", "").strip() or None

    def _check_key(self, request: ReceivedRequest) -> None:
        key = self.key_of(request)
        if key is None or (self._api_key is not None and key != self._api_key):
            raise errors.Refused(self.error(401))

    def _route(self, method: str, path: str) -> tuple[Route, str] | None:
        for route in self._routes:
            match = re.fullmatch(route.path, path) if route.method == method else None
            if match is not None:
                return route, match[1] or ""
        return None

    # --- Made from words ----------------------------------------------------------------------------------------

    def _speak(self, request: ReceivedRequest, voice: str) -> Reply:
        _check_voice(voice)
        given = json_fields(request, parameters.SPEECH, required=("text",))
        model = given.get("model_id", "eleven_multilingual_v2")
        parameters.check_text(given["text"], model)
        parameters.voice_settings(given.get("voice_settings"), model)
        codec = output_format(request, has_wav=not request.path.endswith("/stream"))
        data = answers.recording(self._media, given["text"], codec)
        if request.path.endswith("/with-timestamps"):
            return answers.timed(data, given["text"])
        return answers.aloud(data, codec, cost=len(given["text"]))

    def _converse(self, request: ReceivedRequest, timed: str) -> Reply:
        given = json_fields(request, parameters.DIALOGUE, required=("inputs",))
        said = "\n".join(_turn(turn) for turn in given["inputs"])
        model = given.get("model_id", "eleven_v3")
        if model not in parameters.DIALOGUE_MODELS or not said:
            raise errors.Refused(errors.unknown_model(model))
        parameters.check_text(said, model)
        parameters.voice_settings(given.get("settings"), model)
        codec = output_format(request)
        data = answers.recording(self._media, said, codec)
        return answers.timed(data, said) if timed else answers.aloud(data, codec, cost=len(said))

    def _sound(self, request: ReceivedRequest, nothing: str) -> Reply:
        given = json_fields(request, parameters.SOUND, required=("text",))
        codec = output_format(request)
        data = answers.recording(self._media, given["text"], codec, seconds=given.get("duration_seconds"))
        return answers.aloud(data, codec, cost=200)

    def _compose(self, request: ReceivedRequest, nothing: str) -> Reply:
        given = json_fields(request, parameters.MUSIC, required=())
        planned = "composition_plan" in given
        if planned == ("prompt" in given):
            raise errors.invalid("prompt", "Provide either a prompt or a composition plan")
        if planned and given.keys() & {"music_length_ms", "force_instrumental"}:
            raise errors.invalid("composition_plan", "Can only be used without the parameters of a prompt")
        if not planned and "seed" in given:
            raise errors.invalid("seed", "Cannot be used in conjunction with prompt")
        codec = output_format(request, has_wav=False)
        milliseconds = given.get("music_length_ms", 3000)
        data = answers.recording(self._media, str(given.get("prompt")), codec, seconds=milliseconds / 1000)
        return answers.aloud(data, codec, cost=1000)

    # --- Made from recordings -----------------------------------------------------------------------------------

    def _convert(self, request: ReceivedRequest, voice: str) -> Reply:
        _check_voice(voice)
        (file, *_), _ = form_fields(request, parameters.VOICE_CHANGER, file="audio")
        codec = output_format(request, has_wav=not request.path.endswith("/stream"))
        return answers.aloud(answers.recording(self._media, voice, codec, seconds=1.0), codec, cost=len(file.data))

    def _isolate(self, request: ReceivedRequest, nothing: str) -> Reply:
        form_fields(request, {"file_format": parameters.one_of("pcm_s16le_16", "other")}, file="audio")
        return answers.aloud(answers.recording(self._media, "alone", "mp3", seconds=1.0), "mp3", cost=10)

    def _separate(self, request: ReceivedRequest, nothing: str) -> Reply:
        _, given = form_fields(request, parameters.STEMS, file="file")
        codec = output_format(request, has_wav=False)
        names = STEMS[given.get("stem_variation_id", "six_stems_v1")]
        made = {name: answers.recording(self._media, name, codec, seconds=1.0) for name in names}
        return answers.archive((f"{name}.{codec}", data) for name, data in made.items())

    def _transcribe(self, request: ReceivedRequest, nothing: str) -> Reply:
        _, given = form_fields(request, parameters.TRANSCRIPTION, file="file", required=("model_id",))
        return answers.transcript(2.0, speakers=bool(given.get("diarize")))

    def _align(self, request: ReceivedRequest, nothing: str) -> Reply:
        _, given = form_fields(request, parameters.ALIGNMENT, file="file", required=("text",))
        return answers.alignment(given["text"])


def _turn(turn: Mapping[str, str]) -> str:
    if not isinstance(turn, dict) or turn.keys() != {"text", "voice_id"}:
        raise errors.invalid("inputs", "Each input has a text and a voice_id")
    _check_voice(turn["voice_id"])
    return str(turn["text"])


def _check_voice(voice: str) -> None:
    if VOICE.fullmatch(voice) is None:
        raise errors.voice_not_found(voice)
