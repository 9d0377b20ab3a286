"""Chat completions: what a reply says, in words or in pictures, and how it says that it failed."""

from collections.abc import Mapping

from ...media import Json
from ...spec import Failed, Reply
from .common import is_policy


def message_of(reply: Json) -> Mapping[str, Json]:
    """The message of the only choice."""
    choice: Mapping[str, Json] = next(iter(reply["choices"]), {})
    return choice.get("message") or {}


def finish_reason(reply: Json) -> str | None:
    choice: Mapping[str, Json] = next(iter(reply["choices"]), {})
    reason: str | None = choice.get("finish_reason")
    return reason


def failure_in(reply: Json) -> Failed | None:
    """What went wrong once the model was at work: such replies have the status 200."""
    error = reply.get("error")
    if isinstance(error, Mapping):
        return of_error(error)
    choice: Mapping[str, Json] = next(iter(reply["choices"]), {})
    if isinstance(choice.get("error"), Mapping):
        return of_error(choice["error"])
    refusal = message_of(reply).get("refusal")
    if refusal or choice.get("finish_reason") == "content_filter":
        return Failed(reason=refusal or "the content filter stopped the answer", kind="refused")
    return None


def of_error(error: Mapping[str, Json]) -> Failed:
    metadata = error.get("metadata")
    refused = isinstance(metadata, Mapping) and is_policy(metadata)
    return Failed(reason=str(error.get("message") or "no reason given"), kind="refused" if refused else "failed")


def chatted(message: Json, usage: Json, reason: str = "stop") -> Reply:
    """A reply in a sample."""
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", **message}}
    about = {"id": "gen-1", "object": "chat.completion", "created": 1, "model": "m", "system_fingerprint": None}
    return Reply(json={**about, "choices": [choice], "usage": usage})
