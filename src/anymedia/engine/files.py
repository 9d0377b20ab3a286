"""Files on disk: atomic landing without overwriting, names, free space, processes. All platform calls are here.

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
from pathlib import Path

from ..errors import OutputRefused
from ..media import MediaFile, Spilled, readable_size

PART_ENDING = ".part"
_UMASK = os.umask(0o077)
os.umask(_UMASK)  # it can only be read by setting it, which is not safe once there are threads
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def open_new(path: Path) -> int:
    """A descriptor of a new file that only its owner can read, and that nobody prepared. Raise `OSError`."""
    return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NOFOLLOW | _CLOEXEC, 0o600)


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
