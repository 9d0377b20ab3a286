"""The command `forget`: what the ledger and its folder know of jobs goes, and what cannot go is named."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import click

from ..client import AsyncClient
from ..configuration.kinds import age_of
from ..errors import AnymediaError, InvalidParameter
from ..results import SCHEMA, Forgotten
from .commands import shows
from .outcomes import MIXED
from .showing import Screen, one_line

Outcome = Forgotten | AnymediaError


def forget_command(name: str) -> click.Command:
    @click.command(
        name,
        help="Remove prompts, inputs, states and files on their way of jobs that are over. Their cost stays, and their "
        "keys still keep the same purchase from being made again.",
    )
    @click.argument("job_ids", nargs=-1, metavar="[JOB_ID]...")
    @click.option("--older-than", metavar="AGE", help="All that ended so long ago: 12h, 30d, 8w.")
    @click.option("--files", is_flag=True, help="Also remove the files that were made, if they are unchanged.")
    @shows
    def forget(screen: Screen, job_ids: tuple[str, ...], older_than: str | None, files: bool) -> int:
        if bool(job_ids) == (older_than is not None):
            raise InvalidParameter("Give either job ids or `--older-than`.")
        age = None if older_than is None else _age(older_than)
        outcomes = asyncio.run(_forgotten(job_ids, age, files))
        if not outcomes:
            screen.note("nothing to forget")
        return _show(screen, outcomes)

    return forget


def _age(text: str) -> timedelta:
    age = age_of(text)
    if age is None:
        raise InvalidParameter(f"`older_than` must be an age, got {text!r:.40}.", next="Such as 12h, 30d or 8w.")
    return age


async def _forgotten(job_ids: Sequence[str], age: timedelta | None, files: bool) -> Sequence[Outcome]:
    async with AsyncClient() as client:
        if age is not None:
            return await client.forget_older(age, files=files)
        outcomes: list[Outcome] = []
        for job_id in dict.fromkeys(job_ids):
            try:
                outcomes.append(await client.forget(job_id, files=files))
            except AnymediaError as error:
                outcomes.append(error)
        return outcomes


def _show(screen: Screen, outcomes: Sequence[Outcome]) -> int:
    """Show what went and what could not go, and errors, and return the exit code."""
    forgotten = [outcome for outcome in outcomes if isinstance(outcome, Forgotten)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, AnymediaError)]
    if screen.json:
        failures = [{"job_id": error.job_id, **error.document()} for error in errors]
        screen.document({"schema": SCHEMA, "forgotten": [each.document() for each in forgotten], "errors": failures})
    else:
        for each in forgotten:
            _show_one(screen, each)
    for error in errors:
        screen.error(error)
    codes = {error.exit_code for error in errors} | ({0} if forgotten or not errors else set())
    return codes.pop() if len(codes) == 1 else MIXED


def _show_one(screen: Screen, forgotten: Forgotten) -> None:
    others = len(forgotten.jobs) - 1
    screen.result(f"forgotten {forgotten.job_id}{f' and {others} that belong to it' if others else ''}")
    for path in forgotten.removed:
        screen.note(f"removed {path}")
    for path, why in forgotten.left.items():
        screen.warning(f"{path} is still there: {why}")
    for resource in forgotten.resources:
        command = f"`anymedia resources delete {one_line(resource.id)}`"
        screen.warning(f"{resource.backend} still keeps the {resource.kind} {one_line(resource.id)}: {command}")
    for job_id in forgotten.not_continuable:
        screen.warning(f"{job_id} went on from it and can no longer be continued")
    if not forgotten.wiped:
        screen.warning("another program reads the ledger, whose old pages still hold it: forget it again afterwards")
