"""The page of the checklist is whole, and everything it names is there: tests, bugs, rules, trees."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from foreign_trees import ALL

from anymedia.documentation.checklist_page import PLANTED, SUITE, Row, rows
from anymedia.integrator.audit import pack

ROOT = Path(__file__).parents[2]
ROWS = rows()


def names_of_tests(file: Path) -> list[str]:
    return [each.name for each in ast.parse(file.read_text("utf-8")).body if isinstance(each, ast.FunctionDef)]


def bugs(host: str) -> dict[str, str]:
    """The planted bugs by name, with the test that catches each."""
    document = tomllib.loads((ROOT / PLANTED / f"{host}.toml").read_text("utf-8"))
    return {each["name"]: each["caught_by"] for each in document["bug"]}


def test_no_box_is_missing() -> None:
    counts = Counter(row.part for row in ROWS)
    assert list(counts.values()) == [3, 9, 1, 3, 2, 8, 4, 6, 10]
    assert len({row.box for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.part}-{row.box}")
def test_what_a_row_names_is_there(row: Row) -> None:
    if row.here == "check":
        module, _, name = row.by.partition(".")
        assert name in names_of_tests(ROOT / SUITE / f"{module}.py")
    else:
        assert (ROOT / row.by.partition("#")[0]).is_file()
    file, _, name = row.fails.partition("::")
    if name:
        assert name in names_of_tests(ROOT / file)
    else:
        host, _, bug = row.fails.partition("/")
        assert bug in bugs(host)


@pytest.mark.parametrize("row", [row for row in ROWS if row.audit], ids=lambda row: f"{row.part}-{row.box}")
def test_the_tree_of_a_row_breaks_its_rule(row: Row) -> None:
    assert row.audit in {rule.name for rule in pack.read("media").rules}
    assert (row.audit, row.forgotten) in {(each.rule, each.name) for each in ALL["media"].omissions}


def test_a_planted_bug_beside_a_check_is_caught_by_that_check() -> None:
    beside = [row for row in ROWS if row.here == "check" and "::" not in row.fails]
    assert len(beside) >= 10
    for row in beside:
        host, _, bug = row.fails.partition("/")
        assert bugs(host)[bug] == row.by, row.box
