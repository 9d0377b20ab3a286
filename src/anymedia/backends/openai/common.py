"""What all of OpenAI's operations share: where the facts are from, and what an error reply means."""

from collections.abc import Mapping
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
    """The body as form parts: the items of a list go as `name[]`, everything that is no file as text."""
    parts: list[tuple[str, str | MediaFile]] = []
    for name, value in body.items():
        if isinstance(value, list | tuple):
            parts += [(f"{name}[]", _as_part(item)) for item in value]
        else:
            parts.append((name, _as_part(value)))
    return tuple(parts)


def _as_part(value: Json) -> str | MediaFile:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, MediaFile) else str(value)


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
