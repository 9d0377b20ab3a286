"""Hands the subjects of the chosen backends to the tests, and each test a workbench with its backend on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from ...spec.backend import Backend
from ..plugin import OPTION
from .subjects import SUBJECTS, Subject
from .targets import backends_named
from .workbench import Workbench

PURCHASES = pytest.StashKey[Counter[int]]()
"""How many jobs sent how many paid submits: kept in the stash of the configuration, for `backend check`."""


@cache
def _chosen(targets: tuple[str, ...]) -> list[Backend]:
    return backends_named(targets)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not metafunc.function.__module__.startswith(str(__package__)):
        return
    backends = _chosen(tuple(metafunc.config.getoption(OPTION)))
    for argument in SUBJECTS.keys() & set(metafunc.fixturenames):
        subjects = [subject for backend in backends for subject in SUBJECTS[argument](backend)]
        metafunc.parametrize(argument, subjects, ids=[subject.id for subject in subjects])


class Workbenches:
    """One workbench for each backend, opened at its first test."""

    def __init__(self, stack: ExitStack, folders: pytest.TempPathFactory) -> None:
        self._stack = stack
        self._folders = folders
        self._open: dict[str, Workbench] = {}

    @property
    def all(self) -> tuple[Workbench, ...]:
        return tuple(self._open.values())

    def of(self, backend: Backend) -> Workbench:
        if backend.name not in self._open:
            folder = self._folders.mktemp(f"conformance-{backend.name}")
            self._open[backend.name] = self._stack.enter_context(Workbench(backend, folder))
        return self._open[backend.name]


@pytest.fixture(scope="session")
def workbenches(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Workbenches]:
    with ExitStack() as stack:
        opened = Workbenches(stack, tmp_path_factory)
        yield opened
        pytestconfig.stash[PURCHASES] = sum((each.purchases for each in opened.all), Counter())


@pytest.fixture
def bench(request: pytest.FixtureRequest, workbenches: Workbenches) -> Workbench:
    """The workbench of the backend that the test is about."""
    subjects = [value for value in request.node.callspec.params.values() if isinstance(value, Subject)]
    return workbenches.of(subjects[0].backend)
