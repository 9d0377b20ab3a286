"""A ledger without a client: rows with as little in them as there can be."""

from __future__ import annotations

from typing import Any

from anymedia.engine.ledger import Ledger, insert_job, job_row


def add(ledger: Ledger, job_id: str = "one", **columns: Any) -> str:
    """A job in the ledger, reserved unless `columns` say otherwise."""
    facts = {
        "id": job_id, "operation": "image", "backend": "toy", "model": "toy-1", "status": "reserved",
        "idempotency_key": f"key of {job_id}", "request": {"prompt": "a fox"}, "request_hash": "", "account": "",
        "output": {}, "selection": {}, "run": "run", "created_at": 1000.0, "cost_source": "a price",
    }  # fmt: skip
    ledger.call_now(lambda connection: insert_job(connection, facts | columns))
    return job_id


def row(ledger: Ledger, job_id: str = "one") -> Any:
    return ledger.call_now(lambda connection: job_row(connection, job_id))
