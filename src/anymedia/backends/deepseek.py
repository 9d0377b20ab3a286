"""DeepSeek: questions about pictures, or in words alone, by chat completions in OpenAI's dialect.

Facts: copies of DeepSeek's pages under DOCS, checked 2026-11-23; the reply is read by OpenAI's official client 3.54.0.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

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

DOCS = "https://api-docs.deepseek.com"
PRICING = f"{DOCS}/quick_start/pricing"
SEEN = "`ChatCompletion` of OpenAI's client 3.54.0, which reads this reply; read 2026-11-23"

MEDIA = Files(media_types=("image/png", "image/jpeg", "image/webp", "image/gif"), at_most=64, bytes_each=32 * 2**20)
"""The formats of guides/vision. A request has 48 MiB at most, base64 and all; sixty-four is a limit of ours."""
TEXT = TextUpTo(100_000)
"""Characters; far below the context of the models."""
WORDS: Mapping[str, Param] = {
    "prompt": Param(wire_name="text", allows=TEXT),
    "instructions": Param(wire_name="content", allows=TEXT),
}
OWN = ("text", "media", "content")
"""Where in the body the flow finds what it places itself."""

CONTEXT, MOST_OUT = 1_048_576, 393_216


def model(model_id: str, params: Mapping[str, Param], *, hit: str, miss: str, out: str) -> Model:
    """Rates of the peak: off it they are half, and no reply says which was counted. The bill is never higher."""
    most = (CONTEXT * Decimal(miss) + MOST_OUT * Decimal(out)) / 1_000_000

    def at_most(request: Request) -> Decimal:
        return most

    rates = (
        TokenRate(kind="in, cached", dollars=Decimal(hit), reported_at="prompt_cache_hit_tokens"),
        TokenRate(kind="in", dollars=Decimal(miss), reported_at="prompt_cache_miss_tokens"),
        TokenRate(kind="out", dollars=Decimal(out), reported_at="completion_tokens"),
    )
    return Model(
        id=model_id,
        accepts=DescribeRequest,
        params=params,
        price=TokenPrice(rates=rates, at_most=at_most, source=PRICING, checked=date(2026, 11, 23)),
        typical_bytes=10_000,
        continuation=Continuation(
            state="history",
            how="chat completions with the whole conversation, whose files are sent again",
            lives="as long as this machine keeps it; DeepSeek keeps nothing to go on with",
        ),
        source=PRICING,
    )


def submit(call: Call) -> Flow:
    """The instructions, what was said before, and the question with what it is about."""
    fields = {name: value for name, value in call.body.items() if name not in OWN}
    history = History.of(call)
    messages = history.messages(as_question)
    if "content" in call.body:
        messages.insert(0, {"role": "system", "content": call.body["content"]})
    response = yield post("/chat/completions", json={"model": call.model.id, "messages": messages, **fields})
    choice: Mapping[str, Json] = next(iter(response.json["choices"]), {})
    text = (choice.get("message") or {}).get("content") or ""
    continuation = history.after({"role": "assistant", "content": text})
    return answer(text, choice.get("finish_reason"), response.json.get("usage") or {}, continuation)


def as_question(turn: Json) -> Json:
    return {"role": "user", "content": [{"type": "text", "text": turn["text"]}, *map(as_part, turn["files"])]}


def as_part(file: MediaFile) -> Json:
    return {"type": "image_url", "image_url": {"url": Inline(file=file, form="data_uri")}}


def answer(text: str, reason: str | None, usage: Mapping[str, Json], continuation: Json) -> Step:
    if reason == "content_filter":
        return Failed(reason="the content filter stopped the answer", kind="refused")
    if not text.strip():
        return Failed(reason=f"the reply holds no words ({reason})", kind="empty_output")
    missing = () if reason == "stop" else (f"The answer was cut short: {reason}.",)
    return Succeeded(text=text, usage=usage, missing=missing, continuation=continuation)


def read_error(status: int, reply: Json) -> Problem | None:
    """The error codes of quick_start/error_codes, in the shape of OpenAI's dialect."""
    match reply:
        case {"error": {"message": str(message)}} if status == 402:
            return Problem(kind="rejected", message=message, next="Add to your balance at platform.deepseek.com.")
        case {"error": {"message": str(message)}} if "Model Not Exist" in message:
            return Problem(kind="model_gone", message=message)
    return None


# --- Samples ----------------------------------------------------------------------------------------------------

PICTURE = MediaFile(media_type="image/png", data=PNG, size=len(PNG))
EARLIER = {"text": "What is it?", "files": [PICTURE], "answer": {"role": "assistant", "content": "A red fox."}}


def said(text: str, reason: str = "stop") -> Reply:
    message = {"role": "assistant", "content": text, "reasoning_content": "Ears."}
    tokens = {"prompt_tokens": 400, "prompt_cache_hit_tokens": 0, "prompt_cache_miss_tokens": 400}
    usage = {**tokens, "completion_tokens": 94, "total_tokens": 494}
    choices = [{"index": 0, "finish_reason": reason, "message": message, "logprobs": None}]
    about = {"id": "chat_1", "object": "chat.completion", "created": 1, "model": "deepseek-flash"}
    return Reply(json={**about, "choices": choices, "usage": usage})


def sample(reply: Reply, expects: Json = "done", continues: Json = None, **asked: Json) -> Sample:
    request = DescribeRequest(**{"prompt": "What is it?", "media": (PICTURE,), **asked})
    return Sample(request=request, replies=(reply,), expects=expects, continues=continues, source=SEEN)


SAMPLES = (
    sample(said("A red fox."), instructions="briefly"),
    sample(said("A red fox."), continuable=True),
    sample(said("In snow."), continues={"turns": [EARLIER]}, continue_from="earlier", media=None),
    sample(said("A red", "insufficient_system_resource"), "partial"),
    sample(said(""), "failed"),
    sample(said("", "content_filter"), "refused"),
)

BACKEND = Backend(
    name="deepseek",
    title="DeepSeek",
    docs=f"{DOCS}/api/create-chat-completion",
    base_url="https://api.deepseek.com",
    auth=ApiKey(env=("DEEPSEEK_API_KEY",)),
    priority={DescribeRequest: 90},
    models=(
        model(
            "deepseek-flash",
            {**WORDS, "media": Param(wire_name="media", allows=MEDIA, encode=tuple)},
            hit="0.006",
            miss="0.3",
            out="1.2",
        ),
        model("deepseek-v4-pro", WORDS, hit="0.044", miss="1.32", out="3.96"),
    ),
    submit=submit,
    read_error=read_error,
    samples=SAMPLES,
)
