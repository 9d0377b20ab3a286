"""Goes on with jobs of the ledger. Nothing here pays twice; what was never sent is sent only when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..client import AsyncClient
from ..desk import Options
from ..engine.ledger import Filter
from ..errors import AnymediaError
from ..results import Job, JobStatus, document
from ..together import together
from .interrupts import interruptible
from .outcomes import Outcome, show_outcomes
from .progress import ProgressView
from .showing import Screen
from .standing import Interrupted, show_interrupted, standing

SUBMITTED: frozenset[JobStatus] = frozenset({"submitting", "running", "ready"})
NEVER_SENT: frozenset[JobStatus] = frozenset({"planned", "reserved"})
UNCLEAR: frozenset[JobStatus] = frozenset({"unknown"})
AT_ONCE = 4
MOST = 10_000
"""Jobs that one sweep looks at."""


def resume(screen: Screen, job_ids: Sequence[str], *, everything: bool, wait: float | None) -> int:
    """Finish these jobs, or all that are open, and return the exit code."""
    try:
        outcomes = asyncio.run(_resume(screen, job_ids, everything=everything, wait=wait))
    except Interrupted as interrupted:
        return show_interrupted(screen, interrupted, None)
    if not outcomes:
        return _nothing(screen)
    return show_outcomes(screen, None, outcomes)


def _nothing(screen: Screen) -> int:
    screen.note("nothing to resume")
    if screen.json:
        screen.document({**document(operation=None, outcomes=[]), "success": True})
    return 0


async def _resume(screen: Screen, job_ids: Sequence[str], *, everything: bool, wait: float | None) -> list[Outcome]:
    view = ProgressView(screen)
    async with AsyncClient() as client, view.showing():
        chosen = list(dict.fromkeys(job_ids)) or await _open_jobs(screen, client, everything=everything)
        slots = asyncio.Semaphore(AT_ONCE)

        async def finish(job_id: str) -> Outcome:
            async with slots:
                try:
                    return await client.finish(job_id, Options(wait=wait, on_progress=view.report))
                except AnymediaError as error:
                    return error

        try:
            return await interruptible(together(map(finish, chosen)))
        except asyncio.CancelledError:
            raise Interrupted(await standing(client, chosen)) from None


async def _open_jobs(screen: Screen, client: AsyncClient, *, everything: bool) -> list[str]:
    """The jobs a sweep goes on with, oldest first: children come with their parents."""
    wanted = SUBMITTED | UNCLEAR | NEVER_SENT
    found = [job for job in reversed(await client.jobs(Filter(statuses=wanted, limit=MOST))) if job.parent is None]
    chosen = [job for job in found if everything or job.status not in NEVER_SENT]
    for job in found:
        if job not in chosen:
            screen.note(_never_sent(job))
    return [job.id for job in chosen]


def _never_sent(job: Job) -> str:
    return f"{job.id} was never sent and costs nothing: `anymedia resume {job.id}` sends it (at most {job.cost})"
