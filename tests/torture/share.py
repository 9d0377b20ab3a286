"""How much of the torture runs: all of it (`ANYMEDIA_TORTURE=long`, `make torture`), or a seeded share.

`ANYMEDIA_TORTURE_SEED` chooses another share.
"""

from __future__ import annotations

import os
from pathlib import Path

LONG = os.environ.get("ANYMEDIA_TORTURE") == "long"
SEED = os.environ.get("ANYMEDIA_TORTURE_SEED", "0")
POLLED = str(Path(__file__).parents[1] / "conformance" / "polled_backend.py")
"""Stands in for a shipped backend that polls and downloads."""
