"""Ways of buying, for every backend under test: the shipped ones and one that polls, or those that were named.

`ANYMEDIA_TORTURE=long` (`make torture`) runs everything; without it a seeded share runs, the same each time.
`ANYMEDIA_TORTURE_SEED` chooses another share.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fault_matrix import ROWS, Row
from sample_provider import Purchase, SampleProvider, purchases_of

from anymedia.engine import drive
from anymedia.registry import shipped_backends
from anymedia.testing.conformance.targets import backends_named
from anymedia.testing.plugin import OPTION
from workplace import Workplace

LONG = os.environ.get("ANYMEDIA_TORTURE") == "long"
SEED = os.environ.get("ANYMEDIA_TORTURE_SEED", "0")
POLLED = str(Path(__file__).parents[1] / "conformance" / "polled_backend.py")
"""Stands in for a shipped backend that polls and downloads."""


@cache
def purchases(targets: tuple[str, ...]) -> tuple[Purchase, ...]:
    """Learned once for a run, by playing each sample."""
    backends = [*backends_named(targets), *([] if targets else backends_named([POLLED]))]
    with TemporaryDirectory() as folder:
        return tuple(each for backend in backends for each in purchases_of(backend, Path(folder) / backend.name))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "purchase" not in metafunc.fixturenames:
        return
    found = purchases(tuple(metafunc.config.getoption(OPTION)))
    cells = [(row, each) for row in ROWS for each in found if row.applies_to(each)]
    if "row" in metafunc.fixturenames:
        _parametrize(metafunc, "row", cells)
    elif "typed_row" in metafunc.fixturenames:
        _parametrize(metafunc, "typed_row", [cell for cell in cells if _can_be_typed(*cell)])
    else:
        done = [each for each in found if each.sample.expects == "done"]
        metafunc.parametrize("purchase", done, ids=[each.id for each in done])


def _parametrize(metafunc: pytest.Metafunc, name: str, cells: list[tuple[Row, Purchase]]) -> None:
    metafunc.parametrize(f"{name}, purchase", cells, ids=[f"{row.key}-{each.id}" for row, each in cells])


def _can_be_typed(row: Row, purchase: Purchase) -> bool:
    """Whether the command line knows the backend, and a prompt is all there is to type."""
    asked = list(purchase.request.asked_for().values())
    prompt_alone = len(asked) == 1 and isinstance(asked[0], str)
    return row.on_the_command_line and prompt_alone and purchase.backend.name in shipped_backends()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is repeated is repeated soon; how long the engine waits in earnest is tested with the engine."""
    monkeypatch.setattr(drive, "LONGEST_PAUSE", 0.05)


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A machine of one's own."""
    return Workplace(root=tmp_path)


@pytest.fixture
def seller(purchase: Purchase) -> Iterator[SampleProvider]:
    """The provider of a purchase."""
    with SampleProvider(purchase=purchase) as provider:
        yield provider


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is the same in every run with the same seed."""
    return random.Random(f"{SEED} {request.node.name}")
