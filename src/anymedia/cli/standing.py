"""Where jobs stand in the ledger when somebody pressed Ctrl-C, and what can be done about each."""

from __future__ import annotations

from collections.abc import Sequence

from ..client import AsyncClient
from ..engine.ledger import Row, job_of
from ..engine.records import error_of, result_of
from ..errors import Cancelled, Charged, StillRunning
from ..results import Job, document
from .outcomes import Outcome, show_outcome
from .showing import Screen

INTERRUPTED = 130


class Interrupted(Exception):
    """Ctrl-C, after the jobs have let go. `outcomes` says for each job that was opened where it stands."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        super().__init__("interrupted")
        self.outcomes = tuple(outcomes)


async def standing(client: AsyncClient, job_ids: Sequence[str]) -> list[Outcome]:
    """The state of these jobs as it is written in the ledger."""
    ledger = client.desk.ledger
    return [_outcome(await ledger.row(job_id)) for job_id in job_ids]


def _outcome(row: Row) -> Outcome:
    if row["error"] is not None:
        return error_of(row)
    return result_of(row) if row["status"] == "done" else still_open(job_of(row))


def still_open(job: Job) -> StillRunning:
    """An open job as the error its document has: what happened, and how to go on."""
    said, then, charged = _words(job)
    return StillRunning(
        said,
        next=then,
        charged=charged,
        job_id=job.id,
        idempotency_key=job.idempotency_key,
        backend=job.backend,
        model=job.model,
    )


def _words(job: Job) -> tuple[str, str, Charged]:
    resume = f"`anymedia resume {job.id}`"
    match job.status:
        case "planned" | "reserved":
            return "Interrupted before anything was sent.", f"{resume} sends it.", "no"
        case "submitting":
            return "Interrupted while it was sent.", f"{resume} says what became of it.", "maybe"
    return "Interrupted; the job is submitted.", f"{resume} goes on, without paying again.", "yes"


def show_interrupted(screen: Screen, interrupted: Interrupted, operation: str | None) -> int:
    """Say of each job where it stands, and return 130."""
    screen.warning("interrupted" if interrupted.outcomes else "interrupted; nothing was begun or sent")
    for outcome in interrupted.outcomes:
        show_outcome(screen, outcome)
    if screen.json:
        shown = interrupted.outcomes or [Cancelled("Interrupted before anything was sent.", charged="no")]
        screen.document({**document(operation=operation, outcomes=shown), "success": False})
    return INTERRUPTED
