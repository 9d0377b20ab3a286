"""What `doctor` can tell of the ledger: whether it is whole, its version, what it holds open. It only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from ..engine.schema import MIGRATIONS
from .finding import Finding

__all__ = ["ledger", "newest_job"]

RESCUE = "`anymedia doctor --rescue` copies what can be read into a new ledger; nothing is spent until then."


def ledger(home: Path) -> Iterator[Finding]:
    """Whether the ledger is whole, of which version, and what it holds open."""
    file = home / "ledger.sqlite"
    if not file.exists():
        yield Finding(about="ledger", state="note", says="none yet; the first job begins it")
        return
    try:
        with closing(_open(file)) as connection:
            yield from _looked_into(connection, file)
    except sqlite3.Error as error:
        yield _damaged(f"{file} cannot be read: {error}")


def _looked_into(connection: sqlite3.Connection, file: Path) -> Iterator[Finding]:
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        yield _damaged(f"{file} is damaged: {verdict}")
        return
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        says = f"written by a newer version (schema {version}, this one knows {len(MIGRATIONS)}): it can only be read"
        advice = "Upgrade anymedia, or set ANYMEDIA_HOME to another folder."
        yield Finding(about="ledger", state="bad", says=says, next=advice)
        return
    if missing := sorted(_columns_of(version) - _columns(connection)):
        says = f"schema {version} without {', '.join(missing)}: written by a version that was never released"
        advice = f"Finish its jobs with that version, then move {file} away."
        yield Finding(about="ledger", state="bad", says=says, next=advice)
        return
    if version < len(MIGRATIONS):
        says = f"schema {version}; the next call brings it to {len(MIGRATIONS)}"
        yield Finding(about="ledger", state="note", says=says)
    if version:
        yield from _jobs(connection)


def _damaged(says: str) -> Finding:
    return Finding(about="ledger", state="bad", says=says, next=RESCUE)


def _columns(connection: sqlite3.Connection) -> set[str]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    return {f"{table}.{row[1]}" for table in tables for row in connection.execute(f"PRAGMA table_info({table})")}


def _columns_of(version: int) -> set[str]:
    """The columns of a new ledger of that version."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for step in MIGRATIONS[:version]:
            connection.executescript(step)
        return _columns(connection)


def _jobs(connection: sqlite3.Connection) -> Iterator[Finding]:
    counts: Mapping[str, int] = dict(connection.execute("SELECT status, COUNT(*) FROM job GROUP BY status").fetchall())
    yield Finding(about="ledger", state="ok", says=f"whole, {sum(counts.values())} jobs")
    if open_jobs := sum(counts.get(status, 0) for status in ("submitting", "running", "ready")):
        yield Finding(about="ledger", state="note", says=f"{open_jobs} jobs are open", next="`anymedia resume`")
    if unsent := sum(counts.get(status, 0) for status in ("planned", "reserved")):
        says, advice = (
            f"{unsent} jobs were never sent",
            "`anymedia resume --all` sends them; `anymedia cancel` does not.",
        )
        yield Finding(about="ledger", state="note", says=says, next=advice)
    if unknown := counts.get("unknown", 0):
        says = f"of {unknown} jobs nobody knows whether they were charged"
        (newest,) = connection.execute(
            "SELECT id FROM job WHERE status='unknown' ORDER BY created_at DESC LIMIT 1"
        ).fetchone()
        advice = f"`anymedia jobs --status unknown` lists them; for each: `anymedia reconcile {newest}`, else `settle`."
        yield Finding(about="ledger", state="warning", says=says, next=advice)


def newest_job(home: Path) -> float | None:
    """When the newest job was made, in seconds since 1970; `None` where no ledger says it."""
    file = home / "ledger.sqlite"
    if not file.exists():
        return None
    try:
        with closing(_open(file)) as connection:
            (moment,) = connection.execute("SELECT MAX(created_at) FROM job").fetchone()
    except sqlite3.Error:
        return None
    return None if moment is None else float(moment)


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
