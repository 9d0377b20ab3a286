"""`generateContent`: one exchange, whose history is ours to keep and to send again.

Shapes: the official client 3.4.0, `types.GenerateContentResponse` and what its chats send, checked 2026-11-22.
"""

from collections.abc import Mapping

from ...media import Json, MediaFile, Spilled
from ...spec import Call, Continuation, Failed, Flow, Inline, Step, Succeeded, post
from .errors import REFUSALS
from .usage import billed, tokens_of

MEDIA_AT = ("candidates[*].content.parts[*].inlineData.data",)

HISTORY = Continuation(
    state="history",
    how="generateContent with the whole conversation, pictures and thought signatures as they came",
    lives="as long as this machine keeps it; Google keeps nothing",
)


def generate(call: Call, path: str) -> Flow:
    """One picture, or the next one of a conversation, from the model at `path`."""
    fields = {name: value for name, value in call.body.items() if name not in ("text", "images", "generationConfig")}
    turns = [*(call.continuation or {}).get("contents", ()), asked_of(call)]
    body = {
        "contents": with_bytes(turns),
        "generationConfig": {"responseModalities": ["IMAGE"], **call.body.get("generationConfig", {})},
        **fields,
    }
    response = yield post(path, json=body, media_at=MEDIA_AT)
    return step_of(call, response.json, turns)


def asked_of(call: Call) -> Json:
    """The user's turn: the words, then the pictures."""
    pictures = [{"inlineData": {"mimeType": file.media_type, "data": file}} for file in call.body.get("images", ())]
    return {"role": "user", "parts": [{"text": call.body["text"]}, *pictures]}


def with_bytes(value: Json) -> Json:
    """The same JSON with the bytes of every file in it."""
    match value:
        case MediaFile():
            return Inline(file=value)
        case Mapping():
            return {name: with_bytes(item) for name, item in value.items()}
        case list():
            return [with_bytes(item) for item in value]
    return value


def step_of(call: Call, reply: Json, turns: list[Json]) -> Step:
    feedback = reply.get("promptFeedback") or {}
    if feedback.get("blockReason"):
        return Failed(reason=_reason(feedback["blockReason"], feedback.get("blockReasonMessage")), kind="refused")
    candidates = reply.get("candidates")
    if candidates is None and "usageMetadata" not in reply:
        raise KeyError("candidates")
    first: Mapping[str, Json] = next(iter(candidates or ()), {})
    content = first.get("content") or {}
    parts = [part for part in content.get("parts") or () if not part.get("thought")]
    files = tuple(data for part in parts if isinstance(data := (part.get("inlineData") or {}).get("data"), Spilled))
    words = " ".join(str(part["text"]) for part in parts if part.get("text"))
    if not files:
        return nothing_made(first, words)
    is_kept = call.continuation is not None or call.request.continuable
    return Succeeded(
        files=files,
        continuation={"contents": [*turns, as_kept(content)]} if is_kept else None,
        usage=usage_in(reply),
        metadata={"text": words} if words else {},
    )


def nothing_made(candidate: Mapping[str, Json], words: str) -> Failed:
    """No media: the policy's reason, else the model's own words."""
    reason = candidate.get("finishReason")
    if reason in REFUSALS:
        return Failed(reason=_reason(reason, candidate.get("finishMessage") or words), kind="refused")
    stopped = reason not in (None, "STOP")
    said = _reason(reason, candidate.get("finishMessage") or words) if stopped else words
    return Failed(reason=said or "the reply holds no picture", kind="empty_output")


def _reason(code: Json, message: Json) -> str:
    return f"{code}: {message}" if message else str(code)


def as_kept(value: Json) -> Json:
    """The model's turn as it came, its media as files that can be kept."""
    match value:
        case Spilled():
            return MediaFile(media_type=value.media_type, spilled=value, size=value.size, sha256=value.sha256)
        case Mapping():
            return {name: as_kept(item) for name, item in value.items()}
        case list():
            return [as_kept(item) for item in value]
    return value


def usage_in(reply: Json) -> Mapping[str, Json]:
    """What the reply says was used, and beside it the tokens by rate."""
    usage = reply.get("usageMetadata")
    if not isinstance(usage, Mapping):
        return {}
    rates = billed(
        input_tokens=usage.get("promptTokenCount"),
        output=usage.get("candidatesTokenCount"),
        thoughts=usage.get("thoughtsTokenCount"),
        media=tokens_of("image", usage.get("candidatesTokensDetails"), "tokenCount"),
        medium="image",
    )
    return {**usage, "billed": rates}
