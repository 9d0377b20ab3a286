"""Files on disk: part files, atomic landing without overwriting, names, free space. All platform calls are here.

A file appears under its final name only when it is whole: bytes go to a part file in the same folder, are flushed,
and are then linked to their name, which fails if the name is taken.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import sys
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..errors import OutputRefused
from ..media import MediaFile, Spilled, readable_size
from .containers import NotMedia, NotWhole, Walk

PART_ENDING = ".part"
_UMASK = os.umask(0o077)
os.umask(_UMASK)  # it can only be read by setting it, which is not safe once there are threads
LARGEST_OUTPUT = 4 * 2**30
"""Bytes of one output file. What goes on after that is not a picture, a film or a sound that anybody asked for."""


class TooLong(Exception):
    """A file has more bytes than anybody asked for."""


_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


SPOOL = "spool"
"""The folder beside the ledger for what the output folder could not take."""


class Part:
    """A growing part file: hashed and walked on the way, so that its end tells whether it is whole.

    `write` and `close` only compute and may run on the event loop; `flush` does the file I/O and may not. But for
    `TooLong`, none of them raises: what goes wrong is the `problem` of the `Spilled`, or bytes that are missing when
    it lands, because by then they may have been paid for and everything that arrived is kept. What the folder cannot
    take goes to the folder `spare`, if there is one.
    """

    def __init__(self, folder: Path, stem: str, *, most: int = LARGEST_OUTPUT, spare: Path | None = None) -> None:
        self.path = folder / f".{stem}.{secrets.token_hex(4)}{PART_ENDING}"
        self.size = 0
        self._most = most
        self._spare = spare
        self._stored = 0
        self._descriptor: int | None = None
        self._hash = hashlib.sha256()
        self._walk = Walk()
        self._waiting: list[bytes] = []
        self._failed = False

    def declare(self, media_type: str) -> None:
        """What a `data:` URL says of itself is a claim; the bytes decide."""

    def write(self, chunk: bytes, /) -> None:
        """Take a chunk; `flush` brings it to the disk. Raise `TooLong` for a file without end."""
        if self.size + len(chunk) > self._most:
            raise TooLong(f"more than {readable_size(self._most)} in one file")
        self.size += len(chunk)
        self._hash.update(chunk)
        self._walk.feed(chunk)
        self._waiting.append(chunk)

    def flush(self, *, last: bool = False) -> None:
        """Write what is waiting; the `last` time wait until the disk has it, and let go of the file."""
        waiting, self._waiting = self._waiting, []
        try:
            if waiting and not self._failed:
                self._store(b"".join(waiting))
            if last and self._descriptor is not None:
                self._sync()
        except OSError:
            self._failed = True  # a full disk; landing finds out how much is there
        finally:
            if last:
                self.abandon()

    def _store(self, chunk: bytes) -> None:
        start, view = self._stored, memoryview(chunk)
        try:
            self._append(view)
        except OSError:
            self._move_to_spare()
            self._append(view[self._stored - start :])

    def _append(self, view: memoryview) -> None:
        if self._descriptor is None:
            self._descriptor = self._opened()
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
        self.path.rename(self.path.with_name(f"{self.path.name}.unsynced"))  # kept, and never landed
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _move_to_spare(self) -> None:
        """Go on in the spare folder with what is there already. Raise `OSError` if there is none, or it is as full."""
        spare, self._spare = self._spare, None
        if spare is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        here, self.path = self.path, private_folder(spare) / self.path.name
        self.abandon()
        self._descriptor, stored, self._stored = self._opened(), self._stored, 0
        if stored:
            with here.open("rb") as file:
                while chunk := file.read(min(1 << 20, stored - self._stored)):
                    self._append(memoryview(chunk))
        with suppress(OSError):
            here.unlink(missing_ok=True)

    def _opened(self) -> int:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NOFOLLOW | _CLOEXEC
        try:
            return os.open(self.path, flags, 0o600)
        except FileNotFoundError:
            # The folder was there when the job began. What was paid for still goes where it was asked to go.
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, flags, 0o600)

    @property
    def failed(self) -> bool:
        """Whether some of it could not be written."""
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
        self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Stop writing and keep what is on the disk."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def spill_file(path: Path, folder: Path, stem: str) -> Spilled:
    """Copy a file into a part file beside its target, verified and hashed."""
    part = Part(folder, stem)
    with path.open("rb") as source:
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


def land(spilled: Spilled, target: Path, *, overwrite: bool) -> MediaFile:
    """Give a whole part file its final name. Raise `FileExistsError` if that is taken and not to be overwritten."""
    beside = spilled.part.parent == target.parent
    part = spilled.part if beside else _copied_beside(spilled.part, target)
    part.chmod(0o666 & ~_UMASK)
    if overwrite:
        part.replace(target)
    else:
        _rename_without_overwriting(part, target)
    flush_folder(target.parent)
    if not beside:
        spilled.part.unlink(missing_ok=True)
    return MediaFile(
        media_type=spilled.media_type,
        path=target,
        size=spilled.size,
        sha256=spilled.sha256,
        width=spilled.width,
        height=spilled.height,
        duration=spilled.duration,
    )


def _copied_beside(part: Path, target: Path) -> Path:
    """A copy of a part file that had to be kept elsewhere, in the folder of its target and on the disk."""
    if not target.parent.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
    copy = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{PART_ENDING}")
    try:
        with part.open("rb") as source, copy.open("xb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    return copy


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
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputRefused(f"The folder {folder} cannot be written to.", next="Choose another output folder.")
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise OutputRefused(
            f"The disk of {folder} has {readable_size(free)} free; this needs {readable_size(needed_bytes)}.",
            next="Free some space or choose another output folder.",
        )


def private_folder(folder: Path) -> Path:
    """Create a folder that only its owner can read. Its parents, if they are missing, are as private."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=0o700, exist_ok=True)
        parent.chmod(0o700)  # whatever the umask is
    return folder


def process_start(process_id: int) -> str | None:
    """When a process of this machine started, in a form that only equals itself; `None` if it does not run."""
    try:
        # Fields 3 and 22, counted after the command's name, which may hold anything: proc_pid_stat(5).
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]  # a zombie is dead; only its parent has not looked yet
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else _alive_elsewhere(process_id)
    except OSError:
        return "unknown"


def _alive_elsewhere(process_id: int) -> str | None:
    """The same where there is no /proc: only whether it runs can be told."""
    if sys.platform == "win32":
        return "unknown"
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return "unknown"
    return "unknown"
