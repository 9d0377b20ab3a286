"""Google's words for what went wrong: the reasons of its policies, and the details that an error brings."""

from collections.abc import Iterator, Mapping

from ...media import Json
from ...spec import Problem

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


def error_in(reply: Json) -> Json:
    """`{"error": {...}}`, or a list of that from Google's front end; `None` if it is neither."""
    match reply:
        case {"error": {"message": str()} as error} | [{"error": {"message": str()} as error}, *_]:
            return error
    return None


def details_of(error: Json) -> list[Mapping[str, Json]]:
    """What an error says beside its sentence, each of its own type."""
    details = error.get("details")
    return [each for each in details if isinstance(each, Mapping)] if isinstance(details, list) else []


def reasons_in(error: Json) -> list[str]:
    """The codes that the details give."""
    return [str(detail["reason"]) for detail in details_of(error) if "reason" in detail]


def limited(error: Json, code: str) -> Problem:
    """Too much was asked for. Which quota it was, and how long to wait, stands in the details: google.rpc.QuotaFailure
    and RetryInfo (https://github.com/googleapis/python-genai/issues/1875, checked 2026-11-22). The quota comes first:
    Google's sentence is long."""
    said = ": ".join([*dict.fromkeys(_quotas_in(error)), error["message"]])
    return Problem(kind="rate_limited", message=said, code=code, retry_after=_pause_in(error))


def _quotas_in(error: Json) -> Iterator[str]:
    for detail in details_of(error):
        for violation in detail.get("violations") or ():
            name = violation.get("description") or violation.get("quotaId") or violation.get("quotaMetric")
            most = violation.get("quotaValue")
            if name:
                yield str(name) if most is None else f"{name} (at most {most})"


def _pause_in(error: Json) -> float | None:
    """Seconds: `12s`, or with a fraction, as ProtoJSON writes a duration."""
    for detail in details_of(error):
        if isinstance(asked := detail.get("retryDelay"), str):
            return float(asked.removesuffix("s"))
    return None
