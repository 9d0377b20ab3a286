"""The command `backend record`: real calls to a provider, each once, and a file of what was said without any key."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import click

from ..client import AsyncClient
from ..errors import AnymediaError, BudgetExceeded, UsageError
from ..integrator.recording.recorder import Recorded, Recorder
from ..integrator.recording.takes import Skipped, Take, takes_of
from ..registry import find_backend
from ..requests import money
from ..results import SCHEMA
from ..spec.backend import Backend
from .commands import shows
from .showing import Screen


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be recorded. `cap` is in US dollars, for all calls together."""

    operations: Sequence[str]
    model: str | None
    cap: Decimal | None
    yes: bool
    into: Path


def record_command(name: str) -> click.Command:
    @click.command(
        name,
        help="Make one real call for each operation of a backend, the cheapest of its samples, and write down what was "
        "sent and answered, without keys and media. It needs your key and costs money: you are told how much at most.",
    )
    @click.argument("target", metavar="FILE_OR_NAME")
    @click.option("--operation", "operations", multiple=True, metavar="NAME", help="Only this one (repeatable).")
    @click.option("--model", metavar="ID", help="The model, instead of that of the sample.")
    @click.option("--max-cost", metavar="DOLLARS", help="The most that all calls together may cost.")
    @click.option("--yes", is_flag=True, help="Do not ask before the calls; needs --max-cost.")
    @click.option(
        "--into", type=click.Path(path_type=Path), default=Path("recordings"), metavar="FOLDER", help="Where to write."
    )
    @shows
    def run(
        screen: Screen,
        target: str,
        operations: tuple[str, ...],
        model: str | None,
        max_cost: str | None,
        yes: bool,
        into: Path,
    ) -> int:
        if yes and max_cost is None:
            raise UsageError("Without a question there has to be a limit.", next="Give `--max-cost`, such as 0.10.")
        cap = None if max_cost is None else money("max_cost", max_cost)
        asked = Asked(operations=operations, model=model, cap=cap, yes=yes, into=into)
        return asyncio.run(_run(screen, target, asked))

    return run


async def _run(screen: Screen, target: str, asked: Asked) -> int:
    async with AsyncClient() as client:
        backend = _meant(client, target)
        takes, skipped = await takes_of(
            client, backend, operations=asked.operations, model=asked.model, into=asked.into
        )
        for each in skipped:
            screen.warning(f"{each.operation} is not recorded: {each.why}")
        _allowed(screen, backend, takes, asked)
        recorder = Recorder(client, backend)
        made = [await recorder.record(take) for take in takes]
    return _show(screen, backend, made, skipped)


def _meant(client: AsyncClient, target: str) -> Backend:
    """A backend of the registry, or the one in a file, which only this command knows."""
    if not target.endswith(".py"):
        return find_backend(target, client.desk.backends)
    from ..testing.conformance.targets import backends_named

    backend = backends_named([target])[0]
    client.desk.backends = {**client.desk.backends, backend.name: backend}
    return backend


def _allowed(screen: Screen, backend: Backend, takes: Sequence[Take], asked: Asked) -> None:
    """Say what the calls cost at most, and go on only if that is wanted. Raise `UsageError` or `BudgetExceeded`."""
    if not takes:
        raise UsageError(f"There is nothing to record of {backend.title}.")
    total = sum((take.worst_case for take in takes), Decimal())
    for take in takes:
        screen.note(f"{take.operation} by {backend.name}:{take.model}, at most {take.worst_case:f} USD")
    if asked.cap is not None and total > asked.cap:
        raise BudgetExceeded(
            f"The calls may cost {total:f} USD, over the limit of {asked.cap:f} USD. Nothing was sent.",
            next="Raise `--max-cost`, or name one operation by `--operation`.",
        )
    if asked.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("Nobody is here to be asked.", next="Give `--yes` and `--max-cost`.")
    if not click.confirm(f"Make these {len(takes)} calls at {backend.title}, for at most {total:f} USD?", err=True):
        raise UsageError("Nothing was sent.")


def _show(screen: Screen, backend: Backend, made: Sequence[Recorded], skipped: Sequence[Skipped]) -> int:
    if screen.json:
        screen.document(
            {
                "schema": SCHEMA,
                "backend": backend.name,
                "recordings": [_document(each) for each in made],
                "skipped": [{"operation": each.operation, "why": each.why} for each in skipped],
            }
        )
    for each in made:
        if each.error is not None:
            screen.error(each.error)
        if not screen.json and each.place is not None:
            screen.path(each.place)
        if each.result is not None:
            screen.note(f"cost {each.result.cost}, made {', '.join(str(file.path) for file in each.result.files)}")
    errors = [each.error for each in made if isinstance(each.error, AnymediaError)]
    return errors[0].exit_code if errors else 0


def _document(each: Recorded) -> dict[str, object]:
    return {
        "path": None if each.place is None else str(each.place),
        "cost": None if each.result is None else each.result.cost.document(),
        "error": None if each.error is None else each.error.document(),
    }
