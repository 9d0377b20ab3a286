"""Keys that may turn up nowhere but in a header, and the places where they are looked for."""

from __future__ import annotations

import pickle
import traceback
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from anymedia import AnymediaError
from anymedia.spec import Backend

CORE = "canary-0123456789abcdefghij"
"""What all of them have in common, the key of every other test included."""
HERE = str(Path(__file__).parent)
DEEPEST = 6
"""Objects in objects that are followed from an error."""


def canary_of(backend: Backend) -> str:
    """A key of this backend alone that looks like nobody's, so that only who knows it can hide it."""
    return f"{backend.name}/{CORE}+{backend.name}="


def _forms(secret: str) -> Iterator[bytes]:
    """A secret as it stands in a text or a URL, and in base64 wherever it begins there."""
    yield from (secret.encode(), quote(secret, safe="").encode())
    for before in range(3):
        encoded = b64encode(bytes(before) + secret.encode())
        yield encoded[4 if before else 0 : len(encoded) - 4]


_needles = {*_forms(CORE)}


def watch_for(*secrets: str) -> None:
    """From now on these are looked for too."""
    _needles.update(form for secret in secrets for form in _forms(secret))


def holds_key(content: str | bytes) -> bool:
    """Whether a key is in it, as it is, as a part of a URL or in base64."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    return any(needle in raw for needle in _needles)


def files_with_key(folder: Path) -> list[Path]:
    """The files below a folder that hold a key: the ledger and its log, outputs, what is kept, what is set aside."""
    return [path for path in folder.rglob("*") if path.is_file() and holds_key(path.read_bytes())]


def chain_of(error: BaseException) -> list[BaseException]:
    """The error, and all that it came from, whether a traceback shows it or not."""
    found = [error]
    for each in found:
        found += [one for one in (each.__cause__, each.__context__) if one is not None and one not in found]
    return found


def leaks_of(error: BaseException) -> list[str]:
    """Where an error shows a key: in its words, its variables, its pickle, the objects it holds, and its causes."""
    return [f"{type(each).__name__}: {place}" for each in chain_of(error) for place in _leaks_of_one(each)]


def _leaks_of_one(error: BaseException) -> Iterator[str]:
    shown = {"str": str(error), "repr": repr(error), "args": repr(error.args)}
    if isinstance(error, AnymediaError):
        shown |= {"document": repr(error.document()), "details": repr(error.details)}
        if holds_key(pickle.dumps(error)):
            yield "its pickle"
    yield from (place for place, text in shown.items() if holds_key(text))
    yield from _reachable(vars(error), "its objects", DEEPEST, set())
    for frame in traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), capture_locals=True):
        if not frame.filename.startswith(HERE):  # a test knows the key
            for name, value in (frame.locals or {}).items():
                if holds_key(value):
                    yield f"`{name}` in {frame.name}, {frame.filename}:{frame.lineno}"


def _reachable(value: Any, path: str, depth: int, seen: set[int]) -> Iterator[str]:
    if depth == 0 or id(value) in seen:
        return
    seen.add(id(value))
    match value:
        case str() | bytes():
            if holds_key(value):
                yield path
        case dict():
            for name, each in value.items():
                yield from _reachable(each, f"{path}.{name}", depth - 1, seen)
        case list() | tuple() | set():
            for each in value:
                yield from _reachable(each, f"{path}[]", depth - 1, seen)
        case BaseException():
            return  # its own turn comes
        case _ if hasattr(value, "__dict__") and not isinstance(value, type):
            yield from _reachable(vars(value), f"{path}.{type(value).__name__}", depth - 1, seen)
