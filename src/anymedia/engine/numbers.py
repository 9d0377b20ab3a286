"""Numbers that providers name, believed only where they can be true. What cannot be is the same as not said."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite

DEAREST = Decimal(1_000_000)
"""US dollars. No single job costs as much."""
LONGEST_PAUSE = 3600.0


def cost(amount: Decimal | None) -> Decimal | None:
    """Money that may have been charged. A negative amount would free a budget that is spent."""
    return amount if amount is not None and amount.is_finite() and 0 <= amount <= DEAREST else None


def fraction(value: float | None) -> float | None:
    """How much of a job is done, from 0 to 1."""
    return value if value is not None and 0 <= value <= 1 else None


def pause(seconds: float, usual: float) -> float:
    """Seconds until the next look. A timer that is set to no number never rings."""
    return min(seconds, LONGEST_PAUSE) if isfinite(seconds) and seconds >= 0 else usual
