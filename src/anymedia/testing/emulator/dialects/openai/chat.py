"""`/v1/chat/completions` for models that listen: messages with recordings in, words out."""

import base64
import binascii
import time

from anymedia.testing.emulator.dialects.openai.errors import Refused, refused, unknown_model
from anymedia.testing.emulator.dialects.openai.images import json_object
from anymedia.testing.emulator.dialects.openai.models import AUDIO_CHAT_MODELS, CHAT_MODELS
from anymedia.testing.emulator.dialects.openai.parameters import (
    Anything,
    Flag,
    ListOf,
    Table,
    Text,
    check,
    invalid_value,
    objects,
)
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply

# Names of the body's parameters: types of the openai package 3.54.0, checked 2026-11-22.
# fmt: off
_NAMES = (
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "messages", "metadata", "modalities", "model", "moderation", "n", "parallel_tool_calls",
    "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
    "reasoning_effort", "response_format", "safety_identifier", "seed", "service_tier", "stop", "store", "stream",
    "stream_options", "temperature", "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity",
    "web_search_options",
)
# fmt: on
_UNCHECKED: Table = {name: Anything() for name in _NAMES}
PARAMETERS: Table = _UNCHECKED | {"model": Text(), "modalities": ListOf(("text", "audio")), "stream": Flag()}
ROLES = ("developer", "system", "user", "assistant", "tool", "function")
BEGINNINGS = {"wav": (b"RIFF",), "mp3": (b"ID3", b"\xff")}


def complete(request: ReceivedRequest) -> Reply:
    """`POST /v1/chat/completions`. Raises Refused."""
    given = check(json_object(request), PARAMETERS, required=("model", "messages"))
    if given["model"] not in (*CHAT_MODELS, *AUDIO_CHAT_MODELS):
        raise Refused(unknown_model(given["model"]))
    if given.get("stream") or "audio" in given.get("modalities", ()):
        raise refused("The emulator answers chat completions with words at once.", "unsupported_parameter", "stream")
    text, recordings = _read(given)
    if given["model"] in AUDIO_CHAT_MODELS and not recordings:
        message = "This model requires that either input content or output modality contain audio."
        raise refused(message, "invalid_value", "model")
    return json_reply(_answer(given["model"], text, recordings), accepted=True)


def _read(given: Json) -> tuple[str, int]:
    """The text of the messages, and how many recordings came with it. Raises Refused."""
    texts, recordings = [], 0
    for index, message in enumerate(objects(given["messages"], "messages")):
        if message.get("role") not in ROLES:
            raise invalid_value(f"messages[{index}].role", str(message.get("role")), ROLES)
        content = message.get("content")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for number, part in enumerate(objects(parts, f"messages[{index}].content")):
            where = f"messages[{index}].content[{number}]"
            match part.get("type"):
                case "text":
                    texts.append(str(part.get("text", "")))
                case "input_audio" if given["model"] in AUDIO_CHAT_MODELS:
                    _check_recording(part.get("input_audio"), f"{where}.input_audio")
                    recordings += 1
                case other:
                    raise invalid_value(f"{where}.type", str(other), ("text", "input_audio"))
    return "\n".join(texts), recordings


def _check_recording(recording: Json, where: str) -> None:
    """Base64 of what its format says it is. Raises Refused."""
    given = recording if isinstance(recording, dict) else {}
    if given.get("format") not in BEGINNINGS:
        raise invalid_value(f"{where}.format", str(given.get("format")), tuple(BEGINNINGS))
    try:
        data = base64.b64decode(str(given.get("data")), validate=True)
    except binascii.Error:
        raise refused(f"Invalid '{where}.data': not base64.", "invalid_base64", where) from None
    if not data.startswith(BEGINNINGS[given["format"]]):
        raise refused("The data provided is not of a valid audio format.", "invalid_value", where)


def _answer(model: str, text: str, recordings: int) -> Json:
    said = f"{recordings} recordings were listened to."
    message: Json = {"role": "assistant", "content": said, "refusal": None, "annotations": []}
    prompt, answer = {"text_tokens": len(text) // 4 + 1, "audio_tokens": 10 * recordings}, len(said) // 4
    return {
        "id": "chatcmpl-emulated",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": sum(prompt.values()),
            "completion_tokens": answer,
            "total_tokens": sum(prompt.values()) + answer,
            "prompt_tokens_details": {"cached_tokens": 0, **prompt},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
    }
