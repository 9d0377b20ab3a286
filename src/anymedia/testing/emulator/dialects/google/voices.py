"""Voices: made from words or from a recording with a spoken consent, listed, looked at, deleted.

Shapes: types of the google-genai package 3.4.0 (`VoiceInput`, `VoiceOutput`, `ListVoicesResponse`), checked 2026-11-22.
Not looked at: the filters of the list except the kind of voice, whether a base voice exists, who speaks in a recording.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from urllib.parse import parse_qs

from anymedia.testing.emulator.dialects.google.contents import is_base64
from anymedia.testing.emulator.dialects.google.errors import Refused, error_reply, invalid
from anymedia.testing.emulator.dialects.google.models import SPEECH_MODELS
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

ABOUT = (
    *("accent", "context", "description", "display_name", "gender"),
    *("language_code", "model", "persona", "pitch", "region_code"),
)
NEEDS: Mapping[str, tuple[str, ...]] = {"prompted": ("input",), "replicated": ("consent_audio", "source_audio")}
MAY: Mapping[str, tuple[str, ...]] = {"prompted": ("base_voice",), "replicated": ()}
PREBUILT = {"id": "Puck", "display_name": "Puck", "type": "prebuilt", "language_code": "en-US"}
EXPIRES = "2027-11-22T00:00:00Z"


class Voices:
    """The voices of everybody."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._kept: dict[str, Json] = {}

    def create(self, request: ReceivedRequest) -> Reply:
        """The answer to `POST voices`. Raises Refused."""
        body = _checked(request.json)
        voice = body["voice"]
        made = {"expire_time": EXPIRES, "model": SPEECH_MODELS[0], **voice}
        made.pop("replicated", None)
        number = f"{next(self._numbers):012d}"
        if voice["type"] == "prompted":
            made["sample_audio"] = self._sample(voice["prompted"]["input"])
        if not body.get("store"):
            return json_reply(
                {"type": voice["type"], "key": f"voicekey_{number}", "expire_time": EXPIRES}, accepted=True
            )
        made["id"] = f"voice_{number}"
        self._kept[made["id"]] = made
        return _with_media(made, accepted=True)

    def list(self, request: ReceivedRequest) -> Reply:
        """One page of everything, the newest first, Google's own voices last."""
        kinds = parse_qs(request.query).get("type", [*NEEDS, "prebuilt"])
        voices = [*reversed(self._kept.values()), PREBUILT]
        found = [{name: value for name, value in each.items() if name != "sample_audio"} for each in voices]
        return json_reply({"voices": [voice for voice in found if voice["type"] in kinds]})

    def answer(self, method: str, identifier: str) -> Reply:
        """What is asked about a voice by its id: its document, or to delete it. Raises Refused."""
        if method == "GET" and identifier == PREBUILT["id"]:
            return json_reply(PREBUILT)
        if identifier not in self._kept:
            raise Refused(error_reply(404, f"The voice {identifier} was not found."))
        if method == "DELETE":
            del self._kept[identifier]
            return json_reply({})
        return _with_media(self._kept[identifier])

    def _sample(self, words: str) -> Json:
        sound = make(self._media, MediaAsked(prompt=words, output_format="wav", duration=1.0))
        return {"mime_type": "audio/wav", "data": base64.b64encode(sound).decode()}


def _with_media(document: Json, *, accepted: bool = False) -> Reply:
    return replace(json_reply(document, accepted=accepted), media_fields=("data",))


def _checked(body: Json) -> Json:
    if not isinstance(body, dict) or not isinstance(body.get("voice"), dict):
        raise invalid("`voice` is required.")
    _check_names(body, ("voice", "store"))
    voice = body["voice"]
    kind = voice.get("type")
    if kind not in NEEDS:
        raise invalid(f"The type of a voice that is made is prompted or replicated, not {kind!r}.")
    _check_names(voice, ("type", kind, *ABOUT))
    _check_names(voice.get(kind, {}), (*NEEDS[kind], *MAY[kind]))
    for name in NEEDS[kind]:
        if not voice.get(kind, {}).get(name):
            raise invalid(f"`{kind}.{name}` is required.")
    if voice.get("model", SPEECH_MODELS[0]) not in SPEECH_MODELS:
        raise invalid(f"The model {voice['model']} makes no voices.")
    if kind == "prompted" and not body.get("store"):
        raise invalid("A prompted voice needs store=true.")
    if kind == "replicated":
        _check_recordings(voice[kind])
    return body


def _check_recordings(given: Json) -> None:
    for name, recording in given.items():
        _check_names(recording, ("data", "mime_type"))
        if not is_base64(recording.get("data")) or not str(recording.get("mime_type")).startswith("audio/"):
            raise invalid(f"`{name}` is no recording.")


def _check_names(given: Json, known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise invalid(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
