"""Runs jobs: `run_job(job_id)` takes one from its row in the ledger to its files, from wherever a crash left it.

It may be called at least once, from any process: what is done stays done, what was submitted is waited for, and what
may have been paid for is never sent again.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress

from ..errors import AnymediaError, Charged, LedgerError, StillRunning
from ..operations import OPERATIONS
from ..results import Result
from ..spec.backend import Backend
from ..spec.catalogue import ListedModel
from ..spec.wire import HttpRequest, Listed
from .blobs import Blobs
from .catalogues import read_catalogue
from .forgetting import refuse_forgotten
from .http import Http
from .job_run import JobRun, add_receipt
from .ledger import LEASE_SECONDS, RUNNING, Ledger, Row, this_process
from .surroundings import Chunk, Hear, Progress, Report, Surroundings
from .tracing import failed, generation

__all__ = ["Chunk", "Engine", "Hear", "Progress", "Report", "Surroundings"]

DELETION_SECONDS = 30.0
"""How long a deletion is tried; it is safe to ask for again."""
LISTING_SECONDS = 60.0
"""How long a provider that does not answer is asked for its list; so is this."""


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

    async def run_job(self, job_id: str, *, wait: float, report: Report, hear: Hear | None = None) -> Result:
        """Finish a job and return its result, or raise the error it ended with.

        `wait` bounds the waiting in seconds, not the job: past it, `StillRunning` is raised and another call goes on.
        `hear` is given the bytes of outputs that come in the reply itself, as they come.
        """
        deadline = time.monotonic() + wait
        owner = f"{this_process()}.{secrets.token_hex(4)}"
        lease = Lease(self.ledger, job_id, owner)
        try:
            row = await self._take(job_id, owner, deadline)
            job = JobRun(self._around, self.http, self.blobs, row, deadline=deadline, report=report, hear=hear)
            job.run_child = self.run_job
            traced = self._prompt_of(row) if self._around.trace_prompts else None
            with generation(row["operation"], row["backend"], row["model"], job_id, prompt=traced) as span:
                try:
                    result = await job.finish()
                    lease.closed = job.closed
                    return result
                except AnymediaError as error:
                    failed(span, error.code)
                    add_receipt(error, row)
                    raise
        finally:
            await asyncio.shield(lease.end())

    async def listed(self, row: Row) -> Sequence[Listed]:
        """The jobs in the provider's list that are like this one. Only reads."""
        deadline = time.monotonic() + LISTING_SECONDS
        job = JobRun(self._around, self.http, self.blobs, row, deadline=deadline, report=lambda progress: None)
        return await job.listed()

    async def delete(self, row: Row, request: HttpRequest) -> None:
        """Delete something that a job left at its provider; it may be gone already."""
        deadline = time.monotonic() + DELETION_SECONDS
        job = JobRun(self._around, self.http, self.blobs, row, deadline=deadline, report=lambda progress: None)
        await job.delete(request)

    async def catalogue(self, backend: Backend) -> Sequence[ListedModel]:
        """The models in the provider's own lists. Only reads, and needs no job."""
        return await read_catalogue(self._around, self.http, backend)

    @staticmethod
    def _prompt_of(row: Row) -> str | None:
        """What the job was asked in words, if it was."""
        prompt: str | None = json.loads(row["request"]).get(OPERATIONS[row["operation"]].main_input)
        return prompt

    @property
    def longest_request(self) -> float:
        """Seconds after which a request has come to some end."""
        return self._around.timeouts.total

    async def _take(self, job_id: str, owner: str, deadline: float) -> Row:
        """Wait until no other process works on the job; then it is ours."""
        try:
            while (row := await self.ledger.take(job_id, owner)) is None:
                if time.monotonic() > deadline:
                    raise StillRunning("Another process is working on this job.", job_id=job_id)
                await asyncio.sleep(0.1)
        except LedgerError as error:
            error.job_id, error.charged = job_id, await self._charged(job_id)
            raise
        refuse_forgotten(row)
        return row

    async def _charged(self, job_id: str) -> Charged:
        """Whether a job that cannot be written to may have cost something, as far as it can be read."""
        try:
            row = await self.ledger.row(job_id)
        except LedgerError:
            return "maybe"
        return "no" if row["status"] in ("planned", "reserved") else "maybe"


class Lease:
    """Renews the lease of a job while it is worked on, so that nobody takes it for abandoned."""

    def __init__(self, ledger: Ledger, job_id: str, owner: str) -> None:
        self._ledger, self._job_id, self._owner = ledger, job_id, owner
        RUNNING.add(owner)
        self._renewal: asyncio.Future[None] | None = None
        self.closed = False
        self._wait()

    def _wait(self) -> None:
        # A timer and no task: most jobs end before it fires, and then it has cost next to nothing.
        self._timer = asyncio.get_running_loop().call_later(LEASE_SECONDS / 3, self._renew)

    def _renew(self) -> None:
        self._renewal = asyncio.ensure_future(self._renewed())
        self._wait()

    async def _renewed(self) -> None:
        with suppress(LedgerError):  # a full disk must not end the job; the lease outlives two failures
            await self._ledger.renew(self._job_id, self._owner)

    async def end(self) -> None:
        """Give the lease back, unless the job was closed, which did that."""
        self._timer.cancel()
        if self._renewal is not None:
            self._renewal.cancel()
        try:
            if not self.closed:
                with suppress(LedgerError):  # the error of the job itself must not be hidden by it
                    await self._ledger.give_back(self._job_id, self._owner)
        finally:
            RUNNING.discard(self._owner)
