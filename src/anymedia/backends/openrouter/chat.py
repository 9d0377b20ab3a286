"""Chat completions: what a reply says, in words or in pictures, and how it says that it failed."""

from collections.abc import Mapping

from ...media import Json
from ...spec import Failed, Reply
from .common import is_policy


def choice_in(reply: Json) -> Mapping[str, Json]:
    """The only choice."""
    return next(iter(reply["choices"]), {})


def message_of(reply: Json) -> Mapping[str, Json]:
    return choice_in(reply).get("message") or {}


def failure_in(reply: Json) -> Failed | None:
    """What went wrong once the model was at work: such replies have the status 200."""
    error = reply["error"] if reply.get("error") else choice_in(reply).get("error")
    if isinstance(error, Mapping):
        return of_error(error)
    refusal = message_of(reply).get("refusal")
    if refusal or choice_in(reply).get("finish_reason") == "content_filter":
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
