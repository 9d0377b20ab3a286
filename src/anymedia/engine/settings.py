"""Settings of the engine as plain values. Imports no HTTP library, so that reading a configuration stays cheap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..spec.backend import Backend
    from .secret import Secret
    from .tokens import HeldToken


LARGEST_INPUT = 3 * 10**9
"""Bytes of one input file, unless the configuration says otherwise: the most that a declared model takes, which a test
compares. What is larger is no input that anybody meant, and reading it would take minutes."""

FETCHED_INPUTS = "fetched-inputs"
"""Below the scratch folder of the state: inputs that were named by their address. A folder for each call is in it."""


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds. `total` bounds one request from the first byte to the last, whatever trickles in between."""

    connect: float = 10.0
    read: float = 600.0
    write: float = 60.0
    total: float = 900.0


@dataclass(frozen=True, kw_only=True)
class Access:
    """Where a backend is, and the key or the token for it. Neither is shown anywhere."""

    backend: Backend
    base_url: str
    key: Secret | None
    token: HeldToken | None = field(default=None, repr=False)
