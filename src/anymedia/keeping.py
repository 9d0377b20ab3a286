"""What providers keep for the user, such as voices and uploaded files: finds it in the ledger, and deletes it there."""

from __future__ import annotations

from functools import partial

from .desk import Desk
from .engine.ledger import Row
from .engine.resources import deletion_of, kept_resource, mark_deleted, resource_rows
from .engine.run import Engine
from .errors import InvalidParameter, MissingCredentials, UnknownName, UsageError
from .registry import find_backend
from .results import KeptResource


async def resources(desk: Desk, *, kind: str | None, backend: str | None, deleted: bool) -> tuple[KeptResource, ...]:
    """The resources of the ledger, the newest first. Raise `UnknownName` for a backend that is not here."""
    name = None if backend is None else find_backend(backend, desk.backends).name
    rows = await desk.ledger.call(partial(resource_rows, kind=kind, backend=name, deleted=deleted))
    return tuple(map(kept_resource, rows))


async def delete_resource(desk: Desk, engine: Engine, resource_id: str, *, backend: str | None) -> KeptResource:
    """Delete a resource at its provider and give it as it stands then.

    Safe to repeat: what is gone already is marked as deleted. Raise `UnknownName` if the ledger does not know it,
    `UsageError` if it cannot be deleted, `MissingCredentials` if it was made with another key.
    """
    row = await _found(desk, resource_id, backend)
    if row["deleted_at"] is None:
        maker, job = find_backend(row["backend"], desk.backends), await desk.ledger.row(row["job"])
        request = deletion_of(row)
        if request is None:
            raise UsageError(f"{maker.title} offers no way to delete the {row['kind']} {resource_id}.")
        if job["account"] != desk.account(maker):
            raise MissingCredentials(f"{resource_id} was made with another key, or at another address.")
        await engine.delete(job, request)
        await desk.ledger.call(partial(mark_deleted, row=row))
        row = await _found(desk, resource_id, row["backend"])
    return kept_resource(row)


async def _found(desk: Desk, resource_id: str, backend: str | None) -> Row:
    """The row of a resource. Raise `UnknownName`, or `InvalidParameter` where several backends have that id."""
    name = None if backend is None else find_backend(backend, desk.backends).name
    rows = await desk.ledger.call(partial(resource_rows, resource_id=resource_id, backend=name, deleted=True))
    if not rows:
        raise UnknownName(
            f"There is no resource {resource_id!r} in this ledger.", next="`anymedia resources` lists them."
        )
    if len(rows) > 1:
        several = ", ".join(sorted(f"{row['kind']} of {row['backend']}" for row in rows))
        raise InvalidParameter(f"{resource_id!r} names several resources: {several}.", next="Say which `backend`.")
    return rows[0]
