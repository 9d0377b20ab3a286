"""Media as plain values: a file to send or a file that was made. Never reads, writes or fetches anything."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Json = Any
"""JSON as Python has it. The only `Any` in this package, for what providers send."""

Medium = Literal["image", "video", "audio", "text"]


@dataclass(frozen=True, kw_only=True)
class Spilled:
    """Bytes of a reply that the engine already wrote to a part file, hashed on the way. Opaque to backends.

    `problem` says why the bytes are not a whole media file, or why they could not be written.
    """

    part: Path
    size: int
    sha256: str
    media_type: str
    extension: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """One image, video or sound: an input to a request, or an output of one.

    Exactly one of `path`, `data`, `url` and `spilled` says where the bytes are. `size` is in bytes, `width` and
    `height` in pixels, `duration` in seconds; each is `None` while it is not known.
    """

    media_type: str
    path: Path | None = None
    data: bytes | None = field(default=None, repr=False)
    url: str | None = None
    spilled: Spilled | None = None
    size: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None

    def __post_init__(self) -> None:
        sources = (self.path, self.data, self.url, self.spilled)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("A MediaFile has exactly one of path, data, url and spilled.")

    def __fspath__(self) -> str:
        """Let `open(file)` and `shutil.copy(file, ...)` work on a file that was made."""
        if self.path is None:
            raise TypeError("This MediaFile is not on disk.")
        return str(self.path)

    def read_bytes(self) -> bytes:
        """The whole file in memory. Raise `TypeError` for a file that is neither on disk nor in memory."""
        if self.spilled is not None:
            return self.spilled.part.read_bytes()
        return self.data if self.data is not None else Path(self).read_bytes()

    def unchanged_bytes(self) -> bytes:
        """The whole file, if its bytes still are those that were measured. Raise `ValueError` if they are not."""
        content = self.read_bytes()
        if self.sha256 is not None and hashlib.sha256(content).hexdigest() != self.sha256:
            raise ValueError(f"{self.path} has changed since it was checked")
        return content

    @property
    def summary(self) -> str:
        """How logs, the ledger and `--dry-run` show the bytes: `<image/png 5.0 MB sha256:1a2b3c4d>`."""
        parts = [self.media_type]
        if self.size is not None:
            parts.append(readable_size(self.size))
        if self.sha256 is not None:
            parts.append(f"sha256:{self.sha256[:8]}")
        return f"<{' '.join(parts)}>"


def readable_size(size: int) -> str:
    """A number of bytes for people, in decimal units: `517 B`, `20.5 kB`, `5.0 MB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
