"""What every command has in common: its output options, and words for the error that ends it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

import click

from ..errors import AnymediaError
from .failing import show_failure
from .showing import Screen


def shows(function: Callable[Concatenate[Screen, ...], int]) -> Callable[..., int]:
    """Give a command `--json`, `-v` and `-q`, and hand it the screen they make."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    @click.option("-v", "--verbose", is_flag=True, help="Say more on standard error, with tracebacks and logs.")
    @click.option("-q", "--quiet", is_flag=True, help="Only results, warnings and errors.")
    @wraps(function)
    def command(*arguments: Any, as_json: bool, verbose: bool, quiet: bool, **options: Any) -> int:
        screen = Screen(json=as_json, quiet=quiet, verbose=verbose)
        if verbose:
            _log_to_stderr()
        try:
            return function(screen, *arguments, **options)
        except AnymediaError as error:
            # Here and not in `main`, because only inside the command is it known what its options are called.
            return show_failure(screen, error)

    return command


def _log_to_stderr() -> None:
    import logging

    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("anymedia").setLevel(logging.INFO)
