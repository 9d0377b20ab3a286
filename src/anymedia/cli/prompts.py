"""Reads the prompts of a command line: arguments, or standard input where an argument is `-`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..errors import InvalidInput, UsageError
from ..operations import Request

LONGEST = 2**22
"""Bytes of standard input that are read; no model takes a longer prompt."""


def read_prompts(kind: type[Request], arguments: Sequence[str]) -> tuple[str, ...]:
    """The prompts, in order. Raise `UsageError` if there is none, `InvalidInput` if one is not text."""
    if kind.main_input is None:
        if arguments:
            raise UsageError(f"{kind.operation} takes no prompt, only `--input` and options.")
        return ("",)
    if not arguments:
        example = f'anymedia {(kind.verb or kind.operation).replace("_", "-")} "a red fox in snow"'
        raise UsageError(f"There is no {kind.main_input}.", next=f"Such as: {example}   (`-` reads standard input)")
    if list(arguments).count("-") > 1:
        raise UsageError("Standard input can be read once.", next="Give `-` once.")
    return tuple(_from_stdin() if each == "-" else _text(each) for each in arguments)


def _text(argument: str) -> str:
    """An argument that is Unicode: what the shell passed may be any bytes."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise InvalidInput("A prompt is not UTF-8 text.", next="Convert it first, with iconv for example.") from None
    return argument


def _from_stdin() -> str:
    content = sys.stdin.buffer.read(LONGEST + 1)
    if len(content) > LONGEST:
        raise InvalidInput("Standard input is longer than any prompt can be.", next="Pass the prompt alone.")
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        advice = "Convert it first, with iconv for example."
        raise InvalidInput(f"Standard input is not UTF-8 text (byte {error.start}).", next=advice) from None
