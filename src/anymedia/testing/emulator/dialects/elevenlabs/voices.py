"""What stays at ElevenLabs until it is deleted: voices that were designed or cloned, and dubs."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count

from anymedia.testing.emulator.dialects.elevenlabs import answers, parameters
from anymedia.testing.emulator.dialects.elevenlabs.errors import Refused, error_reply, voice_not_found
from anymedia.testing.emulator.dialects.elevenlabs.parameters import form_fields, json_fields, output_format
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make

PREVIEWS = 3


class Voices:
    """The voices of one account."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._designed: set[str] = set()
        self._kept: set[str] = set()

    def design(self, request: ReceivedRequest, nothing: str) -> Reply:
        return self._previews(request, json_fields(request, parameters.DESIGN, required=("voice_description",)))

    def remix(self, request: ReceivedRequest, voice: str) -> Reply:
        return self._previews(request, json_fields(request, parameters.REMIX, required=("voice_description",)))

    def _previews(self, request: ReceivedRequest, given: Mapping[str, Json]) -> Reply:
        codec = output_format(request, has_wav=False)
        said = given.get("text") or "It has been raining since the morning, and nobody minds. " * 2
        previews = [self._preview(said, codec) for _ in range(PREVIEWS)]
        reply = json_reply({"previews": previews, "text": said}, accepted=True)
        return replace(reply, media_fields=("audio_base_64",), output_lists=("previews",))

    def _preview(self, said: str, codec: str) -> Json:
        identifier = f"generated{next(self._numbers):011d}"
        self._designed.add(identifier)
        data = answers.recording(self._media, f"{said} {identifier}", codec, seconds=0.5)
        return {
            "audio_base_64": base64.b64encode(data).decode(),
            "generated_voice_id": identifier,
            "media_type": answers.MEDIA_TYPES[codec],
            "duration_secs": 0.5,
            "language": "en",
        }

    def keep(self, request: ReceivedRequest, nothing: str) -> Reply:
        needed = ("voice_name", "voice_description", "generated_voice_id")
        given = json_fields(request, parameters.KEEPING, required=needed)
        if given["generated_voice_id"] not in self._designed:
            raise voice_not_found(given["generated_voice_id"])
        return json_reply({"voice_id": self._new_voice(), "name": given["voice_name"], "category": "generated"})

    def clone(self, request: ReceivedRequest, nothing: str) -> Reply:
        form_fields(request, parameters.CLONE, file="files", required=("name",))
        return json_reply({"voice_id": self._new_voice(), "requires_verification": False}, accepted=True)

    def delete(self, request: ReceivedRequest, voice: str) -> Reply:
        if voice not in self._kept:
            raise voice_not_found(voice)
        self._kept.remove(voice)
        return json_reply({"status": "ok"})

    def _new_voice(self) -> str:
        voice = f"voice{next(self._numbers):015d}"
        self._kept.add(voice)
        return voice


@dataclass(kw_only=True)
class Dub:
    """One dub, and how often it was asked after."""

    target: str
    media_type: str
    asked: int = 0


class Dubs:
    """The dubs of one account. Each is at work when it is asked after first, and done from then on."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._numbers = count(1)
        self._dubs: dict[str, Dub] = {}

    def create(self, request: ReceivedRequest, nothing: str) -> Reply:
        (file, *_), given = form_fields(request, parameters.DUBBING, file="file", required=("target_lang",))
        identifier = f"dub{next(self._numbers)}"
        self._dubs[identifier] = Dub(target=given["target_lang"], media_type=file.media_type)
        return json_reply({"dubbing_id": identifier, "expected_duration_sec": 1.0}, accepted=True)

    def status(self, request: ReceivedRequest, identifier: str) -> Reply:
        dub = self._dub(identifier)
        dub.asked += 1
        said = {"dubbing_id": identifier, "name": identifier, "target_languages": [dub.target], "source_language": "en"}
        media = {"content_type": dub.media_type, "duration": 1.0}
        status = "dubbed" if dub.asked > 1 else "dubbing"
        return json_reply({**said, "status": status, "created_at": "2026-11-22T10:00:00Z", "media_metadata": media})

    def audio(self, request: ReceivedRequest, identifier: str) -> Reply:
        """Of a film comes a film, of a recording sound."""
        dub = self._dub(identifier)
        if dub.media_type.startswith("video/"):
            film = make(self._media, MediaAsked(prompt=dub.target, output_format="mp4", duration=1.0))
            return Reply(headers=(("content-type", "video/mp4"),), pieces=(film,))
        data = answers.recording(self._media, dub.target, "mp3", seconds=1.0)
        return Reply(headers=(("content-type", "audio/mpeg"),), pieces=(data,))

    def transcript(self, request: ReceivedRequest, wanted: str) -> Reply:
        identifier, kind = wanted.partition("/")[0], wanted.rpartition("/")[2]
        dub, words = self._dub(identifier), "Guten Morgen."
        moment = {"srt": "00:00:00,000 --> 00:00:01,000", "webvtt": "00:00.000 --> 00:01.000"}
        said: dict[str, Json] = {
            "srt": f"1\n{moment['srt']}\n{words}\n",
            "webvtt": f"WEBVTT\n\n{moment['webvtt']}\n{words}\n",
            "json": {"language": dub.target, "utterances": [{"text": words, "start_s": 0.0, "end_s": 1.0}]},
        }
        return json_reply({"transcript_format": kind, **{name: said[name] if name == kind else None for name in said}})

    def delete(self, request: ReceivedRequest, identifier: str) -> Reply:
        self._dub(identifier)
        del self._dubs[identifier]
        return json_reply({"status": "ok"})

    def _dub(self, identifier: str) -> Dub:
        if identifier not in self._dubs:
            raise Refused(error_reply(404, code="dubbing_not_found", message="Dubbing was not found."))
        return self._dubs[identifier]
