"""The commands `cancel`, `reconcile`, `settle` and `send-again`: what can be done about a job besides waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click

from ..client import AsyncClient
from ..desk import Options
from ..engine.ledger import Filter
from ..errors import AnymediaError, InvalidParameter
from ..requests import money
from ..results import Job
from .commands import shows
from .jobs import WAIT, JobOutcome, show_jobs
from .outcomes import Outcome, show_outcomes
from .progress import ProgressView
from .showing import Screen

T = TypeVar("T")


def cancel_command(name: str) -> click.Command:
    @click.command(name, help="Cancel jobs: what was not sent costs nothing; a provider may charge for the rest.")
    @click.argument("job_ids", nargs=-1, required=True, metavar="JOB_ID...")
    @WAIT
    @shows
    def cancel(screen: Screen, job_ids: tuple[str, ...], wait: float | None) -> int:
        return _each(screen, job_ids, lambda client, job_id: client.cancel(job_id, wait=wait))

    return cancel


def reconcile_command(name: str) -> click.Command:
    @click.command(
        name,
        help="Look for jobs whose outcome is unknown in the lists of their providers. Without arguments: all of them. "
        "Only reads; what is found is waited for with `wait`.",
    )
    @click.argument("job_ids", nargs=-1, metavar="[JOB_ID]...")
    @shows
    def reconcile(screen: Screen, job_ids: tuple[str, ...]) -> int:
        chosen = job_ids or asyncio.run(_unknown())
        if not chosen:
            screen.note("no job is unknown")
        return _each(screen, chosen, lambda client, job_id: client.reconcile(job_id, wait=0))

    return reconcile


async def _unknown() -> tuple[str, ...]:
    async with AsyncClient() as client:
        found = await client.jobs(Filter(statuses=frozenset({"unknown", "submitting"}), limit=10_000))
        return tuple(job.id for job in reversed(found))


def settle_command(name: str) -> click.Command:
    @click.command(
        name, help="Write down what you found out, at the provider, about jobs whose outcome or cost is unknown."
    )
    @click.argument("job_ids", nargs=-1, required=True, metavar="JOB_ID...")
    @click.option("--made/--not-made", default=None, help="It was made and charged, or it was not.")
    @click.option("--cost", metavar="USD", help="With --made: what was charged for each.")
    @shows
    def settle(screen: Screen, job_ids: tuple[str, ...], made: bool | None, cost: str | None) -> int:
        if made is None:
            raise InvalidParameter("Say `--made` or `--not-made`.")
        amount = None if cost is None else money("cost", cost)
        return _each(screen, job_ids, lambda client, job_id: client.settle(job_id, made=made, cost=amount))

    return settle


def send_again_command(name: str) -> click.Command:
    @click.command(
        name, help="Make new jobs of the requests of jobs that are unknown or failed. By your word: this may pay twice."
    )
    @click.argument("job_ids", nargs=-1, required=True, metavar="JOB_ID...")
    @WAIT
    @shows
    def send_again(screen: Screen, job_ids: tuple[str, ...], wait: float | None) -> int:
        view = ProgressView(screen)

        async def run() -> list[Outcome]:
            async with AsyncClient() as client, view.showing():
                options = Options(wait=wait, on_progress=view.report)
                return await _ask_each(client, job_ids, lambda one, job_id: one.send_again(job_id, options))

        return show_outcomes(screen, None, asyncio.run(run()))

    return send_again


def _each(screen: Screen, job_ids: Sequence[str], ask: Callable[[AsyncClient, str], Awaitable[Job]]) -> int:
    """Ask for each job in turn, show how it stands then, and give the exit code."""

    async def run() -> list[JobOutcome]:
        async with AsyncClient() as client:
            return await _ask_each(client, job_ids, ask)

    return show_jobs(screen, asyncio.run(run()))


async def _ask_each(
    client: AsyncClient, job_ids: Sequence[str], ask: Callable[[AsyncClient, str], Awaitable[T]]
) -> list[T | AnymediaError]:
    outcomes: list[T | AnymediaError] = []
    for job_id in dict.fromkeys(job_ids):
        try:
            outcomes.append(await ask(client, job_id))
        except AnymediaError as error:
            outcomes.append(error)
    return outcomes
