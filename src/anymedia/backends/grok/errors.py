"""What an error reply of xAI's REST API means.

Shapes: `xai-error.ts` of @ai-sdk/xai 5.0.12, which reads three of them. Codes and sentences: replies quoted in public
programs and issues (github.com/continuedev/continue/issues/10778 for the key), read 2026-11-22.
"""

from ...media import Json
from ...spec import Problem
from .._xai.common import dollars_of, is_moderation

SEEN = "the client @ai-sdk/xai 5.0.12 reads this reply; its source, read 2026-11-22"


def read_error(status: int, reply: Json) -> Problem | None:
    match reply:
        case {"error": {"message": str(message), **rest}}:
            code = rest.get("code") or rest.get("type")
        case {"error": str(message), **rest}:
            code = rest.get("code")
        case _:
            return None
    code = None if code is None else str(code)
    if is_moderation(code, message):
        return Problem(kind="refused", message=message, code=code, charged="maybe", cost=cost_of(reply))
    if "incorrect api key" in message.lower():
        return Problem(kind="authentication", message=message, code=code)
    if status == 404 and "model" in message.lower():
        return Problem(kind="model_gone", message=message, code=code)
    return None


def cost_of(reply: Json) -> Json:
    """What a reply says that it cost, in dollars; `None` if it does not."""
    usage = reply.get("usage")
    return dollars_of(usage.get("cost_in_usd_ticks")) if isinstance(usage, dict) else None
