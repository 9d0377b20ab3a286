"""Steps, results and errors as JSON columns of the ledger, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from ..errors import AnymediaError, PartialResult, RateLimited
from ..media import Json, MediaFile, Spilled
from ..results import STATUS_OF_CODE, Adjustment, Resource, Result
from ..spec.wire import Succeeded
from .ledger import Row, cost_of
from .redaction import REDACTOR

# --- Outputs and steps ------------------------------------------------------------------------------------------


def output_to_json(output: MediaFile | Spilled) -> Json:
    if isinstance(output, Spilled):
        return {"spilled": {**vars(output), "part": str(output.part)}}
    return {"url": output.url, "media_type": output.media_type}


def output_from_json(value: Json) -> MediaFile | Spilled:
    if "spilled" in value:
        return Spilled(**{**value["spilled"], "part": Path(value["spilled"]["part"])})
    return MediaFile(media_type=value["media_type"], url=value["url"])


def step_to_json(step: Succeeded, outputs: Sequence[MediaFile | Spilled], continuation: Json) -> Json:
    """A finished step. `outputs` are its files, gathered; `continuation` is encoded: nothing is only in memory."""
    return {
        "files": [output_to_json(output) for output in outputs],
        "missing": list(step.missing),
        "text": step.text,
        "resources": [resource.document() for resource in step.resources],
        "continuation": continuation,
        "usage": dict(step.usage),
        "warnings": list(step.warnings),
        "metadata": dict(step.metadata),
    }


def step_from_json(value: Json) -> Succeeded:
    return Succeeded(
        files=tuple(output_from_json(item) for item in value["files"]),
        missing=tuple(value["missing"]),
        text=value["text"],
        resources=tuple(Resource(**item) for item in value["resources"]),
        continuation=value["continuation"],
        usage=value["usage"],
        warnings=tuple(value["warnings"]),
        metadata=value["metadata"],
    )


# --- Files and results ------------------------------------------------------------------------------------------


def file_to_json(file: MediaFile) -> Json:
    kept = {each.name: getattr(file, each.name) for each in fields(file) if each.name not in ("data", "url", "spilled")}
    return {**kept, "path": str(file.path)}


def file_from_json(value: Json) -> MediaFile:
    return MediaFile(**{**value, "path": Path(value["path"])})


def result_to_json(
    step: Succeeded, *, warnings: Sequence[str], missing: Sequence[str], continuation: str | None
) -> Json:
    """The part of a result that only the end of the job knows."""
    return {
        "text": step.text,
        "resources": [resource.document() for resource in step.resources],
        "usage": dict(step.usage),
        "warnings": list(warnings),
        "missing": list(missing),
        "continuation_id": continuation,
        "provider_metadata": json.loads(REDACTOR.clean(json.dumps(dict(step.metadata)))),
    }


def result_of(row: Row) -> Result:
    """The result of a job that is done or partial."""
    selection, stored = json.loads(row["selection"]), json.loads(row["result"])
    return Result(
        operation=row["operation"],
        files=tuple(file_from_json(item) for item in json.loads(row["kept_files"])),
        text=stored["text"],
        resources=tuple(Resource(**item) for item in stored["resources"]),
        job_id=row["id"],
        idempotency_key=row["idempotency_key"],
        backend=row["backend"],
        model=row["model"],
        cost=cost_of(row),
        usage=stored["usage"],
        adjustments=tuple(Adjustment(**item) for item in selection["adjustments"]),
        warnings=(*selection["warnings"], *stored["warnings"]),
        continuation_id=stored["continuation_id"],
        why=tuple(selection["why"]),
        provider_metadata=stored["provider_metadata"],
        missing=tuple(stored["missing"]),
    )


# --- Errors -----------------------------------------------------------------------------------------------------


def error_to_json(error: AnymediaError) -> Json:
    return {**error.document(), "details": error.details}


def error_document(kind: type[AnymediaError], message: str, then: str | None) -> Json:
    """The column of an error that is built when it is read: `PartialResult` needs the finished row."""
    return {
        "code": kind.code,
        "message": message,
        "next": then,
        "retryable": kind.retryable_by_default,
        "charged": kind.charged_by_default,
        "details": None,
    }


def error_of(row: Row) -> AnymediaError:
    """The error a finished job ended with, as it was raised the first time."""
    stored = json.loads(row["error"])
    kind = _error_classes()[stored["code"]]
    receipt = {
        "next": stored["next"],
        "charged": stored["charged"],
        "retryable": stored["retryable"],
        "details": stored["details"],
        "job_id": row["id"],
        "idempotency_key": row["idempotency_key"],
        "backend": row["backend"],
        "model": row["model"],
    }
    if kind is RateLimited:
        retry_at = (stored["details"] or {}).get("retry_at")
        return RateLimited(stored["message"], retry_at=retry_at and datetime.fromisoformat(retry_at), **receipt)
    if kind is PartialResult:
        return PartialResult(stored["message"], result=result_of(row), **receipt)
    return kind(stored["message"], **receipt)


def _error_classes() -> Mapping[str, type[AnymediaError]]:
    found: dict[str, type[AnymediaError]] = {}
    waiting: list[type[AnymediaError]] = [AnymediaError]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting += kind.__subclasses__()
    return found


def status_of(error: AnymediaError) -> str:
    """The status a job has after this error; what is no failure of the provider's may still have been paid for."""
    status = STATUS_OF_CODE.get(error.code, "unknown")
    return "rejected" if status == "unknown" and error.charged == "no" else status
