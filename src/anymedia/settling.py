"""What can be done about a job besides waiting for it: cancel it, look for it at its provider, settle it by one's word.

Nothing here sends a purchase again, except `send_again`, which is the user's own word for it.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

from .desk import Desk, Options
from .engine.adoption import adopt
from .engine.forgetting import refuse_forgotten
from .engine.ledger import Row, job_of
from .engine.request_json import from_json
from .engine.run import Engine
from .engine.settlements import OPEN, request_cancel, settle_money, settle_unknown
from .errors import AnymediaError, InvalidParameter, MissingCredentials, UnknownName, UsageError
from .registry import find_backend
from .results import Job
from .spec.backend import Backend, Model

Finish = Callable[[str], Awaitable[object]]
"""Runs a job of the ledger to its end, within the caller's wait."""

UNKNOWN_CHOICES = (
    "Look at the provider's dashboard or invoice; then `anymedia settle` with --not-made or --made, "
    "or `anymedia send-again`, which may pay twice."
)


async def cancel(desk: Desk, finish: Finish, job_id: str) -> Job:
    """Cancel a job and give it as it stands then. Raise `UsageError` if it is over, or cannot be cancelled."""
    row = await desk.ledger.row(job_id)
    if row["status"] == "cancelled":
        return job_of(row)
    if row["status"] not in OPEN:
        raise UsageError(f"{job_id} is {row['status']}; there is nothing to cancel.")
    backend, model = _maker(desk, row)
    if row["status"] in ("running", "ready") and backend.cancel_of(model) is None:
        raise UsageError(
            f"{backend.title} offers no way to cancel a job it has accepted.",
            next=f"It goes on and is paid for: `anymedia wait {job_id}` fetches it.",
        )
    await desk.ledger.call(partial(request_cancel, job_id=job_id))
    return await _as_it_stands(desk, finish, job_id)


def _maker(desk: Desk, row: Row) -> tuple[Backend, Model]:
    """Who makes the job. Raise `UnknownName` if that is not installed here."""
    backend = find_backend(row["backend"], desk.backends)
    model = backend.model(row["model"])
    if model is None:
        raise UnknownName(f"{backend.title} no longer has the model {row['model']!r}.")
    return backend, model


async def _as_it_stands(desk: Desk, finish: Finish, job_id: str) -> Job:
    """Run a job; its error is in its row if it is over, and raised if it is not."""
    try:
        await finish(job_id)
    except AnymediaError:
        job = job_of(await desk.ledger.row(job_id))
        if job.status in OPEN:
            raise
    return job_of(await desk.ledger.row(job_id))


async def reconcile(desk: Desk, engine: Engine, finish: Finish, job_id: str) -> Job:
    """Look for an unknown job in its provider's list; if it is there, it is `running` again and can be waited for.

    Only reads at the provider. Raise `UsageError` if the provider lists nothing, `MissingCredentials` if the job was
    made with another key.
    """
    row = await desk.ledger.row(job_id)
    if row["status"] == "submitting":
        row = await _after_a_crash(desk, finish, job_id)
    if row["status"] != "unknown":
        return job_of(row)
    backend, model = _maker(desk, row)
    if backend.reconcile_of(model) is None:
        raise UsageError(f"{backend.title} offers no list in which {job_id} could be found.", next=UNKNOWN_CHOICES)
    if row["account"] != desk.account(backend):
        raise MissingCredentials(f"{job_id} was made with another key, or at another address.")
    found = await engine.listed(row)
    await desk.ledger.call(partial(adopt, row=row, found=found, within=engine.longest_request))
    return job_of(await desk.ledger.row(job_id))


async def _after_a_crash(desk: Desk, finish: Finish, job_id: str) -> Row:
    await _as_it_stands(desk, finish, job_id)
    return await desk.ledger.row(job_id)


async def settle(desk: Desk, job_id: str, *, made: bool, cost: Decimal | None = None) -> Job:
    """Write down what the user found out about a job whose outcome or cost nobody knew.

    `made=False`: the provider never made it and charged nothing. `made=True`: it was charged, `cost` in US dollars.
    Raise `UsageError` for a job that needs no word.
    """
    if cost is not None and (not made or cost < 0):
        raise InvalidParameter("`cost` is what was charged, and belongs to made=True.")
    row = await desk.ledger.row(job_id)
    if row["status"] == "unknown":
        await desk.ledger.call(partial(settle_unknown, job_id=job_id, made=made, cost=cost))
    elif row["status"] not in OPEN and row["settled_nano"] is None:
        await desk.ledger.call(partial(settle_money, job_id=job_id, cost=cost if made else Decimal(0)))
    else:
        raise UsageError(f"{job_id} is {row['status']}; its account needs no word of yours.")
    return job_of(await desk.ledger.row(job_id))


async def send_again(desk: Desk, job_id: str, options: Options) -> str:
    """Open a new job with the request of one whose outcome is unknown, and give its id. This may pay twice.

    The old job stays what it is, its money stays reserved, and its note names the new one.
    """
    row = await desk.ledger.row(job_id)
    if row["status"] in OPEN or row["status"] == "done":
        raise UsageError(f"{job_id} is {row['status']}.", next=f"`anymedia resume {job_id}` goes on with it.")
    refuse_forgotten(row)
    request = from_json(json.loads(row["request"]), desk.blobs.path)
    output = json.loads(row["output"])
    folder, name = Path(output["folder"]), output["name"]
    pinned = replace(
        options,
        backend=row["backend"],
        model=row["model"],
        agent=row["agent"],
        output_dir=folder,
        output=None if name is None else folder / name,
    )
    opened = await desk.open(request, pinned)
    await desk.ledger.update(job_id, note=f"Sent again by the user's word, as {opened.job_id}.")
    return opened.job_id
