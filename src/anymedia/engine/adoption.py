"""A job whose answer was lost may stand in the provider's list. Finds the one that is ours, and goes on with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from ..spec.wire import Listed
from .ledger import Row, job_row, transaction

CLOCKS_DIFFER = 120.0
"""Seconds by which the provider's clock may be ahead of or behind ours."""


def adopt(connection: sqlite3.Connection, *, row: Row, found: Sequence[Listed], within: float) -> str | None:
    """Continue an unknown job as the first listed one that no other job of the ledger owns; give its name.

    Listed jobs that are alike are interchangeable. One that was made before the request left, or more than `within`
    seconds after it, is somebody else's. Without one, the note of the job says that it was looked for.
    """
    with transaction(connection):
        if job_row(connection, row["id"])["status"] != "unknown":
            return None
        for each in sorted(found, key=lambda each: each.created_at):
            if _is_near(row, each, within) and not _is_owned(connection, row, each):
                _continue_as(connection, row, each)
                return each.id
        note = f"Looked for in the provider's list on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: it is not there."
        connection.execute("UPDATE job SET note=? WHERE id=?", (note, row["id"]))
    return None


def _is_near(row: Row, listed: Listed, within: float) -> bool:
    after: float = listed.created_at - row["submitted_at"]
    return -CLOCKS_DIFFER <= after <= within + CLOCKS_DIFFER


def _is_owned(connection: sqlite3.Connection, row: Row, listed: Listed) -> bool:
    sql = "SELECT 1 FROM job WHERE backend=? AND account=? AND remote_id=?"
    return connection.execute(sql, (row["backend"], row["account"], listed.id)).fetchone() is not None


def _continue_as(connection: sqlite3.Connection, row: Row, listed: Listed) -> None:
    sql = """
    UPDATE job SET status='running', remote_id=?, private_state=?, error=NULL, finished_at=NULL,
        note='Found again in the list of the provider.'
    WHERE id=?
    """
    connection.execute(sql, (listed.id, json.dumps(listed.state), row["id"]))
