"""`models --live`: the providers' own lists of models beside our declarations, for people and as a document."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TypeAlias

from ..client import AsyncClient
from ..errors import AnymediaError, NoBackendAvailable
from ..live_models import Difference, LiveModels
from ..media import Json
from ..results import SCHEMA
from ..spec.backend import ApiKey
from .showing import Screen

Told: TypeAlias = tuple[str, LiveModels | AnymediaError]
"""A backend's name, and what its provider lists or why it could not be asked."""


def show_live(screen: Screen, backend: str | None, operation: str | None) -> int:
    """Show every list that can be read. The exit code is that of the first one that could not."""
    told = asyncio.run(_ask(backend))
    for _, answer in told:
        if isinstance(answer, AnymediaError):
            screen.error(answer)
        elif not screen.json:
            _show(screen, answer, operation)
    if screen.json:
        screen.document({"schema": SCHEMA, "backends": [_document(each, operation) for each in told]})
    return next((answer.exit_code for _, answer in told if isinstance(answer, AnymediaError)), 0)


async def _ask(backend: str | None) -> list[Told]:
    async with AsyncClient() as client:
        if backend is not None:
            return [(backend, await client.live_models(backend))]
        return [(name, await _asked(client, name)) for name in _reachable(client)]


async def _asked(client: AsyncClient, name: str) -> LiveModels | AnymediaError:
    """One provider that does not answer must not hide what the others say."""
    try:
        return await client.live_models(name)
    except AnymediaError as error:
        return error


def _reachable(client: AsyncClient) -> list[str]:
    """The backends whose providers list models and that have what they need. Raise `NoBackendAvailable`."""
    keyed, backends = client.desk.keyed(), client.desk.backends.values()
    listing = [backend for backend in backends if backend.catalogue is not None]
    if found := [backend.name for backend in listing if backend.name in keyed]:
        return found
    keys = [client.desk.to_set(backend) for backend in listing if isinstance(backend.auth, ApiKey)]
    raise NoBackendAvailable(
        "There is no key for any provider that lists its models.", next=f"Set {' or '.join(keys)}."
    )


def _asked_for(answer: LiveModels, operation: str | None) -> list[Difference]:
    """What a list tells no operation of is shown whatever was asked for."""
    return [each for each in answer.differences if operation is None or operation in (each.operations or (operation,))]


def _document(told: Told, operation: str | None) -> dict[str, Json]:
    name, answer = told
    if isinstance(answer, AnymediaError):
        return {"backend": name, "error": answer.document()}
    differences = [{**asdict(each), "operations": list(each.operations)} for each in _asked_for(answer, operation)]
    return {"backend": answer.backend, "listed": len(answer.listed), "differences": differences}


def _show(screen: Screen, answer: LiveModels, operation: str | None) -> None:
    found = _asked_for(answer, operation)
    counts = ", ".join(f"{sum(each.kind == kind for each in found)} {kind}" for kind in ("gone", "changed", "new"))
    screen.result(f"{answer.backend}  lists {len(answer.listed)} models: {counts}")
    wide = max((len(each.model) for each in found), default=0)
    for each in found:
        screen.result(f"  {each.kind:<7}  {each.model:<{wide}}  {_words(each)}".rstrip())


def _words(difference: Difference) -> str:
    if difference.kind == "changed":
        return f"{difference.what}: {difference.declared or 'none'} here, {difference.listed or 'none'} there"
    return ", ".join(operation.replace("_", " ") for operation in difference.operations)
