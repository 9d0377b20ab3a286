"""Reads keys from a file such as `.env`. Takes nothing else from it, fills in no variables and sets none."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidConfiguration
from .secret import Discreet

if TYPE_CHECKING:
    from dotenv.parser import Binding

LARGEST = 2**20
"""Bytes. More than this is some other file."""
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keys_in(path: Path, wanted: Collection[str]) -> Mapping[str, str]:
    """The wanted variables that the file assigns, the last assignment of each. None if there is no such file.

    Raise `InvalidConfiguration` for a file that others may read, a link, or what is no file of the user's.
    """
    text = _text_of(path)
    found: dict[str, str] = {}
    for each in _lines(text or ""):
        if each.error and any(name in each.original.string for name in wanted):
            problem = f"assigns a key in line {each.original.line} in a way that cannot be read"
            raise _unusable(path, problem, "Write it as NAME=value.")
        if each.key is not None and each.key in wanted and each.value is not None:
            found[each.key] = each.value
    return Discreet(found)


def assignments(text: str) -> Mapping[str, str]:
    """What the lines of such a file assign. Variables in values are not filled in."""
    return {each.key: each.value for each in _lines(text) if each.key is not None and each.value is not None}


def _lines(text: str) -> Iterator[Binding]:
    from dotenv.parser import parse_stream

    return parse_stream(io.StringIO(text))


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
