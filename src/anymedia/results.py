"""What comes back: frozen results, batches and jobs, and the one document they all turn into."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from .errors import AnymediaError, PartialResult
from .media import Json, MediaFile

SCHEMA = "anymedia/1"

JobStatus = Literal[
    "planned",
    "reserved",
    "submitting",
    "running",
    "ready",
    "done",
    "partial",
    "not_sent",
    "rate_limited",
    "rejected",
    "refused",
    "failed",
    "unknown",
    "expired",
    "verify_failed",
    "cancelled",
]
STATUS_OF_CODE: Mapping[str, JobStatus] = {
    "not_sent": "not_sent",
    "rate_limited": "rate_limited",
    "rejected": "rejected",
    "authentication_rejected": "rejected",
    "continuation_gone": "rejected",
    "refused": "refused",
    "failed": "failed",
    "empty_output": "failed",
    "expired": "expired",
    "unknown": "unknown",
    "unexpected_reply": "unknown",
    "partial": "partial",
    "verify_failed": "verify_failed",
    "cancelled": "cancelled",
}
"""The status of a job that ended with an error of this code."""

RESUMABLE: frozenset[JobStatus] = frozenset({"planned", "reserved", "running", "ready"})
"""A job in one of these states can be finished without paying again."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Money. `amount` is `None` when it is not known, which is never the same as zero."""

    amount: Decimal | None
    currency: str = "USD"
    source: str = "unknown"

    def __str__(self) -> str:
        return "unknown" if self.amount is None else f"{self.amount:f} {self.currency}"

    def document(self) -> dict[str, Json]:
        amount = None if self.amount is None else f"{self.amount:f}"
        return {"amount": amount, "currency": self.currency, "source": self.source}


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """One asked value that was replaced, with the caller's permission, and why."""

    field: str
    asked: Json
    got: Json
    why: str

    def __str__(self) -> str:
        return f"{self.field}: {_plain(self.asked)} became {_plain(self.got)} ({self.why})"

    def document(self) -> dict[str, Json]:
        return {"field": self.field, "asked": _plain(self.asked), "got": _plain(self.got), "why": self.why}


Severity = Literal["minor", "major", "foundation"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One objection of a review. `foundation` is the severity of what everything else rests on."""

    severity: Severity
    what: str
    where: str | None = None
    fix: str | None = None

    def __str__(self) -> str:
        where = "" if self.where is None else f" ({self.where})"
        return f"{self.severity}: {self.what}{where}{'' if self.fix is None else f' {self.fix}'}"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Something the provider keeps for the user, such as a cloned voice or an uploaded file."""

    kind: str
    id: str

    def document(self) -> dict[str, Json]:
        return {"kind": self.kind, "id": self.id}


@dataclass(frozen=True, kw_only=True)
class KeptResource(Resource):
    """A resource as the ledger knows it: who keeps it, which job it is of. Times are UTC."""

    backend: str
    job_id: str
    created_at: datetime
    deleted_at: datetime | None = None

    def document(self) -> dict[str, Json]:
        return {
            **super().document(),
            "backend": self.backend,
            "job_id": self.job_id,
            "created_at": self.created_at.isoformat(),
            "deleted_at": None if self.deleted_at is None else self.deleted_at.isoformat(),
        }


@dataclass(frozen=True, kw_only=True)
class Job:
    """One generation as the ledger knows it. `state` is the backend's own JSON; times are UTC.

    `remote_id` is the provider's own name of the job, where it has one. Of a job that was forgotten only its money is
    known.
    """

    id: str
    parent: str | None = None
    operation: str
    backend: str
    model: str
    status: JobStatus
    idempotency_key: str
    request: Json
    state: Json = None
    created_at: datetime
    submitted_at: datetime | None = None
    remote_id: str | None = None
    cost: Cost
    error: Json = None
    note: str | None = None
    forgotten_at: datetime | None = None

    @property
    def resumable(self) -> bool:
        return self.status in RESUMABLE

    def document(self) -> dict[str, Json]:
        """The job without its opaque state, which may name things that are the provider's."""
        return {
            "job_id": self.id,
            "parent": self.parent,
            "operation": self.operation,
            "backend": self.backend,
            "model": self.model,
            "status": self.status,
            "resumable": self.resumable,
            "idempotency_key": self.idempotency_key,
            "request": self.request,
            "created_at": self.created_at.isoformat(),
            "submitted_at": None if self.submitted_at is None else self.submitted_at.isoformat(),
            "remote_id": self.remote_id,
            "cost": self.cost.document(),
            "error": self.error,
            "note": self.note,
            "forgotten_at": None if self.forgotten_at is None else self.forgotten_at.isoformat(),
        }


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What was taken back of one job. Its money stays in the ledger; its key still keeps it from being bought again.

    `jobs` are all that were forgotten: the job, its parts, the other attempts at the same purchase. `removed` are files
    that are gone, `left` those that stay, with the reason. `resources` are what its provider keeps: nothing here can
    take that back. `not_continuable` are jobs that went on from this one; what they kept of it is gone too. `wiped` is
    false while another program reads the ledger: old pages of the file still hold it, until this is asked for again.
    """

    job_id: str
    jobs: tuple[str, ...]
    removed: tuple[Path, ...] = ()
    left: Mapping[Path, str] = field(default_factory=dict)
    resources: tuple[KeptResource, ...] = ()
    not_continuable: tuple[str, ...] = ()
    wiped: bool = True

    def document(self) -> dict[str, Json]:
        return {
            "job_id": self.job_id,
            "jobs": list(self.jobs),
            "removed": [str(path) for path in self.removed],
            "left": {str(path): why for path, why in self.left.items()},
            "resources": [resource.document() for resource in self.resources],
            "not_continuable": list(self.not_continuable),
            "wiped": self.wiped,
        }


@dataclass(frozen=True, kw_only=True)
class Result:
    """One finished request. Everything that was asked for is here, whole, on disk.

    `files` are in the provider's order; `why` explains the choice of backend and model, `adjustments` every value
    that is not the one asked for. `cost.amount` is `None` when nobody could tell. `findings` are those of a review, and
    `None` where none was asked for or none could be read; the document has the words that they are read from.
    """

    operation: str
    files: tuple[MediaFile, ...] = ()
    text: str | None = None
    resources: tuple[Resource, ...] = ()
    job_id: str
    idempotency_key: str
    backend: str
    model: str
    cost: Cost
    usage: Mapping[str, Json] = field(default_factory=dict)
    adjustments: tuple[Adjustment, ...] = ()
    warnings: tuple[str, ...] = ()
    continuation_id: str | None = None
    why: tuple[str, ...] = ()
    provider_metadata: Mapping[str, Json] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] | None = None

    @property
    def path(self) -> Path:
        """Where the first file is. Raise `ValueError` for a result without files, such as words without an `output`."""
        if not self.files or self.files[0].path is None:
            words = "" if self.text is None else " Its words are in `text`; with `output` they go into a file too."
            raise ValueError(f"This result has no file.{words}")
        return self.files[0].path

    def __fspath__(self) -> str:
        return str(self.path)

    def read_bytes(self) -> bytes:
        """The first file, whole, in memory."""
        return self.path.read_bytes()

    def __str__(self) -> str:
        receipt = f"(by {self.backend}:{self.model}, cost {self.cost}, {self.job_id})"
        if self.text is not None and not self.files:
            return f"{self.text.rstrip() or 'no words'}\n{receipt}"
        kept = ", ".join(f"{resource.kind} {resource.id}" for resource in self.resources)
        return f"{', '.join(str(file.path) for file in self.files) or kept or 'nothing'} {receipt}"

    @property
    def status(self) -> Literal["done", "partial"]:
        return "partial" if self.missing else "done"

    def entry(self, index: int = 0) -> dict[str, Json]:
        """This result as one entry of a document."""
        return {
            "index": index,
            "status": self.status,
            "success": not self.missing,
            "files": [_file_document(file) for file in self.files],
            "text": self.text,
            "resources": [resource.document() for resource in self.resources],
            "backend": self.backend,
            "model": self.model,
            "job_id": self.job_id,
            "idempotency_key": self.idempotency_key,
            "cost": self.cost.document(),
            "continuation_id": self.continuation_id,
            "adjustments": [adjustment.document() for adjustment in self.adjustments],
            "why": list(self.why),
            "warnings": list(self.warnings),
            "error": None,
        }

    def document(self) -> dict[str, Json]:
        """The JSON that `--json` and the agent tools give for this result."""
        return document(operation=self.operation, outcomes=[self])

    def _repr_mimebundle_(self, include: Json = None, exclude: Json = None) -> dict[str, Json]:
        """Jupyter: the picture itself, or a player, and the words."""
        return {"text/plain": str(self), "text/html": _shown(self)}


@dataclass(frozen=True, kw_only=True)
class Batch(Sequence["Result | AnymediaError"]):
    """The outcomes of several prompts, in input order: a `Result` or the error of each."""

    operation: str
    outcomes: tuple[Result | AnymediaError, ...]

    def __getitem__(self, index: int) -> Result | AnymediaError:  # type: ignore[override]
        return self.outcomes[index]

    def __len__(self) -> int:
        return len(self.outcomes)

    def __str__(self) -> str:
        return "\n".join(str(outcome) for outcome in self.outcomes)

    @property
    def results(self) -> tuple[Result, ...]:
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, Result))

    @property
    def errors(self) -> tuple[AnymediaError, ...]:
        return tuple(outcome for outcome in self.outcomes if isinstance(outcome, AnymediaError))

    @property
    def succeeded(self) -> int:
        return len(self.results)

    @property
    def failed(self) -> int:
        return len(self.errors)

    def document(self) -> dict[str, Json]:
        return document(operation=self.operation, outcomes=self.outcomes)

    def _repr_html_(self) -> str:
        return "".join(_shown(result) for result in self.results)


def document(
    *, operation: str | None, outcomes: Sequence[Result | AnymediaError], mode: str | None = None
) -> dict[str, Json]:
    """One document for one prompt or many. `success` is true only when every entry is done."""
    entries = [_entry(outcome, index) for index, outcome in enumerate(outcomes)]
    succeeded = sum(entry["success"] for entry in entries)
    return {
        "schema": SCHEMA,
        "success": succeeded == len(entries) > 0,
        "operation": operation,
        "mode": mode or operation,
        "total": len(entries),
        "succeeded": succeeded,
        "failed": len(entries) - succeeded,
        "results": entries,
    }


def _entry(outcome: Result | AnymediaError, index: int) -> dict[str, Json]:
    if isinstance(outcome, Result):
        return outcome.entry(index)
    if isinstance(outcome, PartialResult):
        return {**outcome.result.entry(index), "error": outcome.document()}
    return {
        "index": index,
        "status": STATUS_OF_CODE.get(outcome.code, outcome.code),
        "success": False,
        "files": [],
        "text": None,
        "resources": [],
        "backend": outcome.backend,
        "model": outcome.model,
        "job_id": outcome.job_id,
        "idempotency_key": outcome.idempotency_key,
        "cost": Cost(amount=Decimal(0) if outcome.charged == "no" else None).document(),
        "continuation_id": None,
        "adjustments": [],
        "why": [],
        "warnings": [],
        "error": outcome.document(),
    }


def _file_document(file: MediaFile) -> dict[str, Json]:
    return {
        "path": None if file.path is None else str(file.path),
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "duration_seconds": file.duration,
    }


def _plain(value: Json) -> Json:
    if isinstance(value, MediaFile):
        return value.summary
    if isinstance(value, tuple) and value and all(isinstance(side, int) for side in value):
        return "x".join(str(side) for side in value)
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


INLINE_LIMIT = 64 * 2**20
"""Bytes of media a notebook shows inline; beyond it the notebook file itself becomes unusable."""


def _shown(result: Result) -> str:
    words = "" if result.text is None else f'<pre style="white-space:pre-wrap">{html.escape(result.text)}</pre>'
    return "".join(_player(file) for file in result.files) + words


def _player(file: MediaFile) -> str:
    name = html.escape(str(file.path))
    if file.path is None or (file.size or 0) > INLINE_LIMIT:
        return f"<p>{name}</p>"
    source = f"data:{html.escape(file.media_type)};base64,{base64.b64encode(file.read_bytes()).decode()}"
    match file.media_type.partition("/")[0]:
        case "image":
            return f'<img src="{source}" alt="{name}" style="max-width:100%">'
        case "video":
            return f'<video controls src="{source}" style="max-width:100%"></video>'
        case "audio":
            return f'<audio controls src="{source}"></audio>'
    return f"<p>{name}</p>"
