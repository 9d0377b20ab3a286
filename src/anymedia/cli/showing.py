"""What people and programs see: results on standard output, everything else on standard error, fit for a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine.foreign_words import harmless as safe
from ..media import Json

if TYPE_CHECKING:
    from ..errors import AnymediaError


def one_line(text: str, longest: int | None = None) -> str:
    """`text` fit for a terminal on one line, cut to `longest` characters."""
    line = " ".join(safe(text).split())
    return line if longest is None or len(line) <= longest else line[: longest - 3] + "..."


def uses_colour(environ: Mapping[str, str] = os.environ) -> bool | None:
    """NO_COLOR and FORCE_COLOR decide, in this order; `None` leaves it to whether the stream is a terminal."""
    if environ.get("NO_COLOR"):
        return False
    return True if environ.get("FORCE_COLOR") else None


class ReaderLeft(Exception):
    """Whoever read standard output, such as `head`, has gone."""


@dataclass(frozen=True, kw_only=True)
class Screen:
    """How one command shows what it has to say. With `json`, standard output carries one document and nothing else."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False

    def result(self, text: str) -> None:
        """One line, or several, of what was asked for."""
        _print(safe(text))

    def styled(self, before: str, text: str) -> None:
        """A result with a word of ours before it that is already styled."""
        _print(before + safe(text))

    def path(self, path: Path) -> None:
        """A path: byte for byte for programs, harmless for a terminal."""
        _print(safe(str(path)) if sys.stdout.isatty() else os.fsencode(path))

    def words(self, text: str) -> None:
        """Words a model found: byte for byte for programs, harmless for a terminal. They end with one line end."""
        text = text.removesuffix("\n")
        _print(safe(text) if sys.stdout.isatty() else text.encode("utf-8", "backslashreplace"))

    def document(self, document: Mapping[str, Json]) -> None:
        """ASCII only: valid whatever the encoding, and no control character reaches a terminal."""
        _print(json.dumps(document, indent=2))

    def note(self, text: str) -> None:
        """Something nice to know."""
        if not self.quiet:
            tell(safe(text))

    def detail(self, text: str) -> None:
        """Something only `-v` shows."""
        if self.verbose:
            self.note(text)

    def warning(self, text: str) -> None:
        self._labelled("warning", "yellow", text)

    def error(self, error: AnymediaError, *, times: int = 1) -> None:
        """The sentence, what to do next, and the receipt. `times` is how many prompts of a batch ended like this."""
        message, then = in_options(error.message), in_options((error.next or "").strip())
        self._labelled("error", "red", message if times == 1 else f"{message} ({times} prompts)")
        for line in filter(None, then.splitlines()):
            self._labelled("next", "cyan", line)
        if error.job_id:
            self._labelled("job", None, f"{error.job_id} (charged: {error.charged})")

    def _labelled(self, label: str, colour: str | None, text: str) -> None:
        styled = click.style(f"{label}:", fg=colour, bold=True) if colour else f"{label}:"
        tell(f"{styled} {_indented(text)}")


def _indented(text: str) -> str:
    """Harmless, and with every further line set in: at the beginning of a line stand only words of ours."""
    return safe(text).replace("\n", "\n  ")


def tell(text: str, *, new_line: bool = True) -> None:
    """Write to standard error. That it is gone must never stop a job that may be paid for."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True, nl=new_line, color=uses_colour())


def _print(content: str | bytes) -> None:
    """Write a line to standard output. Raise `ReaderLeft`, or `OutputRefused` where it cannot be written."""
    try:
        click.echo(content, color=uses_colour())
    except BrokenPipeError:
        raise ReaderLeft from None
    except OSError as error:
        from ..errors import OutputRefused

        raise OutputRefused(f"Standard output cannot be written: {error.strerror}.") from None


# --- The library's words in those of the command line -----------------------------------------------------------

_PARAMETER = re.compile(r"`([a-z][a-z_]*)`")
_ASSIGNMENT = re.compile(r'\b([a-z][a-z_]*)=(?:"([^"\s]*)"|True)')


def in_options(text: str) -> str:
    """Name parameters as they are typed here: `` `output_format` `` becomes `` `--output-format` ``."""
    known = _option_names()
    text = _PARAMETER.sub(lambda found: f"`{known[found[1]]}`" if found[1] in known else found[0], text)
    return _ASSIGNMENT.sub(
        lambda found: f"{known[found[1]]} {found[2] or ''}".strip() if found[1] in known else found[0], text
    )


def _option_names() -> dict[str, str]:
    """The options of the command that runs, by the name of their parameter."""
    context = click.get_current_context(silent=True)
    names: dict[str, str] = {}
    for option in context.command.params if context is not None else ():
        spelled = [each for each in option.opts if each.startswith("--")]
        for name in (option.name, *(each[2:].replace("-", "_") for each in spelled)):
            if name and spelled:
                names[name] = spelled[0]
    return names
