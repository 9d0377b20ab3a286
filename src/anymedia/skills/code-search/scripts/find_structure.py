"""Finds a structure in code by its syntax tree: python find_structure.py LANGUAGE PATTERN [FOLDER].

PATTERN is code with holes: $NAME stands for one node, $$$NAME for any number. Prints `path:line: first line`, and ends
with 1 where nothing was found, as grep does. It needs `pip install ast-grep-py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ast_grep_py import SgRoot

ENDINGS = {
    "python": (".py", ".pyi"),
    "javascript": (".js", ".mjs", ".cjs", ".jsx"),
    "typescript": (".ts", ".mts", ".cts"),
    "tsx": (".tsx",),
    "go": (".go",),
    "rust": (".rs",),
    "java": (".java",),
    "c": (".c", ".h"),
    "cpp": (".cc", ".cpp", ".cxx", ".hpp"),
}
LARGEST = 1_000_000
"""Bytes. A larger file was written by a program."""
NEVER_READ = {"node_modules", "__pycache__", "dist", "build"}


def sources(language: str, folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.suffix not in ENDINGS[language] or any(part in NEVER_READ or part[0] == "." for part in inside):
            continue
        if path.is_file() and path.stat().st_size <= LARGEST:
            yield path


def found(language: str, pattern: str, folder: Path) -> Iterator[str]:
    for path in sources(language, folder):
        root = SgRoot(path.read_text("utf-8", "replace"), language).root()
        for node in root.find_all(pattern=pattern):
            yield f"{path}:{node.range().start.line + 1}: {node.text().splitlines()[0]}"


def main(arguments: list[str]) -> int:
    if len(arguments) not in (2, 3) or arguments[0] not in ENDINGS:
        print(f"{__doc__}\nLANGUAGE is one of {', '.join(ENDINGS)}.", file=sys.stderr)
        return 2
    folder = Path(arguments[2]) if len(arguments) == 3 else Path()
    lines = list(found(arguments[0], arguments[1], folder))
    print(*lines, sep="\n", end="\n" if lines else "")
    return 0 if lines else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
