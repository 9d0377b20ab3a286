"""OpenRouter's error JSON, and the words it uses: the examples of its OpenAPI document of 2026-08-22, and its page on
errors for moderation, both read 2026-11-22. The words for a wrong key, model or value are from memory and unproven."""

from anymedia.testing.emulator.messages import Json, Reply, json_reply

USUAL = {
    400: "Invalid request parameters",
    401: "Missing Authentication header",
    402: "Insufficient credits. Add more using https://openrouter.ai/credits",
    403: "Only management keys can perform this operation",
    404: "Resource not found",
    408: "Operation timed out. Please try again later.",
    413: "Request payload too large",
    429: "Rate limit exceeded",
    500: "Internal Server Error",
    502: "Provider returned error",
    503: "Service temporarily unavailable",
    524: "Request timed out. Please try again later.",
    529: "Provider returned error",
}


class Refused(Exception):
    """Raised by a check; carries the reply that refuses the request."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


def error_reply(status: int, message: str | None = None, *, metadata: Json = None) -> Reply:
    """An error as OpenRouter words it; what is None gets the usual words for that status."""
    error = {"code": status, "message": message or USUAL.get(status, USUAL[500] if status > 500 else USUAL[400])}
    return json_reply({"error": error | ({"metadata": metadata} if metadata else {})}, status=status)


def refused(message: str) -> Refused:
    return Refused(error_reply(400, message))


def wrong_key() -> Reply:
    return error_reply(401, "User not found.")


def unknown_model(name: str) -> Reply:
    return error_reply(400, f"{name} is not a valid model ID")


def flagged(text: str) -> Reply:
    metadata = {
        "reasons": ["violence"],
        "flagged_input": text[:100],
        "provider_name": "OpenAI",
        "model_slug": "openai/emulated",
    }
    return error_reply(403, "Your chosen model requires moderation and your input was flagged", metadata=metadata)
