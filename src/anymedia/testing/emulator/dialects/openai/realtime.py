"""`/v1/realtime`: one conversation that reads a text aloud. It remembers nothing between two messages.

Names, limits and shapes of events: types of the openai package 3.54.0, checked 2026-11-22. That an unknown model is
refused before the conversation opens, and how many tokens are counted, is unproven.
"""

import base64
from collections.abc import Iterator
from itertools import count
from math import ceil
from urllib.parse import parse_qs

from anymedia.testing.emulator.dialects.openai.audio import CHARACTERS_PER_SECOND, HEADER, LONGEST_SPEECH
from anymedia.testing.emulator.dialects.openai.errors import Refused, error_reply, refused, unknown_model
from anymedia.testing.emulator.dialects.openai.models import REALTIME_MODELS
from anymedia.testing.emulator.dialects.openai.parameters import (
    Anything,
    ListOf,
    Number,
    OneOf,
    Structure,
    Table,
    Text,
    check,
    invalid_value,
    objects,
)
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, conversing
from anymedia.testing.emulator.pictures import Media, MediaAsked, make
from anymedia.testing.emulator.sounds import RATE, pieces

REALTIME = "/v1/realtime"
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
RESPONSE: Table = {
    "audio": Structure(),
    "conversation": OneOf(("auto", "none")),
    "input": Structure(),
    "instructions": Text(longest=100_000),
    "max_output_tokens": Anything(),
    "metadata": Structure(),
    "output_modalities": ListOf(("text", "audio")),
    "reasoning": Structure(),
}
OUTPUT: Table = {"format": Structure(), "voice": Anything()}
SESSION: Table = {"type": OneOf(("realtime",)), "audio": Structure()}
SESSION_OUTPUT: Table = OUTPUT | {"speed": Number(low=0.25, high=1.5)}
PCM = {"type": "audio/pcm", "rate": RATE}
DELTA = RATE // 5 * 2
"""Bytes of one piece of sound: a fifth of a second."""
TOKENS_PER_SECOND = 20

_numbers = count(1)


def answer(request: ReceivedRequest, media: Media) -> Reply:
    """Open a conversation, or answer one message of it. Raises Refused for what opens none."""
    if not request.is_message:
        return _open(request)
    try:
        match request.json:
            case {"type": "session.update", "session": dict(session)}:
                return conversing(_event("session.updated", session=_session(request, _checked_session(session))))
            case {"type": "response.create", "response": dict(response)}:
                return conversing(*_respond(response, media), accepted=True)
        raise refused(f"Invalid value: {request.method!r}.", "invalid_value", "type")
    except Refused as refusal:
        error: Json = refusal.reply.json
        return conversing(_event("error", error={**error["error"], "event_id": None}))


def _open(request: ReceivedRequest) -> Reply:
    model = parse_qs(request.query).get("model", [""])[0]
    if not request.opens_conversation:
        raise Refused(error_reply(400, "This route speaks over a WebSocket.", code="websocket_required"))
    if model not in REALTIME_MODELS:
        raise Refused(unknown_model(model))
    return conversing(_event("session.created", session=_session(request, {})))


def _event(kind: str, **fields: Json) -> Json:
    return {"type": kind, "event_id": f"event_{next(_numbers):08x}", **fields}


def _session(request: ReceivedRequest, changed: Json) -> Json:
    model = parse_qs(request.query)["model"][0]
    return {"id": "sess_emulated", "object": "realtime.session", "type": "realtime", "model": model, **changed}


def _checked_session(session: Json) -> Json:
    given = check(session, SESSION, required=("type",), where="session.")
    _check_output(given, SESSION_OUTPUT, "session.audio.output.")
    return given


def _check_output(given: Json, table: Table, where: str) -> None:
    output = check(given.get("audio", {}).get("output", {}), table, where=where)
    if output.get("format", PCM) != PCM:
        raise refused("The emulator offers no other format here.", "invalid_value", f"{where}format")
    voice = output.get("voice", VOICES[0])
    own = isinstance(voice, dict) and voice.keys() == {"id"} and str(voice["id"]).startswith("voice_")
    if not own and voice not in VOICES:
        raise invalid_value(f"{where}voice", str(voice), VOICES)


def _respond(response: Json, media: Media) -> Iterator[Json]:
    given = check(response, RESPONSE, where="response.")
    _check_output(given, OUTPUT, "response.audio.output.")
    text = _text_in(objects(given.get("input", []), "response.input"))
    sound = _sound(text, media)
    return _events(text, sound, _usage(given.get("instructions", ""), text, sound))


def _text_in(items: list[Json]) -> str:
    """What the last message of the user says."""
    said = [part.get("text") for item in items if item.get("role") == "user" for part in item.get("content", ())]
    if not said or not isinstance(said[-1], str):
        raise refused("Missing required parameter: 'response.input'.", "missing_required_parameter", "response.input")
    return said[-1]


def _sound(text: str, media: Media) -> bytes:
    seconds = max(0.1, min(len(text) / CHARACTERS_PER_SECOND, LONGEST_SPEECH))
    data = make(media, MediaAsked(prompt=text, output_format="wav", duration=seconds))[HEADER:]
    return data[: len(data) // 2 * 2]


def _usage(instructions: str, text: str, sound: bytes) -> Json:
    read, said = ceil((len(instructions) + len(text)) / 4), ceil(len(text) / 4)
    spoken = ceil(len(sound) / 2 / RATE * TOKENS_PER_SECOND)
    return {
        "input_tokens": read,
        "input_token_details": {"text_tokens": read, "audio_tokens": 0, "cached_tokens": 0},
        "output_tokens": said + spoken,
        "output_token_details": {"text_tokens": said, "audio_tokens": spoken},
        "total_tokens": read + said + spoken,
    }


def _events(text: str, sound: bytes, usage: Json) -> Iterator[Json]:
    number = f"{next(_numbers):08x}"
    response: Json = {"id": f"resp_{number}", "object": "realtime.response", "conversation_id": None, "output": []}
    item = {"id": f"item_{number}", "object": "realtime.item", "type": "message", "role": "assistant"}
    there = {"response_id": response["id"], "output_index": 0}
    part = {**there, "item_id": item["id"], "content_index": 0}
    whole = {**item, "status": "completed", "content": [{"type": "output_audio", "transcript": text}]}
    yield _event("response.created", response={**response, "status": "in_progress"})
    yield _event("response.output_item.added", **there, item={**item, "status": "in_progress", "content": []})
    yield _event("response.content_part.added", **part, part={"type": "audio", "transcript": ""})
    yield _event("response.output_audio_transcript.delta", **part, delta=text)
    for piece in pieces(sound, DELTA):
        yield _event("response.output_audio.delta", **part, delta=base64.b64encode(piece).decode())
    yield _event("response.output_audio.done", **part)
    yield _event("response.output_audio_transcript.done", **part, transcript=text)
    yield _event("response.content_part.done", **part, part={"type": "audio", "transcript": text})
    yield _event("response.output_item.done", **there, item=whole)
    yield _event("response.done", response={**response, "status": "completed", "output": [whole], "usage": usage})
