"""What a running job needs from outside, and how it reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from ..media import MediaFile
from ..operations import Request
from ..spec.backend import Backend
from .ledger import Ledger, Row
from .retry_quota import RetryQuotas
from .settings import Access, Timeouts
from .workers import Workers


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One step of a job's progress. `fraction` is from 0 to 1, or `None` when nobody can tell.

    In the stage `preview`, `file` is an unfinished picture that was just saved.
    """

    job_id: str
    stage: str
    fraction: float | None = None
    message: str = ""
    file: MediaFile | None = None


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Some bytes of an output, as they come in the provider's reply. They are saved all the same.

    `output` counts from 0; `offset` is the place of the first byte. Nothing says yet that the whole will be whole.
    Where a provider sends samples without a header, they come as they are, and the header is in the file alone.
    """

    job_id: str
    output: int
    offset: int
    data: bytes = field(repr=False)


Report = Callable[[Progress], None]
Hear = Callable[[Chunk], None]


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
    trace_prompts: bool = False
    open_child: Callable[[Row, int, Request], Awaitable[str]] | None = None
