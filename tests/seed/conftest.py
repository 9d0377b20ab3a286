"""A house with no key at all; a test opens the providers it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from house import House

from workplace import Workplace


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(place=Workplace(root=tmp_path, environ={"TOY_API_KEY": ""}), stack=stack)
