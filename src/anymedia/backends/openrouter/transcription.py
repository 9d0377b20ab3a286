"""Transcription: a recording in, its words out, each with its time if that is asked for.

Facts: the official client 1.3.84 (`STTRequest`, `STTResponse`) and stored copies of the pages of the models, checked
2026-11-22.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import TranscriptionRequest
from ...spec import (
    Call,
    Failed,
    Flow,
    Inline,
    Model,
    OneFile,
    Param,
    PerUnit,
    Reply,
    Sample,
    ShapedText,
    Step,
    Succeeded,
    one_of,
    post,
)
from .common import CHECKED, SEEN, cost_in, page

# --- Models -----------------------------------------------------------------------------------------------------

FORMATS: Mapping[str, str] = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "video/webm": "webm",
}
"""Names of `STTInlineInputAudio.format`; each provider behind OpenRouter supports its own. Sound alone in WebM is told
from a film only when it is decoded."""
RECORDING = OneFile(media_types=tuple(FORMATS), bytes_each=25 * 10**6)
"""The 25 MB of the route's form. What its JSON may hold is not said."""
LANGUAGE = ShapedText(pattern="[a-z]{2}", means="a language code of two letters", such_as=("en", "de"))


def encode_recording(file: MediaFile) -> Json:
    return {"data": Inline(file=file), "format": FORMATS[file.media_type]}


def encode_timestamps(timestamps: Json) -> Json:
    return [timestamps]


PARAMS: Mapping[str, Param] = {
    "audio": Param(wire_name="input_audio", allows=RECORDING, encode=encode_recording),
    "language": Param(wire_name="language", allows=LANGUAGE),
    "timestamps": Param(
        wire_name="timestamp_granularities", allows=one_of("word", "segment"), encode=encode_timestamps
    ),
}


def submit(call: Call) -> Flow:
    timed = {"response_format": "verbose_json"} if "timestamp_granularities" in call.body else {}
    response = yield post("/audio/transcriptions", json={"model": call.model.id, **call.body, **timed})
    return words_in(response.json)


def words_in(reply: Mapping[str, Json]) -> Step:
    if not reply["text"].strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    usage = reply.get("usage") or {}
    return Succeeded(
        text=reply["text"],
        usage=usage,
        cost=cost_in(usage),
        metadata={name: reply[name] for name in ("language", "duration", "words", "segments") if reply.get(name)},
    )


def transcription_model(model_id: str, *, dollars_a_minute: str, released: date) -> Model:
    price = PerUnit(
        amount=Decimal(dollars_a_minute), unit="minute", source=page(model_id), checked=CHECKED, reported_at="seconds"
    )
    return Model(
        id=model_id,
        accepts=TranscriptionRequest,
        params=PARAMS,
        price=price,
        typical_bytes=10_000,
        released=released,
        submit=submit,
        source=page(model_id),
    )


MODELS = (
    transcription_model(
        "openai/whisper-large-v3-turbo", dollars_a_minute="0.00066667", released=date(2026, 5, 1)
    ),  # $0.04 an hour
    transcription_model("openai/whisper-1", dollars_a_minute="0.006", released=date(2026, 4, 27)),
)

# --- Samples ----------------------------------------------------------------------------------------------------

RECORDED = MediaFile(media_type="audio/wav", data=b"RIFF a recording WAVE")
USAGE = {"seconds": 1.1, "cost": 0.0000123}
WORDS = [{"word": "Good", "start": 0.0, "end": 0.4}, {"word": "morning.", "start": 0.4, "end": 1.1}]
TIMED = {"task": "transcribe", "text": "Good morning.", "language": "english", "duration": 1.1, "words": WORDS}
SAMPLES = (
    Sample(
        request=TranscriptionRequest(audio=RECORDED),
        replies=(Reply(json={"text": "Good morning.", "usage": USAGE}),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, language="en", timestamps="word"),
        replies=(Reply(json={**TIMED, "usage": USAGE}),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED),
        replies=(Reply(json={"text": "", "usage": USAGE}),),
        expects="failed",
        source=SEEN,
    ),
)
