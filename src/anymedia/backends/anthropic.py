"""Anthropic: questions about pictures and PDF files, by the Messages API.

Facts: the official client 2.12.0 (`types/message_create_params.py`, `types/message.py`) and copies of Anthropic's pages
under DOCS, both checked 2026-11-23.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

from ..media import Json, MediaFile
from ..operations import DescribeRequest, Request
from ..spec import (
    ApiKey,
    Backend,
    Call,
    Continuation,
    Failed,
    Files,
    Flow,
    History,
    Inline,
    Model,
    Param,
    Problem,
    Reply,
    Sample,
    Step,
    Succeeded,
    TextUpTo,
    TokenPrice,
    TokenRate,
    post,
)
from ..spec.tiny import PNG

DOCS = "https://platform.claude.com/docs/en"
CHECKED = date(2026, 11, 23)
SEEN = "`Message` of the official client 2.12.0, which reads this reply; read 2026-11-23"

PDF = "application/pdf"
MEDIA = Files(
    media_types=("image/png", "image/jpeg", "image/webp", "image/gif", PDF), at_most=64, bytes_each=24 * 10**6
)
"""The types of `Base64ImageSourceParam` and `Base64PDFSourceParam`. A request has 32 MB at most, base64 and all, and
600 pictures (build-with-claude/vision); sixty-four is a limit of ours. Anthropic's own limit of one picture is told in
several ways: what is over it is refused, and costs nothing."""
TEXT = TextUpTo(100_000)
"""Characters; far below the context of the models."""
PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="text", allows=TEXT),
    "media": Param(wire_name="media", allows=MEDIA, encode=tuple),
    "instructions": Param(wire_name="system", allows=TEXT),
}

CONTEXT, MOST_OUT = 1_000_000, 128_000
USUAL_OUT = 16_000
"""Tokens of an answer, what was thought before it included. The field is needed; its value is a limit of ours, and
`provider_options` may set another."""


def at_most(request: Request, *, dollars_in: Decimal, dollars_out: Decimal) -> Decimal:
    """A text has no more tokens than bytes, and a few around it. What else is read is bounded by the context alone, and
    what `provider_options` change by what the model can do."""
    assert isinstance(request, DescribeRequest)
    words = request.prompt + (request.instructions or "")
    only_words = not request.media and request.continue_from is None and not request.provider_options
    read = min(CONTEXT, len(words.encode("utf-8", "replace")) + 1_000) if only_words else CONTEXT
    written = MOST_OUT if request.provider_options else USUAL_OUT
    return (read * dollars_in + written * dollars_out) / 1_000_000


def model(model_id: str, page: str, *, dollars_in: Decimal, dollars_out: Decimal) -> Model:
    """Writing to the cache, which only `provider_options` ask for, costs up to twice as much, reading a tenth."""
    rates = (
        TokenRate(kind="in", dollars=dollars_in, reported_at="input_tokens"),
        TokenRate(kind="cache writes", dollars=2 * dollars_in, reported_at="cache_creation_input_tokens"),
        TokenRate(kind="cache reads", dollars=dollars_in / 10, reported_at="cache_read_input_tokens"),
        TokenRate(kind="out", dollars=dollars_out, reported_at="output_tokens"),
    )
    bound = partial(at_most, dollars_in=dollars_in, dollars_out=dollars_out)
    return Model(
        id=model_id,
        accepts=DescribeRequest,
        params=PARAMS,
        price=TokenPrice(rates=rates, at_most=bound, source=f"{DOCS}/{page}", checked=CHECKED),
        typical_bytes=10_000,
        continuation=Continuation(
            state="history",
            how="messages with the whole conversation, whose files are sent again",
            lives="as long as this machine keeps it; Anthropic keeps nothing to go on with",
        ),
        source=f"{DOCS}/{page}",
    )


# --- Asking and answering ---------------------------------------------------------------------------------------


def submit(call: Call) -> Flow:
    """What was said before, and the question after its files."""
    fields = {name: value for name, value in call.body.items() if name not in ("text", "media")}
    history = History.of(call)
    body = {"model": call.model.id, "max_tokens": USUAL_OUT, "messages": history.messages(as_question), **fields}
    response = yield replace(post("/v1/messages", json=body), headers={"anthropic-version": "2026-10-21"})
    reply = {"role": "assistant", "content": response.json["content"]}
    return answer(response.json, continuation=history.after(reply))


def as_question(turn: Json) -> Json:
    return {"role": "user", "content": [*map(as_block, turn["files"]), {"type": "text", "text": turn["text"]}]}


def as_block(file: MediaFile) -> Json:
    source = {"type": "base64", "media_type": file.media_type, "data": Inline(file=file)}
    return {"type": "document" if file.media_type == PDF else "image", "source": source}


def answer(reply: Json, *, continuation: Json) -> Step:
    reason = reply.get("stop_reason")
    if reason == "refusal":
        details = reply.get("stop_details") or {}
        return Failed(reason=details.get("explanation") or "the model refused to answer", kind="refused")
    text = "".join(block["text"] for block in reply["content"] if block.get("type") == "text")
    if not text.strip():
        return Failed(reason=f"the reply holds no words ({reason})", kind="empty_output")
    told = {name: count for name, count in reply["usage"].items() if count is not None}
    usage = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, **told}
    missing = () if reason in ("end_turn", "stop_sequence") else (f"The answer was cut short: {reason}.",)
    return Succeeded(text=text, usage=usage, missing=missing, continuation=continuation)


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"error": {"type": "not_found_error" as code, "message": str(message)}} if "model" in message:
            return Problem(kind="model_gone", message=message, code=code)
        case {"error": {"type": "billing_error" as code, "message": str(message)}}:
            return Problem(kind="rejected", message=message, code=code, next="See to the billing of your account.")
    return None


# --- Samples ----------------------------------------------------------------------------------------------------

PICTURE = MediaFile(media_type="image/png", data=PNG, size=len(PNG))
PAGES = MediaFile(media_type=PDF, data=b"%PDF-1.7\n pages\n%%EOF")
THOUGHT = {"type": "thinking", "thinking": "", "signature": "eA=="}
EARLIER = {
    "text": "What is it?",
    "files": [PICTURE],
    "answer": {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "A red fox."}]},
}


def said(*texts: str, reason: str = "end_turn", **more: Json) -> Reply:
    content = [THOUGHT, *({"type": "text", "text": text} for text in texts)]
    usage = {"input_tokens": 1400, "output_tokens": 90, "cache_read_input_tokens": None}
    about = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5"}
    return Reply(json={**about, "content": content, "stop_reason": reason, "usage": usage, **more})


def sample(reply: Reply, expects: Json = "done", continues: Json = None, **asked: Json) -> Sample:
    request = DescribeRequest(**{"prompt": "What is it?", "media": (PICTURE,), **asked})
    return Sample(request=request, replies=(reply,), expects=expects, continues=continues, source=SEEN)


REFUSAL = {"type": "refusal", "category": None, "explanation": "It may do harm."}
SAMPLES = (
    sample(said("A red fox.", " In snow."), media=(PICTURE, PAGES), instructions="briefly"),
    sample(said("A red fox."), continuable=True),
    sample(said("In snow."), continues={"turns": [EARLIER]}, continue_from="earlier", media=None),
    sample(said("A red", reason="max_tokens"), "partial"),
    sample(said(), "failed"),
    sample(said(reason="refusal", stop_details=REFUSAL), "refused"),
)

BACKEND = Backend(
    name="anthropic",
    title="Anthropic",
    docs=f"{DOCS}/api/messages",
    base_url="https://api.anthropic.com",
    auth=ApiKey(env=("ANTHROPIC_API_KEY",)),
    priority={DescribeRequest: 70},
    models=(
        model("claude-sonnet-5-5", "models/sonnet-5-5/overview", dollars_in=Decimal(2), dollars_out=Decimal(10)),
        model("claude-opus-5-5", "models/opus-5-5/overview", dollars_in=Decimal(4), dollars_out=Decimal(20)),
    ),
    submit=submit,
    read_error=read_error,
    samples=SAMPLES,
)
