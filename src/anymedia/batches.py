"""Several requests at once: each on its own, one that fails does not stop the others."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .desk import Options
from .errors import AnymediaError, InvalidParameter
from .fallback import see_through
from .media import Json
from .operations import Request
from .requests import options_from
from .results import Result
from .together import together

if TYPE_CHECKING:
    from .client import AsyncClient

MOST_AT_ONCE = 4
"""Requests of a batch that are worked on at the same time unless `max_concurrent` says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A request of a batch whose job is in the ledger, with its worst case reserved."""

    request: Request
    options: Options
    job_id: str


def check_at_once(max_concurrent: Json) -> None:
    """Raise `InvalidParameter` for a number of requests at once that is none."""
    if isinstance(max_concurrent, bool) or not isinstance(max_concurrent, int) or max_concurrent < 1:
        raise InvalidParameter(f"`max_concurrent` must be a whole number of at least 1, got {max_concurrent!r}.")


def options_of_batch(parameters: Mapping[str, Json], number: int, *, what: str = "prompt") -> Options:
    """The options of every request of a batch. `max_cost` is for all of them together."""
    for name in ("output", "idempotency_key", "continue_from"):
        if parameters.get(name) is not None and number > 1:
            raise InvalidParameter(f"`{name}` is for one {what}, not for {number}.")
    asked = options_from(parameters)
    return replace(asked, max_cost=None, batch=f"batch_{secrets.token_hex(8)}", batch_cap=asked.max_cost)


async def outcomes(
    client: AsyncClient, opened: Sequence[Opened | AnymediaError], max_concurrent: int
) -> tuple[Result | AnymediaError, ...]:
    """The result or the error of each, in input order."""
    slots = asyncio.Semaphore(max_concurrent)

    async def finish(job: Opened | AnymediaError) -> Result | AnymediaError:
        if isinstance(job, AnymediaError):
            return job
        async with slots:
            return await _outcome(client, job)

    return tuple(await together(finish(job) for job in opened))


async def _outcome(client: AsyncClient, job: Opened) -> Result | AnymediaError:
    """The result or the error of one job. A defect of ours in one must not lose what the others bought."""
    try:
        return await see_through(client, job.request, job.options, job.job_id)
    except AnymediaError as error:
        return error
    except Exception as error:  # noqa: BLE001
        return AnymediaError(f"A defect of anymedia: {error!r}.", job_id=job.job_id, charged="maybe")
