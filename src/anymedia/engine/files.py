"""Files on disk, reached from handles and never through a link; free space. All calls of the platform for files.

A file appears under its final name only when it is whole: bytes go to a part file in the same folder, are flushed,
and are then linked to their name, which fails if the name is taken. A path is resolved once, by `real`; from then on
a link that turns up on the way is an attack or an accident, and is refused.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from ..errors import OutputRefused
from ..media import MediaFile, Spilled, readable_size

PART_ENDING = ".part"
_UMASK = os.umask(0o077)
os.umask(_UMASK)  # it can only be read by setting it, which is not safe once there are threads
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_NEW = os.O_CREAT | os.O_EXCL | os.O_WRONLY | _NOFOLLOW | _CLOEXEC | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NOFOLLOW | _CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# A parent that may be passed but not listed has no other handle than one of O_PATH. openat2 would do all components in
# one call: 2 us instead of 10 for eight of them (measured on 2026-11-23), some 50 us for a job, not worth a second way.
_PASS = getattr(os, "O_PATH", os.O_RDONLY) | _DIRECTORY | _NOFOLLOW | _CLOEXEC
HAS_HANDLES = bool(_NOFOLLOW and _DIRECTORY and os.open in os.supports_dir_fd)
"""Whether folders can be held by handles. Elsewhere a path is checked before and after each use."""
_HANDLES_HAVE_MODES = os.chmod in os.supports_fd


class NotPlain(OSError):
    """Something on the way to a file, or in its place, is a link, a device or another thing that is never used."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(errno.ELOOP, f"{path} is {found}", str(path))


def real(path: Path) -> Path:
    """The path without links, where it leads now; what does not exist yet is taken as it stands. Raise `OSError`."""
    try:
        return Path(os.path.realpath(path))  # `Path.resolve` raises another error for a loop before 3.13
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error), str(path)) from None


class Root:
    """A folder held open. Names below it are reached from its handle: what is swapped meanwhile leads nowhere else.

    No component of `folder` may be a link: it was resolved before. With `create`, what is missing of it is made.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        self._handle: int | None = None
        if HAS_HANDLES:
            self._handle = _entered(folder, create=create)
        else:
            if create:
                folder.mkdir(parents=True, exist_ok=True)
            self._check_path()

    def __enter__(self) -> Root:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def open_new(self, name: str) -> int:
        """A descriptor of a new file that only its owner can read, and that nobody prepared."""
        place, handle = self._place(name)
        descriptor = os.open(place, _NEW, 0o600, dir_fd=handle)
        try:
            self._check_again(os.fstat(descriptor), name)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def open_plain(self, name: str) -> int:
        """A descriptor for reading a regular file. Nothing else is opened: that may block, or do something."""
        self._check_plain(self.stat(name), name)
        place, handle = self._place(name)
        descriptor = os.open(place, _READ, dir_fd=handle)
        try:
            found = os.fstat(descriptor)
            self._check_plain(found, name)
            self._check_again(found, name)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def stat(self, name: str) -> os.stat_result:
        """What is known of the name itself, not of what it may lead to."""
        place, handle = self._place(name)
        return os.stat(place, dir_fd=handle, follow_symlinks=False)

    def remove(self, name: str) -> None:
        """Remove a name, if it is there."""
        place, handle = self._place(name)
        with suppress(FileNotFoundError):
            os.unlink(place, dir_fd=handle)

    def move(self, name: str, other: Root, new_name: str) -> None:
        """Give a file a name in this or another folder of the same disk, over whatever has it."""
        (place, handle), (new_place, new_handle) = self._place(name), other._place(new_name)
        os.replace(place, new_place, src_dir_fd=handle, dst_dir_fd=new_handle)

    def publish(self, part: str, name: str, *, overwrite: bool) -> None:
        """Give a whole part file its final name and the usual permissions. Raise `FileExistsError` if it is taken."""
        descriptor = self.open_plain(part)
        try:
            whole = os.fstat(descriptor)
            if _HANDLES_HAVE_MODES:
                os.chmod(descriptor, 0o666 & ~_UMASK)  # noqa: PTH101 - a handle is no path
        finally:
            os.close(descriptor)
        if overwrite:
            self.move(part, self, name)
            self._check_same(whole, name)
        elif self._linked(part, name):
            try:
                self._check_same(whole, name)
            except NotPlain:
                if os.path.samestat(self.stat(part), self.stat(name)):
                    self.remove(name)  # the part file was swapped, and whatever that is was given the name by us
                raise
            self.remove(part)
        self.flush()

    def _linked(self, part: str, name: str) -> bool:
        """Give the part file a second name that is free; `False` where that took its first one away."""
        (place, handle), (new_place, _) = self._place(part), self._place(name)
        try:
            os.link(place, new_place, src_dir_fd=handle, dst_dir_fd=handle, follow_symlinks=False)
            return True
        except (OSError, NotImplementedError) as error:
            # A file system without hard links (FAT, some network mounts). The check and the rename are two steps there.
            if getattr(error, "errno", None) not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, None):
                raise
        with suppress(FileNotFoundError):
            self.stat(name)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.folder / name))
        self.move(part, self, name)
        return False

    def names(self) -> list[str]:
        """The names in the folder."""
        if self._handle is None:
            return os.listdir(self.folder)  # noqa: PTH208 - like that of a handle
        with self._readable() as handle:
            return os.listdir(handle)  # noqa: PTH208 - a handle is no path

    def flush(self) -> None:
        """Make new names survive a power cut. Not every platform can."""
        if self._handle is not None:
            with self._readable() as handle:
                os.fsync(handle)

    @contextmanager
    def _readable(self) -> Iterator[int]:
        """A handle that can do more than lead on."""
        handle = os.open(".", os.O_RDONLY | _DIRECTORY | _CLOEXEC, dir_fd=self._handle)
        try:
            yield handle
        finally:
            os.close(handle)

    def _place(self, name: str) -> tuple[str, int | None]:
        """How the system is told of a name in this folder. A name that would lead out of it is a defect of ours."""
        if name in ("", ".", "..") or Path(name).name != name or "\0" in name:
            raise OSError(errno.EINVAL, f"{name!r:.60} is no name for a file")
        if self._handle is not None:
            return name, self._handle
        self._check_path()
        return str(self.folder / name), None

    def _check_path(self) -> None:
        if real(self.folder) != self.folder:
            raise NotPlain(self.folder, "reached through a link")

    def _check_again(self, used: os.stat_result, name: str) -> None:
        """Without a handle, what was just opened may be somewhere else."""
        if self._handle is None:
            self._check_same(used, name)

    def _check_plain(self, found: os.stat_result, name: str) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise NotPlain(self.folder / name, _kind(found.st_mode))

    def _check_same(self, expected: os.stat_result, name: str) -> None:
        """Raise if the name stands for another file than the one that was just used."""
        found = self.stat(name)
        self._check_plain(found, name)
        if (found.st_dev, found.st_ino) != (expected.st_dev, expected.st_ino):
            raise NotPlain(self.folder / name, "another file now")


def _entered(folder: Path, *, create: bool) -> int:
    """A handle of a folder, each component entered from the one before; if wanted, those missing are made."""
    handle = os.open(folder.anchor, _PASS)
    for number, name in enumerate(folder.parts[1:], 2):
        try:
            inner = _step(handle, name, create=create)
        except OSError as error:
            if error.errno not in (errno.ENOTDIR, errno.ELOOP):  # platforms differ in what they call a link
                raise
            mode = os.stat(name, dir_fd=handle, follow_symlinks=False).st_mode
            raise NotPlain(Path(*folder.parts[:number]), _kind(mode)) if stat.S_ISLNK(mode) else error from None
        finally:
            os.close(handle)
        handle = inner
    return handle


def _step(handle: int, name: str, *, create: bool) -> int:
    try:
        return os.open(name, _PASS, dir_fd=handle)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=handle)
    return os.open(name, _PASS, dir_fd=handle)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


# --- One file at a time -----------------------------------------------------------------------------------------


def open_new(path: Path) -> int:
    """A descriptor of a new file that only its owner can read, in a folder that is made again if it is gone."""
    with Root(path.parent, create=True) as root:
        return root.open_new(path.name)


def open_plain(path: Path) -> BufferedReader:
    """A regular file, open for reading; the caller closes it. Raise `OSError`."""
    with Root(path.parent) as root:
        return os.fdopen(root.open_plain(path.name), "rb")


def remove(path: Path) -> None:
    """Remove a file, if it and its folder are there."""
    with suppress(FileNotFoundError, NotADirectoryError), Root(path.parent) as root:
        root.remove(path.name)


def move(path: Path, target: Path) -> Path:
    """Give a file another name on the same disk, over whatever has it."""
    with Root(path.parent) as here, Root(target.parent) as there:
        here.move(path.name, there, target.name)
    return target


def size_of(path: Path) -> int | None:
    """The bytes of a file; `None` if there is none, or something else."""
    try:
        with Root(path.parent) as root:
            found = root.stat(path.name)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def sha256_of(path: Path) -> str:
    with open_plain(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(content: bytes, target: Path, *, private: bool = True) -> None:
    """Put a small file in place, whole or not at all, over whatever has its name. Raise `OSError`."""
    with Root(target.parent) as root:
        part = f".{target.stem}.{secrets.token_hex(4)}{PART_ENDING}"
        try:
            with os.fdopen(root.open_new(part), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if private:
                root.move(part, root, target.name)
            else:
                root.publish(part, target.name, overwrite=True)
        except OSError:
            with suppress(OSError):
                root.remove(part)
            raise


def land(spilled: Spilled, target: Path, *, overwrite: bool) -> MediaFile:
    """Give a whole part file its final name. Raise `FileExistsError` if that is taken and not to be overwritten."""
    beside = spilled.part.parent == target.parent
    with Root(target.parent, create=not beside) as root:
        part = spilled.part.name if beside else _copied_to(root, spilled.part, target.stem)
        try:
            root.publish(part, target.name, overwrite=overwrite)
        except OSError:
            if not beside:
                root.remove(part)
            raise
    if not beside:
        remove(spilled.part)
    return MediaFile(
        media_type=spilled.media_type,
        path=target,
        size=spilled.size,
        sha256=spilled.sha256,
        width=spilled.width,
        height=spilled.height,
        duration=spilled.duration,
    )


def _copied_to(root: Root, part: Path, stem: str) -> str:
    """The name of a copy of a part file that had to be kept elsewhere, in the folder of its target and on the disk."""
    name = f".{stem}.{secrets.token_hex(4)}{PART_ENDING}"
    try:
        with open_plain(part) as source, os.fdopen(root.open_new(name), "wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            root.remove(name)
        raise
    return name


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours with all that is in it. Links in it are removed, not followed."""
    shutil.rmtree(folder, ignore_errors=True)


# --- Checks before anything is spent ----------------------------------------------------------------------------


def prepare_folder(folder: Path, *, needed_bytes: int) -> None:
    """Create the output folder and make sure that it takes files. Raise `OutputRefused` with the reason."""
    try:
        with Root(folder, create=True):
            pass
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
