"""The proof that the suite catches bugs: each one is planted in a copy of a backend, and a derived test must say so."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import itertools
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

import anymedia
from anymedia.documentation.measured_page import derived_tests, planted_in, reasons_in
from anymedia.spec import Backend
from anymedia.testing import conformance
from anymedia.testing.conformance.subjects import SUBJECTS
from anymedia.testing.conformance.workbench import Workbench

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = Path(str(anymedia.__file__)).parent
SOURCES = {
    "openai": PACKAGE / "backends" / "openai",
    "sketch": PACKAGE / "backends" / "sketch.py",
    "polled_backend": HERE / "polled_backend.py",
}
"""The file or folder that the bugs of each collection are planted in, unless they name another file."""


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One bug: search/replace pairs, the derived test that must fail, and what its message must say."""

    host: str
    name: str
    patches: tuple[tuple[str, str], ...]
    caught_by: str
    teaches: tuple[str, ...]
    file: str | None = None

    @property
    def id(self) -> str:
        return f"{self.host}-{self.name.replace(' ', '-')}"

    def plant(self, place: Path) -> None:
        """Put the bug into a file, or into the file of a folder that its patches fit. Fails when they fit nowhere."""
        files = {path: path.read_text("utf-8") for path in ([place] if place.is_file() else sorted(place.glob("*.py")))}
        for search, replacement in self.patches:
            found = [path for path, text in files.items() for _ in range(text.count(search))]
            assert len(found) == 1, f"{self.id}: a patch fits {len(found)} places instead of one: {search!r}. Mend it."
            files[found[0]] = files[found[0]].replace(search, replacement)
        for path, text in files.items():
            path.write_text(text, "utf-8")


def bugs_of(host: str) -> list[Bug]:
    document = tomllib.loads((HERE / "planted" / f"{host}.toml").read_text("utf-8"))
    return [
        Bug(
            host=host,
            name=each["name"],
            patches=tuple((patch["search"], patch["replace"]) for patch in each["patch"]),
            caught_by=each["caught_by"],
            teaches=tuple(each["teaches"]),
            file=each.get("file"),
        )
        for each in document["bug"]
    ]


BUGS = [bug for host in SOURCES for bug in bugs_of(host)]
IN_THE_BACKEND = [bug for bug in BUGS if bug.file is None]
ELSEWHERE = [bug for bug in BUGS if bug.file is not None]


@pytest.mark.parametrize("bug", IN_THE_BACKEND, ids=lambda bug: bug.id)
def test_planted_bug_is_caught_by_a_derived_test_that_teaches(bug: Bug, tmp_path: Path) -> None:
    source = SOURCES[bug.host]
    path = tmp_path / source.name
    shutil.copytree(source, path) if source.is_dir() else shutil.copy(source, path)
    bug.plant(path)
    backend: Backend = imported(path, bug).BACKEND
    with Workbench(backend, tmp_path) as bench:
        message = next(failures(derived_test(bug), backend, bench), None)
    assert message is not None, f"{bug.caught_by} passes in spite of the planted bug {bug.name!r}."
    assert_teaches(bug, message)


@pytest.mark.parametrize("bug", ELSEWHERE, ids=lambda bug: bug.id)
def test_bug_planted_outside_the_backend_is_caught_by_the_suite_as_people_run_it(bug: Bug, tmp_path: Path) -> None:
    copy = tmp_path / "anymedia"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__", "data"))
    bug.plant(copy / str(bug.file))
    output = suite_output(bug, tmp_path)
    assert "1 failed" in output, output
    assert_teaches(bug, output.replace("\n", " "))


def suite_output(bug: Bug, folder: Path) -> str:
    """What the suite says in a process of its own, about the package in `folder`."""
    target = f"anymedia.backends.{bug.host}:BACKEND"
    command = [sys.executable, "-m", "pytest", "--pyargs", "anymedia.testing.conformance", "--anymedia-backend", target]
    command += ["-q", "-x", "-p", "no:cacheprovider", "--tb=line", "-k", bug.caught_by.partition(".")[2]]
    environment = {"PYTHONPATH": str(folder), "PATH": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def imported(path: Path, bug: Bug) -> ModuleType:
    """The planted file or folder as a module, in the place of the shipped one: its relative imports work."""
    package = "anymedia.backends." if SOURCES[bug.host].is_relative_to(PACKAGE) else ""
    name = f"{package}planted_{BUGS.index(bug)}"
    start = path / "__init__.py" if path.is_dir() else path
    spec = importlib.util.spec_from_file_location(name, start)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def derived_test(bug: Bug) -> FunctionType:
    module, _, function = bug.caught_by.partition(".")
    found = getattr(importlib.import_module(f"{conformance.__name__}.{module}"), function)
    assert isinstance(found, FunctionType)
    return found


def failures(test: FunctionType, backend: Backend, bench: Workbench) -> Iterator[str]:
    """The messages of a derived test over every subject and every parametrised value, as pytest would run it."""
    wanted = inspect.signature(test).parameters
    values = {name: list(SUBJECTS[name](backend)) for name in wanted if name in SUBJECTS}
    for mark in getattr(test, "pytestmark", ()):
        values[mark.args[0]] = list(mark.args[1])
    for chosen in itertools.product(*values.values()):
        arguments = dict(zip(values, chosen, strict=True))
        try:
            test(**arguments, **({"bench": bench} if "bench" in wanted else {}))
        except AssertionError as failure:
            yield str(failure)


def assert_teaches(bug: Bug, message: str) -> None:
    for words in bug.teaches:
        assert words in message, f"the message should say {words!r} and says: {message[:2000]}"


def test_at_least_fifteen_different_bugs_are_planted_in_shipped_backends() -> None:
    shipped = {tuple(bug.patches) for bug in BUGS if bug.host in ("openai", "sketch")}
    assert len(shipped) >= 15


def test_every_derived_test_has_a_planted_bug_or_a_reason() -> None:
    planted, reasons = set(planted_in(ROOT)), set(reasons_in(ROOT))
    assert planted | reasons == derived_tests(ROOT)
    assert not planted & reasons
    assert len({bug.name for bug in BUGS}) >= 20


def test_patch_that_no_longer_fits_fails_loudly(tmp_path: Path) -> None:
    (tmp_path / "another.py").write_text("")
    with pytest.raises(AssertionError, match="fits 0 places"):
        BUGS[0].plant(tmp_path)
