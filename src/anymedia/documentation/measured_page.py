"""Writes `docs/reference/backends-measured.md`: files and lines of each backend, and the bugs the suite catches."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..registry import shipped_backends
from ..testing.conformance.targets import files_of
from .tables import code, page, table

INTRODUCTION = """\
What a backend costs here, counted in the shipped files: all lines as the formatter leaves them, the samples apart. What
two backends share is counted in both, once more each."""
BEFORE = """\
## Beside the predecessor

Counted on 2026-11-22 in MassGen 0.1.97, for one provider with pictures and films (Grok): 22 files (7 of the product, 9
pages of skills, the project file, and 5 or more of tests), about 30 places of edits in them, about 320 lines of code
for the provider, of which about 120 are said again for each one. Here it is one file or one folder, and no edit
anywhere else; tests, options and pages follow from it. The lines are not fewer: they say more operations,
limits, rules, prices with their sources, and refusals."""
PLANTED = Path("tests") / "conformance" / "planted"
REASONS = "reasons.toml"
SUITE = Path("src") / "anymedia" / "testing" / "conformance"


@dataclass(frozen=True, kw_only=True)
class Size:
    """Files and lines of one backend. `samples` are those lines that show replies of the provider."""

    files: int
    lines: int
    samples: int


def render(root: Path) -> str:
    """The whole page. `root` is the folder of the repository."""
    backends = shipped_backends().values()
    sizes = [(backend.name, len(backend.models), size_of(_own(files_of(backend)))) for backend in backends]
    rows = [
        (name, str(models), str(size.files), str(size.lines - size.samples), str(size.samples))
        for name, models, size in sizes
    ]
    heads = ("backend", "models", "files", "lines of declaration and flows", "lines of samples")
    return page("Backends, measured", INTRODUCTION, table(heads, rows), BEFORE, *_caught(root))


def _own(files: Sequence[Path]) -> list[Path]:
    """The files of a backend, and of a private package only if they import it."""
    private = {path for path in files if path.parent.name.startswith("_")}
    text = "".join(path.read_text("utf-8") for path in files if path not in private)
    return [path for path in files if path not in private or _opened(path, text)]


def _opened(path: Path, text: str) -> bool:
    return f".{path.parent.name}." in text or f".{path.parent.name} import" in text


def size_of(files: Sequence[Path]) -> Size:
    texts = [path.read_text("utf-8") for path in files]
    lines = sum(len(text.splitlines()) for text in texts)
    return Size(files=len(texts), lines=lines, samples=sum(map(_lines_of_samples, texts)))


def _lines_of_samples(source: str) -> int:
    """The lines of values named SAMPLES or the like; a module `samples` shows nothing else."""
    found = 0
    for statement in ast.parse(source).body:
        names = [target.id for target in _targets(statement) if isinstance(target, ast.Name)]
        if any("SAMPLE" in name for name in names):
            found += (statement.end_lineno or statement.lineno) - statement.lineno + 1
    return found


def _targets(statement: ast.stmt) -> Sequence[ast.expr]:
    match statement:
        case ast.Assign():
            return statement.targets
        case ast.AnnAssign():
            return [statement.target]
    return []


# --- What is caught -----------------------------------------------------------------------------------------------


def _caught(root: Path) -> Iterator[str]:
    planted, reasons = planted_in(root), reasons_in(root)
    kinds = {name for names in planted.values() for name in names}
    yield (
        f"## Bugs that the suite catches\n\n{len(kinds)} kinds of bugs are planted, one at a time, in a copy of a\n"
        "backend; the derived test beside each must fail and say how to mend it."
    )
    yield table(("derived test", "bugs planted"), ((code(test), ", ".join(planted[test])) for test in sorted(planted)))
    yield "For these no bug is planted, for the reason beside each:"
    yield table(("derived test", "why"), ((code(test), reasons[test]) for test in sorted(reasons)))


def planted_in(root: Path) -> dict[str, list[str]]:
    """The names of the planted bugs, by the derived test that catches them."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((root / PLANTED).glob("*.toml")):
        if path.name != REASONS:
            for bug in tomllib.loads(path.read_text("utf-8"))["bug"]:
                found[bug["caught_by"]].append(bug["name"])
    return dict(found)


def reasons_in(root: Path) -> dict[str, str]:
    """Why there is no planted bug for a derived test."""
    document = tomllib.loads((root / PLANTED / REASONS).read_text("utf-8"))
    return {f"{module}.{test}": why for module, tests in document.items() for test, why in tests.items()}


def derived_tests(root: Path) -> set[str]:
    """Every test function of the shipped suite, as `module.function`."""
    return {
        f"{path.stem}.{statement.name}"
        for path in (root / SUITE).glob("test_*.py")
        for statement in ast.parse(path.read_text("utf-8")).body
        if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_")
    }
