"""What all of OpenAI's operations share: where the facts are from, and what an error reply means."""

from datetime import date

from ...media import Json
from ...spec import Problem

CHECKED = date(2026, 11, 22)
DEPRECATIONS = "https://developers.openai.com/api/docs/deprecations"
PRICING = "https://developers.openai.com/api/docs/pricing"
REFERENCE = "https://developers.openai.com/api/docs/api-reference"

REFUSALS = {"moderation_blocked", "content_policy_violation", "safety_violations", "image_generation_user_error"}
GONE = {"model_not_found", "model_deprecated"}


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"error": {"message": str(message), **rest}}:
            code = str(rest.get("code") or rest.get("type"))
        case _:
            return None
    if code in REFUSALS:
        return Problem(kind="refused", message=message, code=code)
    if code in GONE:
        return Problem(kind="model_gone", message=message, code=code)
    if code == "previous_response_not_found":
        return Problem(kind="continuation_gone", message=message, code=code)
    return None
