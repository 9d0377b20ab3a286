"""Words of the user about a job, as they are written down: cancel it, it was made, it was not, it cost so much."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from ..errors import AnymediaError, GenerationFailed, NotSent
from ..media import Json
from ..results import RESUMABLE, JobStatus
from .budget import released, settlement
from .ledger import transaction, update_job
from .records import error_to_json

OPEN: frozenset[JobStatus] = RESUMABLE | {"submitting"}
"""A job in one of these states has not come to its end."""


def request_cancel(connection: sqlite3.Connection, *, job_id: str) -> None:
    """Whoever works on the job, in whichever process, sees this before the next request about it."""
    update_job(connection, job_id, cancel_requested_at=time.time())


def settle_unknown(connection: sqlite3.Connection, *, job_id: str, made: bool, cost: Decimal | None) -> None:
    """Close the account of an unknown job by the user's word; nothing happens if it is unknown no longer."""
    with transaction(connection):
        for name, value in _columns(made, cost).items():
            connection.execute(f"UPDATE job SET {name}=? WHERE id=? AND status='unknown'", (value, job_id))
        status = "failed" if made else "not_sent"
        connection.execute("UPDATE job SET status=? WHERE id=? AND status='unknown'", (status, job_id))


def _columns(made: bool, cost: Decimal | None) -> Mapping[str, Json]:
    error: AnymediaError
    if made:
        error = GenerationFailed("It was made and charged, and nobody can fetch it: your own word.", charged="yes")
        money = settlement(cost, "your own word")
    else:
        error = NotSent("It was never made, and nothing was charged: your own word.", next="Ask again.")
        money = released()
    note = f"Settled by the user on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC."
    return {**money, "error": json.dumps(error_to_json(error)), "note": note}


def settle_money(connection: sqlite3.Connection, *, job_id: str, cost: Decimal | None) -> None:
    """What a job cost that ended without saying it."""
    update_job(connection, job_id, **settlement(cost, "your own word"))
