"""Money: what a request may cost is reserved before it is sent, across processes, and settled afterwards."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from ..errors import BudgetExceeded
from ..media import Json
from . import numbers
from .attempts import KEY_ENDING
from .ledger import Row, from_nano, insert_job, job_row, job_with_key, to_nano, transaction


@dataclass(frozen=True, kw_only=True)
class Caps:
    """The most that may be spent, in US dollars; `None` is no cap.

    `per_batch` counts the jobs of one call with several prompts, `per_run` those of one client object or one command,
    `per_day` the calendar day in UTC, `per_backend` and `per_agent` the same day of one backend or one named agent.
    """

    per_call: Decimal | None = None
    per_batch: Decimal | None = None
    per_run: Decimal | None = None
    per_day: Decimal | None = None
    per_backend: Mapping[str, Decimal] = field(default_factory=dict)
    per_agent: Mapping[str, Decimal] = field(default_factory=dict)
    allow_unknown_cost: bool = False


@dataclass(frozen=True)
class _Scope:
    """One cap that applies to a job, and which earlier jobs count against it."""

    name: str
    cap: Decimal
    where: str
    values: tuple[Json, ...]


def reserve(
    connection: sqlite3.Connection,
    columns: Mapping[str, Json],
    caps: Caps,
    worst_case: Decimal | None,
    *,
    after: str | None = None,
) -> Row | None:
    """Add the job with its worst case reserved, or raise `BudgetExceeded` and add nothing. One transaction.

    If the idempotency key is taken, nothing is added and the row that has it is given back. So is the failed job
    `after` which this one comes, if somebody else has opened that one again.
    """
    with transaction(connection, durable=False):
        known = job_with_key(connection, columns["idempotency_key"]) or _opened_again(connection, after)
        if known is None:
            check(connection, columns, caps, worst_case)
            now = {"reserved_nano": to_nano(worst_case), "reserved_at": columns["created_at"]}
            insert_job(connection, {**columns, **now})
        return known


def _opened_again(connection: sqlite3.Connection, job_id: str | None) -> Row | None:
    row = None if job_id is None else job_row(connection, job_id)
    return row if row is not None and row["error"] is None else None


def reserve_again(connection: sqlite3.Connection, row: Row, caps: Caps, *, run: str) -> None:
    """Open a job once more for which nothing was sent or charged, by this day and run. Raise `BudgetExceeded`.

    One in whose place another was opened stays as it is.
    """
    with transaction(connection, durable=False):
        check(connection, {**row, "run": run}, caps, from_nano(row["reserved_nano"]))
        sql = """
        UPDATE job SET status='reserved', error=NULL, settled_nano=NULL, finished_at=NULL, reserved_at=?, run=?
        WHERE id=? AND status=? AND NOT EXISTS (SELECT 1 FROM job WHERE idempotency_key=?)
        """
        instead = row["idempotency_key"] + KEY_ENDING
        connection.execute(sql, (time.time(), run, row["id"], row["status"], instead))


def check(connection: sqlite3.Connection, columns: Mapping[str, Json], caps: Caps, worst_case: Decimal | None) -> None:
    scopes = _scopes(columns, caps)
    if worst_case is None:
        _check_unknown(scopes, caps)
        return
    for scope in scopes:
        spent = _spent(connection, scope)
        if spent + worst_case > scope.cap:
            raise BudgetExceeded(
                f"This may cost up to ${worst_case:f}; {scope.name} is capped at ${scope.cap:f} "
                f"and ${spent:f} of it is spent or reserved.",
                next="Raise the cap, or ask for less (fewer outputs, lower quality, a cheaper model).",
            )


def _check_unknown(scopes: list[_Scope], caps: Caps) -> None:
    if scopes and not caps.allow_unknown_cost:
        raise BudgetExceeded(
            f"Nobody can tell what this may cost, and {scopes[0].name} is capped at ${scopes[0].cap:f}.",
            next="Choose a model with a known price, or allow unknown costs (`allow_unknown_cost`).",
        )


def _scopes(columns: Mapping[str, Json], caps: Caps) -> list[_Scope]:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    backend, agent = columns["backend"], columns.get("agent")
    found = [
        ("one call", caps.per_call, "0", ()),
        ("this batch", caps.per_batch, "batch=?", (columns.get("batch"),)),
        ("this run", caps.per_run, "run=?", (columns["run"],)),
        ("one day", caps.per_day, "reserved_at>=?", (day,)),
        (f"{backend} for one day", caps.per_backend.get(backend), "reserved_at>=? AND backend=?", (day, backend)),
        (f"{agent} for one day", caps.per_agent.get(agent or ""), "reserved_at>=? AND agent=?", (day, agent)),
    ]
    return [_Scope(name, cap, where, values) for name, cap, where, values in found if cap is not None]


def _spent(connection: sqlite3.Connection, scope: _Scope) -> Decimal:
    """Settled money plus what is reserved for jobs whose outcome is open or unknown."""
    sql = f"SELECT COALESCE(SUM(COALESCE(settled_nano, reserved_nano, 0)), 0) FROM job WHERE {scope.where}"
    return from_nano(connection.execute(sql, scope.values).fetchone()[0]) or Decimal(0)


def settlement(amount: Decimal | None, source: str) -> dict[str, Json]:
    """The columns that close a job's account. What nobody can have charged is unknown, and stays reserved."""
    amount = numbers.cost(amount)
    return {"settled_nano": to_nano(amount), "cost_source": source, "finished_at": time.time()}


def give_up(connection: sqlite3.Connection, *, job_id: str) -> None:
    """Close a job that was opened and never begun; what it holds is free again. One that was begun stays as it is."""
    columns = {"status": "not_sent", **released()}
    names = ", ".join(f"{name}=?" for name in columns)
    with transaction(connection, durable=False):
        connection.execute(f"UPDATE job SET {names} WHERE id=? AND status='reserved'", (*columns.values(), job_id))


def released() -> dict[str, Json]:
    """The columns of a job for which nothing was charged."""
    return settlement(Decimal(0), "nothing was charged")
