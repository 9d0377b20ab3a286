"""Describing: pictures, recordings, films and documents, by an interaction that answers in words.

Facts: the official client 3.4.0 (its types of content and of models), checked 2026-11-22.
"""

from collections.abc import Mapping
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import DescribeRequest, Request
from ...spec import Call, Files, Flow, Model, Param, Reply, Sample, TextUpTo, TokenPrice, TokenRate
from ...spec.tiny import PNG
from . import interactions, uploads
from .common import CHECKED, DOCS, PRICING, SEEN

# --- Parameters -------------------------------------------------------------------------------------------------

MEDIA = Files(
    media_types=(
        *("image/png", "image/jpeg", "image/webp", "image/gif"),
        *("audio/wav", "audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/flac"),
        *("video/mp4", "video/quicktime", "video/webm"),
        "application/pdf",
    ),
    at_most=64,
    bytes_each=uploads.LARGEST_FILE,
)
"""The content that the official client's types name, as far as the engine knows it. Google takes 3,600 pictures and ten
films in one request (https://ai.google.dev/gemini-api/docs/image-understanding and video-understanding); no limit of
a mixture is published. Sixty-four is a limit of ours."""
TEXT = TextUpTo(100_000)
"""Characters; far below the context of the model."""

PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="text", allows=TEXT),
    "media": Param(wire_name="media", allows=MEDIA, encode=tuple),
    "instructions": Param(wire_name="system_instruction", allows=TEXT),
}

# --- Price and model --------------------------------------------------------------------------------------------

DOLLARS_IN, DOLLARS_OUT = Decimal("0.75"), Decimal("3.75")
"""Per million tokens until 2026-12-31, twice as much from then on. A copy of PRICING of 2026-10-07 (the repository
api-evangelist/deepmind) and https://github.com/BerriAI/litellm/discussions/39357, both checked 2026-11-22."""
DOUBLED = 2
MOST_IN, MOST_OUT = 1_048_576, 65_536
TOKENS_PER_IMAGE = 1120
"""The most that Gemini 3 reads of a picture: https://ai.google.dev/gemini-api/docs/media-resolution. How much it reads
of other media is known only by their lengths and pages, and of a conversation not at all."""


def at_most(request: Request) -> Decimal:
    """At the prices of 2027, so that a cap holds across that day: all that may come out, and what is read."""
    assert isinstance(request, DescribeRequest)
    return DOUBLED * (tokens_at_most(request) * DOLLARS_IN + MOST_OUT * DOLLARS_OUT) / 1_000_000


def tokens_at_most(request: DescribeRequest) -> int:
    files = request.media or ()
    if request.continue_from is not None or not all(file.media_type.startswith("image/") for file in files):
        return MOST_IN
    words = request.prompt + (request.instructions or "")
    return min(MOST_IN, len(words.encode("utf-8", "replace")) + TOKENS_PER_IMAGE * len(files))


PRICE = TokenPrice(
    rates=(
        TokenRate(kind="in", dollars=DOLLARS_IN, reported_at="billed.input"),
        TokenRate(kind="out", dollars=DOLLARS_OUT, reported_at="billed.text"),
    ),
    at_most=at_most,
    source=f"a copy of {PRICING} of 2026-10-07",
    checked=CHECKED,
)


def question_in(call: Call) -> uploads.Question:
    fields = {name: value for name, value in call.body.items() if name not in ("text", "media")}
    words = (interactions.text(call.body["text"]),)
    return uploads.Question(files=call.body.get("media", ()), words=words, fields=fields)


def submit(call: Call) -> Flow:
    return uploads.submit(call, question_in(call))


def poll(call: Call, state: Json) -> Flow:
    return uploads.poll(call, question_in(call), state)


MODELS = (
    Model(
        id="gemini-3.8-flash",
        accepts=DescribeRequest,
        params=PARAMS,
        price=PRICE,
        typical_bytes=10_000,
        continuation=interactions.STORED,
        submit=submit,
        poll=poll,
        source=f"{DOCS}/models/gemini-3.8-flash",
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

PICTURE = MediaFile(media_type="image/png", data=PNG)
PAGES = MediaFile(media_type="application/pdf", data=b"%PDF-1.7\n pages\n%%EOF")


def said(*pieces: Json, status: str = "completed", **more: Json) -> Reply:
    usage = {"total_input_tokens": 1130, "total_output_tokens": 4, "total_thought_tokens": 90, "total_tokens": 1224}
    steps = [{"type": "thought", "signature": "eA=="}, {"type": "model_output", "content": list(pieces)}]
    return Reply(
        json={"id": "int_1", "object": "interaction", "status": status, "steps": steps, "usage": usage, **more}
    )


def sample(reply: Reply, expects: Json = "done", continues: Json = None, **asked: Json) -> Sample:
    request = DescribeRequest(**{"prompt": "What is it?", "media": (PICTURE,), **asked})
    return Sample(request=request, replies=(reply,), expects=expects, continues=continues, source=SEEN)


WORDS = {"type": "text", "text": "A red fox."}
SAMPLES = (
    sample(said(WORDS)),
    sample(said(WORDS, {"type": "text", "text": " In snow."}), media=(PICTURE, PAGES), instructions="briefly"),
    sample(said(WORDS), continuable=True),
    sample(said(WORDS), continues={"interaction_id": "int_0"}, continue_from="earlier", media=None),
    sample(said(WORDS, status="incomplete"), "partial"),
    sample(said(), "failed"),
    sample(said(status="failed", errors=[{"code": "SAFETY", "message": "blocked"}]), "refused"),
)
