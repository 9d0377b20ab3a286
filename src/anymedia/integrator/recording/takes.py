"""Says which calls a recording needs: for each operation the cheapest request of the samples, and what it may cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ...client import AsyncClient
from ...desk import Options
from ...errors import AnymediaError, UnknownName, UsageError, did_you_mean
from ...operations import Request, recorded_fields
from ...preview import DryRun
from ...spec.backend import ApiKey, Backend, Sample


@dataclass(frozen=True, kw_only=True)
class Take:
    """One call that is to be made. `worst_case` is in US dollars; `place` is the file that it will be in."""

    request: Request
    model: str
    worst_case: Decimal
    place: Path

    @property
    def operation(self) -> str:
        return self.request.operation


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """An operation that is not called, and why."""

    operation: str
    why: str


async def takes_of(
    client: AsyncClient, backend: Backend, *, operations: Sequence[str] = (), model: str | None = None, into: Path
) -> tuple[list[Take], list[Skipped]]:
    """The calls, and what is left out. Nothing is sent. Raise `UsageError`, or `MissingCredentials` without a key."""
    if backend.role != "provider" or not isinstance(backend.auth, ApiKey):
        raise UsageError(f"{backend.title} runs on this machine: there is no provider to be recorded.")
    client.desk.access(backend)
    found: list[Take] = []
    skipped: list[Skipped] = []
    for kind in _kinds(backend, operations, model):
        place = into / backend.name / f"{kind.operation}.json"
        take = await _take(client, backend, kind, model, place)
        if isinstance(take, Take):
            found.append(take)
        else:
            skipped.append(Skipped(operation=kind.operation, why=take))
    return found, skipped


def _kinds(backend: Backend, operations: Sequence[str], model: str | None) -> list[type[Request]]:
    """The operations that were asked for, or those that somebody may be led to."""
    known = {each.accepts.operation: each.accepts for each in backend.models}
    for name in operations:
        if name not in known:
            raise UnknownName(f"{backend.title} has no operation {name!r}.", next=did_you_mean(name, list(known)))
    asked = [known[name] for name in dict.fromkeys(operations)] or [k for k in known.values() if k in backend.priority]
    named = None if model is None else backend.model(model)
    if model is not None and named is None:
        then = did_you_mean(model, [each.id for each in backend.models])
        raise UnknownName(f"{backend.title} has no model {model!r}.", next=then)
    asked = [kind for kind in asked if named is None or kind is named.accepts]
    if not asked:
        raise UsageError(
            f"{backend.title} declares no priority, so no operation is recorded unless it is named.",
            next=f"Name one by --operation: {', '.join(known)}.",
        )
    return asked


async def _take(
    client: AsyncClient, backend: Backend, kind: type[Request], model: str | None, place: Path
) -> Take | str:
    """The cheapest call of one operation, or the reason why there is none."""
    if recorded_fields(kind):
        return "it needs the word of a real person, and the samples have none"
    if is_recorded(place):
        return f"it is recorded in {place}; remove the file to record it again"
    takes: list[Take] = []
    reasons: list[str] = []
    for sample in backend.samples:
        if type(sample.request) is kind and sample.expects == "done" and sample.continues is None:
            told = await _tried(client, backend, sample, model or sample.model)
            if isinstance(told, str):
                reasons.append(told)
            elif (cost := told.worst_case) is not None:
                takes.append(Take(request=sample.request, model=told.model, worst_case=cost, place=place))
    reasons.append("the backend has no sample of it that a new call could be made from")
    return min(takes, key=lambda take: take.worst_case) if takes else reasons[0]


async def _tried(client: AsyncClient, backend: Backend, sample: Sample, model: str | None) -> DryRun | str:
    """What a call would send and cost at most, or why it is not made."""
    try:
        told = await client.dry_run(sample.request, Options(backend=backend.name, model=model))
    except AnymediaError as error:
        return str(error)
    if "compute" in told.wire:
        return "a library makes its calls, and what goes over the wire is not seen here"
    return "nobody can say what it costs at most" if told.worst_case is None else told


def is_recorded(place: Path) -> bool:
    """Whether a recording is there that ended well; one that did not may be made again."""
    try:
        document = json.loads(place.read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("result", {}).get("outcome") == "done"
