"""xAI's error JSON: a code in words and a sentence, side by side.

Sentences and shapes as replies quoted in public programs and issues have them, read 2026-11-22:
github.com/continuedev/continue/issues/10778 for the key, programs that recognize `imagine:content-moderated` for
moderation. What no page has follows them and is unproven.
"""

from anymedia.testing.emulator.messages import Json, Reply, json_reply

INVALID = "Client specified an invalid argument"
USUAL = {
    400: (INVALID, "The request was refused."),
    401: ("The request does not have valid authentication credentials", "No API key was provided."),
    403: ("The caller does not have permission to execute the specified operation", "Access is denied."),
    404: ("Some requested entity was not found", "The requested resource was not found."),
    429: ("Some resource has been exhausted", "Too many requests. Your team has exceeded its rate limit."),
    500: ("Internal error", "An internal error occurred."),
    503: ("The service is currently unavailable", "The service is temporarily overloaded."),
}


class Refused(Exception):
    """Raised by a check; carries the reply that refuses the request."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


def error_reply(status: int, message: str | None = None, *, code: str | None = None, usage: Json = None) -> Reply:
    """An error as xAI words it; what is None gets the usual words for that status."""
    usual_code, usual_message = USUAL.get(status, USUAL[500] if status > 500 else USUAL[400])
    billed = {} if usage is None else {"usage": usage}
    return json_reply({"code": code or usual_code, "error": message or usual_message, **billed}, status=status)


def refused(message: str, status: int = 400) -> Refused:
    return Refused(error_reply(status, message))


def wrong_key(key: str) -> Reply:
    """A wrong key is an invalid argument, and part of it is repeated."""
    hidden = f"{key[:2]}***{key[-2:]}"
    said = f"Incorrect API key provided: {hidden}. You can obtain an API key from https://console.x.ai."
    return error_reply(400, said)


def unknown_model(name: Json) -> Reply:
    return error_reply(404, f"The model {name} does not exist or your team does not have access to it.")


def held_back(usage: Json) -> Reply:
    """What is drawn and then held back is charged."""
    said = "Generated image rejected by content moderation."
    return error_reply(400, said, code="imagine:content-moderated", usage=usage)
