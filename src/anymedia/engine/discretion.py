"""What a provider or a library says, without the keys it was given: before a flow reads it, or an error carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from ..media import Json
from ..spec.wire import Answered, NotHandedOver, Outcome, Response
from .redaction import REDACTOR
from .reply_body import NoAnswer
from .secret import without_frames

T = TypeVar("T")


def discreet_outcome(outcome: Outcome) -> Outcome:
    """The same outcome. A key that the provider repeats in it is hidden."""
    if not isinstance(outcome, Response):
        return without_keys(outcome)
    text = None if outcome.text is None else REDACTOR.without_secrets(outcome.text)
    return replace(outcome, headers=without_keys(outcome.headers), json=without_keys(outcome.json), text=text)


def discreet_failure(failure: Answered | NoAnswer | NotHandedOver) -> Exception:
    """The same failure, without a key in it and without where it came from: libraries have the key in their frames."""
    match failure:
        case Answered():
            text = REDACTOR.without_secrets(failure.text)
            return Answered(failure.status, without_keys(failure.headers), without_keys(failure.json), text)
        case NoAnswer():
            reason, salvaged = REDACTOR.without_secrets(str(failure)), without_keys(failure.salvaged)
            return NoAnswer(reason, salvaged=salvaged, whole=failure.whole, begun=failure.begun)
    return without_frames(failure)


def without_keys(value: T) -> T:
    """JSON without the keys that stand anywhere in it; what is no JSON stays as it is."""
    found: Json = value
    match value:
        case str():
            found = REDACTOR.without_secrets(value)
        case Mapping():
            found = {name: without_keys(each) for name, each in value.items()}
        case list():
            found = [without_keys(each) for each in value]
    result: T = found
    return result
