"""Jobs that are parts of a larger job. Each is found again by its place in the parent after a crash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from ..errors import AnymediaError, BackendDefect, GenerationFailed, StillRunning
from ..operations import Request
from ..results import Result
from .ledger import Row
from .surroundings import Report

OpenChild = Callable[[Row, int, Request], Awaitable[str]]
RunJob = Callable[..., Awaitable[Result]]


async def run_children(
    parent: Row,
    requests: Sequence[Request],
    *,
    opener: OpenChild | None,
    run_job: RunJob,
    deadline: float,
    report: Report,
) -> tuple[Result, ...]:
    """Open and run a job for each request, all at once. Raise the first failure when all have ended."""
    if opener is None:
        raise BackendDefect("Child jobs need a client.")
    ids = [await opener(parent, index, request) for index, request in enumerate(requests)]
    left = max(0.0, deadline - time.monotonic())
    runs = [run_job(job_id, wait=left, report=report) for job_id in ids]
    outcomes = await asyncio.gather(*runs, return_exceptions=True)  # what one part lost, the others keep
    return tuple(_part(job_id, outcome, outcomes) for job_id, outcome in zip(ids, outcomes, strict=True))


def _part(job_id: str, outcome: Result | BaseException, among: Sequence[Result | BaseException]) -> Result:
    """The result of a child job, or the error of its parent."""
    if isinstance(outcome, Result):
        return outcome
    if isinstance(outcome, StillRunning) or not isinstance(outcome, AnymediaError):
        raise outcome
    nothing = all(isinstance(each, AnymediaError) and each.charged == "no" for each in among)
    raise GenerationFailed(
        f"A part of it ({job_id}) failed: {outcome.message}", next=outcome.next, charged="no" if nothing else "maybe"
    ) from outcome


async def no_children(*_: object, **__: object) -> Result:
    raise BackendDefect("Child jobs need an engine.")
