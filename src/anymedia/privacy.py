"""What the ledger keeps of what was asked for, and for how long: forgets jobs by your word, or by their age."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .configuration import Configuration
from .engine import forgetting
from .engine.ledger import Ledger
from .results import Forgotten

if TYPE_CHECKING:
    from .desk import Desk


async def forget(desk: Desk, job_id: str, *, files: bool) -> Forgotten:
    """Forget one job. Raise `UnknownName`, or `UsageError` if it is not settled."""

    def forget_and_wipe(connection: sqlite3.Connection) -> Forgotten:
        forgotten = forgetting.forget(connection, job_id=job_id, home=desk.ledger.home, files=files)
        return replace(forgotten, wiped=forgetting.wipe(connection))

    return await desk.ledger.call(forget_and_wipe)


async def forget_older(desk: Desk, age: timedelta, *, files: bool) -> tuple[Forgotten, ...]:
    """Forget what ended so long ago."""
    before = time.time() - age.total_seconds()

    def forget_and_wipe(connection: sqlite3.Connection) -> tuple[Forgotten, ...]:
        found = forgetting.forget_older(connection, before=before, home=desk.ledger.home, files=files)
        wiped = forgetting.wipe(connection) if found else True
        return tuple(replace(forgotten, wiped=wiped) for forgotten in found)

    return await desk.ledger.call(forget_and_wipe)


def ledger_of(configuration: Configuration) -> Ledger:
    """The ledger; what is older than `privacy.keep_prompts` is forgotten when it is opened."""
    age = configuration.keep_prompts
    if age is None:
        return Ledger(configuration.state_folder)
    return Ledger(configuration.state_folder, at_opening=partial(_forget_older, configuration.state_folder, age))


def _forget_older(home: Path, age: timedelta, connection: sqlite3.Connection) -> None:
    # The file is not written anew here: what is replaced is overwritten in its place, and its log is emptied in time.
    forgetting.forget_older(connection, before=time.time() - age.total_seconds(), home=home)
