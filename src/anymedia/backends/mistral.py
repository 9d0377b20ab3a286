"""Mistral: questions about pictures, by chat completions.

Facts: the official client 3.7.0 (`chatcompletionrequest.py`, `contentchunk.py`, `chatcompletionchoice.py`) and copies
of Mistral's pages under DOCS, both checked 2026-11-23.
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

DOCS = "https://docs.mistral.ai"
CARD = f"{DOCS}/models/model-cards/mistral-medium-3-5-26-04"
SEEN = "`ChatCompletionResponse` of the official client 3.7.0, which reads this reply; read 2026-11-23"

MEDIA = Files(media_types=("image/png", "image/jpeg", "image/webp", "image/gif"), at_most=64, bytes_each=10 * 10**6)
"""Pictures, as studio-api/conversations/vision says; it names no limit of their size and number, so both are ours."""
TEXT = TextUpTo(100_000)
"""Characters; far below the context of the model."""
PARAMS: Mapping[str, Param] = {
    "prompt": Param(wire_name="text", allows=TEXT),
    "media": Param(wire_name="media", allows=MEDIA, encode=tuple),
    "instructions": Param(wire_name="content", allows=TEXT),
}
OWN = ("text", "media", "content")
"""Where in the body the flow finds what it places itself."""

CONTEXT = 256_000
DOLLARS_IN, DOLLARS_OUT = Decimal("1.5"), Decimal("7.5")


def at_most(request: Request) -> Decimal:
    """Question and answer share the context (resources/known-limitations): at most, all of it is answer."""
    return CONTEXT * DOLLARS_OUT / 1_000_000


PRICE = TokenPrice(
    rates=(
        TokenRate(kind="in", dollars=DOLLARS_IN, reported_at="prompt_tokens"),
        TokenRate(kind="out", dollars=DOLLARS_OUT, reported_at="completion_tokens"),
    ),
    at_most=at_most,
    source=f"{CARD}, as https://github.com/braintrustdata/braintrust-proxy/issues/505 quotes it",
    checked=date(2026, 11, 23),
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
    content = (choice.get("message") or {}).get("content") or ""
    continuation = history.after({"role": "assistant", "content": content})
    return answer(content, choice.get("finish_reason"), response.json.get("usage") or {}, continuation)


def as_question(turn: Json) -> Json:
    return {"role": "user", "content": [{"type": "text", "text": turn["text"]}, *map(as_part, turn["files"])]}


def as_part(file: MediaFile) -> Json:
    return {"type": "image_url", "image_url": Inline(file=file, form="data_uri")}


def answer(content: Json, reason: str | None, usage: Mapping[str, Json], continuation: Json) -> Step:
    """A model that thinks answers with pieces, the text among them."""
    pieces = [{"type": "text", "text": content}] if isinstance(content, str) else content
    text = "".join(piece["text"] for piece in pieces if piece.get("type") == "text")
    if reason == "error" or not text.strip():
        return Failed(reason=f"the reply holds no whole answer ({reason})", kind="empty_output")
    missing = () if reason == "stop" else (f"The answer was cut short: {reason}.",)
    return Succeeded(text=text, usage=usage, missing=missing, continuation=continuation)


UNKNOWN_MODEL = ("unknown_model", "invalid_model")


def read_error(status: int, reply: Json) -> Problem | None:
    """The shape of resources/error-glossary. Mistral names no code for what its moderation refuses."""
    match reply:
        case {"message": str(message), **rest} if (
            rest.get("code") in UNKNOWN_MODEL or rest.get("type") in UNKNOWN_MODEL
        ):
            return Problem(kind="model_gone", message=message, code=str(rest.get("code")))
        case {"message": str(message)} if status == 402:
            return Problem(kind="rejected", message=message, next="See to the billing of your account.")
    return None


# --- Samples ----------------------------------------------------------------------------------------------------

PICTURE = MediaFile(media_type="image/png", data=PNG, size=len(PNG))
EARLIER = {"text": "What is it?", "files": [PICTURE], "answer": {"role": "assistant", "content": "A red fox."}}
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "Ears."}]}


def said(content: Json, reason: str = "stop") -> Reply:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 1130, "completion_tokens": 94, "total_tokens": 1224}
    about = {"id": "chat_1", "object": "chat.completion", "created": 1, "model": "mistral-medium-3-5"}
    return Reply(json={**about, "choices": [choice], "usage": usage})


def sample(reply: Reply, expects: Json = "done", continues: Json = None, **asked: Json) -> Sample:
    request = DescribeRequest(**{"prompt": "What is it?", "media": (PICTURE,), **asked})
    return Sample(request=request, replies=(reply,), expects=expects, continues=continues, source=SEEN)


SAMPLES = (
    sample(said("A red fox."), instructions="briefly"),
    sample(said([THOUGHT, {"type": "text", "text": "A red fox."}]), continuable=True),
    sample(said("In snow."), continues={"turns": [EARLIER]}, continue_from="earlier", media=None),
    sample(said("A red", "length"), "partial"),
    sample(said(""), "failed"),
)

BACKEND = Backend(
    name="mistral",
    title="Mistral",
    docs=f"{DOCS}/api/endpoint/chat",
    base_url="https://api.mistral.ai/v1",
    auth=ApiKey(env=("MISTRAL_API_KEY",)),
    priority={DescribeRequest: 80},
    models=(
        Model(
            id="mistral-medium-3-5",
            aliases=("mistral-medium-3.5",),
            accepts=DescribeRequest,
            params=PARAMS,
            price=PRICE,
            typical_bytes=10_000,
            continuation=Continuation(
                state="history",
                how="chat completions with the whole conversation, whose files are sent again",
                lives="as long as this machine keeps it; Mistral keeps nothing to go on with",
            ),
            source=CARD,
        ),
    ),
    submit=submit,
    read_error=read_error,
    samples=SAMPLES,
)
