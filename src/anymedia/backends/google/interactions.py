"""`interactions`: answered at once or worked on in the background; what is stored there can be continued.

Shapes: the official client 3.4.0, `CreateModelInteraction` and `Interaction`, and the documentation of Omni
(https://ai.google.dev/gemini-api/docs/omni), both checked 2026-11-22.
"""

import re
from collections.abc import Generator, Mapping
from urllib.parse import quote

from ...media import Json, MediaFile, Spilled
from ...spec import (
    Call,
    Continuation,
    Effect,
    Failed,
    Flow,
    HttpRequest,
    Inline,
    Pcm,
    Pending,
    Response,
    Step,
    Succeeded,
    get,
    post,
)
from .._google.errors import is_refusal
from .._google.usage import billed, tokens_of
from .common import VERSION, versioned

MEDIA_AT = ("steps[*].content[*].data",)
SOON = 5.0
"""Seconds until the next poll; the pause of the documentation's own examples."""

STORED = Continuation(
    state="server",
    how="previous_interaction_id; Google keeps the media and the words",
    lives="as long as Google stores the interaction; the official client's types name no limit",
)


def question(call: Call, content: list[Json], fields: Mapping[str, Json]) -> Flow:
    """Ask for what is answered at once, and is stored only when it is to be continued."""
    response = yield creation(call, content, {"store": is_kept(call), **fields})
    return (yield from at_once(call, response))


def creation(call: Call, content: list[Json], fields: Mapping[str, Json]) -> HttpRequest:
    """Ask for one interaction. What works in the background is answered without media."""
    media_at = () if fields.get("background") else MEDIA_AT
    body = {"model": call.model.id, "input": [{"type": "user_input", "content": content}], **fields}
    if call.continuation is not None:
        body["previous_interaction_id"] = call.continuation["interaction_id"]
    return post(versioned(call.model, "interactions"), json=body, media_at=media_at)


def text(words: str) -> Json:
    return {"type": "text", "text": words}


GOOGLES_NAMES = {"audio/mp4": "audio/m4a", "video/quicktime": "video/mov"}
"""Media types that are called something else in the official client's types."""


def inlined(file: MediaFile) -> Json:
    """A file as a piece of the input."""
    return {**described(file), "data": Inline(file=file)}


def described(file: MediaFile) -> dict[str, Json]:
    """A piece of the input without its bytes."""
    kind = file.media_type.partition("/")[0]
    media_type = GOOGLES_NAMES.get(file.media_type, file.media_type)
    return {"type": "document" if kind == "application" else kind, "mime_type": media_type}


def poll(call: Call, state: Json) -> Flow:
    path = versioned(call.model, f"interactions/{quote(state['id'], safe='')}")
    response = yield get(path, query={"stream": "false"}, media_at=MEDIA_AT)
    return (yield from outcome(call, response, state["id"]))


def cancel(call: Call, state: Json) -> Flow:
    path = versioned(call.model, f"interactions/{quote(state['id'], safe='')}/cancel")
    response = yield post(path, json=None, effect="safe", media_at=MEDIA_AT)
    return (yield from outcome(call, response, state["id"]))


def at_once(call: Call, response: Response) -> Generator[Effect, Response, Step]:
    """The step of an interaction in the foreground, which is over when it is answered."""
    step = yield from outcome(call, response, response.json["id"])
    if isinstance(step, Pending):
        raise ValueError(f"an answer with the status {response.json.get('status')!r}")
    return step


def outcome(call: Call, response: Response, interaction_id: str) -> Generator[Effect, Response, Step]:
    """The step that a reply stands for. A status that no documentation names is work that goes on."""
    interaction = response.json
    match interaction.get("status"):
        case "completed" | "incomplete" | "budget_exceeded" | "requires_continuation" as status:
            if call.request.makes == "text":
                return in_words(interaction, status, kept_as(call, interaction_id))
            found = outputs(call, interaction)
            if not found:
                return nothing_made(interaction, status)
            if (yield from are_ready(call, found)):
                return delivered(call, interaction, interaction_id, found)
        case "failed":
            return nothing_made(interaction, "failed")
        case "cancelled":
            return Failed(reason="the interaction was cancelled", kind="cancelled")
        case "requires_action":
            return Failed(reason="the interaction waits for an action, and no tool was offered")
    return Pending(state={"id": interaction_id}, id=interaction_id, poll_after=SOON)


# --- What came --------------------------------------------------------------------------------------------------


def outputs(call: Call, interaction: Json) -> list[Mapping[str, Json]]:
    """The pieces of media of the kind that was asked for."""
    kind = call.request.makes
    pieces = [piece for step in model_steps(interaction) for piece in step.get("content") or ()]
    return [piece for piece in pieces if piece.get("type") == kind and (is_bytes(piece) or piece.get("uri"))]


def model_steps(interaction: Json) -> list[Mapping[str, Json]]:
    return [step for step in interaction.get("steps") or () if step.get("type") == "model_output"]


def is_bytes(piece: Mapping[str, Json]) -> bool:
    return isinstance(piece.get("data"), Spilled)


FILE = re.compile(r"(?:^|/)files/([A-Za-z0-9_-]+)")


def file_id(piece: Mapping[str, Json]) -> str | None:
    """The id of one of Google's files, whatever version or host its address names: the official client asks its own."""
    found = None if is_bytes(piece) else FILE.search(piece["uri"])
    return found and found[1]


def are_ready(call: Call, pieces: list[Mapping[str, Json]]) -> Generator[Effect, Response, bool]:
    """A file may still be in the making when its interaction is complete."""
    for name in filter(None, map(file_id, pieces)):
        response = yield get(f"/{VERSION}/files/{name}")
        if response.json.get("state") == "PROCESSING":
            return False
    return True


PCM = re.compile(r"audio/(?:l16|pcm)\b(?:.*?\brate=(\d+))?", re.IGNORECASE)
PCM_RATE = 24_000
"""Samples a second where the reply does not say: https://ai.google.dev/gemini-api/docs/speech-generation."""


def as_output(piece: Mapping[str, Json]) -> MediaFile | Spilled | Pcm:
    if is_bytes(piece):
        found: Spilled = piece["data"]
        samples = PCM.match(piece.get("mime_type") or "")
        if samples is None:
            return found
        rate = piece.get("sample_rate") or samples[1] or PCM_RATE
        return Pcm(file=found, rate=int(rate), channels=piece.get("channels") or 1)
    name = file_id(piece)
    url = piece["uri"] if name is None else f"/{VERSION}/files/{name}:download?alt=media"
    return MediaFile(media_type=piece.get("mime_type") or "application/octet-stream", url=url)


def delivered(call: Call, interaction: Json, interaction_id: str, pieces: list[Mapping[str, Json]]) -> Succeeded:
    words, status = words_in(interaction), interaction["status"]
    return Succeeded(
        files=tuple(map(as_output, pieces)),
        continuation=kept_as(call, interaction_id),
        usage=usage_in(interaction, call.request.makes),
        warnings=() if status == "completed" else (f"Google stopped early and says so: {status}.",),
        metadata={"text": words} if words else {},
    )


def is_kept(call: Call) -> bool:
    """Whether the result can be continued, so that Google has to store it."""
    return call.continuation is not None or bool(call.request.continuable)


def kept_as(call: Call, interaction_id: str) -> Json:
    """What a later request needs to continue this one."""
    return {"interaction_id": interaction_id} if is_kept(call) else None


def words_in(interaction: Json) -> str:
    return " ".join(str(piece["text"]) for piece in texts(interaction)).strip()


def texts(interaction: Json) -> list[Mapping[str, Json]]:
    """The pieces of the output that are words."""
    pieces = [piece for step in model_steps(interaction) for piece in step.get("content") or ()]
    return [piece for piece in pieces if piece.get("type") == "text" and piece.get("text")]


def in_words(interaction: Json, status: str, continuation: Json) -> Step:
    """An answer in words, joined as the official client joins them."""
    pieces = texts(interaction)
    text = "".join(str(piece["text"]) for piece in pieces)
    if not text.strip():
        return nothing_made(interaction, status)
    timed = [timed_word(note) for piece in pieces for note in piece.get("annotations") or () if is_timed(note)]
    return Succeeded(
        text=text,
        missing=() if status == "completed" else (f"Google stopped before the end: {status}.",),
        continuation=continuation,
        usage=usage_in(interaction, "text"),
        metadata={"words": timed} if timed else {},
    )


def is_timed(note: Mapping[str, Json]) -> bool:
    return note.get("type") == "word_info" and bool(note.get("start_offset") and note.get("end_offset"))


def timed_word(note: Mapping[str, Json]) -> Json:
    """A word with its seconds, which are written like 0.450s."""
    start, end = (float(note[name].removesuffix("s")) for name in ("start_offset", "end_offset"))
    speaker = {"speaker": note["speaker"]} if note.get("speaker") else {}
    return {"word": note.get("text"), "start": start, "end": end, **speaker}


def nothing_made(interaction: Json, status: str) -> Failed:
    """The provider's reason: its errors, else the words of the model, which says itself what it will not do."""
    steps = [step["error"] for step in model_steps(interaction) if step.get("error")]
    problems = [problem for problem in (*(interaction.get("errors") or ()), *steps) if isinstance(problem, Mapping)]
    reason = " ".join(str(problem["message"]) for problem in problems if problem.get("message"))
    if any(is_refusal(problem.get("code")) for problem in problems):
        return Failed(reason=reason or "a policy refused it", kind="refused")
    if status == "failed":
        return Failed(reason=reason or "the interaction failed and no reason was given")
    said = reason or words_in(interaction) or "the reply holds nothing that was asked for"
    return Failed(reason=said if status == "completed" else f"{status}: {said}", kind="empty_output")


def usage_in(interaction: Json, medium: str) -> Mapping[str, Json]:
    """What the interaction says was used, and beside it the tokens by rate."""
    usage = interaction.get("usage")
    if not isinstance(usage, Mapping):
        return {}
    rates = billed(
        input_tokens=usage.get("total_input_tokens"),
        output=usage.get("total_output_tokens"),
        thoughts=usage.get("total_thought_tokens"),
        media=0 if medium == "text" else tokens_of(medium, usage.get("output_tokens_by_modality"), "tokens"),
        medium=medium,
    )
    return {**usage, "billed": rates}
