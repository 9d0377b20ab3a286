"""From any exception to words, a document and an exit code. Nothing else here decides about exit codes of errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from ..engine.redaction import REDACTOR
from ..errors import AnymediaError, UsageError
from ..operations import OPERATIONS, request_fields
from ..results import document
from .showing import ReaderLeft, Screen, tell

BUG = 1
BROKEN_PIPE = 141
"""What a shell reports for a program that a closed pipe ended."""
ALIKE = 0.7
"""From this likeness on, an option is suggested for a misspelt one."""


def report(error: Exception, arguments: Sequence[str]) -> int:
    """Show what ended a command line that was perhaps not understood, and return its exit code."""
    if isinstance(error, ReaderLeft):
        return _without_reader()
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    return show_failure(_screen_of(arguments), error)


def _without_reader() -> int:
    """What Python still holds for standard output must not raise at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def show_failure(screen: Screen, error: Exception) -> int:
    """Show what ended a command and return its exit code."""
    ours = as_ours(error)
    if ours.exit_code == BUG and screen.verbose:
        import traceback

        tell(REDACTOR.clean("".join(traceback.format_exception(error))))
    screen.error(ours)
    if screen.json:
        screen.document(document(operation=None, outcomes=[ours]))
    return ours.exit_code


def as_ours(error: Exception) -> AnymediaError:
    """One of our errors for whatever was raised."""
    match error:
        case AnymediaError():
            return error
        case click.UsageError():
            return _of_usage(error)
        case click.ClickException():
            return UsageError(error.format_message())
    return AnymediaError(
        f"This is a bug in anymedia: {REDACTOR.clean(repr(error))}.",
        next="Please report it with the output of the same command and -v.",
    )


def _of_usage(error: click.UsageError) -> UsageError:
    if isinstance(error, click.NoSuchOption):
        return UsageError(f"There is no option {error.option_name}.", next=_instead_of(error))
    return UsageError(error.format_message(), next=_where_help_is(error))


def _where_help_is(error: click.UsageError) -> str | None:
    return None if error.ctx is None else f"`{error.ctx.command_path} --help` shows how it is used."


def _instead_of(error: click.NoSuchOption) -> str | None:
    """The option that was meant, or the operations that have it, or how a prompt that looks like one is written."""
    name = error.option_name.lstrip("-").replace("-", "_")
    having = [operation.replace("_", " ") for operation, kind in OPERATIONS.items() if name in request_fields(kind)]
    if having:
        return f"It is a parameter of {', '.join(having)}; no installed backend has it here."
    near = [each for each in error.possibilities or () if _likeness(each, error.option_name) >= ALIKE]
    if near:
        return f"Did you mean {' or '.join(near)}?"
    takes_prompts = error.ctx is not None and any(each.name == "prompts" for each in error.ctx.command.params)
    before = 'Write `--` before a prompt that begins with "-". ' if takes_prompts else ""
    return f"{before}{_where_help_is(error) or ''}"


def _likeness(one: str, other: str) -> float:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one, other).ratio()


def _screen_of(arguments: Sequence[str]) -> Screen:
    """What was asked for, although the command line may not have been understood."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return Screen(json="--json" in options, verbose="-v" in options or "--verbose" in options)
