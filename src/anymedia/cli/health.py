"""The facts `doctor` looks at. Reads only; nothing is created, sent or repaired."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from ..desk import Desk
from ..engine.env_file import FOR_OTHERS, assignments
from ..engine.tokens import problem_with_file
from ..media import readable_size
from ..spec.backend import Backend, Model
from .models import entries
from .options import today

__all__ = [
    "assigns_any",
    "folder_problem",
    "free_space",
    "job_counts",
    "key_of",
    "ledger_damage",
    "others_may_read",
    "problem_with_credentials",
    "retiring",
    "usable_operations",
]

NOTICE = timedelta(days=60)
"""How long before a model's retirement it is worth a warning."""
LITTLE_SPACE = 500 * 10**6
"""Bytes. Less than this is a warning: a few films fill it."""


def key_of(desk: Desk, backend: Backend) -> str | None:
    """Where the key comes from, and its fingerprint; never the key. Else where the token is fetched with."""
    found, token = desk.key_of(backend), desk.token_of(backend)
    if token is not None:
        return f"token with {token.file}, {', '.join(f'{n} {v}' for n, v in desk.settings_of(backend).items())}"
    return None if found is None else f"key from {found.source}, fingerprint {found.secret.fingerprint}"


def others_may_read(path: Path) -> bool:
    """Whether other users of this machine may read a file or list a folder; no, if there is none."""
    try:
        return bool(path.stat().st_mode & FOR_OTHERS)
    except OSError:
        return False


def assigns_any(path: Path, variables: Collection[str]) -> bool:
    """Whether a file such as `.env` assigns one of these variables."""
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return False
    return any(name in variables and value for name, value in assignments(text))


def problem_with_credentials(desk: Desk, backend: Backend) -> str | None:
    """Why no token will come of the file of credentials that is used, as far as its content tells."""
    token = desk.token_of(backend)
    return None if token is None else problem_with_file(token)


def usable_operations(desk: Desk) -> list[str]:
    usable = {entry.model.accepts.operation.replace("_", " ") for entry in entries(desk) if not entry.why_not}
    return sorted(usable)


def retiring(backends: Iterable[Backend]) -> Iterator[tuple[Backend, Model]]:
    """The models whose providers retire them soon."""
    for backend in backends:
        for model in backend.models:
            if model.retires is not None and today() < model.retires <= today() + NOTICE:
                yield backend, model


def folder_problem(folder: Path) -> str | None:
    """Why the state folder, or one in the place where it will be, cannot be written; `None` if it can."""
    try:
        tempfile.TemporaryDirectory(dir=_nearest(folder)).cleanup()
    except OSError as error:
        return f"cannot be written: {error.strerror}"
    return None


def _nearest(folder: Path) -> Path:
    """The folder, or the first of its parents that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def ledger_damage(file: Path) -> str | None:
    """What SQLite finds wrong with the ledger, or `None`."""
    try:
        with closing(_open(file)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return f"{file} cannot be read: {error}"
    return None if verdict == "ok" else f"{file} is damaged: {verdict}"


def job_counts(file: Path) -> dict[str, int]:
    """How many jobs there are in each status."""
    with closing(_open(file)) as connection:
        return dict(connection.execute("SELECT status, COUNT(*) FROM job GROUP BY status").fetchall())


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)


def free_space(folder: Path) -> tuple[str, bool]:
    """How much space is free where `folder` is or will be, in words, and whether that is enough."""
    free = shutil.disk_usage(_nearest(folder)).free
    return readable_size(free), free >= LITTLE_SPACE
