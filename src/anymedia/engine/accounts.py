"""Sums over the ledger: what was spent, by whom and as far as which source knows, and how the jobs went. Only reads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ..media import Json
from ..reports import Adapted, Ended, Grouping, Report, Spending, Timed
from ..results import Adjustment
from .ledger import from_nano

GROUPS: dict[Grouping, str] = {
    "backend": "backend",
    "model": "backend || ':' || model",
    "operation": "operation",
    "agent": "agent",
    "run": "run",
    "batch": "batch",
    "day": "date(created_at, 'unixepoch')",
}
"""The expression each grouping stands for; days are those of the budgets, in UTC."""
MOST_SLOW = 5
MOST_LISTED = 50


@dataclass(frozen=True, kw_only=True)
class Period:
    """Which jobs are counted: those made since a moment, those of one batch, or all."""

    since: datetime | None = None
    batch: str | None = None

    @property
    def where(self) -> str:
        return "(?1 IS NULL OR created_at >= ?1) AND (?2 IS NULL OR batch = ?2)"

    @property
    def values(self) -> tuple[Json, Json]:
        return (None if self.since is None else self.since.timestamp(), self.batch)


def spending(connection: sqlite3.Connection, *, period: Period, by: Grouping) -> tuple[Spending, ...]:
    """What was spent, one line for each group and source of the figures, the dearest first."""
    sql = f"""
    SELECT {GROUPS[by]} AS name, cost_source, COUNT(*),
        COALESCE(SUM(settled_nano), 0),
        COALESCE(SUM(CASE WHEN settled_nano IS NULL THEN reserved_nano END), 0),
        SUM(settled_nano IS NULL AND reserved_nano IS NULL)
    FROM job WHERE {period.where} GROUP BY name, cost_source ORDER BY 4 DESC, 5 DESC, name, cost_source
    """
    return tuple(_spending(row) for row in connection.execute(sql, period.values))


def _spending(row: Sequence[Json]) -> Spending:
    name, source, jobs, settled, reserved, unpriced = row
    return Spending(
        group=name, source=source, jobs=jobs, settled=_dollars(settled), open=_dollars(reserved), unpriced=unpriced
    )


def _dollars(nano: int) -> Decimal:
    return from_nano(nano) or Decimal(0)


def report(connection: sqlite3.Connection, *, period: Period) -> Report:
    """How the jobs of a period went."""
    statuses = _rows(connection, period, "SELECT status, COUNT(*) FROM job WHERE {} GROUP BY status ORDER BY 2 DESC")
    return Report(
        since=period.since,
        batch=period.batch,
        jobs=sum(count for _, count in statuses),
        statuses=dict(statuses),
        spending=spending(connection, period=period, by="backend"),
        slowest=_slowest(connection, period),
        failed=_failed(connection, period),
        duplicated=_duplicated(connection, period),
        adapted=_adapted(connection, period),
    )


def _rows(connection: sqlite3.Connection, period: Period, sql: str) -> list[tuple[Json, ...]]:
    return [tuple(row) for row in connection.execute(sql.format(period.where), period.values)]


def _slowest(connection: sqlite3.Connection, period: Period) -> tuple[Timed, ...]:
    sql = f"""
    SELECT id, operation, backend, model, finished_at - COALESCE(submitted_at, created_at) AS seconds
    FROM job WHERE finished_at IS NOT NULL AND {{}} ORDER BY seconds DESC LIMIT {MOST_SLOW}
    """
    return tuple(
        Timed(job_id=job_id, operation=operation, backend=backend, model=model, seconds=round(seconds, 3))
        for job_id, operation, backend, model, seconds in _rows(connection, period, sql)
    )


def _failed(connection: sqlite3.Connection, period: Period) -> tuple[Ended, ...]:
    sql = f"""
    SELECT id, backend, status, error FROM job WHERE error IS NOT NULL AND {{}}
    ORDER BY created_at DESC LIMIT {MOST_LISTED}
    """
    found = [(*row[:3], json.loads(row[3])) for row in _rows(connection, period, sql)]
    return tuple(
        Ended(
            job_id=job_id,
            backend=backend,
            status=status,
            code=error["code"],
            message=error["message"],
            charged=error["charged"],
        )
        for job_id, backend, status, error in found
    )


def _duplicated(connection: sqlite3.Connection, period: Period) -> tuple[tuple[str, ...], ...]:
    sql = f"""
    SELECT group_concat(id) FROM job WHERE parent IS NULL AND {{}}
    GROUP BY backend, model, account, request_hash HAVING COUNT(*) > 1 ORDER BY MAX(created_at) DESC LIMIT {MOST_LISTED}
    """
    return tuple(tuple(sorted(ids.split(","))) for (ids,) in _rows(connection, period, sql))  # ids sort by their age


def _adapted(connection: sqlite3.Connection, period: Period) -> tuple[Adapted, ...]:
    sql = f"""
    SELECT id, json_extract(selection, '$.adjustments') FROM job
    WHERE json_array_length(selection, '$.adjustments') > 0 AND {{}} ORDER BY created_at DESC LIMIT {MOST_LISTED}
    """
    return tuple(
        Adapted(job_id=job_id, adjustments=tuple(str(Adjustment(**each)) for each in json.loads(adjustments)))
        for job_id, adjustments in _rows(connection, period, sql)
    )
