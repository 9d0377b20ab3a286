"""What all of Google's operations share: where the facts are from, versions of the API and error replies."""

from collections.abc import Mapping
from datetime import date

from ...media import Json
from ...spec import Model, Problem, ShapedText
from .._google.errors import error_in, is_refusal, limited, reasons_in

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


# --- Errors -----------------------------------------------------------------------------------------------------

BAD_KEY = {"API_KEY_INVALID", "UNAUTHENTICATED", "PERMISSION_DENIED", "AUTHENTICATION"}
LIMITED = {"RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", "QUOTA_EXCEEDED"}


def read_error(status: int, reply: Json) -> Problem | None:
    """Only interactions have a word for `code`."""
    error = error_in(reply)
    if error is None:
        return None
    return _problem(error, [*reasons_in(error), str(error.get("status")), str(error.get("code"))])


def _problem(error: Json, codes: list[str]) -> Problem | None:
    message: str = error["message"]
    upper, code = {code.upper() for code in codes}, codes[0]
    if any(map(is_refusal, upper)):
        return Problem(kind="refused", message=message, code=code)
    if upper & BAD_KEY:
        return Problem(kind="authentication", message=message, code=code)
    if upper & LIMITED:
        return limited(error, code)
    said = message.lower()
    if "previous" in said and "interaction" in said:
        return Problem(kind="continuation_gone", message=message, code=code)
    if "MODEL_NOT_FOUND" in upper or ("NOT_FOUND" in upper and "models/" in said):
        return Problem(kind="model_gone", message=message, code=code)
    return None
