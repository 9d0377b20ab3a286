"""A backend declares and translates: no I/O of its own, and nobody else knows its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import anymedia

from .subjects import BackendSubject, SampleSubject
from .targets import files_of
from .workbench import Workbench

PACKAGE = Path(str(anymedia.__file__)).parent
KNOWS_PROVIDERS = "testing"
"""The emulator speaks as providers do and has to name them."""

IO_MODULES = frozenset(
    {
        "aiohttp",
        "asyncio",
        "ftplib",
        "http",
        "httpx",
        "httpx2",
        "multiprocessing",
        "os",
        "requests",
        "select",
        "selectors",
        "shutil",
        "smtplib",
        "socket",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib.request",
        "urllib3",
        "websockets",
    }
)


def test_backend_imports_nothing_that_does_io(whole: BackendSubject) -> None:
    for path in files_of(whole.backend):
        found = sorted(set(imports_outside_computations(path)) & IO_MODULES)
        assert not found, (
            f"{path.name} imports {', '.join(found)}: a flow does no I/O of its own. Yield get(...), post(...) or "
            f"compute(function, ...); the engine sends, waits and writes."
        )


def imports_outside_computations(path: Path) -> Iterator[str]:
    """The modules a file imports, but for those inside functions that run in a worker: they take a `control`."""
    yield from _imports(ast.parse(path.read_text("utf-8")))


def _imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(args=arguments) if "control" in {each.arg for each in arguments.args}:
            return
        case ast.Import(names=names):
            for each in names:
                yield from _prefixes(each.name)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            yield from _prefixes(module)
            for each in names:
                yield f"{module}.{each.name}"
    for child in ast.iter_child_nodes(node):
        yield from _imports(child)


def _prefixes(dotted: str) -> Iterator[str]:
    parts = dotted.split(".")
    for end in range(1, len(parts) + 1):
        yield ".".join(parts[:end])


def test_flow_does_no_io_of_its_own(sample: SampleSubject, bench: Workbench) -> None:
    for flow in bench.played(sample.sample).flows:
        assert not flow.own_io, (
            f"{sample.id}: {flow.kind} did I/O of its own ({'; '.join(flow.own_io[:3])}). Yield an effect instead; "
            f"what "
            f"needs a library or a file belongs into compute(function, ...)."
        )


def test_nobody_else_knows_its_name(whole: BackendSubject) -> None:
    names = {name.lower() for name in (whole.backend.name, *whole.backend.aliases)}
    own = {*files_of(whole.backend), *(PACKAGE / whole.backend.name).rglob("*.py")}
    elsewhere = list(places_that_name(names, PACKAGE, own))
    assert not elsewhere, (
        f"{', '.join(elsewhere)} name the backend {whole.backend.name!r}: only its own file may. Ask the declaration "
        f"instead; if it cannot say what is needed, add a field to it."
    )


def places_that_name(names: set[str], package: Path, own: set[Path]) -> Iterator[str]:
    """Every `file:line` of a package, besides `own` files, with a text constant that is one of `names`."""
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        if path in own or inside.parts[0] == KNOWS_PROVIDERS:
            continue
        text = path.read_text("utf-8")
        if not any(name in text.lower() for name in names):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower() in names:
                yield f"{inside}:{node.lineno}"
