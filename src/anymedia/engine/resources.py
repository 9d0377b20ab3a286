"""What providers keep for the user, in the ledger: written when it is made, listed, marked when it is deleted."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import UTC, datetime

from ..media import Json
from ..results import KeptResource, Resource
from ..spec.wire import Created, HttpRequest
from .ledger import Row, storable, transaction


def add_resource(connection: sqlite3.Connection, *, created: Created, backend: str, job_id: str) -> None:
    """Write down that the provider keeps something now, perhaps under an id that was deleted before."""
    request = None
    if created.delete is not None:
        request = json.dumps({"method": created.delete.method, "path": created.delete.path})
    values = (backend, created.kind, storable(created.id), job_id, request, time.time())
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO resource VALUES (?, ?, ?, ?, ?, ?, NULL)", values)


def resource_rows(
    connection: sqlite3.Connection,
    *,
    kind: str | None = None,
    backend: str | None = None,
    resource_id: str | None = None,
    deleted: bool = False,
) -> list[Row]:
    """The resources that fit, the newest first; with `deleted` also those that are gone."""
    asked = {"kind": kind, "backend": backend, "id": resource_id}
    clauses = [f"{name}=:{name}" for name, value in asked.items() if value is not None]
    clauses += ["1"] if deleted else ["deleted_at IS NULL"]
    sql = f"SELECT * FROM resource WHERE {' AND '.join(clauses)} ORDER BY created_at DESC, id"
    return [dict(row) for row in connection.execute(sql, asked)]


def resources_of_job(connection: sqlite3.Connection, *, job_id: str) -> list[Resource]:
    """What a job left at its provider and is still there."""
    sql = "SELECT kind, id FROM resource WHERE job=? AND deleted_at IS NULL ORDER BY created_at"
    return [Resource(kind=kind, id=resource_id) for kind, resource_id in connection.execute(sql, (job_id,))]


def mark_deleted(connection: sqlite3.Connection, *, row: Row) -> None:
    with transaction(connection):
        sql = "UPDATE resource SET deleted_at=? WHERE backend=? AND kind=? AND id=? AND deleted_at IS NULL"
        connection.execute(sql, (time.time(), row["backend"], row["kind"], row["id"]))


def deletion_of(row: Row) -> HttpRequest | None:
    """The request that deletes it, if its provider has one."""
    if row["delete_request"] is None:
        return None
    stored: Json = json.loads(row["delete_request"])
    return HttpRequest(method=stored["method"], path=stored["path"], effect="safe")


def kept_resource(row: Row) -> KeptResource:
    """The public view of a resource's row."""
    return KeptResource(
        kind=row["kind"],
        id=row["id"],
        backend=row["backend"],
        job_id=row["job"],
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        deleted_at=None if row["deleted_at"] is None else datetime.fromtimestamp(row["deleted_at"], UTC),
    )
