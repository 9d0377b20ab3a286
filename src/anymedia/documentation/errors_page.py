"""Writes `docs/reference/errors.md`: the tree of exceptions with code, exit code and what each means for money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .. import errors
from ..errors import AnymediaError
from .tables import code, page, sentence, table

INTRODUCTION = """\
Inside Python every failure is an exception of this tree. `--json` and the agent tools give the same as a document:
`code`, `message`, `next`, `retryable`, `charged`. An error carries `job_id` and `idempotency_key` once there is a job:
they are the receipt. `charged` is what the kind says; one error may know better and say so."""
OTHER_EXIT_CODES = """\
The command line ends with the exit code of the error. Besides these: 0 is success, 1 a bug, 9 also a batch in which
some prompts failed, 11 that `anymedia backend audit` found something, 130 an interruption by Ctrl-C (what was submitted
can be resumed)."""
LINE = re.compile(r"^\s*[*-] (\w+)(?:\s+(.+))?$")
EXIT_CODE = re.compile(r"\s*\(exit \d+\)$")


def render() -> str:
    """The whole page."""
    heads = ("exception", "code", "exit code", "charged", "same call may work later", "meaning")
    return page("Errors", INTRODUCTION, table(heads, _rows(AnymediaError, 0)), OTHER_EXIT_CODES)


def meanings() -> Mapping[str, str]:
    """What the tree at the top of `errors.py` says of each class, without the exit code."""
    lines = (LINE.match(line) for line in (errors.__doc__ or "").splitlines())
    return {match[1]: EXIT_CODE.sub("", match[2] or "the base class of all") for match in lines if match}


def _rows(kind: type[AnymediaError], depth: int) -> Iterator[tuple[str, ...]]:
    yield (
        f"{'&nbsp;&nbsp;' * depth}{code(kind.__name__)}",
        code(kind.code),
        str(kind.exit_code),
        kind.charged_by_default,
        "yes" if kind.retryable_by_default else "no",
        sentence(meanings()[kind.__name__]),
    )
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _rows(child, depth + 1)
