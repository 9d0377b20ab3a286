"""Finds and removes the files of one job: what lies in the state folder, what was left on the way, its outputs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from glob import escape
from pathlib import Path

from ..operations import media_in
from .blobs import Blobs
from .files import PART_ENDING, Root, sha256_of
from .landing import Target
from .ledger import Row
from .marks import ENDING as MARKS_ENDING
from .marks import is_ours
from .part import SPOOL
from .request_json import from_json
from .settings import FETCHED_INPUTS

NOT_ASKED = "the files that were made stay, unless `files` says otherwise"
CHANGED = "it is not what was made any more"
NOT_KNOWN = "an unfinished picture, perhaps of another job: its name was chosen by you"


def fetched_folders(row: Row, home: Path) -> Iterator[Path]:
    """The folders of inputs that were named by their address and fetched for this job."""
    folder = home / "scratch" / FETCHED_INPUTS
    if FETCHED_INPUTS in row["request"]:
        request = from_json(json.loads(row["request"]), Blobs(home).path)
        paths = (file.path for files in media_in(request).values() for file in files)
        yield from {path.parent for path in paths if path is not None and path.parent.parent == folder}


class Removal:
    """Removes the files of jobs, and remembers which. With `outputs` those that were made go too."""

    def __init__(self, *, home: Path, outputs: bool) -> None:
        self.removed: list[Path] = []
        self.left: dict[Path, str] = {}
        self._home = home
        self._outputs = outputs

    def remove(self, row: Row) -> None:
        """Remove what is there of one job. What cannot be removed is left, with the reason."""
        target = Target.of(json.loads(row["output"]))
        for path in (*self._beside(row["id"], target), *fetched_folders(row, self._home)):
            self.drop(path)
        for file in json.loads(row["kept_files"]):
            self._drop_output(Path(file["path"]), file["sha256"])
        for path in self._previews(target):
            self._drop_preview(path, is_own=target.name is None)

    def _beside(self, job_id: str, target: Target) -> Iterator[Path]:
        """What the job keeps for itself: parts, scratch, quarantine, spool, part files. The stem is its own."""
        yield from (each for each in (self._home / "parts" / job_id, self._home / "scratch" / job_id) if each.exists())
        quarantine, stem = self._home / "quarantine", escape(target.stem)
        yield from quarantine.glob(f"{escape(job_id)}-*")
        yield from quarantine.glob(f"{stem}-*")
        yield from (self._home / SPOOL).glob(f".{stem}.*")
        yield from target.folder.glob(f".{stem}.*{PART_ENDING}*")

    def _previews(self, target: Target) -> Iterator[Path]:
        stem = target.stem if target.name is None else Path(target.name).stem
        return target.folder.glob(f"{escape(stem)}.partial-*")

    def _drop_preview(self, path: Path, *, is_own: bool) -> None:
        """Remove an unfinished picture. Its hash is written nowhere: only a name of this job alone says whose it is."""
        if not self._outputs or not is_own:
            self.left[path] = NOT_KNOWN if self._outputs else NOT_ASKED
        else:
            self.drop(path)

    def _drop_output(self, path: Path, digest: str) -> None:
        if not path.is_file():
            return
        if (why := self._why_left(path, digest)) is not None:
            self.left[path] = why
            return
        self.drop(path)
        marks = path.with_name(path.name + MARKS_ENDING)
        if marks.exists() and is_ours(marks):
            self.drop(marks)

    def _why_left(self, path: Path, digest: str) -> str | None:
        if not self._outputs:
            return NOT_ASKED
        try:
            return None if sha256_of(path) == digest else CHANGED
        except OSError as error:
            return f"it cannot be read: {error.strerror}"

    def drop(self, path: Path) -> None:
        """Remove a file, or a folder with what is in it."""
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                with Root(path.parent) as root:
                    root.remove(path.name)
        except FileNotFoundError:
            return
        except OSError as error:
            self.left[path] = f"it cannot be removed: {error.strerror}"
        else:
            self.removed.append(path)
