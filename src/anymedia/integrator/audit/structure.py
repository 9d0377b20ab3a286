"""Structural search: ast-grep reads each file once for all searches that want it. Nothing of the file is run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InvalidConfiguration, MissingDependency
from .facts import Fact, Place, Unread
from .fields import found
from .pack import Search
from .tree import Tree

if TYPE_CHECKING:
    from ast_grep_py import SgNode

LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
    ".yaml": "yaml",
    ".yml": "yaml",
}
"""The languages by the endings of their files; a structure is looked for in these alone."""
DEEPEST = 200
"""Open brackets at once. Python itself reads no more, and the time of a search grows with the depth squared."""
BINARY = b"\0"
INSTALL = 'Run: pip install "anymedia[audit]"'
_VARIABLE = re.compile(r"(?<!\$)\$([A-Z][A-Z0-9_]*)")


class Structures:
    """Runs all structural searches over a tree, and remembers what could not be read whole."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.unread: set[Unread] = set()

    def facts(self, searches: Iterable[Search]) -> dict[int, list[Fact]]:
        """What each search found, by its identity."""
        wanted = _by_file(self._tree, searches)
        facts: dict[int, list[Fact]] = {}
        for path in sorted(wanted):
            text = self._text(path)
            asked = [each for each in wanted[path] if not each.mentions or any(word in text for word in each.mentions)]
            root = self._parsed(path, text) if asked else None
            if root is None:
                continue
            for search in asked:
                facts.setdefault(id(search), []).extend(_matches(root, search, path))
        return facts

    def _text(self, path: str) -> str:
        try:
            content = (self._tree.root / path).read_bytes()
        except OSError as error:
            self.unread.add(Unread(path=path, why=str(error.strerror)))
            return ""
        if BINARY in content:
            self.unread.add(Unread(path=path, why="binary"))
            return ""
        return content.decode("utf-8", "replace")

    def _parsed(self, path: str, text: str) -> SgNode | None:
        if depth(text) > DEEPEST:
            self.unread.add(Unread(path=path, why=f"more than {DEEPEST} brackets within each other"))
            return None
        root = library().SgRoot(text, LANGUAGES[Path(path).suffix]).root()
        if root.find(kind="ERROR") is not None:
            self.unread.add(Unread(path=path, why="a part of it is no valid source; the rest was read"))
        return root  # type: ignore[no-any-return]


def library() -> Any:
    try:
        import ast_grep_py
    except ModuleNotFoundError:
        raise MissingDependency("An audit reads code with ast-grep, which is not installed.", next=INSTALL) from None
    return ast_grep_py


def depth(text: str) -> int:
    """The most brackets that are open at once, strings and comments included."""
    deepest = level = 0
    for bracket in re.findall(r"[(\[{)\]}]", text):
        level = level + 1 if bracket in "([{" else max(level - 1, 0)
        deepest = max(deepest, level)
    return deepest


def _by_file(tree: Tree, searches: Iterable[Search]) -> dict[str, list[Search]]:
    wanted: dict[str, list[Search]] = {}
    for search in searches:
        for path in tree.matching(search.where, search.but_not):
            if Path(path).suffix in LANGUAGES:
                wanted.setdefault(path, []).append(search)
    return wanted


def _matches(root: SgNode, search: Search, path: str) -> Iterator[Fact]:
    names = _VARIABLE.findall(json.dumps([search.structure, search.shapes]))
    for node in _nodes(root, search):
        start = node.range().start
        texts = {name.lower(): match.text() for name in names if (match := node.get_match(name)) is not None}
        yield from found(search, Place(path=path, line=start.line + 1, column=start.column + 1), texts)


def _nodes(root: SgNode, search: Search) -> list[SgNode]:
    config: Mapping[str, Any] = {"rule": search.structure, "utils": search.shapes}
    try:
        return root.find_all(config)  # type: ignore[call-overload, no-any-return]
    except Exception as error:  # noqa: BLE001  the library raises nothing narrower for a rule that it cannot read
        reason = " ".join(str(error).partition("Stack backtrace")[0].split())
        raise InvalidConfiguration(f"ast-grep cannot read a structure of {search.of}: {reason}.") from None
