"""Sends what was asked for and comes back with the ids of the jobs. Waits only until they are accepted."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

from ..client import AsyncClient
from ..errors import AnymediaError
from ..requests import request_from
from ..results import Job
from ..together import together
from .interrupts import interruptible
from .jobs import JobOutcome, show_jobs
from .progress import ProgressView
from .running import Asked, WatchedClient
from .showing import Screen
from .standing import Interrupted, show_interrupted, standing


def submit(screen: Screen, asked: Asked) -> int:
    """Submit a job for every prompt, print its id, and return the exit code."""
    try:
        outcomes = asyncio.run(_submitted(screen, asked))
    except Interrupted as interrupted:
        return show_interrupted(screen, interrupted, asked.kind.operation)
    return show_jobs(screen, outcomes, only_ids=True)


async def _submitted(screen: Screen, asked: Asked) -> list[JobOutcome]:
    view, slots = ProgressView(screen), asyncio.Semaphore(asked.max_concurrent)
    batch = f"batch_{secrets.token_hex(8)}" if len(asked.prompts) > 1 else None
    async with WatchedClient(view) as client, view.showing():

        async def one(prompt: str) -> JobOutcome:
            async with slots:
                return await _submit_one(client, asked, prompt, view, batch)

        try:
            return await interruptible(together(map(one, asked.prompts)))
        except asyncio.CancelledError:
            raise Interrupted(await standing(client, client.opened)) from None


async def _submit_one(
    client: AsyncClient, asked: Asked, prompt: str, view: ProgressView, batch: str | None
) -> JobOutcome:
    try:
        request, options = await asyncio.to_thread(request_from, asked.kind, prompt, asked.parameters)
        options = replace(options, on_progress=view.report)
        if batch is not None:
            options = replace(options, max_cost=None, batch=batch, batch_cap=options.max_cost)
        job: Job = await client.submit(request, options)
        return job
    except AnymediaError as error:
        return error
