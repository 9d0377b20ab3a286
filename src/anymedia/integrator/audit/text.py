"""Text search: ripgrep finds the lines. It is given the files by name, so that it follows no link and no setting."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import InvalidConfiguration, MissingDependency
from .facts import Fact, Place
from .fields import found
from .pack import Search
from .structure import INSTALL
from .tree import Tree

ALONE = ("--json", "--no-config", "--no-ignore", "--hidden", "--no-messages")
LONGEST_COMMAND = 100_000
"""Characters of file names in one command; the kernel allows more, on every system that is known."""
WORD = "A-Za-z0-9_"


class Lines:
    """Runs text searches over a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def facts(self, search: Search) -> list[Fact]:
        """What a search found. A line is searched again here for the named groups, which ripgrep does not tell."""
        assert search.text is not None
        pattern = re.compile(search.text)
        return [
            fact
            for path, number, line in self._lines(["-e", search.text], self._wanted(search), search.of)
            for match in pattern.finditer(line)
            for fact in found(search, Place(path=path, line=number, column=match.start() + 1), _groups(match))
        ]

    def mentioned(self, words: Iterable[str], where: tuple[str, ...]) -> set[str]:
        """Which of the words stand in these files, as words of their own and in any case."""
        wanted = {word.lower() for word in words}
        seen: set[str] = set()
        arguments = ["--ignore-case", "--fixed-strings", *(part for word in sorted(wanted) for part in ("-e", word))]
        for _, _, line in self._lines(arguments, self._tree.matching(where), "a relation") if wanted else ():
            seen |= {word for word in wanted - seen if _stands_in(word, line.lower())}
        return seen

    def _wanted(self, search: Search) -> Sequence[str]:
        return self._tree.matching(search.where, search.but_not)

    def _lines(self, arguments: list[str], paths: Sequence[str], label: str) -> Iterator[tuple[str, int, str]]:
        for some in _portions(paths):
            command = [_program(), *ALONE, *arguments, "--", *some]
            done = subprocess.run(command, cwd=self._tree.root, capture_output=True, check=False)
            reason = " ".join(done.stderr.decode("utf-8", "replace").split())
            if done.returncode == 2 and reason:
                raise InvalidConfiguration(f"ripgrep cannot search for a text of {label}: {reason}.")
            yield from _told(done.stdout)


def _told(output: bytes) -> Iterator[tuple[str, int, str]]:
    """Path, number and text of each line that ripgrep tells of."""
    for event in map(json.loads, output.splitlines()):
        if event["type"] == "match":
            told = event["data"]
            yield (
                os.fsdecode(_bytes(told["path"])),
                told["line_number"],
                _bytes(told["lines"]).decode("utf-8", "replace"),
            )


def _bytes(told: Any) -> bytes:
    """What stands in its JSON as text, or in base64 where it is no Unicode."""
    return str(told["text"]).encode("utf-8") if "text" in told else base64.b64decode(told["bytes"])


def _groups(match: re.Match[str]) -> dict[str, str]:
    return {name: text for name, text in match.groupdict().items() if text is not None}


def _stands_in(word: str, line: str) -> bool:
    return re.search(rf"(?<![{WORD}]){re.escape(word)}(?![{WORD}])", line) is not None


def _portions(paths: Sequence[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    length = 0
    for path in paths:
        if length + len(path) > LONGEST_COMMAND:
            yield portion
            portion, length = [], 0
        portion.append(path)
        length += len(path) + 1
    if portion:
        yield portion


def _program() -> str:
    """The program that the extra installs beside this Python, else the one of the machine."""
    program = shutil.which("rg", path=sysconfig.get_path("scripts")) or shutil.which("rg")
    if program is None:
        raise MissingDependency("An audit reads text with ripgrep, which is not installed.", next=INSTALL)
    return str(Path(program))
