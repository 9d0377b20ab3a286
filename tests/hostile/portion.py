"""How much chance is tried: a share in `make test`, much more with `ANYMEDIA_TORTURE=long`; another one every week.

`ANYMEDIA_TORTURE_SEED` chooses the seed: a failure prints the one that it was found with.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

LONG = os.environ.get("ANYMEDIA_TORTURE") == "long"
YEAR, WEEK, _ = datetime.now(UTC).isocalendar()
SEED = os.environ.get("ANYMEDIA_TORTURE_SEED", f"{YEAR}-W{WEEK:02}")


def times(share: int, *, long: int) -> int:
    return long if LONG else share
