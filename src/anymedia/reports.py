"""What was spent and how it went, over a period or a batch: frozen values and the documents they turn into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from .media import Json
from .results import SCHEMA, JobStatus

Grouping = Literal["backend", "model", "operation", "agent", "run", "batch", "day"]


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What one group of jobs cost, by one source of the figure. Amounts are US dollars.

    `settled` is what was charged, as far as `source` says. `open` is reserved, at the worst case, for jobs that nobody
    has settled yet: those that run, those whose outcome is unknown, those whose provider never said what they cost.
    `unpriced` counts jobs for which there is no figure at all; they are in neither amount.
    """

    group: str | None
    source: str
    jobs: int
    settled: Decimal
    open: Decimal
    unpriced: int

    def document(self) -> dict[str, Json]:
        amounts = {"settled": f"{self.settled:f}", "open": f"{self.open:f}"}
        return {**vars(self), **amounts}


@dataclass(frozen=True, kw_only=True)
class Timed:
    """One job and the seconds from its submit to its end."""

    job_id: str
    operation: str
    backend: str
    model: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Ended:
    """One job that brought less than was asked for, or nothing."""

    job_id: str
    backend: str
    status: JobStatus
    code: str
    message: str
    charged: str


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """One job for which values were replaced by the caller's leave."""

    job_id: str
    adjustments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A summary of the jobs of a period or a batch.

    `duplicated` has the ids of jobs that asked for the very same thing, in groups of two and more.
    """

    since: datetime | None
    batch: str | None
    jobs: int
    statuses: Mapping[JobStatus, int]
    spending: tuple[Spending, ...]
    slowest: tuple[Timed, ...] = ()
    failed: tuple[Ended, ...] = ()
    duplicated: tuple[tuple[str, ...], ...] = ()
    adapted: tuple[Adapted, ...] = field(default=())

    def document(self) -> dict[str, Json]:
        return {
            "schema": SCHEMA,
            "since": None if self.since is None else self.since.isoformat(),
            "batch": self.batch,
            "jobs": self.jobs,
            "statuses": dict(self.statuses),
            "spending": [each.document() for each in self.spending],
            "slowest": [vars(each) for each in self.slowest],
            "failed": [vars(each) for each in self.failed],
            "duplicated": [list(ids) for ids in self.duplicated],
            "adapted": [{"job_id": each.job_id, "adjustments": list(each.adjustments)} for each in self.adapted],
        }
