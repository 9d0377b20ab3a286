"""What all of OpenAI's operations share: where the facts are from, and what an error reply means."""

import json
from collections.abc import Iterator, Mapping
from datetime import date

from ...media import Json, MediaFile
from ...spec import Problem

CHECKED = date(2026, 11, 22)
DEPRECATIONS = "https://developers.openai.com/api/docs/deprecations"
PRICING = "https://developers.openai.com/api/docs/pricing"
REFERENCE = "https://developers.openai.com/api/docs/api-reference"

MODELS_PAGE = "https://developers.openai.com/api/docs/models"
SEEN = "the official client 3.54.0 accepts this reply; its types, read 2026-11-22"

REFUSALS = {"moderation_blocked", "content_policy_violation", "safety_violations", "image_generation_user_error"}
GONE = {"model_not_found", "model_deprecated"}


def as_parts(body: Mapping[str, Json]) -> tuple[tuple[str, str | MediaFile], ...]:
    """The body as form parts: items of a list go as `image[]`, fields of an object as `svg[model]`."""
    return tuple(part for name, value in body.items() for part in _parts_of(name, value))


def _parts_of(name: str, value: Json) -> Iterator[tuple[str, str | MediaFile]]:
    match value:
        case MediaFile() | str():
            yield name, value
        case tuple() | list():
            for item in value:
                yield from _parts_of(f"{name}[]", item)
        case Mapping():
            for inner, item in value.items():
                yield from _parts_of(f"{name}[{inner}]", item)
        case _:
            yield name, json.dumps(value)


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"error": {"message": str(message), **rest}}:
            code = str(rest.get("code") or rest.get("type"))
        case _:
            return None
    if code in REFUSALS:
        return Problem(kind="refused", message=message, code=code)
    if code in GONE:
        return Problem(kind="model_gone", message=message, code=code)
    if code == "previous_response_not_found":
        return Problem(kind="continuation_gone", message=message, code=code)
    return None
