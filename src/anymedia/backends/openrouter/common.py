"""What all of OpenRouter's operations share: where the facts are from, how files travel, costs and error replies."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from ...media import Json, MediaFile, Spilled
from ...spec import Inline, Problem

CHECKED = date(2026, 11, 22)
DOCS = "https://openrouter.ai/docs"
ERRORS = f"{DOCS}/api/reference/errors-and-debugging"
CREDITS = "https://openrouter.ai/credits"
SEEN = "the official client 1.3.84 reads this reply; its types, read 2026-11-22"

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
LARGEST_FILE = 20 * 10**6
"""Bytes. OpenRouter publishes no limit; this keeps a mistaken file from being sent. It answers 413 for what it finds
too large."""


def page(model_id: str) -> str:
    """The page of a model."""
    return f"https://openrouter.ai/{model_id}"


# --- Files ------------------------------------------------------------------------------------------------------


def image_part(file: MediaFile) -> Json:
    """A picture as a part of a message, or as a reference."""
    return {"type": "image_url", "image_url": {"url": Inline(file=file, form="data_uri")}}


def image_parts(files: tuple[MediaFile, ...]) -> list[Json]:
    return [image_part(file) for file in files]


def with_bytes(value: Json) -> Json:
    """The same JSON with every file in it as a data URL."""
    match value:
        case MediaFile():
            return Inline(file=value, form="data_uri")
        case Mapping():
            return {name: with_bytes(item) for name, item in value.items()}
        case list() | tuple():
            return [with_bytes(item) for item in value]
    return value


def as_kept(value: Json) -> Json:
    """JSON of a reply with its media as files that can be kept."""
    match value:
        case Spilled():
            return MediaFile(media_type=value.media_type, spilled=value, size=value.size, sha256=value.sha256)
        case Mapping():
            return {name: as_kept(item) for name, item in value.items()}
        case list():
            return [as_kept(item) for item in value]
    return value


# --- Costs ------------------------------------------------------------------------------------------------------


def cost_in(usage: Json) -> Decimal | None:
    """Dollars that the reply says it cost.

    With a key of the user's own for the provider behind it (`is_byok`), that provider bills as well. What it bills is
    added where it is told; else nobody can tell the cost.
    """
    if not isinstance(usage, Mapping):
        return None
    cost = _dollars(usage.get("cost"))
    if not usage.get("is_byok"):
        return cost
    upstream = _dollars((usage.get("cost_details") or {}).get("upstream_inference_cost"))
    return None if cost is None or upstream is None else cost + upstream


def _dollars(value: Json) -> Decimal | None:
    is_amount = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return Decimal(str(value)) if is_amount else None


# --- Errors -----------------------------------------------------------------------------------------------------

POLICY = {"content_policy_violation", "refusal"}
"""Of `error_type`: the official client's APIErrorType."""
UNKNOWN_MODEL = ("is not a valid model", "No endpoints found")


def read_error(status: int, reply: Json) -> Problem | None:
    """What the request itself is refused for. A provider behind OpenRouter that failed (502, 524, 529) may have been
    at work, so that nothing is said of it here."""
    match reply:
        case {"error": {"message": str(message), **rest}} if status < 500:
            return _problem(status, message, rest)
    return None


def _problem(status: int, message: str, rest: Json) -> Problem | None:
    told = rest.get("metadata")
    metadata: Mapping[str, Json] = told if isinstance(told, Mapping) else {}
    code = str(metadata.get("error_type") or rest.get("code"))
    if is_policy(metadata):
        reasons = metadata.get("reasons")
        why = f" ({', '.join(map(str, reasons))})" if isinstance(reasons, list) and reasons else ""
        return Problem(kind="refused", message=message + why, code=code)
    if status == 402:
        return Problem(kind="rejected", message=message, code=code, next=f"Add credits: {CREDITS}")
    if status in (400, 404) and any(words in message for words in UNKNOWN_MODEL):
        return Problem(kind="model_gone", message=message, code=code)
    return None


def is_policy(metadata: Mapping[str, Json]) -> bool:
    """Whether a filter spoke: it names what it flagged, or the type of error says so."""
    return "flagged_input" in metadata or str(metadata.get("error_type")) in POLICY
