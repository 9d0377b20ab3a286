"""What `doctor` can tell of folders and files: who may look into them, their file systems, room, what was left over."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from ..engine.files import PART_ENDING, Root
from ..media import readable_size
from .finding import Finding

__all__ = ["disk", "files_of_configuration", "left_over", "network_file_system", "output_folder", "state_folder"]

LITTLE_SPACE = 500 * 10**6
"""Bytes. Less than this is a warning: a few films fill it."""
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "lustre"})
PRIVATE, OTHERS_WRITE = 0o077, 0o022


# --- The folder -----------------------------------------------------------------------------------------------------


def state_folder(home: Path) -> Iterator[Finding]:
    """Whether it can be written and keeps others out, and what its file system can do."""
    if home.exists() and not home.is_dir():
        yield _unusable(f"{home} is not a folder")
        return
    try:
        with tempfile.TemporaryDirectory(dir=_nearest(home)) as folder:
            problem = _lacks(Path(folder))
    except OSError as error:
        yield _unusable(f"{home} cannot be written: {error.strerror}")
        return
    if problem is not None:
        yield _unusable(f"the file system of {home} {problem}")
        return
    yield Finding(about="state folder", state="ok", says=str(home))
    yield from _keeps_others_out(home)
    mounts = Path("/proc/self/mountinfo")
    if mounts.exists() and (kind := network_file_system(_nearest(home).resolve(), mounts.read_text("utf-8"))):
        # "WAL does not work over a network filesystem": https://www.sqlite.org/wal.html, checked 2026-11-23.
        says = f"{home} is on a network file system ({kind}), where locks may not hold"
        yield Finding(about="state folder", state="warning", says=says, next="Set ANYMEDIA_HOME to a local folder.")


def _unusable(says: str) -> Finding:
    advice = "Set ANYMEDIA_HOME to a local folder that can be written."
    return Finding(about="state folder", state="bad", says=says, next=advice)


def _lacks(folder: Path) -> str | None:
    """What the ledger and the files need and this file system does not do, tried in an empty folder."""
    try:
        with Root(folder) as root:
            root.flush()
    except OSError as error:
        return f"cannot make a new name last: {error.strerror}"
    try:
        with closing(sqlite3.connect(folder / "tried.sqlite", isolation_level=None)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE tried (number INTEGER)")
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        return f"holds no ledger: {error}"
    return None if mode == "wal" else "has no shared memory for SQLite's write-ahead log"


def _keeps_others_out(home: Path) -> Iterator[Finding]:
    if not home.exists():
        return
    found = home.stat()
    if hasattr(os, "getuid") and found.st_uid != os.getuid():
        says, advice = f"{home} belongs to another user", f"chown it, or set ANYMEDIA_HOME: {home}"
        yield Finding(about="state folder", state="warning", says=says, next=advice)
    for path in (home, home / "ledger.sqlite"):
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        if os.name == "posix" and mode & PRIVATE:
            says = f"others of this machine may look into {path} (mode {mode:04o})"
            yield Finding(about="state folder", state="warning", says=says, next=f"chmod go= {path}")


def network_file_system(folder: Path, mounts: str) -> str | None:
    """The kind of network file system that a folder is on, told from the lines of /proc/self/mountinfo."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        place = Path(before.split()[4].replace("\\040", " "))
        if folder.is_relative_to(place) and len(place.parts) >= best:
            best, kind = len(place.parts), after.split()[0]
    return kind if kind in NETWORK_FILE_SYSTEMS else None


def files_of_configuration(files: Iterable[Path]) -> Iterator[Finding]:
    """Files that others may change: they could choose what is bought, and where it is sent."""
    for path in files:
        mode = stat.S_IMODE(path.stat().st_mode)
        if os.name == "posix" and mode & OTHERS_WRITE:
            says = f"others of this machine may change {path} (mode {mode:04o})"
            yield Finding(about="configuration", state="warning", says=says, next=f"chmod go-w {path}")


def output_folder(output: Path) -> Iterator[Finding]:
    """Whether files can be made where they are to land, and take a name without overwriting another file."""
    folder = _nearest(Path.cwd() / output)
    try:
        with tempfile.TemporaryDirectory(dir=folder) as tried:
            (Path(tried) / "part").touch()
            links = _takes_links(Path(tried))
    except OSError as error:
        says = f"{folder} cannot be written: {error.strerror}"
        yield Finding(about="output folder", state="warning", says=says, next="Name another with --output-dir.")
        return
    if not links:
        says = f"{folder} has no hard links: that a name is free is looked up first, and then it is taken"
        yield Finding(about="output folder", state="note", says=says)


def _takes_links(folder: Path) -> bool:
    try:
        os.link(folder / "part", folder / "linked")
    except OSError:
        return False
    return True


def disk(*folders: Path) -> Iterator[Finding]:
    for folder in dict.fromkeys(Path.cwd() / each for each in folders):
        free = shutil.disk_usage(_nearest(folder)).free
        says, advice = f"{readable_size(free)} free for {folder}", "Free some, or write elsewhere with --output-dir."
        enough = free >= LITTLE_SPACE
        yield Finding(about="disk", state="ok" if enough else "warning", says=says, next=None if enough else advice)


def _nearest(folder: Path) -> Path:
    """The folder, or the first of its parents that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists())


# --- What was left over ---------------------------------------------------------------------------------------------


def left_over(home: Path, output: Path) -> Iterator[Finding]:
    """Files that ended runs left: bytes that were paid for and are not whole, and parts of files."""
    in_quarantine = partial(_found, home / "quarantine", "*")
    parts = [*_found(home, f"**/*{PART_ENDING}"), *_found(Path.cwd() / output, f".*{PART_ENDING}")]
    if kept := list(in_quarantine()):
        says = f"{_amount(kept)} in {home / 'quarantine'}: paid for, and not what they should be"
        yield Finding(about="quarantine", state="note", says=says, next="Look at them; then they may be deleted.")
    if parts:
        says = f"{_amount(parts)} of unfinished files, the first is {parts[0]}"
        advice = "Open jobs need theirs: first `anymedia resume`, then delete what is left."
        yield Finding(about="left over", state="note", says=says, next=advice)


def _found(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file()) if folder.is_dir() else []


def _amount(files: list[Path]) -> str:
    return f"{len(files)} files, {readable_size(sum(path.stat().st_size for path in files))}"
