"""Finds recordings, the files that `anymedia backend record` writes, and says where each was made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..media import Json
from ..spec.backend import ApiKey, Backend

PLACES = (Path("recordings"), Path("docs") / "reference" / "recordings")
"""Where recordings are looked for, below the folder that the suite runs in."""


def recordings_in(places: Sequence[Path], backend: Backend) -> Iterator[Json]:
    """The recordings of one backend, by name of their files."""
    for place in places:
        for path in sorted((place / backend.name).glob("*.json")):
            if text := path.read_text("utf-8"):  # one that is empty belongs to a call that was not made
                yield json.loads(text)


def was_made_at_the_provider(recording: Json, backend: Backend) -> bool:
    """Whether a recording was made where the backend says that its provider is, and not at a stand-in."""
    declared = {backend.base_url}
    if isinstance(backend.auth, ApiKey) and backend.auth.otherwise is not None and recording["settings"]:
        declared.add(backend.auth.otherwise.base_url(recording["settings"]))
    return recording["origin"].rstrip("/") in {url.rstrip("/") for url in declared}
