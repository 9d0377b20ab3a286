"""Ways of buying, for every backend under test: the shipped ones and two stand-ins, or those that were named."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fault_matrix import ROWS, Row
from killing import Victim, target_of
from sample_provider import Purchase, SampleProvider, purchases_of
from share import LONG, SEED, STAND_INS

from anymedia.engine import drive
from anymedia.registry import shipped_backends
from anymedia.testing.conformance.targets import backends_named
from anymedia.testing.plugin import OPTION
from workplace import Workplace

WAYS = 5
"""How many backends, answered at once or polled, meet each fault in `make test`; `make torture` takes all."""


@cache
def purchases(targets: tuple[str, ...]) -> tuple[Purchase, ...]:
    """Learned once for a run, by playing each sample."""
    backends = [*backends_named(targets), *([] if targets else backends_named(STAND_INS))]
    with TemporaryDirectory() as folder:
        return tuple(each for backend in backends for each in purchases_of(backend, Path(folder) / backend.name))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "purchase" not in metafunc.fixturenames:
        return
    found = purchases(tuple(metafunc.config.getoption(OPTION)))
    cells = [(row, each) for row in ROWS for each in found if row.applies_to(each)]
    cells = cells if LONG else _one_of_each_kind(cells)
    if "row" in metafunc.fixturenames:
        _parametrize(metafunc, "row", cells)
    elif "typed_row" in metafunc.fixturenames:
        _parametrize(metafunc, "typed_row", [cell for cell in cells if _can_be_typed(*cell)])
    else:
        done = [each for each in found if each.sample.expects == "done"]
        done = _one_for_each(getattr(metafunc.module, "ONE_FOR_EACH", "way"), done)
        done = done if LONG else _some_backends(getattr(metafunc.module, "BACKENDS", None), done)
        metafunc.parametrize("purchase", done, ids=[each.id for each in done])


def _one_for_each(what: str, among: list[Purchase]) -> list[Purchase]:
    """The ways of buying that a module is tried with: all, or one of each backend or operation, drawn by the seed."""
    keys = {"way": lambda each: each.id, "operation": _operation_of, "backend": lambda each: each.backend.name}
    random.Random(SEED).shuffle(among)
    return sorted({keys[what](each): each for each in among}.values(), key=lambda each: each.id)


def _some_backends(number: int | None, among: list[Purchase]) -> list[Purchase]:
    """Those of so many backends, drawn by the seed, for what costs much and is a promise of the engine."""
    names = sorted({each.backend.name for each in among})
    drawn = names if number is None else random.Random(SEED).sample(names, min(number, len(names)))
    return [each for each in among if each.backend.name in drawn]


def _one_of_each_kind(cells: list[tuple[Row, Purchase]]) -> list[tuple[Row, Purchase]]:
    """Every fault over some backends, answered at once and polled, by operations that the seed draws."""
    chance = random.Random(SEED)
    drawn = {(row.key, _kind_of(each)): each.id for row, each in chance.sample(cells, len(cells))}
    kinds = {key: sorted({kind for other, kind in drawn if other == key}) for key, _ in drawn}
    tried = {key: set(chance.sample(each, min(WAYS, len(each)))) for key, each in kinds.items()}
    return [
        (row, each)
        for row, each in cells
        if drawn[row.key, _kind_of(each)] == each.id and _kind_of(each) in tried[row.key]
    ]


def _kind_of(purchase: Purchase) -> str:
    return f"{purchase.backend.name} {'polled' if purchase.has('poll') else 'at once'}"


def _operation_of(purchase: Purchase) -> str:
    return f"{purchase.backend.name} {purchase.request.operation}"


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
def victim(purchase: Purchase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    """Another process that buys the same."""
    with Victim(purchase, target_of(purchase), tmp_path_factory.mktemp("victim")) as victim:
        yield victim


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is the same in every run with the same seed."""
    return random.Random(f"{SEED} {request.node.name}")
