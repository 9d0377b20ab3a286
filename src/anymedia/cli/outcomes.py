"""How calls ended: files on standard output in the order of the prompts, everything else on standard error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..errors import AnymediaError, PartialResult
from ..operations import OPERATIONS
from ..results import Result, document
from .showing import Screen, one_line

MIXED = 9
"""The exit code of a batch whose prompts ended in different ways."""

Outcome = Result | AnymediaError


def show_outcomes(screen: Screen, operation: str | None, outcomes: Sequence[Outcome]) -> int:
    """Show every result and every error, then the one document if that is asked for, and return the exit code."""
    alike = Counter(_sameness(outcome) for outcome in outcomes)
    for outcome in outcomes:
        show_outcome(screen, outcome, times=alike.pop(_sameness(outcome), 0))
    if screen.json:
        screen.document(document(operation=operation, outcomes=outcomes))
    return exit_code(outcomes)


def _sameness(outcome: Outcome) -> tuple[str | None, ...]:
    """Prompts of a batch that failed alike before they had a job are told of once."""
    if isinstance(outcome, Result) or outcome.job_id is not None:
        return (outcome.job_id,)
    return (outcome.code, outcome.message, outcome.next)


def show_outcome(screen: Screen, outcome: Outcome, *, times: int = 1) -> None:
    """Show one result or error that stands for `times` prompts; nothing if it was shown for another prompt."""
    if times == 0:
        return
    if isinstance(outcome, Result):
        _show_result(screen, outcome)
        return
    if isinstance(outcome, PartialResult):
        _show_result(screen, outcome.result)
    screen.error(outcome, times=times)


def _show_result(screen: Screen, result: Result) -> None:
    if not screen.json:
        _show_output(screen, result)
    for warning in (*result.warnings, *(f"adapted {adjustment}" for adjustment in result.adjustments)):
        screen.warning(warning)
    screen.note(f"made by {result.backend}:{result.model}, cost {result.cost} ({result.cost.source}), {result.job_id}")
    for reason in result.why:
        screen.detail(f"why: {reason}")
    if result.continuation_id is not None:
        to_do = "change it" if result.files else "ask further"
        screen.note(f"to {to_do}: --continue-from {result.continuation_id}")


def _show_output(screen: Screen, result: Result) -> None:
    for file in result.files:
        if file.path is not None:
            screen.path(file.path)
    if result.text is not None and not _is_in_a_file(result):
        screen.words(result.text)
    for resource in result.resources:
        screen.result(one_line(f"{resource.kind} {resource.id}"))


def _is_in_a_file(result: Result) -> bool:
    """Whether the words of a result are what its file holds."""
    return OPERATIONS[result.operation].makes == "text" and bool(result.files)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 if all is done, the common code if all failed in the same way, else 9."""
    codes = {outcome.exit_code if isinstance(outcome, AnymediaError) else 0 for outcome in outcomes}
    return codes.pop() if len(codes) == 1 else MIXED
