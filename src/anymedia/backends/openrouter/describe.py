"""Describing: pictures, recordings, films and documents, by chat completions that answer in words.

Facts: the official client 1.3.84 (`ChatContentItems`), checked 2026-11-22.
"""

from collections.abc import Mapping
from decimal import Decimal

from ...media import Json, MediaFile
from ...operations import DescribeRequest, Request
from ...spec import (
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    History,
    Inline,
    Model,
    Param,
    Reply,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    TokenPrice,
    TokenRate,
    post,
)
from ...spec.tiny import PNG
from .chat import chatted, choice_in, failure_in, message_of
from .common import CHECKED, LARGEST_FILE, SEEN, cost_in, image_part, page

# --- Model ------------------------------------------------------------------------------------------------------

PDF = "application/pdf"
AUDIO_FORMATS: Mapping[str, str] = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
}
"""Names of `ChatContentAudioInputAudio.format`."""
MEDIA = Files(
    media_types=(
        *("image/png", "image/jpeg", "image/webp", "image/gif"),
        *AUDIO_FORMATS,
        *("video/mp4", "video/quicktime", "video/webm"),
        PDF,
    ),
    at_most=64,
    bytes_each=LARGEST_FILE,
)
"""What the model behind it takes, as far as the engine knows it. Sixty-four is a limit of ours."""
TEXT = TextUpTo(100_000)
"""Characters; far below the context of the model."""
PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="text", allows=TEXT),
    "media": Param(wire_name="media", allows=MEDIA, encode=tuple),
    "instructions": Param(wire_name="content", allows=TEXT),
}
OWN = ("text", "media", "content")
"""Where in the body the flow finds what it places itself."""

DOLLARS_IN, DOLLARS_OUT = Decimal("0.75"), Decimal("3.75")
"""Google's rates per million tokens, which OpenRouter passes on; twice as much from 2027-01-01 on."""
DOUBLED = 2


def at_most(request: Request) -> Decimal:
    """A full context and all that may come out, at the rates of 2027: a cap holds across that day."""
    return DOUBLED * (1_048_576 * DOLLARS_IN + 65_536 * DOLLARS_OUT) / 1_000_000


PRICE = TokenPrice(
    rates=(
        TokenRate(kind="in", dollars=DOLLARS_IN, reported_at="prompt_tokens"),
        TokenRate(kind="out", dollars=DOLLARS_OUT, reported_at="completion_tokens"),
    ),
    at_most=at_most,
    source="Google's rates: https://ai.google.dev/gemini-api/docs/pricing, a copy of 2026-10-07",
    checked=CHECKED,
)


HISTORY = Continuation(
    state="history",
    how="chat completions with the whole conversation, whose files are sent again",
    lives="as long as this machine keeps it; OpenRouter keeps nothing",
)


def submit(call: Call) -> Flow:
    """The instructions, what was said before, and the question with what it is about."""
    fields = {name: value for name, value in call.body.items() if name not in OWN}
    history = History.of(call)
    messages = history.messages(as_question)
    if "content" in call.body:
        messages.insert(0, {"role": "system", "content": call.body["content"]})
    response = yield post("/chat/completions", json={"model": call.model.id, "messages": messages, **fields})
    return answer(response.json, continuation=history.after(message_of(response.json)))


def as_question(turn: Json) -> Json:
    """What the user said, and the files with it."""
    parts = [as_part(number, file) for number, file in enumerate(turn["files"], 1)]
    return {"role": "user", "content": [{"type": "text", "text": turn["text"]}, *parts]}


def as_part(number: int, file: MediaFile) -> Json:
    url = Inline(file=file, form="data_uri")
    if file.media_type in AUDIO_FORMATS:
        sound = {"data": Inline(file=file), "format": AUDIO_FORMATS[file.media_type]}
        return {"type": "input_audio", "input_audio": sound}
    if file.media_type.startswith("video/"):
        return {"type": "video_url", "video_url": {"url": url}}
    if file.media_type == PDF:
        return {"type": "file", "file": {"filename": f"document-{number}.pdf", "file_data": url}}
    return image_part(file)


def answer(reply: Json, *, continuation: Json) -> Step:
    failure = failure_in(reply)
    if failure is not None:
        return failure
    text = message_of(reply).get("content") or ""
    if not text.strip():
        return Failed(reason="the reply holds no words", kind="empty_output")
    cut = choice_in(reply).get("finish_reason") == "length"
    usage = reply.get("usage") or {}
    missing = ("The answer was cut short.",) if cut else ()
    return Succeeded(text=text, usage=usage, cost=cost_in(usage), missing=missing, continuation=continuation)


MODELS = (
    Model(
        id="google/gemini-3.8-flash",
        accepts=DescribeRequest,
        params=PARAMS,
        price=PRICE,
        typical_bytes=10_000,
        continuation=HISTORY,
        submit=submit,
        source=page("google/gemini-3.8-flash"),
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

PICTURE = MediaFile(media_type="image/png", data=PNG, size=len(PNG))
PAGES = MediaFile(media_type=PDF, data=b"%PDF-1.7\n pages\n%%EOF")
USAGE = {"prompt_tokens": 1130, "completion_tokens": 94, "total_tokens": 1224, "cost": 0.0012, "is_byok": False}


EARLIER = {"text": "What is it?", "files": [PICTURE], "answer": {"role": "assistant", "content": "A red fox."}}


def sample(reply: Reply, expects: Json = "done", continues: Json = None, **asked: Json) -> Sample:
    request = DescribeRequest(**{"prompt": "What is it?", "media": (PICTURE,), **asked})
    return Sample(request=request, replies=(reply,), expects=expects, continues=continues, source=SEEN)


SAMPLES = (
    sample(chatted({"content": "A red fox."}, USAGE)),
    sample(chatted({"content": "A red fox."}, USAGE), media=(PICTURE, PAGES), instructions="briefly"),
    sample(chatted({"content": "A red fox."}, USAGE), continuable=True),
    sample(
        chatted({"content": "In snow."}, USAGE), continues={"turns": [EARLIER]}, continue_from="earlier", media=None
    ),
    sample(chatted({"content": "A red"}, USAGE, "length"), "partial"),
    sample(chatted({"content": ""}, USAGE), "failed"),
    sample(chatted({"content": None, "refusal": "I cannot say who this is."}, USAGE), "refused"),
)
