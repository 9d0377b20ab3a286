"""Jobs that are parts of a larger job. Each is found again by its place in the parent after a crash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from ..errors import AnymediaError, BackendDefect, GenerationFailed
from ..operations import Request
from ..results import Result
from .budget import give_up
from .ledger import Ledger, Row
from .settlements import OPEN
from .surroundings import Report

OpenChild = Callable[[Row, int, Request], Awaitable[str]]
AT_ONCE = 4
"""Parts that are bought at the same time: providers limit how many requests one caller may have open."""
RunJob = Callable[..., Awaitable[Result]]


async def run_children(
    parent: Row,
    requests: Sequence[Request],
    *,
    ledger: Ledger,
    opener: OpenChild | None,
    run_job: RunJob,
    deadline: float,
    report: Report,
) -> tuple[Result, ...]:
    """Open a job for each request, then run them, a few at a time. Raise the first failure when all have ended."""
    if opener is None:
        raise BackendDefect("Child jobs need a client.")
    ids = await _open_all(parent, requests, opener, ledger)
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(job_id: str) -> Result:
        async with slots:
            return await run_job(job_id, wait=max(0.0, deadline - time.monotonic()), report=report)

    outcomes = await asyncio.gather(*map(run, ids), return_exceptions=True)  # what one part lost, the others keep
    parts = tuple(zip(ids, outcomes, strict=True))
    for job_id, outcome in parts:
        if isinstance(outcome, AnymediaError) and (await ledger.row(job_id))["status"] in OPEN:
            raise outcome  # it goes on, or can be begun again: while one part is open, so is the whole
    return tuple(_part(job_id, outcome, outcomes) for job_id, outcome in parts)


async def _open_all(parent: Row, requests: Sequence[Request], opener: OpenChild, ledger: Ledger) -> list[str]:
    """All of them, or none that holds money: what does not fit under a cap as a whole is not begun."""
    ids: list[str] = []
    try:
        for index, request in enumerate(requests):
            ids.append(await opener(parent, index, request))
    except AnymediaError:
        for job_id in ids:
            await ledger.call(partial(give_up, job_id=job_id))
        raise
    return ids


def _part(job_id: str, outcome: Result | BaseException, among: Sequence[Result | BaseException]) -> Result:
    """The result of a child job, or the error of its parent."""
    if isinstance(outcome, Result):
        return outcome
    if not isinstance(outcome, AnymediaError):
        raise outcome
    nothing = all(isinstance(each, AnymediaError) and each.charged == "no" for each in among)
    raise GenerationFailed(
        f"A part of it ({job_id}) failed: {outcome.message}", next=outcome.next, charged="no" if nothing else "maybe"
    ) from outcome


async def no_children(*_: object, **__: object) -> Result:
    raise BackendDefect("Child jobs need an engine.")
