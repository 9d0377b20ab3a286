"""Bytes the ledger refers to by their SHA-256: inputs that were only in memory, outputs a continuation needs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ..errors import LedgerError
from ..media import MediaFile
from .files import private_folder, real, remove, write_whole


class Blobs:
    """A folder of files named by their hash, beside the ledger. Methods do file I/O: call them off the event loop."""

    def __init__(self, home: Path) -> None:
        self._folder = real(home) / "blobs"

    def path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def keep(self, file: MediaFile) -> str:
        """Store the bytes of a file and return their SHA-256. Raise `LedgerError` if they cannot be written."""
        content = file.unchanged_bytes()
        digest = hashlib.sha256(content).hexdigest()
        try:
            self._store(content, self.path(digest))
        except OSError as error:
            raise LedgerError(
                f"{self._folder} cannot take the bytes of {file.summary}: {error.strerror}.",
                next="Free some space, or set ANYMEDIA_HOME to a folder that can be written.",
            ) from error
        return digest

    def _store(self, content: bytes, target: Path) -> None:
        if not os.path.lexists(target):
            private_folder(target.parent)
            write_whole(content, target)

    def drop(self, digest: str) -> None:
        remove(self.path(digest))
