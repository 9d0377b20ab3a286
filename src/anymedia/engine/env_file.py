"""Reads keys from a file such as `.env`. Takes nothing else from it, fills in no variables and sets none."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from ..errors import InvalidConfiguration
from .secret import Discreet

LARGEST = 2**20
"""Bytes. More than this is some other file."""
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_ASSIGNMENT = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*"
    r"""(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\r\n]*?))[ \t]*(?:(?<=[ \t])\#[^\r\n]*)?\r?$""",
    re.MULTILINE | re.DOTALL,
)
"""What the programs that read such files agree about. A value in quotes may go over several lines."""


def keys_in(path: Path, wanted: Collection[str]) -> Mapping[str, str]:
    """The wanted variables that the file assigns, the last assignment of each. None if there is no such file.

    Raise `InvalidConfiguration` for a file that others may read, a link, or what is no file of the user's.
    """
    text = _text_of(path)
    found = {name: value for name, value in assignments(text) if name in wanted} if text else {}
    return Discreet(found)


def assignments(text: str) -> list[tuple[str, str]]:
    return [
        (found[1], found[2] if found[2] is not None else _unescaped(found[3]) if found[3] is not None else found[4])
        for found in _ASSIGNMENT.finditer(text)
    ]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r", "t": "\t"}.get(found[1], found[1]), text)


def _text_of(path: Path) -> str | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _unusable(path, "is a link", "Name the file itself.") from None
        raise _unusable(path, f"cannot be read: {error.strerror}", "Name another file, or mend this one.") from None
    with os.fdopen(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor))
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise _unusable(path, "is larger than 1 MiB", "Name the file you mean.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # The error itself holds the whole content.
        problem = _unusable(path, "is not UTF-8 text", "Save it as UTF-8.")
    raise problem


def _check(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise _unusable(path, "is not a file", "Name a file of lines such as NAME=value.")
    if facts.st_uid != os.geteuid():
        raise _unusable(path, "belongs to another user", "Copy it to a file of your own.")
    if facts.st_mode & FOR_OTHERS:
        raise _unusable(path, "can be read by others", f"Run: chmod 600 {path}")


def _unusable(path: Path, problem: str, next: str) -> InvalidConfiguration:
    return InvalidConfiguration(f"The file of keys {path} {problem}.", next=next)
