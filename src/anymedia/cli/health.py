"""What `doctor` can tell of keys and models. Reads only; nothing is created, sent or repaired."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from ..desk import Desk
from ..engine.env_file import FOR_OTHERS, assignments
from ..engine.tokens import problem_with_file
from ..spec.backend import Backend, Model
from .models import entries
from .options import today

__all__ = [
    "assigns_any",
    "key_of",
    "others_may_read",
    "problem_with_credentials",
    "retiring",
    "usable_operations",
]

NOTICE = timedelta(days=60)
"""How long before a model's retirement it is worth a warning."""


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
    return any(name in variables and value for name, value in assignments(text).items())


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
