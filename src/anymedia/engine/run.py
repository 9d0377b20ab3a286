"""Runs jobs: `run_job(job_id)` takes one from its row in the ledger to its files, from wherever a crash left it.

It may be called at least once, from any process: what is done stays done, what was submitted is waited for, and what
may have been paid for is never sent again.
"""

from __future__ import annotations

import asyncio
import secrets
import time

from ..errors import AnymediaError, StillRunning
from ..results import Result
from .blobs import Blobs
from .http import Http
from .job_run import JobRun, Progress, Report, Surroundings, with_receipt
from .ledger import Ledger, this_process
from .tracing import failed, generation

__all__ = ["Engine", "Progress", "Report", "Surroundings"]


class Engine:
    """Runs jobs. Belongs to one event loop; its connection pool is opened at the first use."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._http: Http | None = None
        self.blobs = Blobs(surroundings.ledger.home)

    @property
    def ledger(self) -> Ledger:
        return self._around.ledger

    @property
    def http(self) -> Http:
        if self._http is None:
            self._http = Http(self._around.timeouts)
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        await self._around.workers.close()

    async def run_job(self, job_id: str, *, wait: float, report: Report) -> Result:
        """Finish a job and return its result, or raise the error it ended with.

        `wait` bounds the waiting in seconds, not the job: past it, `StillRunning` is raised and another call goes on.
        """
        deadline = time.monotonic() + wait
        owner = f"{this_process()}.{secrets.token_hex(4)}"
        await self._take(job_id, owner, deadline)
        row = await self.ledger.row(job_id)
        try:
            with generation(row["operation"], row["backend"], row["model"], job_id) as span:
                try:
                    job = JobRun(self._around, self.http, self.blobs, row, deadline=deadline, report=report)
                    job.run_child = self.run_job
                    return await job.finish()
                except AnymediaError as error:
                    failed(span, error.code)
                    with_receipt(error, row)
                    raise
        finally:
            await self.ledger.give_back(job_id, owner)

    async def _take(self, job_id: str, owner: str, deadline: float) -> None:
        """Wait until no other process works on the job."""
        while not await self.ledger.take(job_id, owner):
            if time.monotonic() > deadline:
                raise StillRunning("Another process is working on this job.", job_id=job_id)
            await asyncio.sleep(0.1)
