"""Types as the user meets them: what is right is clean under mypy --strict and strict pyright, what is wrong is not."""

from __future__ import annotations

import pytest
from checkers import USER_CODE, Objections, expected, mypy, pyright


@pytest.fixture(scope="module", params=[mypy, pyright], ids=["mypy", "pyright"])
def objections(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Objections:
    found: Objections = request.param(tmp_path_factory.mktemp("types"))
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in USER_CODE.glob("*.py")))
def test_the_checker_objects_to_what_is_wrong_and_to_nothing_else(objections: Objections, name: str) -> None:
    assert sorted(objections.get(name, {})) == expected(name), objections.get(name)


def test_objections_are_only_about_the_users_code(objections: Objections) -> None:
    assert set(objections) <= {path.name for path in USER_CODE.glob("*.py")}


def test_there_is_right_and_wrong_code_to_check() -> None:
    counts = {path.name: len(expected(path.name)) for path in USER_CODE.glob("*.py")}
    assert counts["blocking.py"] == counts["asynchronous.py"] == 0
    assert counts["mistaken.py"] > 15
    assert counts["mistaken_for_the_mode.py"] == 7
