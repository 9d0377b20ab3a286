"""What must hold after every fault, every kill and every step: the promises about money, files and secrets."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from anymedia import AnymediaError
from canary import files_with_key, holds_key, leaks_of
from workplace import Workplace

NOT_SUBMITTED = frozenset({"planned", "reserved", "not_sent", "rate_limited", "rejected", "refused"})
"""States that say that nothing was bought."""
ENDED = frozenset({"done", "partial", "failed", "unknown", "expired", "verify_failed", "cancelled"}) | (
    NOT_SUBMITTED - {"planned", "reserved"}
)
WHOLE = frozenset({"done", "partial"})


def check_everything(workplace: Workplace, *, billed: int) -> None:
    """Every promise that can be checked from outside, between two runs of the program."""
    rows = workplace.rows()
    check_ledger(workplace)
    check_money(rows, billed=billed)
    check_files(workplace, rows)
    check_resources(workplace, rows)
    check_places(workplace)
    check_secrets(workplace, rows)


def check_ledger(workplace: Workplace) -> None:
    """The database is sound."""
    path = workplace.state / "ledger.sqlite"
    if not path.exists():
        return
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def check_money(rows: list[dict[str, Any]], *, billed: int) -> None:
    """No purchase without a row that says so, and no row without its money."""
    paid_refusals = [row for row in rows if row["status"] == "refused" and row["settled_nano"] != 0]
    may_be_bought = [*paid_refusals, *(row for row in rows if row["status"] not in NOT_SUBMITTED)]
    assert billed <= len(may_be_bought), f"{billed} were billed, and the ledger knows of {len(may_be_bought)}"
    bought = [row for row in rows if row["status"] in WHOLE]
    assert len(bought) <= billed, "a result that nobody was paid for"
    for row in may_be_bought:
        assert row["settled_nano"] != 0, f"{row['status']}, and its money was given back"


def check_files(workplace: Workplace, rows: list[dict[str, Any]]) -> None:
    """A file under a final name is whole, in the ledger, and the one whose hash is there."""
    known = {}
    for row in rows:
        for file in json.loads(row["kept_files"]):
            known[Path(file["path"])] = file["sha256"]
    for path, digest in known.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path
    ready = [json.loads(row["private_step"]) for row in rows if row["status"] == "ready"]
    landing = {file["spilled"]["sha256"] for step in ready for file in step["files"] if "spilled" in file}
    for path in set(workplace.files()) - set(known):
        # A crash between the name and the commit: the next run finds the file and closes the job with it.
        assert hashlib.sha256(path.read_bytes()).hexdigest() in landing or ready, f"{path} is in no row"
    if rows and all(row["status"] in WHOLE for row in rows):
        assert workplace.files(hidden=True) == [], "part files are left although everything is done"


def check_resources(workplace: Workplace, rows: list[dict[str, Any]]) -> None:
    """What a result says its provider keeps is in the list, to be found and deleted."""
    listed = {row["id"] for row in workplace.rows(table="resource")}
    for row in rows:
        for kept in json.loads(row["result"])["resources"] if row["result"] else ():
            assert kept["id"] in listed, f"{kept} is in no list"


def check_places(workplace: Workplace) -> None:
    """Nothing was made outside the output folder and the state folder."""
    made = {path.name for path in workplace.root.iterdir()} - {workplace.out.name, workplace.state.name}
    assert made == set(), made


def check_secrets(workplace: Workplace, rows: list[dict[str, Any]]) -> None:
    """The key is in no file and in no row; addresses of outputs are in no row once a job is over."""
    assert files_with_key(workplace.root) == []
    for row in rows:
        assert not holds_key(str(row))
        if row["status"] in ENDED:
            assert row["private_state"] is row["private_step"] is None, row["status"]


def check_receipt(error: AnymediaError, rows: list[dict[str, Any]]) -> None:
    """An error says what, what to do next, and which job it is about."""
    assert error.code and error.message and error.next, repr(error)
    leaks = leaks_of(error)
    assert not leaks, leaks
    if rows:
        found = next((row for row in rows if row["id"] == error.job_id), None)
        assert found is not None, f"{error!r} has no job"
        assert error.idempotency_key == found["idempotency_key"]
