"""What all of Google's operations share: where the facts are from, versions of the API, usage and error replies."""

from collections.abc import Mapping
from datetime import date

from ...media import Json
from ...spec import Model, Problem, ShapedText

CHECKED = date(2026, 11, 22)
DOCS = "https://ai.google.dev/gemini-api/docs"
DEPRECATIONS = f"{DOCS}/deprecations"
ERRORS = f"{DOCS}/api-errors"
PRICING = f"{DOCS}/pricing"
PRICES_READ_AT = f"LiteLLM's price table 1.109.1, which names {PRICING}"
SEEN = "the official client 3.4.0 reads this reply; its types, read 2026-11-22"

IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")
"""Google takes image/heic and image/heif as well; the engine does not know them."""
LARGEST_INLINE = 20 * 10**6
"""Bytes. What the documentation allowed for long in one request without the Files API; larger files need an upload."""

LANGUAGE = ShapedText(
    pattern="[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", means="a language code of BCP 47", such_as=("en-US", "de")
)

# --- Versions ---------------------------------------------------------------------------------------------------

VERSION = "v1"
"""The official client's default since 3.0.0."""
VERSIONS: Mapping[str, str] = dict.fromkeys(
    ("lyria-3-pro-preview", "lyria-3-clip-preview", "gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts"), "v1beta"
)
"""Models of another version: previews and speech may exist in v1beta only (release notes of the official clients:
Python 3.0.0, Go 1.78.0)."""


def versioned(model: Model, path: str) -> str:
    """The path of a call about `model`."""
    return f"/{VERSIONS.get(model.id, VERSION)}/{path}"


# --- Usage ------------------------------------------------------------------------------------------------------


def billed(*, input_tokens: Json, output: Json, thoughts: Json, media: int | None, medium: str) -> dict[str, int]:
    """Tokens by rate. Output of a kind that was not told counts as media, the dearest; empty if nothing was told."""
    if type(input_tokens) is not int or type(output) is not int:
        return {}
    made = output if media is None else media
    words = output - made + (thoughts if type(thoughts) is int else 0)
    return {"input": input_tokens, medium: made, "text": words}


def tokens_of(medium: str, by_modality: Json, count: str) -> int | None:
    """The tokens of one modality in a list of them, or `None` if the list does not tell."""
    listed = [each for each in by_modality or () if isinstance(each, Mapping) and type(each.get(count)) is int]
    if not listed:
        return None
    return sum(int(each[count]) for each in listed if str(each.get("modality")).lower() == medium)


# --- Errors -----------------------------------------------------------------------------------------------------

REFUSALS = {
    "SAFETY",
    "PROHIBITED_CONTENT",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "RECITATION",
    "IMAGE_RECITATION",
    "BLOCKLIST",
    "SPII",
    "ESCALATION",
}
"""Values of `finishReason` and `blockReason` by which a policy speaks: the official client's FinishReason and
BlockedReason. What an interaction says instead is published nowhere; the same words are taken for it."""
BAD_KEY = {"API_KEY_INVALID", "UNAUTHENTICATED", "PERMISSION_DENIED", "AUTHENTICATION"}
LIMITED = {"RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "QUOTA_EXCEEDED"}


def is_refusal(code: Json) -> bool:
    """Whether a code is a policy's. An error of an interaction may name it as the end of a URI."""
    return str(code).rpartition("/")[2].upper() in REFUSALS


def read_error(status: int, reply: Json) -> Problem | None:
    """`{"error": {...}}`, or a list of that from Google's front end. Only interactions have a word for `code`."""
    match reply:
        case {"error": {"message": str(message), **error}} | [{"error": {"message": str(message), **error}}, *_]:
            return _problem(message, [*_reasons(error), str(error.get("status")), str(error.get("code"))])
    return None


def _reasons(error: Json) -> list[str]:
    details = error.get("details") or ()
    return [str(detail["reason"]) for detail in details if isinstance(detail, Mapping) and "reason" in detail]


def _problem(message: str, codes: list[str]) -> Problem | None:
    upper, code = {code.upper() for code in codes}, codes[0]
    if any(map(is_refusal, upper)):
        return Problem(kind="refused", message=message, code=code)
    if upper & BAD_KEY:
        return Problem(kind="authentication", message=message, code=code)
    if upper & LIMITED:
        return Problem(kind="rate_limited", message=message, code=code)
    said = message.lower()
    if "previous" in said and "interaction" in said:
        return Problem(kind="continuation_gone", message=message, code=code)
    if "MODEL_NOT_FOUND" in upper or ("NOT_FOUND" in upper and "models/" in said):
        return Problem(kind="model_gone", message=message, code=code)
    return None
