"""What a running job needs from outside, and how it reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from ..operations import Request
from ..spec.backend import Backend
from .ledger import Ledger, Row
from .retry_quota import RetryQuotas
from .settings import Access, Timeouts
from .workers import Workers


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One step of a job's progress. `fraction` is from 0 to 1, or `None` when nobody can tell."""

    job_id: str
    stage: str
    fraction: float | None = None
    message: str = ""


Report = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a job needs from outside: backends, keys, the ledger, the wire, the workers."""

    backends: Mapping[str, Backend]
    access: Callable[[Backend], Access]
    settings: Callable[[Backend], Mapping[str, str]]
    ledger: Ledger
    workers: Workers
    timeouts: Timeouts = field(default_factory=Timeouts)
    quotas: RetryQuotas = field(default_factory=RetryQuotas)
    open_child: Callable[[Row, int, Request], Awaitable[str]] | None = None
