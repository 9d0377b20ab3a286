"""Transcription: a recording in, its words out, each with its time if that is asked for, by an interaction.

Facts: https://ai.google.dev/gemini-api/docs/transcribe and the page of the model, stored copies of autumn 2026, and the
official client 3.4.0 (`TranscriptionConfig`, `WordInfo`), both checked 2026-11-22.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import Request, TranscriptionRequest
from ...spec import Call, Flow, Model, OneFile, Param, Reply, Rule, Sample, TextUpTo, TokenPrice, TokenRate, one_of
from . import uploads
from .common import CHECKED, DOCS, LANGUAGE, PRICES_READ_AT, SEEN

# --- Parameters -------------------------------------------------------------------------------------------------

RECORDING = OneFile(
    media_types=("audio/wav", "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/flac"),
    bytes_each=uploads.LARGEST_FILE,
)
"""`AudioContent` of the official client's types. The model hears an hour, half of that with times; Google measures."""
LONGEST_VOCABULARY = 2000
"""Characters, so that there are never more than the 1,000 phrases that the model takes."""
CONFIG = "generation_config.transcription_config"


def encode_phrases(prompt: str) -> list[str]:
    """The words to expect, with commas or lines between them."""
    return [phrase.strip() for phrase in re.split(r"[,\n]", prompt) if phrase.strip()]


def encode_mode(timestamps: Json) -> Json:
    return {"type": "verbatim", "timestamp_granularities": [timestamps]}


PARAMS: Mapping[str, Param] = {
    "audio": Param(wire_name="audio", allows=RECORDING),
    "language": Param(wire_name=f"{CONFIG}.language_codes", allows=LANGUAGE, encode=lambda language: [language]),
    "prompt": Param(
        wire_name=f"{CONFIG}.custom_vocabulary", allows=TextUpTo(LONGEST_VOCABULARY), encode=encode_phrases
    ),
    "timestamps": Param(wire_name=f"{CONFIG}.mode", allows=one_of("word"), encode=encode_mode),
}
RULES = (
    Rule(
        when={"timestamps": Rule.ASKED},
        needs={"prompt": Rule.ABSENT},
        why="Google takes no vocabulary where words have times",
    ),
)
"""No page says so; three public programs that use the model do."""

# --- Price and model --------------------------------------------------------------------------------------------


def at_most(request: Request) -> Decimal:
    """A full context of 98,304 tokens and all of the 32,768 that may come out: LiteLLM's price table 1.109.1."""
    return (98_304 * Decimal(2) + 32_768 * Decimal(12)) / 1_000_000


PRICE = TokenPrice(
    rates=(
        TokenRate(kind="in", dollars=Decimal(2), reported_at="billed.input"),
        TokenRate(kind="out", dollars=Decimal(12), reported_at="billed.text"),
    ),
    at_most=at_most,
    source=PRICES_READ_AT,
    checked=CHECKED,
)


def question_in(call: Call) -> uploads.Question:
    fields = {name: value for name, value in call.body.items() if name != "audio"}
    return uploads.Question(files=(call.body["audio"],), fields=fields)


def submit(call: Call) -> Flow:
    return uploads.submit(call, question_in(call))


def poll(call: Call, state: Json) -> Flow:
    return uploads.poll(call, question_in(call), state)


MODELS = (
    Model(
        id="gemini-3.5-transcribe",
        accepts=TranscriptionRequest,
        params=PARAMS,
        rules=RULES,
        price=PRICE,
        typical_bytes=10_000,
        submit=submit,
        poll=poll,
        source=f"{DOCS}/models/gemini-3.5-transcribe",
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

RECORDED = MediaFile(media_type="audio/wav", data=b"RIFF a recording WAVE")
GOOD = {"type": "word_info", "text": "Good", "start_offset": "0s", "end_offset": "0.400s"}
MORNING = {"type": "word_info", "text": "morning.", "start_offset": "0.400s", "end_offset": "1.100s"}


def heard(*pieces: Json, status: str = "completed", **more: Json) -> Reply:
    usage = {"total_input_tokens": 35, "total_output_tokens": 3, "total_tokens": 38}
    steps = [{"type": "model_output", "content": list(pieces)}]
    return Reply(
        json={"id": "int_1", "object": "interaction", "status": status, "steps": steps, "usage": usage, **more}
    )


def sample(reply: Reply, expects: Json = "done", **asked: Json) -> Sample:
    request = TranscriptionRequest(**{"audio": RECORDED, **asked})
    return Sample(request=request, replies=(reply,), expects=expects, source=SEEN)


WORDS = {"type": "text", "text": "Good morning."}
SAMPLES = (
    sample(heard(WORDS)),
    sample(heard(WORDS), language="en-US", prompt="anymedia, Pikachu"),
    sample(heard({**WORDS, "annotations": [GOOD, MORNING]}), timestamps="word"),
    sample(heard(WORDS, status="incomplete"), "partial"),
    sample(heard(), "failed"),
    sample(heard(status="failed", errors=[{"code": "SAFETY", "message": "blocked"}]), "refused"),
)
