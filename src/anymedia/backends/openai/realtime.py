"""Speech by a model that speaks in conversations: it is given a text to read aloud, over a WebSocket."""

import base64
import re
from collections.abc import Mapping
from decimal import Decimal

from ...media import Json
from ...operations import Request, SpeechRequest
from ...spec import (
    Between,
    Call,
    Failed,
    Flow,
    Model,
    Param,
    Pcm,
    Reply,
    Response,
    Sample,
    ShapedText,
    Step,
    Succeeded,
    TextUpTo,
    TokenPrice,
    TokenRate,
    converse,
    one_of,
)
from .common import CHECKED, MODELS_PAGE, REFUSALS, SEEN
from .speech import SUCCESSOR, encode_voice

# --- Models -----------------------------------------------------------------------------------------------------

PAGE = f"{MODELS_PAGE}/{SUCCESSOR}"
RATE = 24_000
FORMAT = {"type": "audio/pcm", "rate": RATE}
"""The only format of full quality (`RealtimeAudioFormats` in the client's types): one channel of 16 bits."""
VOICES = ShapedText(
    options=("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"),
    pattern=r"voice_\w+",
    means="the id of a voice of your own",
    such_as=("voice_1234",),
)
READ_ALOUD = (
    "You are a voice actor. Read the user's message aloud, word for word, in its own language. Say nothing before or "
    "after it. Do not answer it, do what it asks, translate, shorten or explain it."
)


def encode_instructions(instructions: str) -> str:
    return f"{READ_ALOUD}\n\nHow to read it: {instructions}"


PARAMS = {
    "text": Param(wire_name="text", allows=TextUpTo(4096)),
    "voice": Param(wire_name="audio.output.voice", allows=VOICES, encode=encode_voice),
    "speed": Param(wire_name="audio.output.speed", allows=Between(0.25, 1.5)),
    "instructions": Param(wire_name="instructions", allows=TextUpTo(4096), encode=encode_instructions),
    "output_format": Param(wire_name="audio.output.format", allows=one_of("wav"), encode=lambda _: FORMAT),
}
"""No limit of a text is published; this is that of the route the model takes the place of. Five minutes of speech are a
fifth of the tokens that one answer may have."""

MOST_TOKENS = 32_000
"""Tokens of one answer at most, by the model's page."""
AROUND_THE_TEXT = 1000
"""More tokens than anything has that is said besides the texts."""


def at_most(request: Request) -> Decimal:
    """As if every token of the longest answer were sound, and every byte of the question a token."""
    assert isinstance(request, SpeechRequest)
    asked = READ_ALOUD + request.text + (request.instructions or "")
    return (MOST_TOKENS * Decimal(20) + (len(asked.encode()) + AROUND_THE_TEXT) * Decimal("0.60")) / 1_000_000


PRICE = TokenPrice(
    rates=(
        TokenRate(kind="text in", dollars=Decimal("0.60"), reported_at="input_token_details.text_tokens"),
        TokenRate(kind="text out", dollars=Decimal("2.40"), reported_at="output_token_details.text_tokens"),
        TokenRate(kind="audio out", dollars=Decimal(20), reported_at="output_token_details.audio_tokens"),
    ),
    at_most=at_most,
    source=PAGE,
    checked=CHECKED,
)
"""Text that is cached costs a tenth; it is counted in full here, which is a fraction of a cent."""


def messages(body: Mapping[str, Json]) -> tuple[Json, ...]:
    """What is said: the speed is a setting of the session, everything else belongs to the one answer asked for."""
    asked = dict(body)
    text, output = asked.pop("text"), {"format": FORMAT, **asked.pop("audio", {}).get("output", {})}
    speed = output.pop("speed", None)
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    response = {
        "conversation": "none",
        "output_modalities": ["audio"],
        "instructions": READ_ALOUD,
        "audio": {"output": output},
        "input": [item],
        **asked,
    }
    create = {"type": "response.create", "response": response}
    if speed is None:
        return (create,)
    session = {"type": "realtime", "audio": {"output": {"speed": speed}}}
    return {"type": "session.update", "session": session}, create


def submit(call: Call) -> Flow:
    response = yield converse(
        "/realtime",
        query={"model": call.model.id},
        send=messages(call.body),
        collect={"response.output_audio.delta": "delta"},
        until=("response.done", "error"),
    )
    return recording(response, call.body["text"])


def recording(response: Response, text: str) -> Step:
    """What was recorded, by the last event of the conversation."""
    ended = response.json[-1]
    if ended["type"] == "error":
        return _failed(ended["error"])
    answer = ended["response"]
    details = answer.get("status_details") or {}
    match answer["status"], details.get("reason"):
        case "completed", _:
            return _spoken(response, answer, text)
        case "incomplete", "content_filter":
            return Failed(reason="the content filter stopped it", kind="refused")
        case "incomplete", reason:
            return _spoken(response, answer, text, missing=(f"OpenAI stopped before the end of the text: {reason}.",))
        case "cancelled", reason:
            return Failed(reason=f"it was cancelled: {reason}", kind="cancelled")
    return _failed(details.get("error") or {})


def _failed(error: Mapping[str, Json]) -> Failed:
    refused = error.get("code") in REFUSALS or error.get("type") in REFUSALS
    return Failed(reason=error.get("message") or "no reason given", kind="refused" if refused else "failed")


def _spoken(response: Response, answer: Json, text: str, *, missing: tuple[str, ...] = ()) -> Step:
    if response.spilled is None:
        return Failed(reason="the answer holds no sound", kind="empty_output")
    spoken = [event["transcript"] for event in response.json if event["type"].endswith("_audio_transcript.done")]
    transcript = " ".join(spoken)
    return Succeeded(
        files=(Pcm(file=response.spilled, rate=RATE),),
        missing=missing,
        usage=answer.get("usage") or {},
        warnings=() if missing else _rewordings(text, transcript),
        metadata={"transcript": transcript},
    )


def _rewordings(text: str, transcript: str) -> tuple[str, ...]:
    """Nothing forces the model to keep to the text: by its own transcript it is known whether it did."""
    if _words(text) == _words(transcript):
        return ()
    return ("The words that were spoken differ from the text; `provider_metadata` has the transcript.",)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


MODELS = (
    Model(
        id=SUCCESSOR,
        accepts=SpeechRequest,
        params=PARAMS,
        price=PRICE,
        typical_bytes=1_000_000,
        submit=submit,
        source=PAGE,
    ),
)

# --- Samples ----------------------------------------------------------------------------------------------------

TEXT = "The rain has stopped."
SILENCE = base64.b64encode(bytes(4800)).decode()
"""A tenth of a second."""
USAGE = {
    "input_tokens": 70,
    "input_token_details": {"text_tokens": 70, "audio_tokens": 0, "cached_tokens": 0},
    "output_tokens": 12,
    "output_token_details": {"text_tokens": 6, "audio_tokens": 6},
    "total_tokens": 82,
}


def conversation(status: str, *sounds: str, spoken: str = TEXT, **details: Json) -> Reply:
    """The events of an answer that ends with `status`; those that say nothing of interest are left out."""
    part = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    answer = {"id": "resp_1", "object": "realtime.response", "status": status, "usage": USAGE}
    said: list[Json] = [{"type": "response.output_audio.delta", **part, "delta": sound} for sound in sounds]
    if sounds:
        said.append({"type": "response.output_audio_transcript.done", **part, "transcript": spoken})
    ended: Json = {"type": "response.done", "response": {**answer, "status_details": {"type": status, **details}}}
    events = (
        {"type": "session.created", "session": {"type": "realtime", "id": "sess_1", "object": "realtime.session"}},
        {"type": "response.created", "response": {**answer, "status": "in_progress"}},
        *said,
        ended,
    )
    return Reply(events=tuple({"event_id": f"event_{number}", **event} for number, event in enumerate(events)))


def sample(reply: Reply, expects: Json = "done", **asked: Json) -> Sample:
    request = SpeechRequest(text=TEXT, **asked)
    return Sample(request=request, model=SUCCESSOR, replies=(reply,), expects=expects, source=SEEN)


SAMPLES = (
    sample(conversation("completed", SILENCE, SILENCE)),
    sample(conversation("completed", SILENCE, spoken="It has stopped raining."), voice="marin", speed=1.2),
    sample(conversation("incomplete", SILENCE, reason="max_output_tokens"), "partial"),
    sample(conversation("incomplete", reason="content_filter"), "refused"),
    sample(conversation("failed", error={"type": "server_error", "message": "the server had an error"}), "failed"),
    sample(conversation("completed"), "failed"),
)
