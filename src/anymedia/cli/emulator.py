"""The command `emulator`: the provider that costs nothing, as a program. Its options are its own."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import click

from ..errors import MissingDependency

PROGRAM = "anymedia.testing.emulator.standalone"
"""Found at run time: the command line does not depend on what is shipped for tests."""


def _program() -> Callable[[list[str]], object]:
    try:
        main: Callable[[list[str]], object] = import_module(PROGRAM).main
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"The emulator needs the package {error.name!r}.", next='Run: pip install "anymedia[testing]"'
        ) from error
    return main


def command(name: str) -> click.Command:
    @click.command(
        name,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def run(arguments: tuple[str, ...]) -> int:
        code = _program()(list(arguments))
        assert isinstance(code, int)
        return code

    return run
