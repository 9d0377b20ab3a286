"""The pytest plugin: only the option. Imports nothing, because every pytest run of every project loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

OPTION = "--anymedia-backend"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("anymedia").addoption(
        OPTION,
        action="append",
        default=[],
        metavar="NAME_OR_FILE_OR_MODULE",
        help="the backend to test: a name, a .py file, or module:attribute (repeatable; without it, all shipped)",
    )
