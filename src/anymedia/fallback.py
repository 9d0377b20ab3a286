"""Goes on with the next backend after a failure that cost nothing, where the user allows it and named none."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from .engine.attempts import KEY_ENDING, Attempt, cost_nothing
from .errors import AnymediaError, ContinuationGone, GenerationFailed, NotSent, Rejected

if TYPE_CHECKING:
    from .client import AsyncClient
    from .desk import Options
    from .operations import Request
    from .results import Result

ALLOWS_ANOTHER: Final = (NotSent, Rejected, GenerationFailed)
"""Failures of one provider, which another may not have. A refusal by policy is none: nobody looks for a laxer one."""


async def see_through(client: AsyncClient, request: Request, options: Options, job_id: str) -> Result:
    """The result of an opened job, or of the first that succeeds in its place. Raise the error of the last one."""
    while True:
        try:
            return await client.finish(job_id, options)
        except ALLOWS_ANOTHER as error:
            if not await _may_fall_back(client, request, options, error):
                raise
            options = _after(options, error)
            try:
                job_id = (await client.open(request, options)).job_id
            except AnymediaError as obstacle:
                error.message += f" No other backend could take its place: {obstacle.message.splitlines()[0]}"
                raise error from obstacle


async def _may_fall_back(client: AsyncClient, request: Request, options: Options, error: AnymediaError) -> bool:
    """Whether the user allows it, named neither backend nor model, continues nothing, and was charged nothing."""
    allowed = client.configuration.settings.fallback if options.fallback is None else options.fallback
    free = error.charged == "no" and not isinstance(error, ContinuationGone) and error.job_id is not None
    if not (allowed and free and options.backend is options.model is request.continue_from is None):
        return False
    return await client.desk.ledger.call(partial(cost_nothing, job_id=str(error.job_id)))


def _after(options: Options, error: AnymediaError) -> Options:
    """The options of the next attempt. Its key says whose place it takes, so that it is never bought twice."""
    failed = Attempt(
        job_id=str(error.job_id),
        backend=str(error.backend),
        model=str(error.model),
        idempotency_key=str(error.idempotency_key),
        reason=error.message,
    )
    return replace(options, idempotency_key=failed.idempotency_key + KEY_ENDING, attempts=(*options.attempts, failed))
