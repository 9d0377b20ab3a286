"""Words of a recording: written down with their speakers, or a known text with the moment of every word."""

import json
from collections.abc import Mapping
from decimal import Decimal

from ...media import Json
from ...operations import AlignmentRequest, TranscriptionRequest
from ...spec import (
    Between,
    Call,
    Failed,
    Flow,
    Model,
    OneFile,
    Param,
    PerUnit,
    Reply,
    Sample,
    Succeeded,
    TextUpTo,
    form,
    one_of,
)
from .common import CHECKED, DOCS, EITHER_LANGUAGE, RECORDING_TYPES, SEEN, SPEECH_PRICES, as_parts, usage_of
from .samples import RECORDED

ALIGNMENT_PAGE = "https://elevenlabs.io/docs/overview/capabilities/forced-alignment"
"""Its limits, and that it costs as much as a transcription."""
RECORDING = OneFile(media_types=RECORDING_TYPES, bytes_each=3 * 10**9)
"""3 GB for both: ALIGNMENT_PAGE, and the documentation of speech to text."""

TRANSCRIBING: Mapping[str, Param] = {
    "audio": Param(wire_name="file", allows=RECORDING),
    "language": Param(wire_name="language_code", allows=EITHER_LANGUAGE),
    "timestamps": Param(wire_name="timestamps_granularity", allows=one_of("word", "character")),
    "speakers": Param(wire_name="num_speakers", allows=Between(1, 32)),
}
"""The official client's documentation of `speech_to_text.convert`. Words to expect are left to `provider_options`
(`keyterms`): they cost a fifth more, which the price would not say."""
ALIGNING: Mapping[str, Param] = {
    "audio": Param(wire_name="file", allows=RECORDING),
    "text": Param(wire_name="text", allows=TextUpTo(675_000)),
}


def by_hour(source: str, *, reported_at: str | None) -> PerUnit:
    """$0.22 an hour, by the second and rounded up."""
    return PerUnit(amount=Decimal("0.0000612"), unit="second", source=source, checked=CHECKED, reported_at=reported_at)


def transcribe(call: Call) -> Flow:
    """Who speaks is told only if it is asked for."""
    told_apart = {"diarize": True} if "num_speakers" in call.body else {}
    body = {"model_id": call.model.id, **told_apart, **call.body}
    response = yield form("/v1/speech-to-text", parts=as_parts(body))
    reply = response.json
    if not reply["text"].strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    seconds = reply.get("audio_duration_secs")
    said = {name: reply[name] for name in ("language_code", "words", "entities") if reply.get(name)}
    usage = {**usage_of(response.headers), **({} if seconds is None else {"seconds": seconds})}
    return Succeeded(text=reply["text"], usage=usage, metadata=said)


def align(call: Call) -> Flow:
    response = yield form("/v1/forced-alignment", parts=as_parts(call.body))
    reply = response.json
    if not reply["words"]:
        return Failed(reason="the reply holds no words", kind="empty_output")
    moments = {name: reply[name] for name in ("words", "characters", "loss") if name in reply}
    return Succeeded(
        text=json.dumps(moments, ensure_ascii=False, indent=2), usage=usage_of(response.headers), metadata=moments
    )


MODELS = (
    Model(
        id="scribe_v2",
        accepts=TranscriptionRequest,
        params=TRANSCRIBING,
        price=by_hour(SPEECH_PRICES, reported_at="seconds"),
        typical_bytes=10_000,
        submit=transcribe,
        source=f"{DOCS}/speech-to-text/convert",
    ),
    Model(
        id="forced_alignment",
        accepts=AlignmentRequest,
        params=ALIGNING,
        price=by_hour(f"{SPEECH_PRICES}; {ALIGNMENT_PAGE}", reported_at=None),
        typical_bytes=100_000,
        submit=align,
        source=f"{DOCS}/forced-alignment/create",
    ),
)
"""The route of alignment takes no model; the name is ours."""

WORDS: list[Json] = [
    {"text": "Good", "start": 0.0, "end": 0.4, "type": "word", "speaker_id": "speaker_0", "logprob": -0.1},
    {"text": "morning.", "start": 0.4, "end": 1.1, "type": "word", "speaker_id": "speaker_0", "logprob": -0.1},
]
WRITTEN = {"language_code": "eng", "language_probability": 0.98, "text": "Good morning.", "words": WORDS}
ALIGNED = {
    "characters": [{"text": "G", "start": 0.0, "end": 0.1}],
    "words": [{"text": "Good", "start": 0.0, "end": 0.4, "loss": 0.1}],
    "loss": 0.1,
}
SAMPLES = (
    Sample(
        request=TranscriptionRequest(audio=RECORDED),
        replies=(Reply(json={**WRITTEN, "audio_duration_secs": 1.1}),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, speakers=2, timestamps="word"),
        replies=(Reply(json=WRITTEN),),
        source=SEEN,
    ),
    Sample(
        request=TranscriptionRequest(audio=RECORDED),
        replies=(Reply(json={**WRITTEN, "text": "", "words": []}),),
        expects="failed",
        source=SEEN,
    ),
    Sample(request=AlignmentRequest(audio=RECORDED, text="Good morning."), replies=(Reply(json=ALIGNED),), source=SEEN),
    Sample(
        request=AlignmentRequest(audio=RECORDED, text="Good morning."),
        replies=(Reply(json={"characters": [], "words": [], "loss": 0.0}),),
        expects="failed",
        source=SEEN,
    ),
)
