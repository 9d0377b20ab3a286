"""Brings copies of a ledger forward in processes that are killed: the first before its first statement, and so on.

`python killed.py LEDGER FOLDER` leaves a copy in `FOLDER/1`, `FOLDER/2`, ... for each death.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from itertools import count
from pathlib import Path

from anymedia.engine.ledger import Ledger


def dies_before(statement: int) -> None:
    """From now on, kill this process before it runs that statement."""
    passed = count(1)
    connect = sqlite3.connect

    def seen(sql: str) -> None:
        if next(passed) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(seen)
        return connection

    sqlite3.connect = watched  # type: ignore[assignment]


def main(ledger: Path, folder: Path) -> None:
    for statement in count(1):
        home = folder / str(statement)
        home.mkdir()
        shutil.copy(ledger, home / "ledger.sqlite")
        child = os.fork()
        if child == 0:
            dies_before(statement)
            Ledger(home).call_now(lambda connection: None)
            os._exit(0)
        if not os.WIFSIGNALED(os.waitpid(child, 0)[1]):
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
