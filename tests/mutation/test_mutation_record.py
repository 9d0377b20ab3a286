"""What is written down of planted faults is true of the source, or says that it is of an older one."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType

import pytest
from operators import mutants_of
from record import UNEXPLAINED, Measured, is_current, modules, read, source_of
from swap import swap

RECORD = [pytest.param(each, id=each.module) for each in read()]
ENOUGH = 0.9


@pytest.mark.parametrize("measured", RECORD)
def test_what_survived_stands_in_the_source(measured: Measured) -> None:
    if not is_current(measured.module):
        pytest.skip(f"measured on an older version: make mutation MODULE={measured.module}")
    source = source_of(measured.module).read_text("utf-8")
    names = [mutant.name for mutant in mutants_of(ast.parse(source), source)]
    assert set(measured.survivors) <= set(names)
    assert (len(names), len(set(names))) == (measured.faults, measured.faults)


@pytest.mark.parametrize("measured", RECORD)
def test_nine_faults_of_ten_are_noticed_and_every_other_one_was_read(measured: Measured) -> None:
    assert measured.killed + measured.timed_out + len(measured.survivors) == measured.tried <= measured.faults
    assert measured.noticed_here >= ENOUGH
    assert UNEXPLAINED not in measured.survivors.values()


def test_every_module_that_is_measured_is_there_with_its_tests() -> None:
    assert {each.module for each in read()} <= set(modules())
    for module, tests in modules().items():
        assert source_of(module).is_file() and tests


IMPORTS = "from dataclasses import dataclass, field\nfrom functools import cached_property\n"
ORCHARD = """
LIMIT = 3

@dataclass
class Tree:
    fruit: int = 2
    leaves: int = field(default=7, init=False)

    @cached_property
    def is_full(self) -> bool:
        return self.fruit > LIMIT

def picked(tree, status):
    if tree.fruit and status == "ripe":
        tree.fruit -= 1
    return tree
"""


@pytest.fixture
def orchard() -> Iterator[ModuleType]:
    module = ModuleType("orchard")
    module.__file__ = "orchard.py"
    vars(module)["cached_property"] = cached_property
    sys.modules["orchard"] = module
    exec(f"{IMPORTS}{ORCHARD}", vars(module))
    yield module
    del sys.modules["orchard"]


def test_faults_are_told_in_words() -> None:
    told = {mutant.change for mutant in mutants_of(ast.parse(ORCHARD), ORCHARD)}
    assert {"3 -> 4", "2 -> 3", "Gt -> GtE", "'ripe' -> 'ripe?'", "And -> Or", "left out"} <= told


@pytest.mark.parametrize(
    ("change", "fruit", "full", "left"),
    [("none", 3, False, 2), ("3 -> 4", 4, False, 3), ("Gt -> GtE", 3, True, 2), ("1 -> 2", 3, False, 1)],
    ids=["no fault", "a constant", "a property", "a function"],
)
def test_a_fault_is_met_by_who_holds_the_old_code(
    change: str, fruit: int, full: bool, left: int, orchard: ModuleType
) -> None:
    source = f"{IMPORTS}{ORCHARD}"
    tree, picked, kind = ast.parse(source), orchard.picked, orchard.Tree
    for mutant in mutants_of(tree, source):
        if mutant.change == change:
            mutant.apply()
    swap(orchard, tree, outside_functions=change == "3 -> 4")
    tree_with_fruit = kind()
    tree_with_fruit.fruit = fruit
    assert tree_with_fruit.is_full is full
    assert picked(tree_with_fruit, "ripe").fruit == left


@pytest.mark.parametrize(("change", "made"), [("7 -> 8", (2, 8)), ("2 -> 3", (3, 7))])
def test_a_fault_in_a_default_is_met_by_who_makes_another(
    change: str, made: tuple[int, int], orchard: ModuleType
) -> None:
    source = f"{IMPORTS}{ORCHARD}"
    tree, kind = ast.parse(source), orchard.Tree
    for mutant in mutants_of(tree, source):
        if mutant.change == change:
            mutant.apply()
    swap(orchard, tree, outside_functions=True)
    assert (kind().fruit, kind().leaves) == made
