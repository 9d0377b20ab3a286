"""Google's error JSON: numbers and states of `generateContent` and of files, words of interactions.

Sources, read 2026-11-22: https://ai.google.dev/gemini-api/docs/api-errors for the words and the reply to a wrong key;
the sentences about unknown fields and models as public issue reports quote them. The others are unproven.
"""

from anymedia.testing.emulator.messages import Json, Reply, json_reply

STATES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
WORDS = {
    400: "invalid_request",
    401: "authentication",
    403: "permission_denied",
    404: "not_found",
    429: "rate_limit_exceeded",
}
SAID = {
    401: "Request is missing required authentication credential.",
    403: "The caller does not have permission.",
    404: "Requested entity was not found.",
    429: "You exceeded your current quota, please check your plan and billing details.",
    500: "An internal error has occurred. Please retry.",
    503: "The model is overloaded. Please try again later.",
}


class Refused(Exception):
    """Raised by a check; carries the reply that refuses the request."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


def error_reply(
    status: int, message: str | None = None, *, state: str | None = None, reason: str | None = None
) -> Reply:
    """An error of `generateContent`; `reason` goes into the details."""
    error: Json = {
        "code": status,
        "message": message or SAID.get(status, "The request was refused."),
        "status": state or STATES.get(status, "UNKNOWN"),
    }
    if reason is not None:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        error["details"] = [info]
    return json_reply({"error": error}, status=status)


def word_reply(status: int, message: str | None = None, *, code: str | None = None) -> Reply:
    """An error of interactions."""
    said = message or SAID.get(status, "The request was refused.")
    return json_reply({"error": {"code": code or WORDS.get(status, "internal"), "message": said}}, status=status)


def wrong_key() -> Reply:
    message = "API key not valid. Please pass a valid API key."
    return error_reply(400, message, reason="API_KEY_INVALID")


def unknown_field(name: str) -> Refused:
    message = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
    return Refused(error_reply(400, message))


def invalid(message: str) -> Refused:
    """A 400 of `generateContent`."""
    return Refused(error_reply(400, message))


def invalid_request(message: str, *, code: str = "invalid_request") -> Refused:
    """A 400 of interactions."""
    return Refused(word_reply(400, message, code=code))


def unknown_model(model: str, *, version: str) -> Reply:
    message = f"models/{model} is not found for API version {version}, or is not supported for generateContent."
    return error_reply(404, message)
