"""The end of a job in one trip to the ledger's thread: commit what came, name the files, close the account."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import EmptyOutput, PartialResult, VerificationFailed
from ..media import Json, Spilled
from ..operations import OPERATIONS
from ..spec.backend import Backend, Model
from ..spec.wire import Succeeded
from . import continuations
from .asked_and_got import differences, with_medium_checked
from .blobs import Blobs
from .foreign_words import quoted
from .landing import Landed, Lander
from .ledger import Row, finish_job, update_job
from .marks import write_marks
from .records import error_document, file_to_json, result_to_json


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What it takes to close one job. `outputs` are in part files; `ready` are columns to be committed first."""

    row: Row
    backend: Backend
    model: Model
    step: Succeeded
    outputs: Sequence[Spilled]
    lander: Lander
    blobs: Blobs
    ready: Mapping[str, Json] | None = None

    def run(self, connection: sqlite3.Connection) -> Row:
        """Commit, land, close; give back the finished row. What is not whole is set aside and named in the error."""
        if self.ready is not None:
            update_job(connection, self.row["id"], **self.ready)
        landed = self.lander.land_each([with_medium_checked(self.row, output) for output in self.outputs])
        unmarked = self._mark(landed)
        missing = (*self.step.missing, *landed.problems)
        unlike = differences(self.row, landed.files, len(missing))
        stored = result_to_json(
            self.step,
            warnings=(*self.step.warnings, *landed.warnings, *unlike, *unmarked),
            missing=missing,
            continuation=self._store_continuation(connection, landed),
        )
        shortfall = self._without_file if self._has_more_than_files and not landed.files else self._shortfall
        status, error = shortfall(landed, missing) or ("done", None)
        # Not durable: after a power cut the job is found `ready`, its files in place, and is closed again.
        return finish_job(
            connection,
            self.row["id"],
            durable=False,
            status=status,
            private_state=None,
            private_step=None,
            kept_files=[file_to_json(file) for file in landed.files],
            result=stored,
            error=error,
        )

    def _mark(self, landed: Landed) -> list[str]:
        """Write the marks beside the files, if they are wanted; a sentence for every file without them."""
        without = []
        for file in landed.files if self.lander.marks else ():
            try:
                write_marks(self.row, self.backend, file)
            except OSError as error:
                without.append(f"The marks of {Path(file).name} could not be written: {error.strerror}.")
        return without

    @property
    def _has_more_than_files(self) -> bool:
        """Whether words that were asked for came, or a voice was made: they are in the result without any file."""
        return self._has_words or bool(self.step.resources)

    @property
    def _has_words(self) -> bool:
        return self.step.text is not None and OPERATIONS[self.row["operation"]].makes == "text"

    def _without_file(self, landed: Landed, missing: Sequence[str]) -> tuple[str, Json] | None:
        if not missing:
            return None
        kept = ", ".join(f"{resource.kind} {resource.id}" for resource in self.step.resources)
        came = f"{self.backend.title} made and keeps {kept}" if kept else "The words came"
        then = f"The {'ids' if kept else 'words'} are in the result."
        said = f"{came}, and this is not all that was asked for: {' '.join(missing)}"
        return "partial", error_document(PartialResult, said, then)

    def _shortfall(self, landed: Landed, missing: Sequence[str]) -> tuple[str, Json] | None:
        """The status and error of a job that did not bring everything that was asked for."""
        if not missing and landed.files:
            return None
        reasons = " ".join(missing)
        if landed.files:
            total = len(landed.files) + len(missing)
            said, then = f"{len(landed.files)} of {total} outputs arrived: {reasons}", "Those that came are kept."
            return "partial", error_document(PartialResult, said, then)
        if landed.problems:
            then = "It was paid for. Look at the quarantined bytes before you ask again."
            return "verify_failed", error_document(VerificationFailed, reasons, then)
        words = f" It said: {quoted(self.step.text)}." if self.step.text else ""
        said = reasons or f"The provider said that it succeeded and delivered nothing.{words}"
        return "failed", error_document(EmptyOutput, said, "It may have been charged.")

    def _store_continuation(self, connection: sqlite3.Connection, landed: Landed) -> str | None:
        """Keep what a later request needs, if the backend left something or the last output is all it needs."""
        state, declared = self.step.continuation, self.model.continuation
        by_output = declared is not None and declared.state == "last_output" and self._is_continuable
        if not (landed.files or self._has_words) or (state is None and not by_output):
            return None
        last = continuations.encode(landed.files[-1], self.blobs) if landed.files else None
        if by_output:
            state = {**(state or {}), "last_output": last}
        return continuations.store(connection, self.row, state, last, self.blobs)

    @property
    def _is_continuable(self) -> bool:
        request = json.loads(self.row["request"])
        return bool(request.get("continuable")) or self.row["continues"] is not None
