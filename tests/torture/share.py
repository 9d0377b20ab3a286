"""How much of the torture runs: all of it (`ANYMEDIA_TORTURE=long`, `make torture`), or a seeded share.

`ANYMEDIA_TORTURE_SEED` chooses another share.
"""

from __future__ import annotations

import os
from pathlib import Path

LONG = os.environ.get("ANYMEDIA_TORTURE") == "long"
SEED = os.environ.get("ANYMEDIA_TORTURE_SEED", "0")
HERE = Path(__file__).parent
STAND_INS = (str(HERE.parent / "conformance" / "polled_backend.py"), str(HERE / "uploading_backend.py"))
"""Backends outside the package: one that uploads, polls and downloads, and one whose uploads take their time."""
