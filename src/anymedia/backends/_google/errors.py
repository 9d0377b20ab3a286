"""Google's words for what went wrong: the reasons of its policies, and the details that an error brings."""

from ...media import Json

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
BlockedReason, 3.4.0, checked 2026-11-22. What an interaction says instead is published nowhere; the same words are
taken for it."""


def is_refusal(code: Json) -> bool:
    """Whether a code is a policy's. An error of an interaction may name it as the end of a URI."""
    return str(code).rpartition("/")[2].upper() in REFUSALS
