"""`/api/v1/audio/speech` and `/api/v1/audio/transcriptions`: checked requests, plausible answers.

Names and values: `SpeechRequest` and `STTRequest` of the openrouter package 1.3.84, read 2026-11-22. What is heard in a
recording is its size.
"""

from anymedia.testing.emulator.dialects.openrouter.checks import LIST, OBJECT, TEXT, Is, Table, check, checked
from anymedia.testing.emulator.dialects.openrouter.errors import Refused, refused, unknown_model
from anymedia.testing.emulator.dialects.openrouter.images import decoded
from anymedia.testing.emulator.dialects.openrouter.models import SPEECH_MODELS, TRANSCRIBERS
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply
from anymedia.testing.emulator.pictures import Media, MediaAsked, make
from anymedia.testing.emulator.sounds import pieces

SPEECH: Table = {
    "model": TEXT,
    "input": TEXT,
    "voice": TEXT,
    "instructions": TEXT,
    "response_format": Is(type=str, values=("mp3", "pcm")),
    "speed": Is(type=(int, float), low=0.25, high=4.0),
    "provider": OBJECT,
    "user": TEXT,
}
TRANSCRIPTION: Table = {
    "model": TEXT,
    "input_audio": OBJECT,
    "language": TEXT,
    "response_format": Is(type=str, values=("json", "verbose_json")),
    "temperature": Is(type=(int, float), low=0, high=1),
    "timestamp_granularities": LIST,
    "provider": OBJECT,
    "user": TEXT,
}
FORMATS = ("wav", "mp3", "flac", "m4a", "ogg", "webm", "aac")
MEDIA_TYPES = {"mp3": "audio/mpeg", "pcm": "audio/pcm"}
CHARACTERS_PER_SECOND = 15
LONGEST_SPEECH = 10.0
"""Seconds; a tone is computed sample by sample."""
HEADER = 44
"""Bytes before the samples of a plain WAV file."""


def speak(request: ReceivedRequest, media: Media) -> Reply:
    """`POST /api/v1/audio/speech`. Raises Refused."""
    given = checked(request, SPEECH, required=("model", "input"))
    model = SPEECH_MODELS.get(given["model"])
    if model is None:
        raise Refused(unknown_model(given["model"]))
    if "voice" in given:
        check("voice", given["voice"], Is(type=str, values=model.voices or ()))
    output_format = given.get("response_format", "pcm")
    seconds = max(0.1, min(len(given["input"]) / CHARACTERS_PER_SECOND / given.get("speed", 1.0), LONGEST_SPEECH))
    made_as = "wav" if output_format == "pcm" else output_format
    data = make(media, MediaAsked(prompt=given["input"], output_format=made_as, duration=seconds))
    headers = (("content-type", MEDIA_TYPES[output_format]), ("x-generation-id", "gen-tts-emulated"))
    sent = data[HEADER:] if output_format == "pcm" else data
    return Reply(headers=headers, pieces=tuple(pieces(sent)), accepted=True)


def transcribe(request: ReceivedRequest) -> Reply:
    """`POST /api/v1/audio/transcriptions` with JSON. Raises Refused."""
    given = checked(request, TRANSCRIPTION, required=("model", "input_audio"))
    if given["model"] not in TRANSCRIBERS:
        raise Refused(unknown_model(given["model"]))
    match given["input_audio"]:
        case {"data": str(data), "format": str(named)}:
            check("format", named, Is(type=str, values=FORMATS))
            size = len(decoded(data))
        case _:
            raise refused("input_audio: Invalid input")
    document: Json = {"text": f"This recording has {size} bytes.", "usage": {"seconds": 1.0, "cost": 0.0001}}
    if given.get("response_format") == "verbose_json":
        document |= _timed(document["text"], given.get("timestamp_granularities", ["segment"]))
    return json_reply(document, accepted=True)


def _timed(text: str, granularities: list[str]) -> Json:
    timed: Json = {"task": "transcribe", "language": "english", "duration": 1.0}
    if "segment" in granularities:
        timed["segments"] = [{"id": 0, "start": 0.0, "end": 1.0, "text": text}]
    if "word" in granularities:
        timed["words"] = [{"word": word, "start": 0.0, "end": 1.0} for word in text.split()]
    return timed
