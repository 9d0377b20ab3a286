"""Part files: bytes on their way to the disk, hashed and verified as they come; a spare place when there is no room."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..media import Spilled, readable_size
from .containers import NotMedia, NotWhole, Walk
from .files import PART_ENDING, move, open_new, open_plain, private_folder, remove

LARGEST_OUTPUT = 4 * 2**30
"""Bytes of one output file. What goes on after that is not a picture, a film or a sound that anybody asked for."""


class TooLong(Exception):
    """A file has more bytes than anybody asked for."""


SPOOL = "spool"
"""The folder beside the ledger for what the output folder could not take."""


class Part:
    """A growing part file: hashed and walked on the way, so that its end tells whether it is whole.

    `write` and `close` only compute and may run on the event loop; `flush` does the file I/O and may not. But for
    `TooLong`, none of them raises: what goes wrong is the `problem` of the `Spilled`, or bytes that are missing when
    it lands, because by then they may have been paid for and everything that arrived is kept. What the folder cannot
    take goes to the folder `spare`, if there is one. `hear` is told every chunk, and where it begins.
    """

    def __init__(
        self,
        folder: Path,
        stem: str,
        *,
        most: int = LARGEST_OUTPUT,
        spare: Path | None = None,
        hear: Callable[[int, bytes], None] | None = None,
    ) -> None:
        self.path = folder / f".{stem}.{secrets.token_hex(4)}{PART_ENDING}"
        self.size = 0
        self._most = most
        self._spare = spare
        self._hear = hear
        self._stored = 0
        self._descriptor: int | None = None
        self._hash = hashlib.sha256()
        self._walk = Walk()
        self._waiting: list[bytes] = []
        self._failed: OSError | None = None

    def declare(self, media_type: str) -> None:
        """What a `data:` URL says of itself is a claim; the bytes decide."""

    def write(self, chunk: bytes, /) -> None:
        """Take a chunk; `flush` brings it to the disk. Raise `TooLong` for a file without end."""
        if self.size + len(chunk) > self._most:
            raise TooLong(f"more than {readable_size(self._most)} in one file")
        if self._hear is not None:
            self._hear(self.size, chunk)
        self.size += len(chunk)
        self._hash.update(chunk)
        self._walk.feed(chunk)
        self._waiting.append(chunk)

    def flush(self, *, last: bool = False) -> None:
        """Write what is waiting; the `last` time wait until the disk has it, and let go of the file."""
        waiting, self._waiting = self._waiting, []
        try:
            if waiting and self._failed is None:
                self._store(b"".join(waiting))
            if last and self._descriptor is not None:
                self._sync()
        except OSError as error:
            self._failed = error  # a full disk; landing finds out how much is there
        finally:
            if last:
                self.abandon()

    def _store(self, chunk: bytes) -> None:
        start, view = self._stored, memoryview(chunk)
        try:
            self._append(view)
        except OSError:
            if self._spare is None:
                raise
            self._move_to_spare()
            self._append(view[self._stored - start :])

    def _append(self, view: memoryview) -> None:
        if self._descriptor is None:
            self._descriptor = open_new(self.path)
        while view:
            written = os.write(self._descriptor, view)
            self._stored += written
            view = view[written:]

    def _sync(self) -> None:
        """Wait until the disk has it. What it refuses once may be lost although a second try succeeds."""
        assert self._descriptor is not None
        try:
            os.fsync(self._descriptor)
            return
        except OSError:
            with suppress(OSError):
                self._move_to_spare()
                os.fsync(self._descriptor)
                return
        move(self.path, self.path.with_name(f"{self.path.name}.unsynced"))  # kept, and never landed
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _move_to_spare(self) -> None:
        """Go on in the spare folder with what is there already. Raise `OSError` if there is none, or it is as full."""
        spare, self._spare = self._spare, None
        if spare is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        here, self.path = self.path, private_folder(spare) / self.path.name
        self.abandon()
        self._descriptor, stored, self._stored = open_new(self.path), self._stored, 0
        if stored:
            with open_plain(here) as file:
                while chunk := file.read(min(1 << 20, stored - self._stored)):
                    self._append(memoryview(chunk))
        with suppress(OSError):
            remove(here)

    @property
    def failed(self) -> OSError | None:
        """Why some of it could not be written."""
        return self._failed

    def close(self) -> Spilled:
        """Say what it is and whether it is whole. What is waiting still has to be flushed."""
        found, problem = None, None
        try:
            found = self._walk.finish()
        except (NotMedia, NotWhole) as error:
            problem = str(error)
        return Spilled(
            part=self.path,
            size=self.size,
            sha256=self._hash.hexdigest(),
            media_type="application/octet-stream" if found is None else found.media_type,
            extension="" if found is None else found.extension,
            width=None if found is None else found.width,
            height=None if found is None else found.height,
            duration=None if found is None else found.duration_seconds,
            problem=problem,
        )

    def discard(self) -> None:
        """Stop writing and remove the file: the same bytes are fetched again from the beginning."""
        self.abandon()
        remove(self.path)

    def abandon(self) -> None:
        """Stop writing and keep what is on the disk."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def spill_file(path: Path, folder: Path, stem: str) -> Spilled:
    """Copy a file into a part file beside its target, verified and hashed."""
    part = Part(folder, stem)
    with open_plain(path) as source:
        while chunk := source.read(1 << 20):
            part.write(chunk)
            part.flush()
    part.flush(last=True)
    return part.close()


def spill_bytes(content: bytes, folder: Path, stem: str, spare: Path) -> Spilled:
    """Write bytes into a part file beside its target, verified and hashed."""
    part = Part(folder, stem, spare=spare)
    part.write(content)
    part.flush(last=True)
    return part.close()


TEXT_TYPES: Mapping[str, str] = {
    ".txt": "text/plain",
    ".srt": "application/x-subrip",
    ".vtt": "text/vtt",
    ".json": "application/json",
}
"""The media type of a text file by its ending. SubRip's was never registered; this is the name it usually has."""


def spill_text(text: str, folder: Path, stem: str, ending: str) -> Spilled:
    """Write words into a part file beside its target, as UTF-8. No bytes could show whether words are whole."""
    part = Part(folder, stem)
    # Half a surrogate pair has no UTF-8; an empty text still has a file.
    part.write(text.encode("utf-8", "backslashreplace"))
    part.flush(last=True)
    return replace(part.close(), media_type=TEXT_TYPES[ending], extension=ending, problem=None)
