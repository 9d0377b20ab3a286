"""Copies what can still be read of a damaged ledger into a new one. The damaged file is only read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Literal

from ..errors import LedgerError
from .files import open_new
from .schema import MIGRATIONS

TABLES = ("job", "continuation", "resource")


def rescue(damaged: Path, rescued: Path) -> Mapping[str, int]:
    """Copy every row that can be read, and say how many of each table. Raise `LedgerError` if nothing can."""
    try:
        with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as source:
            (version,) = source.execute("PRAGMA user_version").fetchone()
            columns = {table: _columns(source, table) for table in TABLES}
            if not 0 < version <= len(MIGRATIONS) or not all(columns.values()):
                raise _hopeless(damaged, "its first page does not say which tables it has")
            return _copied(source, _new(rescued), version, columns)
    except sqlite3.Error as error:
        raise _hopeless(damaged, str(error)) from error


def _hopeless(damaged: Path, why: str) -> LedgerError:
    return LedgerError(
        f"Nothing can be read of {damaged}: {why}.",
        next="Move it away to begin a new one. What was bought stands in your providers' dashboards.",
    )


def _new(path: Path) -> Path:
    try:
        os.close(open_new(path))
    except FileExistsError:
        raise LedgerError(f"{path} is there already.", next="Move it away: nothing is overwritten.") from None
    return path


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _copied(
    source: sqlite3.Connection, rescued: Path, version: int, columns: Mapping[str, list[str]]
) -> Mapping[str, int]:
    """The rows in a ledger of the same version: the next call brings it forward as any other."""
    with closing(sqlite3.connect(rescued)) as target:
        for step in MIGRATIONS[:version]:
            target.executescript(step)
        for table, names in columns.items():
            marks = ", ".join("?" for _ in names)
            sql = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})"
            target.executemany(sql, _readable(source, table, names))
        target.execute(f"PRAGMA user_version={version}")
        target.commit()
        return {table: target.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in TABLES}


def _readable(source: sqlite3.Connection, table: str, names: list[str]) -> Iterator[sqlite3.Row]:
    """The rows before the first damaged page, then those after the last. Indexes are not asked: they may lie."""
    orders: tuple[Literal["ASC", "DESC"], ...] = ("ASC", "DESC")
    for order in orders:
        with suppress(sqlite3.DatabaseError):
            yield from source.execute(f"SELECT {', '.join(names)} FROM {table} NOT INDEXED ORDER BY rowid {order}")
            return
