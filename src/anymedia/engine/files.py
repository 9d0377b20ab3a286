"""Files on disk: part files, atomic landing without overwriting, names, free space. All platform calls are here.

A file appears under its final name only when it is whole: bytes go to a part file in the same folder, are flushed,
and are then linked to their name, which fails if the name is taken.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import sys
import time
import unicodedata
from pathlib import Path

from ..errors import OutputRefused
from ..media import MediaFile, Spilled, readable_size
from .containers import Found, NotMedia, NotWhole, Walk

PART_ENDING = ".part"
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


class Part:
    """A growing part file: hashed and walked on the way, so that its end tells whether it is whole.

    Nothing here raises once the file is open: what goes wrong is the `problem` of the `Spilled` that `close` gives,
    because by then the bytes may have been paid for and everything that arrived is kept. `write` and `close` do file
    I/O and belong off the event loop.
    """

    def __init__(self, folder: Path, stem: str) -> None:
        self.path = folder / f".{stem}.{secrets.token_hex(4)}{PART_ENDING}"
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | _NOFOLLOW | _CLOEXEC
        self._descriptor: int | None = os.open(self.path, flags, 0o600)
        self._hash = hashlib.sha256()
        self._walk = Walk()
        self._problem: str | None = None
        self.size = 0

    def declare(self, media_type: str) -> None:
        """What a `data:` URL says of itself is a claim; the bytes decide."""

    def write(self, chunk: bytes, /) -> None:
        """Append a chunk."""
        try:
            self._store(chunk)
            self._walk.feed(chunk)
        except (NotMedia, NotWhole) as error:
            self._problem = self._problem or str(error)
        except OSError as error:
            self._problem = f"could not be written: {error.strerror}"

    def _store(self, chunk: bytes) -> None:
        assert self._descriptor is not None
        self._hash.update(chunk)
        self.size += len(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def close(self) -> Spilled:
        """Flush to the disk and say what it is."""
        found = None
        try:
            found = self._finish()
        except (NotMedia, NotWhole) as error:
            self._problem = self._problem or str(error)
        except OSError as error:
            self._problem = f"could not be flushed: {error.strerror}"
        finally:
            self.abandon()
        return Spilled(
            part=self.path,
            size=self.size,
            sha256=self._hash.hexdigest(),
            media_type="application/octet-stream" if found is None else found.media_type,
            extension="" if found is None else found.extension,
            width=None if found is None else found.width,
            height=None if found is None else found.height,
            duration=None if found is None else found.duration_seconds,
            problem=self._problem,
        )

    def _finish(self) -> Found | None:
        assert self._descriptor is not None
        os.fsync(self._descriptor)
        return None if self._problem else self._walk.finish()

    def discard(self) -> None:
        """Stop writing and remove the file: the same bytes are fetched again from the beginning."""
        self.abandon()
        self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Stop writing and keep what came."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def spill_file(path: Path, folder: Path, stem: str) -> Spilled:
    """Copy a file into a part file beside its target, verified and hashed."""
    part = Part(folder, stem)
    with path.open("rb") as source:
        while chunk := source.read(1 << 20):
            part.write(chunk)
    return part.close()


def spill_bytes(content: bytes, folder: Path, stem: str) -> Spilled:
    """Write bytes into a part file beside its target, verified and hashed."""
    part = Part(folder, stem)
    part.write(content)
    return part.close()


def land(spilled: Spilled, target: Path, *, overwrite: bool) -> MediaFile:
    """Give a whole part file its final name. Raise `FileExistsError` if that is taken and not to be overwritten."""
    if overwrite:
        spilled.part.replace(target)
    else:
        _rename_without_overwriting(spilled.part, target)
    flush_folder(target.parent)
    return MediaFile(
        media_type=spilled.media_type,
        path=target,
        size=spilled.size,
        sha256=spilled.sha256,
        width=spilled.width,
        height=spilled.height,
        duration=spilled.duration,
    )


def _rename_without_overwriting(part: Path, target: Path) -> None:
    try:
        os.link(part, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError) as error:
        # A file system without hard links (FAT, some network mounts). The check and the rename are two steps there.
        if getattr(error, "errno", None) not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, None):
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        part.rename(target)
        return
    part.unlink()


def flush_folder(folder: Path) -> None:
    """Make a new name in `folder` survive a power cut. Not every platform can."""
    if not _DIRECTORY:
        return
    descriptor = os.open(folder, os.O_RDONLY | _DIRECTORY | _CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- Names ------------------------------------------------------------------------------------------------------

LONGEST_SLUG = 60


def slug(text: str, otherwise: str) -> str:
    """A file name of lower-case letters, digits and hyphens that says what the prompt was about."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:LONGEST_SLUG].rstrip("-") or otherwise


def file_stem(text: str, operation: str, job_id: str) -> str:
    """`slug-hash`, the hash from the job id, so that no two jobs ever want the same name."""
    return f"{slug(text, operation.replace('_', '-'))}-{hashlib.sha256(job_id.encode()).hexdigest()[:10]}"


def new_job_id() -> str:
    """Sorts by time, and is unguessable."""
    return f"job_{int(time.time() * 1000):012x}{secrets.token_hex(8)}"


# --- Checks before anything is spent ----------------------------------------------------------------------------


def prepare_folder(folder: Path, *, needed_bytes: int) -> None:
    """Create the output folder and make sure that it takes files. Raise `OutputRefused` with the reason."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputRefused(
            f"The folder {folder} cannot be created: {error.strerror}.", next="Choose another output folder."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK) or not _takes_files(folder):
        raise OutputRefused(f"The folder {folder} cannot be written to.", next="Choose another output folder.")
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise OutputRefused(
            f"The disk of {folder} has {readable_size(free)} free; this needs {readable_size(needed_bytes)}.",
            next="Free some space or choose another output folder.",
        )


def _takes_files(folder: Path) -> bool:
    """Create and remove a file: permission bits say nothing about a read-only mount."""
    probe = folder / f".anymedia-{secrets.token_hex(4)}{PART_ENDING}"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NOFOLLOW | _CLOEXEC, 0o600))
    except OSError:
        return False
    with contextlib.suppress(OSError):
        probe.unlink()
    return True


def private_folder(folder: Path) -> Path:
    """Create a folder that only its owner can read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def process_is_alive(process_id: int) -> bool:
    """Whether a process of this machine still runs. Says yes when that cannot be told."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
