"""What `doctor` can tell of keys and models. Reads only; nothing is created, sent or repaired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from ..desk import Desk
from ..engine.redaction import fingerprint
from ..engine.tokens import problem_with_file
from ..spec.backend import Backend, Model
from .models import entries
from .options import today

__all__ = [
    "key_of",
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
    return None if found is None else f"key from {found[0]}, fingerprint {fingerprint(found[1])}"


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
