"""The page about earlier tools names tests that are there."""

from __future__ import annotations

import ast
import re

import pytest
from pages import DOCS

PAGE = DOCS / "explanation" / "earlier-tools.md"
ROWS = re.findall(r"\| \[`(\w+)`\]\((\S+)\) \|$", PAGE.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("name", "file"), ROWS, ids=lambda value: value.rpartition("/")[2])
def test_the_test_of_a_behaviour_exists(name: str, file: str) -> None:
    tree = ast.parse((PAGE.parent / file).resolve().read_text("utf-8"))
    assert name in [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]


def test_every_row_names_one() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    assert len(ROWS) == len(rows) - 2 > 20
