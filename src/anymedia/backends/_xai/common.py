"""What all of xAI's operations share: where the facts are from, what something cost, what was held back."""

from datetime import date
from decimal import Decimal

from ...media import Json, Spilled

CHECKED = date(2026, 11, 22)
DOCS = "https://docs.x.ai/developers"
PRICES_READ_AT = f"LiteLLM's price table 1.109.1, which names {DOCS}/pricing"
CHARGED_ALL_THE_SAME = "https://docs.apiyi.com/en/api-capabilities/grok-imagine-video/overview"
"""A reseller that passes requests on to xAI at its prices: what the moderation holds back is charged all the same."""

TICKS = Decimal(10) ** 10
"""In a dollar: `cost.py` of the official client 1.21.0, which reads them in every reply with `usage`."""

HELD_BACK = "xAI's moderation held it back"


def dollars_of(ticks: Json) -> Decimal | None:
    """What the provider says that it charged, if it says so."""
    return Decimal(ticks) / TICKS if type(ticks) is int and ticks >= 0 else None


def is_moderation(code: Json, message: str) -> bool:
    """Whether an error is about content: a code of its own, and for films the words alone.

    Both as replies quoted in public programs have them, read 2026-11-22; films: the table of `error.code` at
    https://docs.x.ai/developers/model-capabilities/video/generation.
    """
    return code == "imagine:content-moderated" or "moderation" in message.lower()


Output = Spilled | None
"""One output of a reply; `None` was held back."""
