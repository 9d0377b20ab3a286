"""The command `backend check`: the shipped suite on one backend, with what failed, why, and how to mend it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from ..errors import MissingDependency
from ..results import SCHEMA
from .commands import shows
from .showing import Screen

if TYPE_CHECKING:
    from ..testing.check import Checked

FAILED = 1
"""The exit code when anything failed, or nothing was tried."""


def check_command(name: str) -> click.Command:
    @click.command(
        name,
        help="Try a backend against its own declaration and against faults. It needs no key and no network.",
    )
    @click.argument("target", metavar="FILE_OR_NAME")
    @click.option("--whole", is_flag=True, help="Run all tests of a large backend too: that may take minutes.")
    @shows
    def run(screen: Screen, target: str, whole: bool) -> int:
        screen.note("the suite runs; this takes some seconds")
        checked = _checked(target, whole=whole)
        if screen.json:
            screen.document({"schema": SCHEMA, **checked.document()})
        else:
            _show(screen, checked)
        return FAILED if checked.failed or not checked.tried else 0

    return run


def _checked(target: str, *, whole: bool) -> Checked:
    try:
        suite = import_module("anymedia.testing.check")
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"The suite needs the package {error.name!r}.", next='Run: pip install "anymedia[testing]"'
        ) from error
    checked: Checked = suite.check(target) if whole else suite.check(target, seconds=suite.QUICK)
    return checked


def _show(screen: Screen, checked: Checked) -> None:
    for title, outcomes in sorted(checked.kinds.items()):
        if outcomes["passed"]:
            screen.note(f"passed {outcomes['passed']:4}  {title}")
    passed, tried = len(checked.tried) - len(checked.failed), len(checked.tried)
    screen.result(f"{', '.join(checked.backends)}: {checked.score} %, {passed} of {tried} tests passed")
    jobs = sum(checked.purchases.values())
    screen.result(f"paid submits: at most {checked.most_purchases} for one job, in {jobs} jobs")
    for finding in checked.failed:
        screen.result(f"\n{finding.title}  [{finding.subject}]\n  {finding.why}")
    if checked.not_run:
        screen.result(
            f"not run: {checked.not_run} more of the same kinds; with --whole they are ({checked.seconds:.0f} s)"
        )
    elif not checked.failed:
        screen.note(f"nothing to mend ({checked.seconds:.0f} s)")
