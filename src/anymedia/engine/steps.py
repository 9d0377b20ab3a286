"""What a flow returned, looked at before anything is done with it: its words and numbers are a provider's.

What cannot be written down or fetched is a reply that nobody understands. What is beside the point, such as progress
or a cost that is no amount, is left out: it must not cost what was paid for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from ..media import Json, MediaFile, Spilled
from ..operations import Request
from ..spec.pricing import Price
from ..spec.wire import Created, Failed, Partial, Pcm, Pending, Step, Succeeded
from . import numbers
from .foreign_words import quoted
from .reply_body import MOST_OUTPUTS

LONGEST_ID = 2000
"""Characters of a provider's own name for a job or a voice. Ids go into addresses, and no server takes longer ones."""
USUAL_PAUSE = 2.0
"""Seconds until the next poll, where none can be read."""
HIGHEST_RATE = 1_000_000
"""Samples a second; 192,000 is the most that is sold."""


def mended(step: Step) -> Step:
    """The step without what is beside the point and makes no sense."""
    match step:
        case Pending():
            return replace(
                step, poll_after=numbers.pause(step.poll_after, USUAL_PAUSE), fraction=numbers.fraction(step.fraction)
            )
        case Partial():
            return replace(step, poll_after=numbers.pause(step.poll_after, USUAL_PAUSE))
        case Failed():
            return replace(step, reason=in_words(step.reason), cost=numbers.cost(step.cost))
        case Succeeded():
            return replace(
                step,
                cost=numbers.cost(step.cost),
                missing=tuple(map(in_words, step.missing)),
                warnings=tuple(map(in_words, step.warnings)),
            )


def problem_with_step(step: Step) -> str | None:
    """Say what in a step cannot be written to the ledger or fetched, or return `None`."""
    files = step.files if isinstance(step, Partial | Succeeded) else ()
    if problem := _problem_with_files(files):
        return problem
    if isinstance(step, Pending) and step.id is not None and not is_id(step.id):
        return "a job whose id is no text"
    kept = [step.state] if isinstance(step, Pending | Partial) else []
    if isinstance(step, Succeeded):
        if step.text is not None and not isinstance(step.text, str):
            return "words that are no text"
        if not all(is_id(each.id) for each in step.resources):
            return "something it keeps whose id is no text"
        if not isinstance(step.usage, Mapping) or not isinstance(step.metadata, Mapping):
            return "usage or metadata that is not an object"
        kept += [dict(step.usage), dict(step.metadata), step.continuation]
    return _problem_with_json(kept)


def problem_with_created(created: Created) -> str | None:
    """The same of something that the provider keeps."""
    return None if is_id(created.id) else "something it keeps whose id is no text"


def _problem_with_files(files: Sequence[MediaFile | Spilled | Pcm]) -> str | None:
    if len(files) > MOST_OUTPUTS:
        return f"{len(files):,} outputs"
    if any(isinstance(file, Pcm) and file.rate > HIGHEST_RATE for file in files):
        return "samples of a rate that does not exist"
    bare = [file.file if isinstance(file, Pcm) else file for file in files]
    if not all(isinstance(file, MediaFile | Spilled) for file in bare):
        return "an output that is not media"
    media = [file for file in bare if isinstance(file, MediaFile)]
    if not all(is_text(file.media_type) and (file.url is None or is_text(file.url)) for file in media):
        return "an output whose address is no text"
    return None


def _problem_with_json(kept: Sequence[Json]) -> str | None:
    try:
        json.dumps(kept, allow_nan=False, default=_media_as_text)
    except (TypeError, ValueError) as error:
        return f"a state that is not JSON: {error}"
    return None


def _media_as_text(value: object) -> str:
    """Media may stand in a continuation; it is kept as a blob."""
    if isinstance(value, MediaFile):
        return value.summary
    raise TypeError(f"{type(value).__name__} is no JSON")


def is_text(value: object) -> bool:
    """Whether it is text that can be written down: half a surrogate pair cannot."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_id(value: object) -> bool:
    """Whether it can be the name by which a provider knows something again, in an address and in a sentence."""
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_ID


def in_words(value: Json) -> str:
    """A sentence of the provider's, or what stands in its place, as text that can be shown and written down."""
    said = quoted(value)
    return value if is_text(value) and value.startswith(said) and len(value) < len(said) + 4 else said


def settled(price: Price, request: Request, usage: Mapping[str, Json]) -> Decimal | None:
    """What a job cost by the usage that was reported, else `None`."""
    try:
        return numbers.cost(price.settle(request, usage))
    except (ArithmeticError, TypeError, ValueError):
        return None  # a count that is none
