"""Speech: text in, and one reply that is the recording itself.

Facts: the official client 1.3.84 (`SpeechRequest`) and stored copies of the pages of the models, checked 2026-11-22.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ...media import Json
from ...operations import SpeechRequest
from ...spec import (
    Between,
    Call,
    Failed,
    Flow,
    Model,
    Param,
    Pcm,
    PerUnit,
    Reply,
    Response,
    Sample,
    ShapedText,
    Step,
    Succeeded,
    TextUpTo,
    one_of,
    post,
)
from ...spec.tiny import MP3
from .common import CHECKED, SEEN, page

# --- Models -----------------------------------------------------------------------------------------------------

WIRE_FORMATS = {"mp3": "mp3", "wav": "pcm"}
"""The route sends MP3, or samples without a header; those become a WAV file."""
USUAL = "mp3"
"""OpenRouter's own default are the bare samples."""
RATE = 24_000
"""Samples a second where the reply names no rate: what both models make."""
LONGEST_TEXT = 4096
"""Characters. The pages of both models name 4,096 of context, and a token is a character or more."""

KOKORO_VOICES = ShapedText(
    pattern="[a-z][fm]_[a-z]+",
    means="a voice of Kokoro: language and gender, then a name",
    such_as=("af_heart", "bm_george"),
)
"""54 of them; `supported_voices` of the list of models has their names."""
OPENAI_VOICES = one_of(
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx"),
    *("nova", "sage", "shimmer", "verse", "marin", "cedar"),
)


def encode_format(output_format: Json) -> str:
    return WIRE_FORMATS[output_format]


PARAMS: Mapping[str, Param] = {
    "text": Param(wire_name="input", allows=TextUpTo(LONGEST_TEXT)),
    "output_format": Param(wire_name="response_format", allows=one_of(*WIRE_FORMATS), encode=encode_format),
}
KOKORO_PARAMS: Mapping[str, Param] = {**PARAMS, "voice": Param(wire_name="voice", allows=KOKORO_VOICES)}
OPENAI_PARAMS: Mapping[str, Param] = {
    **PARAMS,
    "voice": Param(wire_name="voice", allows=OPENAI_VOICES),
    "speed": Param(wire_name="speed", allows=Between(0.25, 4.0)),
    "instructions": Param(wire_name="instructions", allows=TextUpTo(LONGEST_TEXT)),
}
"""The client's documentation names this model for `speed` and `instructions`; others ignore them or refuse."""


def submit(call: Call) -> Flow:
    body = {"model": call.model.id, "response_format": USUAL, **call.body}
    response = yield post("/audio/speech", json=body)
    return recording(response, is_bare=body["response_format"] == "pcm")


def recording(response: Response, *, is_bare: bool) -> Step:
    if response.spilled is None:
        return Failed(reason="the reply is no recording", kind="empty_output")
    generation = response.headers.get("x-generation-id")
    return Succeeded(
        files=(Pcm(file=response.spilled, rate=rate_in(response)) if is_bare else response.spilled,),
        metadata={} if generation is None else {"generation_id": generation},
    )


def rate_in(response: Response) -> int:
    named = re.search(r"rate=(\d{4,6})\b", response.headers.get("content-type", ""))
    return RATE if named is None else int(named[1])


def by_characters(dollars: Decimal, model_id: str) -> PerUnit:
    """Dollars for a thousand of them."""
    return PerUnit(amount=dollars.normalize(), unit="1k characters", source=page(model_id), checked=CHECKED)


def speech_model(model_id: str, *, params: Mapping[str, Param], dollars_per_million: str, released: date) -> Model:
    """The page of a model names a price for a million characters."""
    return Model(
        id=model_id,
        accepts=SpeechRequest,
        params=params,
        price=by_characters(Decimal(dollars_per_million) / 1000, model_id),
        typical_bytes=1_000_000,
        released=released,
        submit=submit,
        source=page(model_id),
    )


# OpenAI shuts the second down on 2027-01-06 (the official client openai 3.54.0); OpenRouter names no day, but its list
# of models has a place for one.
MODELS = (
    speech_model("hexgrad/kokoro-82m", params=KOKORO_PARAMS, dollars_per_million="0.62", released=date(2026, 4, 23)),
    speech_model(
        "openai/gpt-4o-mini-tts-2025-12-15",
        params=OPENAI_PARAMS,
        dollars_per_million="0.60",
        released=date(2026, 4, 18),
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

HEARD = "The rain has stopped."
SAMPLES = (
    Sample(
        request=SpeechRequest(text=HEARD),
        replies=(Reply(content=MP3, media_type="audio/mpeg", headers={"x-generation-id": "gen-tts-1"}),),
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text=HEARD, output_format="wav"),
        replies=(Reply(content=bytes(4800), media_type="audio/pcm"),),
        source=SEEN,
    ),
    Sample(
        request=SpeechRequest(text=HEARD),
        replies=(Reply(json={}),),
        expects="failed",
        source="no such reply is documented; money must not be lost to it in silence",
    ),
)
