"""ElevenLabs' error JSON, and the words it uses.

Sources: https://help.elevenlabs.io/hc/en-us/articles/19572237925521 and answers quoted in public issue reports
(github.com/elevenlabs/elevenlabs-docs/pull/1317, github.com/receptron/mulmocast-app/issues/1410), read 2026-11-22. The
shape of a validation error is FastAPI's. The other words follow the same pattern and are unproven.
"""

from anymedia.testing.emulator.messages import Reply, json_reply

_USUAL = {
    401: ("invalid_api_key", "Invalid API key"),
    403: ("missing_permissions", "The API key you used is missing a permission to execute this operation."),
    404: ("not_found", "The resource was not found."),
    429: ("too_many_concurrent_requests", "Too many concurrent requests. Your current subscription allows 3."),
    500: ("internal_server_error", "Something went wrong on our side."),
    503: ("system_busy", "We are experiencing heavy traffic, please try again."),
}


class Refused(Exception):
    """Raised by a check; carries the reply that refuses the request."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


def error_reply(status: int, *, code: str | None = None, message: str | None = None) -> Reply:
    """An error of that status, with the usual words for what is None."""
    usual_code, usual_message = _USUAL.get(status, ("invalid_request", "The request was refused."))
    return json_reply({"detail": {"status": code or usual_code, "message": message or usual_message}}, status=status)


def invalid(name: str, message: str, *, where: str = "body") -> Refused:
    """A 422 about one parameter."""
    return Refused(json_reply({"detail": [{"type": "value_error", "loc": [where, name], "msg": message}]}, status=422))


def voice_not_found(voice: str) -> Refused:
    message = f"A voice with the voice_id {voice} was not found."
    return Refused(error_reply(404, code="voice_not_found", message=message))


def unknown_model(model: str) -> Reply:
    return error_reply(400, code="model_not_found", message=f"A model with model ID {model} does not exist.")


def bad_prompt() -> Reply:
    message = "Your prompt appears to have violated our Terms of Service. Please try again with a different prompt."
    return error_reply(400, code="bad_prompt", message=message)
