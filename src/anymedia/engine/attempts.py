"""Attempts at one purchase: jobs that failed and cost nothing, and the job that stands in for them elsewhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..results import Adjustment
from .ledger import Row, job_with_key
from .plan import Plan
from .resources import resources_of_job

KEY_ENDING = "/fallback"
"""What the idempotency key of the next attempt ends in. Whoever repeats the first key finds the last attempt by it."""
STATELESS_ENDING = "/without-state"
"""The same for a job that goes on from the last picture because the provider no longer has its conversation."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A job that failed and was charged nothing. `reason` is its error in words."""

    job_id: str
    backend: str
    model: str
    idempotency_key: str
    reason: str


def cost_nothing(connection: sqlite3.Connection, job_id: str) -> bool:
    """Whether a failed job, and every part of it, is settled at nothing and left nothing at its provider."""
    sql = "SELECT COUNT(*) FROM job WHERE (id=? OR parent=?) AND COALESCE(settled_nano, 1) <> 0"
    charged = connection.execute(sql, (job_id, job_id)).fetchone()[0]
    return not charged and not resources_of_job(connection, job_id=job_id)


def last_attempt(connection: sqlite3.Connection, row: Row) -> Row:
    """The job that stands in for this one after all that failed, or this one."""
    following = job_with_key(connection, row["idempotency_key"] + KEY_ENDING)
    return row if following is None else last_attempt(connection, following)


def told(plan: Plan, attempts: Sequence[Attempt]) -> Plan:
    """The plan, saying of every attempt before it what became of it."""
    if not attempts:
        return plan
    failed = tuple(f"{each.backend}:{each.model} failed and charged nothing: {each.reason}" for each in attempts)
    adjustment = Adjustment(
        field="backend",
        asked=f"{attempts[0].backend}:{attempts[0].model}",
        got=f"{plan.backend.name}:{plan.model.id}",
        why="the first choice failed, nothing was charged, and `fallback` allows another",
    )
    return replace(plan, warnings=(*failed, *plan.warnings), adjustments=(adjustment, *plan.adjustments))
