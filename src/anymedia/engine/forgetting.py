"""Takes back what the ledger and its folder know of a job, except its money: no page of the file still holds it.

What stays: who made it, when, for how much, its keys and its name at the provider. They keep budgets true, and keep
the same purchase from being made again or taken for another one.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..errors import UsageError
from ..media import Json
from ..results import Forgotten
from .attempts import KEY_ENDING, STATELESS_ENDING
from .blobs import Blobs
from .continuations import BLOB, is_named
from .ledger import BUSY_SECONDS, Row, job_row, job_with_key, transaction
from .private_files import Removal
from .resources import kept_resource
from .settlements import OPEN

NOT_SETTLED = {*OPEN, "unknown"}
"""Of jobs in these states nothing is forgotten: it could not be fetched, or found out, any more."""
WIPED_WITHIN = 2
"""Seconds to wait for other programs that read the ledger."""


def refuse_forgotten(row: Row) -> None:
    """Raise `UsageError` for a job of which only the money is known."""
    if row["forgotten_at"] is not None:
        day = datetime.fromtimestamp(row["forgotten_at"], UTC)
        raise UsageError(
            f"{row['id']} was forgotten on {day:%Y-%m-%d %H:%M} UTC; only its cost is known.",
            next="It is not bought again under its key. Ask with another key, or with none.",
            job_id=row["id"],
        )


def forget(connection: sqlite3.Connection, *, job_id: str, home: Path, files: bool) -> Forgotten:
    """Forget one job, its parts and the other attempts at its purchase. Safe to repeat.

    With `files` the outputs go too, those that still are what was made. Raise `UsageError` if it is not settled.
    """
    row = job_row(connection, job_id)
    if row["parent"] is not None:
        raise UsageError(f"{job_id} is a part of {row['parent']}.", next=f"`anymedia forget {row['parent']}`")
    return _forget_family(connection, row, home=home, files=files)


def _forget_family(connection: sqlite3.Connection, row: Row, *, home: Path, files: bool) -> Forgotten:
    removal = Removal(home=home, outputs=files)
    with transaction(connection):
        found = _family(connection, row)
        for each in found:
            _refuse_unsettled(each)
        later = _not_continuable(connection, found)
        digests = _forget_rows(connection, found, removal)
        for digest in sorted(digests):
            if not is_named(connection, digest):
                removal.drop(Blobs(home).path(digest))
    return Forgotten(
        job_id=row["id"],
        jobs=tuple(each["id"] for each in found),
        removed=tuple(removal.removed),
        left=removal.left,
        resources=tuple(map(kept_resource, _resources(connection, found))),
        not_continuable=later,
    )


def forget_older(
    connection: sqlite3.Connection, *, before: float, home: Path, files: bool = False
) -> tuple[Forgotten, ...]:
    """Forget every settled job that ended before a moment and that no later job goes on from."""
    sql = "SELECT id FROM job WHERE forgotten_at IS NULL AND parent IS NULL AND created_at < ? ORDER BY created_at, id"
    forgotten: list[Forgotten] = []
    for (job_id,) in connection.execute(sql, (before,)).fetchall():
        row = job_row(connection, job_id)
        if row["forgotten_at"] is None and _is_over(connection, row, before):
            with suppress(UsageError):  # somebody has opened it again meanwhile
                forgotten.append(_forget_family(connection, row, home=home, files=files))
    return tuple(forgotten)


def wipe(connection: sqlite3.Connection) -> bool:
    """Write the file anew and empty its log: old pages of both hold what was replaced. `False` while others read it."""
    connection.execute("PRAGMA temp_store=MEMORY")  # what is kept goes into no file of the system's meanwhile
    connection.execute(f"PRAGMA busy_timeout={WIPED_WITHIN * 1000}")
    try:
        connection.execute("VACUUM")
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    return not busy


def _is_over(connection: sqlite3.Connection, row: Row, before: float) -> bool:
    """Whether all of its family ended by then, and whatever goes on from it."""
    found = _family(connection, row)
    later = [job_row(connection, each) for each in _later(connection, found)]
    return all(each["status"] not in NOT_SETTLED and _ended(each) < before for each in (*found, *later))


def _ended(row: Row) -> float:
    moment: float = row["finished_at"] or row["submitted_at"] or row["created_at"]
    return moment


def _refuse_unsettled(row: Row) -> None:
    job_id, status = row["id"], row["status"]
    if status == "unknown":
        raise UsageError(
            f"Nobody knows yet whether {job_id} was charged; it cannot be forgotten.",
            next=f"`anymedia reconcile {job_id}` or `anymedia settle {job_id}` first.",
            job_id=job_id,
        )
    if status in OPEN:
        raise UsageError(
            f"{job_id} is {status}: what is paid for would be lost; it cannot be forgotten.",
            next=f"`anymedia wait {job_id}` or `anymedia cancel {job_id}` first.",
            job_id=job_id,
        )


# --- What belongs to a job --------------------------------------------------------------------------------------


def _family(connection: sqlite3.Connection, row: Row) -> list[Row]:
    """The job, the other attempts at the same purchase, and the parts of all of them."""
    keys, found = [_first_key(row["idempotency_key"])], {row["id"]: row}
    for key in keys:
        attempt = job_with_key(connection, key)
        if attempt is not None:
            found[attempt["id"]] = attempt
            keys += [key + ending for ending in (KEY_ENDING, STATELESS_ENDING)]
    waiting = list(found)
    for job_id in waiting:
        for part in connection.execute("SELECT * FROM job WHERE parent=? ORDER BY created_at, id", (job_id,)):
            found[part["id"]] = dict(part)
            waiting.append(part["id"])
    return list(found.values())


def _first_key(key: str) -> str:
    """The idempotency key of the first attempt, from that of any."""
    shorter = key.removesuffix(KEY_ENDING).removesuffix(STATELESS_ENDING)
    return key if shorter == key else _first_key(shorter)


def _later(connection: sqlite3.Connection, found: Sequence[Row]) -> list[str]:
    """The jobs that go on from one of these, and those that go on from them: their state repeats what was said."""
    ids, sql = [each["id"] for each in found], "SELECT id FROM job WHERE continues=json_extract(?, '$.continuation_id')"
    results = [each["result"] for each in found]
    later: list[str] = []
    for result in results:
        for (job_id,) in connection.execute(sql, (result or "{}",)).fetchall():
            if job_id not in (*ids, *later):
                later.append(job_id)
                results.append(job_row(connection, job_id)["result"])
    return later


def _not_continuable(connection: sqlite3.Connection, found: Sequence[Row]) -> tuple[str, ...]:
    """The later jobs that still have a state, which goes."""
    sql = "SELECT COUNT(*) FROM continuation WHERE job=?"
    later = _later(connection, found)
    return tuple(each for each in later if connection.execute(sql, (each,)).fetchone()[0])


def _resources(connection: sqlite3.Connection, found: Sequence[Row]) -> list[Row]:
    sql = "SELECT * FROM resource WHERE job=? AND deleted_at IS NULL ORDER BY created_at"
    return [dict(row) for each in found for row in connection.execute(sql, (each["id"],))]


# --- Forgetting -------------------------------------------------------------------------------------------------


def _forget_rows(connection: sqlite3.Connection, found: Sequence[Row], removal: Removal) -> set[str]:
    """Blank the rows and drop the states; give the blobs that they named."""
    states = [each["id"] for each in found] + _later(connection, found)
    digests = set(_drop_states(connection, states))
    for row in found:
        if row["forgotten_at"] is None:
            removal.remove(row)  # before the row, so that a crash in between leaves the names to a second try
            digests |= set(BLOB.findall(row["request"]))
            _blank(connection, row)
    return digests


def _drop_states(connection: sqlite3.Connection, job_ids: Collection[str]) -> Iterator[str]:
    for job_id in job_ids:
        sql = "DELETE FROM continuation WHERE job=? RETURNING private_state || COALESCE(last_output, '')"
        for (dropped,) in connection.execute(sql, (job_id,)).fetchall():
            yield from BLOB.findall(dropped)


def _blank(connection: sqlite3.Connection, row: Row) -> None:
    columns = _blanks(row)
    names = ", ".join(f"{name}=?" for name in columns)
    values = [json.dumps(value) if isinstance(value, dict | list) else value for value in columns.values()]
    connection.execute(f"UPDATE job SET {names} WHERE id=?", [*values, row["id"]])


def _blanks(row: Row) -> Mapping[str, Json]:
    """What stands in the place of all that was asked for, said and made."""
    error = None if row["error"] is None else json.loads(row["error"])
    return {
        "request": {"operation": row["operation"]},
        # A short prompt can be guessed from its hash. This one is like no other, and like no request.
        "request_hash": f"forgotten {row['id']}",
        "output": {"folder": "", "stem": "", "name": None, "overwrite": False, "marks": False},
        "selection": {"why": [], "warnings": [], "adjustments": []},
        "continues": None,
        "private_state": None,
        "private_step": None,
        "kept_files": [],
        "result": None,
        "error": error and {**error, "message": "What it said was forgotten.", "next": None, "details": None},
        "note": None,
        "forgotten_at": time.time(),
    }
