"""The commands `jobs`, `wait` and `resume`: what the ledger knows, and how to go on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import click

from ..client import AsyncClient
from ..engine.ledger import Filter
from ..errors import AnymediaError, InvalidParameter
from ..operations import OPERATIONS
from ..results import SCHEMA, Job, JobStatus
from .commands import shows
from .outcomes import MIXED
from .showing import Screen, one_line

STATUSES = get_args(JobStatus)
LONGEST_PROMPT = 60
WAIT = click.option("--wait", type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait for each job.")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d{1,5})([mhdw])")


def jobs_command(name: str) -> click.Command:
    @click.command(name, help="List the jobs of the ledger, the newest first.")
    @click.option("--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Only these. Repeatable.")
    @click.option("--since", metavar="WHEN", help="Only later ones: 2026-11-22, 2026-11-22T10:00, 30m, 2h, 7d.")
    @click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many.")
    @shows
    def jobs(screen: Screen, statuses: tuple[JobStatus, ...], since: str | None, limit: int) -> int:
        which = Filter(statuses=frozenset(statuses) or None, since=moment(since), limit=limit)
        found = asyncio.run(_listed(which))
        if screen.json:
            screen.document({"schema": SCHEMA, "jobs": [job.document() for job in found]})
            return 0
        for job in found:
            screen.result(line(job))
        if not found:
            screen.note("no jobs")
        return 0

    return jobs


JobOutcome = Job | AnymediaError


def show_jobs(screen: Screen, outcomes: Sequence[JobOutcome], *, only_ids: bool = False) -> int:
    """Show jobs as they stand, and errors, and return the exit code. `only_ids` is for other programs."""
    jobs = [outcome for outcome in outcomes if isinstance(outcome, Job)]
    failures = [outcome for outcome in outcomes if isinstance(outcome, AnymediaError)]
    if screen.json:
        errors = [{"job_id": error.job_id, **error.document()} for error in failures]
        screen.document({"schema": SCHEMA, "jobs": [job.document() for job in jobs], "errors": errors})
    for job in jobs if not screen.json else ():
        screen.result(job.id if only_ids else line(job))
        if job.note and not only_ids:
            screen.note(f"  {job.note}")
    for error in failures:
        screen.error(error)
    codes = {error.exit_code for error in failures} | ({0} if jobs or not failures else set())
    return codes.pop() if len(codes) == 1 else MIXED


async def _listed(which: Filter) -> list[Job]:
    async with AsyncClient() as client:
        return await client.jobs(which)


def moment(text: str | None) -> datetime | None:
    """The moment `--since` means: a date or time (this machine's zone), or so long ago."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidParameter(
            f"`since` must be a date, a time or an age, got {text!r}.", next="Such as 2026-11-22, 30m, 2h or 7d."
        ) from None


def line(job: Job) -> str:
    """One job on one line."""
    when = f"{job.created_at.astimezone():%Y-%m-%d %H:%M:%S}"
    main = OPERATIONS[job.operation].main_input or ""
    prompt = one_line(str(job.request.get(main, "")), LONGEST_PROMPT) if job.forgotten_at is None else "(forgotten)"
    resumable = " (resumable)" if job.resumable else ""
    made_by = f"{job.backend}:{job.model}"
    return f"{job.id}  {when}  {job.status}{resumable}  {job.operation}  {made_by}  {job.cost}  {prompt}"


def wait_command(name: str) -> click.Command:
    @click.command(name, help="Wait for jobs that were submitted, by whichever process, and fetch what they made.")
    @click.argument("job_ids", nargs=-1, required=True, metavar="JOB_ID...")
    @WAIT
    @shows
    def wait_for(screen: Screen, job_ids: tuple[str, ...], wait: float | None) -> int:
        from .resuming import resume

        return resume(screen, job_ids, everything=False, wait=wait)

    return wait_for


def resume_command(name: str) -> click.Command:
    @click.command(
        name,
        help="Finish jobs without paying again. Without arguments: every job that was submitted; each one whose "
        "outcome nobody knows is named, with what can be done.",
    )
    @click.argument("job_ids", nargs=-1, metavar="[JOB_ID]...")
    @click.option("--all", "everything", is_flag=True, help="Also send what was reserved and never sent.")
    @WAIT
    @shows
    def resume_jobs(screen: Screen, job_ids: tuple[str, ...], everything: bool, wait: float | None) -> int:
        if job_ids and everything:
            raise InvalidParameter("Give either job ids or `--all`.")
        from .resuming import resume

        return resume(screen, job_ids, everything=everything, wait=wait)

    return resume_jobs
