"""The files below the audited folder, without links, and the globs that choose among them. Reads names only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from ...errors import InvalidInput
from .facts import Unread

SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", ".tox", ".nox", ".eggs", "node_modules", "__pycache__"}
    | {".mypy_cache", ".ruff_cache", ".pytest_cache"}
)
"""Folders that hold no source of the project."""
LARGEST = 1_000_000
"""Bytes. Source that people write is smaller; what is larger is generated, or data."""
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\{|\}|,|[^*?{},]+")
_MEANS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}


class Tree:
    """All regular files below `root` that can be read and are not too large, by their paths with slashes."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise InvalidInput(f"{root} is no folder.", next="Give the folder of the code to audit.")
        self.root = root.resolve()
        self.unread: list[Unread] = []
        self.files = tuple(sorted(self._walk()))
        self.matching = cache(self._matching)

    def _walk(self) -> Iterator[str]:
        """Goes down without recursion: a hostile tree may be deeper than Python calls itself."""
        waiting = [""]
        while waiting:
            prefix = waiting.pop()
            try:
                entries = list(os.scandir(self.root / prefix))
            except OSError as error:
                self._leave_out(prefix.rstrip("/") or ".", str(error.strerror))
                continue
            for entry in entries:
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting += [f"{path}/"] if entry.name not in SKIPPED else []
                elif entry.is_file(follow_symlinks=False) and self._is_readable(entry, path):
                    yield path

    def _is_readable(self, entry: os.DirEntry[str], path: str) -> bool:
        try:
            size = entry.stat(follow_symlinks=False).st_size
        except OSError as error:
            self._leave_out(path, str(error.strerror))
            return False
        if size > LARGEST:
            self._leave_out(path, f"larger than {LARGEST} bytes")
        elif not os.access(entry.path, os.R_OK):
            self._leave_out(path, "it may not be read")
        else:
            return True
        return False

    def _leave_out(self, path: str, why: str) -> None:
        self.unread.append(Unread(path=path, why=why))

    def _matching(self, where: tuple[str, ...], but_not: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The files that one of the globs `where` names and none of `but_not`."""
        wanted, unwanted = expression(where), expression(but_not)
        return tuple(each for each in self.files if wanted.fullmatch(each) and not unwanted.fullmatch(each))


def expression(globs: Sequence[str]) -> re.Pattern[str]:
    """Globs as one pattern: `**/` is any folders or none, `*` and `?` stay in a name, `{a,b}` is either."""
    return re.compile("|".join(_translated(glob) for glob in globs) or r"(?!)")


def _translated(glob: str) -> str:
    return "".join(_MEANS.get(token) or re.escape(token) for token in _GLOB.findall(glob))
