"""Transcription over REST: a recording in, its words out, each with its time.

Facts: https://docs.x.ai/developers/model-capabilities/audio/speech-to-text, stored copies of spring and summer 2026,
and what @ai-sdk/xai 5.0.12 sends, checked 2026-11-22.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import TranscriptionRequest
from ...spec import Call, Failed, Flow, Model, OneFile, Param, PerUnit, Reply, Sample, Succeeded, TextUpTo, form, one_of
from .._xai.common import CHECKED, DOCS, PRICES_READ_AT
from .errors import SEEN

RECORDING = OneFile(
    media_types=("audio/wav", "audio/mpeg", "audio/flac", "audio/ogg", "audio/aac", "audio/mp4", "video/mp4"),
    bytes_each=500 * 10**6,
)
"""The containers and the 500 MB of the page."""
LANGUAGES = one_of(
    *("ar", "cs", "da", "de", "en", "es", "fa", "fil", "fr", "hi", "id", "it", "ja", "ko", "mk", "ms", "nl", "pl"),
    *("pt", "ro", "ru", "sv", "th", "tr", "vi"),
)
"""Any language is written down; for these, numbers and amounts become figures."""
LONGEST_TERM, MOST_TERMS = 50, 100


def encode_terms(prompt: str) -> list[str]:
    """The words to expect, with commas or lines between them."""
    return [term.strip() for term in re.split(r"[,\n]", prompt) if term.strip()]


class Terms(TextUpTo):
    """A list of words to expect, each short."""

    def problem_with(self, value: Json) -> str | None:
        problem = super().problem_with(value)
        if problem is not None:
            return problem
        terms = encode_terms(value)
        fits = 0 < len(terms) <= MOST_TERMS and all(len(term) <= LONGEST_TERM for term in terms)
        return None if fits else f"must be {self.describe()}"

    def describe(self) -> str:
        return f"up to {MOST_TERMS} terms with commas between them, of {LONGEST_TERM} characters at most"


PARAMS: Mapping[str, Param] = {
    "audio": Param(wire_name="file", allows=RECORDING),
    "language": Param(wire_name="language", allows=LANGUAGES),
    "prompt": Param(wire_name="keyterm", allows=Terms(MOST_TERMS * (LONGEST_TERM + 2)), encode=encode_terms),
}
"""No `timestamps`: every reply has the times of the words, and `metadata` keeps them."""

PRICE = PerUnit(
    amount=Decimal("0.00002778"),
    unit="second",
    source=f"{PRICES_READ_AT}: $0.10 an hour",
    checked=CHECKED,
    reported_at="duration",
)

# --- Flow -------------------------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    response = yield form("/stt", parts=(("model", call.model.id), *parts_of(call.body)))
    reply = response.json
    if not reply["text"].strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    told = {name: reply[name] for name in ("language", "duration", "words") if reply.get(name)}
    usage = {"duration": reply["duration"]} if reply.get("duration") else {}
    return Succeeded(text=reply["text"], usage=usage, metadata=told)


def parts_of(body: Mapping[str, Json]) -> Iterator[tuple[str, str | MediaFile]]:
    """The file last: xAI reads no field after it."""
    if "language" in body:
        yield "language", body["language"]
    for term in body.get("keyterm", ()):
        yield "keyterm", term
    yield "file", body["file"]


MODELS = (
    Model(
        id="grok-voice-transcribe-2.0",
        accepts=TranscriptionRequest,
        params=PARAMS,
        price=PRICE,
        typical_bytes=10_000,
        submit=submit,
        source=f"{DOCS}/pricing",
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

RECORDED = MediaFile(media_type="audio/wav", data=b"RIFF a recording WAVE")
WORDS = [{"text": "Good", "start": 0.0, "end": 0.4}, {"text": "morning.", "start": 0.4, "end": 1.1}]


def heard(text: str) -> Reply:
    return Reply(json={"text": text, "language": "", "duration": 1.1, "words": WORDS})


SAMPLES = (
    Sample(request=TranscriptionRequest(audio=RECORDED), replies=(heard("Good morning."),), source=SEEN),
    Sample(
        request=TranscriptionRequest(audio=RECORDED, language="en", prompt="Grok, Colossus"),
        replies=(heard("Good morning."),),
        source=SEEN,
    ),
    Sample(request=TranscriptionRequest(audio=RECORDED), replies=(heard(""),), expects="failed", source=SEEN),
)
