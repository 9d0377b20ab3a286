"""How a reply's content goes wrong, each way a function of the exchange; it does no I/O."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from anymedia.testing.emulator.dialects.dialect import Dialect
from anymedia.testing.emulator.messages import Json, ReceivedRequest, Reply, json_reply

Refusal = Literal["bad_key", "unknown_model", "moderation", "rate_limit"]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One exchange before it goes wrong: what was asked, and what normal service would answer."""

    request: ReceivedRequest
    reply: Reply
    dialect: Dialect


Rewrite = Callable[[Situation], Reply]


def error(status: int, *, code: str | None, message: str | None, headers: dict[str, str]) -> Rewrite:
    """An error of that status in the provider's own shape."""

    def rewrite(situation: Situation) -> Reply:
        reply = situation.dialect.error(status, code=code, message=message)
        return replace(reply, headers=(*reply.headers, *headers.items()))

    return rewrite


def verbatim(status: int, body: str, headers: dict[str, str]) -> Rewrite:
    """Exactly this reply, whatever was asked."""
    typed = {"content-type": "text/plain"} | {name.lower(): value for name, value in headers.items()}
    return lambda situation: Reply(status=status, headers=tuple(typed.items()), pieces=(body.encode(),))


def refusal(reason: Refusal, headers: dict[str, str]) -> Rewrite:
    """The provider's own wording of a common refusal."""

    def rewrite(situation: Situation) -> Reply:
        reply = situation.dialect.refusal(reason, situation.request)
        return replace(reply, headers=(*reply.headers, *headers.items()))

    return rewrite


def echoed_key(status: int) -> Rewrite:
    """An error text that repeats the caller's key in full."""

    def rewrite(situation: Situation) -> Reply:
        key = situation.dialect.key_of(situation.request)
        return situation.dialect.error(status, code=None, message=f"The key {key} may not be used for this request.")

    return rewrite


def without_key(name: str) -> Rewrite:
    """The reply without every `name`, at any depth."""
    return _document_rewrite(lambda key, value: None if key == name else (key, value))


def renamed_key(name: str, to: str) -> Rewrite:
    """The reply with every `name` called `to`, at any depth."""
    return _document_rewrite(lambda key, value: (to if key == name else key, value))


def fewer_outputs(keep: int) -> Rewrite:
    """Only the first `keep` outputs, as if the others had never been asked for."""

    def rewrite(situation: Situation) -> Reply:
        lists = situation.reply.output_lists
        return _document_rewrite(lambda key, value: (key, value[:keep] if key in lists else value))(situation)

    return rewrite


def spoiled_media(spoil: Callable[[str], str]) -> Rewrite:
    """The reply with `spoil` applied to every base64 text in it."""

    def rewrite(situation: Situation) -> Reply:
        fields = situation.reply.media_fields
        return _document_rewrite(lambda key, value: (key, spoil(value) if key in fields else value))(situation)

    return rewrite


def _document_rewrite(change: Callable[[str, Json], tuple[str, Json] | None]) -> Rewrite:
    def rewrite(situation: Situation) -> Reply:
        reply = situation.reply
        changed = json_reply(_changed(reply.json, change))
        return replace(reply, pieces=changed.pieces)

    return rewrite


def _changed(document: Json, change: Callable[[str, Json], tuple[str, Json] | None]) -> Json:
    match document:
        case dict():
            pairs = (change(key, value) for key, value in document.items())
            return {pair[0]: _changed(pair[1], change) for pair in pairs if pair is not None}
        case list():
            return [_changed(item, change) for item in document]
        case _:
            return document
