"""OpenAI's error JSON, and the words it uses. Sources: answers quoted in public issue reports, read 2026-11-22.

Unknown parameter: github.com/vercel/ai/issues/6102. Moderation: github.com/jeffstric/ZJT/issues/480. Unknown previous
response (400, not 404): github.com/Soju06/codex-lb/issues/853. Media type of an upload:
github.com/Comfy-Org/ComfyUI/issues/9329. The others follow the same pattern from memory and are unproven.
"""

from anymedia.testing.emulator.messages import Json, Reply, json_reply

_USUAL = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "unsupported_country_region_territory", "This request is not permitted."),
    404: ("invalid_request_error", None, "The resource was not found."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for images per minute. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
}


class Refused(Exception):
    """Raised by a check; carries the reply that refuses the request."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


def error_reply(
    status: int,
    message: str,
    *,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    extra: Json | None = None,
) -> Reply:
    """An error as OpenAI words it; `extra` goes beside the four usual fields."""
    fields = {"message": message, "type": kind, "param": param, "code": code}
    return json_reply({"error": fields | (extra or {})}, status=status)


def usual_error(status: int, *, code: str | None, message: str | None) -> Reply:
    """An error of that status with the usual words for what is None."""
    fallback = _USUAL[500] if status > 500 else ("invalid_request_error", None, "The request was refused.")
    kind, usual_code, usual_message = _USUAL.get(status, fallback)
    return error_reply(status, message or usual_message, kind=kind, code=code or usual_code)


def refused(message: str, code: str, param: str) -> Refused:
    """A 400 about one parameter."""
    return Refused(error_reply(400, message, code=code, param=param))


def no_key() -> Reply:
    return error_reply(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
        "auth (i.e. Authorization: Bearer YOUR_KEY).",
    )


def wrong_key(key: str | None) -> Reply:
    """OpenAI repeats the key with its middle starred out."""
    hidden = "" if key is None else f": {key[:3]}{'*' * 8}{key[-4:]}"
    return error_reply(401, f"Incorrect API key provided{hidden}.", code="invalid_api_key")


def unknown_model(model: str) -> Reply:
    return error_reply(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        code="model_not_found",
        param="model",
    )


def moderation_blocked() -> Reply:
    return error_reply(
        400,
        "Your request was rejected by the safety system. If you believe this is an error, contact us at "
        "help.openai.com and include the request ID req_emulated. safety_violations=[violence].",
        kind="image_generation_user_error",
        code="moderation_blocked",
        extra={"moderation_details": {"moderation_stage": "input", "categories": ["violence"]}},
    )


def previous_response_not_found(identifier: str) -> Refused:
    message = f"Previous response with id '{identifier}' not found."
    return refused(message, "previous_response_not_found", "previous_response_id")
