"""A provider of words that does not exist: one model writes plain text, one writes subtitles, one answers questions."""

from __future__ import annotations

import io
import wave
from datetime import date
from decimal import Decimal
from typing import Any

from anymedia.media import MediaFile
from anymedia.operations import DescribeRequest, TranscriptionRequest
from anymedia.spec import (
    ApiKey,
    Backend,
    Between,
    Call,
    Files,
    Flow,
    Model,
    OneFile,
    Param,
    PerUnit,
    Succeeded,
    TextUpTo,
    form,
    one_of,
)

PAGE = "https://scribe.example/reference"
SOUNDS = ("audio/mpeg", "audio/wav", "video/mp4")
TRANSCRIPTIONS, ANSWERS = "/transcriptions", "/answers"


def parts_of(call: Call) -> tuple[tuple[str, str | MediaFile], ...]:
    """Every parameter as one part of a form, several files as several."""
    pairs: list[tuple[str, Any]] = [("model", call.model.id)]
    for name, value in call.body.items():
        pairs += [(name, each) for each in value] if isinstance(value, tuple) else [(name, value)]
    return tuple((name, each if isinstance(each, MediaFile) else str(each)) for name, each in pairs)


def transcribe(call: Call) -> Flow:
    response = yield form(TRANSCRIPTIONS, parts=parts_of(call), reads="text")
    return Succeeded(text=response.text)


def answer(call: Call) -> Flow:
    response = yield form(ANSWERS, parts=parts_of(call))
    return Succeeded(text=response.json["answer"])


def model(**facts: Any) -> Model:
    price = PerUnit(amount=Decimal("0.01"), unit="generation", source=PAGE, checked=date(2026, 11, 22))
    return Model(**{"price": price, "typical_bytes": 1000, "source": PAGE, **facts})


RECORDING = {
    "audio": Param(wire_name="file", allows=OneFile(media_types=SOUNDS, bytes_each=10**8)),
    "language": Param(wire_name="language", allows=one_of("de", "en")),
    "prompt": Param(wire_name="hint", allows=TextUpTo(200)),
}
TIMED = {
    **RECORDING,
    "output_format": Param(wire_name="format", allows=one_of("srt", "vtt", "json", "text", "karaoke")),
    "speakers": Param(wire_name="speakers", allows=Between(1, 8)),
}
LOOKING = {
    "prompt": Param(wire_name="question", allows=TextUpTo(2000)),
    "media": Param(
        wire_name="media",
        allows=Files(media_types=("image/png", "audio/wav"), at_most=3, bytes_each=10**8),
        encode=tuple,
    ),
    "instructions": Param(wire_name="manner", allows=TextUpTo(200)),
}

BACKEND = Backend(
    name="scribe",
    title="Scribe",
    docs=PAGE,
    base_url="https://scribe.example",
    auth=ApiKey(env=("TOY_API_KEY",)),
    priority={TranscriptionRequest: 500, DescribeRequest: 500},
    models=(
        model(id="scribe-plain", accepts=TranscriptionRequest, params=RECORDING, submit=transcribe),
        model(id="scribe-timed", accepts=TranscriptionRequest, params=TIMED, submit=transcribe),
        model(id="scribe-looking", accepts=DescribeRequest, params=LOOKING, submit=answer),
    ),
    submit=transcribe,
)


def recording(seconds: float = 0.1) -> bytes:
    """A whole WAV file with nothing to hear."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(seconds * 8000) * 2))
    return content.getvalue()
