"""Numbers that providers name, believed only where they can be true. What cannot be is the same as not said."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

from ..media import Json

DEAREST = Decimal(1_000_000)
"""US dollars. No single job costs as much."""
LONGEST_PAUSE = 3600.0
"""Seconds between two looks at a job."""


def cost(amount: Json) -> Decimal | None:
    """Money that may have been charged. A negative amount would free a budget that is spent."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 <= amount <= DEAREST:
        return None
    return amount


def fraction(value: Json) -> float | None:
    """How much of a job is done, from 0 to 1."""
    return float(value) if _is_number(value) and 0 <= value <= 1 else None


def pause(seconds: Json, usual: float) -> float:
    """Seconds until the next look. A timer that is set to no number never rings."""
    return min(float(seconds), LONGEST_PAUSE) if _is_number(seconds) and seconds >= 0 else usual


def _is_number(value: Json) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:
        return False
