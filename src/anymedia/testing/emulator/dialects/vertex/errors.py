"""Google's error JSON, and the words it uses. Unknown fields: the wording of Google's JSON parser as quoted in public
issues; safety and quota: DOCS of Vertex; all read 2026-11-22. What stands in no page follows them and is unproven.
"""

from anymedia.testing.emulator.dialects.google.errors import Refused
from anymedia.testing.emulator.messages import Json, Reply, json_reply

USUAL = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: (
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential.",
    ),
    403: ("PERMISSION_DENIED", "Permission denied on resource project."),
    404: ("NOT_FOUND", "The requested resource was not found."),
    429: ("RESOURCE_EXHAUSTED", "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests."),
    500: ("INTERNAL", "Internal error encountered."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
    504: ("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
}
BLOCKED = (
    "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI "
    "practices. Try rephrasing the prompt."
)


def error_reply(status: int, message: str | None = None, *, code: str | None = None, details: Json = None) -> Reply:
    """An error as Google words it; what is None gets the usual words for that status."""
    usual_code, usual_message = USUAL.get(status, USUAL[500] if status > 500 else USUAL[400])
    error = {"code": status, "message": message or usual_message, "status": code or usual_code}
    return json_reply({"error": error | ({"details": details} if details else {})}, status=status)


def refused(message: str) -> Refused:
    return Refused(error_reply(400, message))


def unknown_field(name: str, at: str) -> Refused:
    return refused(f"Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field.")


def no_key() -> Reply:
    return error_reply(
        401,
        "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials "
        "that assert a principal.",
    )


def wrong_key() -> Reply:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
    }
    return error_reply(400, "API key not valid. Please pass a valid API key.", details=[info])


def unknown_model(name: str) -> Reply:
    message = (
        f"Publisher Model `{name}` was not found or your project does not have access to it. Please ensure you are "
        "using a valid model version."
    )
    return error_reply(404, message)
