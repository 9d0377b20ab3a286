"""The command `why`: the selection explained, for the very request that would be made. Spends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import click

from ..client import AsyncClient
from ..engine.plan import Plan
from ..errors import AnymediaError, BudgetExceeded, UsageError
from ..media import Json
from ..operations import OPERATIONS, Request
from ..requests import request_from
from ..results import SCHEMA
from ..selection import Candidate
from .call_options import call_options
from .commands import shows
from .lazy import LazyGroup
from .options import noun, parameter_options, parameters_from
from .prompts import read_prompts
from .showing import Screen, in_options

LEFT_OUT = frozenset({"output", "output_dir", "overwrite", "wait", "idempotency_key", "fallback"})
"""Options that have nothing to do with the choice."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Who would make it, or why nobody can, and every candidate with the reasons against it."""

    plan: Plan | None
    error: AnymediaError | None
    candidates: Sequence[Candidate]


def command(name: str) -> click.Command:
    places = {
        operation.replace("_", "-"): ("why:operation_command", f"Explain the choice for {noun(kind)}.")
        for operation, kind in OPERATIONS.items()
    }
    return LazyGroup(name=name, places=places, help="Explain which backend and model would be chosen. Spends nothing.")


def operation_command(name: str) -> click.Command:
    kind = OPERATIONS[name.replace("-", "_")]

    @click.command(name, help=f"Explain the choice for {noun(kind)}. Takes the options of the call itself.")
    @shows
    def why(screen: Screen, prompts: tuple[str, ...], **options: Json) -> int:
        if len(prompts) > 1:
            raise UsageError("`why` explains one prompt at a time.", next="Put the prompt in quotes.")
        (prompt,) = read_prompts(kind, prompts)
        explanation = asyncio.run(_explain(kind, prompt, parameters_from(kind, options)))
        return _show(screen, kind, explanation)

    why.params = [
        click.Argument(["prompts"], nargs=-1, metavar="PROMPT"),
        *parameter_options([kind]),
        *(option for option in call_options() if option.name not in LEFT_OUT),
        *why.params,
    ]
    return why


async def _explain(kind: type[Request], prompt: str, parameters: Mapping[str, Json]) -> Explanation:
    request, options = await asyncio.to_thread(request_from, kind, prompt, parameters)
    async with AsyncClient() as client:
        candidates = client.why(request, options)
        try:
            plan = await client.desk.plan(request, options)
        except AnymediaError as error:
            return Explanation(plan=None, error=error, candidates=candidates)
        try:
            await client.desk.check_budget(plan, options)
        except BudgetExceeded as error:
            return Explanation(plan=plan, error=error, candidates=candidates)
        return Explanation(plan=plan, error=None, candidates=candidates)


def _show(screen: Screen, kind: type[Request], explanation: Explanation) -> int:
    code = 0 if explanation.error is None else explanation.error.exit_code
    if screen.json:
        screen.document(_document(kind, explanation))
        return code
    if explanation.plan is not None:
        _show_plan(screen, explanation.plan)
    for line in _reasons(explanation.candidates):
        screen.result(f"  {in_options(line)}")
    if explanation.error is not None:
        screen.error(explanation.error)
    return code


def _show_plan(screen: Screen, plan: Plan) -> None:
    at_most = "an unknown amount" if plan.worst_case is None else f"{plan.worst_case:f} USD"
    screen.result(f"{plan.backend.name}:{plan.model.id} would make it, for at most {at_most}.")
    screen.result(f"  {plan.why[0]}")
    for warning in (*plan.warnings, *map(str, plan.adjustments)):
        screen.warning(warning)


def _reasons(candidates: Sequence[Candidate]) -> list[str]:
    """One line for the models of a backend that have the same reasons against them."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for candidate in candidates:
        alike.setdefault((candidate.backend.name, candidate.why_not), []).append(candidate.model.id)
    return [
        f"{backend} ({', '.join(models)}): {'; '.join(why_not) or 'can make it'}"
        for (backend, why_not), models in alike.items()
    ]


def _document(kind: type[Request], explanation: Explanation) -> dict[str, Json]:
    plan, error = explanation.plan, explanation.error
    return {
        "schema": SCHEMA,
        "success": error is None,
        "operation": kind.operation,
        "backend": None if plan is None else plan.backend.name,
        "model": None if plan is None else plan.model.id,
        "at_most": None if plan is None or plan.worst_case is None else f"{plan.worst_case:f}",
        "why": [] if plan is None else list(plan.why),
        "candidates": [
            {
                "backend": candidate.backend.name,
                "model": candidate.model.id,
                "able": not candidate.why_not,
                "why_not": list(candidate.why_not),
                "adjustments": [adjustment.document() for adjustment in candidate.adjustments],
            }
            for candidate in explanation.candidates
        ],
        "error": None if error is None else error.document(),
    }
